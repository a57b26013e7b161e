/* The matrix product of 16-bit integers, accumulated in 32 bits: the same on all processors. */
#ifndef INT_GEMM_H
#define INT_GEMM_H

#include <stdint.h>

enum {
    INT_GEMM_LANES = 32, /* columns of a product */
    INT_GEMM_ROWS = 2    /* rows are multiplied so many at a time */
};

/* products[count][INT_GEMM_LANES] from `count` rows of 2 * pairs values, `line` values apart, and
 * weights[pairs][INT_GEMM_LANES][2]. Rows and products are read and written up to the next multiple
 * of INT_GEMM_ROWS. No sum of two products or more may leave 32 bits. */
void int_gemm(const int16_t *weights, int pairs, const int16_t *rows, int line, int count,
              int32_t *products);

#endif
