/* What a data set holds, printed before hours are spent on it. */
#ifndef INSPECT_H
#define INSPECT_H

#include "dataset.h"

#include <stdio.h>

/* Prints how many pictures each class has in each split, how many pictures of each split are also
 * in Training, and where the numbers differ from the published ones. */
int inspect_print(const struct dataset *dataset, FILE *out, struct error *error);

/* A hash of pictures, labels, splits and votes (FNV-1a): the same data give the same number. */
uint64_t inspect_fingerprint(const struct dataset *dataset);

#endif
