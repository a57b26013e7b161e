/* One training step of every kind of network against golden/gradients.json, which PyTorch made.
 * Compiled twice: with the product's single precision, and with REAL_IS_DOUBLE, which tells
 * rounding from a mistake. */
#include "golden.h"

#ifdef REAL_IS_DOUBLE
static const double tolerance = 1e-10, floor_of_values = 1e-2;
#else
static const double tolerance = 1e-5, floor_of_values = 0.1;
#endif

static void compare(const char *where, const cJSON *one, const char *name, const real *values,
                    size_t count)
{
    golden_compare(one, name, values, count, tolerance, floor_of_values, where);
}

static void step_of_one_case(const struct golden *golden, const cJSON *one)
{
    struct mlp_training training;
    struct rng masks;
    struct error error;
    struct mlp_activations *activations;
    struct mlp mlp = golden_network(golden, one, &training, &masks);
    const struct mlp_config *config = &mlp.config;
    real gradients[GOLDEN_VALUES] = {0}, d_inputs[GOLDEN_VALUES];
    char where[128];
    snprintf(where, sizeof where, "%s, %s, %s, batch norm %d, dropout %g",
             activation_names[config->activation], output_activation_names[config->output],
             loss_names[training.loss], config->batch_norm, (double)training.dropout);
    assert_int_equal(mlp_activations_create(&activations, config, golden->batch, &error), 0);
    const real *outputs =
        mlp_forward_training(&mlp, activations, &training, golden->inputs, golden->batch, &masks);
    compare(where, one, "outputs", outputs, (size_t)(golden->batch * golden->classes));
    double cost = mlp_cost(config->output, training.loss, outputs, golden->targets, golden->batch,
                           golden->classes) /
                  golden->batch;
    expect_close(cost, golden_number(one, "cost"), tolerance, where);
    mlp_backward(&mlp, activations, &training, golden->inputs, golden->targets, golden->batch,
                 golden->batch, gradients, d_inputs);
    compare(where, one, "gradients", gradients, mlp.parameter_count);
    compare(where, one, "d_inputs", d_inputs, (size_t)(golden->batch * config->units[0]));
    compare(where, one, "statistics", mlp.statistics, mlp.statistic_count);
    mlp_activations_free(&activations);
    mlp_free(&mlp);
}

static void every_step_is_as_in_pytorch(void **state)
{
    (void)state;
    struct golden golden = golden_open(SOURCE_DIR "/tests/golden/gradients.json");
    int seen = 0;
    const cJSON *one;
    cJSON_ArrayForEach(one, golden.cases)
    {
        step_of_one_case(&golden, one);
        seen++;
    }
    /* with and without batch normalization, with and without dropout */
    assert_int_equal(seen, ACTIVATION_COUNT * OUTPUT_ACTIVATION_COUNT * LOSS_COUNT * 2 * 2);
    cJSON_Delete(golden.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_is_as_in_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
