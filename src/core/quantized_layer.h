/* The products of a dense layer with quantized weights and inputs: half the memory of floats to
 * read, and twice as many multiplications at a time; the same, bit for bit, for any number of rows
 * and on all processors.
 *
 * Weights are quantized to 16 bits, with a step for each output, and inputs to 15, with a step for
 * each row, so that the sum of DEPTH products is exact in 32 bits; these sums are then added as
 * floats. Quantization moves a sum by some 0.02 % of the size of its terms' sum. */
#ifndef QUANTIZED_LAYER_H
#define QUANTIZED_LAYER_H

#include "error.h"

#include <stddef.h>

struct quantized_layer;

/* From weights[windows][outputs][inputs]: as many layers of one shape, one behind the other. The
 * caller ends it with quantized_layer_free. */
int quantized_layer_create(struct quantized_layer **layer, int windows, int inputs, int outputs,
                           const float *weights, struct error *error);
void quantized_layer_free(struct quantized_layer **layer);

/* Bytes of scratch for layers of so many inputs, from malloc, for each thread. */
size_t quantized_layer_scratch(int inputs);

/* x[rows][inputs] -> sums[rows][outputs], X W^T, by the weights of one window. */
void quantized_layer_forward(const struct quantized_layer *layer, int window, void *scratch,
                             const float *x, int rows, float *sums);

#endif
