/* Matrix products of values rounded to bfloat16, eight significant bits, with sums in float: twice
 * as fast as in float on processors that have instructions for it (AVX-512 BF16), and exact enough
 * for training (Kalamkar et al. 2019). */
#ifndef BFLOAT16_H
#define BFLOAT16_H

#include <stdbool.h>

/* Whether this processor, and the compiler that made this, have them. */
bool bfloat16_available(void);

/* One product of row-major matrices, C = op(A) op(B) + beta C, as cblas_sgemm has it. */
struct bfloat16_product {
    bool transpose_a, transpose_b;
    int m, n, k; /* C: m x n */
    const float *a, *b;
    float *c;
    int lda, ldb, ldc;
    float beta; /* with 0 the old C is not read */
};

/* Fails, and changes nothing, where it is not available or memory has run out. */
int bfloat16_multiply(const struct bfloat16_product *product);

#endif
