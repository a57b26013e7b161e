#include "camera_search.h"

#include <stdlib.h>

static void work(void *context)
{
    struct camera_search *search = context;
    search->count = cameras_find(&search->cameras);
    atomic_store(&search->done, true);
    search->wake(search->context);
}

void camera_search_begin(struct camera_search *search, void (*wake)(void *context), void *context)
{
    if (search->busy)
        return;
    search->wake = wake;
    search->context = context;
    atomic_store(&search->done, false);
    search->busy = true;
    beside_begin(&search->thread, work, search);
}

bool camera_search_take(struct camera_search *search, struct camera **cameras, int *count)
{
    if (!search->busy || (search->thread.has_thread && !atomic_load(&search->done)))
        return false;
    beside_end(&search->thread);
    search->busy = false;
    *cameras = search->cameras;
    *count = search->count;
    return true;
}

void camera_search_end(struct camera_search *search)
{
    if (!search->busy)
        return;
    beside_end(&search->thread);
    free(search->cameras);
    search->busy = false;
}
