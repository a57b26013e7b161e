#include "recipe.h"

#include "blas.h"
#include "shares.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const batching_names[BATCHING_COUNT] = {"mini-batch", "stochastic", "full"};

/* A list has no name. */
static const char *const prior_names[PRIOR_LIST] = {"uniform", "training"};

const struct prior prior_of_faces = {
    PRIOR_LIST, {0.85f, 1.0f, 0.8f, 1.1f, 1.4f, 1.4f, 1.65f}, LABEL_COUNT};

struct recipe recipe_default(void)
{
    return (struct recipe){
        .align = true,
        .verifier = true,
        .network_count = 1,
        .features = {FEATURES_PATCHES},
        .hidden_count = 3,
        .hidden = {{.units = 64, .shared = true}, {.units = 64, .window = 3}, {.units = 512}},
        .activation = ACTIVATION_RELU,
        .output = OUTPUT_SOFTMAX,
        .batch_norm = true,
        .step = {.loss = LOSS_CROSS_ENTROPY,
                 .dropout = 0.4f,
                 .input_dropout = 0.1f,
                 .batch_norm_momentum = 0.1f,
                 .bfloat16 = true},
        .batching = BATCHING_MINI_BATCH,
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
        .seed = 2,
        .threads = 2,
    };
}

bool recipe_weighs(const struct recipe *r)
{
    return r->output == OUTPUT_SOFTMAX && r->step.loss == LOSS_CROSS_ENTROPY;
}

int recipe_views(const struct recipe *r)
{
    return r->agreement > 0.0f ? 2 : 1;
}

/* Whether both views of a sample can stand in one batch, and their targets be weighted. */
static bool agreement_fits(const struct recipe *r)
{
    return recipe_weighs(r) && r->batching == BATCHING_MINI_BATCH && r->batch_size > 1 &&
           r->mixup == 0.0f;
}

