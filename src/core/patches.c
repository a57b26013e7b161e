#include "patches.h"

#include "gemm.h"
#include "hog.h"
#include "vectorize.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    MAX_FIELDS = (PATCHES_MAX_SIDE - PATCH_SIDE) / PATCH_STRIDE + 1, /* along a side */
    MAX_ROW = (MAX_FIELDS + 1) / 2,                                  /* patches */
    BLOCK = 128, /* patches in one product, whole rows of them */
    LANES = 16,  /* sums side by side: floats in the widest registers */
    PAIRS = PATCH_VALUES / 2
};

/* What the patches of a row give to the places of one column: shares[begin] .. shares[end - 1]. */
struct reach {
    int begin, end;
    float shares[MAX_ROW], sum;
};

/* The chessboard of `columns` x `rows` fields. Patch number p of row y is on field 2 p + y % 2; the
 * row gives across[y % 2][g] to the places of column g, and down[g][y] of that to those of row g.
 */
struct board {
    int columns, rows;
    struct reach across[2][PATCHES_MAX_GRID];
    float down[PATCHES_MAX_GRID][MAX_FIELDS];
};

static int patches_of_row(const struct board *board, int y)
{
    return (board->columns + 1 - y % 2) / 2;
}

static struct reach reach_of(const struct board *board, int parity, int g, int grid)
{
    struct reach reach = {0};
    for (int p = 0; 2 * p + parity < board->columns; p++) {
        float share = hog_cell_share(2 * p + parity, g, (float)board->columns / (float)grid);
        if (share == 0.0f)
            continue;
        if (reach.end == 0)
            reach.begin = p;
        reach.end = p + 1;
        reach.shares[p] = share;
        reach.sum += share;
    }
    return reach;
}

static void lay_out(const struct patches *p, struct board *board)
{
    board->columns = (p->width - PATCH_SIDE) / PATCH_STRIDE + 1;
    board->rows = (p->height - PATCH_SIDE) / PATCH_STRIDE + 1;
    assert(board->columns <= MAX_FIELDS && board->rows <= MAX_FIELDS);
    for (int g = 0; g < p->grid; g++) {
        for (int parity = 0; parity < 2; parity++)
            board->across[parity][g] = reach_of(board, parity, g, p->grid);
        for (int y = 0; y < board->rows; y++)
            board->down[g][y] = hog_cell_share(y, g, (float)board->rows / (float)p->grid);
    }
}

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

static inline float beyond_threshold(float s)
{
    return s > PATCH_THRESHOLD ? s - PATCH_THRESHOLD : 0.0f;
}

/* The codes of `lanes` atoms, of sum_codes. */
static inline void sum_block(const float *restrict even, const float *restrict odd,
                             const float *restrict offsets, int half, const float *restrict weights,
                             int count, int lanes, float *restrict codes)
{
    float sums[4][LANES] = {{0}};
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
    for (; k + LANES <= half; k += LANES)
        sum_block(even + k, odd + k, offsets + k, half, weights, count, LANES, codes + k);
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
void patches_pair_atoms(int atoms, const float *atom_values, float *pairs)
{
    int half = atoms / 2;
    float *even = pairs, *odd = pairs + (ptrdiff_t)half * PAIRS;
    for (int k = 0; k < half; k++)
        pair_up(atom_values + k * PATCH_VALUES, 0.5f, even + k * PAIRS, odd + k * PAIRS);
}

/* A picture on its way to its codes. */
struct work {
    struct board board;
    float even[BLOCK * PAIRS], odd[BLOCK * PAIRS];      /* patches */
    float weights[PATCHES_MAX_GRID * PATCHES_MAX_GRID]; /* of the places */
    float rest[]; /* products: even, odd: BLOCK x atoms / 2 each; the codes of a row at a place */
};

size_t patches_scratch(const struct patches *p)
{
    size_t atoms = (size_t)p->atoms;
    return sizeof(struct work) + (BLOCK * atoms + 2 * atoms) * sizeof(float);
}

/* The products of the patches of rows begin .. end-1 with the atoms. */
static void multiply(const struct patches *p, struct work *w, const uint8_t *picture, int begin,
                     int end)
{
    float patch[PATCH_VALUES];
    int half = p->atoms / 2, count = 0;
    for (int y = begin; y < end; y++)
        for (int i = 0; i < patches_of_row(&w->board, y); i++, count++) {
            int left = (2 * i + y % 2) * PATCH_STRIDE;
            patch_normalize(picture + y * PATCH_STRIDE * p->width + left, p->width, patch);
            pair_up(patch, 1.0f, w->even + count * PAIRS, w->odd + count * PAIRS);
        }
    const float *odd_atoms = p->pairs + (ptrdiff_t)half * PAIRS;
    gemm(NULL, GEMM_ABT, count, half, PAIRS, w->even, p->pairs, 0, w->rest);
    gemm(NULL, GEMM_ABT, count, half, PAIRS, w->odd, odd_atoms, 0, w->rest + BLOCK * half);
}

/* Adds row y of the patches, whose products begin at `at`, to all places, and their shares to the
 * places' weights. */
static void pool_row(const struct patches *p, struct work *w, int y, int at, float *values)
{
    int codes = 2 * p->atoms, half = p->atoms / 2;
    const float *even = w->rest, *odd = even + BLOCK * half;
    float *line = w->rest + BLOCK * p->atoms;
    for (int g = 0; g < p->grid; g++) {
        const struct reach *reach = &w->board.across[y % 2][g];
        int first = (at + reach->begin) * half;
        sum_codes(even + first, odd + first, p->offsets, half, reach->shares + reach->begin,
                  reach->end - reach->begin, line);
        for (int r = 0; r < p->grid; r++) {
            float share = w->board.down[r][y];
            int place = r * p->grid + g;
            if (share > 0.0f)
                add_scaled(values + place * codes, line, share, codes);
            w->weights[place] += share * reach->sum;
        }
    }
}

VECTOR_CLONES static void root_of_scaled(float *values, float scale, int count)
{
    for (int i = 0; i < count; i++)
        values[i] = sqrtf(scale * values[i]);
}

void patches_extract(const struct patches *p, void *scratch, const uint8_t *picture, float *values)
{
    struct work *w = scratch;
    const struct board *board = &w->board;
    int places = p->grid * p->grid, codes = 2 * p->atoms, at = 0;
    lay_out(p, &w->board);
    memset(w->weights, 0, (size_t)places * sizeof *w->weights);
    memset(values, 0, (size_t)(places * codes) * sizeof *values);
    int rows_at_once = BLOCK / patches_of_row(board, 0);
    for (int y = 0; y < board->rows; at += patches_of_row(board, y), y++) {
        if (y % rows_at_once == 0) {
            int end = y + rows_at_once < board->rows ? y + rows_at_once : board->rows;
            multiply(p, w, picture, y, end);
            at = 0;
        }
        pool_row(p, w, y, at, values);
    }
    for (int i = 0; i < places; i++)
        root_of_scaled(values + i * codes, 1.0f / w->weights[i], codes);
}

bool patches_symmetric(int width)
{
    return (width - PATCH_SIDE) % (2 * PATCH_STRIDE) == 0;
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

void patches_pair_up(int atoms, const float *values, float scale, float *even, float *odd)
{
    int half = atoms / 2;
    for (int sign = 0; sign < 2; sign++, values += atoms)
        for (int k = 0; k < half; k++) {
            *even++ = scale * (values[k] + values[half + k]);
            *odd++ = scale * (values[k] - values[half + k]);
        }
}
