/* The same answers in every build and on every processor: a made-up model with networks for several
 * kinds of features, on made-up crops, against the values in golden/answers.inc; first without an
 * aligner, then with one. With `print` it prints them. */
#include "answers.h"
#include "blas.h"
#include "small_model.h"

enum { CROPS = 24, CLASSES = 7, ANSWERS = CROPS * CLASSES };

static const enum feature_kind kinds[] = {FEATURES_HOG, FEATURES_WINDOWS, FEATURES_PATCHES,
                                          FEATURES_PIXELS};

static const float expected[2 * ANSWERS] = {
#include "golden/answers.inc"
};

static struct network make_network(struct features features, struct mlp_config config,
                                   struct rng *rng)
{
    struct network network = {.features = features};
    if (features.kind == FEATURES_PATCHES)
        network.features.dictionary = random_dictionary(rng, features.atoms);
    struct error error;
    config.layer_count = 2;
    config.units[0] = features_dim(&features);
    config.units[2] = CLASSES;
    assert_int_equal(mlp_create(&network.mlp, &config, &error), 0);
    mlp_init(&network.mlp, rng);
    for (size_t i = 0; i < network.mlp.parameter_count; i++)
        network.mlp.parameters[i] *= 2; /* answers that are far from even */
    return network;
}

/* 48x48 pixels, one network for each kind of features. */
static struct model make_model(bool aligned)
{
    const int side = FACE_SIDE;
    struct model model = {.width = side,
                          .height = side,
                          .network_count = sizeof kinds / sizeof *kinds,
                          .class_count = CLASSES,
                          .mirror = true};
    struct rng rng = rng_make(21, aligned);
    struct mlp_config aligner = {.layer_count = 2,
                                 .units = {8 * 8 * 31, 8, ALIGN_OUTPUTS},
                                 .activation = ACTIVATION_RELU,
                                 .output = OUTPUT_SIGMOID};
    struct error error;
    if (aligned) {
        assert_int_equal(mlp_create(&model.aligner, &aligner, &error), 0);
        mlp_init(&model.aligner, &rng);
    }
    for (int i = 0; i < model.network_count; i++) {
        enum feature_kind kind = kinds[i];
        struct features f = features_default(kind, side, side);
        f.atoms = kind == FEATURES_PATCHES ? 40 : 0;
        int positions =
            kind == FEATURES_PATCHES || kind == FEATURES_WINDOWS ? features_positions(&f) : 1;
        struct mlp_config config = {.units = {0, positions * 12},
                                    .positions = {positions},
                                    .activation = (enum activation)(i % ACTIVATION_COUNT),
                                    .output =
                                        kind == FEATURES_PIXELS ? OUTPUT_SIGMOID : OUTPUT_SOFTMAX};
        model.networks[i] = make_network(f, config, &rng);
    }
    assert_int_equal(model_prepare(&model, &error), 0);
    return model;
}

static void answer(bool aligned, float answers[ANSWERS])
{
    static uint8_t crops[CROPS * FACE_SIDE * FACE_SIDE];
    struct model model = make_model(aligned);
    struct model_workspace *workspace;
    struct error error;
    blas_use_one_thread();
    assert_int_equal(model_workspace_create(&workspace, &model, 5, &error), 0);
    for (int i = 0; i < CROPS; i++)
        draw_crop(crops + i * FACE_SIDE * FACE_SIDE, i);
    model_predict(&model, workspace, crops, CROPS, answers);
    model_workspace_free(&workspace);
    model_free(&model);
}

static void compare(bool aligned)
{
    const float *golden = expected + (aligned ? ANSWERS : 0), tolerance = 1e-5f;
    float answers[ANSWERS];
    answer(aligned, answers);
    for (int i = 0; i < ANSWERS; i++)
        if (!(fabsf(answers[i] - golden[i]) <= tolerance))
            fail_msg("crop %d, class %d: %.9g, expected %.9g within %g; where the arithmetic is "
                     "meant to be another: test_answers print >tests/golden/answers.inc",
                     i / CLASSES, i % CLASSES, (double)answers[i], (double)golden[i],
                     (double)tolerance);
}

static void answers_are_the_same(void **state)
{
    (void)state;
    compare(false);
}

static void aligned_answers_are_the_same(void **state)
{
    (void)state;
    compare(true);
}

static void answers_differ_from_crop_to_crop(void **state)
{
    (void)state;
    float largest = 0;
    for (int k = 0; k < CLASSES; k++)
        for (int i = 1; i < CROPS; i++)
            largest = fmaxf(largest, fabsf(expected[i * CLASSES + k] - expected[k]));
    assert_true(largest > 0.1f);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_the_same),
        cmocka_unit_test(aligned_answers_are_the_same),
        cmocka_unit_test(answers_differ_from_crop_to_crop),
    };
    if (argc < 2 || strcmp(argv[1], "print") != 0)
        return cmocka_run_group_tests(tests, NULL, NULL);
    for (int aligned = 0; aligned < 2; aligned++) {
        float answers[ANSWERS];
        answer(aligned, answers);
        for (int i = 0; i < ANSWERS; i++)
            printf("%.8ff,%s", (double)answers[i], i % CLASSES == CLASSES - 1 ? "\n" : " ");
    }
    return 0;
}
