/* Work in a thread of its own, so that the window goes on meanwhile. Drivers may keep their callers
 * waiting for ever: what is given up then is left to its thread. Belongs to the main thread. */
#ifndef ERRAND_H
#define ERRAND_H

#include "error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* The first member of a structure from malloc, which holds all that the work uses. */
struct errand {
    void (*work)(void *errand);
    void (*discard)(void *errand); /* releases what the work made, but not the structure */
    /* Called from the thread when the work is done, unless it was abandoned. */
    void (*wake)(void *context);
    void *context;
    atomic_bool abandoned; /* the work had better end soon */
    atomic_bool settled;   /* the work is done, or nobody waits for it any more */
    pthread_t thread;
    bool has_thread;
};

/* Without a thread the work is done at once. */
void errand_begin(struct errand *errand);
/* Whether the work is done; the structure is the caller's again then, who frees it. */
bool errand_done(struct errand *errand);
/* Gives up. Waits for a moment; then the thread frees everything as soon as it can. */
void errand_abandon(struct errand *errand);

#endif
