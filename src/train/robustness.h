/* How stable a model's answers are when the picture of the same face changes a little. */
#ifndef ROBUSTNESS_H
#define ROBUSTNESS_H

#include "evaluate.h"

enum { ROBUSTNESS_CHANGES = 19 };

/* "none", "10 % smaller", ...: what is done to the crops, 0 .. ROBUSTNESS_CHANGES-1. */
const char *robustness_name(int change);

struct robustness {
    double accuracy;         /* share of right answers by the labels */
    double ferplus_accuracy; /* by FER+'s majority; 0 without FER+ */
    double differing;        /* share of answers that are not those to the unchanged crops */
};

/* Applies a change to a picture: out and in are height x width bytes, not overlapping. Outside the
 * crop, its edge is repeated. */
int robustness_change(int change, const uint8_t *in, int width, int height, uint8_t *out,
                      struct error *error);

/* Fills rows[ROBUSTNESS_CHANGES], the first for unchanged crops. The model must be for such data,
 * as `evaluate` has checked. */
int robustness_measure(struct robustness *rows, const struct model *model,
                       const struct dataset *dataset, enum split split, struct error *error);

#endif
