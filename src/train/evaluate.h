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
    uint8_t *crops;  /* count x height x width */
    int *labels;     /* count */
    int *majority;   /* count */
    bool *duplicate; /* count: whether it is also in Training */
};

int evaluation_data_load(struct evaluation_data *data, const struct dataset *dataset,
                         enum split split, struct error *error);
void evaluation_data_free(struct evaluation_data *data);

/* What a picture shows: by the data set's label, by FER+'s majority, or by both where they agree,
 * the cleanest truth there is. */
enum truth { TRUTH_LABEL, TRUTH_FERPLUS, TRUTH_AGREED, TRUTH_COUNT };

/* "label", "ferplus", "agreed": what results call them. */
extern const char *const truth_keys[TRUTH_COUNT];

/* How a model does on a split: as it answers in use (averaged with the mirror image where the model
 * says so), and from the crop alone. */
struct evaluation {
    enum split split;
    struct metrics metrics;             /* as in use, by the labels */
    struct metrics ferplus;             /* the same by FER+'s majority; count 0 without FER+ */
    double plain_accuracy;              /* without the mirror image, by the labels */
    int duplicates;                     /* pictures of the split that are also in Training */
    struct metrics unique[TRUTH_COUNT]; /* as in use, without these pictures */
};

/* Fails if the model is not for such data. */
int evaluate(struct evaluation *evaluation, const struct model *model,
             const struct dataset *dataset, enum split split, struct error *error);

/* For a person: figures, a row for each class, the confusion matrix. */
void evaluation_print(const struct evaluation *evaluation, const struct dataset *dataset,
                      const char *model_path, FILE *out);

/* One JSON object on one line, to be freed; NULL without memory. `options`, unless NULL, are
 * included. */
char *evaluation_json(const struct evaluation *evaluation, const struct dataset *dataset,
                      const char *model_path, const char *options);

#endif
