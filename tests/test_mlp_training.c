/* What training adds to the perceptron, in single precision: cost, batch normalization, dropout,
 * threads. test_gradient.c has the way back. */
#include "mlp_training.h"
#include "testing.h"

static void cost_follows_its_formula(void **state)
{
    (void)state;
    static const float a[] = {0.2f, 0.7f, 0.1f, 0.5f, 0.25f, 0.25f};
    static const float y[] = {0, 1, 0, 0.5f, 0.25f, 0.25f};
    double squares = 0.0, softmax = 0.0, sigmoid = 0.0;
    for (int i = 0; i < 6; i++) {
        squares += 0.5 * (a[i] - y[i]) * (a[i] - y[i]);
        softmax -= y[i] * log(a[i]);
        sigmoid -= y[i] * log(a[i]) + (1.0 - y[i]) * log(1.0 - a[i]);
    }
    assert_string_equal(loss_names[LOSS_CROSS_ENTROPY], "cross-entropy");
    assert_string_equal(loss_names[LOSS_MSE], "mse");
    expect_close(mlp_cost(OUTPUT_SOFTMAX, LOSS_MSE, a, y, 2, 3), squares, 1e-7, "squares");
    expect_close(mlp_cost(OUTPUT_SIGMOID, LOSS_MSE, a, y, 2, 3), squares, 1e-7, "squares");
    expect_close(mlp_cost(OUTPUT_SOFTMAX, LOSS_CROSS_ENTROPY, a, y, 2, 3), softmax, 1e-6,
                 "cross-entropy of softmax");
    expect_close(mlp_cost(OUTPUT_SIGMOID, LOSS_CROSS_ENTROPY, a, y, 2, 3), sigmoid, 1e-6,
                 "cross-entropy of sigmoid");
    const float sure[] = {0, 1}, wrong[] = {1, 0}, broken[] = {NAN, 1};
    for (int o = 0; o < OUTPUT_ACTIVATION_COUNT; o++) {
        enum output_activation output = (enum output_activation)o;
        double cost = mlp_cost(output, LOSS_CROSS_ENTROPY, sure, wrong, 1, 2);
        expect_close(cost, -log(1e-30) * (o == OUTPUT_SIGMOID ? 2 : 1), 1e-4, "the largest cost");
        assert_true(mlp_cost(output, LOSS_CROSS_ENTROPY, sure, sure, 1, 2) == 0.0);
        assert_true(isnan(mlp_cost(output, LOSS_CROSS_ENTROPY, broken, wrong, 1, 2)));
    }
}

enum { UNITS = 6, NORM_BATCH = 16 };

/* A network that shows what its hidden layer computes: with beta 10 every normalized value is
 * positive and passes ReLU; the outputs are sigmoid((value - 10) / 2). */
static struct mlp window_on_hidden_layer(struct rng *rng)
{
    struct mlp_config config = {.layer_count = 2,
                                .units = {5, UNITS, UNITS},
                                .activation = ACTIVATION_RELU,
                                .output = OUTPUT_SIGMOID,
                                .batch_norm = true};
    struct error error;
    struct mlp mlp;
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    mlp_init(&mlp, rng);
    for (size_t i = 0; i < mlp.statistic_count; i++)
        mlp.statistics[i] = (float)rng_normal(rng);
    struct mlp_layer *last = &mlp.layers[1];
    memset(last->weights, 0, UNITS * UNITS * sizeof *last->weights);
    for (int n = 0; n < UNITS; n++) {
        mlp.layers[0].beta[n] = 10;
        last->weights[n * UNITS + n] = 0.5f;
        last->biases[n] = -5;
    }
    return mlp;
}

