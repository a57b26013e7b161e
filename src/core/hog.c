#include "hog.h"

#include "vectorize.h"

#include <math.h>
#include <string.h>

enum {
    SIGNED_BINS = 18,
    UNSIGNED_BINS = 9,
    BLOCKS = 4, /* of 2x2 cells around a cell */
    SLOTS = 20  /* of a pixel column: SIGNED_BINS, the wrap-around of the last one, padding */
};

/* The angle of (dx, dy) in units of one signed bin, [0, 18]: atan by a polynomial on [0, 1]
 * (Abramowitz & Stegun 1964, 4.4.47, error below 1e-5) and the symmetries of the octants. */
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

/* A picture on its way to its cells. A pixel gives `low` to orientation `bin` of the histograms and
 * `high` to the next one. */
struct work {
    float *root, *low, *high; /* height x width */
    float *column;            /* width x SLOTS */
    float *histogram;         /* cells x SIGNED_BINS */
    float *energy;            /* cells: squared length of the unsigned histogram */
    int *bin;                 /* height x width: 0 .. SIGNED_BINS - 1 */
};

static size_t cells_of(const struct hog *hog)
{
    return (size_t)(hog->width / hog->cell) * (size_t)(hog->height / hog->cell);
}

size_t hog_scratch(const struct hog *hog)
{
    size_t pixels = (size_t)hog->width * (size_t)hog->height;
    return (3 * pixels + (size_t)hog->width * SLOTS + cells_of(hog) * (SIGNED_BINS + 1)) *
               sizeof(float) +
           pixels * sizeof(int);
}

static struct work lay_out(const struct hog *hog, void *scratch)
{
    size_t pixels = (size_t)hog->width * (size_t)hog->height;
    struct work w = {.root = scratch};
    w.low = w.root + pixels;
    w.high = w.low + pixels;
    w.column = w.high + pixels;
    w.histogram = w.column + (size_t)hog->width * SLOTS;
    w.energy = w.histogram + cells_of(hog) * SIGNED_BINS;
    w.bin = (int *)(void *)(w.energy + cells_of(hog));
    return w;
}

/* The analyzer goes through a loop four times and takes the rest of an array for unset. */
/* NOLINTBEGIN(clang-analyzer-core.UndefinedBinaryOperatorResult) */
/* NOLINTBEGIN(clang-analyzer-core.uninitialized.ArraySubscript) */
/* NOLINTBEGIN(clang-analyzer-core.uninitialized.UndefReturn) */

/* Gradients of the square root of the grey values, the edge repeated. */
VECTOR_CLONES static void gradients(const struct hog *f, const uint8_t *crop, const struct work *w)
{
    float *root = w->root;
    float dx[HOG_MAX_SIDE], dy[HOG_MAX_SIDE];
    int width = f->width, height = f->height;
    for (int i = 0; i < width * height; i++)
        root[i] = sqrtf((float)crop[i] * (1.0f / 255.0f));
    for (int y = 0; y < height; y++) {
        const float *row = root + y * width;
        const float *above = y > 0 ? row - width : row;
        const float *below = y < height - 1 ? row + width : row;
        int *bin = w->bin + y * width;
        float *low = w->low + y * width, *high = w->high + y * width;
        dx[0] = row[1] - row[0];
        dx[width - 1] = row[width - 1] - row[width - 2];
        for (int x = 1; x < width - 1; x++)
            dx[x] = row[x + 1] - row[x - 1];
        for (int x = 0; x < width; x++)
            dy[x] = below[x] - above[x];
        for (int x = 0; x < width; x++) {
            float magnitude = sqrtf(dx[x] * dx[x] + dy[x] * dy[x]);
            float angle = orientation(dx[x], dy[x]);
            int whole = (int)angle;
            bin[x] = whole < SIGNED_BINS ? whole : SIGNED_BINS - 1;
            high[x] = magnitude * (angle - (float)bin[x]);
            low[x] = magnitude - high[x];
        }
    }
}

float hog_cell_share(int pixel, int index, float cell)
{
    float centre = ((float)index + 0.5f) * cell;
    float distance = fabsf((float)pixel + 0.5f - centre) / cell;
    return distance < 1.0f ? 1.0f - distance : 0.0f;
}

/* The pixels that give to cell `cell_index` of an axis: *first .. *last - 1. */
static void cell_reach(int cell_index, int cell, int side, int *first, int *last)
{
    *first = cell_index * cell - cell / 2 - 1;
    *last = *first + 2 * cell + 2;
    *first = *first < 0 ? 0 : *first;
    *last = *last > side ? side : *last;
}

