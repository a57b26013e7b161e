/* What follows a hidden layer's matrix product in training, in either direction: batch
 * normalization, activation, dropout. Part of mlp_training.c; letters and shapes as in mlp.h. */
#ifndef MLP_HIDDEN_H
#define MLP_HIDDEN_H

#include "mlp_training.h"

/* What one layer leaves behind: R = B T rows of N units. */
struct layer_tape {
    real *values;            /* R x N: A, after dropout; the last layer: the outputs */
    real *normalized;        /* R x N: (Z - mean) / deviation, under batch normalization */
    real *inverse_deviation; /* N */
    real *mask;              /* R x N: 0 or 1 / (1 - dropout), where dropout was used */
    real *windows;           /* scratch of window_layer_forward, where the layer has windows */
};

/* One layer's work. The team shares it out by columns, since all but batch normalization's sums
 * along a column is element by element; a part does everything to its columns while they are in its
 * cache. */
struct hidden_pass {
    const struct mlp *mlp;
    const struct mlp_training *training;
    const struct mlp_layer *layer;
    const struct layer_tape *tape;
    int rows;        /* R */
    real *d;         /* R x N; backward: dA, becomes dZ */
    real *scratch;   /* 2 x N */
    real *gradients; /* of all parameters */
    real dropout;    /* share of the units dropped in the forward pass */
};

/* team_task on a struct hidden_pass: Z becomes A = dropout(g(norm(Z))) in tape->values. */
void hidden_forward(void *context, int part, int parts);

/* team_task on a struct hidden_pass: dA becomes dZ in d; adds to the gradients of gamma and beta.
 */
void hidden_backward(void *context, int part, int parts);

#endif