static void batch_norm_normalizes_and_keeps_statistics(void **state)
{
    (void)state;
    struct rng rng = rng_make(4, 0);
    struct error error;
    struct mlp mlp = window_on_hidden_layer(&rng);
    const struct mlp_layer *layer = &mlp.layers[0];
    struct mlp_training training = {.batch_norm_momentum = 0.25f};
    struct mlp_activations *activations;
    float inputs[NORM_BATCH * 5], old[2 * UNITS];
    for (int i = 0; i < NORM_BATCH * 5; i++)
        inputs[i] = (float)(2 + rng_normal(&rng));
    memcpy(old, mlp.statistics, sizeof old);
    assert_int_equal(mlp_activations_create(&activations, &mlp.config, NORM_BATCH, &error), 0);
    const float *outputs =
        mlp_forward_training(&mlp, activations, &training, inputs, NORM_BATCH, &rng);
    for (int n = 0; n < UNITS; n++) {
        double z[NORM_BATCH], mean = 0.0, variance = 0.0, sum = 0.0, squares = 0.0;
        for (int b = 0; b < NORM_BATCH; b++) {
            z[b] = 0.0;
            for (int m = 0; m < 5; m++)
                z[b] += layer->weights[n * 5 + m] * inputs[b * 5 + m];
            mean += z[b] / NORM_BATCH;
        }
        for (int b = 0; b < NORM_BATCH; b++)
            variance += (z[b] - mean) * (z[b] - mean) / NORM_BATCH;
        for (int b = 0; b < NORM_BATCH; b++) {
            double a = outputs[b * UNITS + n], normalized = 2 * log(a / (1 - a));
            expect_close(normalized, (z[b] - mean) / sqrt(variance + 1e-5), 1e-4, "normalized");
            sum += normalized;
            squares += normalized * normalized;
        }
        expect_close(sum / NORM_BATCH, 0.0, 1e-4, "mean of a normalized unit");
        expect_close(squares / NORM_BATCH, 1.0, 1e-3, "its variance");
        double unbiased = variance * NORM_BATCH / (NORM_BATCH - 1);
        expect_close(layer->mean[n], 0.75 * old[n] + 0.25 * mean, 1e-5, "running mean");
        expect_close(layer->var[n], 0.75 * old[UNITS + n] + 0.25 * unbiased, 1e-5,
                     "running variance");
    }
    mlp_activations_free(&activations);
    mlp_free(&mlp);
}

/* A layer that positions share is normalized over all of them, as if each were a sample of its own.
 */
static void batch_norm_counts_positions_as_samples(void **state)
{
    (void)state;
    enum { BATCH = 8, POSITIONS = 3, IN = 5, OUT = 4 };
    const struct mlp_config shared = {.layer_count = 2,
                                      .units = {POSITIONS * IN, POSITIONS * OUT, 2},
                                      .positions = {POSITIONS},
                                      .activation = ACTIVATION_TANH,
                                      .batch_norm = true};
    const struct mlp_config alone = {
        .layer_count = 2, .units = {IN, OUT, 2}, .activation = ACTIVATION_TANH, .batch_norm = true};
    const struct mlp_training training = {.batch_norm_momentum = 0.25f};
    struct mlp mlps[2];
    struct error error;
    struct rng rng = rng_make(8, 0);
    float inputs[BATCH * POSITIONS * IN], weights[OUT * IN];
    for (int i = 0; i < BATCH * POSITIONS * IN; i++)
        inputs[i] = (float)(1 + rng_normal(&rng));
    for (int i = 0; i < OUT * IN; i++)
        weights[i] = (float)rng_normal(&rng);
    for (int i = 0; i < 2; i++) {
        const struct mlp_config *config = i ? &alone : &shared;
        struct mlp_activations *activations;
        assert_int_equal(mlp_create(&mlps[i], config, &error), 0);
        assert_int_equal(mlp_activations_create(&activations, config, BATCH * POSITIONS, &error),
                         0);
        memcpy(mlps[i].layers[0].weights, weights, sizeof weights);
        mlp_forward_training(&mlps[i], activations, &training, inputs,
                             i ? BATCH * POSITIONS : BATCH, &rng);
        mlp_activations_free(&activations);
    }
    assert_int_equal(mlps[0].statistic_count, 2 * OUT);
    for (int i = 0; i < 2 * OUT; i++) {
        expect_close(mlps[0].statistics[i], mlps[1].statistics[i], 1e-5, "running statistic");
        assert_true(fabsf(mlps[0].statistics[i] - (float)(i / OUT)) > 1e-3f);
    }
    mlp_free(&mlps[0]);
    mlp_free(&mlps[1]);
}

