/* The network's gradients against signed central differences of its cost, one parameter at a time,
 * in double precision (REAL_IS_DOUBLE). */
#include "mlp_training.h"
#include "testing.h"

enum { BATCH = 8, INPUTS = 18, CLASSES = 3, MAX_COUNT = 340 };

/* A network, a batch, and what belongs to them. All values follow from the seed. */
struct bench {
    struct mlp mlp;
    struct mlp_training training;
    struct mlp_activations *activations;
    struct rng masks; /* copied for each evaluation, so that all drop the same units */
    size_t count;     /* parameters */
    real inputs[BATCH * INPUTS], targets[BATCH * CLASSES];
    real d_inputs[BATCH * INPUTS];
    real *gradients; /* count */
};

/* Each hidden layer is shared by `positions`. */
static struct mlp_config config_of(int hidden_layers, int positions)
{
    static const int hidden[] = {10, 8};
    struct mlp_config config = {.layer_count = hidden_layers + 1, .units = {INPUTS}};
    memcpy(config.units + 1, hidden, (size_t)hidden_layers * sizeof *hidden);
    config.units[hidden_layers + 1] = CLASSES;
    for (int i = 0; i < hidden_layers; i++)
        config.positions[i] = positions;
    return config;
}

/* Windows of 2x2 on a grid of 3x3, which lie over each other: of the inputs, or of a layer that
 * positions share, or of windows again. */
static struct mlp_config config_with_windows(int kind)
{
    static const struct mlp_config configs[] = {
        {.layer_count = 2, .units = {INPUTS, 8, CLASSES}, .windows = {{3, 2}}},
        {.layer_count = 3,
         .units = {INPUTS, 18, 12, CLASSES},
         .positions = {9},
         .windows = {{0, 0}, {3, 2}}},
        {.layer_count = 3, .units = {INPUTS, 16, 8, CLASSES}, .windows = {{3, 2}, {2, 1}}},
    };
    return configs[kind];
}

static void bench_make(struct bench *bench, const struct mlp_config *config,
                       struct mlp_training training, uint64_t seed)
{
    struct error error;
    struct rng rng = rng_make(seed, 0);
    *bench = (struct bench){.training = training, .masks = rng_make(seed, 1)};
    assert_int_equal(mlp_create(&bench->mlp, config, &error), 0);
    assert_int_equal(mlp_activations_create(&bench->activations, config, BATCH, &error), 0);
    bench->count = bench->mlp.parameter_count;
    bench->gradients = calloc(bench->count, sizeof(real));
    assert_non_null(bench->gradients);
    /* Added to what mlp_create made, so that gamma lies around 1; no value is special. */
    for (size_t i = 0; i < bench->count; i++)
        bench->mlp.parameters[i] += 0.4 * rng_normal(&rng);
    for (int i = 0; i < BATCH * INPUTS; i++)
        bench->inputs[i] = rng_normal(&rng);
    for (int b = 0; b < BATCH; b++) {
        real *row = bench->targets + b * CLASSES, sum = 0;
        for (int k = 0; k < CLASSES; k++)
            sum += row[k] = 0.05 + rng_uniform(&rng);
        for (int k = 0; k < CLASSES; k++)
            row[k] *= (0.5 + 0.3 * b) / sum; /* each sample has a weight of its own */
    }
}

static void bench_free(struct bench *bench)
{
    mlp_free(&bench->mlp);
    mlp_activations_free(&bench->activations);
    free(bench->gradients);
}

/* J, the mean cost over the batch. */
static double cost_of(struct bench *bench)
{
    struct rng masks = bench->masks;
    const real *outputs = mlp_forward_training(&bench->mlp, bench->activations, &bench->training,
                                               bench->inputs, BATCH, &masks);
    return mlp_cost(bench->mlp.config.output, bench->training.loss, outputs, bench->targets, BATCH,
                    CLASSES) /
           BATCH;
}

static void back_propagate(struct bench *bench)
{
    cost_of(bench);
    mlp_backward(&bench->mlp, bench->activations, &bench->training, bench->inputs, bench->targets,
                 BATCH, BATCH, bench->gradients, bench->d_inputs);
}

static double cost_at(struct bench *bench, real *value, real at)
{
    real middle = *value;
    *value = at;
    double cost = cost_of(bench);
    *value = middle;
    return cost;
}

/* The cost's slope along one value, measured in two ways. */
struct slope {
    real fine; /* central differences at two distances: an error that falls with distance^4 */
    real near; /* within a thousandth of that distance: coarser, but rarely reaches a ReLU's kink */
};

