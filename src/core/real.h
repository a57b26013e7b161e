/* The number type of the network: float in the product; double where the tests compile the same
 * code with -DREAL_IS_DOUBLE to check gradients against finite differences. */
#ifndef REAL_H
#define REAL_H

#ifdef REAL_IS_DOUBLE
typedef double real;
#else
typedef float real;
#endif

#endif
