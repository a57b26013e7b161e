/* Whether a crop shows a face: a small perceptron on its histograms of oriented gradients judges
 * the boxes that Haar cascades propose (detection by rejection, after Viola & Jones 2004, with the
 * classifier of Dalal & Triggs 2005 made non-linear). A face counts that is seen from the front to
 * three quarters, upright within some 25 degrees, and framed as the cascade frames it. */
#ifndef VERIFIER_H
#define VERIFIER_H

#include "error.h"
#include "feature_vector.h"
#include "mlp.h"

#include <stdint.h>

/* The vector that the perceptron sees: HOG of the crop. */
struct features verifier_features(int width, int height);

/* Whether this is such a perceptron for crops of this size; says why not. */
int verifier_check(const struct mlp_config *config, int width, int height, struct error *error);

/* A thread's scratch for one crop. */
struct verifier_workspace;

int verifier_workspace_create(struct verifier_workspace **workspace, const struct mlp *verifier,
                              int width, int height, struct error *error);
void verifier_workspace_free(struct verifier_workspace **workspace);

/* How sure it is that crop[height x width] shows a face, 0 .. 1: the mean over the crop and its
 * mirror image, as many faces as others taken for granted. */
float verifier_score(const struct mlp *verifier, struct verifier_workspace *workspace,
                     const uint8_t *crop);

#endif
