/* libexpressions, as a program outside sees it, against the parts that it is made of. */
#include "small_model.h"

#include "cascade_files.h"
#include "detector.h"
#include "face.h"
#include "internal.h"
#include "library.h"
#include "metrics.h"

#include <limits.h>
#include <pthread.h>

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {"angry", "disgust",  "fear",   "happy",
                                        "sad",   "surprise", "neutral"};
    for (int i = 0; i < EXPRESSIONS_LABEL_COUNT; i++)
        assert_string_equal(expressions_label_name(i), names[i]);
    assert_null(expressions_label_name(-1));
    assert_null(expressions_label_name(EXPRESSIONS_LABEL_COUNT));
    char number[32];
    int version = expressions_version_number();
    snprintf(number, sizeof number, "%d.%d.%d", version / 10000, version / 100 % 100,
             version % 100);
    assert_string_equal(number, VERSION);
    assert_string_equal(expressions_version(), VERSION);
    for (int s = EXPRESSIONS_OK; s <= EXPRESSIONS_FAILED; s++) {
        for (int t = EXPRESSIONS_OK; t < s; t++)
            assert_string_not_equal(expressions_status_text((enum expressions_status)s),
                                    expressions_status_text((enum expressions_status)t));
    }
    assert_non_null(expressions_status_text((enum expressions_status)99));
}

