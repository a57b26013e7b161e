#include "pipeline.h"

#include "library_error.h"

#include <pthread.h>
#include <stdlib.h>

struct pipeline {
    struct pipeline_settings settings;
    struct mailbox *to_detection, *to_main;
    struct expressions_tracker *tracker; /* of this start */
    struct capture *capture;             /* NULL: it does not run */
    struct detection *detection;
    pthread_mutex_t lock; /* guards: */
    bool running;         /* there is a source that can be stopped */
    bool ended;           /* for good */
};

static void set_running(struct pipeline *pipeline, bool running)
{
    pthread_mutex_lock(&pipeline->lock);
    pipeline->running = running;
    pthread_mutex_unlock(&pipeline->lock);
}

static bool has_ended(struct pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->lock);
    bool ended = pipeline->ended;
    pthread_mutex_unlock(&pipeline->lock);
    return ended;
}

int pipeline_create(struct pipeline **pipeline, struct error *error)
{
    struct pipeline *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the frame buffers");
    pthread_mutex_init(&made->lock, NULL);
    if (mailbox_create(&made->to_detection, MAILBOX_NEWEST, error) ||
        mailbox_create(&made->to_main, MAILBOX_NEWEST, error)) {
        pipeline_free(&made);
        return -1;
    }
    *pipeline = made;
    return 0;
}

void pipeline_free(struct pipeline **pipeline)
{
    if (!*pipeline)
        return;
    mailbox_free(&(*pipeline)->to_main);
    mailbox_free(&(*pipeline)->to_detection);
    pthread_mutex_destroy(&(*pipeline)->lock);
    free(*pipeline);
    *pipeline = NULL;
}

static int start_capture(struct pipeline *pipeline, struct error *error)
{
    const struct pipeline_settings *settings = &pipeline->settings;
    bool decoupled = settings->decoupled;
    struct capture_settings capture = {.source = settings->source,
                                       .mailbox =
                                           decoupled ? pipeline->to_main : pipeline->to_detection,
                                       .copies = decoupled ? pipeline->to_detection : NULL,
                                       .copy_interval = settings->look_seconds,
                                       .grey = settings->grey,
                                       .paced = settings->paced,
                                       .wake = decoupled ? settings->wake : NULL,
                                       .lost = settings->lost,
                                       .context = settings->context};
    return capture_start(&pipeline->capture, &capture, error);
}

static int start_detection(struct pipeline *pipeline, struct error *error)
{
    const struct pipeline_settings *settings = &pipeline->settings;
    bool decoupled = settings->decoupled;
    struct detection_settings detection = {.tracker = pipeline->tracker,
                                           .from = pipeline->to_detection,
                                           .to = decoupled ? NULL : pipeline->to_main,
                                           .wake = decoupled ? NULL : settings->wake,
                                           .context = settings->context};
    return detection_start(&pipeline->detection, &detection, error);
}

int pipeline_start(struct pipeline *pipeline, const struct pipeline_settings *settings,
                   struct error *error)
{
    pipeline->settings = *settings;
    struct expressions_tracker_settings tracker = EXPRESSIONS_TRACKER_DEFAULTS;
    tracker.detector = settings->detector;
    struct expressions_error why;
    if (expressions_tracker_open(&pipeline->tracker, &tracker, &why))
        return library_failed(error, &why);
    enum mailbox_mode mode = settings->source->live ? MAILBOX_NEWEST : MAILBOX_EVERY;
    mailbox_restart(pipeline->to_detection, mode);
    mailbox_restart(pipeline->to_main, mode);
    if (start_detection(pipeline, error)) {
        expressions_tracker_close(&pipeline->tracker);
        return -1;
    }
    if (start_capture(pipeline, error)) {
        struct error ignored;
        pipeline_stop(pipeline);
        detection_join(pipeline->detection, &ignored);
        expressions_tracker_close(&pipeline->tracker);
        return -1;
    }
    set_running(pipeline, true);
    if (has_ended(pipeline)) /* while it was being started */
        pipeline_stop(pipeline);
    return 0;
}

static struct frame *complete(struct pipeline *pipeline, struct frame *frame)
{
    if (frame && pipeline->settings.decoupled)
        detection_fill(pipeline->detection, frame);
    return frame;
}

struct frame *pipeline_take(struct pipeline *pipeline)
{
    return complete(pipeline, mailbox_take(pipeline->to_main));
}

struct frame *pipeline_wait(struct pipeline *pipeline)
{
    return complete(pipeline, mailbox_wait(pipeline->to_main));
}

bool pipeline_done(struct pipeline *pipeline)
{
    return mailbox_done(pipeline->to_main);
}

long pipeline_dropped(struct pipeline *pipeline)
{
    long undetected = pipeline->settings.decoupled ? 0 : mailbox_dropped(pipeline->to_detection);
    return undetected + mailbox_dropped(pipeline->to_main);
}

void pipeline_stop(struct pipeline *pipeline)
{
    mailbox_stop(pipeline->to_detection);
    mailbox_stop(pipeline->to_main);
    pthread_mutex_lock(&pipeline->lock);
    if (pipeline->running && pipeline->settings.source->stop)
        pipeline->settings.source->stop(pipeline->settings.source);
    pthread_mutex_unlock(&pipeline->lock);
}

void pipeline_end(struct pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->lock);
    pipeline->ended = true;
    pthread_mutex_unlock(&pipeline->lock);
    pipeline_stop(pipeline);
}

bool pipeline_ends(struct pipeline *pipeline, double deadline)
{
    if (!pipeline->capture)
        return true;
    pipeline_stop(pipeline);
    return mailbox_ends(pipeline->settings.decoupled ? pipeline->to_main : pipeline->to_detection,
                        deadline);
}

enum source_status pipeline_join(struct pipeline *pipeline, struct error *error)
{
    struct error failure;
    if (!pipeline->capture)
        return SOURCE_END;
    pipeline_stop(pipeline);
    enum source_status status = capture_join(&pipeline->capture, error);
    set_running(pipeline, false);
    if (detection_join(pipeline->detection, &failure)) {
        *error = failure;
        status = SOURCE_FAILED;
    }
    expressions_tracker_close(&pipeline->tracker);
    return status;
}
