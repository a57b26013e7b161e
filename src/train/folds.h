/* Folds for cross-validation. */
#ifndef FOLDS_H
#define FOLDS_H

#include "dataset.h"

enum { MIN_FOLDS = 2, MAX_FOLDS = 10 };

/* Distributes the samples over `folds` folds: folds_of[count], 0 .. folds-1. All pictures of a
 * photograph, photographs[count] from photographs_find, go into one fold, and all folds get nearly
 * equal numbers of each class. The same data give the same folds. Fails if there are fewer
 * photographs than folds. */
int folds_assign(int *folds_of, int folds, const struct dataset *dataset, const int *samples,
                 const int *photographs, int count, struct error *error);

#endif
