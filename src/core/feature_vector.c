#include "feature_vector.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_PLACES = HOG_MAX_CELLS * HOG_MAX_CELLS,
    WINDOW_VALUES = FEATURES_WINDOW * FEATURES_WINDOW * HOG_CELL_VALUES
};

const char *const feature_kind_names[FEATURE_KIND_COUNT] = {"hog", "windows", "patches", "pixels"};

/* The finest grid of which each place has patches: its cells are wider than a field, so that at
 * least two lie beside each other in each. */
static int most_places(int width, int height)
{
    int shorter = width < height ? width : height;
    int most = (shorter - PATCH_SIDE) / PATCH_STRIDE;
    if (most < 1)
        return shorter < PATCH_SIDE ? 0 : 1;
    return most < PATCHES_MAX_GRID ? most : PATCHES_MAX_GRID;
}

struct features features_default(enum feature_kind kind, int width, int height)
{
    struct features f = {.kind = kind, .width = width, .height = height};
    if (kind == FEATURES_HOG)
        f.cell = 6;
    if (kind == FEATURES_WINDOWS)
        f.cell = 4;
    if (kind == FEATURES_PATCHES) {
        f.grid = most_places(width, height) < 7 ? most_places(width, height) : 7;
        f.atoms = 640;
    }
    return f;
}

static bool has_cells(const struct features *f)
{
    return f->kind == FEATURES_HOG || f->kind == FEATURES_WINDOWS;
}

static int check_cells(const struct features *f, struct error *error)
{
    int fewest = f->kind == FEATURES_WINDOWS ? FEATURES_WINDOW : 2;
    if (f->cell < 2 || f->width / f->cell < fewest || f->height / f->cell < fewest ||
        f->width / f->cell > HOG_MAX_CELLS || f->height / f->cell > HOG_MAX_CELLS)
        return error_set(error, "HOG cells of %d pixels in crops of %dx%d; %d to %d cells must fit",
                         f->cell, f->width, f->height, fewest, HOG_MAX_CELLS);
    return 0;
}

static int check_patches(const struct features *f, struct error *error)
{
    int most = most_places(f->width, f->height);
    if (f->grid < 1 || f->grid > most)
        return error_set(error, "patches in %d places along the side of %dx%d crops; 1 to %d fit",
                         f->grid, f->width, f->height, most);
    if (f->atoms < 4 || f->atoms % 2 || f->atoms > PATCHES_MAX_ATOMS)
        return error_set(error,
                         "a dictionary of %d patches; even numbers from 4 to %d are possible",
                         f->atoms, PATCHES_MAX_ATOMS);
    return 0;
}

int features_check(const struct features *f, struct error *error)
{
    if (f->width < FEATURES_MIN_SIDE || f->width > FEATURES_MAX_SIDE ||
        f->height < FEATURES_MIN_SIDE || f->height > FEATURES_MAX_SIDE)
        return error_set(error, "crops of %dx%d pixels; each side must be %d to %d", f->width,
                         f->height, FEATURES_MIN_SIDE, FEATURES_MAX_SIDE);
    if (has_cells(f))
        return check_cells(f, error);
    if (f->kind == FEATURES_PATCHES)
        return check_patches(f, error);
    if (f->kind != FEATURES_PIXELS)
        return error_set(error, "an unknown kind of features; use hog, windows, patches or pixels");
    return 0;
}

/* Windows along an axis of `cells`. */
static int window_count(int cells)
{
    return (cells - FEATURES_WINDOW) / FEATURES_WINDOW_STRIDE + 1;
}

int features_tokens(const struct features *f)
{
    switch (f->kind) {
    case FEATURES_HOG:
        return (f->width / f->cell) * (f->height / f->cell);
    case FEATURES_WINDOWS:
        return window_count(f->width / f->cell) * window_count(f->height / f->cell);
    case FEATURES_PATCHES:
        return f->grid * f->grid;
    default:
        return f->width * f->height;
    }
}

int features_dim(const struct features *f)
{
    int values = f->kind == FEATURES_HOG       ? HOG_CELL_VALUES
                 : f->kind == FEATURES_WINDOWS ? WINDOW_VALUES
                 : f->kind == FEATURES_PATCHES ? 2 * f->atoms
                                               : 1;
    return features_tokens(f) * values;
}

