/* What learning must be able to do: XOR by every combination with a hidden layer and by none
 * without; the same weights again from the same seed, and all but the same from more threads. */
#include "blas.h"
#include "evaluate.h"
#include "testing.h"
#include "training.h"

#include <fcntl.h>

/* ---- Logic gates ----------------------------------------------------------------------------- */

enum { SAMPLES = 4, HIDDEN = 16, BATCH = 2 /* of mini-batch descent */ };

static const float gate_inputs[SAMPLES][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
static const int xor_gate[SAMPLES] = {0, 1, 1, 0}, or_gate[SAMPLES] = {0, 1, 1, 1};

/* One way to learn. */
struct combination {
    enum activation activation;
    enum output_activation output;
    enum loss loss;
    enum optimizer_kind optimizer;
    enum batching batching;
    bool hidden;
};

enum {
    COMBINATIONS =
        ACTIVATION_COUNT * OUTPUT_ACTIVATION_COUNT * LOSS_COUNT * OPTIMIZER_COUNT * BATCHING_COUNT
};

static struct combination combination_of(int number, bool hidden)
{
    struct combination c = {.hidden = hidden};
    c.activation = (enum activation)(number % ACTIVATION_COUNT);
    number /= ACTIVATION_COUNT;
    c.output = (enum output_activation)(number % OUTPUT_ACTIVATION_COUNT);
    number /= OUTPUT_ACTIVATION_COUNT;
    c.loss = (enum loss)(number % LOSS_COUNT);
    number /= LOSS_COUNT;
    c.optimizer = (enum optimizer_kind)(number % OPTIMIZER_COUNT);
    c.batching = (enum batching)(number / OPTIMIZER_COUNT);
    return c;
}

/* One output for sigmoid, two for softmax. */
struct learner {
    struct combination how;
    struct mlp mlp;
    struct mlp_training training;
    struct mlp_activations *activations;
    struct mlp_workspace *workspace;
    struct optimizer optimizer;
    struct rng rng;
    int classes;
    float targets[SAMPLES][2];
    float gradients[2 * HIDDEN + HIDDEN + HIDDEN * 2 + 2];
};

static void learner_make(struct learner *l, struct combination how, const int *gate)
{
    struct error error;
    *l = (struct learner){.how = how, .training = {.loss = how.loss}, .rng = rng_make(1, 0)};
    l->classes = how.output == OUTPUT_SOFTMAX ? 2 : 1;
    struct mlp_config config = {.layer_count = 1,
                                .units = {2, l->classes},
                                .activation = how.activation,
                                .output = how.output};
    if (how.hidden) {
        config.layer_count = 2;
        config.units[1] = HIDDEN;
        config.units[2] = l->classes;
    }
    assert_int_equal(mlp_create(&l->mlp, &config, &error), 0);
    assert_true(l->mlp.parameter_count <= sizeof l->gradients / sizeof *l->gradients);
    assert_int_equal(mlp_activations_create(&l->activations, &config, SAMPLES, &error), 0);
    assert_int_equal(mlp_workspace_create(&l->workspace, &config, SAMPLES, &error), 0);
    assert_int_equal(
        optimizer_create(&l->optimizer, how.optimizer, 0, l->mlp.parameter_count, &error), 0);
    mlp_init(&l->mlp, &l->rng);
    for (int i = 0; i < SAMPLES; i++) {
        l->targets[i][0] = (float)(l->classes == 1 ? gate[i] : !gate[i]);
        l->targets[i][1] = (float)gate[i];
    }
}

static void learner_free(struct learner *l)
{
    mlp_free(&l->mlp);
    mlp_activations_free(&l->activations);
    mlp_workspace_free(&l->workspace);
    optimizer_free(&l->optimizer);
}

/* In proportion to the samples of an update; more where the gradients are small by nature, through
 * squared error or the sigmoid's slope, which is 1/4 at most. Adam's steps have no such scale. */
static float learning_rate(const struct combination *how)
{
    static const float rates[OPTIMIZER_COUNT] = {0.05f, 0.005f, 0.01f};
    static const int samples[BATCHING_COUNT] = {BATCH, 1, SAMPLES};
    float rate = rates[how->optimizer];
    if (how->optimizer == OPTIMIZER_ADAMW)
        return rate;
    rate *= how->loss == LOSS_MSE ? 4 : 1;
    rate *= how->activation == ACTIVATION_SIGMOID ? 4 : 1;
    return rate * (float)samples[how->batching];
}

/* The gradients of `count` samples, for a mean over `samples`. */
static void pass(struct learner *l, const int *order, int count, int samples)
{
    float inputs[SAMPLES * 2], targets[SAMPLES * 2];
    for (int i = 0; i < count; i++) {
        memcpy(inputs + (ptrdiff_t)i * 2, gate_inputs[order[i]], sizeof gate_inputs[0]);
        memcpy(targets + (ptrdiff_t)i * l->classes, l->targets[order[i]],
               (size_t)l->classes * sizeof *targets);
    }
    mlp_forward_training(&l->mlp, l->activations, &l->training, inputs, count, &l->rng);
    mlp_backward(&l->mlp, l->activations, &l->training, inputs, targets, count, samples,
                 l->gradients, NULL);
}

static void update(struct learner *l)
{
    optimizer_update(&l->optimizer, &l->mlp, l->gradients, learning_rate(&l->how));
}

static void learn_epoch(struct learner *l)
{
    int order[SAMPLES] = {0, 1, 2, 3};
    rng_shuffle(&l->rng, order, SAMPLES);
    int step = l->how.batching == BATCHING_STOCHASTIC ? 1 : BATCH;
    bool full = l->how.batching == BATCHING_FULL;
    for (int i = 0; i < SAMPLES; i += step) {
        pass(l, order + i, step, full ? SAMPLES : step);
        if (!full)
            update(l);
    }
    if (full)
        update(l);
}

/* How many samples are not answered right; *confidence is the least share that a right answer got,
 * below 1/2 where one is wrong. */
static int errors_of(struct learner *l, double *confidence)
{
    float outputs[SAMPLES * 2];
    int errors = 0;
    *confidence = 1.0;
    mlp_forward(&l->mlp, l->workspace, gate_inputs[0], SAMPLES, outputs);
    for (int i = 0; i < SAMPLES; i++) {
        double share = 1.0; /* of the output that fits its target least */
        for (int k = 0; k < l->classes; k++) {
            float a = outputs[i * l->classes + k];
            share = fmin(share, l->targets[i][k] > 0.5f ? a : 1.0f - a);
        }
        errors += !(share > 0.5);
        *confidence = fmin(*confidence, share);
    }
    return errors;
}

static const char *describe(const struct combination *c)
{
    static char text[160];
    snprintf(text, sizeof text, "%s, %s, %s, %s, %s descent, %s hidden layer",
             activation_names[c->activation], output_activation_names[c->output],
             loss_names[c->loss], optimizer_names[c->optimizer], batching_names[c->batching],
             c->hidden ? "with a" : "without");
    return text;
}

/* Learns until the least confidence exceeds `enough`. */
static void expect_learned(struct combination how, const int *gate, double enough, int epochs)
{
    struct learner l;
    double confidence;
    learner_make(&l, how, gate);
    int epoch = 0;
    do
        learn_epoch(&l);
    while ((errors_of(&l, &confidence) > 0 || confidence <= enough) && ++epoch < epochs);
    if (epoch == epochs)
        fail_msg("%s: confidence %.4f after %d epochs", describe(&how), confidence, epochs);
    learner_free(&l);
}

static void every_combination_learns_xor(void **state)
{
    (void)state;
    for (int i = 0; i < COMBINATIONS; i++)
        expect_learned(combination_of(i, true), xor_gate, 0.99, 50000);
}

/* No straight line parts XOR. The same learner finds the line of OR, so that the errors here are
 * XOR's. */
static void none_learns_xor_without_hidden_layer(void **state)
{
    (void)state;
    for (int i = 0; i < COMBINATIONS; i += ACTIVATION_COUNT) {
        struct combination how = combination_of(i, false);
        struct learner l;
        expect_learned(how, or_gate, 0.8, 2000);
        learner_make(&l, how, xor_gate);
        for (int epoch = 0; epoch < 2000; epoch++) {
            double confidence;
            learn_epoch(&l);
            if (errors_of(&l, &confidence) == 0)
                fail_msg("%s: no errors after %d epochs", describe(&how), epoch + 1);
        }
        learner_free(&l);
    }
}

/* ---- XOR in pictures, by the trainer --------------------------------------------------------- */

enum { SIDE = 8, COPIES = 20 };

/* The two halves of a picture are the gate's inputs; each case is there COPIES times for training
 * and once for validation. */
static struct dataset make_xor_pictures(void)
{
    struct dataset d = {.width = SIDE,
                        .height = SIDE,
                        .class_count = 2,
                        .class_names = {"equal", "different"},
                        .count = SAMPLES * (COPIES + 1)};
    size_t count = (size_t)d.count;
    d.pixels = malloc(count * SIDE * SIDE);
    d.labels = malloc(count);
    d.splits = malloc(count);
    assert_true(d.pixels && d.labels && d.splits);
    for (int i = 0; i < d.count; i++) {
        const float *inputs = gate_inputs[i % SAMPLES];
        uint8_t *picture = d.pixels + (size_t)i * SIDE * SIDE;
        d.labels[i] = (uint8_t)xor_gate[i % SAMPLES];
        d.splits[i] = i < SAMPLES ? SPLIT_VALIDATION : SPLIT_TRAINING;
        for (int p = 0; p < SIDE * SIDE; p++)
            picture[p] = inputs[p % SIDE >= SIDE / 2] > 0 ? 200 : 50;
    }
    return d;
}

/* The trainer's progress goes nowhere. */
static int train_silently(const struct recipe *recipe, const struct dataset *dataset,
                          const struct training_files *files, struct error *error)
{
    const volatile sig_atomic_t stop = 0;
    fflush(stdout);
    int terminal = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
    assert_true(terminal >= 0 && nowhere >= 0);
    dup2(nowhere, STDOUT_FILENO);
    int result = train(recipe, dataset, files, NULL, &stop, error);
    fflush(stdout);
    dup2(terminal, STDOUT_FILENO);
    close(terminal);
    close(nowhere);
    return result;
}

/* The share of the four cases that the trained model answers right. */
static double accuracy_of_trainer(const struct combination *how, const struct dataset *dataset)
{
    char output[2 * TEST_PATH_SIZE], checkpoint[2 * TEST_PATH_SIZE];
    struct recipe recipe = recipe_default();
    struct error error;
    struct model model;
    struct evaluation evaluation;
    recipe.align = recipe.verifier = false;
    recipe.network_count = 1;
    recipe.features[0] = FEATURES_PIXELS;
    recipe.hidden_count = how->hidden;
    recipe.hidden[0] = (struct hidden_layer){.units = HIDDEN};
    recipe.activation = how->activation;
    recipe.output = how->output;
    recipe.class_weights = 0;
    recipe.prior.kind = PRIOR_TRAINING;
    recipe.batch_norm = false;
    recipe.step = (struct mlp_training){.loss = how->loss};
    recipe.batching = how->batching;
    recipe.batch_size = BATCH;
    recipe.optimizer = how->optimizer;
    recipe.learning_rate = learning_rate(how) / 4; /* the inputs are longer than a gate's */
    recipe.weight_decay = 0;
    recipe.epochs = how->batching == BATCHING_FULL ? 150 : 30;
    recipe.augment = (struct augment){0};
    recipe.targets = (struct target_mix){0};
    recipe.threads = 1;
    snprintf(output, sizeof output, "%s", in_folder("xor.safetensors"));
    snprintf(checkpoint, sizeof checkpoint, "%s", in_folder("xor.checkpoint"));
    const struct training_files files = {
        .program = "test_learning", .output = output, .checkpoint = checkpoint};
    if (train_silently(&recipe, dataset, &files, &error) < 0 ||
        model_load(&model, output, &error) < 0 ||
        evaluate(&evaluation, &model, dataset, SPLIT_VALIDATION, &error) < 0)
        fail_msg("%s: %s", describe(how), error.text);
    model_free(&model);
    return evaluation.metrics.accuracy;
}

static void trainer_learns_xor_with_hidden_layer_alone(void **state)
{
    (void)state;
    struct dataset dataset = make_xor_pictures();
    for (int i = ACTIVATION_TANH; i < COMBINATIONS; i += ACTIVATION_COUNT) {
        struct combination how = combination_of(i, true);
        double accuracy = accuracy_of_trainer(&how, &dataset);
        if (accuracy < 1.0)
            fail_msg("%s: accuracy %.2f", describe(&how), accuracy);
        how.hidden = false;
        accuracy = accuracy_of_trainer(&how, &dataset);
        if (accuracy > 0.75)
            fail_msg("%s: accuracy %.2f", describe(&how), accuracy);
    }
    dataset_free(&dataset);
}

/* ---- The same weights again ------------------------------------------------------------------ */

enum { ROWS = 128, INPUTS = 1984, CLASSES = 7 };

/* A network nearly as large as the product's, with layers that narrow and one that widens, since
 * threads share rows or columns, whichever are more; and how it is trained. */
struct large {
    enum optimizer_kind optimizer;
    uint64_t seed;
    int threads, updates;
    struct mlp mlp; /* afterwards; the caller ends it with mlp_free */
};

static void train_large(struct large *large)
{
    static float inputs[ROWS * INPUTS], targets[ROWS * CLASSES];
    const struct mlp_config config = {.layer_count = 3,
                                      .units = {INPUTS, 256, 512, CLASSES},
                                      .activation = ACTIVATION_RELU,
                                      .output = OUTPUT_SOFTMAX,
                                      .batch_norm = true};
    struct mlp_training training = {
        .dropout = 0.3f, .input_dropout = 0.1f, .batch_norm_momentum = 0.1f};
    struct rng rng = rng_make(large->seed, 0);
    struct error error;
    struct mlp_activations *activations;
    struct optimizer optimizer;
    assert_int_equal(mlp_create(&large->mlp, &config, &error), 0);
    assert_int_equal(mlp_activations_create(&activations, &config, ROWS, &error), 0);
    assert_int_equal(
        optimizer_create(&optimizer, large->optimizer, 0.05f, large->mlp.parameter_count, &error),
        0);
    assert_int_equal(thread_pool_create(&training.pool, large->threads, &error), 0);
    optimizer.pool = training.pool;
    float *gradients = calloc(large->mlp.parameter_count, sizeof *gradients);
    assert_non_null(gradients);
    mlp_init(&large->mlp, &rng);
    for (int i = 0; i < ROWS; i++)
        targets[i * CLASSES + i % CLASSES] = 1;
    for (int i = 0; i < ROWS * INPUTS; i++)
        inputs[i] = (float)rng_uniform(&rng);
    for (int u = 0; u < large->updates; u++) {
        mlp_forward_training(&large->mlp, activations, &training, inputs, ROWS, &rng);
        mlp_backward(&large->mlp, activations, &training, inputs, targets, ROWS, ROWS, gradients,
                     NULL);
        optimizer_update(&optimizer, &large->mlp, gradients, 0.001f);
    }
    free(gradients);
    thread_pool_free(&training.pool);
    optimizer_free(&optimizer);
    mlp_activations_free(&activations);
}

static bool same_bits(const struct mlp *a, const struct mlp *b)
{
    return memcmp(a->parameters, b->parameters, a->parameter_count * sizeof *a->parameters) == 0 &&
           memcmp(a->statistics, b->statistics, a->statistic_count * sizeof *a->statistics) == 0;
}

static void same_seed_and_threads_give_the_same_weights(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct large first = {
            .optimizer = OPTIMIZER_ADAMW, .seed = 1, .threads = threads, .updates = 3};
        struct large other = first;
        other.seed = 2;
        train_large(&first);
        train_large(&other);
        assert_false(same_bits(&first.mlp, &other.mlp));
        mlp_free(&other.mlp);
        for (int again = 0; again < 3; again++) {
            struct large same = first;
            train_large(&same);
            if (!same_bits(&first.mlp, &same.mlp))
                fail_msg("%d threads: other weights the second time", threads);
            mlp_free(&same.mlp);
        }
        mlp_free(&first.mlp);
    }
}

