/* How good a recipe is, measured on all of Training (cross-validation, Stone 1974). */
#ifndef CROSS_VALIDATION_H
#define CROSS_VALIDATION_H

#include "folds.h"
#include "recipe.h"

#include <signal.h>

/* Trains `folds` times, each time without one fold of Training (folds_assign), and measures that
 * fold; no photograph has crops on both sides. The best epoch and the temperature are chosen on the
 * validation split as always, without its pictures that are also in Training. Prints the trainings,
 * then for each figure its mean, its standard error (the deviation between folds over the root of
 * their number) and its value in each fold; with `report`, folds.csv in that folder holds the same.
 * The models are not kept. Where *stop becomes true it ends without figures. */
int cross_validate(const struct recipe *recipe, const struct dataset *dataset, int folds,
                   const char *program, const char *report, const volatile sig_atomic_t *stop,
                   struct error *error);

#endif
