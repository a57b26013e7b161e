/* ONNX files: what OpenCV's dnn module makes of them, against our own answers. */
#include "dnn.h"
#include "expressions.h"
#include "expressions_research.h"
#include "onnx.h"
#include "small_model.h"
#include "vectors.h"

enum { CROPS = 1000, AT_ONCE = 120 };

static const double tolerance = 5e-4; /* programs multiply rounded numbers */

static const char *export(const struct model *model)
{
    static char path[2 * TEST_PATH_SIZE];
    struct error error = {.text = ""};
    snprintf(path, sizeof path, "%s", in_folder("model.onnx"));
    if (onnx_export(model, path, &error) < 0)
        fail_msg("%s", error.text);
    return path;
}

/* The mean over the rows of a crop, and over nothing else: that is the graph's. */
static void compare(const struct model *model, const float *got, const float *own, int count)
{
    int rows = vector_rows(model, count), classes = model->class_count;
    for (int i = 0; i < count * classes; i++) {
        double sum = 0;
        for (int row = i; row < rows * classes; row += count * classes)
            sum += (double)got[row];
        expect_close(sum * count / rows, (double)own[i], tolerance, "a probability");
    }
}

static void ask(const struct model *model, const char *path, const uint8_t *crops, int count,
                const float *own)
{
    char names[MODEL_MAX_NETWORKS][VECTORS_NAME_SIZE], text[DNN_TEXT_SIZE];
    struct dnn_input inputs[MODEL_MAX_NETWORKS];
    float *vectors[MODEL_MAX_NETWORKS];
    int rows = vector_rows(model, count);
    float *got = malloc((size_t)rows * (size_t)model->class_count * sizeof *got);
    assert_non_null(got);
    for (int i = 0; i < model->network_count; i++) {
        const struct features *f = &model->networks[i].features;
        snprintf(names[i], sizeof names[i], "networks.%d.%s", i, feature_kind_names[f->kind]);
        vectors[i] = make_vectors(model, i, crops, count);
        inputs[i] = (struct dnn_input){names[i], vectors[i], features_dim(f)};
    }
    if (dnn_run(path, inputs, model->network_count, rows, "probabilities", model->class_count, got,
                text) < 0)
        fail_msg("%s", text);
    compare(model, got, own, count);
    for (int i = 0; i < model->network_count; i++)
        free(vectors[i]);
    free(got);
}

/* How far apart the answers to different crops are: equal ones would prove nothing. */
static double spread(const float *answers, int count, int classes)
{
    float low = 1, high = 0;
    for (int i = 0; i < count; i++) {
        low = fminf(low, answers[i * classes]);
        high = fmaxf(high, answers[i * classes]);
    }
    return (double)(high - low);
}

/* The same file, asked for the crops in batches whose last is smaller. */
static void check(const struct model *model, int crop_count)
{
    struct rng rng = rng_make(11, 0);
    size_t pixels = (size_t)model->width * (size_t)model->height;
    uint8_t *crops = malloc((size_t)crop_count * pixels);
    const char *path = export(model);
    assert_non_null(crops);
    make_crops(model, &rng, crop_count, crops);
    float *own = own_answers(model, crops, crop_count);
    assert_true(spread(own, crop_count, model->class_count) > 0.05);
    for (int done = 0; done < crop_count; done += AT_ONCE)
        ask(model, path, crops + (size_t)done * pixels,
            crop_count - done < AT_ONCE ? crop_count - done : AT_ONCE,
            own + done * model->class_count);
    free(own);
    free(crops);
}

/* An aligner, two networks with shared layers, codes and windows, mirror images. */
static void test_all_that_a_model_can_have(void **state)
{
    (void)state;
    struct model model = full_model(3);
    check(&model, CROPS);
    model.mirror = false;
    check(&model, CROPS);
    model_free(&model);
}

/* small_model with other layers. */
static struct model model_with(const struct mlp_config *config, uint64_t seed)
{
    struct model model = small_model(seed);
    struct rng rng = rng_make(seed, 7);
    mlp_free(&model.networks[0].mlp);
    struct mlp *mlp = &model.networks[0].mlp;
    *mlp = random_weights(config, &rng);
    for (size_t i = 0; i < mlp->parameter_count; i++)
        mlp->parameters[i] *= 3; /* answers that differ, behind three layers too */
    return model;
}

/* Each hidden unit with each output, over layers that 8 and then 2 positions share. */
static void test_activations(void **state)
{
    (void)state;
    for (int kind = 0; kind < ACTIVATION_COUNT * OUTPUT_ACTIVATION_COUNT; kind++) {
        const struct mlp_config config = {
            .layer_count = 3,
            .units = {64, 8 * 4, 2 * 6, 3},
            .positions = {8, 2},
            .activation = (enum activation)(kind / OUTPUT_ACTIVATION_COUNT),
            .output = (enum output_activation)(kind % OUTPUT_ACTIVATION_COUNT)};
        struct model model = model_with(&config, 5);
        check(&model, CROPS);
        model_free(&model);
    }
}

