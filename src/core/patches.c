#include "patches.h"

#include "hog.h"
#include "int_gemm.h"
#include "vectorize.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    MAX_FIELDS = (PATCHES_MAX_SIDE - PATCH_SIDE) / PATCH_STRIDE + 1, /* along a side */
    MAX_ROW = (MAX_FIELDS + 1) / 2,                                  /* patches */
    BLOCK = 48, /* patches at once, whole rows of them */
    PAIRS = PATCH_VALUES / 2,
    LANES = INT_GEMM_LANES, /* atoms at once */
    PARTS = 4,              /* values of an atom and its mirror image at a position: two each */
    VALUES = PARTS * LANES
};

/* As many values as the widest registers hold, which stay in one while others are added. */
enum { FLOATS = 16 };
typedef float floats __attribute__((vector_size(FLOATS * sizeof(float)), aligned(4), may_alias));

/* What the patches of a row give to the positions of one column: shares[begin] .. shares[end - 1].
 */
struct reach {
    int begin, end;
    float shares[MAX_ROW], sum;
};

/* The chessboard of `columns` x `rows` fields. Patch number p of row y is on field 2 p + y % 2; the
 * row gives across[y % 2][g] to the positions of column g, and down[g][y] of that to those of row
 * g.
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

static int fields_along(int side)
{
    return (side - PATCH_SIDE) / PATCH_STRIDE + 1;
}

static void lay_out(const struct patches *p, struct board *board)
{
    board->columns = fields_along(p->width);
    board->rows = fields_along(p->height);
    assert(board->columns <= MAX_FIELDS && board->rows <= MAX_FIELDS);
    for (int g = 0; g < p->grid; g++) {
        for (int parity = 0; parity < 2; parity++)
            board->across[parity][g] = reach_of(board, parity, g, p->grid);
        for (int y = 0; y < board->rows; y++)
            board->down[g][y] = hog_cell_share(y, g, (float)board->rows / (float)p->grid);
    }
}

static float scale_of(int sum, int squares)
{
    const float noise = 10.0f; /* grey values squared, so that flat patches stay flat */
    float mean = (float)sum / PATCH_VALUES;
    float variance = (float)squares / PATCH_VALUES - mean * mean;
    return 1.0f / sqrtf((variance > 0.0f ? variance : 0.0f) + noise);
}

struct sums {
    int values, squares;
};

static struct sums sum_up(const uint8_t *at, int line)
{
    int values = 0, squares = 0;
    for (int y = 0; y < PATCH_SIDE; y++)
        for (int x = 0; x < PATCH_SIDE; x++) {
            int value = at[y * line + x];
            values += value;
            squares += value * value;
        }
    return (struct sums){values, squares};
}

void patch_normalize(const uint8_t *at, int line, float *patch)
{
    struct sums sums = sum_up(at, line);
    float mean = (float)sums.values / PATCH_VALUES, scale = scale_of(sums.values, sums.squares);
    for (int y = 0; y < PATCH_SIDE; y++)
        for (int x = 0; x < PATCH_SIDE; x++)
            patch[y * PATCH_SIDE + x] = ((float)at[y * line + x] - mean) * scale;
}

/* ---- Atoms ----------------------------------------------------------------------------------- */

/* With l and r opposite each other, l l' + r r' = (l + r)(l' + r') / 2 + (l - r)(l' - r') / 2. An
 * atom's mirror image has the same sums and opposite differences, so that the products of sums and
 * those of differences, with half of the atoms, are enough: half the work.
 *
 * Grey values are integers, and atoms are rounded to 16 bits, each by a step of its own: the
 * products of sums and differences are exact integers below 2^30. */
struct atom_block {
    _Alignas(PATCHES_ALIGNMENT)
        int16_t weights[2][PAIRS / 2][LANES][2]; /* of sums and differences: two pairs at a time */
    float steps[2][LANES];
    float offsets[LANES], totals[LANES]; /* totals: the sums of the weights of sums, times steps */
};

static int blocks_of(int atoms)
{
    return (atoms / 2 + LANES - 1) / LANES;
}

