/* The cameras, looked for in a thread of its own: a driver may keep its caller waiting. Everything
 * here is the main thread's. */
#ifndef CAMERA_SEARCH_H
#define CAMERA_SEARCH_H

#include "beside.h"
#include "cameras.h"

#include <stdatomic.h>

/* All zeros at first. */
struct camera_search {
    bool busy; /* until camera_search_take or camera_search_end */
    atomic_bool done;
    struct beside thread;
    struct camera *cameras;
    int count;
    void (*wake)(void *context);
    void *context;
};

/* Does nothing while it is busy. `wake` is called from the thread when there is something to
 * take. */
void camera_search_begin(struct camera_search *search, void (*wake)(void *context), void *context);
/* Whether it has come to an end; the caller frees *cameras then. */
bool camera_search_take(struct camera_search *search, struct camera **cameras, int *count);
/* Waits for its end, and forgets what was found. */
void camera_search_end(struct camera_search *search);

#endif
