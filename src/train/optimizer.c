#include "optimizer.h"

#include <math.h>
#include <stdlib.h>

const char *const optimizer_names[OPTIMIZER_COUNT] = {"sgd", "momentum", "adamw"};

int optimizer_create(struct optimizer *optimizer, enum optimizer_kind kind, float weight_decay,
                     size_t parameter_count, struct error *error)
{
    struct optimizer made = {
        .kind = kind, .weight_decay = weight_decay, .parameter_count = parameter_count};
    bool complete = true;
    if (kind != OPTIMIZER_SGD)
        complete = (made.first = calloc(parameter_count, sizeof *made.first)) != NULL;
    if (complete && kind == OPTIMIZER_ADAMW)
        complete = (made.second = calloc(parameter_count, sizeof *made.second)) != NULL;
    if (!complete) {
        optimizer_free(&made);
        return error_no_memory(error, "the optimizer");
    }
    *optimizer = made;
    return 0;
}

void optimizer_free(struct optimizer *optimizer)
{
    free(optimizer->first);
    free(optimizer->second);
    *optimizer = (struct optimizer){0};
}

static void sgd(float *restrict w, const float *restrict g, size_t count, float rate, float decay)
{
    for (size_t i = 0; i < count; i++)
        w[i] -= rate * (g[i] + decay * w[i]);
}

static void momentum(float *restrict w, const float *restrict g, float *restrict v, size_t count,
                     float rate, float decay)
{
    for (size_t i = 0; i < count; i++) {
        v[i] = 0.9f * v[i] + g[i] + decay * w[i];
        w[i] -= rate * v[i];
    }
}

static void adamw(float *restrict w, const float *restrict g, float *restrict m, float *restrict s,
                  size_t count, float rate, float decay, long step)
{
    const float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    float correct1 = (float)(1.0 / (1.0 - pow(0.9, (double)step)));
    float correct2 = (float)(1.0 / (1.0 - pow(0.999, (double)step)));
    for (size_t i = 0; i < count; i++) {
        m[i] = beta1 * m[i] + (1.0f - beta1) * g[i];
        s[i] = beta2 * s[i] + (1.0f - beta2) * g[i] * g[i];
        w[i] -= rate * (decay * w[i] + correct1 * m[i] / (sqrtf(correct2 * s[i]) + epsilon));
    }
}

static void update_range(struct optimizer *o, struct mlp *mlp, const float *gradients, size_t begin,
                         size_t end, float rate, float decay)
{
    float *w = mlp->parameters + begin;
    const float *g = gradients + begin;
    size_t count = end - begin;
    switch (o->kind) {
    case OPTIMIZER_SGD:
        sgd(w, g, count, rate, decay);
        break;
    case OPTIMIZER_MOMENTUM:
        momentum(w, g, o->first + begin, count, rate, decay);
        break;
    default:
        adamw(w, g, o->first + begin, o->second + begin, count, rate, decay, o->step);
        break;
    }
}

void optimizer_update(struct optimizer *o, struct mlp *mlp, const float *gradients,
                      float learning_rate)
{
    o->step++;
    size_t begin = 0;
    for (int i = 0; i < mlp->config.layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        size_t weights_end = begin + (size_t)layer->inputs * (size_t)layer->outputs;
        size_t end = weights_end + (size_t)layer->outputs * (layer->gamma ? 2 : 1);
        update_range(o, mlp, gradients, begin, weights_end, learning_rate, o->weight_decay);
        update_range(o, mlp, gradients, weights_end, end, learning_rate, 0.0f);
        begin = end;
    }
}