/* Ones go through dropout alone and leave as sigmoid(0) where they were dropped. */
static void check_dropout(bool of_inputs, float share)
{
    enum { N = 60, BATCH = 512 };
    struct mlp_config config = {
        .layer_count = of_inputs ? 1 : 2, .activation = ACTIVATION_RELU, .output = OUTPUT_SIGMOID};
    struct mlp_training training = {.dropout = of_inputs ? 0 : share,
                                    .input_dropout = of_inputs ? share : 0};
    struct rng rng = rng_make(6, of_inputs), same = rng, bits = rng;
    struct error error;
    struct mlp mlp;
    struct mlp_activations *activations;
    static float ones[BATCH * N], outputs[BATCH * N];
    for (int i = 0; i < BATCH * N; i++)
        ones[i] = 1;
    for (int i = 0; i <= config.layer_count; i++)
        config.units[i] = N;
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    assert_int_equal(mlp_activations_create(&activations, &config, BATCH, &error), 0);
    for (int i = 0; i < config.layer_count; i++)
        for (int n = 0; n < N; n++)
            mlp.layers[i].weights[n * N + n] = 1;
    memcpy(outputs, mlp_forward_training(&mlp, activations, &training, ones, BATCH, &rng),
           sizeof outputs);
    assert_memory_equal(mlp_forward_training(&mlp, activations, &training, ones, BATCH, &same),
                        outputs, sizeof outputs);
    int dropped = 0, runs[9] = {0};
    uint64_t decisions = 0;                                /* each of 16 bits of its own */
    double kept = 1 / (1 + exp(-1 / (1 - (double)share))); /* scaled up: the expectation stays */
    for (int i = 0; i < BATCH * N; i++) {
        bool gone = outputs[i] == 0.5f;
        if (share > 0 && i % 4 == 0)
            decisions = rng_next(&bits);
        assert_int_equal(gone,
                         (double)(decisions >> i % 4 * 16 & 0xffff) < floor((double)share * 65536));
        if (!gone)
            expect_close(outputs[i], kept, 1e-6, "a kept unit");
        dropped += gone;
        for (int lag = 1; lag < 9 && i >= lag; lag++)
            runs[lag] += gone && outputs[i - lag] == 0.5f;
    }
    expect_close((double)dropped / (BATCH * N), share, 0.012, "share dropped");
    for (int lag = 1; lag < 9; lag++) /* neighbours are dropped independently */
        expect_close((double)runs[lag] / (BATCH * N), share * share, 0.02, "pairs dropped");
    mlp_activations_free(&activations);
    mlp_free(&mlp);
}

static void dropout_drops_its_share(void **state)
{
    (void)state;
    static const float shares[] = {0.0f, 0.1f, 0.3f, 0.5f, 0.9f};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        for (int of_inputs = 0; of_inputs < 2; of_inputs++)
            check_dropout(of_inputs, shares[i]);
}

/* Layers that positions share, or that look through windows, have a share of their own. */
static void positions_have_their_own_dropout(void **state)
{
    (void)state;
    enum { BATCH = 16, IN = 8, CLASSES = 3 };
    static const struct mlp_config configs[] = {
        {.layer_count = 2, .units = {IN, 16, CLASSES}},
        {.layer_count = 2, .units = {IN, 16, CLASSES}, .positions = {2}},
        {.layer_count = 2, .units = {IN, 16, CLASSES}, .windows = {{2, 1}}}};
    struct rng rng = rng_make(9, 0);
    float inputs[BATCH * IN], outputs[3][BATCH * CLASSES];
    for (int i = 0; i < BATCH * IN; i++)
        inputs[i] = (float)rng_normal(&rng);
    for (int i = 0; i < 3; i++) {
        struct mlp mlp;
        struct mlp_activations *activations;
        struct error error;
        assert_int_equal(mlp_create(&mlp, &configs[i], &error), 0);
        assert_int_equal(mlp_activations_create(&activations, &configs[i], BATCH, &error), 0);
        mlp_init(&mlp, &rng);
        for (int k = 0; k < 3; k++) {
            const struct mlp_training training = {.dropout = k == 1 ? 0.5f : 0,
                                                  .position_dropout = k == 2 ? 0.5f : 0};
            memcpy(outputs[k],
                   mlp_forward_training(&mlp, activations, &training, inputs, BATCH, &rng),
                   sizeof outputs[k]);
        }
        assert_int_equal(memcmp(outputs[1], outputs[0], sizeof outputs[0]) != 0, i == 0);
        assert_int_equal(memcmp(outputs[2], outputs[0], sizeof outputs[0]) != 0, i > 0);
        mlp_activations_free(&activations);
        assert_null(activations);
        mlp_free(&mlp);
    }
}

/* Any values: each by 16 bits of its own, and scaled up where it stays. */
static void values_are_dropped_like_units(void **state)
{
    (void)state;
    enum { COUNT = 1001 };
    struct rng rng = rng_make(10, 0), same = rng;
    float values[COUNT];
    uint64_t bits = 0;
    for (int i = 0; i < COUNT; i++)
        values[i] = 3;
    mlp_dropout(0.25f, &rng, values, COUNT);
    for (int i = 0; i < COUNT; i++) {
        if (i % 4 == 0)
            bits = rng_next(&same);
        bool gone = (bits >> i % 4 * 16 & 0xffff) < 65536 / 4;
        expect_close(values[i], gone ? 0 : 4, 1e-6, "a value");
    }
}

