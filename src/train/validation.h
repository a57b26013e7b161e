/* The validation split as the networks see it, made once and answered after each epoch. */
#ifndef VALIDATION_H
#define VALIDATION_H

#include "recipe.h"

struct validation {
    const struct dataset *dataset;
    const struct recipe *recipe;
    int *indices, count;
    float *vectors[MODEL_MAX_NETWORKS]; /* count x D each, of the aligned crops, not mirrored */
    float *targets;                     /* count x K, the bare labels */
    float *probabilities;               /* count x K, of the latest run */
    float *outputs;                     /* count x K, of one network */
    struct mlp_workspace *workspaces[MODEL_MAX_NETWORKS];
};

/* features[networks of the recipe]; faces[N of the data set]. */
int validation_create(struct validation *validation, const struct recipe *recipe,
                      const struct dataset *dataset, const struct features *features,
                      const struct affine *faces, struct error *error);
void validation_free(struct validation *validation);

/* Cost and accuracy of the mean of the networks, mlps[], which are without batch normalization. */
void validation_run(struct validation *validation, const struct mlp *mlps, double *loss,
                    double *accuracy);

#endif
