/* The heat map of an answer: features_relevance and explain. */
#include "explain.h"
#include "extract.h"
#include "small_model.h"
#include "testing.h"

enum { SIDE = 48, PIXELS = SIDE * SIDE, CLASSES = 7, ATOMS = 10 };

static struct features make_features(enum feature_kind kind, struct rng *rng)
{
    struct features f = features_default(kind, SIDE, SIDE);
    if (kind == FEATURES_PATCHES) {
        f.atoms = ATOMS;
        f.dictionary = random_dictionary(rng, ATOMS);
    }
    return f;
}

static void add_network(struct model *model, enum feature_kind kind, struct rng *rng)
{
    struct network *network = &model->networks[model->network_count++];
    struct error error;
    network->features = make_features(kind, rng);
    struct mlp_config config = {.layer_count = 2,
                                .units = {features_dim(&network->features), 12, CLASSES},
                                .activation = ACTIVATION_TANH,
                                .output = OUTPUT_SOFTMAX};
    assert_int_equal(mlp_create(&network->mlp, &config, &error), 0);
    mlp_init(&network->mlp, rng);
    assert_int_equal(features_pair(&network->features, &error), 0);
}

static struct model make_model(void)
{
    return (struct model){.width = SIDE, .height = SIDE, .class_count = CLASSES};
}

static double log_probability(const struct network *network, const float *vector, double scale,
                              int label)
{
    size_t dim = (size_t)features_dim(&network->features);
    float *scaled = malloc(dim * sizeof *scaled);
    float outputs[CLASSES];
    struct mlp_workspace *workspace;
    struct error error;
    assert_non_null(scaled);
    assert_int_equal(mlp_workspace_create(&workspace, &network->mlp.config, 1, &error), 0);
    for (size_t i = 0; i < dim; i++)
        scaled[i] = (float)(scale * (double)vector[i]);
    mlp_forward(&network->mlp, workspace, scaled, 1, outputs);
    mlp_workspace_free(&workspace);
    free(scaled);
    return log((double)outputs[label]);
}

/* The derivative of ln p((1 + e) x) with respect to e at 0. */
static double slope_of(const struct network *network, const uint8_t *crop, int label)
{
    const double step = 0.01;
    float *vector = malloc((size_t)features_dim(&network->features) * sizeof *vector);
    assert_non_null(vector);
    extract(&network->features, crop, vector);
    double slope = (log_probability(network, vector, 1 + step, label) -
                    log_probability(network, vector, 1 - step, label)) /
                   (2 * step);
    free(vector);
    return slope;
}

static void explain(struct model *model, const uint8_t *crop, int label, float *map)
{
    struct explainer *explainer;
    struct error error;
    assert_int_equal(explainer_create(&explainer, model, &error), 0);
    explainer_run(explainer, crop, (label + 1) % CLASSES, map); /* of which nothing is left */
    explainer_run(explainer, crop, label, map);
    explainer_free(&explainer);
    assert_null(explainer);
}

static double sum_of(const float *map)
{
    double sum = 0;
    for (int i = 0; i < PIXELS; i++)
        sum += (double)map[i];
    return sum;
}

static void test_sum_is_derivative(void **state)
{
    (void)state;
    struct rng rng = rng_make(5, 0);
    for (int round = 0; round < FEATURE_KIND_COUNT * CLASSES; round++) {
        struct model model = make_model();
        uint8_t crop[PIXELS];
        float map[PIXELS];
        int label = round / FEATURE_KIND_COUNT;
        add_network(&model, (enum feature_kind)(round % FEATURE_KIND_COUNT), &rng);
        fill_noise(&rng, crop, sizeof crop);
        explain(&model, crop, label, map);
        double slope = slope_of(&model.networks[0], crop, label);
        expect_close(sum_of(map), slope, 0.01 * fabs(slope) + 0.002, "derivative");
        model_free(&model);
    }
}

/* Of several networks, the mean of their derivatives, and of their maps. */
static void test_networks_share_the_map(void **state)
{
    (void)state;
    struct rng rng = rng_make(6, 0);
    struct model model = make_model();
    uint8_t crop[PIXELS];
    float map[PIXELS];
    static float alone[MODEL_MAX_NETWORKS][PIXELS];
    fill_noise(&rng, crop, sizeof crop);
    for (int k = 0; k < MODEL_MAX_NETWORKS; k++)
        add_network(&model, (enum feature_kind)(k % FEATURE_KIND_COUNT), &rng);
    explain(&model, crop, 3, map);
    double slope = 0;
    for (int k = 0; k < MODEL_MAX_NETWORKS; k++) {
        struct model part = make_model();
        part.networks[part.network_count++] = model.networks[k];
        explain(&part, crop, 3, alone[k]);
        slope += slope_of(&model.networks[k], crop, 3) / MODEL_MAX_NETWORKS;
    }
    expect_close(sum_of(map), slope, 0.01 * fabs(slope) + 0.002, "mean derivative");
    for (int i = 0; i < PIXELS; i++) {
        double mean = 0;
        for (int k = 0; k < MODEL_MAX_NETWORKS; k++)
            mean += (double)alone[k][i] / MODEL_MAX_NETWORKS;
        expect_close((double)map[i], mean, 1e-5, "mean of the maps");
    }
    model_free(&model);
}

