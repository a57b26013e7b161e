/* The training side of the perceptron: forward pass that remembers, cost, back-propagation
 * (Rumelhart, Hinton & Williams 1986). Letters and shapes as in mlp.h.
 *
 * For each layer, from the last to the first:
 *
 *     dW += dZ^T X      db += sum of dZ over the batch      dX = dZ W      dZ of the layer below
 *                                                           follows from dX through g' */
#ifndef MLP_TRAINING_H
#define MLP_TRAINING_H

#include "mlp.h"
#include "thread_pool.h"

enum loss { LOSS_CROSS_ENTROPY, LOSS_MSE, LOSS_COUNT };

/* "cross-entropy", "mse" */
extern const char *const loss_names[LOSS_COUNT];

/* How a step treats its batch. */
struct mlp_training {
    enum loss loss;
    real dropout;             /* share of hidden units dropped, [0, 1) (Srivastava et al. 2014) */
    real input_dropout;       /* share of inputs dropped, [0, 1) */
    real position_dropout;    /* the same of layers with positions or windows, [0, 1) */
    real batch_norm_momentum; /* weight of this batch in the running statistics, [0, 1] */
    struct thread_pool *pool; /* shares the work; NULL: the calling thread alone */
    bool bfloat16;            /* matrix products by gemm_bfloat16 */
};

/* The activations, masks and statistics of the forward pass that the backward pass needs, for
 * batches of up to `capacity`. */
struct mlp_activations;

int mlp_activations_create(struct mlp_activations **activations, const struct mlp_config *config,
                           int capacity, struct error *error);
void mlp_activations_free(struct mlp_activations **activations);

/* inputs (B x D) -> outputs (B x K), which stay until the next call. Normalizes by the batch's own
 * mean and variance, moves the running statistics, draws dropout masks from `rng`. Batch
 * normalization needs B >= 2. */
const real *mlp_forward_training(struct mlp *mlp, struct mlp_activations *activations,
                                 const struct mlp_training *training, const real *inputs, int batch,
                                 struct rng *rng);

/* Dropout of `count` values: each becomes 0 with probability `share`, else 1 / (1 - share) times as
 * large, so that the expected value stays. */
void mlp_dropout(real share, struct rng *rng, real *values, size_t count);

/* The cost of outputs A (B x K) against targets Y (B x K), summed over the batch; the cost J is
 * this sum divided by the number of samples.
 *   MSE            1/2 sum (A - Y)^2
 *   cross-entropy  - sum Y ln A                          softmax outputs; a row of Y sums to the
 *                                                       weight of its sample, usually 1
 *                  - sum Y ln A + (1 - Y) ln(1 - A)      sigmoid outputs */
double mlp_cost(enum output_activation output, enum loss loss, const real *outputs,
                const real *targets, int batch, int classes);

/* Back-propagates the batch whose activations these are; `inputs` are the same as then. Adds
 * dJ/dparameter to gradients[parameter_count], which have the layout of mlp->parameters; zero them
 * first. J is the mean over `samples`: the batch, or all samples of the batches whose gradients
 * are added up. Where `d_inputs` is not NULL it receives dJ/dX (B x D); for that alone, `gradients`
 * may be NULL, without batch normalization. */
void mlp_backward(const struct mlp *mlp, struct mlp_activations *activations,
                  const struct mlp_training *training, const real *inputs, const real *targets,
                  int batch, int samples, real *gradients, real *d_inputs);

#endif
