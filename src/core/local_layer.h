/* The products of a locally connected layer (mlp.h), and their gradients. Letters as there; W
 * windows of N / W units each. */
#ifndef LOCAL_LAYER_H
#define LOCAL_LAYER_H

#include "mlp_layer.h"
#include "thread_pool.h"

#include <stdbool.h>
#include <stddef.h>

/* How many values of scratch a batch needs; 0 for a layer without windows. */
size_t local_layer_scratch(const struct mlp_layer *layer, int batch);

/* x (B x M) -> z (B x N). The pool shares the windows. With quantized_layer_scratch(F) bytes of
 * `quantized_scratch` it uses layer->quantized, where the layer has it; NULL: never, as in
 * training. */
void local_layer_forward(struct thread_pool *pool, const struct mlp_layer *layer, bool bfloat16,
                         const real *x, int batch, real *scratch, void *quantized_scratch, real *z);

/* The same x, and dz (B x N) -> dx (B x M), and adds to the weights' gradients (N x F); dx or
 * gradients may be NULL. */
void local_layer_backward(struct thread_pool *pool, const struct mlp_layer *layer, bool bfloat16,
                          const real *x, const real *dz, int batch, real *scratch, real *gradients,
                          real *dx);

#endif
