#include "mlp_hidden.h"

#include <math.h>

#ifdef REAL_IS_DOUBLE
#define real_sqrt sqrt
#else
#define real_sqrt sqrtf
#endif

static void scale_by(const real *restrict factor, real *restrict values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] *= factor[i];
}

/* The mean and the variance of columns begin .. end-1 of Z. */
static void moments(const struct hidden_pass *h, size_t begin, size_t end, real *mean,
                    real *variance)
{
    size_t n = (size_t)h->layer->outputs, rows = (size_t)h->rows;
    const real *z = h->tape->values;
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

/* Moves the running statistics of the columns towards the batch's, whose inverse deviations stay
 * on the tape. */
static void learn_moments(const struct hidden_pass *h, size_t begin, size_t end, real *mean,
                          real *variance)
{
    real momentum = h->training->batch_norm_momentum;
    real unbiased = (real)h->rows / (real)(h->rows - 1);
    moments(h, begin, end, mean, variance);
    for (size_t i = begin; i < end; i++) {
        h->tape->inverse_deviation[i] = 1 / real_sqrt(variance[i] + (real)MLP_BATCH_NORM_EPSILON);
        h->layer->mean[i] += momentum * (mean[i] - h->layer->mean[i]);
        h->layer->var[i] += momentum * (variance[i] * unbiased - h->layer->var[i]);
    }
}

void hidden_forward(void *context, int part, int parts)
{
    const struct hidden_pass *h = context;
    const struct mlp_layer *layer = h->layer;
    size_t n = (size_t)layer->outputs, begin, end;
    real *mean = h->scratch, *variance = h->scratch + n;
    team_share(n, 16, part, parts, &begin, &end);
    if (layer->gamma)
        learn_moments(h, begin, end, mean, variance);
    for (size_t b = 0; b < (size_t)h->rows; b++) {
        real *row = h->tape->values + b * n;
        if (layer->gamma) {
            real *normalized = h->tape->normalized + b * n;
            for (size_t i = begin; i < end; i++) {
                normalized[i] = (row[i] - mean[i]) * h->tape->inverse_deviation[i];
                row[i] = layer->gamma[i] * normalized[i] + layer->beta[i];
            }
        }
        activation_apply(h->mlp->config.activation, layer->biases ? layer->biases + begin : NULL,
                         row + begin, 1, (int)(end - begin));
        if (h->dropout > 0)
            scale_by(h->tape->mask + b * n + begin, row + begin, end - begin);
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
 * dZ = gamma / (B deviation) (B d - sum d - normalized sum(d normalized)). */
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
        const real *d = h->d + b * n, *normalized = h->tape->normalized + b * n;
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
        const real *normalized = h->tape->normalized + b * n;
        for (size_t i = begin; i < end; i++)
            d[i] = layer->gamma[i] * h->tape->inverse_deviation[i] *
                   (d[i] - sum[i] - normalized[i] * dot[i]);
    }
}

void hidden_backward(void *context, int part, int parts)
{
    const struct hidden_pass *h = context;
    size_t n = (size_t)h->layer->outputs, begin, end;
    team_share(n, 16, part, parts, &begin, &end);
    real kept = 1 - h->dropout;
    for (size_t b = 0; b < (size_t)h->rows; b++) {
        size_t at = b * n + begin, count = end - begin;
        if (h->dropout > 0)
            scale_by(h->tape->mask + at, h->d + at, count);
        activation_backward(h->mlp->config.activation, h->tape->values + at, kept, h->d + at,
                            count);
    }
    if (h->layer->gamma)
        batch_norm_backward(h, begin, end);
}
