#include "gemm.h"

#include "bfloat16.h"

#include <cblas.h>

#include <stdbool.h>
#include <string.h>

#ifdef REAL_IS_DOUBLE
#define cblas_gemm cblas_dgemm
#define cblas_gemv cblas_dgemv
#else
#define cblas_gemm cblas_sgemm
#define cblas_gemv cblas_sgemv
#endif

enum {
    TILE = 32,      /* a multiple of the tiles of all BLAS kernels in use */
    SMALL = 1 << 20 /* multiplications; below it calling the pool costs more than it saves */
};

struct product {
    enum gemm_form form;
    bool bfloat16;
    int m, n, k;
    const real *a, *b;
    real beta, *c;
};

/* `m` rows or `n` columns of the product, whose matrices begin at a, b and c. */
static void multiply_strip(const struct product *p, int m, int n, const real *a, const real *b,
                           real *c)
{
    bool transpose_a = p->form == GEMM_ATB, transpose_b = p->form == GEMM_ABT;
    int lda = transpose_a ? p->m : p->k, ldb = transpose_b ? p->k : p->n;
#ifndef REAL_IS_DOUBLE
    const struct bfloat16_product rounded = {transpose_a, transpose_b, m,   n,   p->k, a,
                                             b,           c,           lda, ldb, p->n, p->beta};
    if (p->bfloat16 && bfloat16_multiply(&rounded) == 0)
        return;
#endif
    cblas_gemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
               transpose_b ? CblasTrans : CblasNoTrans, m, n, p->k, 1, a, lda, b, ldb, p->beta, c,
               p->n);
}

/* The rows or the columns of C, whichever are more, are shared out in strips of whole tiles. */
static void multiply(void *context, int part, int parts)
{
    const struct product *p = context;
    size_t begin, end;
    if (p->m > p->n) {
        thread_pool_share((size_t)p->m, TILE, part, parts, &begin, &end);
        if (begin < end)
            multiply_strip(p, (int)(end - begin), p->n,
                           p->a + begin * (p->form == GEMM_ATB ? 1 : (size_t)p->k), p->b,
                           p->c + begin * (size_t)p->n);
    } else {
        thread_pool_share((size_t)p->n, TILE, part, parts, &begin, &end);
        if (begin < end)
            multiply_strip(p, p->m, (int)(end - begin), p->a,
                           p->b + begin * (p->form == GEMM_ABT ? (size_t)p->k : 1), p->c + begin);
    }
}

/* Whether the BLAS multiplies small matrices as they lie in memory: it does with AVX-512. */
static bool has_small_kernels(void)
{
    static const char *const names[] = {"SkylakeX", "Cooperlake", "SapphireRapids"};
    const char *name = openblas_get_corename();
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        found = found || strcmp(name, names[i]) == 0;
    return found;
}

/* C = A B^T + beta C where A has a row, or two: a face and its mirror image. Copying B into tiles,
 * as the BLAS does for larger products, would cost more than multiplying. Small products, strip by
 * strip, read B once for both rows; where the BLAS copies there, too, B is read for each row. */
static void multiply_rows(int m, int n, int k, const real *a, const real *b, real beta, real *c)
{
    if (m == 2 && has_small_kernels()) {
        for (int begin = 0; begin < n; begin += TILE)
            cblas_gemm(CblasRowMajor, CblasNoTrans, CblasTrans, m,
                       n - begin < TILE ? n - begin : TILE, k, 1, a, k,
                       b + (size_t)begin * (size_t)k, k, beta, c + begin, n);
        return;
    }
    for (int row = 0; row < m; row++, a += k, c += n)
        cblas_gemv(CblasRowMajor, CblasNoTrans, n, k, 1, b, k, a, 1, beta, c, 1);
}

void gemm(struct thread_pool *pool, enum gemm_form form, int m, int n, int k, const real *a,
          const real *b, real beta, real *c)
{
    if (form == GEMM_ABT && m <= 2) {
        multiply_rows(m, n, k, a, b, beta, c);
        return;
    }
    struct product product = {form, false, m, n, k, a, b, beta, c};
    bool small = (long long)m * n * k < SMALL;
    thread_pool_run(small ? NULL : pool, multiply, &product);
}

void gemm_bfloat16(struct thread_pool *pool, enum gemm_form form, int m, int n, int k,
                   const real *a, const real *b, real beta, real *c)
{
    struct product product = {form, true, m, n, k, a, b, beta, c};
    if ((long long)m * n * k < SMALL)
        gemm(NULL, form, m, n, k, a, b, beta, c);
    else
        thread_pool_run(pool, multiply, &product);
}
