/* Hands frames from one thread to another through three buffers: one being filled, one ready, one
 * in use. Frames are never copied, and the newest one is always available.
 *
 * One thread produces, one consumes; mailbox_stop may come from any thread. */
#ifndef MAILBOX_H
#define MAILBOX_H

#include "frame.h"

#include <stdbool.h>

enum mailbox_mode {
    MAILBOX_NEWEST, /* a frame that was not taken in time is dropped and counted */
    MAILBOX_EVERY   /* the producer waits until its frame was taken */
};

struct mailbox;

int mailbox_create(struct mailbox **mailbox, enum mailbox_mode mode, struct error *error);
/* Both threads must have left it. */
void mailbox_free(struct mailbox **mailbox);

/* Producer: the buffer to fill; it is the producer's until mailbox_put. */
struct frame *mailbox_draft(struct mailbox *mailbox);
/* Producer: hands the draft over. False after mailbox_stop. */
bool mailbox_put(struct mailbox *mailbox);
/* Producer: no further frame will come. */
void mailbox_end(struct mailbox *mailbox);
/* Producer: sleeps until the monotonic clock shows `deadline`. False after mailbox_stop. */
bool mailbox_sleep(struct mailbox *mailbox, double deadline);

/* Consumer: the ready frame, or NULL where none is; it is the consumer's until the next take or
 * wait. */
struct frame *mailbox_take(struct mailbox *mailbox);
/* Consumer: waits for a frame. NULL once the producer has ended or the mailbox was stopped. */
struct frame *mailbox_wait(struct mailbox *mailbox);
/* Either side: whether it was stopped, or the producer has ended and all its frames were taken. */
bool mailbox_done(struct mailbox *mailbox);

/* Consumer: waits until the producer has ended, or the monotonic clock shows `deadline`. Whether it
 * has ended. */
bool mailbox_ends(struct mailbox *mailbox, double deadline);

/* Makes a mailbox whose producer has left ready for another one; a frame that waits is dropped. */
void mailbox_restart(struct mailbox *mailbox, enum mailbox_mode mode);

/* Wakes both sides; nothing gets through after this. */
void mailbox_stop(struct mailbox *mailbox);

/* In all, across mailbox_restart. */
long mailbox_dropped(struct mailbox *mailbox);

#endif
