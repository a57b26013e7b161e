/* The validation split as the networks see it, made once and used after each epoch, without the
 * pictures that are also in Training, unless all are: they would favour a network that
 * remembers. */
#ifndef VALIDATION_H
#define VALIDATION_H

#include "recipe.h"

struct validation {
    const struct dataset *dataset;
    const struct recipe *recipe;
    int *indices, count;
    int *truth;                         /* count: the most probable class of the targets */
    float *vectors[MODEL_MAX_NETWORKS]; /* count x D each, of the aligned crops, not mirrored */
    float *targets;                     /* count x K, as in training, but not smoothed */
    float *probabilities;               /* count x K, of the latest run */
    float *outputs[MODEL_MAX_NETWORKS]; /* count x K, of each network */
    /* The same for the mirror images after validation_meet; else NULL. */
    float *mirrored[MODEL_MAX_NETWORKS];
    struct mlp_workspace *workspaces[MODEL_MAX_NETWORKS];
};

/* features[networks of the recipe]; faces[N of the data set]. */
int validation_create(struct validation *validation, const struct recipe *recipe,
                      const struct dataset *dataset, const struct features *features,
                      const struct affine *faces, struct error *error);
void validation_free(struct validation *validation);

/* Makes the networks see the pictures as they are met in use, and answer them: where the recipe has
 * webcams, every second one in a box that sits a little off, through a webcam; all aligned
 * anew; where it mirrors faces, their mirror images, too. An aligner without parameters does
 * nothing. The same for the same seed. */
int validation_meet(struct validation *validation, const struct mlp *mlps,
                    const struct features *features, const struct mlp *aligner, uint64_t seed,
                    struct error *error);

/* Cost and accuracy of the mean of the networks, mlps[], which are without batch normalization.
 * What is right is the most probable class of the target that the training would have. */
void validation_run(struct validation *validation, const struct mlp *mlps, double *loss,
                    double *accuracy);

/* The bias of a training towards some classes: the offsets[K] that, taken off every network's
 * logits of the latest run, bring their mean answer to shares[K] (Saerens et al. 2002). Softmax
 * outputs only. */
void validation_logit_offsets(const struct validation *validation, const float *shares,
                              double *offsets);

/* The temperature T (Guo et al. 2017) that makes the mean answer as likely as it is right: that of
 * the least cross-entropy, where every network's logits of the latest run, and of the mirror images
 * that were met, less offsets[K], are divided by it. Softmax outputs only. */
double validation_temperature(const struct validation *validation, const double *offsets);

#endif
