#include "recipe.h"

#include <stdio.h>
#include <stdlib.h>

const char *const descent_names[DESCENT_COUNT] = {"mini-batch", "stochastic", "full"};

const char *const prior_names[PRIOR_LIST] = {"uniform", "training"};

const struct prior prior_of_faces = {
    PRIOR_LIST, {0.9f, 0.6f, 0.65f, 1.0f, 1.1f, 1.1f, 1.25f}, LABEL_COUNT};

struct recipe recipe_default(void)
{
    return (struct recipe){
        .align = true,
        .verifier = true,
        .network_count = 1,
        .features = {FEATURES_PATCHES},
        .hidden_count = 3,
        .hidden = {{.units = 64, .places = true}, {.units = 64, .window = 3}, {.units = 512}},
        .activation = ACTIVATION_RELU,
        .output = OUTPUT_SOFTMAX,
        .batch_norm = true,
        .step = {.loss = LOSS_CROSS_ENTROPY,
                 .dropout = 0.4f,
                 .input_dropout = 0.1f,
                 .batch_norm_momentum = 0.1f,
                 .bfloat16 = true},
        .descent = DESCENT_MINI_BATCH,
        .batch_size = 256,
        .optimizer = OPTIMIZER_ADAMW,
        .learning_rate = 6e-3f,
        .weight_decay = 0.05f,
        .epochs = 45,
        .patience = 0,
        .augment = {.strength = 0.4f, .flip = true, .webcam = 0.3f},
        .targets = {.votes_share = 0.75f, .smoothing = 0.1f},
        .class_weights = 0.5f,
        .prior = {.kind = PRIOR_UNIFORM},
        .seed = 1,
        .threads = 2,
    };
}

bool recipe_weighs(const struct recipe *r)
{
    return r->output == OUTPUT_SOFTMAX && r->step.loss == LOSS_CROSS_ENTROPY;
}

int recipe_check(const struct recipe *r, struct error *error)
{
    if (r->batch_norm && r->descent != DESCENT_MINI_BATCH)
        return error_set(error,
                         "batch normalization needs batches, and %s descent has none; add "
                         "--batch-norm off",
                         descent_names[r->descent]);
    /* Of an odd number in batches of 2, one would be left alone. */
    if (r->batch_norm && r->batch_size < 3)
        return error_set(error,
                         "batch normalization needs 3 or more samples per batch; use a larger "
                         "--batch-size or --batch-norm off");
    for (int i = 0; i < r->hidden_count; i++)
        if (r->hidden[i].window > 0 &&
            (i == 0 || (!r->hidden[i - 1].places && r->hidden[i - 1].window == 0)))
            return error_set(error,
                             "--hidden %d@%d: its windows are those of the layer before it, which "
                             "has no places; put one such as @64 before it",
                             r->hidden[i].window, r->hidden[i].units);
    if (r->patience > 0 && r->optimizer == OPTIMIZER_ADAMW)
        return error_set(error,
                         "--patience ends a training early, but adamw's learning rate is planned "
                         "over all epochs; use fewer --epochs, or sgd or momentum");
    return 0;
}

struct features recipe_features(const struct recipe *r, const struct dataset *dataset, int index)
{
    return features_default(r->features[index], dataset->width, dataset->height);
}

/* Of a square of so many tokens; 0 where they make none. */
static int side_of(int tokens)
{
    int side = 1;
    while (side * side < tokens)
        side++;
    return side * side == tokens ? side : 0;
}

