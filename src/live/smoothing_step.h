/* How much the keys `+` and `-` smooth. */
#ifndef SMOOTHING_STEP_H
#define SMOOTHING_STEP_H

/* The `seconds` of the smoother that `+` (direction 1) and `-` (direction -1) lead to. */
double smoothing_step(double seconds, int direction);

#endif
