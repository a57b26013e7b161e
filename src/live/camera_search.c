#include "camera_search.h"

#include "errand.h"

#include <stdlib.h>

struct camera_search {
    struct errand errand;
    struct camera *cameras;
    int count;
};

static void find_cameras(void *context)
{
    struct camera_search *search = context;
    search->count = cameras_find(&search->cameras);
}

static void free_cameras(void *context)
{
    struct camera_search *search = context;
    free(search->cameras);
}

void camera_search_begin(struct camera_search **search, void (*wake)(void *context), void *context)
{
    struct camera_search *made = *search ? NULL : calloc(1, sizeof *made);
    if (!made)
        return; /* where memory is short, there will be another search */
    made->errand = (struct errand){find_cameras, free_cameras, wake, context, .settled = false};
    errand_begin(&made->errand);
    *search = made;
}

bool camera_search_take(struct camera_search **search, struct camera **cameras, int *count)
{
    if (!*search || !errand_done(&(*search)->errand))
        return false;
    *cameras = (*search)->cameras;
    *count = (*search)->count;
    free(*search);
    *search = NULL;
    return true;
}

void camera_search_abandon(struct camera_search **search)
{
    if (*search)
        errand_abandon(&(*search)->errand);
    *search = NULL;
}