/* Of the input itself, and of windows again. */
static const struct mlp_config windows_of_windows = {.layer_count = 3,
                                                     .units = {64, 9 * 4, 4 * 3, 3},
                                                     .windows = {{4, 2}, {3, 2}},
                                                     .activation = ACTIVATION_RELU};

static void test_layers_that_look_through_windows(void **state)
{
    (void)state;
    struct model model = model_with(&windows_of_windows, 5);
    check(&model, CROPS);
    model_free(&model);
}

/* As many windows as there may be, under the longest names. */
static void test_most_windows(void **state)
{
    (void)state;
    enum { POSITIONS = MLP_MAX_GRID * MLP_MAX_GRID };
    const struct mlp_config config = {
        .layer_count = 12,
        .units = {64, 16, 16, 16, 16, 16, 16, 16, 16, 16, POSITIONS, POSITIONS, 3},
        .windows = {[10] = {MLP_MAX_GRID, 1}},
        .activation = ACTIVATION_TANH};
    struct model model = model_with(&config, 5);
    check(&model, CROPS);
    model_free(&model);
}

static void test_without_hidden_layers(void **state)
{
    (void)state;
    const struct mlp_config config = {.layer_count = 1, .units = {64, 3}};
    struct model model = model_with(&config, 6);
    check(&model, CROPS);
    model_free(&model);
}

/* As many as there may be, and their mean. */
static void test_most_networks(void **state)
{
    (void)state;
    const struct mlp_config config = {.layer_count = 1, .units = {64, 3}};
    struct model model = model_with(&config, 6);
    for (; model.network_count < MODEL_MAX_NETWORKS; model.network_count++)
        model.networks[model.network_count] =
            model_with(&config, 6 + (uint64_t)model.network_count).networks[0];
    check(&model, AT_ONCE);
    model_free(&model);
}

/* Sigmoids that are all zero: each class is as likely as any other, here as there. */
static void test_no_output_at_all(void **state)
{
    (void)state;
    const struct mlp_config config = {.layer_count = 1, .units = {64, 3}, .output = OUTPUT_SIGMOID};
    struct model model = model_with(&config, 6);
    uint8_t crop[64] = {1, 200, 3};
    for (int k = 0; k < 3; k++)
        model.networks[0].mlp.layers[0].biases[k] = -1000;
    float *own = own_answers(&model, crop, 1);
    expect_close((double)own[0], 1 / 3.0, 1e-6, "our own answer");
    ask(&model, export(&model), crop, 1, own);
    free(own);
    model_free(&model);
}

static void test_shipped_model(void **state)
{
    (void)state;
    const char *path = SOURCE_DIR "/models/expressions.safetensors";
    struct model model;
    struct error error;
    if (access(path, F_OK) != 0)
        skip();
    if (model_load(&model, path, &error) < 0)
        fail_msg("%s", error.text);
    check(&model, CROPS);
    model_free(&model);
}

/* As a user does it: the vectors are the library's, the network is OpenCV's, and together they say
 * what the library says of the crops. */
static void test_vectors_of_the_library(void **state)
{
    (void)state;
    enum { LABELS = EXPRESSIONS_LABEL_COUNT };
    const char *path = SOURCE_DIR "/models/expressions.safetensors";
    struct expressions_model *user = NULL;
    struct expressions_recognizer *recognizer = NULL;
    struct model model;
    struct error error;
    if (access(path, F_OK) != 0)
        skip();
    assert_int_equal(model_load(&model, path, &error), 0);
    assert_int_equal(expressions_model_open(&user, path, NULL, NULL), EXPRESSIONS_OK);
    assert_int_equal(expressions_recognizer_open(&recognizer, user, NULL), EXPRESSIONS_OK);
    static uint8_t crops[AT_ONCE * EXPRESSIONS_CROP_PIXELS];
    static float own[AT_ONCE * LABELS], got[2 * AT_ONCE * LABELS];
    struct rng rng = rng_make(12, 0);
    make_crops(&model, &rng, AT_ONCE, crops);
    int networks = expressions_model_networks(user), rows = AT_ONCE * (1 + model.mirror);
    char names[MODEL_MAX_NETWORKS][VECTORS_NAME_SIZE], text[DNN_TEXT_SIZE];
    struct dnn_input inputs[MODEL_MAX_NETWORKS];
    float *vectors[MODEL_MAX_NETWORKS];
    for (int i = 0; i < networks; i++) {
        int size = expressions_vector_size(user, i);
        vectors[i] = malloc((size_t)rows * (size_t)size * sizeof(float));
        assert_non_null(vectors[i]);
        for (int mirrored = 0; mirrored <= expressions_model_mirrors(user); mirrored++)
            assert_int_equal(expressions_vectors(recognizer, i, mirrored, crops, AT_ONCE,
                                                 vectors[i] + mirrored * AT_ONCE * size, NULL),
                             EXPRESSIONS_OK);
        snprintf(names[i], sizeof names[i], "networks.%d.%s", i,
                 feature_kind_names[model.networks[i].features.kind]);
        inputs[i] = (struct dnn_input){names[i], vectors[i], size};
    }
    assert_int_equal(expressions_recognize_crops(recognizer, crops, AT_ONCE, own, NULL),
                     EXPRESSIONS_OK);
    assert_true(spread(own, AT_ONCE, LABELS) > 0.05);
    if (dnn_run(export(&model), inputs, networks, rows, "probabilities", LABELS, got, text) < 0)
        fail_msg("%s", text);
    compare(&model, got, own, AT_ONCE);
    for (int i = 0; i < networks; i++)
        free(vectors[i]);
    expressions_recognizer_close(&recognizer);
    expressions_model_close(&user);
    model_free(&model);
}

