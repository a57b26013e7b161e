/* The thread that reads a source and puts its frames into a mailbox. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "mailbox.h"
#include "source.h"

struct capture_settings {
    struct source *source; /* is the thread's until capture_join */
    struct mailbox *mailbox;
    struct mailbox *copies; /* gets frames too, in grey, for a decoupled detection; may be NULL */
    double copy_interval;   /* seconds from one of them to the next; 0: all frames */
    bool grey;              /* the colours are not needed */
    bool paced;             /* each frame comes when it is due, not as fast as it can */
    /* Called after each frame and at the end, from the thread; may be NULL. */
    void (*wake)(void *context);
    /* Called, from the thread, when the source is lost, with the reason, and when it is back, with
     * NULL. If this is NULL, a loss is the end; else a source that can be reopened is retried
     * forever. */
    void (*lost)(void *context, const struct error *reason);
    void *context;
};

struct capture;

/* *settings is copied. */
int capture_start(struct capture **capture, const struct capture_settings *settings,
                  struct error *error);

/* Joins the thread and frees it. It ends after the source's last frame, on a failure, or after
 * mailbox_stop. SOURCE_END or SOURCE_FAILED says how the source ended, SOURCE_FRAME that it was
 * stopped. */
enum source_status capture_join(struct capture **capture, struct error *error);

#endif
