/* The multi-layer perceptron: its weights and the forward pass. mlp_training.h has the rest.
 *
 * Letters: B samples in a batch, D inputs, H units of a hidden layer, K outputs, L dense layers
 * (L-1 of them hidden; L = 1 is softmax or logistic regression). Matrices are row-major; a layer
 * from M to N units has W (N x M), b (N) and computes
 *
 *     Z = X W^T + b           X (B x M), Z (B x N)
 *     A = g(Z)                hidden layers: sigmoid, tanh or ReLU, after batch normalization
 *                             where that is chosen; the last layer: softmax or sigmoid
 *
 * A layer may be shared by P positions of a picture, whose descriptors of equal length make up its
 * input: a 1x1 convolution (the channel mixing of Tolstikhin et al. 2021). It treats the batch as
 * B P rows of M = units / P values. P is 1 for an ordinary dense layer.
 *
 * Or a layer may look through windows, each with units and weights of its own: a locally connected
 * layer (LeCun 1989; on aligned faces, Taigman et al. 2014). Its input lies on a grid of G x G
 * positions; there are (G - S + 1)^2 windows of S x S neighbours, and a unit has weights for the
 * values of its window alone: F of them, where the units of other layers have F = M.
 *
 * Weights and scratch are two types: `const struct mlp` is read-only and may be shared by any
 * number of threads; each brings its own workspace. */
#ifndef MLP_H
#define MLP_H

#include "activation.h"
#include "error.h"
#include "mlp_layer.h"
#include "rng.h"
#include "thread_pool.h"

#include <stdbool.h>
#include <stddef.h>

enum { MLP_MAX_LAYERS = 16, MLP_MAX_UNITS = 1 << 17, MLP_MAX_BATCH = 1 << 16, MLP_MAX_GRID = 32 };

struct mlp_config {
    int layer_count;               /* L */
    int units[MLP_MAX_LAYERS + 1]; /* D, H..., K: values a sample has, those of all positions */
    int positions[MLP_MAX_LAYERS]; /* P of each layer; 0 as 1 */
    struct mlp_windows windows[MLP_MAX_LAYERS]; /* of each layer; P is 1 where it has some */
    enum activation activation;
    enum output_activation output;
    bool batch_norm; /* of the hidden layers (Ioffe & Szegedy 2015) */
};

struct mlp {
    struct mlp_config config;
    size_t parameter_count;
    real *parameters; /* one block: W, then b or gamma and beta, of each layer in turn */
    size_t statistic_count;
    real *statistics; /* one block: running mean and variance of each layer in turn */
    struct mlp_layer layers[MLP_MAX_LAYERS];
};

/* Added to a variance before its root is taken, as in the paper. */
#define MLP_BATCH_NORM_EPSILON 1e-5

/* Checks that the sizes are within bounds; the error says what is wrong. */
int mlp_config_check(const struct mlp_config *config, struct error *error);

/* How many windows a grid has; 1 where the layer has none. */
int mlp_window_count(const struct mlp_windows *windows);

/* A network without memory, to ask for the sizes of its layers. */
void mlp_measure(struct mlp *mlp, const struct mlp_config *config);

/* How many parameters such a network has. */
size_t mlp_parameter_count(const struct mlp_config *config);

/* Parameters zero, gamma and running variances one. The caller frees it with mlp_free. */
int mlp_create(struct mlp *mlp, const struct mlp_config *config, struct error *error);
void mlp_free(struct mlp *mlp);

/* Normal random weights, zero biases: variance 2/F before ReLU (He et al. 2015), 2/(F+N) before
 * sigmoid, tanh and the outputs (Glorot & Bengio 2010), N being those of one window. */
void mlp_init(struct mlp *mlp, struct rng *rng);

/* Makes `folded` the same function without batch normalization:
 * W' = W gamma / sqrt(var + epsilon), b' = beta - mean gamma / sqrt(var + epsilon). */
int mlp_fold(const struct mlp *mlp, struct mlp *folded, struct error *error);

/* Once, when the weights are complete: mlp_forward then uses quantized copies (quantized_layer.h)
 * of the large layers from number `first` on. Nothing to do in double precision. */
int mlp_quantize(struct mlp *mlp, int first, struct error *error);

/* Scratch for mlp_forward in batches of up to `capacity` samples. */
struct mlp_workspace;

int mlp_workspace_create(struct mlp_workspace **workspace, const struct mlp_config *config,
                         int capacity, struct error *error);
void mlp_workspace_free(struct mlp_workspace **workspace);

/* Lets the pool share the work of mlp_forward. */
void mlp_workspace_share(struct mlp_workspace *workspace, struct thread_pool *pool);

/* Inference: inputs (B x D) -> outputs (B x K). B is at most the workspace's capacity. The network
 * must be without batch normalization (mlp_fold). */
void mlp_forward(const struct mlp *mlp, struct mlp_workspace *workspace, const real *inputs,
                 int batch, real *outputs);

/* The same, starting from the first layer's products X W^T: sums (B x P N), which it changes. */
void mlp_forward_sums(const struct mlp *mlp, struct mlp_workspace *workspace, real *sums, int batch,
                      real *outputs);

#endif