static void test_description(void **state)
{
    (void)state;
    char text[EXPRESSIONS_DESCRIPTION_SIZE];
    expect_ok(expressions_model_describe(model, text, &error));
    assert_non_null(strstr(text, "angry, disgust, fear, happy, sad, surprise, neutral\n"));
    assert_non_null(strstr(text, "\nlicence "));
    assert_int_equal(strncmp(text, "model          " SOURCE_DIR, 15 + sizeof SOURCE_DIR - 1), 0);
    expect_failure(expressions_model_describe(NULL, text, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "model");
}

/* Other shares of the classes than the training's, in any unit. */
static void test_prior(void **state)
{
    (void)state;
    static const float priors[][EXPRESSIONS_LABEL_COUNT] = {{2, 2, 2, 2, 2, 2, 4},
                                                            {1e6f, 1e-6f, 1, 1, 1, 1, 1},
                                                            {1, 1, 9e-7f, 1, 1, 1, 1},
                                                            {1, 1, 1.1e6f, 1, 1, 1, 1},
                                                            {1, 1, (float)NAN, 1, 1, 1, 1}};
    for (int i = 0; i < 5; i++) {
        struct expressions_model_settings settings = EXPRESSIONS_MODEL_DEFAULTS;
        struct expressions_model *own = NULL;
        char text[EXPRESSIONS_DESCRIPTION_SIZE];
        settings.prior = priors[i];
        enum expressions_status status =
            expressions_model_open(&own, model_path, &settings, &error);
        if (i >= 2) {
            expect_failure(status, EXPRESSIONS_BAD_ARGUMENT, "`settings->prior[2]` is");
            assert_null(own);
            continue;
        }
        expect_ok(status);
        expect_ok(expressions_model_describe(own, text, &error));
        if (i == 0)
            assert_non_null(
                strstr(text, "\nprior          0.125 0.125 0.125 0.125 0.125 0.125 0.25\n"));
        expressions_model_close(&own);
    }
}

/* What finds no room is left out, wherever that is: in the path, behind it, further on. */
static void test_description_is_cut(void **state)
{
    (void)state;
    enum { LONGEST = 2 * EXPRESSIONS_DESCRIPTION_SIZE, BEHIND = 2 };
    static char path[LONGEST + 1], text[EXPRESSIONS_DESCRIPTION_SIZE + BEHIND];
    static struct expressions_model made = {.path = path, .model = {.class_count = 1}};
    memset(path, 'x', LONGEST);
    for (int length = LONGEST; length > EXPRESSIONS_DESCRIPTION_SIZE - 200;
         length -= length == LONGEST ? EXPRESSIONS_DESCRIPTION_SIZE : 1) {
        path[length] = '\0';
        memset(text, 'y', EXPRESSIONS_DESCRIPTION_SIZE);
        memcpy(text + EXPRESSIONS_DESCRIPTION_SIZE, "\n", BEHIND); /* which would be replaced */
        expect_ok(expressions_model_describe(&made, text, &error));
        assert_int_equal(strlen(text), EXPRESSIONS_DESCRIPTION_SIZE - 1);
        assert_memory_equal(text + EXPRESSIONS_DESCRIPTION_SIZE, "\n", BEHIND);
    }
}

/* How many positions or windows have each layer, where that is more than one; what the file does
 * not say; and no control characters. */
static void test_description_of_layers(void **state)
{
    (void)state;
    const struct mlp_config config = {.layer_count = 3,
                                      .units = {128, 2 * 18, 4 * 5, 3},
                                      .positions = {2},
                                      .windows = {[1] = {.grid = 3, .side = 2}},
                                      .activation = ACTIVATION_RELU};
    struct expressions_model *layered = NULL;
    struct model made = small_model(4);
    struct rng rng = rng_make(4, 1);
    struct error why;
    char text[EXPRESSIONS_DESCRIPTION_SIZE];
    mlp_free(&made.networks[0].mlp);
    made.networks[0].mlp = random_weights(&config, &rng);
    made.width = made.networks[0].features.width = 16;
    made.height = made.networks[0].features.height = 8;
    memset(made.prior, 0, sizeof made.prior);
    strcpy(made.notes.recipe, "red \033[31m");
    made.notes.licence[0] = '\0';
    assert_int_equal(model_save(&made, in_folder("small.safetensors"), &why), 0);
    model_free(&made);
    expect_ok(expressions_model_open(&layered, in_folder("small.safetensors"), NULL, &error));
    expect_ok(expressions_model_describe(layered, text, &error));
    assert_string_equal(
        strchr(text, '\n'),
        "\nclasses        left, right, \303\274ber \"all\"\n"
        "input          16x8 grey\n"
        "network        pixels, 128 - 2 x 18 - 4 x 5 - 3, relu hidden, softmax output\n"
        "parameters     1573\n"
        "answer         one pass over the face\n"
        "prior          not stated\n"
        "training data  64 made-up crops\n"
        "recipe         red ?[31m\n"
        "seed           7\n"
        "accuracy       0.5\n"
        "date           2026-11-23\n"
        "licence        not stated\n");
    assert_int_equal(expressions_model_mirrors(layered), 0);
    expressions_model_close(&layered);
}

/* What model_predict says of these boxes. */
static void predict(const struct grey_image *grey, const struct expressions_face *faces, int count,
                    float answers[][EXPRESSIONS_LABEL_COUNT])
{
    static uint8_t crops[EXPRESSIONS_MAX_FACES * EXPRESSIONS_CROP_PIXELS];
    struct model own;
    struct model_workspace *workspace;
    struct error why;
    assert_int_equal(model_load(&own, model_path, &why), 0);
    assert_int_equal(model_workspace_create(&workspace, &own, EXPRESSIONS_MAX_FACES, &why), 0);
    for (int i = 0; i < count; i++) {
        struct expressions_box box = faces[i].box;
        face_crop(grey, (struct box){box.x, box.y, box.width, box.height},
                  crops + i * EXPRESSIONS_CROP_PIXELS);
    }
    model_predict(&own, workspace, crops, count, answers[0]);
    model_workspace_free(&workspace);
    model_free(&own);
}

static void test_single_pictures(void **state)
{
    (void)state;
    struct error why;
    struct detector *own;
    double time;
    assert_int_equal(detector_open(&own, cascade_files[CASCADE_FIRST], &why), 0);
    for (int n = 0; n < 3; n++) {
        struct expressions_picture picture = next_picture(&time);
        struct grey_frame frame = {.grey = to_grey_image(&picture)};
        struct expressions_face faces[EXPRESSIONS_MAX_FACES];
        float answers[EXPRESSIONS_MAX_FACES][EXPRESSIONS_LABEL_COUNT];
        int count = -1;
        assert_int_equal(detector_find(own, &frame, &why), 0);
        expect_ok(
            expressions_detect(detector, &picture, faces, EXPRESSIONS_MAX_FACES, &count, &error));
        assert_true(count >= 1);
        assert_int_equal(count, frame.box_count);
        expect_ok(expressions_recognize(recognizer, &picture, faces, count, &error));
        predict(&frame.grey, faces, count, answers);
        for (int i = 0; i < count; i++) {
            assert_int_equal(faces[i].id, i + 1);
            assert_memory_equal(&faces[i].box, &frame.boxes[i], sizeof faces[i].box);
            assert_memory_equal(faces[i].raw, answers[i], sizeof faces[i].raw);
            assert_memory_equal(faces[i].probabilities, faces[i].raw, sizeof faces[i].raw);
            for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++)
                assert_true(answers[i][k] <= answers[i][faces[i].label]);
            for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++)
                assert_true(k == faces[i].label || answers[i][k] <= answers[i][faces[i].second]);
            assert_int_not_equal(faces[i].second, faces[i].label);
            assert_int_equal(faces[i].uncertain, answers[i][faces[i].label] < 0.5f);
            assert_true(!faces[i].held && !faces[i].smoothed && !faces[i].calibration);
        }
        expect_ok(expressions_detect(detector, &picture, NULL, 0, &count, &error));
        assert_int_equal(count, 0);
    }
    detector_close(&own);
}

