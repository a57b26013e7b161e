#include "monotonic.h"

#include <errno.h>
#include <math.h>
#include <time.h>

static double read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double monotonic_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

double monotonic_to_unix(double time)
{
    return read_clock(CLOCK_REALTIME) - (monotonic_now() - time);
}

static struct timespec to_timespec(double seconds)
{
    double whole = floor(seconds);
    return (struct timespec){(time_t)whole, (long)((seconds - whole) * 1e9)};
}

#ifdef __APPLE__ /* whose conditions know this clock only by how long is left */
int monotonic_cond_init(pthread_cond_t *condition)
{
    return pthread_cond_init(condition, NULL);
}

int monotonic_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, double deadline)
{
    double seconds = deadline - monotonic_now();
    struct timespec left = to_timespec(seconds);
    return seconds < 0 ? ETIMEDOUT : pthread_cond_timedwait_relative_np(condition, mutex, &left);
}
#else
int monotonic_cond_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int code = pthread_condattr_init(&attributes);
    if (code)
        return code;
    code = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (!code)
        code = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return code;
}

int monotonic_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, double deadline)
{
    struct timespec until = to_timespec(deadline);
    return pthread_cond_timedwait(condition, mutex, &until);
}
#endif
