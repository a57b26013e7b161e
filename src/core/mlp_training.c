#include "mlp_training.h"

#include "gemm.h"
#include "local_layer.h"
#include "vectorize.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const loss_names[LOSS_COUNT] = {"cross-entropy", "mse"};

#ifdef REAL_IS_DOUBLE
#define real_sqrt sqrt
#else
#define real_sqrt sqrtf
#endif

/* What one layer leaves behind: R = B P rows of N units. */
struct layer_activations {
    real *values;            /* R x N: A, after dropout; the last layer: the outputs */
    real *normalized;        /* R x N: (Z - mean) / deviation, under batch normalization */
    real *inverse_deviation; /* N */
    real *mask;              /* R x N: 0 or 1 / (1 - dropout), where dropout was used */
    real *windows;           /* scratch of local_layer_forward, where the layer has windows */
};

struct mlp_activations {
    int capacity, layer_count;
    bool dropped_inputs; /* by the latest forward pass */
    real *inputs;        /* B x D, after input dropout */
    real *input_mask;    /* B x D */
    real *deltas[2];     /* B x widest layer: dZ of a layer, dX for the one below */
    struct layer_activations layers[MLP_MAX_LAYERS];
};

static real *new_matrix(int rows, int columns, bool *complete)
{
    real *matrix = calloc((size_t)rows * (size_t)columns, sizeof *matrix);
    *complete = *complete && matrix;
    return matrix;
}

/* For a layer that looks through windows; else NULL. */
static real *new_windows(const struct mlp_layer *layer, int capacity, bool *complete)
{
    size_t count = local_layer_scratch(layer, capacity);
    real *windows = count ? malloc(count * sizeof *windows) : NULL;
    *complete = *complete && (windows || !count);
    return windows;
}

int mlp_activations_create(struct mlp_activations **activations, const struct mlp_config *config,
                           int capacity, struct error *error)
{
    assert(capacity > 0 && capacity <= MLP_MAX_BATCH);
    struct mlp_activations *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the training batch");
    bool complete = true;
    int widest = 1;
    struct mlp sized;
    mlp_measure(&sized, config);
    made->capacity = capacity;
    made->layer_count = config->layer_count;
    made->inputs = new_matrix(capacity, config->units[0], &complete);
    made->input_mask = new_matrix(capacity, config->units[0], &complete);
    for (int i = 0; i < config->layer_count; i++) {
        int units = config->units[i + 1];
        struct layer_activations *layer = &made->layers[i];
        widest = units > widest ? units : widest;
        layer->values = new_matrix(capacity, units, &complete);
        layer->windows = new_windows(&sized.layers[i], capacity, &complete);
        if (i < config->layer_count - 1)
            layer->mask = new_matrix(capacity, units, &complete);
        if (i < config->layer_count - 1 && config->batch_norm) {
            layer->normalized = new_matrix(capacity, units, &complete);
            layer->inverse_deviation = new_matrix(1, units, &complete);
        }
    }
    for (int i = 0; i < 2; i++)
        made->deltas[i] = new_matrix(capacity, widest, &complete);
    if (!complete) {
        mlp_activations_free(&made);
        return error_no_memory(error, "the training batch");
    }
    *activations = made;
    return 0;
}

void mlp_activations_free(struct mlp_activations **activations)
{
    struct mlp_activations *a = *activations;
    if (!a)
        return;
    for (int i = 0; i < a->layer_count; i++) {
        free(a->layers[i].values);
        free(a->layers[i].normalized);
        free(a->layers[i].inverse_deviation);
        free(a->layers[i].mask);
        free(a->layers[i].windows);
    }
    free(a->inputs);
    free(a->input_mask);
    free(a->deltas[0]);
    free(a->deltas[1]);
    free(a);
    *activations = NULL;
}

/* ---- After a hidden layer's product: batch normalization, activation, dropout ---------------- */

/* One layer's work. The pool shares it out by columns, since all but batch normalization's sums
 * along a column is elementwise; a part does everything to its columns while they are in its
 * cache. */
