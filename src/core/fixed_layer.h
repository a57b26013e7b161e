/* The products of a dense layer in whole numbers: half the memory of floats to read, and twice as
 * many multiplications at a time; the same, bit for bit, for any number of rows and on all
 * processors.
 *
 * Weights are rounded to 16 bits, by a step for each output, and inputs to 15, by a step for each
 * row, so that the sum of DEPTH products is exact in 32 bits; these sums are then added as floats.
 * Rounding moves a sum by some 0.02 % of the size of its terms' sum. */
#ifndef FIXED_LAYER_H
#define FIXED_LAYER_H

#include "error.h"

#include <stddef.h>

struct fixed_layer;

/* From weights[outputs][inputs]. The caller ends it with fixed_layer_free. */
int fixed_layer_create(struct fixed_layer **layer, int inputs, int outputs, const float *weights,
                       struct error *error);
void fixed_layer_free(struct fixed_layer **layer);

/* Bytes of scratch for layers of so many inputs, from malloc, for each thread. */
size_t fixed_layer_scratch(int inputs);

/* x[rows][inputs] -> sums[rows][outputs], X W^T. */
void fixed_layer_forward(const struct fixed_layer *layer, void *scratch, const float *x, int rows,
                         float *sums);

#endif
