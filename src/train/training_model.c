#include "training.h"

#include "trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void describe(const struct training *t, struct model *model)
{
    const struct recipe *r = t->recipe;
    const char *const *names = split_names[t->dataset->source];
    struct model_notes *n = &model->notes;
    snprintf(n->training_data, sizeof n->training_data,
             "%s: %s %d pictures, %s %d for validation%s", source_names[t->dataset->source],
             names[SPLIT_TRAINING], t->count, names[SPLIT_VALIDATION], t->validation.count,
             t->dataset->votes ? "; FER+ votes" : "");
    recipe_print(r, n->recipe, sizeof n->recipe);
    snprintf(n->seed, sizeof n->seed, "%llu", (unsigned long long)r->seed);
    snprintf(n->accuracy, sizeof n->accuracy, "not measured: the training has not ended");
    snprintf(n->licence, sizeof n->licence, "MIT");
    time_t now = time(NULL);
    struct tm date;
    if (gmtime_r(&now, &date))
        strftime(n->date, sizeof n->date, "%Y-%m-%d", &date);
}

int training_save_model(const struct training *t, struct error *error)
{
    const struct training_state *s = &t->state;
    struct model *model = calloc(1, sizeof *model);
    if (!model)
        return error_no_memory(error, "the model");
    model->width = t->dataset->width;
    model->height = t->dataset->height;
    model->aligner = s->aligner;
    model->enlarge = s->aligner.parameters ? RECIPE_ENLARGE : 0.0f;
    model->verifier = s->verifier;
    model->network_count = t->recipe->network_count;
    model->class_count = t->dataset->class_count;
    model->mirror = t->recipe->augment.flip;
    for (int n = 0; n < model->network_count; n++)
        model->networks[n] = (struct network){.features = s->features[n], .mlp = s->best[n]};
    memcpy(model->prior, t->prior, sizeof model->prior);
    memcpy(model->class_names, t->dataset->class_names, sizeof model->class_names);
    describe(t, model);
    int result = model_save(model, t->files->output, error);
    free(model); /* all that it points to is the training's */
    return result;
}

void training_shares(const struct training *t, float *shares)
{
    int classes = t->dataset->class_count;
    const struct target_mix unsmoothed = {.votes_share = t->recipe->targets.votes_share};
    double sums[MODEL_MAX_CLASSES] = {0}, sum = 0.0;
    float target[MODEL_MAX_CLASSES];
    for (int i = 0; i < t->count; i++) {
        dataset_target(t->dataset, &unsmoothed, t->samples[i], target);
        for (int k = 0; k < classes; k++)
            sums[k] += (double)target[k];
    }
    for (int k = 0; k < classes; k++)
        sum += sums[k] = fmax(sums[k], 1.0);
    for (int k = 0; k < classes; k++)
        shares[k] = (float)(sums[k] / sum);
}

/* The prior that the recipe asks for; sum 1. */
static void wanted_prior(const struct training *t, float *prior)
{
    int classes = t->dataset->class_count;
    const struct prior *wanted = &t->recipe->prior;
    double sum = 0.0;
    for (int k = 0; k < classes; k++)
        sum += wanted->kind == PRIOR_LIST ? (double)wanted->list[k] : 1.0;
    for (int k = 0; k < classes; k++)
        prior[k] = (float)((wanted->kind == PRIOR_LIST ? (double)wanted->list[k] : 1.0) / sum);
}

int training_calibrate(struct training *t, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    int classes = t->dataset->class_count;
    double loss, accuracy, offsets[MODEL_MAX_CLASSES] = {0};
    float prior[MODEL_MAX_CLASSES];
    if (r->output != OUTPUT_SOFTMAX || !s->best[0].parameters)
        return 0;
    memcpy(prior, t->prior, sizeof prior);
    validation_run(&t->validation, s->best, &loss, &accuracy);
    if (r->prior.kind != PRIOR_TRAINING || (recipe_weighs(r) && r->class_weights > 0.0f))
        validation_logit_offsets(&t->validation, t->prior, offsets);
    if (r->prior.kind != PRIOR_TRAINING)
        wanted_prior(t, prior);
    if (validation_meet(&t->validation, s->best, s->features, &s->aligner, r->seed, error) < 0)
        return -1;
    double temperature = validation_temperature(&t->validation, offsets);
    for (int n = 0; n < r->network_count; n++) {
        struct mlp_layer *last = &s->best[n].layers[s->best[n].config.layer_count - 1];
        for (int i = 0; i < last->fan_in * last->outputs; i++)
            last->weights[i] /= (float)temperature;
        for (int k = 0; k < classes; k++)
            last->biases[k] = (real)((last->biases[k] - offsets[k]) / temperature +
                                     log((double)prior[k] / (double)t->prior[k]));
    }
    memcpy(t->prior, prior, sizeof prior);
    printf("temperature %.2f: confidence as on %s%s\n", temperature,
           split_names[t->dataset->source][SPLIT_VALIDATION],
           r->augment.webcam > 0.0f ? ", half of it seen by webcams" : "");
    return 0;
}