/* A gradient that lives in one cell stays near that cell. */
static void test_relevance_is_local(void **state)
{
    (void)state;
    struct features features = features_default(FEATURES_HOG, SIDE, SIDE);
    static float vector[PIXELS], gradient[PIXELS], map[PIXELS];
    int columns = SIDE / features.cell;
    for (int i = 0; i < features_dim(&features); i++)
        vector[i] = 1;
    int values = features_dim(&features) / (columns * columns);
    int row = 2, column = 5;
    gradient[(row * columns + column) * values + 3] = 2;
    features_relevance(&features, vector, gradient, map);
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            double far = fmax(fabs(x + 0.5 - (column + 0.5) * features.cell),
                              fabs(y + 0.5 - (row + 0.5) * features.cell));
            if (far >= features.cell)
                expect_close((double)map[y * SIDE + x], 0, 0, "far pixel");
            else
                assert_true(map[y * SIDE + x] > 0);
        }
    }
    expect_close(sum_of(map), 2, 1e-4, "sum");
}

/* For every kind and odd shapes, one value of the vector at a time and all together. */
static void test_relevance_sums_to_the_product(void **state)
{
    (void)state;
    static const struct features shapes[] = {
        {.kind = FEATURES_HOG, .width = 48, .height = 48, .cell = 6},
        {.kind = FEATURES_HOG, .width = 50, .height = 31, .cell = 7},
        {.kind = FEATURES_WINDOWS, .width = 48, .height = 48, .cell = 4},
        {.kind = FEATURES_WINDOWS, .width = 31, .height = 50, .cell = 7},
        {.kind = FEATURES_PATCHES, .width = 48, .height = 48, .grid = 7, .atoms = 10},
        {.kind = FEATURES_PATCHES, .width = 61, .height = 40, .grid = 16, .atoms = 4},
        {.kind = FEATURES_PATCHES, .width = 8, .height = 33, .grid = 1, .atoms = 6},
        {.kind = FEATURES_PIXELS, .width = 20, .height = 33},
    };
    enum { MAX_DIM = 25 * 16 * 31, MAX_PIXELS = 64 * 64 };
    static float vector[MAX_DIM], gradient[MAX_DIM], map[MAX_PIXELS];
    struct rng rng = rng_make(7, 0);
    struct error error;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const struct features *f = &shapes[i];
        int dim = features_dim(f);
        assert_int_equal(features_check(f, &error), 0);
        assert_true(dim <= MAX_DIM && f->width * f->height <= MAX_PIXELS);
        for (int round = 0; round < 20; round++) {
            int only = between(&rng, 0, dim - 1);
            double expected = 0, sum = 0, sizes = 0;
            for (int d = 0; d < dim; d++) {
                vector[d] = (float)rng_normal(&rng);
                gradient[d] = round == 0 || d == only ? (float)rng_normal(&rng) : 0;
                expected += (double)vector[d] * (double)gradient[d];
            }
            features_relevance(f, vector, gradient, map);
            for (int p = 0; p < f->width * f->height; p++) {
                sum += (double)map[p];
                sizes += fabs((double)map[p]);
            }
            expect_close(sum, expected, 1e-4 + 1e-5 * sizes, feature_kind_names[f->kind]);
        }
    }
}

/* ---- Aligned crops --------------------------------------------------------------------------- */

/* An aligner that finds something, whatever. */
static struct mlp random_aligner(struct rng *rng)
{
    struct features features = align_features(SIDE, SIDE);
    struct mlp_config config = {.layer_count = 1,
                                .units = {features_dim(&features), ALIGN_OUTPUTS},
                                .output = OUTPUT_SIGMOID};
    struct mlp mlp;
    struct error error;
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    for (size_t i = 0; i < mlp.parameter_count; i++)
        mlp.parameters[i] = (float)(0.08 * rng_normal(rng));
    return mlp;
}

/* A network that sees one pixel of the face alone. */
static void look_at(struct network *network, int x, int y)
{
    const struct mlp_config config = {
        .layer_count = 1, .units = {PIXELS, CLASSES}, .output = OUTPUT_SOFTMAX};
    struct error error;
    network->features = features_default(FEATURES_PIXELS, SIDE, SIDE);
    assert_int_equal(mlp_create(&network->mlp, &config, &error), 0);
    network->mlp.layers[0].weights[y * SIDE + x] = 1;
}

/* At (x, y) of the face, between its pixels; beyond them the map fades to zero within a pixel. */
static double map_between(const float *map, double x, double y)
{
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        int column = (int)floor(x) + i % 2, row = (int)floor(y) + i / 2;
        double share = (1 - fabs(x - column)) * (1 - fabs(y - row));
        if (column >= 0 && column < SIDE && row >= 0 && row < SIDE)
            sum += share * (double)map[row * SIDE + column];
    }
    return sum;
}

