#include "mlp.h"

#include "gemm.h"
#include "large_array.h"
#include "local_layer.h"
#include "quantized_layer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int mlp_window_count(const struct mlp_windows *windows)
{
    int along = windows->grid - windows->side + 1; /* a side of the grid */
    return windows->side > 0 ? along * along : 1;
}

static int check_windows(const struct mlp_config *config, int layer, struct error *error)
{
    const struct mlp_windows *w = &config->windows[layer];
    if (w->side == 0)
        return 0;
    if (w->side < 0 || w->side > w->grid || w->grid > MLP_MAX_GRID)
        return error_set(error,
                         "layer %d looks through windows of side %d on a grid of side %d; use "
                         "windows that fit into it",
                         layer, w->side, w->grid);
    int windows = mlp_window_count(w);
    if (layer == config->layer_count - 1 || config->positions[layer] > 1 ||
        config->units[layer] % (w->grid * w->grid) || config->units[layer + 1] % windows)
        return error_set(
            error,
            "layer %d has %d inputs and %d outputs, %d windows on a %dx%d grid; the inputs "
            "must be a multiple of the grid, the outputs one of the windows, and neither "
            "the last nor a shared layer has windows",
            layer, config->units[layer], config->units[layer + 1], windows, w->grid, w->grid);
    return 0;
}

int mlp_config_check(const struct mlp_config *config, struct error *error)
{
    if (config->layer_count < 1 || config->layer_count > MLP_MAX_LAYERS)
        return error_set(error, "a network of %d layers; 1 to %d are possible", config->layer_count,
                         MLP_MAX_LAYERS);
    for (int i = 0; i <= config->layer_count; i++)
        if (config->units[i] < 1 || config->units[i] > MLP_MAX_UNITS)
            return error_set(error, "a layer of %d units; 1 to %d are possible", config->units[i],
                             MLP_MAX_UNITS);
    for (int i = 0; i < config->layer_count; i++) {
        int positions = config->positions[i], last = i == config->layer_count - 1;
        if (positions < 0 || positions > (last ? 1 : MLP_MAX_UNITS) ||
            (positions > 1 && (config->units[i] % positions || config->units[i + 1] % positions)))
            return error_set(
                error,
                "layer %d has %d inputs and %d outputs and is shared by %d positions; both must be "
                "multiples of that, and the last layer is shared by none",
                i, config->units[i], config->units[i + 1], positions);
        if (check_windows(config, i, error) < 0)
            return -1;
    }
    if (config->output == OUTPUT_SOFTMAX && config->units[config->layer_count] < 2)
        return error_set(error, "softmax over one class is always 1; use two classes or more");
    return 0;
}

static bool normalizes(const struct mlp_config *config, int layer)
{
    return config->batch_norm && layer < config->layer_count - 1;
}

/* Points the layers into the blocks and counts the blocks' lengths. */
static void lay_out(struct mlp *mlp, real *parameters, real *statistics)
{
    size_t p = 0, s = 0;
    for (int i = 0; i < mlp->config.layer_count; i++) {
        struct mlp_layer *layer = &mlp->layers[i];
        int positions = mlp->config.positions[i] > 0 ? mlp->config.positions[i] : 1;
        *layer = (struct mlp_layer){.positions = positions,
                                    .inputs = mlp->config.units[i] / positions,
                                    .outputs = mlp->config.units[i + 1] / positions,
                                    .windows = mlp->config.windows[i],
                                    .window_count = mlp_window_count(&mlp->config.windows[i])};
        const struct mlp_windows *w = &layer->windows;
        layer->fan_in =
            w->side > 0 ? layer->inputs / (w->grid * w->grid) * w->side * w->side : layer->inputs;
        size_t n = (size_t)layer->outputs, f = (size_t)layer->fan_in;
        bool norm = normalizes(&mlp->config, i);
        if (parameters) {
            layer->weights = parameters + p;
            if (norm) {
                layer->gamma = parameters + p + n * f;
                layer->beta = layer->gamma + n;
                layer->mean = statistics + s;
                layer->var = layer->mean + n;
            } else {
                layer->biases = parameters + p + n * f;
            }
        }
        p += n * f + (norm ? 2 * n : n);
        s += norm ? 2 * n : 0;
    }
    mlp->parameter_count = p;
    mlp->statistic_count = s;
    mlp->parameters = parameters;
    mlp->statistics = statistics;
}