/* Grey and colour, and rows with anything between them, give the same. */
static void test_formats(void **state)
{
    (void)state;
    double time;
    struct expressions_picture picture = next_picture(&time);
    struct grey_image packed = to_grey_image(&picture);
    struct expressions_face coloured, grey, followed;
    struct expressions_tracker *tracker;
    int count;
    size_t width = (size_t)packed.width, stride = width + 13;
    uint8_t *padded = malloc(stride * (size_t)packed.height);
    assert_non_null(padded);
    memset(padded, 0xaa, stride * (size_t)packed.height);
    for (size_t y = 0; y < (size_t)packed.height; y++)
        memcpy(padded + y * stride, packed.pixels + y * width, width);
    struct expressions_picture in_grey = {padded, packed.width, packed.height, stride,
                                          EXPRESSIONS_GREY};
    expect_ok(expressions_detect(detector, &picture, &coloured, 1, &count, &error));
    assert_int_equal(count, 1);
    expect_ok(expressions_detect(detector, &in_grey, &grey, 1, &count, &error));
    assert_memory_equal(&coloured, &grey, sizeof grey);
    expect_ok(expressions_recognize(recognizer, &picture, &coloured, 1, &error));
    expect_ok(expressions_recognize(recognizer, &in_grey, &grey, 1, &error));
    assert_memory_equal(coloured.raw, grey.raw, sizeof grey.raw);
    const struct expressions_picture *const both[] = {&picture, &in_grey};
    struct expressions_box found[2];
    for (int i = 0; i < 2; i++) {
        expect_ok(open_tracker(&tracker, detector));
        expect_ok(expressions_track(tracker, both[i], 0, NULL, 0, &followed, 1, &count, &error));
        assert_int_equal(count, 1);
        found[i] = followed.box;
        expressions_tracker_close(&tracker);
    }
    assert_memory_equal(&found[0], &found[1], sizeof found[0]);
    free(padded);
}

