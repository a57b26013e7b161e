#include "patch_products.h"

#include <stddef.h>
#include <string.h>

/* Two neighbours at once, as one 32-bit number. */
static inline int32_t two_of(const int16_t *values)
{
    int32_t two;
    memcpy(&two, values, sizeof two);
    return two;
}

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

/* Each version multiplies ROWS patches with the lanes of VECTORS registers. */

__attribute__((target("avx512f,avx512bw"))) static void
products_avx512(const int16_t *weights, const int16_t *patches, int count, int32_t *products)
{
    enum { ROWS = PRODUCT_ROWS, VECTORS = 2 };
    for (int i = 0; i < count; i += ROWS, patches += ROWS * PATCH_PAIRS) {
        __m512i sums[ROWS][VECTORS];
        for (int r = 0; r < ROWS; r++)
            sums[r][0] = sums[r][1] = _mm512_setzero_si512();
        for (int q = 0; q < PATCH_PAIRS / 2; q++) {
            __m512i left = _mm512_loadu_si512(weights + q * 2 * LANES);
            __m512i right = _mm512_loadu_si512(weights + q * 2 * LANES + LANES);
#pragma GCC unroll 8
            for (int r = 0; r < ROWS; r++) {
                __m512i two = _mm512_set1_epi32(two_of(patches + r * PATCH_PAIRS + 2 * q));
                sums[r][0] = _mm512_add_epi32(sums[r][0], _mm512_madd_epi16(two, left));
                sums[r][1] = _mm512_add_epi32(sums[r][1], _mm512_madd_epi16(two, right));
            }
        }
        for (int r = 0; r < ROWS; r++, products += LANES) {
            _mm512_storeu_si512(products, sums[r][0]);
            _mm512_storeu_si512(products + LANES / 2, sums[r][1]);
        }
    }
}

__attribute__((target("avx2"))) static void
products_avx2(const int16_t *weights, const int16_t *patches, int count, int32_t *products)
{
    enum { ROWS = 2, VECTORS = 4, WIDTH = LANES / VECTORS };
    for (int i = 0; i < count; i += ROWS, patches += ROWS * PATCH_PAIRS) {
        __m256i sums[ROWS][VECTORS];
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < VECTORS; v++)
                sums[r][v] = _mm256_setzero_si256();
        for (int q = 0; q < PATCH_PAIRS / 2; q++)
#pragma GCC unroll 2
            for (int r = 0; r < ROWS; r++) {
                __m256i two = _mm256_set1_epi32(two_of(patches + r * PATCH_PAIRS + 2 * q));
#pragma GCC unroll 4
                for (int v = 0; v < VECTORS; v++) {
                    const int16_t *at = weights + 2 * (q * LANES + v * WIDTH);
                    __m256i some = _mm256_loadu_si256((const __m256i *)(const void *)at);
                    sums[r][v] = _mm256_add_epi32(sums[r][v], _mm256_madd_epi16(two, some));
                }
            }
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < VECTORS; v++, products += WIDTH)
                _mm256_storeu_si256((__m256i *)(void *)products, sums[r][v]);
    }
}

#endif

/* For compilers to vectorize. */
static void products_plain(const int16_t *restrict weights, const int16_t *restrict patches,
                           int count, int32_t *restrict products)
{
    for (int i = 0; i < count; i++, patches += PATCH_PAIRS, products += LANES) {
        int32_t sums[LANES] = {0};
        for (int q = 0; q < PATCH_PAIRS / 2; q++)
            for (int k = 0; k < LANES; k++) {
                const int16_t *two = weights + 2 * (q * LANES + k);
                sums[k] += two[0] * patches[2 * q] + two[1] * patches[2 * q + 1];
            }
        memcpy(products, sums, sizeof sums);
    }
}

void patch_products(const int16_t *weights, const int16_t *patches, int count, int32_t *products)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512bw"))
        products_avx512(weights, patches, count, products);
    else if (__builtin_cpu_supports("avx2"))
        products_avx2(weights, patches, count, products);
    else
#endif
        products_plain(weights, patches, count, products);
}