/* A patch, or a crop of pixels, of deviation 1 has no value beyond the root of their number; a code
 * is the root of a mean of products less their offsets. Every value of a cell is a sum of shares
 * clipped to 0.2. */
double features_bound(const struct features *f)
{
    if (f->kind == FEATURES_PIXELS)
        return sqrt((double)f->width * f->height);
    if (f->kind != FEATURES_PATCHES)
        return HOG_CELL_VALUES;
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

int features_dictionary_size(const struct features *f)
{
    return f->kind == FEATURES_PATCHES ? f->atoms / 2 * (PATCH_VALUES + 1) : 0;
}

static void extract_pixels(const struct features *f, const uint8_t *crop, float *vector)
{
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

static struct hog hog_of(const struct features *f)
{
    return (struct hog){.width = f->width, .height = f->height, .cell = f->cell};
}

/* The cell in line `row` and place `column` of window number `window`. */
static int window_cell(const struct features *f, int window, int row, int column)
{
    int columns = f->width / f->cell, across = window_count(columns);
    int top = window / across * FEATURES_WINDOW_STRIDE;
    int left = window % across * FEATURES_WINDOW_STRIDE;
    return (top + row) * columns + left + column;
}

/* Bytes of the cells that the windows are made of. */
static size_t cells_size(const struct features *f)
{
    return (size_t)(f->width / f->cell) * (size_t)(f->height / f->cell) * HOG_CELL_VALUES *
           sizeof(float);
}

static void extract_windows(const struct features *f, void *scratch, const uint8_t *crop,
                            float *vector)
{
    struct hog hog = hog_of(f);
    const size_t line = FEATURES_WINDOW * HOG_CELL_VALUES;
    float *cells = scratch;
    hog_extract(&hog, (char *)scratch + cells_size(f), crop, cells);
    for (int w = 0; w < features_tokens(f); w++)
        for (int row = 0; row < FEATURES_WINDOW; row++, vector += line)
            memcpy(vector, cells + window_cell(f, w, row, 0) * HOG_CELL_VALUES,
                   line * sizeof *vector);
}

static struct patches patches_of(const struct features *f)
{
    return (struct patches){.width = f->width,
                            .height = f->height,
                            .grid = f->grid,
                            .atoms = f->atoms,
                            .offsets = f->dictionary + f->atoms / 2 * PATCH_VALUES,
                            .pairs = f->pairs};
}

int features_pair(struct features *f, struct error *error)
{
    if (f->kind != FEATURES_PATCHES)
        return 0;
    f->pairs = malloc((size_t)f->atoms / 2 * PATCH_VALUES * sizeof *f->pairs);
    if (!f->pairs)
        return error_no_memory(error, "the dictionary of patches");
    patches_pair_atoms(f->atoms, f->dictionary, f->pairs);
    return 0;
}

void features_free(struct features *f)
{
    free(f->dictionary);
    free(f->pairs);
    f->dictionary = f->pairs = NULL;
}

size_t features_scratch(const struct features *f)
{
    struct hog hog = hog_of(f);
    struct patches patches = {.atoms = f->atoms};
    switch (f->kind) {
    case FEATURES_HOG:
        return hog_scratch(&hog);
    case FEATURES_WINDOWS:
        return hog_scratch(&hog) + cells_size(f);
    case FEATURES_PATCHES:
        return patches_scratch(&patches);
    default:
        return 1;
    }
}

void features_extract(const struct features *f, void *scratch, const uint8_t *crop, float *vector)
{
    assert(f->width <= FEATURES_MAX_SIDE && f->height <= FEATURES_MAX_SIDE);
    struct hog hog = hog_of(f);
    struct patches patches;
    switch (f->kind) {
    case FEATURES_HOG:
        hog_extract(&hog, scratch, crop, vector);
        break;
    case FEATURES_WINDOWS:
        extract_windows(f, scratch, crop, vector);
        break;
    case FEATURES_PATCHES:
        patches = patches_of(f);
        patches_extract(&patches, scratch, crop, vector);
        break;
    default:
        extract_pixels(f, crop, vector);
        break;
    }
}

/* Whether the cells, and the windows of them, lie alike in the mirror image. */
static bool cells_symmetric(const struct features *f)
{
    int columns = f->width / f->cell;
    return f->width % f->cell == 0 &&
           (f->kind == FEATURES_HOG || (columns - FEATURES_WINDOW) % FEATURES_WINDOW_STRIDE == 0);
}

/* Of tokens of side x side cells, side by side in rows of `across`. */
static void mirror_cells(const struct features *f, const float *vector, float *mirrored)
{
    bool windows = f->kind == FEATURES_WINDOWS;
    int columns = f->width / f->cell, side = windows ? FEATURES_WINDOW : 1;
    int across = windows ? window_count(columns) : columns;
    for (int t = 0; t < features_tokens(f); t++) {
        int opposite = t / across * across + across - 1 - t % across;
        for (int i = 0; i < side * side; i++) {
            int from = (opposite * side + i / side) * side + side - 1 - i % side;
            hog_mirror_cell(vector + from * HOG_CELL_VALUES, mirrored);
            mirrored += HOG_CELL_VALUES;
        }
    }
}

bool features_mirror(const struct features *f, const float *vector, float *mirrored)
{
    struct patches patches;
    switch (f->kind) {
    case FEATURES_HOG:
    case FEATURES_WINDOWS:
        if (!cells_symmetric(f))
            return false;
        mirror_cells(f, vector, mirrored);
        return true;
    case FEATURES_PATCHES:
        if (!patches_symmetric(f->width))
            return false;
        patches = patches_of(f);
        patches_mirror(&patches, vector, mirrored);
        return true;
    default:
        for (int i = 0; i < f->width * f->height; i++)
            mirrored[i] = vector[i / f->width * f->width + f->width - 1 - i % f->width];
        return true;
    }
}

/* ---- Back to the picture --------------------------------------------------------------------- */

/* shares[side] of place number `index` of `count` along one axis, of `cell` pixels each; they sum
 * to 1. */
static void spread_place(int index, float cell, int side, float *shares)
{
    float sum = 0.0f;
    for (int p = 0; p < side; p++) {
        shares[p] = hog_cell_share(p, index, cell);
        sum += shares[p];
    }
    for (int p = 0; p < side; p++)
        shares[p] /= sum;
}

/* Spreads relevance[rows * columns] of cells or places over the pixels around each. */
static void spread(const struct features *f, const float *relevance, int columns, int rows,
                   float cell_width, float cell_height, float *map)
{
    float across[FEATURES_MAX_SIDE], down[FEATURES_MAX_SIDE];
    memset(map, 0, (size_t)f->width * (size_t)f->height * sizeof *map);
    for (int i = 0; i < rows * columns; i++) {
        spread_place(i % columns, cell_width, f->width, across);
        spread_place(i / columns, cell_height, f->height, down);
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

/* The values of token i lie at i * values; those of windows belong to cells that they share. */
static void gather_relevance(const struct features *f, const float *vector, const float *gradient,
                             float *relevance)
{
    int tokens = features_tokens(f), values = features_dim(f) / tokens;
    for (int t = 0; t < tokens && f->kind != FEATURES_WINDOWS; t++)
        relevance[t] = dot(vector + t * values, gradient + t * values, values);
    for (int t = 0; t < tokens && f->kind == FEATURES_WINDOWS; t++)
        for (int i = 0; i < FEATURES_WINDOW * FEATURES_WINDOW; i++) {
            int at = t * values + i * HOG_CELL_VALUES;
            relevance[window_cell(f, t, i / FEATURES_WINDOW, i % FEATURES_WINDOW)] +=
                dot(vector + at, gradient + at, HOG_CELL_VALUES);
        }
}

void features_relevance(const struct features *f, const float *vector, const float *gradient,
                        float *map)
{
    assert(f->width <= FEATURES_MAX_SIDE && f->height <= FEATURES_MAX_SIDE);
    if (f->kind == FEATURES_PIXELS) {
        for (int i = 0; i < f->width * f->height; i++)
            map[i] = vector[i] * gradient[i];
        return;
    }
    float relevance[MAX_PLACES] = {0};
    bool cells = has_cells(f);
    int columns = cells ? f->width / f->cell : f->grid,
        rows = cells ? f->height / f->cell : f->grid;
    float width = cells ? (float)f->cell : (float)f->width / (float)f->grid;
    float height = cells ? (float)f->cell : (float)f->height / (float)f->grid;
    gather_relevance(f, vector, gradient, relevance);
    spread(f, relevance, columns, rows, width, height, map);
}
