/* The clock to measure time and to wait with: in seconds, never set back. */
#ifndef MONOTONIC_H
#define MONOTONIC_H

#include <pthread.h>

double monotonic_now(void);
/* The time of day at this time of the clock, Unix seconds. */
double monotonic_to_unix(double time);

/* As pthread_cond_init and pthread_cond_timedwait, with a deadline of this clock. */
int monotonic_cond_init(pthread_cond_t *condition);
int monotonic_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, double deadline);

#endif
