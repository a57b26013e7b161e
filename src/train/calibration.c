#include "calibration.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The classes' shares in the targets, before smoothing: shares[K], sum 1; of a class without any,
 * as if it had one picture. */
static void measure_shares(const struct dataset *dataset, const struct target_mix *unsmoothed,
                           const int *samples, int count, float *shares)
{
    int classes = dataset->class_count;
    double sums[MODEL_MAX_CLASSES] = {0}, sum = 0.0;
    float target[MODEL_MAX_CLASSES];
    for (int i = 0; i < count; i++) {
        dataset_target(dataset, unsmoothed, samples[i], target);
        for (int k = 0; k < classes; k++)
            sums[k] += (double)target[k];
    }
    for (int k = 0; k < classes; k++)
        sum += sums[k] = fmax(sums[k], 1.0);
    for (int k = 0; k < classes; k++)
        shares[k] = (float)(sums[k] / sum);
}

void calibration_weigh(const struct recipe *r, const struct dataset *dataset, const int *samples,
                       int count, float *weights, float *prior)
{
    const struct target_mix unsmoothed = {.votes_share = r->targets.votes_share};
    float target[MODEL_MAX_CLASSES];
    double sum = 0.0, power = recipe_weighs(r) ? -(double)r->class_weights : 0.0;
    measure_shares(dataset, &unsmoothed, samples, count, prior);
    for (int i = 0; i < count; i++) {
        double rarity = 0.0;
        dataset_target(dataset, &unsmoothed, samples[i], target);
        for (int k = 0; k < dataset->class_count; k++)
            rarity += (double)target[k] * pow((double)prior[k], power);
        weights[samples[i]] = (float)rarity;
        sum += rarity;
    }
    for (int i = 0; i < count; i++)
        weights[samples[i]] *= (float)(count / sum);
}

/* The prior that the recipe asks for; sum 1. */
static void wanted_prior(const struct prior *wanted, int classes, float *prior)
{
    double sum = 0.0;
    for (int k = 0; k < classes; k++)
        sum += wanted->kind == PRIOR_LIST ? (double)wanted->list[k] : 1.0;
    for (int k = 0; k < classes; k++)
        prior[k] = (float)((wanted->kind == PRIOR_LIST ? (double)wanted->list[k] : 1.0) / sum);
}

int calibrate(struct training_state *s, struct validation *validation, float *prior,
              struct error *error)
{
    const struct recipe *r = validation->recipe;
    int classes = validation->dataset->class_count;
    double loss, accuracy, offsets[MODEL_MAX_CLASSES] = {0};
    float wanted[MODEL_MAX_CLASSES];
    if (r->output != OUTPUT_SOFTMAX || !s->best[0].parameters)
        return 0;
    memcpy(wanted, prior, sizeof wanted);
    validation_run(validation, s->best, &loss, &accuracy);
    if (r->prior.kind != PRIOR_TRAINING || (recipe_weighs(r) && r->class_weights > 0.0f))
        validation_logit_offsets(validation, prior, offsets);
    if (r->prior.kind != PRIOR_TRAINING)
        wanted_prior(&r->prior, classes, wanted);
    if (validation_meet(validation, s->best, s->features, &s->aligner, r->seed, error) < 0)
        return -1;
    double temperature = validation_temperature(validation, offsets);
    for (int n = 0; n < r->network_count; n++) {
        struct mlp_layer *last = &s->best[n].layers[s->best[n].config.layer_count - 1];
        for (int i = 0; i < last->fan_in * last->outputs; i++)
            last->weights[i] /= (float)temperature;
        for (int k = 0; k < classes; k++)
            last->biases[k] = (real)((last->biases[k] - offsets[k]) / temperature +
                                     log((double)wanted[k] / (double)prior[k]));
    }
    memcpy(prior, wanted, sizeof wanted);
    printf("temperature %.2f: confidence as on %s%s\n", temperature,
           split_names[validation->dataset->source][SPLIT_VALIDATION],
           r->augment.webcam > 0.0f ? ", half of it seen by webcams" : "");
    return 0;
}