size_t patches_atoms_size(int atoms)
{
    return (size_t)blocks_of(atoms) * sizeof(struct atom_block);
}

static void quantize_weights(const float *values, int sign, struct atom_block *block, int lane)
{
    float largest = 0.0f, total = 0.0f;
    for (int i = 0; i < PAIRS; i++)
        largest = fabsf(values[i]) > largest ? fabsf(values[i]) : largest;
    float step = largest / INT16_MAX;
    for (int i = 0; i < PAIRS && step > 0.0f; i++) {
        float rounded = rintf(values[i] / step);
        block->weights[sign][i / 2][lane][i % 2] = (int16_t)rounded;
        total += rounded;
    }
    block->steps[sign][lane] = step;
    if (sign == 0)
        block->totals[lane] = step * total;
}

void patches_pair_atoms(int atoms, const float *atom_values, const float *offsets,
                        struct atom_block *blocks)
{
    memset(blocks, 0, patches_atoms_size(atoms));
    for (int k = 0; k < atoms / 2; k++) {
        struct atom_block *block = &blocks[k / LANES];
        const float *values = atom_values + (ptrdiff_t)k * PATCH_VALUES;
        float sums[PAIRS], differences[PAIRS];
        for (int i = 0; i < PAIRS; i++) {
            const float *line = values + i / (PATCH_SIDE / 2) * PATCH_SIDE;
            float left = line[i % (PATCH_SIDE / 2)];
            float right = line[PATCH_SIDE - 1 - i % (PATCH_SIDE / 2)];
            sums[i] = 0.5f * (left + right);
            differences[i] = 0.5f * (left - right);
        }
        quantize_weights(sums, 0, block, k % LANES);
        quantize_weights(differences, 1, block, k % LANES);
        block->offsets[k % LANES] = offsets[k];
    }
}

/* ---- Patches --------------------------------------------------------------------------------- */

/* A picture on its way to its codes. */
struct work {
    struct board board;
    float weights[PATCHES_MAX_GRID * PATCHES_MAX_GRID]; /* of the positions */
    /* Of a block: products with the atoms, then what the codes are made of, by patch and lane. */
    _Alignas(PATCHES_ALIGNMENT) int32_t products[2][(BLOCK + INT_GEMM_ROWS) * LANES];
    float even[BLOCK * LANES], odd[BLOCK * LANES];
    float codes[MAX_ROW * VALUES]; /* of a row */
    int16_t *pairs[2]; /* sums and differences of all patches, PAIRS each, the sums less `middle` */
    float *scales;     /* of a patch, to deviation 1 */
    float *rests;      /* what the middle lacks to twice the mean */
    float *sums;       /* positions x VALUES: those of a block of atoms */
};

/* Patches of a whole picture, and as many more as int_gemm may read. */
static size_t patch_room(const struct patches *p)
{
    int columns = fields_along(p->width), rows = fields_along(p->height);
    return (size_t)((columns * rows + 1) / 2 + INT_GEMM_ROWS);
}

size_t patches_scratch(const struct patches *p)
{
    return PATCHES_ALIGNMENT + sizeof(struct work) +
           ((size_t)p->grid * (size_t)p->grid * VALUES + 2 * patch_room(p)) * sizeof(float) +
           2 * patch_room(p) * PAIRS * sizeof(int16_t);
}

/* The arrays that lie behind the struct. */
static void lay_out_work(const struct patches *p, struct work *w)
{
    size_t room = patch_room(p);
    lay_out(p, &w->board);
    w->sums = (float *)(void *)(w + 1);
    w->scales = w->sums + (size_t)p->grid * (size_t)p->grid * VALUES;
    w->rests = w->scales + room;
    w->pairs[0] = (int16_t *)(void *)(w->rests + room);
    w->pairs[1] = w->pairs[0] + room * PAIRS;
}