static void measure_slopes(struct bench *bench, real *values, size_t count, struct slope *slopes)
{
    const real h = 1e-4, tiny = 1e-7;
    for (size_t i = 0; i < count; i++) {
        real *value = &values[i], x = *value;
        real once = cost_at(bench, value, x + h) - cost_at(bench, value, x - h);
        real twice = cost_at(bench, value, x + 2 * h) - cost_at(bench, value, x - 2 * h);
        real close = cost_at(bench, value, x + tiny) - cost_at(bench, value, x - tiny);
        slopes[i] = (struct slope){(8 * once - twice) / (12 * h), close / (2 * tiny)};
    }
}

/* Signed, relative to the larger of the two; differences of tiny slopes drown in rounding. */
static bool agrees(enum activation activation, real gradient, struct slope slope)
{
    real larger = fmax(fmax(fabs(gradient), fabs(slope.fine)), 1e-3);
    if (fabs(gradient - slope.fine) <= 1e-6 * larger)
        return true;
    return activation == ACTIVATION_RELU && fabs(gradient - slope.near) <= 1e-4 * larger;
}

static void expect_agreement(enum activation activation, const real *gradients,
                             const struct slope *slopes, size_t count, const char *combination,
                             const char *what)
{
    real steepest = 0;
    for (size_t i = 0; i < count; i++) {
        if (!agrees(activation, gradients[i], slopes[i]))
            fail_msg("%s: gradient %zu of %s is %.12g, the cost's slope %.12g", combination, i,
                     what, gradients[i], slopes[i].fine);
        steepest = fmax(steepest, fabs(slopes[i].fine));
    }
    if (steepest < 1e-5)
        fail_msg("%s: %s do not move the cost, so nothing was checked", combination, what);
}

static void check(const struct mlp_config *config, struct mlp_training training, uint64_t seed)
{
    struct bench bench;
    char combination[128];
    struct slope slopes[MAX_COUNT];
    snprintf(combination, sizeof combination,
             "%s, %s, %s, %d hidden, %d positions, windows of %d and %d, batch norm %d, dropout %g",
             activation_names[config->activation], output_activation_names[config->output],
             loss_names[training.loss], config->layer_count - 1, config->positions[0],
             config->windows[0].side, config->windows[1].side, config->batch_norm,
             training.dropout);
    bench_make(&bench, config, training, seed);
    assert_true(bench.count <= MAX_COUNT);
    back_propagate(&bench);
    measure_slopes(&bench, bench.mlp.parameters, bench.count, slopes);
    for (int i = 0; i < config->layer_count; i++) {
        const struct mlp_layer *layer = &bench.mlp.layers[i];
        const struct {
            const real *values;
            size_t count;
            const char *name;
        } blocks[] = {
            {layer->weights, (size_t)(layer->fan_in * layer->outputs), "weights"},
            {layer->biases, (size_t)layer->outputs, "biases"},
            {layer->gamma, (size_t)layer->outputs, "gamma"},
            {layer->beta, (size_t)layer->outputs, "beta"},
        };
        for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
            if (!blocks[b].values)
                continue;
            size_t first = (size_t)(blocks[b].values - bench.mlp.parameters);
            expect_agreement(config->activation, bench.gradients + first, slopes + first,
                             blocks[b].count, combination, blocks[b].name);
        }
    }
    measure_slopes(&bench, bench.inputs, BATCH * INPUTS, slopes);
    expect_agreement(config->activation, bench.d_inputs, slopes, BATCH * INPUTS, combination,
                     "inputs");
    bench_free(&bench);
}

static void every_gradient_of_every_combination(void **state)
{
    (void)state;
    for (int i = 0; i < ACTIVATION_COUNT * OUTPUT_ACTIVATION_COUNT * LOSS_COUNT * 2 * 8 * 4; i++) {
        int rest = i / 8, kind = i % 8;
        struct mlp_config config = kind < 3   ? config_of(kind, 1)
                                   : kind < 5 ? config_of(kind - 2, 2)
                                              : config_with_windows(kind - 5);
        config.activation = (enum activation)(rest % ACTIVATION_COUNT);
        rest /= ACTIVATION_COUNT;
        config.output = (enum output_activation)(rest % OUTPUT_ACTIVATION_COUNT);
        rest /= OUTPUT_ACTIVATION_COUNT;
        struct mlp_training training = {.loss = (enum loss)(rest % LOSS_COUNT)};
        rest /= LOSS_COUNT;
        config.batch_norm = rest % 2;
        rest /= 2;
        training.dropout = rest % 2 ? 0.3 : 0;
        training.input_dropout = training.position_dropout = rest / 2 ? 0.2 : 0;
        training.batch_norm_momentum = 0.1;
        check(&config, training, (uint64_t)i);
    }
}

