/* The clock to measure time with: in seconds, never set back. */
#ifndef MONOTONIC_H
#define MONOTONIC_H

double monotonic_now(void);

#endif