/* Like patch_normalize, except that sums and differences stay integers. */
static void pair_patch(const uint8_t *at, int line, struct work *w, int patch)
{
    int16_t *even = w->pairs[0] + (ptrdiff_t)patch * PAIRS;
    int16_t *odd = w->pairs[1] + (ptrdiff_t)patch * PAIRS;
    struct sums sums = sum_up(at, line);
    int middle = (sums.values + PAIRS / 2) / PAIRS;
    for (int y = 0; y < PATCH_SIDE; y++, at += line)
        for (int x = 0; x < PATCH_SIDE / 2; x++) {
            int left = at[x], right = at[PATCH_SIDE - 1 - x];
            *even++ = (int16_t)(left + right - middle);
            *odd++ = (int16_t)(left - right);
        }
    w->rests[patch] = (float)sums.values / PAIRS - (float)middle;
    w->scales[patch] = scale_of(sums.values, sums.squares);
}

static void pair_patches(const struct patches *p, struct work *w, const uint8_t *picture)
{
    int patch = 0;
    for (int y = 0; y < w->board.rows; y++)
        for (int i = 0; i < patches_of_row(&w->board, y); i++) {
            int left = (2 * i + y % 2) * PATCH_STRIDE;
            pair_patch(picture + y * PATCH_STRIDE * p->width + left, p->width, w, patch++);
        }
    for (int sign = 0; sign < 2; sign++) /* products are made of whole groups */
        memset(w->pairs[sign] + patch * PAIRS, 0, INT_GEMM_ROWS * PAIRS * sizeof(int16_t));
}

/* ---- Codes ----------------------------------------------------------------------------------- */

/* The products of normalized patches with the atoms, less their offsets. */
VECTOR_CLONES static void scale_products(const struct atom_block *block,
                                         const int32_t *restrict even_products,
                                         const int32_t *restrict odd_products,
                                         const float *restrict scales, const float *restrict rests,
                                         int count, float *restrict even, float *restrict odd)
{
    for (int i = 0; i < count; i++)
        for (int k = 0; k < LANES; k++) {
            int at = i * LANES + k;
            float product = (float)even_products[at] * block->steps[0][k];
            even[at] = (product - rests[i] * block->totals[k]) * scales[i] - block->offsets[k];
            odd[at] = (float)odd_products[at] * block->steps[1][k] * scales[i];
        }
}

static inline float beyond_threshold(float s)
{
    return s > PATCH_THRESHOLD ? s - PATCH_THRESHOLD : 0.0f;
}

/* codes[count][PARTS][LANES]: the two rectified values of each atom's product and of its mirror
 * image's. The products of a patch with atom k and with its mirror image are even[k] + odd[k] and
 * even[k] - odd[k]. */
VECTOR_CLONES static void make_codes(const float *restrict even, const float *restrict odd,
                                     int count, float *restrict codes)
{
    for (int i = 0; i < count; i++, even += LANES, odd += LANES, codes += VALUES)
        for (int k = 0; k < LANES; k++) {
            float product = even[k] + odd[k], mirrored = even[k] - odd[k];
            codes[k] = beyond_threshold(product);
            codes[LANES + k] = beyond_threshold(mirrored);
            codes[2 * LANES + k] = beyond_threshold(-product);
            codes[3 * LANES + k] = beyond_threshold(-mirrored);
        }
}

/* Adds the codes of `count` patches, each by its share, to `rows` positions, each by its own. */
VECTOR_CLONES static void pool_codes(const float *codes, const float *shares, int count,
                                     const float *row_shares, float *const *sums, int rows)
{
    for (int at = 0; at < VALUES; at += FLOATS) {
        floats sum = {0};
        for (int i = 0; i < count; i++)
            sum += shares[i] * *(const floats *)(const void *)(codes + i * VALUES + at);
        for (int r = 0; r < rows; r++)
            *(floats *)(void *)(sums[r] + at) += row_shares[r] * sum;
    }
}

