/* Folds for cross-validation. */
#ifndef FOLDS_H
#define FOLDS_H

#include "dataset.h"

enum { MIN_FOLDS = 2, MAX_FOLDS = 10 };

/* Shares out the samples over `folds` folds: folds_of[count], 0 .. folds-1. All pictures of a
 * photograph, photographs[count] as photographs_find leaves them, go into one fold, and each class
 * falls to all folds in nearly equal numbers. The same data, the same folds.
 * Fails where there are fewer photographs than folds. */
int folds_share(int *folds_of, int folds, const struct dataset *dataset, const int *samples,
                const int *photographs, int count, struct error *error);

#endif