/* Each kind of mistake in any single gradient must be seen. */
static void check_the_checker(enum activation activation)
{
    static const real factors[] = {-1, 0, 0.5, 2, BATCH, 1.0 / BATCH, 1.001};
    struct mlp_config config = config_of(2, 1);
    struct bench bench;
    struct slope slopes[MAX_COUNT];
    config.activation = activation;
    config.batch_norm = true;
    bench_make(&bench, &config, (struct mlp_training){.loss = LOSS_CROSS_ENTROPY}, 3);
    back_propagate(&bench);
    measure_slopes(&bench, bench.mlp.parameters, bench.count, slopes);
    size_t checked = 0;
    for (size_t i = 0; i < bench.count; i++) {
        assert_true(agrees(activation, bench.gradients[i], slopes[i]));
        if (activation == ACTIVATION_RELU && fabs(bench.gradients[i]) < 1e-3)
            continue; /* of a unit that rests for almost all samples */
        checked++;
        for (size_t f = 0; f < sizeof factors / sizeof *factors; f++)
            if (agrees(activation, bench.gradients[i] * factors[f], slopes[i]))
                fail_msg("gradient %zu, %g, passes with the factor %g", i, bench.gradients[i],
                         factors[f]);
    }
    assert_true(checked > bench.count * 2 / 3);
    bench_free(&bench);
}

static void checker_sees_each_mistake(void **state)
{
    (void)state;
    for (int a = 0; a < ACTIVATION_COUNT; a++)
        check_the_checker((enum activation)a);
}

static void expect_accumulation(struct mlp_config config)
{
    struct bench bench;
    config.batch_norm = true;
    bench_make(&bench, &config, (struct mlp_training){.dropout = 0.3, .input_dropout = 0.2}, 4);
    real once[MAX_COUNT], d_inputs[BATCH * INPUTS];
    back_propagate(&bench);
    memcpy(once, bench.gradients, bench.count * sizeof *once);
    memcpy(d_inputs, bench.d_inputs, sizeof d_inputs);
    /* The second time without inputs' gradients, which change nothing else. */
    mlp_backward(&bench.mlp, bench.activations, &bench.training, bench.inputs, bench.targets, BATCH,
                 BATCH, bench.gradients, NULL);
    for (size_t i = 0; i < bench.count; i++)
        expect_close(bench.gradients[i], 2 * once[i], 1e-14, "twice the gradient");
    back_propagate(&bench);
    assert_memory_equal(bench.d_inputs, d_inputs, sizeof d_inputs);
    bench_free(&bench);
}

static void gradients_accumulate(void **state)
{
    (void)state;
    expect_accumulation(config_of(2, 1));
    expect_accumulation(config_with_windows(1));
}

/* Full descent: the batches' gradients, each divided by all samples, add up to the whole's. */
static void chunks_add_up_to_the_whole(void **state)
{
    (void)state;
    static const int chunks[] = {3, 1, 4};
    struct mlp_config config = config_of(1, 1);
    struct bench bench;
    bench_make(&bench, &config, (struct mlp_training){.loss = LOSS_MSE}, 5);
    back_propagate(&bench);
    real sums[MAX_COUNT] = {0}, d_inputs[BATCH * INPUTS];
    int first = 0;
    for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
        const real *inputs = bench.inputs + first * INPUTS;
        mlp_forward_training(&bench.mlp, bench.activations, &bench.training, inputs, chunks[c],
                             &bench.masks);
        mlp_backward(&bench.mlp, bench.activations, &bench.training, inputs,
                     bench.targets + first * CLASSES, chunks[c], BATCH, sums,
                     d_inputs + first * INPUTS);
        first += chunks[c];
    }
    assert_int_equal(first, BATCH);
    for (size_t i = 0; i < bench.count; i++)
        expect_close(sums[i], bench.gradients[i], 1e-14, "sum over the chunks");
    for (int i = 0; i < BATCH * INPUTS; i++)
        expect_close(d_inputs[i], bench.d_inputs[i], 1e-14, "input's gradient of its chunk");
    bench_free(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_gradient_of_every_combination),
        cmocka_unit_test(checker_sees_each_mistake),
        cmocka_unit_test(gradients_accumulate),
        cmocka_unit_test(chunks_add_up_to_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