/* Adds row y of the patches, whose products begin at `at`, to all positions. */
static void pool_row(const struct patches *p, struct work *w, int y, int at)
{
    float shares[PATCHES_MAX_GRID], *sums[PATCHES_MAX_GRID];
    int rows = 0, positions[PATCHES_MAX_GRID];
    for (int r = 0; r < p->grid; r++)
        if (w->board.down[r][y] > 0.0f) {
            shares[rows] = w->board.down[r][y];
            positions[rows++] = r * p->grid;
        }
    make_codes(w->even + at * LANES, w->odd + at * LANES, patches_of_row(&w->board, y), w->codes);
    for (int g = 0; g < p->grid; g++) {
        const struct reach *reach = &w->board.across[y % 2][g];
        for (int r = 0; r < rows; r++)
            sums[r] = w->sums + (positions[r] + g) * VALUES;
        pool_codes(w->codes + reach->begin * VALUES, reach->shares + reach->begin,
                   reach->end - reach->begin, shares, sums, rows);
    }
}

/* The sums of one block of atoms at all positions. */
static void pool_block(const struct patches *p, struct work *w, const struct atom_block *block)
{
    const struct board *board = &w->board;
    int rows_at_once = BLOCK / patches_of_row(board, 0), first = 0;
    memset(w->sums, 0, (size_t)p->grid * (size_t)p->grid * VALUES * sizeof *w->sums);
    for (int begin = 0; begin < board->rows; begin += rows_at_once) {
        int end = begin + rows_at_once < board->rows ? begin + rows_at_once : board->rows;
        int count = 0, at = 0;
        for (int y = begin; y < end; y++)
            count += patches_of_row(board, y);
        for (int sign = 0; sign < 2; sign++)
            int_gemm(block->weights[sign][0][0], PAIRS / 2, w->pairs[sign] + first * PAIRS, PAIRS,
                     count, w->products[sign]);
        scale_products(block, w->products[0], w->products[1], w->scales + first, w->rests + first,
                       count, w->even, w->odd);
        for (int y = begin; y < end; at += patches_of_row(board, y), y++)
            pool_row(p, w, y, at);
        first += count;
    }
}

VECTOR_CLONES static void root_of_scaled(const float *restrict sums, float scale, int count,
                                         float *restrict values)
{
    for (int i = 0; i < count; i++)
        values[i] = sqrtf(scale * sums[i]);
}

/* How much the patches around a position weigh. */
static void weigh_positions(const struct patches *p, struct work *w)
{
    memset(w->weights, 0, sizeof w->weights);
    for (int y = 0; y < w->board.rows; y++)
        for (int i = 0; i < p->grid * p->grid; i++)
            w->weights[i] +=
                w->board.down[i / p->grid][y] * w->board.across[y % 2][i % p->grid].sum;
}

void patches_extract(const struct patches *p, void *scratch, const uint8_t *picture, float *values)
{
    char *aligned = (char *)scratch + (PATCHES_ALIGNMENT - (uintptr_t)scratch % PATCHES_ALIGNMENT);
    struct work *w = (struct work *)(void *)aligned;
    int half = p->atoms / 2;
    lay_out_work(p, w);
    weigh_positions(p, w);
    pair_patches(p, w, picture);
    for (int first = 0; first < half; first += LANES) {
        int lanes = half - first < LANES ? half - first : LANES;
        pool_block(p, w, &p->blocks[first / LANES]);
        for (int i = 0; i < p->grid * p->grid; i++)
            for (int part = 0; part < PARTS; part++)
                root_of_scaled(w->sums + i * VALUES + part * LANES, 1.0f / w->weights[i], lanes,
                               values + (i * PARTS + part) * half + first);
    }
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

VECTOR_CLONES static void pair_values(int half, const float *restrict values, float scale,
                                      float *restrict even, float *restrict odd)
{
    for (int k = 0; k < half; k++) {
        even[k] = scale * (values[k] + values[half + k]);
        odd[k] = scale * (values[k] - values[half + k]);
    }
}

void patches_pair_up(int atoms, const float *values, float scale, float *even, float *odd)
{
    int half = atoms / 2;
    for (int sign = 0; sign < 2; sign++, values += atoms, even += half, odd += half)
        pair_values(half, values, scale, even, odd);
}
