/* The validation split as vectors, made once and answered after each epoch. */
#ifndef VALIDATION_H
#define VALIDATION_H

#include "recipe.h"

struct validation {
    const struct dataset *dataset;
    const struct recipe *recipe;
    int *indices, count;
    float *vectors;       /* count x D, of the plain crops */
    float *targets;       /* count x K, the bare labels */
    float *probabilities; /* count x K, of the latest run */
    struct mlp_workspace *workspace;
};

int validation_create(struct validation *validation, const struct recipe *recipe,
                      const struct dataset *dataset, struct error *error);
void validation_free(struct validation *validation);

/* Cost and accuracy of a network without batch normalization. */
void validation_run(struct validation *validation, const struct mlp *mlp, double *loss,
                    double *accuracy);

#endif