/* Between the parameters of two networks. */
static double distance(const struct mlp *a, const struct mlp *b)
{
    double sum = 0.0;
    for (size_t i = 0; i < a->parameter_count; i++) {
        double d = (double)a->parameters[i] - b->parameters[i];
        sum += d * d;
    }
    return sqrt(sum);
}

/* Measured by how far the weights moved, not by their size. */
static void threads_agree_to_rounding(void **state)
{
    (void)state;
    for (int kind = 0; kind < OPTIMIZER_COUNT; kind++) {
        struct large start = {.optimizer = (enum optimizer_kind)kind, .seed = 1, .threads = 1};
        struct large one = start, two = start, three = start;
        one.updates = two.updates = three.updates = 3;
        two.threads = 2;
        three.threads = 3;
        train_large(&start);
        train_large(&one);
        train_large(&two);
        train_large(&three);
        double moved = distance(&one.mlp, &start.mlp);
        double apart = fmax(distance(&one.mlp, &two.mlp), distance(&one.mlp, &three.mlp));
        /* Adam makes a step of full size also from a gradient that is little but rounding. */
        double allowed = kind == OPTIMIZER_ADAMW ? 1e-3 : 1e-4;
        assert_true(moved > 0.001);
        if (!(apart <= allowed * moved))
            fail_msg("%s: moved by %g, apart by %g", optimizer_names[kind], moved, apart);
        mlp_free(&start.mlp);
        mlp_free(&one.mlp);
        mlp_free(&two.mlp);
        mlp_free(&three.mlp);
    }
}

int main(void)
{
    blas_use_one_thread();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_learns_xor),
        cmocka_unit_test(none_learns_xor_without_hidden_layer),
        cmocka_unit_test(trainer_learns_xor_with_hidden_layer_alone),
        cmocka_unit_test(same_seed_and_threads_give_the_same_weights),
        cmocka_unit_test(threads_agree_to_rounding),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
