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

/* From how often each was counted, and once more; `sums` in place. */
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
static void begin(int label, const struct votes *v, float *consensus)
{
    int sum = 0;
    for (int k = 0; k < K; k++)
        sum += v->classes[k];
    for (int k = 0; k < K; k++)
        consensus[k] = sum ? 0.5f * (float)v->classes[k] / (float)sum : 0.0f;
    consensus[label] += sum ? 0.5f : 1.0f;
}

int consensus_fit(const struct dataset *d, const struct votes *votes, float **consensus,
                  struct error *error)
{
    float *made = malloc((size_t)d->count * K * sizeof *made);
    if (!made)
        return error_no_memory(error, "what labels and votes say together");
    for (int i = 0; i < d->count; i++)
        begin(d->labels[i], &votes[i], made + (size_t)i * K);
    for (int round = 0; round < ROUNDS; round++) {
        struct tables tables;
        fit_tables(d, votes, made, &tables);
        for (int i = 0; i < d->count; i++)
            apply_tables(&tables, d->labels[i], &votes[i], made + (size_t)i * K);
    }
    *consensus = made;
    return 0;
}
