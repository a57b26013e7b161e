#include "feature_vector.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    SIGNED_BINS = 18,
    UNSIGNED_BINS = 9,
    BLOCKS = 4, /* of 2x2 cells around a cell */
    CELL_VALUES = SIGNED_BINS + UNSIGNED_BINS + BLOCKS,
    MAX_PIXELS = FEATURES_MAX_SIDE * FEATURES_MAX_SIDE,
    MAX_CELLS = FEATURES_MAX_CELLS * FEATURES_MAX_CELLS
};

const char *const feature_kind_names[FEATURE_KIND_COUNT] = {"hog", "pixels"};

struct features features_default(void)
{
    return (struct features){.kind = FEATURES_HOG, .width = 48, .height = 48, .cell = 6};
}

int features_check(const struct features *f, struct error *error)
{
    if (f->width < FEATURES_MIN_SIDE || f->width > FEATURES_MAX_SIDE ||
        f->height < FEATURES_MIN_SIDE || f->height > FEATURES_MAX_SIDE)
        return error_set(error, "crops of %dx%d pixels; each side must be %d to %d", f->width,
                         f->height, FEATURES_MIN_SIDE, FEATURES_MAX_SIDE);
    if (f->kind == FEATURES_PIXELS)
        return 0;
    if (f->kind != FEATURES_HOG)
        return error_set(error, "an unknown kind of features; use hog or pixels");
    if (f->cell < 2 || f->width / f->cell < 2 || f->height / f->cell < 2 ||
        f->width / f->cell > FEATURES_MAX_CELLS || f->height / f->cell > FEATURES_MAX_CELLS)
        return error_set(error, "HOG cells of %d pixels in crops of %dx%d; 2 to %d cells must fit",
                         f->cell, f->width, f->height, FEATURES_MAX_CELLS);
    return 0;
}

int features_dim(const struct features *f)
{
    if (f->kind == FEATURES_PIXELS)
        return f->width * f->height;
    return (f->width / f->cell) * (f->height / f->cell) * CELL_VALUES;
}

/* ---- Pixels ---------------------------------------------------------------------------------- */

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

/* ---- HOG ------------------------------------------------------------------------------------- */

/* The angle of (dx, dy) in units of one signed bin, [0, 18]: atan by a polynomial on [0, 1]
 * (Abramowitz & Stegun 1964, 4.4.49, error below 1e-5) and the symmetries of the octants. */
static inline float orientation(float dx, float dy)
{
    const float bins_per_radian = (float)(SIGNED_BINS / 6.283185307179586);
    const float half_pi = 1.57079633f, pi = 3.14159265f;
    float ax = fabsf(dx), ay = fabsf(dy);
    float large = ax > ay ? ax : ay;
    float small = ax > ay ? ay : ax;
    float q = small / (large + 1e-12f);
    float s = q * q;
    float a = q * (0.9998660f +
                   s * (-0.3302995f + s * (0.1801410f + s * (-0.0851330f + s * 0.0208351f))));
    a = ay > ax ? half_pi - a : a;
    a = dx < 0.0f ? pi - a : a;
    a = dy < 0.0f ? 2.0f * pi - a : a;
    return a * bins_per_radian;
}

/* Magnitude and orientation of the gradient of the square root of the grey values; the edge is
 * repeated. Each array is width x height. */
static void gradients(const struct features *f, const uint8_t *crop, float *magnitude, float *angle)
{
    float root[MAX_PIXELS];
    float dx[FEATURES_MAX_SIDE], dy[FEATURES_MAX_SIDE];
    int width = f->width, height = f->height;
    for (int i = 0; i < width * height; i++)
        root[i] = sqrtf((float)crop[i] * (1.0f / 255.0f));
    for (int y = 0; y < height; y++) {
        const float *row = root + y * width;
        const float *above = y > 0 ? row - width : row;
        const float *below = y < height - 1 ? row + width : row;
        dx[0] = row[1] - row[0];
        dx[width - 1] = row[width - 1] - row[width - 2];
        for (int x = 1; x < width - 1; x++)
            dx[x] = row[x + 1] - row[x - 1];
        for (int x = 0; x < width; x++)
            dy[x] = below[x] - above[x];
        for (int x = 0; x < width; x++) {
            magnitude[y * width + x] = sqrtf(dx[x] * dx[x] + dy[x] * dy[x]);
            angle[y * width + x] = orientation(dx[x], dy[x]);
        }
    }
}

/* Linear interpolation in space: how much pixel p of an axis gives to cell c. */
static inline float cell_share(int pixel, int cell_index, int cell)
{
    float centre = ((float)cell_index + 0.5f) * (float)cell;
    float distance = fabsf((float)pixel + 0.5f - centre) / (float)cell;
    return distance < 1.0f ? 1.0f - distance : 0.0f;
}

/* histogram[rows][columns][SIGNED_BINS]: one plane of pixel weights an orientation, pooled along
 * y, then along x, each by the same triangle. Without branches, so that compilers vectorize it. */