struct mlp_config recipe_network(const struct recipe *r, const struct dataset *dataset, int index)
{
    struct features features = recipe_features(r, dataset, index);
    struct mlp_config config = {.layer_count = r->hidden_count + 1,
                                .activation = r->activation,
                                .output = r->output,
                                .batch_norm = r->batch_norm};
    config.units[0] = features_dim(&features);
    int side = 0; /* of the grid that the layer's input lies on, where it does */
    for (int i = 0; i < r->hidden_count; i++) {
        const struct hidden_layer *hidden = &r->hidden[i];
        config.tokens[i] = hidden->places ? features_tokens(&features) : 1;
        if (hidden->window > 0)
            config.windows[i] = (struct mlp_windows){.grid = side, .side = hidden->window};
        side = hidden->places       ? side_of(features_tokens(&features))
               : hidden->window > 0 ? side - hidden->window + 1
                                    : 0;
        config.units[i + 1] =
            config.tokens[i] * mlp_window_count(&config.windows[i]) * hidden->units;
    }
    config.units[config.layer_count] = dataset->class_count;
    return config;
}

enum { NUMBER_SIZE = PRIOR_TEXT_SIZE / PRIOR_MAX_LIST };

/* The fewest digits that read back as the same float. */
static const char *exact(float value, char text[NUMBER_SIZE])
{
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, NUMBER_SIZE, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return text;
}

void prior_print(const struct prior *prior, char *text, size_t size)
{
    char number[NUMBER_SIZE];
    size_t used = 0;
    if (prior->kind != PRIOR_LIST)
        snprintf(text, size, "%s", prior_names[prior->kind]);
    for (int k = 0; prior->kind == PRIOR_LIST && k < prior->count; k++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", k ? "," : "",
                                 exact(prior->list[k], number));
}

void recipe_print(const struct recipe *r, char *text, size_t size)
{
    char hidden[MLP_MAX_LAYERS * 12] = "none", features[64] = "", numbers[10][NUMBER_SIZE];
    char prior[PRIOR_TEXT_SIZE];
    size_t used = 0;
    for (int i = 0; i < r->hidden_count; i++) {
        const struct hidden_layer *layer = &r->hidden[i];
        used += (size_t)snprintf(hidden + used, sizeof hidden - used, "%s", i ? "," : "");
        if (layer->window > 0)
            used += (size_t)snprintf(hidden + used, sizeof hidden - used, "%d", layer->window);
        used += (size_t)snprintf(hidden + used, sizeof hidden - used, "%s%d",
                                 layer->places || layer->window ? "@" : "", layer->units);
    }
    used = 0;
    for (int i = 0; i < r->network_count; i++)
        used += (size_t)snprintf(features + used, sizeof features - used, "%s%s", i ? "," : "",
                                 feature_kind_names[r->features[i]]);
    prior_print(&r->prior, prior, sizeof prior);
    snprintf(
        text, size,
        "--align %s --verifier %s --features %s --hidden %s --activation %s --output-activation %s "
        "--batch-norm %s "
        "--loss %s --descent %s --batch-size %d --optimizer %s --learning-rate %s "
        "--epochs %d --patience %d --dropout %s --input-dropout %s --weight-decay %s "
        "--label-smoothing %s --ferplus-share %s --class-weights %s --prior %s --augment %s "
        "--webcam %s "
        "--mixup %s --seed %llu "
        "--threads %d",
        r->align ? "on" : "off", r->verifier ? "on" : "off", features, hidden,
        activation_names[r->activation], output_activation_names[r->output],
        r->batch_norm ? "on" : "off", loss_names[r->step.loss], descent_names[r->descent],
        r->batch_size, optimizer_names[r->optimizer], exact(r->learning_rate, numbers[0]),
        r->epochs, r->patience, exact(r->step.dropout, numbers[1]),
        exact(r->step.input_dropout, numbers[2]), exact(r->weight_decay, numbers[3]),
        exact(r->targets.smoothing, numbers[4]), exact(r->targets.votes_share, numbers[5]),
        exact(r->class_weights, numbers[9]), prior, exact(r->augment.strength, numbers[6]),
        exact(r->augment.webcam, numbers[8]), exact(r->mixup, numbers[7]),
        (unsigned long long)r->seed, r->threads);
}
