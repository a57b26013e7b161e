#include "consensus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 15, K = LABEL_COUNT };

/* How much the logarithm of the votes' likelihood counts. */
static const double trust = 0.5;

/* Natural logarithms of probabilities, by the expression shown. */
struct tables {
    double prior[K], label[K][K], votes[K][K];
};

/* Each row of counts, one added to each, becomes logarithms of its shares. */
static void take_logarithms(double counts[K][K])
{
    for (int t = 0; t < K; t++) {
        double sum = K;
        for (int k = 0; k < K; k++)
            sum += counts[t][k];
        for (int k = 0; k < K; k++)
            counts[t][k] = log((counts[t][k] + 1.0) / sum);
    }
}

/* The M step: the tables that suit the consensus on the Training pictures best. */
static void fit_tables(const struct dataset *d, const struct votes *votes, const float *consensus,
                       struct tables *tables)
{
    double sum = K;
    memset(tables, 0, sizeof *tables);
    for (int i = 0; i < d->count; i++) {
        const float *shares = consensus + (size_t)i * K;
        if (d->splits[i] != SPLIT_TRAINING)
            continue;
        sum += 1.0;
        for (int t = 0; t < K; t++) {
            double p = shares[t];
            tables->prior[t] += p;
            tables->label[t][d->labels[i]] += p;
            for (int k = 0; k < K; k++)
                tables->votes[t][k] += p * votes[i].classes[k];
        }
    }
    for (int t = 0; t < K; t++)
        tables->prior[t] = log((tables->prior[t] + 1.0) / sum);
    take_logarithms(tables->label);
    take_logarithms(tables->votes);
}

/* The E step for one picture: consensus[K]. */
static void apply_tables(const struct tables *tables, int label, const struct votes *votes,
                         float *consensus)
{
    double p[K], highest = -INFINITY, sum = 0.0;
    for (int t = 0; t < K; t++) {
        p[t] = tables->prior[t] + tables->label[t][label];
        for (int k = 0; k < K; k++)
            p[t] += trust * votes->classes[k] * tables->votes[t][k];
        highest = fmax(highest, p[t]);
    }
    for (int t = 0; t < K; t++)
        sum += p[t] = exp(p[t] - highest);
    for (int t = 0; t < K; t++)
        consensus[t] = (float)(p[t] / sum);
}

/* Half the label, half the shares of the votes. */
static void mix_label_and_votes(int label, const struct votes *v, float *consensus)
{
    int sum = 0;
    for (int k = 0; k < K; k++)
        sum += v->classes[k];
    for (int k = 0; k < K; k++)
        consensus[k] = sum ? 0.5f * (float)v->classes[k] / (float)sum : 0.0f;
    consensus[label] += sum ? 0.5f : 1.0f;
}

/* Gives overlooked classes back to their labels: where the consensus leaves a class a smaller share
 * of the Training pictures than the labels do, pictures with that label keep it by what is missing.
 */
static void keep_overlooked(const struct dataset *d, float *consensus)
{
    double labelled[K] = {0}, agreed[K] = {0};
    for (int i = 0; i < d->count; i++)
        if (d->splits[i] == SPLIT_TRAINING) {
            labelled[d->labels[i]] += 1.0;
            for (int k = 0; k < K; k++)
                agreed[k] += (double)consensus[(size_t)i * K + (size_t)k];
        }
    for (int i = 0; i < d->count; i++) {
        float *shares = consensus + (size_t)i * K;
        int label = d->labels[i];
        double missing = labelled[label] > 0.0 ? 1.0 - agreed[label] / labelled[label] : 0.0;
        float kept = (float)fmax(missing, 0.0);
        for (int k = 0; k < K; k++)
            shares[k] *= 1.0f - kept;
        shares[label] += kept;
    }
}

int consensus_fit(const struct dataset *d, const struct votes *votes, float **consensus,
                  struct error *error)
{
    float *made = malloc((size_t)d->count * K * sizeof *made);
    if (!made)
        return error_no_memory(error, "what labels and votes say together");
    for (int i = 0; i < d->count; i++)
        mix_label_and_votes(d->labels[i], &votes[i], made + (size_t)i * K);
    for (int round = 0; round < ROUNDS; round++) {
        struct tables tables;
        fit_tables(d, votes, made, &tables);
        for (int i = 0; i < d->count; i++)
            apply_tables(&tables, d->labels[i], &votes[i], made + (size_t)i * K);
    }
    keep_overlooked(d, made);
    *consensus = made;
    return 0;
}