struct hidden_pass {
    const struct mlp *mlp;
    const struct mlp_training *training;
    const struct mlp_layer *layer;
    const struct layer_activations *activations;
    int rows;        /* R */
    real *d;         /* R x N; backward: dA, becomes dZ */
    real *scratch;   /* 2 x N */
    real *gradients; /* of all parameters */
    real dropout;    /* share of the units dropped in the forward pass */
};

VECTOR_CLONES static void scale_by(const real *restrict factor, real *restrict values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] *= factor[i];
}

/* The mean and the variance of columns begin .. end-1 of Z. */
static void moments(const struct hidden_pass *h, size_t begin, size_t end, real *mean,
                    real *variance)
{
    size_t n = (size_t)h->layer->outputs, rows = (size_t)h->rows;
    const real *z = h->activations->values;
    for (size_t i = begin; i < end; i++)
        mean[i] = variance[i] = 0;
    for (size_t b = 0; b < rows; b++)
        for (size_t i = begin; i < end; i++)
            mean[i] += z[b * n + i];
    for (size_t i = begin; i < end; i++)
        mean[i] /= (real)h->rows;
    for (size_t b = 0; b < rows; b++)
        for (size_t i = begin; i < end; i++)
            variance[i] += (z[b * n + i] - mean[i]) * (z[b * n + i] - mean[i]);
    for (size_t i = begin; i < end; i++)
        variance[i] /= (real)h->rows;
}

/* Moves the running statistics of the columns towards the batch's, and keeps the inverse
 * deviations of the batch. */
static void learn_moments(const struct hidden_pass *h, size_t begin, size_t end, real *mean,
                          real *variance)
{
    real momentum = h->training->batch_norm_momentum;
    real unbiased = (real)h->rows / (real)(h->rows - 1);
    moments(h, begin, end, mean, variance);
    for (size_t i = begin; i < end; i++) {
        h->activations->inverse_deviation[i] =
            1 / real_sqrt(variance[i] + (real)MLP_BATCH_NORM_EPSILON);
        h->layer->mean[i] += momentum * (mean[i] - h->layer->mean[i]);
        h->layer->var[i] += momentum * (variance[i] * unbiased - h->layer->var[i]);
    }
}

/* thread_pool_task on a struct hidden_pass: Z becomes A = dropout(g(norm(Z))) in
 * activations->values. */
static void hidden_forward(void *context, int part, int parts)
{
    const struct hidden_pass *h = context;
    const struct mlp_layer *layer = h->layer;
    size_t n = (size_t)layer->outputs, begin, end;
    real *mean = h->scratch, *variance = h->scratch + n;
    thread_pool_share(n, 16, part, parts, &begin, &end);
    if (layer->gamma)
        learn_moments(h, begin, end, mean, variance);
    for (size_t b = 0; b < (size_t)h->rows; b++) {
        real *row = h->activations->values + b * n;
        if (layer->gamma) {
            real *normalized = h->activations->normalized + b * n;
            for (size_t i = begin; i < end; i++) {
                normalized[i] = (row[i] - mean[i]) * h->activations->inverse_deviation[i];
                row[i] = layer->gamma[i] * normalized[i] + layer->beta[i];
            }
        }
        activation_apply(h->mlp->config.activation, layer->biases ? layer->biases + begin : NULL,
                         row + begin, 1, (int)(end - begin));
        if (h->dropout > 0)
            scale_by(h->activations->mask + b * n + begin, row + begin, end - begin);
    }
}

/* d becomes d g'(Z), which is a function of A alone; values times `kept` is A before dropout. */
static void activation_backward(enum activation activation, const real *restrict values, real kept,
                                real *restrict d, size_t count)
{
    switch (activation) {
    case ACTIVATION_SIGMOID:
        for (size_t i = 0; i < count; i++)
            d[i] *= values[i] * kept * (1 - values[i] * kept);
        break;
    case ACTIVATION_TANH:
        for (size_t i = 0; i < count; i++)
            d[i] *= 1 - values[i] * kept * values[i] * kept;
        break;
    default:
        for (size_t i = 0; i < count; i++)
            d[i] = values[i] > 0 ? d[i] : 0;
        break;
    }
}

