/* The heat map of an answer: features_relevance and explain. */
#include "testing.h"

#include "explain.h"

enum { SIDE = 48, CLASSES = 7 };

static struct model make_model(enum feature_kind kind, struct rng *rng)
{
    struct model model = {.features = features_default(), .class_count = CLASSES};
    struct error error;
    model.features.kind = kind;
    struct mlp_config config = {.layer_count = 2,
                                .units = {features_dim(&model.features), 12, CLASSES},
                                .activation = ACTIVATION_TANH,
                                .output = OUTPUT_SOFTMAX};
    assert_int_equal(mlp_create(&model.mlp, &config, &error), 0);
    mlp_init(&model.mlp, rng);
    return model;
}

static double log_probability(const struct model *model, const float *vector, double scale,
                              int label)
{
    size_t dim = (size_t)features_dim(&model->features);
    float *scaled = malloc(dim * sizeof *scaled);
    float outputs[CLASSES];
    struct mlp_workspace *workspace;
    struct error error;
    assert_non_null(scaled);
    assert_int_equal(mlp_workspace_create(&workspace, &model->mlp.config, 1, &error), 0);
    for (size_t i = 0; i < dim; i++)
        scaled[i] = (float)(scale * (double)vector[i]);
    mlp_forward(&model->mlp, workspace, scaled, 1, outputs);
    mlp_workspace_free(&workspace);
    free(scaled);
    return log((double)outputs[label]);
}

/* The sum of the map is the derivative of ln p((1 + e) x) with respect to e at 0. */
static void test_sum_is_derivative(void **state)
{
    (void)state;
    struct rng rng = rng_make(5, 0);
    for (int round = 0; round < 14; round++) {
        struct model model = make_model(round % 2 ? FEATURES_HOG : FEATURES_PIXELS, &rng);
        uint8_t crop[SIDE * SIDE];
        float map[SIDE * SIDE], vector[SIDE * SIDE];
        int label = round / 2;
        struct explainer *explainer;
        struct error error;
        fill_noise(&rng, crop, sizeof crop);
        assert_int_equal(explainer_create(&explainer, &model, &error), 0);
        explainer_run(explainer, crop, label, map);
        double sum = 0;
        for (int i = 0; i < SIDE * SIDE; i++)
            sum += (double)map[i];
        features_extract(&model.features, crop, vector);
        double step = 0.01;
        double slope = (log_probability(&model, vector, 1 + step, label) -
                        log_probability(&model, vector, 1 - step, label)) /
                       (2 * step);
        expect_close(sum, slope, 0.01 * fabs(slope) + 0.002, "derivative");
        explainer_free(&explainer);
        assert_null(explainer);
        mlp_free(&model.mlp);
    }
}

/* A gradient that lives in one cell stays near that cell. */
static void test_relevance_is_local(void **state)
{
    (void)state;
    struct features features = features_default();
    static float vector[SIDE * SIDE], gradient[SIDE * SIDE], map[SIDE * SIDE];
    int columns = SIDE / features.cell;
    for (int i = 0; i < features_dim(&features); i++)
        vector[i] = 1;
    int values = features_dim(&features) / (columns * columns);
    int row = 2, column = 5;
    gradient[(row * columns + column) * values + 3] = 2;
    features_relevance(&features, vector, gradient, map);
    double sum = 0;
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            double far = fmax(fabs(x + 0.5 - (column + 0.5) * features.cell),
                              fabs(y + 0.5 - (row + 0.5) * features.cell));
            sum += (double)map[y * SIDE + x];
            if (far >= features.cell)
                expect_close((double)map[y * SIDE + x], 0, 0, "far pixel");
            else
                assert_true(map[y * SIDE + x] > 0);
        }
    }
    expect_close(sum, 2, 1e-4, "sum");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum_is_derivative),
        cmocka_unit_test(test_relevance_is_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
