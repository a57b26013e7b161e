/* libexpressions inside the recognizer: crops, aligned faces, vectors, explanations. */
#include "library.h"

#include "explain.h"
#include "face.h"
#include "model.h"

enum { COUNT = 3, PIXELS = EXPRESSIONS_CROP_PIXELS, LABELS = EXPRESSIONS_LABEL_COUNT };

static struct model own;
static struct model_workspace *workspace;
static uint8_t crops[COUNT * PIXELS];

/* Three boxes on the demo's picture, the last of which leaves it. */
static const struct expressions_box boxes[COUNT] = {
    {180, 150, 200, 200}, {300, 200, 61, 70}, {-40, -30, 150, 150}};

static int open_inside(void **state)
{
    struct error why;
    double time;
    if (open_all(state) || model_load(&own, model_path, &why) ||
        model_workspace_create(&workspace, &own, COUNT, &why))
        return -1;
    struct expressions_picture picture = next_picture(&time);
    return expressions_crop(recognizer, &picture, boxes, COUNT, crops, &error) == EXPRESSIONS_OK
               ? 0
               : -1;
}

static int close_inside(void **state)
{
    model_workspace_free(&workspace);
    model_free(&own);
    return close_all(state);
}

static void test_crops(void **state)
{
    (void)state;
    double time;
    struct expressions_picture picture = next_picture(&time);
    uint8_t expected[PIXELS], again[PIXELS], together[COUNT * PIXELS];
    struct grey_image grey = to_grey_image(&picture);
    expect_ok(expressions_crop(recognizer, &picture, boxes, COUNT, together, &error));
    for (int i = 0; i < COUNT; i++) {
        struct expressions_box box = boxes[i];
        expect_ok(expressions_crop(recognizer, &picture, &box, 1, again, &error));
        face_crop(&grey, (struct box){box.x, box.y, box.width, box.height}, expected);
        assert_memory_equal(again, expected, PIXELS);
        assert_memory_equal(together + i * PIXELS, expected, PIXELS);
    }
}

/* The crops that faces were recognized by can be asked for, except those of held faces. */
static void test_latest_crops(void **state)
{
    (void)state;
    double time;
    struct expressions_picture picture = next_picture(&time);
    struct expressions_face faces[EXPRESSIONS_MAX_FACES + 1];
    for (int i = 0; i <= EXPRESSIONS_MAX_FACES; i++)
        faces[i] = (struct expressions_face){.box = boxes[i % COUNT], .held = i == 1};
    expect_ok(expressions_recognize(recognizer, &picture, faces, COUNT, &error));
    for (int i = 0; i < COUNT; i++) {
        uint8_t expected[PIXELS];
        const uint8_t *crop = expressions_latest_crop(recognizer, i);
        expect_ok(expressions_crop(recognizer, &picture, &boxes[i], 1, expected, &error));
        if (i == 1)
            assert_null(crop);
        else
            assert_memory_equal(crop, expected, PIXELS);
    }
    assert_null(expressions_latest_crop(recognizer, COUNT));
    assert_null(expressions_latest_crop(recognizer, -1));
    assert_null(expressions_latest_crop(NULL, 0));
    expect_ok(expressions_recognize(recognizer, &picture, faces, EXPRESSIONS_MAX_FACES, &error));
    assert_non_null(expressions_latest_crop(recognizer, EXPRESSIONS_MAX_FACES - 1));
    expect_ok(
        expressions_recognize(recognizer, &picture, faces, EXPRESSIONS_MAX_FACES + 1, &error));
    assert_null(expressions_latest_crop(recognizer, 0));
}

