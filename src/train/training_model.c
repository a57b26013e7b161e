#include "training.h"

#include <math.h>
#include <stdio.h>
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
    snprintf(n->accuracy, sizeof n->accuracy, "%.4f on %s, plain crop", t->state.best_accuracy,
             names[SPLIT_VALIDATION]);
    snprintf(n->licence, sizeof n->licence, "MIT");
    time_t now = time(NULL);
    struct tm date;
    if (gmtime_r(&now, &date))
        strftime(n->date, sizeof n->date, "%Y-%m-%d", &date);
}

int training_save_model(const struct training *t, struct error *error)
{
    const struct training_state *s = &t->state;
    struct model model = {.width = t->dataset->width,
                          .height = t->dataset->height,
                          .aligner = s->aligner,
                          .network_count = t->recipe->network_count,
                          .class_count = t->dataset->class_count,
                          .mirror = t->recipe->augment.flip};
    for (int n = 0; n < model.network_count; n++)
        model.networks[n] = (struct network){s->features[n], s->best[n]};
    memcpy(model.class_names, t->dataset->class_names, sizeof model.class_names);
    describe(t, &model);
    return model_save(&model, t->files->output, error);
}

/* The logarithm of each class's share in the training targets, less their mean: log_shares[K]. */
static void count_shares(const struct training *t, double *log_shares)
{
    int classes = t->dataset->class_count;
    double sums[MODEL_MAX_CLASSES] = {0}, mean = 0.0;
    float target[MODEL_MAX_CLASSES];
    for (int i = 0; i < t->count; i++) {
        dataset_target(t->dataset, &t->recipe->targets, t->samples[i], target);
        for (int k = 0; k < classes; k++)
            sums[k] += target[k];
    }
    for (int k = 0; k < classes; k++) {
        log_shares[k] = log(sums[k] / t->count + 1e-9);
        mean += log_shares[k] / classes;
    }
    for (int k = 0; k < classes; k++)
        log_shares[k] -= mean;
}

void training_calibrate(struct training *t)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    double loss, accuracy, log_shares[MODEL_MAX_CLASSES];
    if (r->output != OUTPUT_SOFTMAX || !s->best[0].parameters)
        return;
    validation_run(&t->validation, s->best, &loss, &accuracy);
    double temperature = validation_temperature(&t->validation);
    count_shares(t, log_shares);
    for (int n = 0; n < r->network_count; n++) {
        struct mlp_layer *last = &s->best[n].layers[s->best[n].config.layer_count - 1];
        for (int i = 0; i < last->inputs * last->outputs; i++)
            last->weights[i] /= (float)temperature;
        for (int k = 0; k < last->outputs; k++)
            last->biases[k] = (real)(last->biases[k] / temperature - r->balance * log_shares[k]);
    }
    printf("temperature %.2f: confidence as on %s\n", temperature,
           split_names[t->dataset->source][SPLIT_VALIDATION]);
}