/* The same picture with its bytes in another order, or with a fourth byte. */
static void test_byte_orders(void **state)
{
    (void)state;
    double time;
    struct expressions_picture bgr = next_picture(&time);
    size_t width = (size_t)bgr.width, pixels = width * (size_t)bgr.height;
    static const struct {
        enum expressions_format format;
        size_t bytes, places[3]; /* of blue, green, red */
    } orders[] = {{EXPRESSIONS_RGB, 3, {2, 1, 0}},
                  {EXPRESSIONS_BGRA, 4, {0, 1, 2}},
                  {EXPRESSIONS_RGBA, 4, {2, 1, 0}}};
    struct expressions_face expected = {.box = {200, 100, 150, 150}}, face;
    expect_ok(expressions_recognize(recognizer, &bgr, &expected, 1, &error));
    uint8_t *bytes = malloc(4 * pixels);
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        memset(bytes, 0x55, 4 * pixels);
        for (size_t p = 0; p < pixels; p++) {
            const uint8_t *from = bgr.pixels + p / width * bgr.stride + p % width * 3;
            for (int c = 0; c < 3; c++)
                bytes[p * orders[i].bytes + orders[i].places[c]] = from[c];
        }
        struct expressions_picture other = {.pixels = bytes,
                                            .width = bgr.width,
                                            .height = bgr.height,
                                            .stride = width * orders[i].bytes,
                                            .format = orders[i].format};
        face = (struct expressions_face){.box = expected.box};
        expect_ok(expressions_recognize(recognizer, &other, &face, 1, &error));
        assert_memory_equal(face.raw, expected.raw, sizeof face.raw);
        other.stride--;
        expect_failure(expressions_recognize(recognizer, &other, &face, 1, &error),
                       EXPRESSIONS_BAD_ARGUMENT, "`picture->stride` is");
    }
    free(bytes);
}

/* A Y plane: 16 is black, 235 white, and what lies outside is neither darker nor brighter. */
static void test_luma(void **state)
{
    (void)state;
    enum { SIDE = EXPRESSIONS_CROP_SIDE };
    static const uint8_t lumas[] = {0, 16, 17, 125, 126, 234, 235, 255},
                         greys[] = {0, 0, 1, 127, 128, 254, 255, 255};
    uint8_t y[SIDE][SIDE], crop[SIDE][SIDE];
    for (int row = 0; row < SIDE; row++)
        memset(y[row], lumas[row / 6], SIDE);
    struct expressions_picture picture = {y[0], SIDE, SIDE, SIDE, EXPRESSIONS_Y};
    struct expressions_box whole = {0, 0, SIDE, SIDE};
    expect_ok(expressions_crop(recognizer, &picture, &whole, 1, crop[0], &error));
    for (int i = 0; i < 8; i++)
        assert_int_equal(crop[6 * i + 2][SIDE / 2], greys[i]);
    picture.format = (enum expressions_format)(EXPRESSIONS_Y + 1);
    expect_failure(expressions_crop(recognizer, &picture, &whole, 1, crop[0], &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`picture->format` is 6");
}

/* More faces than a batch holds; their boxes leave the picture, too. Held ones stay as they are. */
static void test_many_faces(void **state)
{
    (void)state;
    enum { COUNT = 2 * EXPRESSIONS_MAX_FACES + 3 };
    double time;
    struct expressions_picture picture = next_picture(&time);
    static struct expressions_face together[COUNT];
    for (int i = 0; i < COUNT; i++) {
        together[i].box = (struct expressions_box){i * 5 - 60, i * 4 - 50, 30 + i, 30 + i};
        together[i].held = i % 3 == 1;
    }
    expect_ok(expressions_recognize(recognizer, &picture, together, COUNT, &error));
    for (int i = 0; i < COUNT; i++) {
        struct expressions_face alone = {.box = together[i].box, .smoothed = 1};
        float sum = 0;
        if (together[i].held) {
            assert_true(together[i].raw[0] == 0 && together[i].label == 0);
            assert_true(together[i].score == 0);
            continue;
        }
        expect_ok(expressions_recognize(recognizer, &picture, &alone, 1, &error));
        assert_false(alone.smoothed);
        assert_true(alone.score > 0 && alone.score < 1);
        expect_close((double)together[i].score, (double)alone.score, 1e-5, "the verifier's");
        alone.score = 0.25f;
        expect_ok(expressions_recognize(recognizer, &picture, &alone, 1, &error));
        expect_close((double)alone.score, 0.25, 0, "a score that is known");
        for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++) {
            expect_close((double)together[i].raw[k], (double)alone.raw[k], 1e-5, "the same box");
            sum += together[i].raw[k];
        }
        expect_close((double)sum, 1, 1e-5, "sum");
    }
    expect_ok(expressions_recognize(recognizer, &picture, NULL, 0, &error));
}

static void test_clip(void **state)
{
    (void)state;
    struct expressions_box part =
        expressions_clip((struct expressions_box){-10, 60, 40, 40}, 100, 80);
    const struct expressions_box expected = {0, 60, 30, 20};
    assert_memory_equal(&part, &expected, sizeof part);
    assert_int_equal(expressions_clip((struct expressions_box){200, 0, 10, 10}, 100, 80).width, 0);
    /* As far and as large as numbers are. */
    static const struct expressions_box far[] = {{INT_MAX, INT_MAX, INT_MAX, INT_MAX},
                                                 {INT_MIN, INT_MIN, INT_MAX, INT_MAX},
                                                 {-9, -9, INT_MAX, INT_MAX},
                                                 {9, 9, INT_MAX, INT_MAX},
                                                 {9, 9, -5, INT_MIN}};
    static const struct expressions_box inside[] = {
        {100, 80, 0, 0}, {0, 0, 0, 0}, {0, 0, 100, 80}, {9, 9, 91, 71}, {9, 9, 0, 0}};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        part = expressions_clip(far[i], 100, 80);
        assert_memory_equal(&part, &inside[i], sizeof part);
        part = expressions_clip(far[i], INT_MIN, -1);
        assert_memory_equal(&part, &inside[1], sizeof part);
    }
}

