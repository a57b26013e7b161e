#include "patches.h"

#include "gemm.h"
#include "hog.h"
#include "vectorize.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    MAX_PLACES = (PATCHES_MAX_SIDE - PATCH_SIDE) / PATCH_STRIDE + 1, /* of patches along a side */
    BLOCK = 128 /* patches in one product, whole rows of them */
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

/* Adds the two rectified values of each product, times `weight`. */
VECTOR_CLONES static void add_codes(const float *restrict products, const float *restrict offsets,
                                    int atoms, float weight, float *restrict positive,
                                    float *restrict negative)
{
    for (int k = 0; k < atoms; k++) {
        float s = products[k] - offsets[k];
        float above = s - PATCH_THRESHOLD, below = -s - PATCH_THRESHOLD;
        positive[k] += weight * (above > 0.0f ? above : 0.0f);
        negative[k] += weight * (below > 0.0f ? below : 0.0f);
    }
}

VECTOR_CLONES static void add_scaled(float *restrict sum, const float *restrict values,
                                     float weight, int count)
{
    for (int i = 0; i < count; i++)
        sum[i] += weight * values[i];
}

/* Adds what one row of patches gives to the places: products[columns][atoms] -> values, by way of
 * line[grid][2 * atoms]. */
static void pool_row(const struct patches *p, const float *products, int columns,
                     float across[PATCHES_MAX_GRID][MAX_PLACES], float *line)
{
    int codes = 2 * p->atoms;
    memset(line, 0, (size_t)(p->grid * codes) * sizeof *line);
    for (int g = 0; g < p->grid; g++)
        for (int x = 0; x < columns; x++)
            if (across[g][x] > 0.0f)
                add_codes(products + x * p->atoms, p->offsets, p->atoms, across[g][x],
                          line + g * codes, line + g * codes + p->atoms);
}

void patches_extract(const struct patches *p, const uint8_t *picture, float *values)
{
    float across[PATCHES_MAX_GRID][MAX_PLACES], down[PATCHES_MAX_GRID][MAX_PLACES];
    float patches[BLOCK * PATCH_VALUES], products[BLOCK * PATCHES_MAX_ATOMS];
    float line[PATCHES_MAX_GRID * 2 * PATCHES_MAX_ATOMS];
    int columns = (p->width - PATCH_SIDE) / PATCH_STRIDE + 1;
    int rows = (p->height - PATCH_SIDE) / PATCH_STRIDE + 1;
    int length = p->grid * 2 * p->atoms, rows_at_once = BLOCK / columns;
    assert(columns <= MAX_PLACES && rows <= MAX_PLACES);
    share_out(p->grid, columns, across);
    share_out(p->grid, rows, down);
    memset(values, 0, (size_t)(p->grid * length) * sizeof *values);
    for (int y = 0; y < rows; y++) {
        int row = y % rows_at_once;
        if (row == 0) {
            int ready = rows - y < rows_at_once ? rows - y : rows_at_once;
            for (int i = 0; i < ready * columns; i++)
                patch_normalize(picture + (y + i / columns) * PATCH_STRIDE * p->width +
                                    i % columns * PATCH_STRIDE,
                                p->width, patches + i * PATCH_VALUES);
            gemm(NULL, GEMM_ABT, ready * columns, p->atoms, PATCH_VALUES, patches, p->atom_values,
                 0, products);
        }
        pool_row(p, products + row * columns * p->atoms, columns, across, line);
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
