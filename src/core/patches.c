#include "patches.h"

#include "gemm.h"
#include "hog.h"
#include "vectorize.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    MAX_PLACES = (PATCHES_MAX_SIDE - PATCH_SIDE) / PATCH_STRIDE + 1, /* of patches along a side */
    BLOCK = 128, /* patches in one product, whole rows of them */
    PAIRS = PATCH_VALUES / 2
};

void patch_normalize(const uint8_t *at, int line, float *patch)
{
    const float noise = 10.0f; /* grey values squared, so that flat patches stay flat */
    int sum = 0, squares = 0;
    for (int y = 0; y < PATCH_SIDE; y++)
        for (int x = 0; x < PATCH_SIDE; x++) {
            int value = at[y * line + x];
            sum += value;
            squares += value * value;
            patch[y * PATCH_SIDE + x] = (float)value;
        }
    float mean = (float)sum / PATCH_VALUES;
    float variance = (float)squares / PATCH_VALUES - mean * mean;
    float scale = 1.0f / sqrtf((variance > 0.0f ? variance : 0.0f) + noise);
    for (int i = 0; i < PATCH_VALUES; i++)
        patch[i] = (patch[i] - mean) * scale;
}

/* share[place][patch]: how much each patch along one axis counts for each place of the grid; the
 * shares of a place sum to 1. */
static void share_out(int grid, int patches, float share[PATCHES_MAX_GRID][MAX_PLACES])
{
    for (int g = 0; g < grid; g++) {
        float sum = 0.0f;
        for (int p = 0; p < patches; p++)
            sum += share[g][p] = hog_cell_share(p, g, (float)patches / (float)grid);
        for (int p = 0; p < patches; p++)
            share[g][p] /= sum;
    }
}

static inline float beyond_threshold(float s)
{
    return s > PATCH_THRESHOLD ? s - PATCH_THRESHOLD : 0.0f;
}

/* The codes of `lanes` atoms, of sum_codes. */
static inline void sum_block(const float *restrict even, const float *restrict odd,
                             const float *restrict offsets, int half, const float *restrict weights,
                             int count, int lanes, float *restrict codes)
{
    float sums[4][VECTOR_LANES] = {{0}};
    for (int i = 0; i < count; i++)
        for (int k = 0; k < lanes; k++) {
            float mean = even[i * half + k] - offsets[k], difference = odd[i * half + k];
            sums[0][k] += weights[i] * beyond_threshold(mean + difference);
            sums[1][k] += weights[i] * beyond_threshold(mean - difference);
            sums[2][k] += weights[i] * beyond_threshold(-mean - difference);
            sums[3][k] += weights[i] * beyond_threshold(difference - mean);
        }
    for (int part = 0; part < 4; part++)
        for (int k = 0; k < lanes; k++)
            codes[part * half + k] = sums[part][k];
}

/* codes[4 * half]: the two rectified values of each atom's product, summed over `count` patches
 * with their weights. The products of a patch with atom k and with its mirror image, atom k + half,
 * are even[k] + odd[k] and even[k] - odd[k]; those of the next patch lie `half` further on. */
VECTOR_CLONES static void sum_codes(const float *restrict even, const float *restrict odd,
                                    const float *restrict offsets, int half,
                                    const float *restrict weights, int count, float *restrict codes)
{
    int k = 0;
    for (; k + VECTOR_LANES <= half; k += VECTOR_LANES)
        sum_block(even + k, odd + k, offsets + k, half, weights, count, VECTOR_LANES, codes + k);
    sum_block(even + k, odd + k, offsets + k, half, weights, count, half - k, codes + k);
}

/* Sums and differences of the values that lie opposite each other, each times `scale`:
 * values[PATCH_VALUES] -> even[PAIRS], odd[PAIRS]. */
static void pair_up(const float *values, float scale, float *even, float *odd)
{
    for (int y = 0; y < PATCH_SIDE; y++, values += PATCH_SIDE)
        for (int x = 0; x < PATCH_SIDE / 2; x++) {
            float left = values[x], right = values[PATCH_SIDE - 1 - x];
            *even++ = scale * (left + right);
            *odd++ = scale * (left - right);
        }
}

VECTOR_CLONES static void add_scaled(float *restrict sum, const float *restrict values,
                                     float weight, int count)
{
    for (int i = 0; i < count; i++)
        sum[i] += weight * values[i];
}

/* With l and r opposite each other, l l' + r r' = (l + r)(l' + r') / 2 + (l - r)(l' - r') / 2. An
 * atom's mirror image has the same sums and opposite differences, so that the products of sums and
 * those of differences, with half of the atoms, are enough: half the work. */
