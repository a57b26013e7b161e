/* The cameras, looked for beside the window (errand.h). */
#ifndef CAMERA_SEARCH_H
#define CAMERA_SEARCH_H

#include "cameras.h"

#include <stdbool.h>

struct camera_search;

/* Does nothing while *search is not NULL. `wake` is called from a thread when there is something to
 * take. */
void camera_search_begin(struct camera_search **search, void (*wake)(void *context), void *context);
/* Whether it has ended; the caller frees *cameras then. */
bool camera_search_take(struct camera_search **search, struct camera **cameras, int *count);
/* Gives up, without waiting for long. */
void camera_search_abandon(struct camera_search **search);

#endif
