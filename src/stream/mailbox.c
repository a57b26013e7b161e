#include "mailbox.h"

#include "monotonic.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct mailbox {
    pthread_mutex_t lock; /* guards everything below but the pixels */
    pthread_cond_t changed;
    enum mailbox_mode mode;
    struct frame frames[3];
    int draft, ready, taken; /* which of the three has which part */
    bool fresh;              /* `ready` holds a frame that nobody took yet */
    bool ended, stopped;
    long dropped;
};

int mailbox_create(struct mailbox **mailbox, enum mailbox_mode mode, struct error *error)
{
    struct mailbox *box = calloc(1, sizeof *box);
    if (!box)
        return error_no_memory(error, "the frame buffers");
    int code = pthread_mutex_init(&box->lock, NULL);
    if (!code) {
        code = monotonic_cond_init(&box->changed);
        if (code)
            pthread_mutex_destroy(&box->lock);
    }
    if (code) {
        free(box);
        return error_set(error, "cannot prepare the capture thread: %s; try again later",
                         strerror(code));
    }
    box->mode = mode;
    box->ready = 1;
    box->taken = 2;
    *mailbox = box;
    return 0;
}

void mailbox_free(struct mailbox **mailbox)
{
    struct mailbox *box = *mailbox;
    if (!box)
        return;
    for (int i = 0; i < 3; i++)
        frame_free(&box->frames[i]);
    pthread_cond_destroy(&box->changed);
    pthread_mutex_destroy(&box->lock);
    free(box);
    *mailbox = NULL;
}

/* These calls fail only by a mistake of ours: a lock that is not one, or not held. */
static void lock(struct mailbox *box)
{
    int code = pthread_mutex_lock(&box->lock);
    assert(code == 0);
    (void)code;
}

static void unlock(struct mailbox *box)
{
    int code = pthread_mutex_unlock(&box->lock);
    assert(code == 0);
    (void)code;
}

static void wait_for_change(struct mailbox *box)
{
    int code = pthread_cond_wait(&box->changed, &box->lock);
    assert(code == 0);
    (void)code;
}

static void wake_all(struct mailbox *box)
{
    int code = pthread_cond_broadcast(&box->changed);
    assert(code == 0);
    (void)code;
}

struct frame *mailbox_draft(struct mailbox *box)
{
    return &box->frames[box->draft];
}

bool mailbox_put(struct mailbox *box)
{
    lock(box);
    while (box->mode == MAILBOX_EVERY && box->fresh && !box->stopped)
        wait_for_change(box);
    bool open = !box->stopped;
    if (open) {
        box->dropped += box->fresh;
        int filled = box->draft;
        box->draft = box->ready;
        box->ready = filled;
        box->fresh = true;
        wake_all(box);
    }
    unlock(box);
    return open;
}

void mailbox_end(struct mailbox *box)
{
    lock(box);
    box->ended = true;
    wake_all(box);
    unlock(box);
}

bool mailbox_sleep(struct mailbox *box, double deadline)
{
    lock(box);
    int code = 0;
    while (!box->stopped && code == 0)
        code = monotonic_cond_wait(&box->changed, &box->lock, deadline);
    bool open = !box->stopped;
    unlock(box);
    return open;
}

static struct frame *take_locked(struct mailbox *box)
{
    if (!box->fresh || box->stopped)
        return NULL;
    int used = box->taken;
    box->taken = box->ready;
    box->ready = used;
    box->fresh = false;
    wake_all(box);
    return &box->frames[box->taken];
}

struct frame *mailbox_take(struct mailbox *box)
{
    lock(box);
    struct frame *frame = take_locked(box);
    unlock(box);
    return frame;
}

struct frame *mailbox_wait(struct mailbox *box)
{
    lock(box);
    while (!box->fresh && !box->ended && !box->stopped)
        wait_for_change(box);
    struct frame *frame = take_locked(box);
    unlock(box);
    return frame;
}

bool mailbox_done(struct mailbox *box)
{
    lock(box);
    bool done = box->stopped || (box->ended && !box->fresh);
    unlock(box);
    return done;
}

bool mailbox_ends(struct mailbox *box, double deadline)
{
    lock(box);
    int code = 0;
    while (!box->ended && code == 0)
        code = monotonic_cond_wait(&box->changed, &box->lock, deadline);
    bool ended = box->ended;
    unlock(box);
    return ended;
}

void mailbox_restart(struct mailbox *box, enum mailbox_mode mode)
{
    lock(box);
    box->mode = mode;
    box->fresh = false;
    box->ended = false;
    box->stopped = false;
    unlock(box);
}

void mailbox_stop(struct mailbox *box)
{
    lock(box);
    box->stopped = true;
    wake_all(box);
    unlock(box);
}

long mailbox_dropped(struct mailbox *box)
{
    lock(box);
    long dropped = box->dropped;
    unlock(box);
    return dropped;
}
