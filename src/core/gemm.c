#include "gemm.h"

#include <cblas.h>

#include <stdbool.h>

#ifdef REAL_IS_DOUBLE
#define cblas_gemm cblas_dgemm
#define cblas_gemv cblas_dgemv
#else
#define cblas_gemm cblas_sgemm
#define cblas_gemv cblas_sgemv
#endif

enum {
    FEW_ROWS = 2,       /* of A: copying B into tiles would cost more than the products */
    IN_CACHE = 1 << 16, /* values */
    TILE = 32,          /* a multiple of the tiles of all kernels in use */
    SMALL = 1 << 20     /* multiplications; below it calling the team costs more than it saves */
};

struct product {
    enum gemm_form form;
    int m, n, k;
    const real *a, *b;
    real beta, *c;
};

/* The rows or the columns of C, whichever are more, are shared out in strips of whole tiles. */
static void multiply(void *context, int part, int parts)
{
    const struct product *p = context;
    CBLAS_TRANSPOSE transpose_a = p->form == GEMM_ATB ? CblasTrans : CblasNoTrans;
    CBLAS_TRANSPOSE transpose_b = p->form == GEMM_ABT ? CblasTrans : CblasNoTrans;
    int lda = p->form == GEMM_ATB ? p->m : p->k;
    int ldb = p->form == GEMM_ABT ? p->k : p->n;
    size_t begin, end;
    if (p->m > p->n) {
        team_share((size_t)p->m, TILE, part, parts, &begin, &end);
        if (begin < end)
            cblas_gemm(CblasRowMajor, transpose_a, transpose_b, (int)(end - begin), p->n, p->k, 1,
                       p->a + (p->form == GEMM_ATB ? begin : begin * (size_t)lda), lda, p->b, ldb,
                       p->beta, p->c + begin * (size_t)p->n, p->n);
    } else {
        team_share((size_t)p->n, TILE, part, parts, &begin, &end);
        if (begin < end)
            cblas_gemm(CblasRowMajor, transpose_a, transpose_b, p->m, (int)(end - begin), p->k, 1,
                       p->a, lda, p->b + (p->form == GEMM_ABT ? begin * (size_t)ldb : begin), ldb,
                       p->beta, p->c + begin, p->n);
    }
}

/* C = A B^T + beta C for few rows of A, vector by vector: what bounds it is reading B, so each part
 * of B is used for all rows while it is in the cache. */
static void multiply_few(int m, int n, int k, const real *a, const real *b, real beta, real *c)
{
    const int part = IN_CACHE / k > 0 ? IN_CACHE / k : 1;
    for (int begin = 0; begin < n; begin += part)
        for (int row = 0; row < m; row++)
            cblas_gemv(CblasRowMajor, CblasNoTrans, n - begin < part ? n - begin : part, k, 1,
                       b + (size_t)begin * (size_t)k, k, a + (size_t)row * (size_t)k, 1, beta,
                       c + (size_t)row * (size_t)n + begin, 1);
}

void gemm(struct team *team, enum gemm_form form, int m, int n, int k, const real *a, const real *b,
          real beta, real *c)
{
    if (form == GEMM_ABT && m <= FEW_ROWS) {
        multiply_few(m, n, k, a, b, beta, c);
        return;
    }
    struct product product = {form, m, n, k, a, b, beta, c};
    bool small = (long long)m * n * k < SMALL;
    team_run(small ? NULL : team, multiply, &product);
}

void gemm_setup(void)
{
    openblas_set_num_threads(1);
}
