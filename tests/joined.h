/* Whether every thread that was begun is awaited or let go, and what is done without one. Once in a
 * program, which is linked with --wrap of each function here. */
#ifndef JOINED_H
#define JOINED_H

#include "testing.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context);
int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);
int __real_pthread_detach(pthread_t thread);
int __wrap_pthread_detach(pthread_t thread);

static atomic_int threads_begun, threads_joined;
static atomic_int joins_begun;
static atomic_int missing_thread; /* which of the next ones cannot be begun; 0: none */

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context)
{
    int code = missing_thread > 0 && --missing_thread == 0
                   ? EAGAIN
                   : __real_pthread_create(thread, attributes, run, context);
    threads_begun += code == 0;
    return code;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    joins_begun++;
    int code = expect_no_code(__real_pthread_join(thread, result), "a thread that is awaited");
    threads_joined++;
    return code;
}

int __wrap_pthread_detach(pthread_t thread)
{
    int code = __real_pthread_detach(thread);
    threads_joined += code == 0;
    return code;
}

/* The last test of its program. */
static void every_thread_is_joined(void **state)
{
    (void)state;
    assert_true(threads_begun > 0);
    assert_int_equal(threads_begun, threads_joined);
}

#endif
