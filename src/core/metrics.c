#include "metrics.h"

#include "labels.h"

#include <math.h>

int metrics_answers(const struct metrics *m, int answer)
{
    int sum = 0;
    for (int k = 0; k < m->class_count; k++)
        sum += m->confusion[k][answer];
    return sum;
}

static void per_class(struct metrics *m)
{
    int occurring = 0;
    double f1_sum = 0.0, recall_sum = 0.0;
    for (int k = 0; k < m->class_count; k++) {
        struct class_metrics *c = &m->per_class[k];
        int predicted = metrics_answers(m, k), right = m->confusion[k][k];
        for (int j = 0; j < m->class_count; j++)
            c->support += m->confusion[k][j];
        c->precision = predicted ? (double)right / predicted : 0.0;
        c->recall = c->support ? (double)right / c->support : 0.0;
        c->f1 = right ? 2.0 * c->precision * c->recall / (c->precision + c->recall) : 0.0;
        occurring += c->support > 0;
        f1_sum += c->f1;
        recall_sum += c->recall;
    }
    m->macro_f1 = occurring ? f1_sum / occurring : 0.0;
    m->macro_recall = occurring ? recall_sum / occurring : 0.0;
}

/* From sums to means, and their distance weighted by the bins' shares. */
static void calibration(struct metrics *m)
{
    for (int b = 0; b < CALIBRATION_BINS; b++) {
        struct calibration_bin *bin = &m->bins[b];
        if (bin->count == 0)
            continue;
        bin->confidence /= bin->count;
        bin->accuracy /= bin->count;
        m->ece += fabs(bin->accuracy - bin->confidence) * bin->count / m->count;
    }
}

void metrics_compute(struct metrics *m, int class_count, const int *truths, int count,
                     const float *probabilities)
{
    int hits = 0;
    *m = (struct metrics){.class_count = class_count};
    for (int i = 0; i < count; i++) {
        const float *p = probabilities + (size_t)i * (size_t)class_count;
        int truth = truths[i], guess = predicted_class(p, class_count);
        if (truth < 0)
            continue;
        int place = (int)(p[guess] * CALIBRATION_BINS);
        struct calibration_bin *bin =
            &m->bins[place < CALIBRATION_BINS ? place : CALIBRATION_BINS - 1];
        bin->count++;
        bin->confidence += p[guess];
        bin->accuracy += guess == truth;
        m->confusion[truth][guess]++;
        m->count++;
        m->log_loss -= log(fmax((double)p[truth], 1e-7));
        hits += guess == truth;
    }
    m->accuracy = m->count ? (double)hits / m->count : 0.0;
    m->log_loss = m->count ? m->log_loss / m->count : 0.0;
    calibration(m);
    per_class(m);
}
