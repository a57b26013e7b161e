#include "int_gemm.h"

#include <stddef.h>
#include <string.h>

enum { LANES = INT_GEMM_LANES };

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

/* Two neighbours at once, as one 32-bit number. */
static inline int32_t two_of(const int16_t *values)
{
    int32_t two;
    memcpy(&two, values, sizeof two);
    return two;
}

/* `group` rows, as many as accumulators fit into the registers beside the weights. */
__attribute__((target("avx512f,avx512bw"), always_inline)) static inline void
group_avx512(const int16_t *weights, int pairs, const int16_t *rows, int line, const int group,
             int32_t *products)
{
    __m512i sums[8][2];
#pragma GCC unroll 8
    for (int r = 0; r < group; r++)
        sums[r][0] = sums[r][1] = _mm512_setzero_si512();
    for (int q = 0; q < pairs; q++, weights += 2 * LANES, rows += 2) {
        __m512i left = _mm512_loadu_si512(weights);
        __m512i right = _mm512_loadu_si512(weights + LANES);
#pragma GCC unroll 8
        for (int r = 0; r < group; r++) {
            __m512i two = _mm512_set1_epi32(two_of(rows + (ptrdiff_t)r * line));
            sums[r][0] = _mm512_add_epi32(sums[r][0], _mm512_madd_epi16(two, left));
            sums[r][1] = _mm512_add_epi32(sums[r][1], _mm512_madd_epi16(two, right));
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < group; r++, products += LANES) {
        _mm512_storeu_si512(products, sums[r][0]);
        _mm512_storeu_si512(products + LANES / 2, sums[r][1]);
    }
}

__attribute__((target("avx512f,avx512bw"))) static void
int_gemm_avx512(const int16_t *weights, int pairs, const int16_t *rows, int line, int count,
                int32_t *products)
{
    enum { MANY = 8 };
    int i = 0;
    for (; i + MANY <= count; i += MANY)
        group_avx512(weights, pairs, rows + (ptrdiff_t)i * line, line, MANY, products + i * LANES);
    for (; i < count; i += INT_GEMM_ROWS)
        group_avx512(weights, pairs, rows + (ptrdiff_t)i * line, line, INT_GEMM_ROWS,
                     products + i * LANES);
}

__attribute__((target("avx2"))) static void int_gemm_avx2(const int16_t *weights, int pairs,
                                                          const int16_t *rows, int line, int count,
                                                          int32_t *products)
{
    enum { VECTORS = 4, WIDTH = LANES / VECTORS };
    for (int i = 0; i < count; i += INT_GEMM_ROWS, rows += (ptrdiff_t)INT_GEMM_ROWS * line) {
        __m256i sums[INT_GEMM_ROWS][VECTORS];
#pragma GCC unroll 2
        for (int r = 0; r < INT_GEMM_ROWS; r++)
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++)
                sums[r][v] = _mm256_setzero_si256();
        for (int q = 0; q < pairs; q++) {
            __m256i first = _mm256_set1_epi32(two_of(rows + 2 * q));
            __m256i second = _mm256_set1_epi32(two_of(rows + line + 2 * q));
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) {
                const int16_t *at = weights + 2 * (q * LANES + v * WIDTH);
                __m256i some = _mm256_loadu_si256((const __m256i *)(const void *)at);
                sums[0][v] = _mm256_add_epi32(sums[0][v], _mm256_madd_epi16(first, some));
                sums[1][v] = _mm256_add_epi32(sums[1][v], _mm256_madd_epi16(second, some));
            }
        }
#pragma GCC unroll 2
        for (int r = 0; r < INT_GEMM_ROWS; r++)
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++, products += WIDTH)
                _mm256_storeu_si256((__m256i *)(void *)products, sums[r][v]);
    }
}

#endif

/* For compilers to vectorize: of two rows so many sums as fit into registers. */
static void int_gemm_plain(const int16_t *restrict weights, int pairs, const int16_t *restrict rows,
                           int line, int count, int32_t *restrict products)
{
    enum { WIDTH = LANES / 2 };
    for (int i = 0; i < count; i += INT_GEMM_ROWS, rows += (ptrdiff_t)INT_GEMM_ROWS * line)
        for (int first = 0; first < LANES; first += WIDTH) {
            const int16_t *next = rows + line;
            int32_t above[WIDTH] = {0}, below[WIDTH] = {0};
            for (int q = 0; q < pairs; q++)
                for (int k = 0; k < WIDTH; k++) {
                    const int16_t *two = weights + 2 * (q * LANES + first + k);
                    above[k] += two[0] * rows[2 * q];
                    above[k] += two[1] * rows[2 * q + 1];
                    below[k] += two[0] * next[2 * q];
                    below[k] += two[1] * next[2 * q + 1];
                }
            memcpy(products + i * LANES + first, above, sizeof above);
            memcpy(products + (i + 1) * LANES + first, below, sizeof below);
        }
}

void int_gemm(const int16_t *weights, int pairs, const int16_t *rows, int line, int count,
              int32_t *products)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512bw"))
        int_gemm_avx512(weights, pairs, rows, line, count, products);
    else if (__builtin_cpu_supports("avx2"))
        int_gemm_avx2(weights, pairs, rows, line, count, products);
    else
#endif
        int_gemm_plain(weights, pairs, rows, line, count, products);
}