/* Crops of any number of pictures at once give what their faces give one by one. */
static void test_answers(void **state)
{
    (void)state;
    double time;
    float answers[COUNT][LABELS];
    uint8_t both[2 * PIXELS];
    for (int n = 0; n < 2; n++) {
        struct expressions_picture picture = next_picture(&time);
        struct expressions_face face = {.box = boxes[0]};
        expect_ok(expressions_crop(recognizer, &picture, boxes, 1, both + n * PIXELS, &error));
        expect_ok(expressions_recognize(recognizer, &picture, &face, 1, &error));
        memcpy(answers[n], face.raw, sizeof face.raw);
    }
    float together[2][LABELS];
    expect_ok(expressions_recognize_crops(recognizer, both, 2, together[0], &error));
    for (int i = 0; i < 2 * LABELS; i++)
        expect_close((double)together[i / LABELS][i % LABELS],
                     (double)answers[i / LABELS][i % LABELS], 1e-5, "the same face");
}

static void align(const uint8_t *crop, uint8_t *face)
{
    struct affine place;
    model_align(&own, workspace, crop, &place);
    warp_picture(&place, crop, FACE_SIDE, FACE_SIDE, face);
}

static void test_aligned(void **state)
{
    (void)state;
    uint8_t faces[COUNT * PIXELS], expected[PIXELS];
    expect_ok(expressions_align(recognizer, crops, COUNT, faces, &error));
    for (int i = 0; i < COUNT; i++) {
        align(crops + i * PIXELS, expected);
        assert_memory_equal(faces + i * PIXELS, expected, PIXELS);
    }
    assert_memory_not_equal(faces, crops, sizeof faces);
}

/* The answer is the mean of what the networks say to these vectors. */
static void test_vectors(void **state)
{
    (void)state;
    float sum[COUNT * LABELS] = {0}, answers[COUNT * LABELS];
    int mirrors = expressions_model_mirrors(model), networks = expressions_model_networks(model);
    struct error why;
    assert_int_equal(networks, own.network_count);
    for (int n = 0; n < networks; n++) {
        size_t size = (size_t)expressions_vector_size(model, n);
        float *vectors = malloc(COUNT * size * sizeof *vectors);
        struct mlp_workspace *scratch;
        assert_non_null(vectors);
        assert_int_equal(mlp_workspace_create(&scratch, &own.networks[n].mlp.config, COUNT, &why),
                         0);
        for (int mirrored = 0; mirrored <= mirrors; mirrored++) {
            expect_ok(expressions_vectors(recognizer, n, mirrored, crops, COUNT, vectors, &error));
            mlp_forward(&own.networks[n].mlp, scratch, vectors, COUNT, answers);
            for (int i = 0; i < COUNT * LABELS; i++)
                sum[i] += answers[i] / (float)(networks * (1 + mirrors));
        }
        mlp_workspace_free(&scratch);
        free(vectors);
    }
    expect_ok(expressions_recognize_crops(recognizer, crops, COUNT, answers, &error));
    for (int i = 0; i < COUNT * LABELS; i++)
        expect_close((double)sum[i], (double)answers[i], 5e-5, "an answer");
    assert_int_equal(expressions_vector_size(model, networks), 0);
    assert_int_equal(expressions_vector_size(model, -1), 0);
    assert_int_equal(expressions_model_networks(NULL), 0);
    assert_int_equal(mirrors, own.mirror);
    assert_int_equal(expressions_model_mirrors(NULL), 0);
}

static void test_explanation(void **state)
{
    (void)state;
    struct explainer *explainer;
    struct error why;
    float map[PIXELS], expected[PIXELS];
    assert_int_equal(explainer_create(&explainer, &own, &why), 0);
    for (int label = 0; label < 2; label++) {
        expect_ok(expressions_explain(recognizer, crops, label, map, &error));
        explainer_run(explainer, crops, label, expected);
        assert_memory_equal(map, expected, sizeof map);
    }
    explainer_free(&explainer);
}

