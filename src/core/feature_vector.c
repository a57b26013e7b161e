#include "feature_vector.h"

#include "large_array.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_POSITIONS = HOG_MAX_CELLS * HOG_MAX_CELLS,
    WINDOW_VALUES = FEATURES_WINDOW * FEATURES_WINDOW * HOG_CELL_VALUES
};

/* What a kind is; the functions are as those of the header. */
struct kind {
    bool cells;                         /* it is made of HOG cells */
    void (*choose)(struct features *f); /* sets the defaults */
    int (*check)(const struct features *f, struct error *error);
    int (*positions)(const struct features *f);
    int (*values)(const struct features *f); /* of a position */
    double (*bound)(const struct features *f);
    int (*dictionary_size)(const struct features *f); /* this and `pair`: NULL without one */
    int (*pair)(struct features *f, struct error *error);
    size_t (*scratch)(const struct features *f);
    void (*extract)(const struct features *f, void *scratch, const uint8_t *crop, float *vector);
    bool (*mirror)(const struct features *f, const float *vector, float *mirrored);
    void (*relevance)(const struct features *f, const float *vector, const float *gradient,
                      float *map);
};

/* ---- Relevance, spread over the picture ------------------------------------------------------ */

/* shares[side] of position number `index` along one axis, whose positions are `cell` pixels wide;
 * they sum to 1. */
static void spread_position(int index, float cell, int side, float *shares)
{
    float sum = 0.0f;
    for (int p = 0; p < side; p++) {
        shares[p] = hog_cell_share(p, index, cell);
        sum += shares[p];
    }
    for (int p = 0; p < side; p++)
        shares[p] /= sum;
}

/* Spreads relevance[rows * columns] of cells or positions over the pixels around each. */
static void spread(const struct features *f, const float *relevance, int columns, int rows,
                   float cell_width, float cell_height, float *map)
{
    float across[FEATURES_MAX_SIDE], down[FEATURES_MAX_SIDE];
    memset(map, 0, (size_t)f->width * (size_t)f->height * sizeof *map);
    for (int i = 0; i < rows * columns; i++) {
        spread_position(i % columns, cell_width, f->width, across);
        spread_position(i / columns, cell_height, f->height, down);
        for (int y = 0; y < f->height; y++)
            for (int x = 0; x < f->width && down[y] > 0.0f; x++)
                map[y * f->width + x] += relevance[i] * down[y] * across[x];
    }
}