/* The checksum of the file of such a model, whose weights are 0 to 1 in steps of a 64th. */
static uint32_t checksum_of(struct model model)
{
    size_t size;
    for (int n = 0; n < model.network_count; n++)
        for (size_t i = 0; i < model.networks[n].mlp.parameter_count; i++)
            model.networks[n].mlp.parameters[i] = (float)(i % 65) / 64.0f;
    uint8_t *bytes = read_bytes(export(&model), &size);
    uint32_t sum = checksum(CHECKSUM_OF_NOTHING, bytes, size);
    free(bytes);
    model_free(&model);
    return sum;
}

/* What other programs than OpenCV read there, too: names, notes, types. */
static void test_same_bytes(void **state)
{
    (void)state;
    const struct mlp_config config = {.layer_count = 3,
                                      .units = {64, 8 * 4, 4 * 3, 3},
                                      .positions = {8, 4},
                                      .activation = ACTIVATION_SIGMOID,
                                      .output = OUTPUT_SIGMOID};
    const uint32_t sums[] = {checksum_of(full_model(3)), checksum_of(model_with(&config, 5)),
                             checksum_of(model_with(&windows_of_windows, 5))};
    static const uint32_t expected[] = {0x796a5565, 0x72612e14, 0x410db7a1};
    for (int i = 0; i < 3; i++)
        if (sums[i] != expected[i])
            fail_msg("model %d is written in other bytes: checksum 0x%08x, not 0x%08x", i,
                     (unsigned)sums[i], (unsigned)expected[i]);
}

static bool says(const uint8_t *bytes, size_t size, const char *key, const char *value)
{
    char entry[200];
    int length = snprintf(entry, sizeof entry, "\n%c%s\x12%c%s", (int)strlen(key), key,
                          (int)strlen(value), value);
    for (size_t at = 0; at + (size_t)length <= size; at++)
        if (memcmp(bytes + at, entry, (size_t)length) == 0)
            return true;
    return false;
}

/* What becomes of a crop before the graph sees it. */
static void test_metadata(void **state)
{
    (void)state;
    struct model model = full_model(3);
    size_t size;
    model.enlarge = 1.25f;
    char longest[128] = ""; /* of those whose length takes one byte */
    memset(longest, 'x', sizeof longest - 1);
    snprintf(model.notes.licence, sizeof model.notes.licence, "%s", longest);
    uint8_t *bytes = read_bytes(export(&model), &size);
    assert_true(says(bytes, size, "mirror", "true"));
    assert_true(says(bytes, size, "enlarge", "1.25"));
    assert_true(says(bytes, size, "licence", longest));
    free(bytes);
    model.enlarge = 0.5f;
    bytes = read_bytes(export(&model), &size);
    assert_true(says(bytes, size, "enlarge", "0.5"));
    free(bytes);
    model.mirror = false;
    model.enlarge = 0;
    bytes = read_bytes(export(&model), &size);
    assert_true(says(bytes, size, "mirror", "false"));
    assert_false(says(bytes, size, "enlarge", "0"));
    free(bytes);
    model_free(&model);
}

static void test_no_place_to_write(void **state)
{
    (void)state;
    struct model model = small_model(3);
    struct error error = {.text = ""};
    char path[3 * TEST_PATH_SIZE];
    snprintf(path, sizeof path, "%s/none/model.onnx", test_folder());
    assert_int_equal(onnx_export(&model, path, &error), -1);
    expect_text(error.text, path, "No such file");
    assert_int_equal(count_files(0), 0);
    model_free(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_all_that_a_model_can_have, empty_folder),
        cmocka_unit_test_teardown(test_activations, empty_folder),
        cmocka_unit_test_teardown(test_metadata, empty_folder),
        cmocka_unit_test_teardown(test_layers_that_look_through_windows, empty_folder),
        cmocka_unit_test_teardown(test_most_windows, empty_folder),
        cmocka_unit_test_teardown(test_without_hidden_layers, empty_folder),
        cmocka_unit_test_teardown(test_most_networks, empty_folder),
        cmocka_unit_test_teardown(test_no_output_at_all, empty_folder),
        cmocka_unit_test_teardown(test_shipped_model, empty_folder),
        cmocka_unit_test_teardown(test_vectors_of_the_library, empty_folder),
        cmocka_unit_test_teardown(test_same_bytes, empty_folder),
        cmocka_unit_test_teardown(test_no_place_to_write, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
