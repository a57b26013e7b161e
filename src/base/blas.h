/* The BLAS, before it is first used. */
#ifndef BLAS_H
#define BLAS_H

#include "error.h"

/* To be called once, before the first product. Keeps the BLAS from making threads of its own, and
 * reserves working memory for `threads` threads that call it at the same time. Where OpenBLAS
 * cannot map its memory it retries for ever, deaf to signals, so this fails first and says how much
 * is needed. After an error end the process by _exit: threads of OpenBLAS may already be retrying,
 * and exit would wait for them. */
int blas_setup(int threads, struct error *error);

#endif
