/* The threads and mailboxes between a source and the main thread. One thread reads, another finds
 * the faces. Normally each frame passes through both and comes with its own boxes:
 *
 *     capture --> detection --> main thread
 *
 * With `decoupled`, frames do not wait for the detection, however long it takes; their boxes are
 * those of the newest detected frame, moved on as the faces move:
 *
 *     capture ----------------> main thread
 *        +------> detection ------^
 *
 * Of a live source, the newest frame wins everywhere and the others are dropped; of a file every
 * frame arrives. "Main" is the one thread that starts the pipeline and takes the frames; only
 * pipeline_stop and pipeline_end may be called from others. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "capture.h"
#include "detection_thread.h"

struct pipeline_settings {
    struct source *source; /* these two are the threads' until pipeline_join */
    struct expressions_detector *detector;
    bool decoupled;      /* live sources only */
    double look_seconds; /* decoupled: from one search for faces to the next; 0: without pause */
    bool grey;           /* the colours are not needed */
    bool paced;          /* each frame comes when it is due, not as fast as it can */
    /* From a thread, as in capture.h; `wake` whenever a frame may be taken, and at the end. */
    void (*wake)(void *context);
    void (*lost)(void *context, const struct error *reason);
    void *context;
};

struct pipeline;

int pipeline_create(struct pipeline **pipeline, struct error *error);
/* It must not be running. */
void pipeline_free(struct pipeline **pipeline);

/* *settings is copied. May be called again after pipeline_join, with any other source. */
int pipeline_start(struct pipeline *pipeline, const struct pipeline_settings *settings,
                   struct error *error);

/* The next frame, or NULL where none is ready; the caller's until the next one is taken. */
struct frame *pipeline_take(struct pipeline *pipeline);
/* Waits for a frame; NULL after the last one, or after pipeline_stop. */
struct frame *pipeline_wait(struct pipeline *pipeline);
/* Whether no further frame will come. */
bool pipeline_done(struct pipeline *pipeline);
/* How many frames were dropped since pipeline_create. */
long pipeline_dropped(struct pipeline *pipeline);

/* Ends both threads soon. Any thread. */
void pipeline_stop(struct pipeline *pipeline);
/* The same, for good: what is being started, or is started later, stops at once. Any thread. */
void pipeline_end(struct pipeline *pipeline);
/* Stops it. Whether the source is read no more by this time of the monotonic clock: a driver may
 * keep its caller waiting. */
bool pipeline_ends(struct pipeline *pipeline, double deadline);
/* Stops it and waits for the threads, where it runs. The result is as of capture_join; a failure
 * may be the detection's. */
enum source_status pipeline_join(struct pipeline *pipeline, struct error *error);

#endif
