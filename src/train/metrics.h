/* How good predictions are. */
#ifndef METRICS_H
#define METRICS_H

#include "dataset.h"

struct class_metrics {
    double precision, recall, f1; /* 0 where undefined */
    int support;                  /* samples whose label is this class */
};

struct metrics {
    int count, class_count;
    double accuracy;
    double macro_f1; /* unweighted mean over the classes that occur */
    double ece;      /* expected calibration error (Guo et al. 2017), 15 bins of equal width */
    struct class_metrics per_class[MODEL_MAX_CLASSES];
    int confusion[MODEL_MAX_CLASSES][MODEL_MAX_CLASSES]; /* [true][predicted] */
    int ferplus_count;       /* samples with a FER+ majority for one of the seven; 0 without FER+ */
    double ferplus_accuracy; /* share of these whose prediction is the majority */
};

/* The most probable class; the first of equals. */
int predicted_class(const float *probabilities, int class_count);

/* The class that has more than half of all votes, or -1: FER+'s majority. */
int votes_majority(const struct votes *votes);

/* probabilities: count x K for samples indices[count] of the data set. */
void metrics_compute(struct metrics *metrics, const struct dataset *dataset, const int *indices,
                     int count, const float *probabilities);

#endif
