#include "capture.h"

#include "monotonic.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Seconds between tries to get a lost camera back. */
static const double first_wait = 0.25, longest_wait = 4;

struct capture {
    struct capture_settings settings;
    double copied; /* the time of the last copy; negative: there is none */
    pthread_t thread;
    enum source_status status; /* this and the error: the thread's until it is joined */
    struct error error;
};

static enum source_status capture_frame(struct capture *capture, long index)
{
    struct source *source = capture->settings.source;
    struct frame *frame = mailbox_draft(capture->settings.mailbox);
    struct image picture;
    double time;
    enum source_status status = source->read(source, &picture, &time, &capture->error);
    if (status != SOURCE_FRAME)
        return status;
    frame->grabbed = source->grabbed > 0 ? source->grabbed : monotonic_now();
    frame->index = index;
    frame->time = time;
    frame->duration = source->duration;
    frame->clock = source->live ? monotonic_to_unix(frame->grabbed) : 0;
    bool failed = capture->settings.grey ? frame_set_grey(frame, &picture, &capture->error)
                                         : frame_set(frame, &picture, &capture->error);
    return failed ? SOURCE_FAILED : SOURCE_FRAME;
}

static bool is_copy_due(const struct capture *capture, const struct frame *frame)
{
    const double early = 0.005; /* a camera's frames may come this early */
    return capture->settings.copies &&
           (capture->copied < 0 ||
            frame->time >= capture->copied + capture->settings.copy_interval - early);
}

/* False when nobody wants the frame any more, or on a failure. */
static bool hand_over(struct capture *capture)
{
    struct mailbox *mailbox = capture->settings.mailbox;
    struct mailbox *copies = capture->settings.copies;
    const struct frame *frame = mailbox_draft(mailbox);
    if (is_copy_due(capture, frame)) {
        capture->copied = frame->time;
        if (frame_copy_grey(mailbox_draft(copies), frame, &capture->error)) {
            capture->status = SOURCE_FAILED;
            return false;
        }
        if (!mailbox_put(copies))
            return false;
    }
    return mailbox_put(mailbox);
}

/* Tries, waiting longer each time, until there is a frame: some cameras can be opened and then give
 * nothing. False after mailbox_stop. */
static bool recover(struct capture *capture, long index)
{
    const struct capture_settings *settings = &capture->settings;
    double wait = first_wait;
    if (capture->status == SOURCE_END)
        error_set(&capture->error, "camera %s: stopped delivering frames; waiting for it",
                  settings->source->name);
    settings->lost(settings->context, &capture->error);
    for (;;) {
        if (!mailbox_sleep(settings->mailbox, monotonic_now() + wait))
            return false;
        if (settings->source->reopen(settings->source, &capture->error) == 0 &&
            capture_frame(capture, index) == SOURCE_FRAME)
            break;
        wait = fmin(2 * wait, longest_wait);
    }
    capture->status = SOURCE_FRAME;
    settings->lost(settings->context, NULL);
    return true;
}

/* Waits until the draft is due. *due and *time are when the frame before was due, and its time in
 * the film; they become the draft's. A frame that comes late does not hurry those after it. False
 * after mailbox_stop. */
static bool await_time(struct capture *capture, double *due, double *time)
{
    struct frame *frame = mailbox_draft(capture->settings.mailbox);
    *due = fmax(*due + frame->time - *time, monotonic_now());
    *time = frame->time;
    bool open = mailbox_sleep(capture->settings.mailbox, *due);
    frame->grabbed = monotonic_now();
    return open;
}

static bool can_recover(const struct capture *capture)
{
    return capture->settings.lost && capture->settings.source->reopen;
}

static void *capture_frames(void *argument)
{
    struct capture *capture = argument;
    const struct capture_settings *settings = &capture->settings;
    double due = monotonic_now(), time = 0;
    bool open = true;
    for (long index = 0; open; index++) {
        capture->status = capture_frame(capture, index);
        bool missed = capture->status != SOURCE_FRAME;
        if (missed && mailbox_done(settings->mailbox))
            open = false; /* a source that was stopped gives no frame, but was not lost */
        else if (missed && can_recover(capture))
            open = recover(capture, index);
        if (missed && !open)
            capture->status = SOURCE_FRAME;
        if (!open || capture->status != SOURCE_FRAME)
            break;
        if (settings->paced)
            open = await_time(capture, &due, &time);
        open = open && hand_over(capture);
        if (settings->wake)
            settings->wake(settings->context);
    }
    mailbox_end(settings->mailbox);
    if (settings->copies)
        mailbox_end(settings->copies);
    if (settings->wake)
        settings->wake(settings->context);
    return NULL;
}

int capture_start(struct capture **capture, const struct capture_settings *settings,
                  struct error *error)
{
    struct capture *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the capture thread");
    made->settings = *settings;
    made->copied = -1;
    int code = pthread_create(&made->thread, NULL, capture_frames, made);
    if (code) {
        free(made);
        return error_set(error, "cannot start the capture thread: %s; close other programs",
                         strerror(code));
    }
    *capture = made;
    return 0;
}

enum source_status capture_join(struct capture **capture, struct error *error)
{
    struct capture *joined = *capture;
    int code = pthread_join(joined->thread, NULL);
    assert(code == 0);
    (void)code;
    enum source_status status = joined->status;
    if (status == SOURCE_FAILED)
        *error = joined->error;
    free(joined);
    *capture = NULL;
    return status;
}