/* Each cell row is gathered into one histogram a pixel column first, where neighbouring pixels
 * never meet, and these are then pooled along x. */
VECTOR_CLONES static void histograms(const struct hog *f, const struct work *w)
{
    int columns = f->width / f->cell, rows = f->height / f->cell;
    for (int r = 0; r < rows; r++) {
        int top, bottom;
        cell_reach(r, f->cell, f->height, &top, &bottom);
        memset(w->column, 0, (size_t)f->width * SLOTS * sizeof *w->column);
        for (int y = top; y < bottom; y++) {
            float share = hog_cell_share(y, r, (float)f->cell);
            for (int x = 0, i = y * f->width; x < f->width; x++, i++) {
                float *slot = w->column + x * SLOTS + w->bin[i];
                slot[0] += share * w->low[i];
                slot[1] += share * w->high[i];
            }
        }
        for (int c = 0; c < columns; c++) {
            int left, right;
            float sum[SLOTS] = {0};
            cell_reach(c, f->cell, f->width, &left, &right);
            for (int x = left; x < right; x++) {
                float share = hog_cell_share(x, c, (float)f->cell);
                for (int s = 0; s < SLOTS; s++)
                    sum[s] += share * w->column[x * SLOTS + s];
            }
            sum[0] += sum[SIGNED_BINS];
            memcpy(w->histogram + (r * columns + c) * SIGNED_BINS, sum, SIGNED_BINS * sizeof *sum);
        }
    }
}

/* Beyond the border the edge cells are repeated. */
static float energy_at(const float *energy, int columns, int rows, int r, int c)
{
    r = r < 0 ? 0 : r >= rows ? rows - 1 : r;
    c = c < 0 ? 0 : c >= columns ? columns - 1 : c;
    return energy[r * columns + c];
}

static inline float clip(float value)
{
    return value < 0.25f ? value : 0.25f;
}

VECTOR_CLONES static void normalize_cell(const float *signed_bins, const float norms[BLOCKS],
                                         float *out)
{
    const float texture_scale = 0.2357f; /* 1 / sqrt(18), as in the paper's implementation */
    float *unsigned_out = out + SIGNED_BINS, *texture_out = unsigned_out + UNSIGNED_BINS;
    memset(out, 0, HOG_CELL_VALUES * sizeof *out);
    for (int b = 0; b < BLOCKS; b++) {
        float clipped[SIGNED_BINS], texture = 0.0f;
        for (int bin = 0; bin < SIGNED_BINS; bin++) {
            clipped[bin] = clip(signed_bins[bin] * norms[b]);
            out[bin] += 0.5f * clipped[bin];
        }
        for (int bin = 0; bin < UNSIGNED_BINS; bin++)
            unsigned_out[bin] +=
                0.5f * clip((signed_bins[bin] + signed_bins[bin + UNSIGNED_BINS]) * norms[b]);
        for (int bin = 0; bin < SIGNED_BINS; bin++)
            texture += clipped[bin];
        texture_out[b] = texture_scale * texture;
    }
}

void hog_extract(const struct hog *hog, void *scratch, const uint8_t *picture, float *cells)
{
    const float epsilon = 1e-3f;
    int columns = hog->width / hog->cell, rows = hog->height / hog->cell;
    const struct work work = lay_out(hog, scratch);
    float *energy = work.energy;
    gradients(hog, picture, &work);
    histograms(hog, &work);
    for (int i = 0; i < rows * columns; i++) {
        const float *h = work.histogram + i * SIGNED_BINS;
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
            normalize_cell(work.histogram + cell * SIGNED_BINS, norms,
                           cells + cell * HOG_CELL_VALUES);
        }
    }
}

void hog_mirror_cell(const float *cell, float *mirrored)
{
    for (int bin = 0; bin < SIGNED_BINS; bin++)
        mirrored[(UNSIGNED_BINS - bin + SIGNED_BINS) % SIGNED_BINS] = cell[bin];
    cell += SIGNED_BINS;
    mirrored += SIGNED_BINS;
    for (int bin = 0; bin < UNSIGNED_BINS; bin++)
        mirrored[(UNSIGNED_BINS - bin) % UNSIGNED_BINS] = cell[bin];
    for (int block = 0; block < BLOCKS; block++)
        mirrored[UNSIGNED_BINS + (block ^ 1)] = cell[UNSIGNED_BINS + block];
}

/* NOLINTEND(clang-analyzer-core.uninitialized.UndefReturn) */
/* NOLINTEND(clang-analyzer-core.uninitialized.ArraySubscript) */
/* NOLINTEND(clang-analyzer-core.UndefinedBinaryOperatorResult) */