/* d, the gradient of the normalized, scaled and shifted values, becomes dZ:
 * dZ = gamma / (R deviation) (R d - sum d - normalized sum(d normalized)). */
static void batch_norm_backward(const struct hidden_pass *h, size_t begin, size_t end)
{
    const struct mlp_layer *layer = h->layer;
    size_t n = (size_t)layer->outputs;
    real *sum = h->scratch, *dot = h->scratch + n;
    real *d_gamma = h->gradients + (layer->gamma - h->mlp->parameters);
    real *d_beta = h->gradients + (layer->beta - h->mlp->parameters);
    for (size_t i = begin; i < end; i++)
        sum[i] = dot[i] = 0;
    for (size_t b = 0; b < (size_t)h->rows; b++) {
        const real *d = h->d + b * n, *normalized = h->activations->normalized + b * n;
        for (size_t i = begin; i < end; i++) {
            sum[i] += d[i];
            dot[i] += d[i] * normalized[i];
        }
    }
    for (size_t i = begin; i < end; i++) {
        d_beta[i] += sum[i];
        d_gamma[i] += dot[i];
        sum[i] /= (real)h->rows;
        dot[i] /= (real)h->rows;
    }
    for (size_t b = 0; b < (size_t)h->rows; b++) {
        real *d = h->d + b * n;
        const real *normalized = h->activations->normalized + b * n;
        for (size_t i = begin; i < end; i++)
            d[i] = layer->gamma[i] * h->activations->inverse_deviation[i] *
                   (d[i] - sum[i] - normalized[i] * dot[i]);
    }
}

/* thread_pool_task on a struct hidden_pass: dA becomes dZ in d; adds to the gradients of gamma and
 * beta.
 */
static void hidden_backward(void *context, int part, int parts)
{
    const struct hidden_pass *h = context;
    size_t n = (size_t)h->layer->outputs, begin, end;
    thread_pool_share(n, 16, part, parts, &begin, &end);
    real kept = 1 - h->dropout;
    for (size_t b = 0; b < (size_t)h->rows; b++) {
        size_t at = b * n + begin, count = end - begin;
        if (h->dropout > 0)
            scale_by(h->activations->mask + at, h->d + at, count);
        activation_backward(h->mlp->config.activation, h->activations->values + at, kept, h->d + at,
                            count);
    }
    if (h->layer->gamma)
        batch_norm_backward(h, begin, end);
}

/* ---- Forward --------------------------------------------------------------------------------- */

enum { DECISIONS = 4, DRAWN = 128 }; /* of one random number, 16 bits each; numbers at once */

/* mask[DRAWN * DECISIONS] of what the numbers decide, their lowest bits first. */
VECTOR_CLONES static void decide(const uint16_t *decisions, unsigned threshold, real keep,
                                 real *mask)
{
    for (int i = 0; i < DRAWN * DECISIONS; i++)
        mask[i] = decisions[i] >= threshold ? keep : 0;
}

/* Up to DRAWN * DECISIONS values of a mask; returns how many. */
static size_t draw_some(real share, struct rng *rng, size_t count, real *mask)
{
    uint16_t decisions[DRAWN * DECISIONS] = {0};
    count = count < DRAWN * DECISIONS ? count : DRAWN * DECISIONS;
    for (size_t i = 0; i < count; i += DECISIONS) {
        uint64_t number = rng_next(rng);
        for (size_t d = 0; d < DECISIONS; d++)
            decisions[i + d] = (uint16_t)(number >> 16 * d);
    }
    decide(decisions, (unsigned)(share * (real)65536), 1 / (1 - share), mask);
    return count;
}

