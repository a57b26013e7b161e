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

/* Each loop leaves its gradients zero: they are in the cache at this moment. */

static void sgd(float *restrict w, float *restrict g, size_t count, float rate, float decay)
{
    for (size_t i = 0; i < count; i++) {
        w[i] -= rate * (g[i] + decay * w[i]);
        g[i] = 0.0f;
    }
}

static void momentum(float *restrict w, float *restrict g, float *restrict v, size_t count,
                     float rate, float decay)
{
    for (size_t i = 0; i < count; i++) {
        v[i] = 0.9f * v[i] + g[i] + decay * w[i];
        w[i] -= rate * v[i];
        g[i] = 0.0f;
    }
}

static void adamw(float *restrict w, float *restrict g, float *restrict m, float *restrict s,
                  size_t count, float rate, float decay, long step)
{
    const float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    float correct1 = (float)(1.0 / (1.0 - pow(0.9, (double)step)));
    float correct2 = (float)(1.0 / (1.0 - pow(0.999, (double)step)));
    for (size_t i = 0; i < count; i++) {
        m[i] = beta1 * m[i] + (1.0f - beta1) * g[i];
        s[i] = beta2 * s[i] + (1.0f - beta2) * g[i] * g[i];
        w[i] -= rate * (decay * w[i] + correct1 * m[i] / (sqrtf(correct2 * s[i]) + epsilon));
        g[i] = 0.0f;
    }
}

struct range {
    struct optimizer *optimizer;
    float *parameters, *gradients;
    size_t begin, count;
    float rate, decay;
};

static void update_part(void *context, int part, int parts)
{
    const struct range *r = context;
    struct optimizer *o = r->optimizer;
    size_t begin, end;
    thread_pool_share(r->count, 1024, part, parts, &begin, &end);
    size_t count = end - begin;
    begin += r->begin;
    float *w = r->parameters + begin, *g = r->gradients + begin;
    switch (o->kind) {
    case OPTIMIZER_SGD:
        sgd(w, g, count, r->rate, r->decay);
        break;
    case OPTIMIZER_MOMENTUM:
        momentum(w, g, o->first + begin, count, r->rate, r->decay);
        break;
    default:
        adamw(w, g, o->first + begin, o->second + begin, count, r->rate, r->decay, o->step);
        break;
    }
}

void optimizer_update(struct optimizer *o, struct mlp *mlp, float *gradients, float learning_rate)
{
    o->step++;
    struct range range = {.optimizer = o, .parameters = mlp->parameters, .gradients = gradients};
    range.rate = learning_rate;
    for (int i = 0; i < mlp->config.layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        range.count = (size_t)layer->fan_in * (size_t)layer->outputs;
        range.decay = o->weight_decay;
        thread_pool_run(o->pool, update_part, &range);
        range.begin += range.count;
        range.count = (size_t)layer->outputs * (layer->gamma ? 2 : 1);
        range.decay = 0.0f;
        thread_pool_run(NULL, update_part, &range);
        range.begin += range.count;
    }
}

double one_cycle(double at)
{
    const double pi = 3.141592653589793, warm_up = 0.2, lowest = 0.04;
    return at < warm_up ? lowest + (1.0 - lowest) * 0.5 * (1.0 - cos(pi * at / warm_up))
                        : 0.5 * (1.0 + cos(pi * (at - warm_up) / (1.0 - warm_up)));
}
