#include "gemm.h"

#include <cblas.h>

#ifdef REAL_IS_DOUBLE
#define cblas_gemm cblas_dgemm
#else
#define cblas_gemm cblas_sgemm
#endif

void gemm(enum gemm_form form, int m, int n, int k, const real *a, const real *b, real beta,
          real *c)
{
    CBLAS_TRANSPOSE transpose_a = form == GEMM_ATB ? CblasTrans : CblasNoTrans;
    CBLAS_TRANSPOSE transpose_b = form == GEMM_ABT ? CblasTrans : CblasNoTrans;
    int lda = form == GEMM_ATB ? m : k;
    int ldb = form == GEMM_ABT ? k : n;
    cblas_gemm(CblasRowMajor, transpose_a, transpose_b, m, n, k, 1, a, lda, b, ldb, beta, c, n);
}

void gemm_set_threads(int threads)
{
    openblas_set_num_threads(threads);
}
