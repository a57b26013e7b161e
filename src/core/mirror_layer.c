#include "mirror_layer.h"

#include "gemm.h"

#include <stdlib.h>

struct mirror_layer {
    int grid, pairs, outputs;
    float *even, *odd; /* outputs x pairs: E and O */
};

int mirror_layer_create(struct mirror_layer **layer, const struct features *f,
                        const struct mlp *mlp, struct error *error)
{
    const struct mlp_layer *first = &mlp->layers[0];
    *layer = NULL;
    if (f->kind != FEATURES_PATCHES || !patches_symmetric(f->width) ||
        first->tokens != features_tokens(f) || mlp->config.layer_count == 1)
        return 0;
    struct mirror_layer *made = calloc(1, sizeof *made);
    if (made) {
        made->grid = f->grid;
        made->pairs = first->inputs / 2;
        made->outputs = first->outputs;
        size_t size = (size_t)made->outputs * (size_t)made->pairs;
        made->even = malloc(size * sizeof *made->even);
        made->odd = malloc(size * sizeof *made->odd);
    }
    if (!made || !made->even || !made->odd) {
        mirror_layer_free(&made);
        return error_no_memory(error, "the network's first layer");
    }
    for (int n = 0; n < made->outputs; n++)
        patches_pair_up(f->atoms, first->weights + (ptrdiff_t)n * first->inputs, 0.5f,
                        made->even + (ptrdiff_t)n * made->pairs,
                        made->odd + (ptrdiff_t)n * made->pairs);
    *layer = made;
    return 0;
}

void mirror_layer_free(struct mirror_layer **layer)
{
    if (*layer) {
        free((*layer)->even);
        free((*layer)->odd);
        free(*layer);
        *layer = NULL;
    }
}

/* E s and O d at a place become the products of the face, and at the opposite place those of the
 * mirror image. */
static void combine(int count, float *restrict face, float *restrict mirrored, int place,
                    int opposite)
{
    float *a = face + place * count, *b = mirrored + place * count;
    float *c = face + opposite * count, *d = mirrored + opposite * count;
    for (int i = 0; i < count; i++) {
        float sum = a[i] + b[i], difference = a[i] - b[i];
        float opposite_sum = c[i] + d[i], opposite_difference = c[i] - d[i];
        a[i] = sum;
        b[i] = opposite_difference;
        c[i] = opposite_sum;
        d[i] = difference;
    }
}

void mirror_layer_forward(const struct mirror_layer *l, float *vectors, int count, float *sums)
{
    int places = count * l->grid * l->grid;
    float *s = vectors + (ptrdiff_t)places * 2 * l->pairs, *d = s + (ptrdiff_t)places * l->pairs;
    float *mirrored = sums + (ptrdiff_t)places * l->outputs;
    for (int i = 0; i < places; i++)
        patches_pair_up(l->pairs, vectors + (ptrdiff_t)i * 2 * l->pairs, 1.0f,
                        s + (ptrdiff_t)i * l->pairs, d + (ptrdiff_t)i * l->pairs);
    gemm(NULL, GEMM_ABT, places, l->outputs, l->pairs, s, l->even, 0, sums);
    gemm(NULL, GEMM_ABT, places, l->outputs, l->pairs, d, l->odd, 0, mirrored);
    for (int row = 0; row < count * l->grid; row++) {
        ptrdiff_t at = (ptrdiff_t)row * l->grid * l->outputs;
        for (int left = 0, right = l->grid - 1; left <= right; left++, right--)
            combine(l->outputs, sums + at, mirrored + at, left, right);
    }
}