/* What is told of a model is what it is. */
static void test_description(void **state)
{
    (void)state;
    char text[EXPRESSIONS_DESCRIPTION_SIZE], parameters[60];
    size_t sum = own.aligner.parameters ? own.aligner.parameter_count : 0;
    for (int n = 0; n < own.network_count; n++)
        sum += own.networks[n].mlp.parameter_count;
    snprintf(parameters, sizeof parameters, "\nparameters     %zu\n", sum);
    const struct model_notes *notes = &own.notes;
    const char *const parts[] = {
        "\nclasses        angry, disgust, fear, happy, sad, surprise, neutral\n",
        "\ninput          48x48 grey\n",
        parameters,
        "\nprior          ",
        "\ntraining data  ",
        notes->training_data,
        "\nrecipe         ",
        notes->recipe,
        "\nseed           ",
        "\naccuracy       ",
        notes->accuracy,
        "\ndate           ",
        "\nlicence        ",
    };
    expect_ok(expressions_model_describe(model, text, &error));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!strstr(text, parts[i]))
            fail_msg("no %s in %s", parts[i], text);
    }
    expect_failure(expressions_model_describe(NULL, text, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`model` is NULL");
    expect_failure(expressions_model_describe(model, NULL, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`text` is NULL");
}

static void test_bad_arguments(void **state)
{
    (void)state;
    double time;
    float map[PIXELS] = {77}, vector[1] = {77}, answers[LABELS];
    uint8_t face[PIXELS];
    struct expressions_picture picture = next_picture(&time);
    expect_failure(expressions_crop(NULL, &picture, boxes, 1, face, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`recognizer` is NULL");
    expect_failure(expressions_crop(recognizer, NULL, boxes, 1, face, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`picture` is NULL");
    expect_failure(expressions_crop(recognizer, &picture, NULL, 1, face, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`boxes` is NULL");
    expect_failure(expressions_crop(recognizer, &picture, boxes, 1, NULL, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`crops` is NULL");
    expect_failure(expressions_crop(recognizer, &picture, boxes, -1, face, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`count` is -1");
    expect_ok(expressions_crop(recognizer, &picture, NULL, 0, NULL, &error));
    expect_ok(expressions_align(recognizer, NULL, 0, NULL, &error));
    expect_ok(expressions_recognize_crops(recognizer, NULL, 0, NULL, &error));
    expect_failure(expressions_explain(recognizer, crops, LABELS, map, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "label");
    expect_failure(expressions_explain(recognizer, crops, -1, map, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "label");
    expect_failure(expressions_explain(NULL, crops, 0, map, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "recognizer");
    for (int wrong = -1; wrong <= own.network_count; wrong += own.network_count + 1)
        expect_failure(expressions_vectors(recognizer, wrong, 0, crops, 1, vector, &error),
                       EXPRESSIONS_BAD_ARGUMENT, "network");
    expect_failure(expressions_vectors(recognizer, 99, 0, crops, 1, vector, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "network");
    expect_failure(expressions_vectors(recognizer, 0, 0, NULL, 1, vector, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "crops");
    expect_failure(expressions_align(recognizer, crops, 1, NULL, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`faces` is NULL");
    expect_failure(expressions_align(recognizer, crops, -1, face, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`count` is -1");
    expect_failure(expressions_recognize_crops(recognizer, NULL, 1, answers, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "crops");
    assert_true(map[0] == 77 && vector[0] == 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_crops, open_inside, close_inside),
        cmocka_unit_test_setup_teardown(test_latest_crops, open_inside, close_inside),
        cmocka_unit_test_setup_teardown(test_answers, open_inside, close_inside),
        cmocka_unit_test_setup_teardown(test_aligned, open_inside, close_inside),
        cmocka_unit_test_setup_teardown(test_vectors, open_inside, close_inside),
        cmocka_unit_test_setup_teardown(test_explanation, open_inside, close_inside),
        cmocka_unit_test_setup_teardown(test_description, open_inside, close_inside),
        cmocka_unit_test_setup_teardown(test_bad_arguments, open_inside, close_inside),
    };
    return run_library_tests(tests, sizeof tests / sizeof *tests);
}