static float dot(const float *a, const float *b, int count)
{
    float sum = 0.0f;
    for (int i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* ---- hog: cells ------------------------------------------------------------------------------ */

static int columns_of(const struct features *f)
{
    return f->width / f->cell;
}

static int rows_of(const struct features *f)
{
    return f->height / f->cell;
}

static struct hog hog_of(const struct features *f)
{
    return (struct hog){.width = f->width, .height = f->height, .cell = f->cell};
}

static void hog_choose(struct features *f)
{
    f->cell = 6;
}

static int check_cells(const struct features *f, int fewest, struct error *error)
{
    if (f->cell < 2 || columns_of(f) < fewest || rows_of(f) < fewest ||
        columns_of(f) > HOG_MAX_CELLS || rows_of(f) > HOG_MAX_CELLS)
        return error_set(error, "HOG cells of %d pixels in crops of %dx%d; %d to %d cells must fit",
                         f->cell, f->width, f->height, fewest, HOG_MAX_CELLS);
    return 0;
}

static int hog_check(const struct features *f, struct error *error)
{
    return check_cells(f, 2, error);
}

static int hog_positions(const struct features *f)
{
    return columns_of(f) * rows_of(f);
}

static int hog_values(const struct features *f)
{
    (void)f;
    return HOG_CELL_VALUES;
}

/* Of a cell, orientations are at most 0.5 and texture energies at most 0.2357 * 18 * 0.25
 * (hog.c). */
static double hog_bound(const struct features *f)
{
    (void)f;
    return 1.1;
}

static size_t hog_scratch_of(const struct features *f)
{
    struct hog hog = hog_of(f);
    return hog_scratch(&hog);
}

static void extract_hog(const struct features *f, void *scratch, const uint8_t *crop, float *vector)
{
    struct hog hog = hog_of(f);
    hog_extract(&hog, scratch, crop, vector);
}

/* Of positions of side x side cells, side by side in rows of `across`. */
static void mirror_cells(int positions, int across, int side, const float *vector, float *mirrored)
{
    for (int p = 0; p < positions; p++) {
        int opposite = p / across * across + across - 1 - p % across;
        for (int i = 0; i < side * side; i++) {
            int from = (opposite * side + i / side) * side + side - 1 - i % side;
            hog_mirror_cell(vector + from * HOG_CELL_VALUES, mirrored);
            mirrored += HOG_CELL_VALUES;
        }
    }
}

static bool mirror_hog(const struct features *f, const float *vector, float *mirrored)
{
    if (f->width % f->cell != 0)
        return false;
    mirror_cells(hog_positions(f), columns_of(f), 1, vector, mirrored);
    return true;
}

static void hog_relevance(const struct features *f, const float *vector, const float *gradient,
                          float *map)
{
    float relevance[MAX_POSITIONS];
    for (int p = 0; p < hog_positions(f); p++)
        relevance[p] =
            dot(vector + p * HOG_CELL_VALUES, gradient + p * HOG_CELL_VALUES, HOG_CELL_VALUES);
    spread(f, relevance, columns_of(f), rows_of(f), (float)f->cell, (float)f->cell, map);
}

/* ---- windows: of cells, overlapping ---------------------------------------------------------- */

static void windows_choose(struct features *f)
{
    f->cell = 4;
}

static int windows_check(const struct features *f, struct error *error)
{
    return check_cells(f, FEATURES_WINDOW, error);
}

/* Windows along an axis of `cells`. */
static int window_count(int cells)
{
    return (cells - FEATURES_WINDOW) / FEATURES_WINDOW_STRIDE + 1;
}

static int windows_positions(const struct features *f)
{
    return window_count(columns_of(f)) * window_count(rows_of(f));
}

static int windows_values(const struct features *f)
{
    (void)f;
    return WINDOW_VALUES;
}

/* The cell in row `row` and column `column` of window number `window`. */
static int window_cell(const struct features *f, int window, int row, int column)
{
    int columns = columns_of(f), across = window_count(columns);
    int top = window / across * FEATURES_WINDOW_STRIDE;
    int left = window % across * FEATURES_WINDOW_STRIDE;
    return (top + row) * columns + left + column;
}

/* Bytes of the cells that the windows are made of. */
static size_t cells_size(const struct features *f)
{
    return (size_t)hog_positions(f) * HOG_CELL_VALUES * sizeof(float);
}

static size_t windows_scratch(const struct features *f)
{
    return hog_scratch_of(f) + cells_size(f);
}

static void extract_windows(const struct features *f, void *scratch, const uint8_t *crop,
                            float *vector)
{
    const size_t line = FEATURES_WINDOW * HOG_CELL_VALUES;
    float *cells = scratch;
    extract_hog(f, (char *)scratch + cells_size(f), crop, cells);
    for (int w = 0; w < windows_positions(f); w++)
        for (int row = 0; row < FEATURES_WINDOW; row++, vector += line)
            memcpy(vector, cells + window_cell(f, w, row, 0) * HOG_CELL_VALUES,
                   line * sizeof *vector);
}

static bool mirror_windows(const struct features *f, const float *vector, float *mirrored)
{
    if (f->width % f->cell != 0 || (columns_of(f) - FEATURES_WINDOW) % FEATURES_WINDOW_STRIDE != 0)
        return false;
    mirror_cells(windows_positions(f), window_count(columns_of(f)), FEATURES_WINDOW, vector,
                 mirrored);
    return true;
}

/* Windows share their cells. */
static void windows_relevance(const struct features *f, const float *vector, const float *gradient,
                              float *map)
{
    float relevance[MAX_POSITIONS] = {0};
    for (int p = 0; p < windows_positions(f); p++)
        for (int i = 0; i < FEATURES_WINDOW * FEATURES_WINDOW; i++) {
            int at = p * WINDOW_VALUES + i * HOG_CELL_VALUES;
            relevance[window_cell(f, p, i / FEATURES_WINDOW, i % FEATURES_WINDOW)] +=
                dot(vector + at, gradient + at, HOG_CELL_VALUES);
        }
    spread(f, relevance, columns_of(f), rows_of(f), (float)f->cell, (float)f->cell, map);
}

/* ---- patches --------------------------------------------------------------------------------- */

/* The finest grid in which each position has patches: its cells are wider than a field, so that
 * each has at least two side by side. */
static int most_positions(int width, int height)
{
    int shorter = width < height ? width : height;
    int most = (shorter - PATCH_SIDE) / PATCH_STRIDE;
    if (most < 1)
        return shorter < PATCH_SIDE ? 0 : 1;
    return most < PATCHES_MAX_GRID ? most : PATCHES_MAX_GRID;
}

static struct patches patches_of(const struct features *f)
{
    return (struct patches){.width = f->width,
                            .height = f->height,
                            .grid = f->grid,
                            .atoms = f->atoms,
                            .blocks = f->pairs};
}

static void patches_choose(struct features *f)
{
    int most = most_positions(f->width, f->height);
    f->grid = most < 9 ? most : 9;
    f->atoms = 640;
}

static int patches_check(const struct features *f, struct error *error)
{
    int most = most_positions(f->width, f->height);
    if (f->grid < 1 || f->grid > most)
        return error_set(error,
                         "patches in %d positions along the side of %dx%d crops; 1 to %d fit",
                         f->grid, f->width, f->height, most);
    if (f->atoms < 4 || f->atoms % 2 || f->atoms > PATCHES_MAX_ATOMS)
        return error_set(error,
                         "a dictionary of %d patches; even numbers from 4 to %d are possible",
                         f->atoms, PATCHES_MAX_ATOMS);
    return 0;
}

static int patches_positions(const struct features *f)
{
    return f->grid * f->grid;
}

static int patches_values(const struct features *f)
{
    return 2 * f->atoms;
}

/* In a patch of deviation 1 no value exceeds the root of the number of values; a code is the root
 * of a mean of products less their offsets. */
static double patches_bound(const struct features *f)
{
    double largest = 0.0;
    const float *offsets = f->dictionary + f->atoms / 2 * PATCH_VALUES;
    for (int k = 0; k < f->atoms / 2; k++) {
        double sum = 0.0;
        for (int i = 0; i < PATCH_VALUES; i++)
            sum += fabs((double)f->dictionary[k * PATCH_VALUES + i]);
        largest = fmax(largest, PATCH_SIDE * sum + fabs((double)offsets[k]));
    }
    return sqrt(largest);
}

static int patches_dictionary_size(const struct features *f)
{
    return f->atoms / 2 * (PATCH_VALUES + 1);
}

_Static_assert(LARGE_ARRAY_ALIGNMENT % PATCHES_ALIGNMENT == 0, "the pairs need more");

static int patches_pair(struct features *f, struct error *error)
{
    f->pairs = large_array_alloc(patches_atoms_size(f->atoms));
    if (!f->pairs)
        return error_no_memory(error, "the dictionary of patches");
    patches_pair_atoms(f->atoms, f->dictionary, f->dictionary + f->atoms / 2 * PATCH_VALUES,
                       f->pairs);
    return 0;
}

static size_t patches_scratch_of(const struct features *f)
{
    struct patches patches = patches_of(f);
    return patches_scratch(&patches);
}

static void extract_patches(const struct features *f, void *scratch, const uint8_t *crop,
                            float *vector)
{
    struct patches patches = patches_of(f);
    patches_extract(&patches, scratch, crop, vector);
}

static bool mirror_patches(const struct features *f, const float *vector, float *mirrored)
{
    if (!patches_symmetric(f->width))
        return false;
    struct patches patches = patches_of(f);
    patches_mirror(&patches, vector, mirrored);
    return true;
}

static void patches_relevance(const struct features *f, const float *vector, const float *gradient,
                              float *map)
{
    float relevance[MAX_POSITIONS];
    int values = patches_values(f);
    for (int p = 0; p < patches_positions(f); p++)
        relevance[p] = dot(vector + p * values, gradient + p * values, values);
    spread(f, relevance, f->grid, f->grid, (float)f->width / (float)f->grid,
           (float)f->height / (float)f->grid, map);
}

/* ---- pixels ---------------------------------------------------------------------------------- */

static void pixels_choose(struct features *f)
{
    (void)f;
}

static int pixels_check(const struct features *f, struct error *error)
{
    (void)f;
    (void)error;
    return 0;
}

static int pixels_positions(const struct features *f)
{
    return f->width * f->height;
}

static int pixels_values(const struct features *f)
{
    (void)f;
    return 1;
}

/* In a crop of deviation 1 no value exceeds the root of the number of pixels. */
static double pixels_bound(const struct features *f)
{
    return sqrt((double)f->width * f->height);
}

static size_t pixels_scratch(const struct features *f)
{
    (void)f;
    return 1;
}

static void extract_pixels(const struct features *f, void *scratch, const uint8_t *crop,
                           float *vector)
{
    (void)scratch;
    int count = f->width * f->height;
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < count; i++) {
        sum += crop[i];
        squares += (double)crop[i] * crop[i];
    }
    double mean = sum / count;
    double variance = squares / count - mean * mean;
    /* A constant crop has no contrast to scale: it becomes all zeros. */
    float scale = variance > 1e-3 ? (float)(1.0 / sqrt(variance)) : 0.0f;
    for (int i = 0; i < count; i++)
        vector[i] = ((float)crop[i] - (float)mean) * scale;
}

static bool mirror_pixels(const struct features *f, const float *vector, float *mirrored)
{
    for (int i = 0; i < f->width * f->height; i++)
        mirrored[i] = vector[i / f->width * f->width + f->width - 1 - i % f->width];
    return true;
}

static void pixels_relevance(const struct features *f, const float *vector, const float *gradient,
                             float *map)
{
    for (int i = 0; i < f->width * f->height; i++)
        map[i] = vector[i] * gradient[i];
}

/* ---- The table ------------------------------------------------------------------------------- */

/* Apart, since options and model files choose among them. */
const char *const feature_kind_names[FEATURE_KIND_COUNT] = {[FEATURES_HOG] = "hog",
                                                            [FEATURES_WINDOWS] = "windows",
                                                            [FEATURES_PATCHES] = "patches",
                                                            [FEATURES_PIXELS] = "pixels"};

static const struct kind kinds[FEATURE_KIND_COUNT] = {
    [FEATURES_HOG] = {.cells = true,
                      .choose = hog_choose,
                      .check = hog_check,
                      .positions = hog_positions,
                      .values = hog_values,
                      .bound = hog_bound,
                      .scratch = hog_scratch_of,
                      .extract = extract_hog,
                      .mirror = mirror_hog,
                      .relevance = hog_relevance},
    [FEATURES_WINDOWS] = {.cells = true,
                          .choose = windows_choose,
                          .check = windows_check,
                          .positions = windows_positions,
                          .values = windows_values,
                          .bound = hog_bound,
                          .scratch = windows_scratch,
                          .extract = extract_windows,
                          .mirror = mirror_windows,
                          .relevance = windows_relevance},
    [FEATURES_PATCHES] = {.choose = patches_choose,
                          .check = patches_check,
                          .positions = patches_positions,
                          .values = patches_values,
                          .bound = patches_bound,
                          .dictionary_size = patches_dictionary_size,
                          .pair = patches_pair,
                          .scratch = patches_scratch_of,
                          .extract = extract_patches,
                          .mirror = mirror_patches,
                          .relevance = patches_relevance},
    [FEATURES_PIXELS] = {.choose = pixels_choose,
                         .check = pixels_check,
                         .positions = pixels_positions,
                         .values = pixels_values,
                         .bound = pixels_bound,
                         .scratch = pixels_scratch,
                         .extract = extract_pixels,
                         .mirror = mirror_pixels,
                         .relevance = pixels_relevance},
};

struct features features_default(enum feature_kind kind, int width, int height)
{
    struct features f = {.kind = kind, .width = width, .height = height};
    kinds[kind].choose(&f);
    return f;
}

int features_check(const struct features *f, struct error *error)
{
    if (f->width < FEATURES_MIN_SIDE || f->width > FEATURES_MAX_SIDE ||
        f->height < FEATURES_MIN_SIDE || f->height > FEATURES_MAX_SIDE)
        return error_set(error, "crops of %dx%d pixels; each side must be %d to %d", f->width,
                         f->height, FEATURES_MIN_SIDE, FEATURES_MAX_SIDE);
    if ((unsigned)f->kind >= FEATURE_KIND_COUNT)
        return error_set(error, "an unknown kind of features");
    return kinds[f->kind].check(f, error);
}

bool features_have_cells(const struct features *f)
{
    return kinds[f->kind].cells;
}

bool features_have_dictionary(const struct features *f)
{
    return kinds[f->kind].dictionary_size != NULL;
}

int features_positions(const struct features *f)
{
    return kinds[f->kind].positions(f);
}

int features_dim(const struct features *f)
{
    return features_positions(f) * kinds[f->kind].values(f);
}

double features_bound(const struct features *f)
{
    return kinds[f->kind].bound(f);
}

int features_dictionary_size(const struct features *f)
{
    return features_have_dictionary(f) ? kinds[f->kind].dictionary_size(f) : 0;
}

int features_pair(struct features *f, struct error *error)
{
    return features_have_dictionary(f) ? kinds[f->kind].pair(f, error) : 0;
}

void features_free(struct features *f)
{
    free(f->dictionary);
    free(f->pairs);
}

size_t features_scratch(const struct features *f)
{
    return kinds[f->kind].scratch(f);
}

void features_extract(const struct features *f, void *scratch, const uint8_t *crop, float *vector)
{
    assert(f->width <= FEATURES_MAX_SIDE && f->height <= FEATURES_MAX_SIDE);
    kinds[f->kind].extract(f, scratch, crop, vector);
}

bool features_mirror(const struct features *f, const float *vector, float *mirrored)
{
    return kinds[f->kind].mirror(f, vector, mirrored);
}

void features_relevance(const struct features *f, const float *vector, const float *gradient,
                        float *map)
{
    assert(f->width <= FEATURES_MAX_SIDE && f->height <= FEATURES_MAX_SIDE);
    kinds[f->kind].relevance(f, vector, gradient, map);
}
