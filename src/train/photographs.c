#include "photographs.h"

#include "gemm.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIDE = FACE_SIDE / 2, /* of a picture's edges */
    AREA = SIDE * SIDE,
    REACH = 3, /* pixels at half size that a crop may be shifted */
    SHIFTS = 2 * REACH + 1,
    WINDOW = SIDE - 2 * REACH, /* side of what is compared */
    FREQUENCIES = 5,           /* of the hash, in each direction */
    HASH = FREQUENCIES * FREQUENCIES - 1,
    NEAREST = 32,
    BLOCK = 512 /* pictures compared with all others at once */
};

static const float alike = 0.7f;

struct search {
    int count;
    float *edges;   /* count x AREA */
    float *norms;   /* count x SHIFTS x SHIFTS: of the window at each shift */
    float *hashes;  /* count x HASH, of length 1 */
    float *cosines; /* BLOCK x count */
    int *photographs;
};

/* ---- What is compared ------------------------------------------------------------------------ */

static void halve(const uint8_t *picture, float *half)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            const uint8_t *p = picture + (ptrdiff_t)2 * y * FACE_SIDE + 2 * x;
            half[y * SIDE + x] = 0.25f * (float)(p[0] + p[1] + p[FACE_SIDE] + p[FACE_SIDE + 1]);
        }
}

/* By how much a pixel differs from the mean of the 5x5 pixels around it. */
static void find_edges(const float *half, float *edges)
{
    const int around = 2;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float sum = 0.0f;
            int pixels = 0;
            for (int v = y - around; v <= y + around; v++)
                for (int u = x - around; u <= x + around; u++)
                    if (u >= 0 && v >= 0 && u < SIDE && v < SIDE) {
                        sum += half[v * SIDE + u];
                        pixels++;
                    }
            edges[y * SIDE + x] = half[y * SIDE + x] - sum / (float)pixels;
        }
}

static void find_norms(const float *edges, float *norms)
{
    for (int dy = 0; dy < SHIFTS; dy++)
        for (int dx = 0; dx < SHIFTS; dx++) {
            float squares = 1e-6f;
            for (int y = 0; y < WINDOW; y++)
                for (int x = 0; x < WINDOW; x++) {
                    float value = edges[(y + dy) * SIDE + x + dx];
                    squares += value * value;
                }
            norms[dy * SHIFTS + dx] = sqrtf(squares);
        }
}

/* The lowest frequencies of the discrete cosine transform, without the mean. */
static void find_frequencies(const float *half, float *hash)
{
    float cosines[FREQUENCIES][SIDE], rows[FREQUENCIES][SIDE] = {{0}};
    for (int u = 0; u < FREQUENCIES; u++)
        for (int x = 0; x < SIDE; x++)
            cosines[u][x] = cosf((float)((2 * x + 1) * u) * (3.14159265f / (2 * SIDE)));
    for (int v = 0; v < FREQUENCIES; v++)
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                rows[v][x] += cosines[v][y] * half[y * SIDE + x];
    for (int i = 1; i <= HASH; i++) {
        float sum = 0.0f;
        for (int x = 0; x < SIDE; x++)
            sum += cosines[i % FREQUENCIES][x] * rows[i / FREQUENCIES][x];
        hash[i - 1] = sum;
    }
}

static void scale_to_length_1(float *values)
{
    float squares = 1e-12f;
    for (int i = 0; i < HASH; i++)
        squares += values[i] * values[i];
    for (int i = 0; i < HASH; i++)
        values[i] /= sqrtf(squares);
}

/* Each frequency gets deviation 1 over all pictures, then each hash length 1. */
static void whiten(struct search *s)
{
    for (int n = 0; n < s->count; n++)
        scale_to_length_1(s->hashes + (ptrdiff_t)n * HASH); /* whatever the contrast */
    for (int i = 0; i < HASH; i++) {
        double sum = 0.0, squares = 1e-12;
        for (int n = 0; n < s->count; n++)
            sum += (double)s->hashes[(ptrdiff_t)n * HASH + i];
        double mean = sum / s->count;
        for (int n = 0; n < s->count; n++)
            squares += pow((double)s->hashes[(ptrdiff_t)n * HASH + i] - mean, 2);
        double deviation = sqrt(squares / s->count);
        for (int n = 0; n < s->count; n++) {
            float *value = &s->hashes[(ptrdiff_t)n * HASH + i];
            *value = (float)(((double)*value - mean) / deviation);
        }
    }
    for (int n = 0; n < s->count; n++)
        scale_to_length_1(s->hashes + (ptrdiff_t)n * HASH);
}

