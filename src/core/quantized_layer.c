#include "quantized_layer.h"

#include "int_gemm.h"
#include "large_array.h"
#include "vectorize.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    LANES = INT_GEMM_LANES,
    DEPTH = 128, /* products in one integer sum */
    CHUNK = 96,  /* rows at once, whose sums stay in the cache */
    ALIGNMENT = LARGE_ARRAY_ALIGNMENT,
    LARGEST_INPUT = (1 << 14) - 1,
    BLOCK_VALUES = DEPTH * LANES
};

struct quantized_layer {
    int inputs, outputs;
    int deep, wide;   /* blocks along inputs and outputs, the last ones filled up with zeros */
    int16_t *weights; /* windows x wide x deep blocks of [DEPTH / 2][LANES][2] */
    float *steps;     /* windows x wide x LANES */
};

static int blocks(int count, int block)
{
    return (count + block - 1) / block;
}

/* The smallest step with which no weight and no sum of DEPTH products leaves its bits. */
static float step_of(const float *weights, int inputs)
{
    const double largest_sum = (double)(INT32_MAX - DEPTH * LARGEST_INPUT) / LARGEST_INPUT;
    double weight = 0.0, sum = 0.0; /* the largest ones */
    for (int begin = 0; begin < inputs; begin += DEPTH) {
        double block = 0.0;
        for (int i = begin; i < inputs && i < begin + DEPTH; i++) {
            double magnitude = fabs((double)weights[i]);
            block += magnitude;
            weight = magnitude > weight ? magnitude : weight;
        }
        sum = block > sum ? block : sum;
    }
    return (float)fmax(weight / INT16_MAX, sum / largest_sum);
}

static void quantize_weights(struct quantized_layer *l, int window, int output,
                             const float *weights)
{
    float step = step_of(weights, l->inputs);
    ptrdiff_t wide = (ptrdiff_t)window * l->wide + output / LANES;
    int16_t *block = l->weights + wide * l->deep * BLOCK_VALUES;
    l->steps[wide * LANES + output % LANES] = step;
    for (int i = 0; i < l->inputs && step > 0.0f; i++) {
        float rounded = rintf(weights[i] / step);
        rounded = rounded > INT16_MAX ? INT16_MAX : rounded < -INT16_MAX ? -INT16_MAX : rounded;
        block[(i / 2 * LANES + output % LANES) * 2 + i % 2] = (int16_t)rounded;
    }
}

int quantized_layer_create(struct quantized_layer **layer, int windows, int inputs, int outputs,
                           const float *weights, struct error *error)
{
    struct quantized_layer *made = calloc(1, sizeof *made);
    if (made) {
        made->inputs = inputs;
        made->outputs = outputs;
        made->deep = blocks(inputs, DEPTH);
        made->wide = blocks(outputs, LANES);
        size_t wide = (size_t)windows * (size_t)made->wide;
        size_t size = wide * (size_t)made->deep * BLOCK_VALUES * sizeof *made->weights;
        made->weights = large_array_alloc(size);
        made->steps = calloc(wide * LANES, sizeof *made->steps);
        if (made->weights)
            memset(made->weights, 0, size);
    }
    if (!made || !made->weights || !made->steps) {
        quantized_layer_free(&made);
        return error_no_memory(error, "the network's layers");
    }
    for (int w = 0; w < windows; w++)
        for (int n = 0; n < outputs; n++, weights += inputs)
            quantize_weights(made, w, n, weights);
    *layer = made;
    return 0;
}

void quantized_layer_free(struct quantized_layer **layer)
{
    if (*layer) {
        free((*layer)->weights);
        free((*layer)->steps);
        free(*layer);
        *layer = NULL;
    }
}

/* ---- Forward --------------------------------------------------------------------------------- */

struct work {
    _Alignas(ALIGNMENT) int32_t products[CHUNK * LANES];
    float sums[CHUNK * LANES];
    float steps[CHUNK]; /* of the rows */
    int16_t rows[];     /* CHUNK x deep x DEPTH */
};

size_t quantized_layer_scratch(int inputs)
{
    return ALIGNMENT + sizeof(struct work) +
           (size_t)CHUNK * (size_t)blocks(inputs, DEPTH) * DEPTH * sizeof(int16_t);
}

/* Quantizes a row, filled up with zeros to `line` values; returns its step. */
VECTOR_CLONES static float quantize_row(const float *restrict x, int count, int line,
                                        int16_t *restrict out)
{
    const float whole = 12582912.0f;          /* 1.5 * 2^23: what is added to it is rounded */
    float sizes[LANES] = {0}, largest = 0.0f; /* side by side, so that registers compare many */
    for (int i = 0; i < count; i += LANES) {
        int lanes = count - i < LANES ? count - i : LANES;
        for (int k = 0; k < lanes; k++)
            sizes[k] = fabsf(x[i + k]) > sizes[k] ? fabsf(x[i + k]) : sizes[k];
    }
    for (int k = 0; k < LANES; k++)
        largest = sizes[k] > largest ? sizes[k] : largest;
    float scale = largest > 1e-30f ? LARGEST_INPUT / largest : 0.0f;
    for (int i = 0; i < count; i++)
        out[i] = (int16_t)((scale * x[i] + whole) - whole);
    memset(out + count, 0, (size_t)(line - count) * sizeof *out);
    return largest / LARGEST_INPUT;
}

VECTOR_CLONES static void add_products(const int32_t *restrict products, int count,
                                       float *restrict sums)
{
    for (int i = 0; i < count; i++)
        sums[i] += (float)products[i];
}

static void multiply_block(const struct quantized_layer *l, int window, struct work *w, int wide,
                           int rows, float *sums)
{
    int line = l->deep * DEPTH, first = wide * LANES;
    int lanes = l->outputs - first < LANES ? l->outputs - first : LANES;
    ptrdiff_t block = (ptrdiff_t)window * l->wide + wide;
    const int16_t *weights = l->weights + block * l->deep * BLOCK_VALUES;
    const float *steps = l->steps + block * LANES;
    memset(w->sums, 0, (size_t)rows * LANES * sizeof *w->sums);
    for (int d = 0; d < l->deep; d++, weights += BLOCK_VALUES) {
        int_gemm(weights, DEPTH / 2, w->rows + d * DEPTH, line, rows, w->products);
        add_products(w->products, rows * LANES, w->sums);
    }
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < lanes; k++)
            sums[(ptrdiff_t)r * l->outputs + first + k] =
                w->sums[r * LANES + k] * (steps[k] * w->steps[r]);
}

void quantized_layer_forward(const struct quantized_layer *l, int window, void *scratch,
                             const float *x, int rows, float *sums)
{
    char *aligned = (char *)scratch + (ALIGNMENT - (uintptr_t)scratch % ALIGNMENT);
    struct work *w = (struct work *)(void *)aligned;
    int line = l->deep * DEPTH;
    for (int begin = 0; begin < rows; begin += CHUNK) {
        int count = rows - begin < CHUNK ? rows - begin : CHUNK;
        for (int r = 0; r < count; r++)
            w->steps[r] = quantize_row(x + (ptrdiff_t)(begin + r) * l->inputs, l->inputs, line,
                                       w->rows + (ptrdiff_t)r * line);
        if (count % INT_GEMM_ROWS)
            memset(w->rows + (ptrdiff_t)count * line, 0, (size_t)line * sizeof *w->rows);
        for (int wide = 0; wide < l->wide; wide++)
            multiply_block(l, window, w, wide, count, sums + (ptrdiff_t)begin * l->outputs);
    }
}
