#include "metrics.h"

#include <math.h>

enum { CALIBRATION_BINS = 15 };

int predicted_class(const float *probabilities, int class_count)
{
    int best = 0;
    for (int k = 1; k < class_count; k++)
        if (probabilities[k] > probabilities[best])
            best = k;
    return best;
}

int votes_majority(const struct votes *votes)
{
    for (int k = 0; k < LABEL_COUNT; k++)
        if (2 * votes->classes[k] > votes->total)
            return k;
    return -1;
}

static void per_class(struct metrics *m)
{
    int occurring = 0;
    double f1_sum = 0.0;
    for (int k = 0; k < m->class_count; k++) {
        struct class_metrics *c = &m->per_class[k];
        int predicted = 0, right = m->confusion[k][k];
        for (int j = 0; j < m->class_count; j++) {
            c->support += m->confusion[k][j];
            predicted += m->confusion[j][k];
        }
        c->precision = predicted ? (double)right / predicted : 0.0;
        c->recall = c->support ? (double)right / c->support : 0.0;
        c->f1 = right ? 2.0 * c->precision * c->recall / (c->precision + c->recall) : 0.0;
        occurring += c->support > 0;
        f1_sum += c->support ? c->f1 : 0.0;
    }
    m->macro_f1 = occurring ? f1_sum / occurring : 0.0;
}

void metrics_compute(struct metrics *m, const struct dataset *dataset, const int *indices,
                     int count, const float *probabilities)
{
    double confidence[CALIBRATION_BINS] = {0}, right[CALIBRATION_BINS] = {0};
    int hits = 0, ferplus_hits = 0;
    *m = (struct metrics){.count = count, .class_count = dataset->class_count};
    for (int i = 0; i < count; i++) {
        const float *p = probabilities + (size_t)i * (size_t)m->class_count;
        int truth = dataset->labels[indices[i]], guess = predicted_class(p, m->class_count);
        int bin = (int)(p[guess] * CALIBRATION_BINS);
        bin = bin < CALIBRATION_BINS ? bin : CALIBRATION_BINS - 1;
        confidence[bin] += p[guess];
        right[bin] += guess == truth;
        hits += guess == truth;
        m->confusion[truth][guess]++;
        int majority = dataset->votes ? votes_majority(&dataset->votes[indices[i]]) : -1;
        m->ferplus_count += majority >= 0;
        ferplus_hits += majority >= 0 && majority == guess;
    }
    m->accuracy = count ? (double)hits / count : 0.0;
    for (int b = 0; b < CALIBRATION_BINS && count; b++)
        m->ece += fabs(right[b] - confidence[b]) / count;
    if (m->ferplus_count)
        m->ferplus_accuracy = (double)ferplus_hits / m->ferplus_count;
    per_class(m);
}