/* ---- Teams of threads ------------------------------------------------------------------------ */

enum { WIDE = 70, WIDE_BATCH = 20, WIDE_CLASSES = 5 };

/* All that a step leaves behind, one after the other. */
struct step {
    float outputs[WIDE_BATCH * WIDE_CLASSES], d_inputs[WIDE_BATCH * WIDE];
    float *gradients, *statistics;
};

static void make_step(struct mlp_config config, struct mlp_training training, struct step *step)
{
    static float inputs[WIDE_BATCH * WIDE], targets[WIDE_BATCH * WIDE_CLASSES];
    struct rng rng = rng_make(7, 0);
    struct error error;
    struct mlp mlp;
    struct mlp_activations *activations;
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    assert_int_equal(mlp_activations_create(&activations, &config, WIDE_BATCH, &error), 0);
    mlp_init(&mlp, &rng);
    for (size_t i = 0; i < mlp.parameter_count; i++) /* no bias, gamma or beta like its neighbour */
        mlp.parameters[i] += (float)(0.1 * rng_normal(&rng));
    for (int i = 0; i < WIDE_BATCH * WIDE; i++)
        inputs[i] = (float)rng_normal(&rng);
    for (int b = 0; b < WIDE_BATCH; b++)
        targets[b * WIDE_CLASSES + b % WIDE_CLASSES] = 1;
    step->gradients = calloc(mlp.parameter_count, sizeof(float));
    step->statistics = calloc(mlp.statistic_count + 1, sizeof(float));
    assert_non_null(step->gradients);
    assert_non_null(step->statistics);
    memcpy(step->outputs,
           mlp_forward_training(&mlp, activations, &training, inputs, WIDE_BATCH, &rng),
           sizeof step->outputs);
    mlp_backward(&mlp, activations, &training, inputs, targets, WIDE_BATCH, WIDE_BATCH,
                 step->gradients, step->d_inputs);
    if (mlp.statistic_count > 0)
        memcpy(step->statistics, mlp.statistics, mlp.statistic_count * sizeof(float));
    mlp_activations_free(&activations);
    mlp_free(&mlp);
}

static void expect_same(const float *values, const float *expected, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++)
        expect_close(values[i], expected[i], 1e-5, what);
}

/* A step does not depend on how many threads share it. */
static void threads_give_what_one_gives(void **state)
{
    (void)state;
    static const int sizes[] = {2, 3, 5};
    for (int i = 0; i < 4 * ACTIVATION_COUNT; i++) {
        struct mlp_config config = {.layer_count = 3,
                                    .units = {WIDE, 100, 50, WIDE_CLASSES},
                                    .activation = (enum activation)(i / 4),
                                    .batch_norm = i % 2};
        struct mlp_training training = {.dropout = i / 2 % 2 ? 0.3f : 0,
                                        .input_dropout = i / 2 % 2 ? 0.2f : 0,
                                        .batch_norm_momentum = 0.1f};
        size_t parameters = WIDE * 100 + 100 * 50 + 50 * WIDE_CLASSES + WIDE_CLASSES +
                            (config.batch_norm ? 2 : 1) * 150;
        struct step alone, shared;
        make_step(config, training, &alone);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            struct error error;
            assert_int_equal(thread_pool_create(&training.pool, sizes[s], &error), 0);
            make_step(config, training, &shared);
            thread_pool_free(&training.pool);
            expect_same(shared.outputs, alone.outputs, WIDE_BATCH * WIDE_CLASSES, "an output");
            expect_same(shared.d_inputs, alone.d_inputs, WIDE_BATCH * WIDE, "an input's gradient");
            expect_same(shared.gradients, alone.gradients, parameters, "a gradient");
            expect_same(shared.statistics, alone.statistics, config.batch_norm ? 300 : 0,
                        "a running statistic");
            free(shared.gradients);
            free(shared.statistics);
        }
        free(alone.gradients);
        free(alone.statistics);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cost_follows_its_formula),
        cmocka_unit_test(batch_norm_normalizes_and_keeps_statistics),
        cmocka_unit_test(batch_norm_counts_positions_as_samples),
        cmocka_unit_test(dropout_drops_its_share),
        cmocka_unit_test(positions_have_their_own_dropout),
        cmocka_unit_test(values_are_dropped_like_units),
        cmocka_unit_test(threads_give_what_one_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