void mlp_measure(struct mlp *mlp, const struct mlp_config *config)
{
    *mlp = (struct mlp){.config = *config};
    lay_out(mlp, NULL, NULL);
}

size_t mlp_parameter_count(const struct mlp_config *config)
{
    struct mlp sized;
    mlp_measure(&sized, config);
    return sized.parameter_count;
}

int mlp_create(struct mlp *mlp, const struct mlp_config *config, struct error *error)
{
    if (mlp_config_check(config, error) < 0)
        return -1;
    struct mlp made;
    mlp_measure(&made, config);
    real *parameters = large_array_alloc(made.parameter_count * sizeof *parameters);
    real *statistics = calloc(made.statistic_count + 1, sizeof *statistics);
    if (!parameters || !statistics) {
        free(parameters);
        free(statistics);
        return error_no_memory(error, "the network");
    }
    memset(parameters, 0, made.parameter_count * sizeof *parameters);
    lay_out(&made, parameters, statistics);
    for (int i = 0; i < config->layer_count; i++) {
        struct mlp_layer *layer = &made.layers[i];
        for (int n = 0; layer->gamma && n < layer->outputs; n++)
            layer->gamma[n] = layer->var[n] = 1;
    }
    *mlp = made;
    return 0;
}

void mlp_free(struct mlp *mlp)
{
    for (int i = 0; i < mlp->config.layer_count; i++)
        quantized_layer_free(&mlp->layers[i].quantized);
    free(mlp->parameters);
    free(mlp->statistics);
    *mlp = (struct mlp){0};
}

void mlp_init(struct mlp *mlp, struct rng *rng)
{
    for (int i = 0; i < mlp->config.layer_count; i++) {
        struct mlp_layer *layer = &mlp->layers[i];
        bool relu = i < mlp->config.layer_count - 1 && mlp->config.activation == ACTIVATION_RELU;
        int outputs = layer->outputs / layer->window_count;
        double deviation =
            relu ? sqrt(2.0 / layer->fan_in) : sqrt(2.0 / ((double)layer->fan_in + outputs));
        size_t count = (size_t)layer->fan_in * (size_t)layer->outputs;
        for (size_t w = 0; w < count; w++)
            layer->weights[w] = (real)(deviation * rng_normal(rng));
    }
}

static void fold_layer(const struct mlp_layer *from, struct mlp_layer *to)
{
    size_t f = (size_t)from->fan_in;
    for (int n = 0; n < from->outputs; n++) {
        double scale = from->gamma[n] / sqrt((double)from->var[n] + MLP_BATCH_NORM_EPSILON);
        for (size_t w = 0; w < f; w++)
            to->weights[(size_t)n * f + w] = (real)(from->weights[(size_t)n * f + w] * scale);
        to->biases[n] = (real)(from->beta[n] - from->mean[n] * scale);
    }
}

int mlp_fold(const struct mlp *mlp, struct mlp *folded, struct error *error)
{
    struct mlp_config config = mlp->config;
    config.batch_norm = false;
    struct mlp made;
    if (mlp_create(&made, &config, error) < 0)
        return -1;
    for (int i = 0; i < config.layer_count; i++) {
        const struct mlp_layer *from = &mlp->layers[i];
        struct mlp_layer *to = &made.layers[i];
        if (from->gamma) {
            fold_layer(from, to);
            continue;
        }
        size_t count = (size_t)from->fan_in * (size_t)from->outputs;
        memcpy(to->weights, from->weights, count * sizeof *to->weights);
        memcpy(to->biases, from->biases, (size_t)from->outputs * sizeof *to->biases);
    }
    *folded = made;
    return 0;
}

/* ---- Inference ------------------------------------------------------------------------------- */

/* Quantizing the inputs pays where each is used so often, and weights are many. */
enum { LEAST_OUTPUTS = 32, LEAST_WEIGHTS = 1 << 16 };

int mlp_quantize(struct mlp *mlp, int first, struct error *error)
{
    for (int i = first; i < mlp->config.layer_count && sizeof(real) == sizeof(float); i++) {
        struct mlp_layer *l = &mlp->layers[i];
        int outputs = l->outputs / l->window_count; /* of a window */
        if (outputs >= LEAST_OUTPUTS && (size_t)l->outputs * (size_t)l->fan_in >= LEAST_WEIGHTS &&
            quantized_layer_create(&l->quantized, l->window_count, l->fan_in, outputs,
                                   (const float *)l->weights, error) < 0)
            return -1;
    }
    return 0;
}

