/* Pictures that stand in a data set more than once. */
#ifndef DUPLICATES_H
#define DUPLICATES_H

#include "dataset.h"

#include <stdbool.h>

/* Marks the pictures of other splits that stand byte for byte in Training too: what a model says of
 * them shows what it remembers. *marks: N, malloc, the caller frees. */
int duplicates_find(bool **marks, const struct dataset *dataset, struct error *error);

#endif
