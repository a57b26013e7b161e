#include "local_layer.h"

#include "gemm.h"
#include "quantized_layer.h"

#include <string.h>

struct pass {
    const struct mlp_layer *layer;
    bool bfloat16;
    int batch;
    const real *x;  /* B x M */
    real *z;        /* B x N */
    const real *dz; /* B x N */
    real *windows;  /* W x B x F: what each window sees, or the gradient of that */
    real *products; /* W x B x N / W */
    void *quantized_scratch;
    real *gradients; /* N x F, or NULL */
    real *dx;        /* B x M, or NULL */
};

size_t local_layer_scratch(const struct mlp_layer *l, int batch)
{
    size_t products = (size_t)l->outputs / (size_t)l->window_count;
    return l->windows.side > 0
               ? (size_t)l->window_count * (size_t)batch * ((size_t)l->fan_in + products)
               : 0;
}

static struct pass pass_of(const struct mlp_layer *layer, bool bfloat16, int batch, real *scratch)
{
    return (struct pass){.layer = layer,
                         .bfloat16 = bfloat16,
                         .batch = batch,
                         .windows = scratch,
                         .products = scratch + (size_t)layer->window_count * (size_t)batch *
                                                   (size_t)layer->fan_in};
}

static void multiply(const struct pass *p, enum gemm_form form, int m, int n, int k, const real *a,
                     const real *b, real beta, real *c)
{
    (p->bfloat16 ? gemm_bfloat16 : gemm)(NULL, form, m, n, k, a, b, beta, c);
}

/* How a window lies in a sample: `side` strips of `length` values, `step` apart, from `first`. */
struct strips {
    size_t first, length, step;
    int side;
};

static struct strips strips_of(const struct mlp_layer *l, int window)
{
    const struct mlp_windows *w = &l->windows;
    int across = w->grid - w->side + 1, depth = l->inputs / (w->grid * w->grid);
    int position = window / across * w->grid + window % across;
    return (struct strips){.first = (size_t)position * (size_t)depth,
                           .length = (size_t)w->side * (size_t)depth,
                           .step = (size_t)w->grid * (size_t)depth,
                           .side = w->side};
}

/* What one window sees of all samples: B x F. */
static void gather(const struct pass *p, int window, real *seen)
{
    struct strips s = strips_of(p->layer, window);
    for (size_t b = 0; b < (size_t)p->batch; b++) {
        const real *at = p->x + b * (size_t)p->layer->inputs + s.first;
        for (int y = 0; y < s.side; y++, at += s.step, seen += s.length)
            memcpy(seen, at, s.length * sizeof *seen);
    }
}

/* Copies B rows of `count` values; rows begin from_step and to_step values apart. */
static void copy_rows(const real *from, int from_step, real *to, int to_step, int count, int batch)
{
    for (int b = 0; b < batch; b++, from += from_step, to += to_step)
        memcpy(to, from, (size_t)count * sizeof *to);
}

static void forward_part(void *context, int part, int parts)
{
    const struct pass *p = context;
    const struct mlp_layer *l = p->layer;
    int outputs = l->outputs / l->window_count;
    size_t begin, end;
    thread_pool_share((size_t)l->window_count, 1, part, parts, &begin, &end);
    for (size_t w = begin; w < end; w++) {
        real *seen = p->windows + w * (size_t)p->batch * (size_t)l->fan_in;
        real *products = p->products + w * (size_t)p->batch * (size_t)outputs;
        gather(p, (int)w, seen);
        if (p->quantized_scratch)
            quantized_layer_forward(l->quantized, (int)w, p->quantized_scratch, (const float *)seen,
                                    p->batch, (float *)products);
        else
            multiply(p, GEMM_ABT, p->batch, outputs, l->fan_in, seen,
                     l->weights + w * (size_t)outputs * (size_t)l->fan_in, 0, products);
        copy_rows(products, outputs, p->z + w * (size_t)outputs, l->outputs, outputs, p->batch);
    }
}

void local_layer_forward(struct thread_pool *pool, const struct mlp_layer *layer, bool bfloat16,
                         const real *x, int batch, real *scratch, void *quantized_scratch, real *z)
{
    struct pass p = pass_of(layer, bfloat16, batch, scratch);
    p.x = x;
    p.z = z;
    p.quantized_scratch = layer->quantized ? quantized_scratch : NULL;
    thread_pool_run(p.quantized_scratch ? NULL : pool, forward_part,
                    &p); /* the scratch is for one thread */
}

static void backward_part(void *context, int part, int parts)
{
    const struct pass *p = context;
    const struct mlp_layer *l = p->layer;
    int outputs = l->outputs / l->window_count;
    size_t begin, end, weights = (size_t)outputs * (size_t)l->fan_in;
    thread_pool_share((size_t)l->window_count, 1, part, parts, &begin, &end);
    for (size_t w = begin; w < end; w++) {
        real *seen = p->windows + w * (size_t)p->batch * (size_t)l->fan_in;
        real *dz = p->products + w * (size_t)p->batch * (size_t)outputs;
        copy_rows(p->dz + w * (size_t)outputs, l->outputs, dz, outputs, outputs, p->batch);
        if (p->gradients) {
            gather(p, (int)w, seen);
            multiply(p, GEMM_ATB, outputs, l->fan_in, p->batch, dz, seen, 1,
                     p->gradients + w * weights);
        }
        if (p->dx)
            multiply(p, GEMM_AB, p->batch, l->fan_in, outputs, dz, l->weights + w * weights, 0,
                     seen);
    }
}

/* The gradient of a value is the sum of those of all windows that see it. */
static void add_up_part(void *context, int part, int parts)
{
    const struct pass *p = context;
    const struct mlp_layer *l = p->layer;
    size_t begin, end;
    thread_pool_share((size_t)p->batch, 1, part, parts, &begin, &end);
    memset(p->dx + begin * (size_t)l->inputs, 0, (end - begin) * (size_t)l->inputs * sizeof(real));
    for (int w = 0; w < l->window_count; w++) {
        struct strips s = strips_of(l, w);
        for (size_t b = begin; b < end; b++) {
            const real *seen = p->windows + ((size_t)w * (size_t)p->batch + b) * (size_t)l->fan_in;
            real *at = p->dx + b * (size_t)l->inputs + s.first;
            for (int y = 0; y < s.side; y++, at += s.step, seen += s.length)
                for (size_t i = 0; i < s.length; i++)
                    at[i] += seen[i];
        }
    }
}

void local_layer_backward(struct thread_pool *pool, const struct mlp_layer *layer, bool bfloat16,
                          const real *x, const real *dz, int batch, real *scratch, real *gradients,
                          real *dx)
{
    struct pass p = pass_of(layer, bfloat16, batch, scratch);
    p.x = x;
    p.dz = dz;
    p.gradients = gradients;
    p.dx = dx;
    thread_pool_run(pool, backward_part, &p);
    if (dx)
        thread_pool_run(pool, add_up_part, &p);
}
