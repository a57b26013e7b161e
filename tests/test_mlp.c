/* The perceptron in single precision, as the programs use it, against slow and obvious references
 * in double. test_mlp_training.c has the training side. */
#include "bfloat16.h"
#include "gemm.h"
#include "mlp_training.h"
#include "quantized_layer.h"
#include "testing.h"

static float *random_values(struct rng *rng, size_t count)
{
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)rng_normal(rng);
    return values;
}

/* ---- Products, activations ------------------------------------------------------------------- */

static void check_gemm(struct thread_pool *pool, struct rng *rng, enum gemm_form form, int m, int n,
                       int k, float beta)
{
    float *a = random_values(rng, (size_t)(m * k)), *b = random_values(rng, (size_t)(k * n));
    float *c = random_values(rng, (size_t)(m * n)), *old = malloc((size_t)(m * n) * sizeof *old);
    assert_non_null(old);
    for (int i = 0; i < m * n; i++)
        old[i] = beta == 0 ? c[i] = NAN : c[i];
    gemm(pool, form, m, n, k, a, b, beta, c);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            double sum = beta == 0 ? 0.0 : (double)beta * old[i * n + j];
            for (int l = 0; l < k; l++)
                sum += (double)a[form == GEMM_ATB ? l * m + i : i * k + l] *
                       b[form == GEMM_ABT ? j * k + l : l * n + j];
            expect_close(c[i * n + j], sum, 1e-4, "an element of the product");
        }
    free(a);
    free(b);
    free(c);
    free(old);
}

static void gemm_agrees_with_three_loops(void **state)
{
    (void)state;
    static const float betas[] = {0, 1, -0.5f};
    struct thread_pool *pool;
    struct error error;
    assert_int_equal(thread_pool_create(&pool, 3, &error), 0);
    struct rng rng = rng_make(1, 0);
    for (int i = 0; i < 270; i++) {
        int m = i % 7 ? between(&rng, 1, 40) : 1, n = i % 5 ? between(&rng, 1, 40) : 1;
        int k = i % 4 ? between(&rng, 1, 40) : 1;
        check_gemm(i % 2 ? pool : NULL, &rng, (enum gemm_form)(i % 3), m, n, k, betas[i / 3 % 3]);
    }
    for (int i = 0; i < 36; i++) { /* large enough to be shared out, by rows and by columns */
        int m = between(&rng, 65, 200), n = between(&rng, 65, 200), k = between(&rng, 250, 300);
        check_gemm(pool, &rng, (enum gemm_form)(i % 3), m, n, k, betas[i / 3 % 3]);
    }
    for (int i = 0; i < 108; i++) { /* one and two rows, which have a way of their own, and three */
        int n = i % 2 ? between(&rng, 1, 40) : between(&rng, 65, 600);
        int k = i % 4 < 2 ? between(&rng, 1, 40) : between(&rng, 250, 600);
        check_gemm(i % 2 ? pool : NULL, &rng, (enum gemm_form)(i / 4 % 3), i % 3 + 1, n, k,
                   betas[i / 12 % 3]);
    }
    thread_pool_free(&pool);
    assert_null(pool);
}

/* Every value within what rounding to eight bits leaves of its terms; the same for any pool. */
static void check_bfloat16(struct thread_pool *pool, struct rng *rng, enum gemm_form form, int m,
                           int n, int k, float beta)
{
    size_t size = (size_t)(m * n) * sizeof(float);
    float *a = random_values(rng, (size_t)(m * k)), *b = random_values(rng, (size_t)(k * n));
    float *old = random_values(rng, (size_t)(m * n)), *c = malloc(size), *alone = malloc(size);
    assert_non_null(c);
    assert_non_null(alone);
    for (int i = 0; i < m * n && beta == 0; i++)
        old[i] = NAN;
    memcpy(c, old, size);
    memcpy(alone, old, size);
    gemm_bfloat16(pool, form, m, n, k, a, b, beta, c);
    gemm_bfloat16(NULL, form, m, n, k, a, b, beta, alone);
    if (bfloat16_available())
        assert_memory_equal(c, alone, size);
    for (int i = 0; i < m * n; i++) {
        double sum = beta == 0 ? 0.0 : (double)beta * old[i], squares = 0.0;
        for (int l = 0; l < k; l++) {
            double term = (double)a[form == GEMM_ATB ? l * m + i / n : i / n * k + l] *
                          b[form == GEMM_ABT ? i % n * k + l : l * n + i % n];
            sum += term;
            squares += term * term;
        }
        /* deviations of the terms' errors add up as random ones do */
        if (!(fabs(c[i] - sum) <= 1e-4 + 6 * 0.0033 * sqrt(squares)))
            fail_msg("%d x %d x %d: %g, not %g", m, n, k, (double)c[i], sum);
    }
    free(a);
    free(b);
    free(c);
    free(old);
    free(alone);
}

