/* Whether every thread that was begun is awaited. Once in a program, which is linked with
 * --wrap=pthread_create and --wrap=pthread_join. */
#ifndef JOINED_H
#define JOINED_H

#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context);
int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);

static atomic_int threads_begun, threads_joined;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *context)
{
    int code = __real_pthread_create(thread, attributes, run, context);
    threads_begun += code == 0;
    return code;
}

int __wrap_pthread_join(pthread_t thread, void **result)
{
    int code = __real_pthread_join(thread, result);
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
