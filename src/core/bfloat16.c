#include "bfloat16.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WITH_BFLOAT16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

/* C is made in tiles of ROWS x COLUMNS that stay in registers, from panels of A and B that are
 * copied in pairs of values along k (Goto & van de Geijn 2008). A panel holds `DEPTH` values along
 * k, of which those of B for one tile stay in the innermost cache. */
enum {
    ROWS = 12,
    LANES = 16,
    COLUMNS = 2 * LANES,
    DEPTH = 256,
    PAIRS = DEPTH / 2,
    ROW_BLOCK = 8 * ROWS, /* rows of A copied at a time */
    ROW_SPAN = 8 * 96,    /* for which one copy of B serves */
    COLUMN_BLOCK = 512    /* columns of B copied at a time */
};

typedef uint32_t pair; /* two bfloat16, the one with the smaller k in the lower half */

struct panels {
    pair a[ROW_BLOCK * PAIRS];    /* [row][PAIRS], or [PAIRS][row] of a transposed A */
    pair b[COLUMN_BLOCK * PAIRS]; /* of each tile in turn [PAIRS][COLUMNS] */
};

bool bfloat16_available(void)
{
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
}

/* ---- Copying --------------------------------------------------------------------------------- */

static inline __mmask16 first(int count)
{
    return (__mmask16)(count >= LANES ? 0xffff : (1u << (count > 0 ? count : 0)) - 1u);
}