/* ---- Comparison ------------------------------------------------------------------------------ */

/* Whether the middle of picture a is somewhere in picture b. */
static bool stands_in(const struct search *s, int a, int b)
{
    const float *middle = s->edges + (ptrdiff_t)a * AREA + REACH * SIDE + REACH;
    const float *edges = s->edges + (ptrdiff_t)b * AREA;
    const float *norms = s->norms + (ptrdiff_t)b * SHIFTS * SHIFTS;
    float norm = s->norms[(ptrdiff_t)a * SHIFTS * SHIFTS + REACH * SHIFTS + REACH];
    for (int shift = 0; shift < SHIFTS * SHIFTS; shift++) {
        const float *window = edges + (ptrdiff_t)(shift / SHIFTS) * SIDE + shift % SHIFTS;
        float sums[WINDOW] = {0}, product = 0.0f;
        for (int y = 0; y < WINDOW; y++)
            for (int x = 0; x < WINDOW; x++)
                sums[x] += middle[y * SIDE + x] * window[y * SIDE + x];
        for (int x = 0; x < WINDOW; x++)
            product += sums[x];
        if (product >= alike * norm * norms[shift])
            return true;
    }
    return false;
}

static int first_of(int *photographs, int picture)
{
    while (photographs[picture] != picture)
        picture = photographs[picture] = photographs[photographs[picture]];
    return picture;
}

static void join(int *photographs, int a, int b)
{
    a = first_of(photographs, a);
    b = first_of(photographs, b);
    photographs[a > b ? a : b] = a > b ? b : a;
}

/* nearest[NEAREST]: the pictures of the largest cosines, whatever their order, -1 for none. */
static void find_nearest(const float *cosines, int count, int self, int *nearest)
{
    float values[NEAREST];
    int least = 0;
    for (int i = 0; i < NEAREST; i++) {
        values[i] = 0.0f; /* a picture that is no more alike than any other is not looked at */
        nearest[i] = -1;
    }
    for (int n = 0; n < count; n++) {
        if (cosines[n] <= values[least] || n == self)
            continue;
        values[least] = cosines[n];
        nearest[least] = n;
        for (int i = 0; i < NEAREST; i++)
            least = values[i] < values[least] ? i : least;
    }
}

static void compare(struct search *s, struct thread_pool *pool)
{
    for (int first = 0; first < s->count; first += BLOCK) {
        int rows = s->count - first < BLOCK ? s->count - first : BLOCK;
        gemm(pool, GEMM_ABT, rows, s->count, HASH, s->hashes + (ptrdiff_t)first * HASH, s->hashes,
             0, s->cosines);
        for (int i = 0; i < rows; i++) {
            int nearest[NEAREST], a = first + i;
            find_nearest(s->cosines + (ptrdiff_t)i * s->count, s->count, a, nearest);
            for (int k = 0; k < NEAREST; k++)
                if (nearest[k] >= 0 &&
                    first_of(s->photographs, a) != first_of(s->photographs, nearest[k]) &&
                    stands_in(s, a, nearest[k]))
                    join(s->photographs, a, nearest[k]);
        }
    }
}

int photographs_find(int *photographs, const struct dataset *dataset, const int *samples, int count,
                     struct thread_pool *pool, struct error *error)
{
    for (int i = 0; i < count; i++)
        photographs[i] = i;
    if (dataset->source == DATA_IDX)
        return 0;
    assert(dataset->width == FACE_SIDE && dataset->height == FACE_SIDE);
    size_t n = (size_t)count;
    struct search s = {.count = count, .photographs = photographs};
    s.edges = malloc(n * AREA * sizeof *s.edges);
    s.norms = malloc(n * SHIFTS * SHIFTS * sizeof *s.norms);
    s.hashes = malloc(n * HASH * sizeof *s.hashes);
    s.cosines = malloc(n * BLOCK * sizeof *s.cosines);
    int result = 0;
    if (!s.edges || !s.norms || !s.hashes || !s.cosines) {
        result = error_no_memory(error, "the search for crops of one photograph");
    } else {
        float half[AREA];
        for (size_t i = 0; i < n; i++) {
            halve(dataset_picture(dataset, samples[i]), half);
            find_edges(half, s.edges + i * AREA);
            find_norms(s.edges + i * AREA, s.norms + i * SHIFTS * SHIFTS);
            find_frequencies(half, s.hashes + i * HASH);
        }
        whiten(&s);
        compare(&s, pool);
        for (int i = 0; i < count; i++)
            photographs[i] = first_of(photographs, i);
    }
    free(s.edges);
    free(s.norms);
    free(s.hashes);
    free(s.cosines);
    return result;
}
