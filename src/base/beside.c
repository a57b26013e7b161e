#include "beside.h"

#include <assert.h>
#include <stddef.h>

static void *do_work(void *argument)
{
    struct beside *beside = argument;
    beside->work(beside->context);
    return NULL;
}

void beside_begin(struct beside *beside, void (*work)(void *context), void *context)
{
    beside->work = work;
    beside->context = context;
    beside->has_thread = pthread_create(&beside->thread, NULL, do_work, beside) == 0;
}

void beside_end(struct beside *beside)
{
    if (!beside->has_thread)
        beside->work(beside->context);
    else if (pthread_join(beside->thread, NULL))
        assert(false);
}