/* mask[count] of 0 and 1 / (1 - share), so that the expected value stays (inverted dropout). */
static void draw_mask(real share, struct rng *rng, real *mask, size_t count)
{
    real some[DRAWN * DECISIONS];
    for (size_t done = 0, drawn; done < count; done += drawn) {
        drawn = draw_some(share, rng, count - done, some);
        memcpy(mask + done, some, drawn * sizeof *mask);
    }
}

void mlp_dropout(real share, struct rng *rng, real *values, size_t count)
{
    real mask[DRAWN * DECISIONS];
    for (size_t done = 0, drawn; done < count; done += drawn) {
        drawn = draw_some(share, rng, count - done, mask);
        scale_by(mask, values + done, drawn);
    }
}

static real dropout_of(const struct mlp_training *training, const struct mlp_layer *layer)
{
    bool of_positions = layer->positions > 1 || layer->windows.side > 0;
    return of_positions ? training->position_dropout : training->dropout;
}

static void multiply(const struct mlp_training *training, enum gemm_form form, int m, int n, int k,
                     const real *a, const real *b, real beta, real *c)
{
    (training->bfloat16 ? gemm_bfloat16 : gemm)(training->pool, form, m, n, k, a, b, beta, c);
}

const real *mlp_forward_training(struct mlp *mlp, struct mlp_activations *activations,
                                 const struct mlp_training *training, const real *inputs, int batch,
                                 struct rng *rng)
{
    assert(batch > 0 && batch <= activations->capacity && (batch > 1 || !mlp->config.batch_norm));
    int last = mlp->config.layer_count - 1;
    const real *x = inputs;
    activations->dropped_inputs = training->input_dropout > 0;
    if (activations->dropped_inputs) {
        size_t count = (size_t)batch * (size_t)mlp->config.units[0];
        draw_mask(training->input_dropout, rng, activations->input_mask, count);
        for (size_t i = 0; i < count; i++)
            activations->inputs[i] = inputs[i] * activations->input_mask[i];
        x = activations->inputs;
    }
    for (int i = 0; i <= last; i++) {
        struct mlp_layer *layer = &mlp->layers[i];
        struct layer_activations *kept = &activations->layers[i];
        real *z = kept->values;
        int rows = batch * layer->positions;
        if (layer->windows.side > 0)
            local_layer_forward(training->pool, layer, training->bfloat16, x, batch, kept->windows,
                                NULL, z);
        else
            multiply(training, GEMM_ABT, rows, layer->outputs, layer->inputs, x, layer->weights, 0,
                     z);
        if (i == last) {
            output_apply(mlp->config.output, layer->biases, z, batch, layer->outputs);
            break;
        }
        real dropout = dropout_of(training, layer);
        if (dropout > 0)
            draw_mask(dropout, rng, kept->mask, (size_t)rows * (size_t)layer->outputs);
        struct hidden_pass pass = {.mlp = mlp,
                                   .training = training,
                                   .layer = layer,
                                   .activations = kept,
                                   .rows = rows,
                                   .scratch = activations->deltas[0],
                                   .dropout = dropout};
        thread_pool_run(training->pool, hidden_forward, &pass);
        x = z;
    }
    return activations->layers[last].values;
}

/* ---- Cost ------------------------------------------------------------------------------------ */

/* ln x, kept finite where an output rounds to 0; NaN stays NaN and so is noticed. */
static double log_of(double x)
{
    const double tiny = 1e-30;
    return log(x < tiny ? tiny : x);
}

double mlp_cost(enum output_activation output, enum loss loss, const real *outputs,
                const real *targets, int batch, int classes)
{
    double sum = 0.0;
    size_t count = (size_t)batch * (size_t)classes;
    for (size_t i = 0; i < count; i++) {
        double a = outputs[i], y = targets[i];
        if (loss == LOSS_MSE)
            sum += 0.5 * (a - y) * (a - y);
        else if (output == OUTPUT_SOFTMAX)
            sum -= y * log_of(a);
        else
            sum -= y * log_of(a) + (1.0 - y) * log_of(1.0 - a);
    }
    return sum;
}