/* The map of a crop, that of the face in it, and where the face lies. */
static void explain_both(struct model *model, const uint8_t *crop, int label, struct affine *face,
                         float *map, float *map_of_face)
{
    struct model_workspace *workspace;
    struct error error;
    uint8_t upright[PIXELS];
    assert_int_equal(model_workspace_create(&workspace, model, 1, &error), 0);
    model_align(model, workspace, crop, face);
    model_workspace_free(&workspace);
    struct model plain = *model;
    plain.aligner = (struct mlp){0};
    warp_picture(face, crop, SIDE, SIDE, upright);
    explain(model, crop, label, map);
    explain(&plain, upright, label, map_of_face);
}

/* Each pixel's map is the face's where that pixel lies in it, up to the face's edges. */
static void test_map_is_carried_back_whole(void **state)
{
    (void)state;
    struct rng rng = rng_make(9, 0);
    int outside = 0;
    for (int round = 0; round < 8; round++) {
        struct model model = make_model();
        struct affine face;
        uint8_t crop[PIXELS];
        float map[PIXELS], map_of_face[PIXELS];
        fill_noise(&rng, crop, sizeof crop);
        model.aligner = random_aligner(&rng);
        add_network(&model, FEATURES_PIXELS, &rng);
        explain_both(&model, crop, 2, &face, map, map_of_face);
        const float *m = face.m;
        double area = (double)(m[0] * m[4] - m[1] * m[3]), largest = 0;
        for (int p = 0; p < PIXELS; p++)
            largest = fmax(largest, fabs((double)map_of_face[p]));
        for (int p = 0; p < PIXELS; p++) {
            double x = (double)(p % SIDE) - (double)m[2], y = (double)(p / SIDE) - (double)m[5];
            double u = ((double)m[4] * x - (double)m[1] * y) / area;
            double v = ((double)m[0] * y - (double)m[3] * x) / area;
            expect_close((double)map[p], map_between(map_of_face, u, v), 2e-3 * largest,
                         "a pixel of the map");
            outside += u <= -1 || v <= -1 || u >= SIDE || v >= SIDE;
        }
        model_free(&model);
    }
    assert_true(outside > 100);
}

/* Two networks look at one pixel each of the aligned face: the map shows the places in the crop
 * that these come from, and nothing else. */
static void test_map_lies_where_the_face_does(void **state)
{
    (void)state;
    static const int looks[2][2] = {{14, 20}, {34, 27}};
    struct rng rng = rng_make(8, 0);
    int turned = 0;
    for (int round = 0; round < 10; round++) {
        struct model model = make_model();
        struct affine face;
        uint8_t crop[PIXELS];
        float map[PIXELS], map_of_face[PIXELS];
        double places[2][2], totals[2] = {0}, weights[2] = {0}, sums[2][2] = {{0}};
        for (int p = 0; p < PIXELS; p++)
            crop[p] = (uint8_t)(128 + 60 * sin(p % SIDE * 0.3 + round) + 60 * cos(p * 0.004));
        model.aligner = random_aligner(&rng);
        model.network_count = 2;
        for (int n = 0; n < 2; n++)
            look_at(&model.networks[n], looks[n][0], looks[n][1]);
        explain_both(&model, crop, 0, &face, map, map_of_face);
        for (int n = 0; n < 2; n++)
            for (int k = 0; k < 2; k++)
                places[n][k] = (double)face.m[3 * k] * looks[n][0] +
                               (double)face.m[3 * k + 1] * looks[n][1] + (double)face.m[3 * k + 2];
        for (int p = 0; p < PIXELS; p++) {
            double near[2], weight = fabs((double)map[p]);
            for (int n = 0; n < 2; n++)
                near[n] = hypot(p % SIDE - places[n][0], p / SIDE - places[n][1]);
            int n = near[1] < near[0];
            if (near[n] > 4)
                expect_close(weight, 0, 0, "a pixel that neither network sees");
            totals[n] += (double)map[p];
            weights[n] += weight;
            sums[n][0] += weight * (p % SIDE);
            sums[n][1] += weight * (p / SIDE);
        }
        for (int n = 0; n < 2; n++) {
            assert_true(weights[n] > 0);
            expect_close(sums[n][0] / weights[n], places[n][0], 0.5, "x of the map");
            expect_close(sums[n][1] / weights[n], places[n][1], 0.5, "y of the map");
            /* As much as in the upright face, enlarged with it. */
            double there = (double)map_of_face[looks[n][1] * SIDE + looks[n][0]];
            double size = (double)(face.m[0] * face.m[4] - face.m[1] * face.m[3]);
            expect_close(totals[n], there * size, 0.5 * fabs(there), "sum of the map");
        }
        turned += fabsf(face.m[1]) > 0.1f;
        model_free(&model);
    }
    assert_true(turned > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum_is_derivative),
        cmocka_unit_test(test_networks_share_the_map),
        cmocka_unit_test(test_relevance_is_local),
        cmocka_unit_test(test_relevance_sums_to_the_product),
        cmocka_unit_test(test_map_is_carried_back_whole),
        cmocka_unit_test(test_map_lies_where_the_face_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
