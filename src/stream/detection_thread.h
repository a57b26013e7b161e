/* The thread that finds the faces: in every frame that passes through it, or, where frames do not
 * wait for it, in a copy of the newest one. */
#ifndef DETECTION_THREAD_H
#define DETECTION_THREAD_H

#include "expressions.h"
#include "mailbox.h"

struct detection_settings {
    struct expressions_tracker *tracker; /* is the thread's until detection_join */
    struct mailbox *from;
    struct mailbox *to; /* gets the frames with their boxes; NULL: none, see detection_fill */
    /* Called after each frame in `to` and at the end, from the thread; may be NULL. */
    void (*wake)(void *context);
    void *context;
};

struct detection;

/* *settings is copied. */
int detection_start(struct detection **detection, const struct detection_settings *settings,
                    struct error *error);

/* Fills the frame's faces from those found last, moved on to the frame's time. Any thread. */
void detection_fill(struct detection *detection, struct frame *frame);

/* Joins the thread and frees it. It ends when `from` ends, after mailbox_stop, or on a failure
 * (which also stops `from`). */
int detection_join(struct detection *detection, struct error *error);

#endif