/* All measures are those of the answers. */
static void expect_measures(const uint8_t *crops, const uint8_t *labels, int count,
                            const struct expressions_evaluation *evaluation)
{
    enum { LABELS = EXPRESSIONS_LABEL_COUNT, MOST = 10 };
    static struct metrics metrics;
    float answers[MOST * LABELS];
    int truths[MOST];
    assert_in_range(count, 1, MOST);
    expect_ok(expressions_recognize_crops(recognizer, crops, count, answers, &error));
    for (int i = 0; i < count; i++)
        truths[i] = labels[i];
    metrics_compute(&metrics, LABELS, truths, count, answers);
    assert_int_equal(evaluation->count, count);
    expect_close(evaluation->accuracy, metrics.accuracy, 1e-9, "accuracy");
    expect_close(evaluation->macro_f1, metrics.macro_f1, 1e-9, "macro F1");
    expect_close(evaluation->calibration_error, metrics.ece, 1e-6, "calibration error");
    for (int k = 0; k < LABELS; k++) {
        expect_close(evaluation->precision[k], metrics.per_class[k].precision, 1e-9, "precision");
        expect_close(evaluation->recall[k], metrics.per_class[k].recall, 1e-9, "recall");
        expect_close(evaluation->f1[k], metrics.per_class[k].f1, 1e-9, "F1");
        for (int l = 0; l < LABELS; l++)
            assert_int_equal(evaluation->confusion[k][l], metrics.confusion[k][l]);
    }
}

/* Noise; four crops are labelled with what the model says of them, the others with something else.
 */
