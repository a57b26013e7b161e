/* A model against a split of a data set. */
#ifndef EVALUATE_H
#define EVALUATE_H

#include "metrics.h"

#include <stdio.h>

/* What the samples of a split become under a model, in its own way (averaged over the mirror image
 * where the model says so) and from the plain crop alone. */
struct evaluation {
    enum split split;
    struct metrics metrics; /* of the model's own way */
    double plain_accuracy;
};

int evaluate(struct evaluation *evaluation, const struct model *model,
             const struct dataset *dataset, enum split split, struct error *error);

/* For a person: figures, a row for each class, the confusion matrix. */
void evaluation_print(const struct evaluation *evaluation, const struct dataset *dataset,
                      const char *model_path, FILE *out);

/* One JSON object on one line, to be freed; NULL without memory. `options`, where not NULL, stand
 * in it too. */
char *evaluation_json(const struct evaluation *evaluation, const struct dataset *dataset,
                      const char *model_path, const char *options);

#endif