struct atom_pairs {
    float even[PATCHES_MAX_ATOMS / 2 * PAIRS], odd[PATCHES_MAX_ATOMS / 2 * PAIRS];
};
struct products {
    float even[BLOCK * PATCHES_MAX_ATOMS / 2], odd[BLOCK * PATCHES_MAX_ATOMS / 2];
};

/* The products of `count` patches, in rows of `columns` from `at` on, with the atoms. */
static void multiply(const struct patches *p, const uint8_t *at, int columns, int count,
                     const struct atom_pairs *atoms, struct products *products)
{
    float patch[PATCH_VALUES], even[BLOCK * PAIRS], odd[BLOCK * PAIRS];
    int half = p->atoms / 2;
    for (int i = 0; i < count; i++) {
        patch_normalize(at + i / columns * PATCH_STRIDE * p->width + i % columns * PATCH_STRIDE,
                        p->width, patch);
        pair_up(patch, 1.0f, even + i * PAIRS, odd + i * PAIRS);
    }
    gemm(NULL, GEMM_ABT, count, half, PAIRS, even, atoms->even, 0, products->even);
    gemm(NULL, GEMM_ABT, count, half, PAIRS, odd, atoms->odd, 0, products->odd);
}

/* line[grid][2 * atoms]: what one row of patches, from patch number `first` of the block on, gives
 * to the places along it. */
static void pool_row(const struct patches *p, const struct products *products, int first,
                     int columns, float across[PATCHES_MAX_GRID][MAX_PLACES], float *line)
{
    int codes = 2 * p->atoms, half = p->atoms / 2;
    for (int g = 0; g < p->grid; g++) {
        int begin = 0, end = columns;
        while (across[g][begin] == 0.0f)
            begin++;
        while (across[g][end - 1] == 0.0f)
            end--;
        sum_codes(products->even + (first + begin) * half, products->odd + (first + begin) * half,
                  p->offsets, half, across[g] + begin, end - begin, line + g * codes);
    }
}

void patches_extract(const struct patches *p, const uint8_t *picture, float *values)
{
    float across[PATCHES_MAX_GRID][MAX_PLACES], down[PATCHES_MAX_GRID][MAX_PLACES];
    float line[PATCHES_MAX_GRID * 2 * PATCHES_MAX_ATOMS];
    struct atom_pairs atoms;
    struct products products;
    int columns = (p->width - PATCH_SIDE) / PATCH_STRIDE + 1;
    int rows = (p->height - PATCH_SIDE) / PATCH_STRIDE + 1;
    int length = p->grid * 2 * p->atoms, rows_at_once = BLOCK / columns;
    assert(columns <= MAX_PLACES && rows <= MAX_PLACES);
    for (int k = 0; k < p->atoms / 2; k++)
        pair_up(p->atom_values + k * PATCH_VALUES, 0.5f, atoms.even + k * PAIRS,
                atoms.odd + k * PAIRS);
    share_out(p->grid, columns, across);
    share_out(p->grid, rows, down);
    memset(values, 0, (size_t)(p->grid * length) * sizeof *values);
    for (int y = 0; y < rows; y++) {
        int row = y % rows_at_once;
        if (row == 0) {
            int ready = rows - y < rows_at_once ? rows - y : rows_at_once;
            multiply(p, picture + y * PATCH_STRIDE * p->width, columns, ready * columns, &atoms,
                     &products);
        }
        pool_row(p, &products, row * columns, columns, across, line);
        for (int g = 0; g < p->grid; g++)
            if (down[g][y] > 0.0f)
                add_scaled(values + g * length, line, down[g][y], length);
    }
    for (int i = 0; i < p->grid * length; i++)
        values[i] = sqrtf(values[i]);
}

void patches_mirror_atoms(int atoms, float *atom_values, float *offsets)
{
    int half = atoms / 2;
    for (int k = 0; k < half; k++) {
        const float *from = atom_values + k * PATCH_VALUES;
        float *to = atom_values + (half + k) * PATCH_VALUES;
        for (int i = 0; i < PATCH_VALUES; i++)
            to[i] = from[i / PATCH_SIDE * PATCH_SIDE + PATCH_SIDE - 1 - i % PATCH_SIDE];
        offsets[half + k] = offsets[k];
    }
}

bool patches_symmetric(int width)
{
    return (width - PATCH_SIDE) % PATCH_STRIDE == 0;
}

void patches_mirror(const struct patches *p, const float *values, float *mirrored)
{
    int half = p->atoms / 2;
    size_t size = (size_t)half * sizeof *values;
    for (int i = 0; i < p->grid * p->grid; i++) {
        int column = p->grid - 1 - i % p->grid;
        const float *from = values + (i / p->grid * p->grid + column) * 2 * p->atoms;
        for (int sign = 0; sign < 2; sign++, from += p->atoms, mirrored += p->atoms) {
            memcpy(mirrored, from + half, size);
            memcpy(mirrored + half, from, size);
        }
    }
}
