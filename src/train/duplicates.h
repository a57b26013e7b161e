/* Pictures that a data set holds more than once. */
#ifndef DUPLICATES_H
#define DUPLICATES_H

#include "dataset.h"

#include <stdbool.h>

/* Marks the pictures of other splits that are also in Training, byte for byte: a model's answers to
 * them show only what it remembers. *marks: N, malloc, the caller frees. */
int duplicates_find(bool **marks, const struct dataset *dataset, struct error *error);

#endif
