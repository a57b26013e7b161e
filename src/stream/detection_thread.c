#include "detection_thread.h"

#include "library_error.h"
#include "monotonic.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct detection {
    struct detection_settings settings;
    pthread_t thread;
    bool failed; /* this and the error: the thread's until it is joined */
    struct error error;
    pthread_mutex_t lock; /* guards what follows */
    double seconds;       /* that the last detection took; 0: since then, a frame was filled */
};

/* These calls fail only by a mistake of ours. */
static void lock(struct detection *detection)
{
    int code = pthread_mutex_lock(&detection->lock);
    assert(code == 0);
    (void)code;
}

static void unlock(struct detection *detection)
{
    int code = pthread_mutex_unlock(&detection->lock);
    assert(code == 0);
    (void)code;
}

static bool detect(struct detection *detection, struct frame *frame)
{
    double begin = monotonic_now();
    struct expressions_picture picture = frame_grey(frame);
    struct expressions_error why;
    if (expressions_track(detection->settings.tracker, &picture, frame->time, NULL, 0, frame->faces,
                          EXPRESSIONS_MAX_FACES, &frame->face_count, &why)) {
        library_failed(&detection->error, &why);
        return false;
    }
    frame->detection_seconds = monotonic_now() - begin;
    return true;
}

static void publish(struct detection *detection, const struct frame *frame)
{
    lock(detection);
    detection->seconds = frame->detection_seconds;
    unlock(detection);
}

static void *detect_frames(void *argument)
{
    struct detection *detection = argument;
    const struct detection_settings *settings = &detection->settings;
    bool open = true;
    for (struct frame *frame; open && (frame = mailbox_wait(settings->from));) {
        detection->failed = !detect(detection, frame);
        if (detection->failed)
            break;
        if (!settings->to) {
            publish(detection, frame);
            continue;
        }
        frame_swap(frame, mailbox_draft(settings->to));
        open = mailbox_put(settings->to);
        if (settings->wake)
            settings->wake(settings->context);
    }
    if (detection->failed)
        mailbox_stop(settings->from);
    if (settings->to)
        mailbox_end(settings->to);
    if (settings->wake)
        settings->wake(settings->context);
    return NULL;
}

int detection_start(struct detection **detection, const struct detection_settings *settings,
                    struct error *error)
{
    struct detection *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the detection thread");
    made->settings = *settings;
    int code = pthread_mutex_init(&made->lock, NULL);
    if (!code) {
        code = pthread_create(&made->thread, NULL, detect_frames, made);
        if (code)
            pthread_mutex_destroy(&made->lock);
    }
    if (code) {
        free(made);
        return error_set(error, "cannot start the detection thread: %s; close other programs",
                         strerror(code));
    }
    *detection = made;
    return 0;
}

void detection_fill(struct detection *detection, struct frame *frame)
{
    struct expressions_picture picture = frame_grey(frame);
    lock(detection);
    frame->detection_seconds = detection->seconds;
    detection->seconds = 0;
    unlock(detection);
    /* Fails only by a mistake of ours: no memory is taken, nothing is looked at. */
    enum expressions_status status =
        expressions_expect(detection->settings.tracker, &picture, frame->time, frame->faces,
                           EXPRESSIONS_MAX_FACES, &frame->face_count, NULL);
    assert(status == EXPRESSIONS_OK);
    (void)status;
}

int detection_join(struct detection *detection, struct error *error)
{
    int code = pthread_join(detection->thread, NULL);
    assert(code == 0);
    (void)code;
    int result = detection->failed ? -1 : 0;
    if (detection->failed)
        *error = detection->error;
    pthread_mutex_destroy(&detection->lock);
    free(detection);
    return result;
}
