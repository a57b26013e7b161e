/* Whether every lock is taken, and given back by the thread that took it, and whether locks and
 * conditions are destroyed. Once in a program, which is linked with --wrap of each function here.
 */
#ifndef LOCKED_H
#define LOCKED_H

#include "testing.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

int __real_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __real_pthread_mutex_destroy(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex);
int __real_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);
int __wrap_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);
int __real_pthread_cond_destroy(pthread_cond_t *condition);
int __wrap_pthread_cond_destroy(pthread_cond_t *condition);

static atomic_int locks, conditions; /* that were made and not yet destroyed */
static atomic_int missing_lock;      /* which of the next ones cannot be made; 0: none */

static bool lock_is_missing(void)
{
    return missing_lock > 0 && --missing_lock == 0;
}

int __wrap_pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    pthread_mutexattr_t checked;
    if (lock_is_missing())
        return ENOMEM;
    locks++;
    if (attributes)
        return __real_pthread_mutex_init(mutex, attributes);
    pthread_mutexattr_init(&checked);
    pthread_mutexattr_settype(&checked, PTHREAD_MUTEX_ERRORCHECK);
    int code = __real_pthread_mutex_init(mutex, &checked);
    pthread_mutexattr_destroy(&checked);
    return code;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    return expect_no_code(__real_pthread_mutex_lock(mutex), "a lock that is taken");
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    return expect_no_code(__real_pthread_mutex_unlock(mutex), "a lock that is given back");
}

int __wrap_pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    locks--;
    return expect_no_code(__real_pthread_mutex_destroy(mutex), "a lock that is no longer needed");
}

int __wrap_pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes)
{
    if (lock_is_missing())
        return ENOMEM;
    conditions++;
    return __real_pthread_cond_init(condition, attributes);
}

int __wrap_pthread_cond_destroy(pthread_cond_t *condition)
{
    conditions--;
    return __real_pthread_cond_destroy(condition);
}

/* The last test of its program. */
static void every_lock_is_destroyed(void **state)
{
    (void)state;
    assert_int_equal(locks, 0);
    assert_int_equal(conditions, 0);
}

#endif
