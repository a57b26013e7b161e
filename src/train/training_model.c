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
    bool by_votes = t->dataset->votes && r->targets.votes_share > 0.5f;
    snprintf(n->accuracy, sizeof n->accuracy, "%.4f on %s%s, plain crop", t->state.best_accuracy,
             names[SPLIT_VALIDATION], by_votes ? " by FER+'s majority" : "");
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

/* What is taken off each class's logit: the lean of this training, which the seed decides, and
 * `balance` of the logarithm of the class's share in the targets. Classes with less than their part
 * of 1/K are all treated alike: to favour the rarest more would cost too much. */
static void balance_offsets(const struct training *t, double *offsets)
{
    int classes = t->dataset->class_count;
    double shares[MODEL_MAX_CLASSES] = {0};
    float target[MODEL_MAX_CLASSES];
    for (int i = 0; i < t->count; i++) {
        dataset_target(t->dataset, &t->recipe->targets, t->samples[i], target);
        for (int k = 0; k < classes; k++)
            shares[k] += (double)target[k] / t->count;
    }
    validation_lean(&t->validation, shares, offsets);
    for (int k = 0; k < classes; k++)
        offsets[k] += t->recipe->balance * log(fmax(shares[k], 1.0 / classes) * classes);
}

void training_calibrate(struct training *t)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    double loss, accuracy, offsets[MODEL_MAX_CLASSES] = {0};
    if (r->output != OUTPUT_SOFTMAX || !s->best[0].parameters)
        return;
    validation_run(&t->validation, s->best, &loss, &accuracy);
    if (r->balance > 0.0f)
        balance_offsets(t, offsets);
    double temperature = validation_temperature(&t->validation, offsets);
    for (int n = 0; n < r->network_count; n++) {
        struct mlp_layer *last = &s->best[n].layers[s->best[n].config.layer_count - 1];
        for (int i = 0; i < last->inputs * last->outputs; i++)
            last->weights[i] /= (float)temperature;
        for (int k = 0; k < last->outputs; k++)
            last->biases[k] = (real)((last->biases[k] - offsets[k]) / temperature);
    }
    printf("temperature %.2f: confidence as on %s\n", temperature,
           split_names[t->dataset->source][SPLIT_VALIDATION]);
}