static void histograms(const struct features *f, const float *magnitude, const float *angle,
                       float *histogram)
{
    int columns = f->width / f->cell, rows = f->height / f->cell;
    float pooled[FEATURES_MAX_SIDE]; /* one cell row of one plane */
    float shares[FEATURES_MAX_CELLS][FEATURES_MAX_SIDE];
    for (int c = 0; c < columns; c++)
        for (int x = 0; x < f->width; x++)
            shares[c][x] = cell_share(x, c, f->cell);
    for (int r = 0; r < rows; r++) {
        int first = r * f->cell - f->cell / 2, last = first + 2 * f->cell;
        first = first < 0 ? 0 : first;
        last = last > f->height ? f->height : last;
        for (int bin = 0; bin < SIGNED_BINS; bin++) {
            memset(pooled, 0, sizeof pooled);
            for (int y = first; y < last; y++) {
                float share = cell_share(y, r, f->cell);
                const float *m = magnitude + y * f->width, *a = angle + y * f->width;
                for (int x = 0; x < f->width; x++) {
                    float distance = fabsf(a[x] - (float)bin);
                    float around = (float)SIGNED_BINS - distance;
                    distance = distance < around ? distance : around;
                    float weight = 1.0f - distance;
                    pooled[x] += share * m[x] * (weight > 0.0f ? weight : 0.0f);
                }
            }
            for (int c = 0; c < columns; c++) {
                int left = c * f->cell - f->cell / 2, right = left + 2 * f->cell;
                left = left < 0 ? 0 : left;
                right = right > f->width ? f->width : right;
                float sum = 0.0f;
                for (int x = left; x < right; x++)
                    sum += shares[c][x] * pooled[x];
                histogram[(r * columns + c) * SIGNED_BINS + bin] = sum;
            }
        }
    }
}

/* Energy of a cell: squared length of its unsigned histogram. Beyond the border the edge cells are
 * repeated. */
static float energy_at(const float *energy, int columns, int rows, int r, int c)
{
    r = r < 0 ? 0 : r >= rows ? rows - 1 : r;
    c = c < 0 ? 0 : c >= columns ? columns - 1 : c;
    return energy[r * columns + c];
}

static void normalize_cell(const float *signed_bins, const float norms[BLOCKS], float *out)
{
    const float clip = 0.25f;
    float texture[BLOCKS] = {0};
    for (int bin = 0; bin < SIGNED_BINS; bin++) {
        float sum = 0.0f;
        for (int b = 0; b < BLOCKS; b++) {
            float value = fminf(signed_bins[bin] * norms[b], clip);
            sum += value;
            texture[b] += value;
        }
        out[bin] = 0.5f * sum;
    }
    for (int bin = 0; bin < UNSIGNED_BINS; bin++) {
        float both = signed_bins[bin] + signed_bins[bin + UNSIGNED_BINS];
        float sum = 0.0f;
        for (int b = 0; b < BLOCKS; b++)
            sum += fminf(both * norms[b], clip);
        out[SIGNED_BINS + bin] = 0.5f * sum;
    }
    const float texture_scale = 0.2357f; /* 1 / sqrt(18), as in the paper's implementation */
    for (int b = 0; b < BLOCKS; b++)
        out[SIGNED_BINS + UNSIGNED_BINS + b] = texture_scale * texture[b];
}

static void extract_hog(const struct features *f, const uint8_t *crop, float *vector)
{
    const float epsilon = 1e-3f;
    int columns = f->width / f->cell, rows = f->height / f->cell;
    float magnitude[MAX_PIXELS], angle[MAX_PIXELS];
    float histogram[MAX_CELLS * SIGNED_BINS], energy[MAX_CELLS];
    gradients(f, crop, magnitude, angle);
    histograms(f, magnitude, angle, histogram);
    for (int i = 0; i < rows * columns; i++) {
        const float *h = histogram + i * SIGNED_BINS;
        energy[i] = 0.0f;
        for (int bin = 0; bin < UNSIGNED_BINS; bin++) {
            float both = h[bin] + h[bin + UNSIGNED_BINS];
            energy[i] += both * both;
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
            float norms[BLOCKS];
            for (int b = 0; b < BLOCKS; b++) {
                int dr = b / 2 ? 1 : -1, dc = b % 2 ? 1 : -1;
                float sum = energy_at(energy, columns, rows, r, c) +
                            energy_at(energy, columns, rows, r + dr, c) +
                            energy_at(energy, columns, rows, r, c + dc) +
                            energy_at(energy, columns, rows, r + dr, c + dc);
                norms[b] = 1.0f / sqrtf(sum + epsilon);
            }
            int cell = r * columns + c;
            normalize_cell(histogram + cell * SIGNED_BINS, norms, vector + cell * CELL_VALUES);
        }
    }
}

void features_extract(const struct features *f, const uint8_t *crop, float *vector)
{
    assert(f->width <= FEATURES_MAX_SIDE && f->height <= FEATURES_MAX_SIDE);
    if (f->kind == FEATURES_PIXELS)
        extract_pixels(f, crop, vector);
    else
        extract_hog(f, crop, vector);
}