/* dZ of the last layer. For cross-entropy the derivative of softmax or sigmoid cancels: A - Y, with
 * softmax A times the sum of the row of Y. */
static void output_deltas(enum output_activation output, enum loss loss, const real *outputs,
                          const real *targets, int batch, int classes, int samples, real *dz)
{
    real scale = 1 / (real)samples;
    for (int b = 0; b < batch; b++) {
        size_t row = (size_t)b * (size_t)classes;
        const real *a = outputs + row, *y = targets + row;
        real mean = 0, sum = 0; /* of a (a - y), the softmax's coupling of its outputs; of y */
        for (int k = 0; k < classes; k++) {
            mean += a[k] * (a[k] - y[k]);
            sum += y[k];
        }
        real weight = loss == LOSS_CROSS_ENTROPY && output == OUTPUT_SOFTMAX ? sum : 1;
        for (int k = 0; k < classes; k++) {
            real d = weight * a[k] - y[k];
            if (loss == LOSS_MSE && output == OUTPUT_SOFTMAX)
                d = a[k] * (d - mean);
            else if (loss == LOSS_MSE)
                d = d * a[k] * (1 - a[k]);
            dz[row + (size_t)k] = d * scale;
        }
    }
}

/* ---- Backward -------------------------------------------------------------------------------- */

static void sum_rows(const real *d, int rows, int units, real *sums)
{
    for (size_t b = 0; b < (size_t)rows; b++)
        for (size_t i = 0; i < (size_t)units; i++)
            sums[i] += d[b * (size_t)units + i];
}

/* dw and dx may be NULL. */
static void multiply_backward(const struct mlp_training *training, const struct mlp_layer *layer,
                              const real *dz, int rows, const real *x, real *dw, real *dx)
{
    if (dw)
        multiply(training, GEMM_ATB, layer->outputs, layer->inputs, rows, dz, x, 1, dw);
    if (dx)
        multiply(training, GEMM_AB, rows, layer->inputs, layer->outputs, dz, layer->weights, 0, dx);
}

void mlp_backward(const struct mlp *mlp, struct mlp_activations *activations,
                  const struct mlp_training *training, const real *inputs, const real *targets,
                  int batch, int samples, real *gradients, real *d_inputs)
{
    int last = mlp->config.layer_count - 1;
    const real *first_x = activations->dropped_inputs ? activations->inputs : inputs;
    real *dz = activations->deltas[0], *below = activations->deltas[1];
    output_deltas(mlp->config.output, training->loss, activations->layers[last].values, targets,
                  batch, mlp->config.units[last + 1], samples, dz);
    for (int i = last; i >= 0; i--) {
        const struct mlp_layer *layer = &mlp->layers[i];
        int rows = batch * layer->positions;
        assert(dz && (gradients || !layer->gamma));
        if (i < last) {
            struct hidden_pass pass = {.mlp = mlp,
                                       .training = training,
                                       .layer = layer,
                                       .activations = &activations->layers[i],
                                       .rows = rows,
                                       .d = dz,
                                       .scratch = below,
                                       .gradients = gradients,
                                       .dropout = dropout_of(training, layer)};
            thread_pool_run(training->pool, hidden_backward, &pass);
        }
        const real *x = i == 0 ? first_x : activations->layers[i - 1].values;
        real *dw = gradients ? gradients + (layer->weights - mlp->parameters) : NULL;
        real *dx = i > 0 ? below : d_inputs;
        if (gradients && layer->biases)
            sum_rows(dz, rows, layer->outputs, gradients + (layer->biases - mlp->parameters));
        if (layer->windows.side > 0)
            local_layer_backward(training->pool, layer, training->bfloat16, x, dz, batch,
                                 activations->layers[i].windows, dw, dx);
        else
            multiply_backward(training, layer, dz, rows, x, dw, dx);
        below = dz;
        dz = dx;
    }
    if (d_inputs && activations->dropped_inputs)
        for (size_t i = 0; i < (size_t)batch * (size_t)mlp->config.units[0]; i++)
            d_inputs[i] *= activations->input_mask[i];
}
