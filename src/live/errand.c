#include "errand.h"

#include <stdlib.h>
#include <time.h>

/* For work that ends when it is told to, such as closing a dialog. */
enum { PATIENCE_MS = 1000, STEP_MS = 10 };

static void end(struct errand *errand)
{
    errand->discard(errand);
    free(errand);
}

static void *do_work(void *argument)
{
    struct errand *errand = argument;
    errand->work(errand);
    if (atomic_exchange(&errand->settled, true))
        end(errand);
    else
        errand->wake(errand->context);
    return NULL;
}

void errand_begin(struct errand *errand)
{
    errand->has_thread = pthread_create(&errand->thread, NULL, do_work, errand) == 0;
    if (!errand->has_thread)
        do_work(errand);
}

bool errand_done(struct errand *errand)
{
    if (!atomic_load(&errand->settled))
        return false;
    if (errand->has_thread)
        pthread_join(errand->thread, NULL);
    return true;
}

void errand_abandon(struct errand *errand)
{
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    atomic_store(&errand->abandoned, true);
    for (int waited = 0; waited < PATIENCE_MS && !atomic_load(&errand->settled); waited += STEP_MS)
        nanosleep(&step, NULL);
    pthread_t thread = errand->thread;
    bool has_thread = errand->has_thread;
    if (!atomic_exchange(&errand->settled, true)) {
        pthread_detach(thread);
        return;
    }
    if (has_thread)
        pthread_join(thread, NULL);
    end(errand);
}
