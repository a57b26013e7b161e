#include "smoothing_step.h"

double smoothing_step(double seconds, int direction)
{
    static const double steps[] = {0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3};
    enum { STEPS = sizeof steps / sizeof *steps };
    if (direction > 0) {
        for (int i = 0; i < STEPS; i++) {
            if (steps[i] > seconds)
                return steps[i];
        }
        return seconds;
    }
    for (int i = STEPS - 1; i >= 0; i--) {
        if (steps[i] < seconds)
            return steps[i];
    }
    return 0;
}
