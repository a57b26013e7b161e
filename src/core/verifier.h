/* Whether a crop shows a face: a small perceptron on its histograms of oriented gradients judges
 * the boxes that Haar cascades propose (detection by rejection, after Viola & Jones 2004, with the
 * classifier of Dalal & Triggs 2005 made non-linear). A face is one seen from the front to three
 * quarters, upright within some 25 degrees, and framed as the cascade frames it. */
#ifndef VERIFIER_H
#define VERIFIER_H

#include "error.h"
#include "feature_vector.h"
#include "mlp.h"

#include <stdint.h>

/* D, the length of the vector that the perceptron reads from crops of this size. */
int verifier_dim(int width, int height);
/* A bound on the absolute values of that vector. */
double verifier_bound(int width, int height);

/* Bytes of scratch that verifier_vector needs, from malloc, for each thread. */
size_t verifier_scratch(int width, int height);
/* Fills vector[D] from crop[height x width]: HOG (hog.h), which forgets how strong the gradients
 * are; then the logarithm of their mean strength, so that faint structure, such as clouds, can be
 * told from a face. May run in any number of threads, each with its own scratch. */
void verifier_vector(void *scratch, const uint8_t *crop, int width, int height, float *vector);

/* Checks that this is such a perceptron for crops of this size; the error says what is wrong. */
int verifier_check(const struct mlp_config *config, int width, int height, struct error *error);

/* A thread's scratch for one crop. */
struct verifier_workspace;

int verifier_workspace_create(struct verifier_workspace **workspace, const struct mlp *verifier,
                              int width, int height, struct error *error);
void verifier_workspace_free(struct verifier_workspace **workspace);

/* The probability that crop[height x width] shows a face, assuming that faces and non-faces are
 * equally likely: the mean over the crop and its mirror image. */
float verifier_score(const struct mlp *verifier, struct verifier_workspace *workspace,
                     const uint8_t *crop);

#endif