int recipe_check(const struct recipe *r, struct error *error)
{
    if (r->class_weights > 0.0f && !recipe_weighs(r))
        return error_set(error, "--class-weights: only softmax with cross-entropy can weigh "
                                "classes; leave it out");
    if (r->prior.kind != PRIOR_TRAINING && r->output != OUTPUT_SOFTMAX)
        return error_set(error, "--prior: sigmoid outputs have no other prior than training; leave "
                                "it out");
    if (r->batch_norm && r->batching != BATCHING_MINI_BATCH)
        return error_set(error,
                         "batch normalization needs batches, and %s descent has none; add "
                         "--batch-norm off",
                         batching_names[r->batching]);
    if (r->agreement > 0.0f && !agreement_fits(r))
        return error_set(error,
                         "--agreement: needs softmax with cross-entropy, mini-batches of 2 or "
                         "more and no --mixup; leave it out");
    /* Of an odd number in batches of 2, one would be left alone. */
    if (r->batch_norm && r->batch_size < 3)
        return error_set(error,
                         "batch normalization needs 3 or more samples per batch; use a larger "
                         "--batch-size or --batch-norm off");
    for (int i = 0; i < r->hidden_count; i++)
        if (r->hidden[i].window > 0 &&
            (i == 0 || (!r->hidden[i - 1].shared && r->hidden[i - 1].window == 0)))
            return error_set(error,
                             "--hidden %d@%d: its windows lie on the positions of the layer before "
                             "it, which has none; put one such as @64 before it",
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

/* Of a square of so many positions; 0 where they make none. */
static int side_of(int positions)
{
    int side = 1;
    while (side * side < positions)
        side++;
    return side * side == positions ? side : 0;
}

struct mlp_config recipe_network(const struct recipe *r, const struct dataset *dataset, int index)
{
    struct features features = recipe_features(r, dataset, index);
    struct mlp_config config = {.layer_count = r->hidden_count + 1,
                                .activation = r->activation,
                                .output = r->output,
                                .batch_norm = r->batch_norm};
    config.units[0] = features_dim(&features);
    int side = 0; /* of the grid that the layer's input lies on, where it looks through windows */
    for (int i = 0; i < r->hidden_count; i++) {
        const struct hidden_layer *hidden = &r->hidden[i];
        config.positions[i] = hidden->shared ? features_positions(&features) : 1;
        if (hidden->window > 0)
            config.windows[i] = (struct mlp_windows){.grid = side, .side = hidden->window};
        side = hidden->shared ? side_of(features_positions(&features)) : side - hidden->window + 1;
        config.units[i + 1] =
            config.positions[i] * mlp_window_count(&config.windows[i]) * hidden->units;
    }
    config.units[config.layer_count] = dataset->class_count;
    return config;
}

/* ---- Options --------------------------------------------------------------------------------- */

static int read_features(const struct argument *row, char *list, void *target, struct error *error)
{
    struct recipe *recipe = target;
    recipe->network_count = 0;
    for (char *name, *rest = list; (name = strtok_r(rest, ",", &rest));) {
        int kind = arguments_choose(row, name, error);
        if (kind < 0)
            return -1;
        if (recipe->network_count == MODEL_MAX_NETWORKS)
            return error_set(error, "--features: at most %d can be combined", MODEL_MAX_NETWORKS);
        recipe->features[recipe->network_count++] = (enum feature_kind)kind;
    }
    if (recipe->network_count == 0)
        return error_set(error, "--features: name at least one kind, such as hog");
    return 0;
}

static void print_features(const void *target, char *text, size_t size)
{
    const struct recipe *r = target;
    size_t used = 0;
    for (int i = 0; i < r->network_count; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? "," : "",
                                 feature_kind_names[r->features[i]]);
}

/* Reads one of the layers, moves *text behind it. */
static int parse_layer(const char **text, struct hidden_layer *layer)
{
    char *end;
    *layer = (struct hidden_layer){0};
    long number = strtol(*text, &end, 10);
    if (*end == '@') {
        bool window = end > *text;
        if (window && (number < 1 || number > MLP_MAX_GRID))
            return -1;
        layer->window = window ? (int)number : 0;
        layer->shared = !window;
        *text = end + 1;
        number = strtol(*text, &end, 10);
    }
    if (end == *text || number < 1 || number > MLP_MAX_UNITS)
        return -1;
    layer->units = (int)number;
    *text = end;
    return 0;
}

static int read_hidden(const struct argument *row, char *list, void *target, struct error *error)
{
    struct recipe *recipe = target;
    const char *text = list;
    (void)row;
    recipe->hidden_count = 0;
    if (strcmp(text, "none") == 0)
        return 0;
    while (recipe->hidden_count < MLP_MAX_LAYERS - 1 &&
           parse_layer(&text, &recipe->hidden[recipe->hidden_count]) == 0) {
        recipe->hidden_count++;
        if (*text == '\0')
            return 0;
        if (*text++ != ',')
            break;
    }
    return error_set(error,
                     "--hidden %.40s: give the units of each hidden layer, such as 1024,512 or "
                     "@64,3@64,512, or none",
                     list);
}

static void print_hidden(const void *target, char *text, size_t size)
{
    const struct recipe *r = target;
    size_t used = 0;
    snprintf(text, size, "none");
    for (int i = 0; i < r->hidden_count; i++) {
        const struct hidden_layer *layer = &r->hidden[i];
        char window[12] = "";
        if (layer->window > 0)
            snprintf(window, sizeof window, "%d", layer->window);
        used += (size_t)snprintf(text + used, size - used, "%s%s%s%d", i ? "," : "", window,
                                 layer->shared || layer->window ? "@" : "", layer->units);
    }
}

static int read_prior(const struct argument *row, char *text, void *target, struct error *error)
{
    struct prior *prior = &((struct recipe *)target)->prior;
    (void)row;
    *prior = (struct prior){.kind = PRIOR_UNIFORM};
    while (prior->kind < PRIOR_LIST && strcmp(text, prior_names[prior->kind]) != 0)
        prior->kind++;
    if (prior->kind == PRIOR_LIST)
        prior->count = shares_parse(text, PRIOR_MAX_LIST, SHARES_LEAST, prior->list);
    if (prior->kind == PRIOR_LIST && prior->count == 0)
        return error_set(error,
                         "--prior %.60s: give uniform, training, or a number from 1e-6 to 1e6 for "
                         "each class, %d at most, such as 1,1,1,3,1,1,4",
                         text, PRIOR_MAX_LIST);
    return 0;
}

static void print_prior(const void *target, char *text, size_t size)
{
    const struct prior *prior = &((const struct recipe *)target)->prior;
    char number[ARGUMENT_NUMBER_SIZE];
    size_t used = 0;
    if (prior->kind != PRIOR_LIST)
        snprintf(text, size, "%s", prior_names[prior->kind]);
    for (int k = 0; prior->kind == PRIOR_LIST && k < prior->count; k++) {
        arguments_print_number((double)prior->list[k], true, number);
        used += (size_t)snprintf(text + used, size - used, "%s%s", k ? "," : "", number);
    }
}

#define AT(field)                  ARGUMENT_AT(struct recipe, field)
#define NUMBER(field, low, high)   ARGUMENT_NUMBER, AT(field), low, high
#define WHOLE(field, low, high)    ARGUMENT_WHOLE, AT(field), low, high
#define CHOICE(field, list, count) ARGUMENT_CHOICE, AT(field), .names = (list), .high = (count)
#define SWITCH(field)              CHOICE(field, argument_switch, 2)

/* clang-format off */
static const struct argument rows[] = {
    {.help = "Network"},
    {"align", NULL, "learn to bring faces upright, to one size and place (on for the seven "
     "expressions)", SWITCH(align)},
    {"verifier", NULL, "learn to tell faces from what only looks like one to the cascade (on for the "
     "seven expressions)", SWITCH(verifier)},
    {"features", NULL, "one of these, or several with commas between: one network for each, "
     "averaged (%)", ARGUMENT_OWN, AT(features), .names = feature_kind_names,
     .high = FEATURE_KIND_COUNT, .read = read_features, .print = print_features},
    {"hidden", "LIST", "units of each hidden layer, or none; @N: N at each position, which "
     "share weights; S@N: N for each window of SxS positions (%; pixels: 512,256)", ARGUMENT_OWN, AT(hidden),
     .read = read_hidden, .print = print_hidden},
    {"activation", NULL, "of hidden units (%)",
     CHOICE(activation, activation_names, ACTIVATION_COUNT)},
    {"output-activation", NULL, "of output units (%)",
     CHOICE(output, output_activation_names, OUTPUT_ACTIVATION_COUNT)},
    {"batch-norm", NULL, "batch normalization of the hidden layers (on for relu in mini-batches)",
     SWITCH(batch_norm)},
    {.help = "Training"},
    {"loss", NULL, "what is minimized (%)", CHOICE(step.loss, loss_names, LOSS_COUNT)},
    {"descent", NULL, "how many samples each update sees: some, one or all (%)",
     CHOICE(batching, batching_names, BATCHING_COUNT)},
    {"batch-size", "N", "samples in a mini-batch (%)", WHOLE(batch_size, 1, 8192)},
    {"optimizer", NULL, "how an update follows from the gradient (%)",
     CHOICE(optimizer, optimizer_names, OPTIMIZER_COUNT)},
    {"learning-rate", "X", "at its peak (adamw %, momentum 0.01, sgd 0.1)",
     NUMBER(learning_rate, 1e-9, 1e3)},
    {"epochs", "N", "passes over the training data (%)", WHOLE(epochs, 1, 1000000)},
    {"patience", "N", "stop after N epochs without better validation accuracy (0: never)",
     WHOLE(patience, 0, 1000000)},
    {"dropout", "X", "share of hidden units dropped (%)", NUMBER(step.dropout, 0, 0.95)},
    {"input-dropout", "X", "share of inputs, @N and S@N units dropped (%)",
     NUMBER(step.input_dropout, 0, 0.95)},
    {"weight-decay", "X", "how fast weights shrink (%; 0 for sgd and momentum)",
     NUMBER(weight_decay, 0, 10)},
    {"label-smoothing", "X", "share of each target spread over all classes (% for softmax with "
     "cross-entropy, else 0)", NUMBER(targets.smoothing, 0, 0.9)},
    {.help = "Targets and samples"},
    {"ferplus-share", "X", "share of each target that comes from votes and label together; the rest "
     "is the label (%)", NUMBER(targets.votes_share, 0, 1)},
    {"class-weights", "X", "each class counts by its share to the power of -X; 1: all classes count "
     "alike (% for softmax with cross-entropy, else 0)", NUMBER(class_weights, 0, 1)},
    {"prior", "uniform|training|LIST", "class prior that answers assume: uniform, training (that of "
     "the targets), or a number for each class (%; other classes: uniform; sigmoid "
     "outputs: training)", ARGUMENT_OWN, AT(prior), .read = read_prior, .print = print_prior},
    {"augment", "X", "strength of turning, scaling, shifting; 0: none, not even mirroring (%; 0 for "
     "IDX files)", NUMBER(augment.strength, 0, 3)},
    {"webcam", "X", "share of samples degraded as by a webcam: light, blur, noise, JPEG, something "
     "before the face (%; 0 with --augment 0)", NUMBER(augment.webcam, 0, 1)},
    {"agreement", "X", "see each sample twice in a batch, clean and by a webcam, and how much both "
     "answers are to agree; 0: once (%)", NUMBER(agreement, 0, 100)},
    {"mixup", "X", "alpha of mixup, blends of two samples; 0: none (%)", NUMBER(mixup, 0, 1)},
    {.help = "Run"},
    {"seed", "N", "seed of all random numbers (%)", WHOLE(seed, 0, INT_MAX)},
    {"threads", "N", "threads to use (default: one per processor)", WHOLE(threads, 1, BLAS_MAX_THREADS)},
    {"init-only", NULL, "write the untrained network and end", ARGUMENT_SET, AT(epochs), 0},
};
/* clang-format on */

struct argument_table recipe_table(struct recipe *recipe)
{
    return (struct argument_table){rows, sizeof rows / sizeof *rows, recipe, 0};
}

#define GIVEN(field) arguments_given(table, offsetof(struct recipe, field))

bool recipe_given(const struct argument_table *table)
{
    struct argument_table others = *table;
    for (int i = 0; i < table->count; i++)
        if (rows[i].at == offsetof(struct recipe, threads))
            others.given &= ~(UINT64_C(1) << i);
    return others.given != 0;
}

void recipe_complete(const struct argument_table *table)
{
    struct recipe *r = table->target;
    r->augment.flip = r->augment.strength > 0.0f;
    for (int i = 0; i < r->network_count && !GIVEN(hidden); i++) {
        const struct features f = features_default(r->features[i], FACE_SIDE, FACE_SIDE);
        if (features_dim(&f) == features_positions(&f)) { /* nothing that positions could share */
            r->hidden_count = 2;
            r->hidden[0] = (struct hidden_layer){.units = 512};
            r->hidden[1] = (struct hidden_layer){.units = 256};
        }
    }
    if (!GIVEN(class_weights) && !recipe_weighs(r))
        r->class_weights = 0.0f;
    if (!GIVEN(prior) && r->output != OUTPUT_SOFTMAX)
        r->prior.kind = PRIOR_TRAINING;
    if (!GIVEN(batch_norm))
        r->batch_norm = r->batching == BATCHING_MINI_BATCH && r->activation == ACTIVATION_RELU;
    if (!GIVEN(step.dropout) && !r->batch_norm)
        r->step.dropout = r->step.input_dropout = 0.0f;
    if (!GIVEN(weight_decay) && r->optimizer != OPTIMIZER_ADAMW)
        r->weight_decay = 0.0f;
    if (!GIVEN(targets.smoothing) &&
        (r->output != OUTPUT_SOFTMAX || r->step.loss != LOSS_CROSS_ENTROPY))
        r->targets.smoothing = 0.0f;
    if (!GIVEN(learning_rate))
        r->learning_rate = r->optimizer == OPTIMIZER_ADAMW      ? recipe_default().learning_rate
                           : r->optimizer == OPTIMIZER_MOMENTUM ? 1e-2f
                                                                : 1e-1f;
}

void recipe_print(const struct recipe *recipe, char *text, size_t size)
{
    struct recipe copy = *recipe;
    struct argument_table table = recipe_table(&copy);
    arguments_print(&table, text, size);
}

int recipe_parse(struct recipe *recipe, char *text, struct error *error)
{
    enum { MAX_WORDS = 64 };
    char *words[MAX_WORDS], program[] = "checkpoint", *rest = text;
    int count = 0;
    struct recipe parsed = recipe_default();
    struct argument_table table = recipe_table(&parsed);
    words[count++] = program;
    for (char *word; count < MAX_WORDS && (word = strtok_r(rest, " ", &rest));)
        words[count++] = word;
    if (count < MAX_WORDS && arguments_parse(&table, 1, count, words, NULL, error) < 0)
        return -1;
    if (count == MAX_WORDS || parsed.epochs == 0)
        return error_set(error, "these are not the options of a training");
    recipe_complete(&table);
    if (recipe_check(&parsed, error) < 0)
        return -1;
    *recipe = parsed;
    return 0;
}
