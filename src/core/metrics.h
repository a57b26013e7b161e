/* How good predictions are. */
#ifndef METRICS_H
#define METRICS_H

#include "model.h"

struct class_metrics {
    double precision, recall, f1; /* 0 where undefined */
    int support;                  /* samples whose truth is this class */
};

enum { CALIBRATION_BINS = 15 };

/* The answers whose confidence lies in one of CALIBRATION_BINS equal parts of 0..1. */
struct calibration_bin {
    int count;
    double confidence, accuracy; /* mean confidence, and share of right answers; 0 without any */
};

/* Against one truth. */
struct metrics {
    int count; /* samples that have a truth */
    int class_count;
    double accuracy;
    double macro_f1, macro_recall; /* unweighted means over the classes that occur; the latter is
                                      also called balanced accuracy */
    double log_loss; /* mean of -ln p of the true class, p being at least 1e-7; nats */
    double ece;      /* expected calibration error (Guo et al. 2017), bins of equal width */
    struct class_metrics per_class[MODEL_MAX_CLASSES];
    int confusion[MODEL_MAX_CLASSES][MODEL_MAX_CLASSES]; /* [true][predicted] */
    struct calibration_bin bins[CALIBRATION_BINS];
};

/* truths: count classes, -1 for a sample that is left out; probabilities: count x K. */
void metrics_compute(struct metrics *metrics, int class_count, const int *truths, int count,
                     const float *probabilities);

/* How many samples were given this answer. */
int metrics_answers(const struct metrics *metrics, int answer);

#endif
