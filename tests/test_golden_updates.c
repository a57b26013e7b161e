/* Ten updates by every optimizer against golden/updates.json, which PyTorch made: parameters, cost
 * and running statistics after each, and what the trained network then answers. */
#include "golden.h"
#include "optimizer.h"

static const double tolerance = 2e-5, floor_of_values = 0.1;

static void compare_inference(const struct golden *golden, const cJSON *one, const struct mlp *mlp,
                              const char *where)
{
    struct error error;
    struct mlp folded;
    struct mlp_workspace *workspace;
    float outputs[GOLDEN_VALUES];
    assert_int_equal(mlp_fold(mlp, &folded, &error), 0);
    assert_int_equal(mlp_workspace_create(&workspace, &folded.config, golden->batch, &error), 0);
    mlp_forward(&folded, workspace, golden->inputs, golden->batch, outputs);
    golden_compare(one, "inference", outputs, (size_t)(golden->batch * golden->classes), tolerance,
                   floor_of_values, where);
    mlp_workspace_free(&workspace);
    mlp_free(&folded);
}

static void updates_of_one_case(const struct golden *golden, const cJSON *one)
{
    struct mlp_training training;
    struct rng masks;
    struct error error;
    struct mlp_activations *activations;
    struct optimizer optimizer;
    struct mlp mlp = golden_network(golden, one, &training, &masks);
    float gradients[GOLDEN_VALUES] = {0};
    int kind = golden_choice(one, "optimizer", optimizer_names, OPTIMIZER_COUNT), step = 0;
    assert_int_equal(mlp_activations_create(&activations, &mlp.config, golden->batch, &error), 0);
    assert_int_equal(optimizer_create(&optimizer, (enum optimizer_kind)kind,
                                      (float)golden_number(golden->file, "weight_decay"),
                                      mlp.parameter_count, &error),
                     0);
    const cJSON *expected;
    cJSON_ArrayForEach(expected, golden_item(one, "steps"))
    {
        char where[128];
        snprintf(where, sizeof where, "%s, %s, batch norm %d, dropout %g, update %d",
                 optimizer_names[kind], activation_names[mlp.config.activation],
                 mlp.config.batch_norm, (double)training.dropout, ++step);
        const float *outputs = mlp_forward_training(&mlp, activations, &training, golden->inputs,
                                                    golden->batch, &masks);
        double cost = mlp_cost(mlp.config.output, training.loss, outputs, golden->targets,
                               golden->batch, golden->classes) /
                      golden->batch;
        expect_close(cost, golden_number(expected, "cost"), tolerance, where);
        mlp_backward(&mlp, activations, &training, golden->inputs, golden->targets, golden->batch,
                     golden->batch, gradients, NULL);
        optimizer_update(&optimizer, &mlp, gradients, (float)golden_number(expected, "rate"));
        golden_compare(expected, "parameters", mlp.parameters, mlp.parameter_count, tolerance,
                       floor_of_values, where);
        golden_compare(expected, "statistics", mlp.statistics, mlp.statistic_count, tolerance,
                       floor_of_values, where);
    }
    assert_int_equal(step, 10);
    compare_inference(golden, one, &mlp, optimizer_names[kind]);
    optimizer_free(&optimizer);
    mlp_activations_free(&activations);
    mlp_free(&mlp);
}

static void every_update_is_as_in_pytorch(void **state)
{
    (void)state;
    struct golden golden = golden_open(SOURCE_DIR "/tests/golden/updates.json");
    int seen[OPTIMIZER_COUNT] = {0};
    const cJSON *one;
    cJSON_ArrayForEach(one, golden.cases)
    {
        updates_of_one_case(&golden, one);
        seen[golden_choice(one, "optimizer", optimizer_names, OPTIMIZER_COUNT)]++;
    }
    for (int i = 0; i < OPTIMIZER_COUNT; i++)
        assert_int_equal(seen[i], 4); /* networks */
    cJSON_Delete(golden.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_update_is_as_in_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