/* Values of one row become pairs: out[(count + 1) / 2], filled up with zeros to whole vectors. */
WITH_BFLOAT16 static inline void pair_row(const float *row, int count, pair *out)
{
    for (int i = 0; i < count; i += 2 * LANES) {
        __m512 low = _mm512_maskz_loadu_ps(first(count - i), row + i);
        __m512 high = _mm512_maskz_loadu_ps(first(count - i - LANES), row + i + LANES);
        _mm512_storeu_si512(out + i / 2, (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
}

/* 16 columns of two rows, `lower` NULL for zeros, become pairs. */
WITH_BFLOAT16 static inline __m512i pair_columns(const float *upper, const float *lower,
                                                 __mmask16 mask)
{
    const __m512i interleave =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    __m512 low = _mm512_maskz_loadu_ps(mask, upper);
    __m512 high = lower ? _mm512_maskz_loadu_ps(mask, lower) : _mm512_setzero_ps();
    return _mm512_permutexvar_epi16(interleave, (__m512i)_mm512_cvtne2ps_pbh(high, low));
}

/* Columns of `depth` rows: out[pair * line + column] for all pairs and whole vectors of columns. */
WITH_BFLOAT16 static void pair_block(const float *at, int ld, int depth, int columns, int line,
                                     pair *out)
{
    for (int k = 0; k < depth; k += 2) {
        const float *upper = at + (ptrdiff_t)k * ld, *lower = k + 1 < depth ? upper + ld : NULL;
        for (int x = 0; x < columns; x += LANES)
            _mm512_storeu_si512(
                out + k / 2 * line + x,
                pair_columns(upper + x, lower ? lower + x : NULL, first(columns - x)));
    }
}

WITH_BFLOAT16 static void copy_a(const struct bfloat16_product *p, int row, int rows, int k,
                                 int depth, pair *out)
{
    if (p->transpose_a) {
        pair_block(p->a + (ptrdiff_t)k * p->lda + row, p->lda, depth, rows, ROW_BLOCK, out);
        return;
    }
    for (int i = 0; i < rows; i++)
        pair_row(p->a + (ptrdiff_t)(row + i) * p->lda + k, depth, out + i * PAIRS);
}

WITH_BFLOAT16 static void copy_tile_of_b(const struct bfloat16_product *p, int column, int columns,
                                         int k, int depth, pair *out)
{
    pair row[PAIRS];
    if (!p->transpose_b) {
        memset(out, 0, PAIRS * COLUMNS * sizeof *out);
        pair_block(p->b + (ptrdiff_t)k * p->ldb + column, p->ldb, depth, columns, COLUMNS, out);
        return;
    }
    for (int i = 0; i < COLUMNS; i++) {
        if (i < columns)
            pair_row(p->b + (ptrdiff_t)(column + i) * p->ldb + k, depth, row);
        else
            memset(row, 0, sizeof row);
        for (int q = 0; q < (depth + 1) / 2; q++)
            out[q * COLUMNS + i] = row[q];
    }
}

/* ---- Multiplying ----------------------------------------------------------------------------- */

/* tile[ROWS][COLUMNS] = A B over `pairs`; the pairs of a row of A lie `step` apart, those of the
 * next row `next` further on. */
WITH_BFLOAT16 static inline __attribute__((always_inline)) void
multiply_tile(const pair *a, int next, int step, const pair *b, int pairs, float *tile)
{
    __m512 sums[ROWS][2];
    for (int i = 0; i < ROWS; i++)
        sums[i][0] = sums[i][1] = _mm512_setzero_ps();
    for (int q = 0; q < pairs; q++, a += step, b += COLUMNS) {
        __m512bh left = (__m512bh)_mm512_loadu_si512(b);
        __m512bh right = (__m512bh)_mm512_loadu_si512(b + LANES);
#define MULTIPLY_ROW(i)                                                                            \
    do {                                                                                           \
        __m512bh value = (__m512bh)_mm512_set1_epi32((int)a[(i)*next]);                            \
        sums[i][0] = _mm512_dpbf16_ps(sums[i][0], value, left);                                    \
        sums[i][1] = _mm512_dpbf16_ps(sums[i][1], value, right);                                   \
    } while (0)
        MULTIPLY_ROW(0);
        MULTIPLY_ROW(1);
        MULTIPLY_ROW(2);
        MULTIPLY_ROW(3);
        MULTIPLY_ROW(4);
        MULTIPLY_ROW(5);
        MULTIPLY_ROW(6);
        MULTIPLY_ROW(7);
        MULTIPLY_ROW(8);
        MULTIPLY_ROW(9);
        MULTIPLY_ROW(10);
        MULTIPLY_ROW(11);
#undef MULTIPLY_ROW
    }
    for (int i = 0; i < ROWS; i++) {
        _mm512_store_ps(tile + i * COLUMNS, sums[i][0]);
        _mm512_store_ps(tile + i * COLUMNS + LANES, sums[i][1]);
    }
}

/* C = tile + beta C in `rows` x `columns` of it. */
WITH_BFLOAT16 static void add_tile(const float *tile, int rows, int columns, float beta, float *c,
                                   int ldc)
{
    for (int i = 0; i < rows; i++, c += ldc, tile += COLUMNS)
        for (int x = 0; x < columns; x += LANES) {
            __mmask16 mask = first(columns - x);
            __m512 sum = _mm512_load_ps(tile + x);
            if (beta != 0.0f)
                sum = _mm512_add_ps(
                    sum, _mm512_mul_ps(_mm512_set1_ps(beta), _mm512_maskz_loadu_ps(mask, c + x)));
            _mm512_mask_storeu_ps(c + x, mask, sum);
        }
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* The tiles of `rows` rows of C, whose part of A has been copied. */
WITH_BFLOAT16 static void multiply_rows(const struct bfloat16_product *p, struct panels *panels,
                                        int row, int rows, int column, int columns, int depth,
                                        float beta)
{
    _Alignas(64) float tile[ROWS * COLUMNS];
    int pairs = (depth + 1) / 2;
    for (int x = 0; x < columns; x += COLUMNS)
        for (int y = 0; y < rows; y += ROWS) {
            const pair *b = panels->b + x * PAIRS;
            if (p->transpose_a)
                multiply_tile(panels->a + y, 1, ROW_BLOCK, b, pairs, tile);
            else
                multiply_tile(panels->a + y * PAIRS, PAIRS, 1, b, pairs, tile);
            add_tile(tile, least(rows - y, ROWS), least(columns - x, COLUMNS), beta,
                     p->c + (ptrdiff_t)(row + y) * p->ldc + column + x, p->ldc);
        }
}

/* The product in `rows` x `columns` of C, as many as one copy of B serves. */
WITH_BFLOAT16 static void multiply_block(const struct bfloat16_product *p, struct panels *panels,
                                         int row, int rows, int column, int columns)
{
    for (int k = 0; k < p->k; k += DEPTH) {
        int depth = least(p->k - k, DEPTH);
        for (int x = 0; x < columns; x += COLUMNS)
            copy_tile_of_b(p, column + x, least(columns - x, COLUMNS), k, depth,
                           panels->b + x * PAIRS);
        for (int y = 0; y < rows; y += ROW_BLOCK) {
            int count = least(rows - y, ROW_BLOCK);
            copy_a(p, row + y, count, k, depth, panels->a);
            multiply_rows(p, panels, row + y, count, column, columns, depth,
                          k == 0 ? p->beta : 1.0f);
        }
    }
}

int bfloat16_multiply(const struct bfloat16_product *p)
{
    struct panels *panels = bfloat16_available() ? aligned_alloc(64, sizeof *panels) : NULL;
    if (!panels)
        return -1;
    memset(panels->a, 0, sizeof panels->a); /* rows that no matrix fills are multiplied, too */
    for (int column = 0; column < p->n; column += COLUMN_BLOCK)
        for (int row = 0; row < p->m; row += ROW_SPAN)
            multiply_block(p, panels, row, least(p->m - row, ROW_SPAN), column,
                           least(p->n - column, COLUMN_BLOCK));
    free(panels);
    return 0;
}

#else

bool bfloat16_available(void)
{
    return false;
}

int bfloat16_multiply(const struct bfloat16_product *product)
{
    (void)product;
    return -1;
}

#endif
