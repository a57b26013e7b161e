/* Learns the verifier (verifier.h): faces against everything else. */
#ifndef FIT_VERIFIER_H
#define FIT_VERIFIER_H

#include "backgrounds.h"
#include "dataset.h"
#include "thread_pool.h"
#include "verifier.h"

#include <signal.h>

/* The verifier's network before its batch normalization is folded away. */
struct mlp_config fit_verifier_network(const struct dataset *dataset);

/* Faces are the samples[count] of the data set, moved a little, as a cascade's boxes are, a quarter
 * of them degraded as by a webcam; those in which FER+'s taggers mostly saw no expression are left
 * out. Non-faces are the windows of the backgrounds: those that cascades let pass, random ones, and
 * from each round to the next those of many random ones that look most like faces to the verifier
 * (bootstrapping, Sung & Poggio 1998); and faces that are turned on their side or head, much too
 * large or small for the box, or half in it.
 *
 * Fills verifier (mlp_free). Where *stop becomes true it returns 1 without it. Prints a line for
 * each round to stdout, and draws its progress on a terminal. */
int fit_verifier(struct mlp *verifier, const struct dataset *dataset, const int *samples, int count,
                 const struct backgrounds *backgrounds, uint64_t seed, struct thread_pool *pool,
                 const volatile sig_atomic_t *stop, struct error *error);

#endif
