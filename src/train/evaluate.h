/* A model against a split of a data set. */
#ifndef EVALUATE_H
#define EVALUATE_H

#include "dataset.h"
#include "metrics.h"

#include <stdio.h>

/* The pictures of a split, one after the other, and what they show: by the data set's labels, and
 * by FER+'s majority, -1 where there is none. */
struct evaluation_data {
    int count;
    uint8_t *crops;    /* count x height x width */
    int *labels;       /* count */
    int *majority;     /* count */
    bool *duplicate;   /* count: whether it stands in Training too */
    bool has_majority; /* whether any picture has one */
};

int evaluation_data_load(struct evaluation_data *data, const struct dataset *dataset,
                         enum split split, struct error *error);
void evaluation_data_free(struct evaluation_data *data);

/* What a picture shows: by the data set's label, by FER+'s majority, or by both where they agree,
 * the cleanest truth there is. */
enum truth { TRUTH_LABEL, TRUTH_FERPLUS, TRUTH_AGREED, TRUTH_COUNT };

/* "label", "ferplus", "agreed": what results call them. */
extern const char *const truth_keys[TRUTH_COUNT];

/* What the samples of a split become under a model, in its own way (averaged over the mirror image
 * where the model says so) and from the plain crop alone. */
struct evaluation {
    enum split split;
    struct metrics metrics; /* of the model's own way, by the labels */
    struct metrics ferplus; /* the same by FER+'s majority; count 0 without FER+ */
    double plain_accuracy;
    int duplicates;                     /* pictures of the split that stand in Training too */
    struct metrics unique[TRUTH_COUNT]; /* of the model's own way, without these pictures */
};

/* Fails where the model is not for such data. */
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