static void bfloat16_agrees_with_three_loops(void **state)
{
    (void)state;
    static const float betas[] = {0, 1, -0.5f};
    static const int sizes[][3] = {{97, 33, 513},  {5, 600, 700}, {1000, 70, 31}, {130, 130, 130},
                                   {12, 32, 4096}, {800, 515, 3}, {3, 1031, 511}, {96, 64, 256}};
    struct thread_pool *pool;
    struct error error;
    struct rng rng = rng_make(2, 0);
    assert_int_equal(thread_pool_create(&pool, 3, &error), 0);
    for (int i = 0; i < 9; i++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            check_bfloat16(pool, &rng, (enum gemm_form)(i % 3), sizes[s][0], sizes[s][1],
                           sizes[s][2], betas[i / 3]);
    thread_pool_free(&pool);
}

/* A quantized layer against one in doubles: within what rounding leaves; each row the same,
 * bit for bit, alone and among others. Extreme weights and rows bring sums to the end of their
 * bits. */
static void check_quantized(struct rng *rng, int inputs, int outputs, int rows, bool extreme,
                            float unit)
{
    size_t size = (size_t)inputs;
    float *x = random_values(rng, size * (size_t)rows);
    float *weights = random_values(rng, size * (size_t)outputs);
    for (size_t i = 0; i < size * (size_t)rows; i++)
        x[i] *= unit;
    for (size_t i = 0; i < size * (size_t)outputs; i++)
        weights[i] *= unit;
    for (size_t i = 0; extreme && i < size * (size_t)rows; i++)
        x[i] = i / size % 2 ? 3 : -3;
    for (size_t i = 0; extreme && i < size * (size_t)outputs; i++)
        weights[i] = i / size % 3 ? 7 : -7;
    if (!extreme)
        x[0] = 8 * unit; /* the largest of its row */
    float *sums = malloc((size_t)rows * (size_t)outputs * sizeof *sums);
    float *alone = malloc((size_t)outputs * sizeof *alone);
    void *scratch = malloc(quantized_layer_scratch(inputs));
    struct quantized_layer *layer;
    struct error error;
    assert_int_equal(quantized_layer_create(&layer, 1, inputs, outputs, weights, &error), 0);
    quantized_layer_forward(layer, 0, scratch, x, rows, sums);
    for (int r = 0; r < rows; r++) {
        quantized_layer_forward(layer, 0, scratch, x + (size_t)r * size, 1, alone);
        assert_memory_equal(alone, sums + r * outputs, (size_t)outputs * sizeof *alone);
        for (int n = 0; n < outputs; n++) {
            double sum = 0.0, squares = 0.0;
            for (int i = 0; i < inputs; i++) {
                double term = (double)weights[n * inputs + i] * x[r * inputs + i];
                sum += term;
                squares += term * term;
            }
            if (!(fabs(alone[n] - sum) <= 2e-3 * sqrt(squares) + 6e-4 * fabs(sum)))
                fail_msg("%d inputs, %d outputs, row %d: %g, not %g", inputs, outputs, r,
                         (double)alone[n], sum);
        }
    }
    quantized_layer_free(&layer);
    assert_null(layer);
    free(x);
    free(weights);
    free(sums);
    free(alone);
    free(scratch);
}

static void whole_numbers_agree_with_doubles(void **state)
{
    (void)state;
    struct rng rng = rng_make(3, 0);
    for (int i = 0; i < 60; i++) {
        int inputs = between(&rng, 1, 400), outputs = between(&rng, 1, 70);
        int rows = i % 20 ? between(&rng, 1, 12) : between(&rng, 95, 200);
        check_quantized(&rng, inputs, outputs, rows, i % 3 == 0, i % 4 == 1 ? 1e-9f : 1);
    }
    check_quantized(&rng, 7776, 33, 3, false, 1);
}

/* The largest input of a row is 2^14 - 1 steps: each step of another one counts. */
static void no_step_of_an_input_is_lost(void **state)
{
    (void)state;
    const float weights[2] = {0, 1};
    struct quantized_layer *layer;
    struct error error;
    void *scratch = malloc(quantized_layer_scratch(2));
    assert_non_null(scratch);
    assert_int_equal(quantized_layer_create(&layer, 1, 2, 1, weights, &error), 0);
    for (int k = -50; k <= 50; k++) {
        const float x[2] = {16383, (float)k};
        float sum;
        quantized_layer_forward(layer, 0, scratch, x, 1, &sum);
        expect_close(sum, k, 1e-3, "an input of so many steps");
    }
    quantized_layer_free(&layer);
    free(scratch);
}

static double activated(enum activation activation, double z)
{
    switch (activation) {
    case ACTIVATION_SIGMOID:
        return 1 / (1 + exp(-z));
    case ACTIVATION_TANH:
        return tanh(z);
    default:
        return fmax(0.0, z);
    }
}

static void activations_follow_their_formulas(void **state)
{
    (void)state;
    static const float z[2][4] = {{-3, -0.5f, 0, 0.25f}, {2, 1e4f, -1e4f, 88.8f}};
    static const float biases[4] = {0.5f, -1, 0, 2};
    /* Model files know the functions by these names. */
    assert_string_equal(activation_names[ACTIVATION_SIGMOID], "sigmoid");
    assert_string_equal(activation_names[ACTIVATION_TANH], "tanh");
    assert_string_equal(activation_names[ACTIVATION_RELU], "relu");
    for (int a = 0; a < ACTIVATION_COUNT; a++)
        for (int biased = 0; biased < 2; biased++) {
            float values[2][4];
            memcpy(values, z, sizeof z);
            activation_apply((enum activation)a, biased ? biases : NULL, values[0], 2, 4);
            for (int i = 0; i < 8; i++) {
                double sum = (double)z[i / 4][i % 4] + (biased ? biases[i % 4] : 0.0f);
                expect_close(values[i / 4][i % 4], activated((enum activation)a, sum), 1e-6,
                             activation_names[a]);
            }
        }
}

static void outputs_follow_their_formulas(void **state)
{
    (void)state;
    static const float z[5][3] = {
        {1, 2, 3}, {1e4f, -1e4f, 0}, {-1e4f, -1e4f, -1e4f}, {1e4f, 1e4f, -1e4f}, {0.1f, -90, 95}};
    static const float biases[3] = {0.5f, -0.25f, 0};
    assert_string_equal(output_activation_names[OUTPUT_SOFTMAX], "softmax");
    assert_string_equal(output_activation_names[OUTPUT_SIGMOID], "sigmoid");
    for (int o = 0; o < OUTPUT_ACTIVATION_COUNT; o++)
        for (int biased = 0; biased < 2; biased++) {
            float values[5][3];
            memcpy(values, z, sizeof z);
            output_apply((enum output_activation)o, biased ? biases : NULL, values[0], 5, 3);
            for (int r = 0; r < 5; r++) {
                double sums[3], total = 0.0, row = 0.0;
                for (int c = 0; c < 3; c++)
                    sums[c] = (double)z[r][c] + (biased ? biases[c] : 0.0f);
                for (int c = 0; c < 3; c++)
                    total += exp(sums[c] - fmax(fmax(sums[0], sums[1]), sums[2]));
                for (int c = 0; c < 3; c++) {
                    double top = fmax(fmax(sums[0], sums[1]), sums[2]);
                    double expected =
                        o == OUTPUT_SOFTMAX ? exp(sums[c] - top) / total : 1 / (1 + exp(-sums[c]));
                    /* A bias of 1/4 on 10,000 is a matter of three digits in single precision. */
                    expect_close(values[r][c], expected, 1e-3 * biased + 1e-6,
                                 output_activation_names[o]);
                    row += values[r][c];
                }
                if (o == OUTPUT_SOFTMAX)
                    expect_close(row, 1.0, 1e-6, "sum of a row");
            }
        }
}

/* ---- Network --------------------------------------------------------------------------------- */

/* A network whose every number is random; gamma and running variances lie around 1. */
static struct mlp random_mlp(struct rng *rng, struct mlp_config config)
{
    struct mlp mlp;
    struct error error;
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    for (size_t i = 0; i < mlp.parameter_count; i++)
        mlp.parameters[i] += (float)(0.4 * rng_normal(rng));
    for (int i = 0; i < config.layer_count; i++)
        for (int n = 0; mlp.layers[i].mean && n < mlp.layers[i].outputs; n++) {
            mlp.layers[i].mean[n] = (float)rng_normal(rng);
            mlp.layers[i].var[n] = (float)(0.2 + rng_uniform(rng));
        }
    return mlp;
}

enum { WIDEST = 64 };

/* Which of its inputs a unit's weight number f is for: the value of a position of its window. */
static int seen(const struct mlp_layer *layer, int unit, int f)
{
    const struct mlp_windows *w = &layer->windows;
    if (w->side == 0)
        return f;
    int values = layer->inputs / (w->grid * w->grid), across = w->grid - w->side + 1;
    int window = unit / (layer->outputs / (across * across)), position = f / values;
    int y = window / across + position / w->side, x = window % across + position % w->side;
    return (y * w->grid + x) * values + f % values;
}

/* One sample through the network by the formulas of mlp.h, with the running statistics. */
static void reference_forward(const struct mlp *mlp, const float *input, double *output)
{
    double x[WIDEST], z[WIDEST], total = 0.0;
    for (int m = 0; m < mlp->config.units[0]; m++)
        x[m] = input[m];
    for (int i = 0; i < mlp->config.layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        int count = layer->positions * layer->outputs;
        for (int u = 0; u < count;
             u++) { /* unit n of position u / outputs, which has its own inputs */
            int n = u % layer->outputs, first = u / layer->outputs * layer->inputs;
            z[u] = layer->biases ? layer->biases[n] : 0.0;
            for (int f = 0; f < layer->fan_in; f++)
                z[u] += layer->weights[n * layer->fan_in + f] * x[first + seen(layer, n, f)];
            if (layer->gamma)
                z[u] = layer->gamma[n] * (z[u] - layer->mean[n]) / sqrt(layer->var[n] + 1e-5) +
                       layer->beta[n];
        }
        for (int u = 0; u < count && i < mlp->config.layer_count - 1; u++)
            x[u] = activated(mlp->config.activation, z[u]);
    }
    int classes = mlp->config.units[mlp->config.layer_count];
    for (int k = 0; k < classes; k++)
        total += exp(z[k]);
    for (int k = 0; k < classes; k++)
        output[k] = mlp->config.output == OUTPUT_SOFTMAX ? exp(z[k]) / total : 1 / (1 + exp(-z[k]));
}

static void expect_reference(const struct mlp *mlp, const float *inputs, const float *outputs,
                             int batch)
{
    int dim = mlp->config.units[0], classes = mlp->config.units[mlp->config.layer_count];
    for (int b = 0; b < batch; b++) {
        double expected[WIDEST];
        reference_forward(mlp, inputs + b * dim, expected);
        for (int k = 0; k < classes; k++)
            expect_close(outputs[b * classes + k], expected[k], 1e-5, "an output");
    }
}

/* Every shape and activation: batches, one sample at a time, and the training's forward pass all
 * give what the formulas give. */
static void forward_agrees_with_the_formulas(void **state)
{
    (void)state;
    enum { BATCH = 9, DIM = 13, CLASSES = 4 };
    struct rng rng = rng_make(2, 0);
    struct error error;
    for (int i = 0; i < 4 * ACTIVATION_COUNT * OUTPUT_ACTIVATION_COUNT; i++) {
        struct mlp_config config = {.layer_count = i % 4 + 1,
                                    .units = {DIM, 6, 17, 5},
                                    .activation = (enum activation)(i / 4 % ACTIVATION_COUNT),
                                    .output = (enum output_activation)(i / 12)};
        config.units[config.layer_count] = CLASSES;
        struct mlp mlp = random_mlp(&rng, config);
        struct mlp_workspace *workspace;
        struct mlp_activations *activations;
        float *inputs = random_values(&rng, BATCH * DIM), outputs[BATCH * CLASSES];
        assert_int_equal(mlp_workspace_create(&workspace, &config, BATCH + 3, &error), 0);
        assert_int_equal(mlp_activations_create(&activations, &config, BATCH + 3, &error), 0);
        mlp_forward(&mlp, workspace, inputs, BATCH, outputs);
        expect_reference(&mlp, inputs, outputs, BATCH);
        for (int b = 0; b < BATCH; b++) {
            float alone[CLASSES];
            mlp_forward(&mlp, workspace, inputs + b * DIM, 1, alone);
            for (int k = 0; k < CLASSES; k++)
                expect_close(alone[k], outputs[b * CLASSES + k], 1e-6, "the sample alone");
        }
        struct mlp_training plain = {.batch_norm_momentum = 0.1f};
        expect_reference(&mlp, inputs,
                         mlp_forward_training(&mlp, activations, &plain, inputs, BATCH, &rng),
                         BATCH);
        mlp_activations_free(&activations);
        mlp_workspace_free(&workspace);
        mlp_free(&mlp);
        free(inputs);
    }
}

/* Layers that positions share, which treat each part of their input alike, or that look through
 * windows. */
static const struct mlp_config shared_layers[] = {
    {.layer_count = 2, .units = {24, 12, 4}, .positions = {6}},
    {.layer_count = 3, .units = {24, 12, 18, 4}, .positions = {6, 3}},
    {.layer_count = 3, .units = {24, 9, 18, 4}, .positions = {0, 9, 1}},
    {.layer_count = 4, .units = {24, 48, 18, 10, 4}, .positions = {24, 3, 2}},
    {.layer_count = 2, .units = {24, 5, 4}, .windows = {{2, 2}}},
    {.layer_count = 2, .units = {24, 12, 4}, .windows = {{2, 1}}},
    {.layer_count = 3, .units = {24, 36, 12, 4}, .positions = {4}, .windows = {{0, 0}, {3, 2}}},
    {.layer_count = 4, .units = {24, 64, 18, 8, 4}, .windows = {{0, 0}, {4, 2}, {3, 2}}},
};

static void layers_of_places_agree_with_a_loop(void **state)
{
    (void)state;
    enum { BATCH = 9, DIM = 24, CLASSES = 4 };
    struct rng rng = rng_make(8, 0);
    struct error error;
    for (size_t i = 0; i < 2 * 3 * sizeof shared_layers / sizeof *shared_layers; i++) {
        struct mlp_config config = shared_layers[i / 6];
        config.activation = (enum activation)(i % 3);
        config.batch_norm = i / 3 % 2;
        struct mlp mlp = random_mlp(&rng, config), folded;
        struct mlp_workspace *workspace;
        struct mlp_activations *activations;
        float *inputs = random_values(&rng, BATCH * DIM), outputs[BATCH * CLASSES];
        assert_int_equal(mlp_fold(&mlp, &folded, &error), 0);
        assert_int_equal(mlp_workspace_create(&workspace, &folded.config, BATCH, &error), 0);
        assert_int_equal(mlp_activations_create(&activations, &folded.config, BATCH, &error), 0);
        for (int batch = 1; batch <= BATCH; batch += 4) {
            mlp_forward(&folded, workspace, inputs, batch, outputs);
            expect_reference(&mlp, inputs, outputs, batch);
            struct mlp_training plain = {.batch_norm_momentum = 0.1f};
            expect_reference(
                &mlp, inputs,
                mlp_forward_training(&folded, activations, &plain, inputs, batch, &rng), batch);
        }
        mlp_activations_free(&activations);
        mlp_workspace_free(&workspace);
        mlp_free(&folded);
        mlp_free(&mlp);
        free(inputs);
    }
}

/* A network whose windows are quantized when it answers, and are not when it is explained. */
static void prepared_windows_answer_nearly_the_same(void **state)
{
    (void)state;
    enum { BATCH = 3, DIM = 4 * 4 * 64, CLASSES = 4 };
    const struct mlp_config config = {.layer_count = 2,
                                      .units = {DIM, 9 * 32, CLASSES},
                                      .windows = {{4, 2}},
                                      .activation = ACTIVATION_RELU};
    const struct mlp_training plain = {.loss = LOSS_CROSS_ENTROPY};
    struct rng rng = rng_make(8, 0);
    struct error error;
    struct mlp mlp;
    struct mlp_workspace *workspace;
    struct mlp_activations *activations;
    float *inputs = random_values(&rng, BATCH * DIM);
    float before[BATCH * CLASSES], after[BATCH * CLASSES];
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    mlp_init(&mlp, &rng);
    assert_int_equal(mlp_workspace_create(&workspace, &config, BATCH, &error), 0);
    assert_int_equal(mlp_activations_create(&activations, &config, BATCH, &error), 0);
    mlp_forward(&mlp, workspace, inputs, BATCH, before);
    assert_int_equal(mlp_quantize(&mlp, 0, &error), 0);
    assert_non_null(mlp.layers[0].quantized);
    mlp_forward(&mlp, workspace, inputs, BATCH, after);
    assert_memory_not_equal(before, after, sizeof before);
    for (int i = 0; i < BATCH * CLASSES; i++)
        expect_close(after[i], before[i], 2e-3, "quantized");
    const float *trained = mlp_forward_training(&mlp, activations, &plain, inputs, BATCH, &rng);
    for (int i = 0; i < BATCH * CLASSES; i++)
        expect_close(trained[i], before[i], 1e-5, "by the weights");
    mlp_activations_free(&activations);
    mlp_workspace_free(&workspace);
    mlp_free(&mlp);
    free(inputs);
}

static void config_check_refuses_what_is_out_of_bounds(void **state)
{
    (void)state;
    static const struct {
        struct mlp_config config;
        int result;
        const char *reason;
    } cases[] = {
        {{.layer_count = 1, .units = {1, 2}}, 0, ""},
        {{.layer_count = 1, .units = {1, 1}, .output = OUTPUT_SIGMOID}, 0, ""},
        {{.layer_count = 2, .units = {MLP_MAX_UNITS, 1, MLP_MAX_UNITS}}, 0, ""},
        {{.layer_count = 1, .units = {1, 1}}, -1, "softmax"},
        {{.layer_count = 0, .units = {1, 2}}, -1, "0 layers"},
        {{.layer_count = -1, .units = {1, 2}}, -1, "-1 layers"},
        {{.layer_count = MLP_MAX_LAYERS + 1, .units = {1, 2}}, -1, "17 layers"},
        {{.layer_count = 1, .units = {0, 2}}, -1, "0 units"},
        {{.layer_count = 2, .units = {4, -3, 2}}, -1, "-3 units"},
        {{.layer_count = 2, .units = {4, 3, 0}}, -1, "0 units"},
        {{.layer_count = 2, .units = {4, MLP_MAX_UNITS + 1, 2}}, -1, "131073 units"},
        {{.layer_count = 2, .units = {12, 6, 2}, .positions = {3}}, 0, ""},
        {{.layer_count = 2, .units = {12, 6, 2}, .positions = {6, 1}}, 0, ""},
        {{.layer_count = 2, .units = {12, 6, 2}, .positions = {4}}, -1, "shared by 4 positions"},
        {{.layer_count = 2, .units = {6, 12, 2}, .positions = {4}}, -1, "shared by 4 positions"},
        {{.layer_count = 2, .units = {12, 6, 2}, .positions = {-1}}, -1, "shared by -1 positions"},
        {{.layer_count = 2, .units = {11, 6, 2}, .positions = {2}}, -1, "shared by 2 positions"},
        {{.layer_count = 2, .units = {12, 6, 2}, .positions = {3, 2}}, -1, "shared by none"},
        {{.layer_count = 2, .units = {18, 8, 2}, .windows = {{3, 2}}}, 0, ""},
        {{.layer_count = 2, .units = {18, 8, 2}, .positions = {1}, .windows = {{3, 2}}}, 0, ""},
        {{.layer_count = 2, .units = {1024, 1, 2}, .windows = {{32, 32}}}, 0, ""},
        {{.layer_count = 2, .units = {18, 8, 2}, .windows = {{3, 4}}}, -1, "windows of side 4"},
        {{.layer_count = 2, .units = {18, 8, 2}, .windows = {{3, -1}}}, -1, "windows of side -1"},
        {{.layer_count = 2, .units = {18, 8, 2}, .windows = {{0, 2}}}, -1, "on a grid of side 0"},
        {{.layer_count = 2, .units = {1089, 1, 2}, .windows = {{33, 33}}}, -1, "of side 33 on"},
        {{.layer_count = 2, .units = {17, 8, 2}, .windows = {{3, 2}}}, -1, "17 inputs and"},
        {{.layer_count = 2, .units = {18, 7, 2}, .windows = {{3, 2}}}, -1, "4 windows on a"},
        {{.layer_count = 2, .units = {18, 8, 2}, .positions = {2}, .windows = {{3, 2}}},
         -1,
         "shared"},
        {{.layer_count = 2, .units = {18, 4, 4}, .windows = {{0, 0}, {2, 1}}}, -1, "the last"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {.text = ""};
        struct mlp mlp = {.parameter_count = 17};
        assert_int_equal(mlp_config_check(&cases[i].config, &error), cases[i].result);
        expect_text(error.text, cases[i].reason, "");
        if (cases[i].result < 0) {
            assert_int_equal(mlp_create(&mlp, &cases[i].config, &error), -1);
            assert_int_equal(mlp.parameter_count, 17);
        }
    }
}

static void new_network_is_laid_out_as_promised(void **state)
{
    (void)state;
    struct mlp_config config = {.layer_count = 3, .units = {5, 4, 3, 2}, .batch_norm = true};
    struct error error;
    struct mlp mlp;
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    assert_int_equal(mlp.parameter_count, (20 + 8) + (12 + 6) + (6 + 2));
    assert_int_equal(mlp.statistic_count, 8 + 6);
    assert_ptr_equal(mlp.layers[0].weights, mlp.parameters);
    assert_ptr_equal(mlp.layers[0].gamma, mlp.parameters + 20);
    assert_ptr_equal(mlp.layers[0].beta, mlp.parameters + 24);
    assert_ptr_equal(mlp.layers[1].weights, mlp.parameters + 28);
    assert_ptr_equal(mlp.layers[1].mean, mlp.statistics + 8);
    assert_ptr_equal(mlp.layers[1].var, mlp.statistics + 11);
    assert_ptr_equal(mlp.layers[2].biases, mlp.parameters + 52);
    assert_null(mlp.layers[0].biases);
    assert_null(mlp.layers[2].gamma);
    double sum = 0.0, statistics = 0.0;
    for (size_t i = 0; i < mlp.parameter_count; i++)
        sum += fabs(mlp.parameters[i]);
    for (size_t i = 0; i < mlp.statistic_count; i++)
        statistics += fabs(mlp.statistics[i]);
    assert_true(sum == 4 + 3 && statistics == 4 + 3);
    assert_true(mlp.layers[1].gamma[2] == 1 && mlp.layers[1].var[2] == 1);
    mlp_free(&mlp);
    const struct mlp nothing = {0};
    assert_memory_equal(&mlp, &nothing, sizeof mlp);
}

static void shared_layers_have_the_weights_of_one_position(void **state)
{
    (void)state;
    struct error error;
    struct mlp mlp;
    assert_int_equal(mlp_create(&mlp, &shared_layers[1], &error), 0);
    assert_int_equal(mlp.parameter_count, (2 * 4 + 2) + (6 * 4 + 6) + (4 * 18 + 4));
    assert_int_equal(mlp_parameter_count(&shared_layers[1]), mlp.parameter_count);
    assert_int_equal(mlp.layers[0].positions, 6);
    assert_int_equal(mlp.layers[1].positions, 3);
    assert_int_equal(mlp.layers[2].positions, 1);
    mlp_free(&mlp);
    const struct mlp_config windows = {
        .layer_count = 2, .units = {18, 12, 4}, .windows = {{3, 2}}, .batch_norm = true};
    assert_int_equal(mlp_create(&mlp, &windows, &error), 0);
    assert_int_equal(mlp.parameter_count, (12 * 8 + 24) + (4 * 12 + 4));
    assert_int_equal(mlp.layers[0].window_count, 4);
    assert_int_equal(mlp.layers[0].fan_in, 8);
    assert_int_equal(mlp.layers[1].fan_in, 12);
    mlp_free(&mlp);
}

static void init_follows_he_and_glorot(void **state)
{
    (void)state;
    for (int a = 0; a < ACTIVATION_COUNT; a++) {
        struct mlp_config config = {
            .layer_count = 2, .units = {200, 100, 50}, .activation = (enum activation)a};
        struct error error;
        struct mlp mlp;
        struct rng rng = rng_make(3, 0);
        assert_int_equal(mlp_create(&mlp, &config, &error), 0);
        mlp_init(&mlp, &rng);
        for (int i = 0; i < 2; i++) {
            const struct mlp_layer *layer = &mlp.layers[i];
            int count = layer->inputs * layer->outputs;
            double sum = 0.0, squares = 0.0;
            bool he = a == ACTIVATION_RELU && i == 0;
            double expected = he ? 2.0 / layer->inputs : 2.0 / (layer->inputs + layer->outputs);
            for (int w = 0; w < count; w++) {
                sum += layer->weights[w];
                squares += (double)layer->weights[w] * layer->weights[w];
            }
            expect_close(sum / count / sqrt(expected), 0.0, 0.04, "mean weight");
            expect_close(squares / count / expected, 1.0, 0.06, "variance of the weights");
            for (int n = 0; n < layer->outputs; n++)
                assert_true(layer->biases[n] == 0.0f);
        }
        mlp_free(&mlp);
    }
}

static void fold_keeps_the_function(void **state)
{
    (void)state;
    enum { BATCH = 5 };
    struct rng rng = rng_make(5, 0);
    struct error error;
    for (int i = 0; i < 9; i++) {
        struct mlp_config config = {.layer_count = i / 3 + 1,
                                    .units = {7, 8, 6},
                                    .activation = (enum activation)(i % 3),
                                    .batch_norm = true};
        config.units[config.layer_count] = 3;
        struct mlp mlp = random_mlp(&rng, config), folded;
        struct mlp_workspace *workspace;
        float *inputs = random_values(&rng, BATCH * 7), outputs[BATCH * 3];
        assert_int_equal(mlp_fold(&mlp, &folded, &error), 0);
        assert_false(folded.config.batch_norm);
        assert_int_equal(mlp_workspace_create(&workspace, &folded.config, BATCH, &error), 0);
        mlp_forward(&folded, workspace, inputs, BATCH, outputs);
        expect_reference(&mlp, inputs, outputs, BATCH);
        mlp_workspace_free(&workspace);
        mlp_free(&folded);
        mlp_free(&mlp);
        free(inputs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gemm_agrees_with_three_loops),
        cmocka_unit_test(bfloat16_agrees_with_three_loops),
        cmocka_unit_test(whole_numbers_agree_with_doubles),
        cmocka_unit_test(no_step_of_an_input_is_lost),
        cmocka_unit_test(activations_follow_their_formulas),
        cmocka_unit_test(outputs_follow_their_formulas),
        cmocka_unit_test(forward_agrees_with_the_formulas),
        cmocka_unit_test(layers_of_places_agree_with_a_loop),
        cmocka_unit_test(prepared_windows_answer_nearly_the_same),
        cmocka_unit_test(config_check_refuses_what_is_out_of_bounds),
        cmocka_unit_test(new_network_is_laid_out_as_promised),
        cmocka_unit_test(shared_layers_have_the_weights_of_one_position),
        cmocka_unit_test(init_follows_he_and_glorot),
        cmocka_unit_test(fold_keeps_the_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
