/* Learns the aligner (align.h) from unlabelled faces. */
#ifndef FIT_ALIGNER_H
#define FIT_ALIGNER_H

#include "align.h"
#include "dataset.h"
#include "thread_pool.h"

#include <signal.h>

/* The aligner's network before its batch normalization is folded away. */
struct mlp_config fit_aligner_network(const struct dataset *dataset);

/* Turns, scales and shifts the samples[count] of the data set at random and learns to say by how
 * much, from the view alone; then aligns them all by what it learned, and goes on learning from the
 * aligned ones: what a face's own pose adds to the random one shrinks from round to round. Fills
 * aligner (mlp_free) with the network of the last round. Where *stop becomes true it returns 1
 * without it. Prints a line for each round to stdout, and draws its progress on a terminal. */
int fit_aligner(struct mlp *aligner, const struct dataset *dataset, const int *samples, int count,
                uint64_t seed, struct thread_pool *pool, const volatile sig_atomic_t *stop,
                struct error *error);

/* Where each picture's face lies: faces[N]. */
int fit_aligner_apply(const struct mlp *aligner, const struct dataset *dataset,
                      struct thread_pool *pool, struct affine *faces, struct error *error);

/* Learns an aligner from the Training pictures and replaces every picture by its aligned face. */
int fit_aligner_replace(struct dataset *dataset, uint64_t seed, int threads,
                        const volatile sig_atomic_t *stop, struct error *error);

#endif
