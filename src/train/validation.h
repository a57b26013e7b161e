/* The validation split as the networks see it, made once and answered after each epoch. */
#ifndef VALIDATION_H
#define VALIDATION_H

#include "recipe.h"

struct validation {
    const struct dataset *dataset;
    const struct recipe *recipe;
    int *indices, count;
    float *vectors[MODEL_MAX_NETWORKS]; /* count x D each, of the aligned crops, not mirrored */
    float *targets;                     /* count x K, as in training, but not smoothed */
    float *probabilities;               /* count x K, of the latest run */
    float *outputs[MODEL_MAX_NETWORKS]; /* count x K, of each network */
    struct mlp_workspace *workspaces[MODEL_MAX_NETWORKS];
};

/* features[networks of the recipe]; faces[N of the data set]. */
int validation_create(struct validation *validation, const struct recipe *recipe,
                      const struct dataset *dataset, const struct features *features,
                      const struct affine *faces, struct error *error);
void validation_free(struct validation *validation);

/* Cost and accuracy of the mean of the networks, mlps[], which are without batch normalization. An
 * answer is right where it is the largest class of the target. */
void validation_run(struct validation *validation, const struct mlp *mlps, double *loss,
                    double *accuracy);

/* The temperature T (Guo et al. 2017) by which the logits of every network of the latest run are to
 * be divided, so that the mean answer is as likely as its targets' largest classes say: that of the
 * least cross-entropy. Softmax outputs only. */
double validation_temperature(struct validation *validation);

#endif