struct mlp_workspace {
    int capacity;
    struct thread_pool *pool; /* NULL: the calling thread alone */
    void *scratch;            /* of quantized_layer_forward */
    real *windows;            /* scratch of local_layer_forward */
    real *hidden[2]; /* capacity x widest hidden layer, in turn input and output of a layer */
};

int mlp_workspace_create(struct mlp_workspace **workspace, const struct mlp_config *config,
                         int capacity, struct error *error)
{
    assert(capacity > 0 && capacity <= MLP_MAX_BATCH);
    size_t widest = 1;
    size_t windows = 0;
    int longest = 0; /* inputs */
    struct mlp sized;
    mlp_measure(&sized, config);
    for (int i = 1; i < config->layer_count; i++)
        widest = (size_t)config->units[i] > widest ? (size_t)config->units[i] : widest;
    for (int i = 0; i < config->layer_count; i++) {
        size_t needed = local_layer_scratch(&sized.layers[i], capacity);
        longest = sized.layers[i].fan_in > longest ? sized.layers[i].fan_in : longest;
        windows = needed > windows ? needed : windows;
    }
    struct mlp_workspace *made = calloc(1, sizeof *made);
    if (made) {
        made->capacity = capacity;
        made->scratch = malloc(quantized_layer_scratch(longest));
        made->windows = malloc((windows + 1) * sizeof *made->windows);
        for (int i = 0; i < 2; i++)
            made->hidden[i] = calloc((size_t)capacity * widest, sizeof(real));
    }
    if (!made || !made->scratch || !made->windows || !made->hidden[0] || !made->hidden[1]) {
        mlp_workspace_free(&made);
        return error_no_memory(error, "the network's hidden layers");
    }
    *workspace = made;
    return 0;
}

void mlp_workspace_free(struct mlp_workspace **workspace)
{
    if (*workspace) {
        free((*workspace)->hidden[0]);
        free((*workspace)->hidden[1]);
        free((*workspace)->scratch);
        free((*workspace)->windows);
        free(*workspace);
        *workspace = NULL;
    }
}

void mlp_workspace_share(struct mlp_workspace *workspace, struct thread_pool *pool)
{
    workspace->pool = pool;
}

static void multiply(const struct mlp *mlp, int layer, struct mlp_workspace *workspace,
                     const real *x, int batch, real *z)
{
    const struct mlp_layer *l = &mlp->layers[layer];
    int rows = batch * l->positions;
    if (l->windows.side > 0)
        local_layer_forward(workspace->pool, l, false, x, batch, workspace->windows,
                            workspace->scratch, z);
    else if (l->quantized)
        quantized_layer_forward(l->quantized, 0, workspace->scratch, (const float *)x, rows,
                                (float *)z);
    else
        gemm(workspace->pool, GEMM_ABT, rows, l->outputs, l->inputs, x, l->weights, 0, z);
}

void mlp_forward(const struct mlp *mlp, struct mlp_workspace *workspace, const real *inputs,
                 int batch, real *outputs)
{
    real *sums = mlp->config.layer_count == 1 ? outputs : workspace->hidden[0];
    assert(batch > 0 && batch <= workspace->capacity && !mlp->config.batch_norm);
    multiply(mlp, 0, workspace, inputs, batch, sums);
    mlp_forward_sums(mlp, workspace, sums, batch, outputs);
}

void mlp_forward_sums(const struct mlp *mlp, struct mlp_workspace *workspace, real *sums, int batch,
                      real *outputs)
{
    int last = mlp->config.layer_count - 1;
    for (int i = 0; i < last; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        real *z = i + 1 == last ? outputs : workspace->hidden[(i + 1) % 2];
        activation_apply(mlp->config.activation, layer->biases, sums, batch * layer->positions,
                         layer->outputs);
        multiply(mlp, i + 1, workspace, sums, batch, z);
        sums = z;
    }
    output_apply(mlp->config.output, mlp->layers[last].biases, sums, batch,
                 mlp->layers[last].outputs);
}
