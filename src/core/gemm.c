#include "gemm.h"

#include "vectorize.h"

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
    TILE = 32,      /* a multiple of the tiles of all kernels in use */
    SMALL = 1 << 20 /* multiplications; below it calling the team costs more than it saves */
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

/* C = A B^T + beta C for the two rows of A that a face and its mirror image are. What bounds it is
 * reading B, so each row of B is read once for both. */
VECTOR_CLONES static void multiply_two(int n, int k, const real *restrict a, const real *restrict b,
                                       real beta, real *restrict c)
{
    for (int i = 0; i < n; i++) {
        const real *row = b + (size_t)i * (size_t)k;
        real first[VECTOR_LANES] = {0}, second[VECTOR_LANES] = {0}, x = 0, y = 0;
        int j = 0;
        for (; j + VECTOR_LANES <= k; j += VECTOR_LANES)
            for (int lane = 0; lane < VECTOR_LANES; lane++) {
                first[lane] += a[j + lane] * row[j + lane];
                second[lane] += a[k + j + lane] * row[j + lane];
            }
        for (; j < k; j++) {
            x += a[j] * row[j];
            y += a[k + j] * row[j];
        }
        for (int lane = 0; lane < VECTOR_LANES; lane++) {
            x += first[lane];
            y += second[lane];
        }
        c[i] = x + (beta == 0 ? 0 : beta * c[i]);
        c[n + i] = y + (beta == 0 ? 0 : beta * c[n + i]);
    }
}

void gemm(struct team *team, enum gemm_form form, int m, int n, int k, const real *a, const real *b,
          real beta, real *c)
{
    /* Copying B into tiles, as the BLAS does, would cost more than such products. */
    if (form == GEMM_ABT && m == 1) {
        cblas_gemv(CblasRowMajor, CblasNoTrans, n, k, 1, b, k, a, 1, beta, c, 1);
        return;
    }
    if (form == GEMM_ABT && m == 2) {
        multiply_two(n, k, a, b, beta, c);
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
