/* One layer of the perceptron. Letters and shapes as in mlp.h. */
#ifndef MLP_LAYER_H
#define MLP_LAYER_H

#include "real.h"

/* A grid's windows, from left to right, then from top to bottom, as its positions are. */
struct mlp_windows {
    int grid; /* G: positions along a side */
    int side; /* S: of a window, 1..G; 0: the layer has no windows */
};

/* One layer's view into the two blocks of struct mlp. */
struct mlp_layer {
    int positions;       /* P, at least 1 */
    int inputs, outputs; /* M, N: of one position */
    struct mlp_windows windows;
    int window_count;   /* (G - S + 1)^2, or 1 without windows */
    int fan_in;         /* F: weights of a unit */
    real *weights;      /* N x F, the units of each window in turn */
    real *biases;       /* N; NULL under batch normalization, whose beta does their work */
    real *gamma, *beta; /* N; scale and shift of batch normalization, else NULL */
    real *mean, *var;   /* N; its running statistics, no parameters, else NULL */
    struct quantized_layer *quantized; /* of window_count windows, from mlp_quantize, else NULL */
};

#endif
