/* The BLAS, before it is first used. */
#ifndef BLAS_H
#define BLAS_H

#include "error.h"

/* Once in a program, before the first product: the BLAS makes no threads of its own, and each of
 * the `threads` threads that will call it at once finds the memory that it works in. OpenBLAS tries
 * for ever, deaf to signals, where it cannot map that, so the error comes first; it says how much
 * is needed. After an error the process ends by _exit: threads of OpenBLAS may try already, and
 * exit would wait for them. */
int blas_setup(int threads, struct error *error);

#endif
