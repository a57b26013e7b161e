#include "mlp_training.h"

#include "gemm.h"
#include "mlp_hidden.h"
#include "vectorize.h"
#include "window_layer.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const loss_names[LOSS_COUNT] = {"cross-entropy", "mse"};

struct mlp_tape {
    int capacity, layer_count;
    bool dropped_inputs; /* by the latest forward pass */
    real *inputs;        /* B x D, after input dropout */
    real *input_mask;    /* B x D */
    real *deltas[2];     /* B x widest layer: dZ of a layer, dX for the one below */
    struct layer_tape layers[MLP_MAX_LAYERS];
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
    size_t count = window_layer_scratch(layer, capacity);
    real *windows = count ? malloc(count * sizeof *windows) : NULL;
    *complete = *complete && (windows || !count);
    return windows;
}

int mlp_tape_create(struct mlp_tape **tape, const struct mlp_config *config, int capacity,
                    struct error *error)
{
    assert(capacity > 0 && capacity <= MLP_MAX_BATCH);
    struct mlp_tape *made = calloc(1, sizeof *made);
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
        struct layer_tape *layer = &made->layers[i];
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
        mlp_tape_free(&made);
        return error_no_memory(error, "the training batch");
    }
    *tape = made;
    return 0;
}

void mlp_tape_free(struct mlp_tape **tape)
{
    struct mlp_tape *t = *tape;
    if (!t)
        return;
    for (int i = 0; i < t->layer_count; i++) {
        free(t->layers[i].values);
        free(t->layers[i].normalized);
        free(t->layers[i].inverse_deviation);
        free(t->layers[i].mask);
        free(t->layers[i].windows);
    }
    free(t->inputs);
    free(t->input_mask);
    free(t->deltas[0]);
    free(t->deltas[1]);
    free(t);
    *tape = NULL;
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

VECTOR_CLONES static void scale_by(const real *restrict factor, real *restrict values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] *= factor[i];
}

void mlp_drop(real share, struct rng *rng, real *values, size_t count)
{
    real mask[DRAWN * DECISIONS];
    for (size_t done = 0, drawn; done < count; done += drawn) {
        drawn = draw_some(share, rng, count - done, mask);
        scale_by(mask, values + done, drawn);
    }
}

static real dropout_of(const struct mlp_training *training, const struct mlp_layer *layer)
{
    bool of_places = layer->tokens > 1 || layer->windows.side > 0;
    return of_places ? training->place_dropout : training->dropout;
}

static void multiply(const struct mlp_training *training, enum gemm_form form, int m, int n, int k,
                     const real *a, const real *b, real beta, real *c)
{
    (training->bfloat16 ? gemm_bfloat16 : gemm)(training->team, form, m, n, k, a, b, beta, c);
}

const real *mlp_forward_training(struct mlp *mlp, struct mlp_tape *tape,
                                 const struct mlp_training *training, const real *inputs, int batch,
                                 struct rng *rng)
{
    assert(batch > 0 && batch <= tape->capacity && (batch > 1 || !mlp->config.batch_norm));
    int last = mlp->config.layer_count - 1;
    const real *x = inputs;
    tape->dropped_inputs = training->input_dropout > 0;
    if (tape->dropped_inputs) {
        size_t count = (size_t)batch * (size_t)mlp->config.units[0];
        draw_mask(training->input_dropout, rng, tape->input_mask, count);
        for (size_t i = 0; i < count; i++)
            tape->inputs[i] = inputs[i] * tape->input_mask[i];
        x = tape->inputs;
    }
    for (int i = 0; i <= last; i++) {
        struct mlp_layer *layer = &mlp->layers[i];
        struct layer_tape *kept = &tape->layers[i];
        real *z = kept->values;
        int rows = batch * layer->tokens;
        if (layer->windows.side > 0)
            window_layer_forward(training->team, layer, training->bfloat16, x, batch, kept->windows,
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
                                   .tape = kept,
                                   .rows = rows,
                                   .scratch = tape->deltas[0],
                                   .dropout = dropout};
        team_run(training->team, hidden_forward, &pass);
        x = z;
    }
    return tape->layers[last].values;
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

void mlp_backward(const struct mlp *mlp, struct mlp_tape *tape, const struct mlp_training *training,
                  const real *inputs, const real *targets, int batch, int samples, real *gradients,
                  real *d_inputs)
{
    int last = mlp->config.layer_count - 1;
    const real *first_x = tape->dropped_inputs ? tape->inputs : inputs;
    real *dz = tape->deltas[0], *below = tape->deltas[1];
    output_deltas(mlp->config.output, training->loss, tape->layers[last].values, targets, batch,
                  mlp->config.units[last + 1], samples, dz);
    for (int i = last; i >= 0; i--) {
        const struct mlp_layer *layer = &mlp->layers[i];
        int rows = batch * layer->tokens;
        assert(dz && (gradients || !layer->gamma));
        if (i < last) {
            struct hidden_pass pass = {.mlp = mlp,
                                       .training = training,
                                       .layer = layer,
                                       .tape = &tape->layers[i],
                                       .rows = rows,
                                       .d = dz,
                                       .scratch = below,
                                       .gradients = gradients,
                                       .dropout = dropout_of(training, layer)};
            team_run(training->team, hidden_backward, &pass);
        }
        const real *x = i == 0 ? first_x : tape->layers[i - 1].values;
        real *dw = gradients ? gradients + (layer->weights - mlp->parameters) : NULL;
        real *dx = i > 0 ? below : d_inputs;
        if (gradients && layer->biases)
            sum_rows(dz, rows, layer->outputs, gradients + (layer->biases - mlp->parameters));
        if (layer->windows.side > 0)
            window_layer_backward(training->team, layer, training->bfloat16, x, dz, batch,
                                  tape->layers[i].windows, dw, dx);
        else
            multiply_backward(training, layer, dz, rows, x, dw, dx);
        below = dz;
        dz = dx;
    }
    if (d_inputs && tape->dropped_inputs)
        for (size_t i = 0; i < (size_t)batch * (size_t)mlp->config.units[0]; i++)
            d_inputs[i] *= tape->input_mask[i];
}
