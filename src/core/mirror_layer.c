#include "mirror_layer.h"

#include "quantized_layer.h"

#include <stdlib.h>

struct mirror_layer {
    int grid, pairs, outputs;
    struct quantized_layer *even, *odd; /* outputs x pairs: E and O */
};

int mirror_layer_create(struct mirror_layer **layer, const struct features *f,
                        const struct mlp *mlp, struct error *error)
{
    const struct mlp_layer *first = &mlp->layers[0];
    *layer = NULL;
    if (f->kind != FEATURES_PATCHES || !patches_symmetric(f->width) ||
        first->positions != features_positions(f) || mlp->config.layer_count == 1)
        return 0;
    struct mirror_layer *made = calloc(1, sizeof *made);
    int pairs = first->inputs / 2, outputs = first->outputs;
    size_t size = (size_t)outputs * (size_t)pairs;
    float *even = malloc(2 * size * sizeof *even), *odd = even + size;
    int result = made && even ? 0 : error_no_memory(error, "the network's first layer");
    if (result == 0) {
        made->grid = f->grid;
        made->pairs = pairs;
        made->outputs = outputs;
        for (int n = 0; n < outputs; n++)
            patches_pair_up(f->atoms, first->weights + (ptrdiff_t)n * first->inputs, 0.5f,
                            even + (ptrdiff_t)n * pairs, odd + (ptrdiff_t)n * pairs);
        if (quantized_layer_create(&made->even, 1, pairs, outputs, even, error) < 0 ||
            quantized_layer_create(&made->odd, 1, pairs, outputs, odd, error) < 0)
            result = -1;
    }
    free(even);
    if (result < 0)
        mirror_layer_free(&made);
    *layer = made;
    return result;
}

void mirror_layer_free(struct mirror_layer **layer)
{
    if (*layer) {
        quantized_layer_free(&(*layer)->even);
        quantized_layer_free(&(*layer)->odd);
        free(*layer);
        *layer = NULL;
    }
}

size_t mirror_layer_scratch(const struct mirror_layer *layer)
{
    return quantized_layer_scratch(layer->pairs);
}

/* E s and O d at a position become the products of the face, and at the opposite position those of
 * the mirror image. */
static void combine(int count, float *restrict face, float *restrict mirrored, int position,
                    int opposite)
{
    float *a = face + position * count, *b = mirrored + position * count;
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

void mirror_layer_forward(const struct mirror_layer *l, void *scratch, float *vectors, float *face,
                          float *mirrored)
{
    int positions = l->grid * l->grid;
    float *s = vectors + (ptrdiff_t)positions * 2 * l->pairs,
          *d = s + (ptrdiff_t)positions * l->pairs;
    for (int i = 0; i < positions; i++)
        patches_pair_up(l->pairs, vectors + (ptrdiff_t)i * 2 * l->pairs, 1.0f,
                        s + (ptrdiff_t)i * l->pairs, d + (ptrdiff_t)i * l->pairs);
    quantized_layer_forward(l->even, 0, scratch, s, positions, face);
    quantized_layer_forward(l->odd, 0, scratch, d, positions, mirrored);
    for (int row = 0; row < l->grid; row++) {
        ptrdiff_t at = (ptrdiff_t)row * l->grid * l->outputs;
        for (int left = 0, right = l->grid - 1; left <= right; left++, right--)
            combine(l->outputs, face + at, mirrored + at, left, right);
    }
}
