/* The integer matrix product, as each kind of processor computes them, against plain sums. */
#include "int_gemm.c" /* for its static functions: int_gemm calls only the fastest */

#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PAIRS = 13, ROWS = 22, LINE = 2 * PAIRS + 3 };

static int16_t weights[PAIRS * LANES * 2], rows[ROWS * LINE];

static void sum_up(int32_t *products)
{
    for (int i = 0; i < ROWS; i++)
        for (int lane = 0; lane < LANES; lane++) {
            int64_t sum = 0;
            for (int k = 0; k < 2 * PAIRS; k++)
                sum += weights[(k / 2 * LANES + lane) * 2 + k % 2] * rows[i * LINE + k];
            products[i * LANES + lane] = (int32_t)sum;
        }
}

/* Of `count` rows, and nothing behind them. */
static void expect_products(void products_of(const int16_t *weights, int pairs, const int16_t *rows,
                                             int line, int count, int32_t *products),
                            int count)
{
    int32_t expected[ROWS * LANES], products[ROWS * LANES];
    memset(products, 0x5a, sizeof products);
    sum_up(expected);
    memset(expected + count * LANES, 0x5a, sizeof(int32_t) * (size_t)((ROWS - count) * LANES));
    products_of(weights, PAIRS, rows, LINE, count, products);
    assert_memory_equal(products, expected, sizeof products);
}

static void test_every_kind_of_processor(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, 0);
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
        weights[i] = (int16_t)((int)rng_below(&rng, 16001) - 8000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        rows[i] = (int16_t)((int)rng_below(&rng, 16001) - 8000);
    for (int count = INT_GEMM_ROWS; count <= ROWS; count += INT_GEMM_ROWS) {
        expect_products(int_gemm, count);
        expect_products(int_gemm_plain, count);
#if defined(__x86_64__) && defined(__GNUC__)
        if (__builtin_cpu_supports("avx2"))
            expect_products(int_gemm_avx2, count);
        if (__builtin_cpu_supports("avx512bw"))
            expect_products(int_gemm_avx512, count);
#endif
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_kind_of_processor)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
