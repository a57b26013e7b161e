/* What stands in a data set, told before hours are spent on it. */
#ifndef INSPECT_H
#define INSPECT_H

#include "dataset.h"

#include <stdio.h>

/* Prints how many pictures each class has in each split, how many pictures of each split stand in
 * Training too, and where the numbers differ from the published ones. */
int inspect_print(const struct dataset *dataset, FILE *out, struct error *error);

/* A fingerprint of pictures, labels, splits and votes: the same data, the same number (FNV-1a). */
uint64_t inspect_fingerprint(const struct dataset *dataset);

#endif
