/* The clock that measures: never set back, in seconds. */
#ifndef MONOTONIC_H
#define MONOTONIC_H

double monotonic_now(void);

#endif
