/* The BLAS, before it is first used. */
#ifndef BLAS_H
#define BLAS_H

#include "error.h"

/* As many threads as a user may ask for; one more may call the BLAS beside them, for a window. */
enum { BLAS_MAX_THREADS = 64 };

/* One for each processor, BLAS_MAX_THREADS at most. */
int blas_usual_threads(void);

/* Keeps the BLAS from making threads of its own. */
void blas_use_one_thread(void);

/* To be called once, before the first product. The same, and ends those that OpenBLAS began before
 * main, which would keep their processors busy for a while; reserves working memory for `threads`
 * threads that call it at the same time. Where OpenBLAS cannot map its memory it retries for ever,
 * deaf to signals, so this fails first and says how much is needed. After an error end the process
 * by _exit: threads of OpenBLAS may already be retrying, and exit would wait for them. */
int blas_setup(int threads, struct error *error);

#endif