static void test_evaluation(void **state)
{
    (void)state;
    enum { SIDE = EXPRESSIONS_CROP_SIDE, COUNT = EXPRESSIONS_LABEL_COUNT };
    static uint8_t crops[COUNT][SIDE * SIDE];
    struct expressions_picture picture;
    uint8_t labels[COUNT];
    struct expressions_evaluation evaluation = {0};
    int right = 0;
    struct rng rng = rng_make(3, 0);
    fill_noise(&rng, crops[0], sizeof crops);
    for (int i = 0; i < COUNT; i++) {
        struct expressions_face face = {.box = {0, 0, SIDE, SIDE}};
        picture = (struct expressions_picture){crops[i], SIDE, SIDE, SIDE, EXPRESSIONS_GREY};
        expect_ok(expressions_recognize(recognizer, &picture, &face, 1, &error));
        labels[i] = (uint8_t)(i < 4 ? face.label : (face.label + 1) % COUNT);
        right += i < 4;
    }
    expect_ok(expressions_evaluate(recognizer, crops[0], labels, COUNT, &evaluation, &error));
    expect_close(evaluation.accuracy, (double)right / COUNT, 1e-9, "accuracy");
    expect_measures(crops[0], labels, COUNT, &evaluation);
    struct expressions_evaluation one;
    expect_ok(expressions_evaluate(recognizer, crops[0], labels, 1, &one, &error));
    expect_measures(crops[0], labels, 1, &one);
    expect_failure(expressions_evaluate(recognizer, crops[0], labels, 0, &one, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "count");
    labels[2] = EXPRESSIONS_LABEL_COUNT;
    expect_failure(expressions_evaluate(recognizer, crops[0], labels, COUNT, &evaluation, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "label");
    assert_int_equal(evaluation.count, COUNT);
}

static void test_bad_files(void **state)
{
    (void)state;
    struct expressions_model *no_model = NULL;
    struct expressions_detector *no_detector = NULL;
    expect_failure(expressions_model_open(&no_model, "missing.safetensors", NULL, &error),
                   EXPRESSIONS_BAD_MODEL, "missing.safetensors");
    write_bytes(in_folder("cut.safetensors"), "\x10\0\0\0\0\0\0\0{", 9);
    expect_failure(expressions_model_open(&no_model, in_folder("cut.safetensors"), NULL, &error),
                   EXPRESSIONS_BAD_MODEL, "cut.safetensors");
    struct expressions_detector_settings cascade = EXPRESSIONS_DETECTOR_DEFAULTS;
    cascade.cascade = "missing.xml";
    expect_failure(expressions_detector_open(&no_detector, &cascade, &error),
                   EXPRESSIONS_BAD_CASCADE, "missing.xml");
    write_bytes(in_folder("cut.xml"), "<?xml version=\"1.0\"?>\n<opencv", 29);
    cascade.cascade = in_folder("cut.xml");
    expect_failure(expressions_detector_open(&no_detector, &cascade, &error),
                   EXPRESSIONS_BAD_CASCADE, "cut.xml");
    assert_int_equal(expressions_model_open(&no_model, "missing.safetensors", NULL, NULL),
                     EXPRESSIONS_BAD_MODEL);
    assert_null(no_model);
    assert_null(no_detector);

    /* One for something else can be described, but recognizes no faces. */
    struct expressions_recognizer *no_recognizer = NULL;
    struct model small = small_model(3);
    struct error why;
    char text[EXPRESSIONS_DESCRIPTION_SIZE];
    assert_int_equal(model_save(&small, in_folder("small.safetensors"), &why), 0);
    model_free(&small);
    expect_ok(expressions_model_open(&no_model, in_folder("small.safetensors"), NULL, &error));
    expect_ok(expressions_model_describe(no_model, text, &error));
    assert_non_null(strstr(text, "\nclasses        left, right, "));
    assert_int_equal(expressions_model_networks(no_model), 1);
    assert_int_equal(expressions_vector_size(no_model, 0), 64);
    assert_non_null(strstr(text, "\nprior          0.5 0.3 0.2\n"));
    const float even[EXPRESSIONS_LABEL_COUNT] = {1, 1, 1, 1, 1, 1, 1},
                odd[] = {1, 1, 1, 1, 1, 0, 1};
    expect_failure(expressions_recognizer_open(&no_recognizer, no_model, &error),
                   EXPRESSIONS_BAD_MODEL, "small.safetensors");
    assert_null(no_recognizer);
    expressions_model_close(&no_model);
    struct expressions_model_settings settings = EXPRESSIONS_MODEL_DEFAULTS;
    settings.prior = odd;
    expect_failure(expressions_model_open(&no_model, model_path, &settings, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`settings->prior[5]` is 0");
    settings.prior = even;
    expect_failure(
        expressions_model_open(&no_model, in_folder("small.safetensors"), &settings, &error),
        EXPRESSIONS_BAD_MODEL, "small.safetensors");
    assert_null(no_model);
    expressions_recognizer_close(NULL);
    expressions_detector_close(&no_detector);
    expressions_tracker_close(NULL);
    expressions_smoother_close(NULL);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    static const uint8_t pixels[64 * 64];
    const struct expressions_picture good = {pixels, 64, 64, 64, EXPRESSIONS_GREY};
    const struct expressions_picture bad[] = {
        {NULL, 64, 64, 64, EXPRESSIONS_GREY},
        {pixels, 0, 64, 64, EXPRESSIONS_GREY},
        {pixels, 64, -1, 64, EXPRESSIONS_GREY},
        {pixels, 64, 20, 63, EXPRESSIONS_GREY},
        {pixels, 64, 20, 191, EXPRESSIONS_BGR},
        {pixels, 64, 64, 64, (enum expressions_format)7},
        {pixels, 1 << 20, 1, 1 << 20, EXPRESSIONS_GREY},
    };
    const struct expressions_box bad_boxes[] = {
        {0, 0, 0, 10},      {0, 0, 10, -1},     {0, 0, 1 << 20, 10}, {1 << 20, 0, 10, 10},
        {0, -40000, 9, 9},  {INT_MIN, 0, 9, 9}, {0, INT_MIN, 9, 9},  {INT_MAX, 0, 9, 9},
        {0, INT_MAX, 9, 9}, {0, 0, INT_MAX, 9}, {0, 0, 9, INT_MAX},  {0, 0, INT_MIN, INT_MIN},
    };
    struct expressions_face face = {.box = {8, 8, 32, 32}, .id = 77, .label = 77};
    uint8_t crop[EXPRESSIONS_CROP_PIXELS];
    int count = 77;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_failure(expressions_recognize(recognizer, &bad[i], &face, 1, &error),
                       EXPRESSIONS_BAD_ARGUMENT, "picture");
        expect_failure(expressions_crop(recognizer, &bad[i], &face.box, 1, crop, &error),
                       EXPRESSIONS_BAD_ARGUMENT, "picture");
        expect_failure(expressions_detect(detector, &bad[i], &face, 1, &count, &error),
                       EXPRESSIONS_BAD_ARGUMENT, "picture");
    }
    for (size_t i = 0; i < sizeof bad_boxes / sizeof *bad_boxes; i++) {
        struct expressions_face bad_face = {.box = bad_boxes[i]};
        expect_failure(expressions_recognize(recognizer, &good, &bad_face, 1, &error),
                       EXPRESSIONS_BAD_ARGUMENT, "box");
        expect_failure(expressions_crop(recognizer, &good, &bad_boxes[i], 1, crop, &error),
                       EXPRESSIONS_BAD_ARGUMENT, "box");
    }
    face.reserved[0] = 1;
    expect_failure(expressions_recognize(recognizer, &good, &face, 1, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`faces[0].reserved` is not all zeros");
    face.reserved[0] = 0;
    expect_failure(expressions_recognize(recognizer, NULL, &face, 1, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "picture");
    expect_failure(expressions_recognize(NULL, &good, &face, 1, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "recognizer");
    expect_failure(expressions_recognize(recognizer, &good, NULL, 1, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "faces");
    expect_failure(expressions_recognize(recognizer, &good, &face, -1, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`count` is -1");
    expect_failure(expressions_detect(detector, &good, NULL, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "faces");
    assert_int_equal(face.id, 77);
    assert_int_equal(face.label, 77);
    assert_int_equal(count, 77);
}

static void test_no_objects(void **state)
{
    (void)state;
    static const uint8_t pixels[64 * 64];
    const struct expressions_picture picture = {pixels, 64, 64, 64, EXPRESSIONS_GREY};
    struct expressions_recognizer *no_recognizer = NULL;
    struct expressions_face face;
    int count;
    expect_failure(expressions_model_open(NULL, model_path, NULL, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`model` is NULL");
    expect_failure(expressions_recognizer_open(NULL, model, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`recognizer` is NULL");
    expect_failure(expressions_recognizer_open(&no_recognizer, NULL, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`model` is NULL");
    expect_failure(expressions_detector_open(NULL, NULL, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`detector` is NULL");
    expect_failure(expressions_detector_set_verifier(NULL, model, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`detector` is NULL");
    expect_failure(expressions_detect(NULL, &picture, &face, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`detector` is NULL");
    expect_failure(expressions_track(NULL, &picture, 0, NULL, 0, &face, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`tracker` is NULL");
    expect_failure(expressions_expect(NULL, &picture, 0, &face, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`tracker` is NULL");
    expect_failure(expressions_smoother_open(NULL, NULL, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`smoother` is NULL");
    expect_failure(expressions_smoother_set(NULL, 1, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`smoother` is NULL");
    expect_failure(expressions_smooth(NULL, 0, &face, 0, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`smoother` is NULL");
    expect_failure(expressions_calibrate(NULL, 1, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`smoother` is NULL");
}

/* ---- Threads --------------------------------------------------------------------------------- */

static uint8_t noise[256 * 256];
static struct expressions_face expected_face;

static void *recognize_often(void *failures)
{
    struct expressions_recognizer *own;
    struct expressions_picture picture = {noise, 256, 256, 256, EXPRESSIONS_GREY};
    int *wrong = failures;
    if (expressions_recognizer_open(&own, model, NULL) != EXPRESSIONS_OK) {
        *wrong = -1;
        return NULL;
    }
    for (int n = 0; n < 20; n++) {
        struct expressions_face face = {.box = expected_face.box};
        if (expressions_recognize(own, &picture, &face, 1, NULL) != EXPRESSIONS_OK ||
            memcmp(face.raw, expected_face.raw, sizeof face.raw) != 0)
            ++*wrong;
    }
    expressions_recognizer_close(&own);
    return NULL;
}

static void test_threads_share_a_model(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int wrong[THREADS] = {0};
    struct rng rng = rng_make(11, 0);
    fill_noise(&rng, noise, sizeof noise);
    struct expressions_picture picture = {noise, 256, 256, 256, EXPRESSIONS_GREY};
    expected_face = (struct expressions_face){.box = {20, 30, 200, 200}};
    expect_ok(expressions_recognize(recognizer, &picture, &expected_face, 1, &error));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, recognize_often, &wrong[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(wrong[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_description, open_all, close_all),
        cmocka_unit_test(test_prior),
        cmocka_unit_test(test_description_is_cut),
        cmocka_unit_test(test_description_of_layers),
        cmocka_unit_test_setup_teardown(test_single_pictures, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_formats, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_byte_orders, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_luma, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_many_faces, open_all, close_all),
        cmocka_unit_test(test_clip),
        cmocka_unit_test_setup_teardown(test_evaluation, open_all, close_all),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test_setup_teardown(test_bad_arguments, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_no_objects, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_threads_share_a_model, open_all, close_all),
    };
    return run_library_tests(tests, sizeof tests / sizeof *tests);
}
