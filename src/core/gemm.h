/* The one matrix product, on the CBLAS interface. All matrices are row-major without padding, so
 * that the leading dimensions follow from the shapes. Threads come from the pool alone: see
 * blas_use_one_thread. */
#ifndef GEMM_H
#define GEMM_H

#include "real.h"
#include "thread_pool.h"

enum gemm_form {
    GEMM_AB,  /* C = A B    A (M x K), B (K x N) */
    GEMM_ABT, /* C = A B^T  A (M x K), B (N x K) */
    GEMM_ATB  /* C = A^T B  A (K x M), B (K x N) */
};

/* C (M x N) = product + beta * C; with beta 0 the old C is not read. The pool, which may be NULL,
 * shares the work; the result does not depend on its size, except for rounding. */
void gemm(struct thread_pool *pool, enum gemm_form form, int m, int n, int k, const real *a,
          const real *b, real beta, real *c);

/* The same, as training needs it: large products are those of A and B rounded to bfloat16 where the
 * processor has instructions for that, so that processors differ in the result by some 0.1 %; the
 * number of threads does not change it. */
void gemm_bfloat16(struct thread_pool *pool, enum gemm_form form, int m, int n, int k,
                   const real *a, const real *b, real beta, real *c);

#endif
