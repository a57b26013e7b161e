/* libexpressions, as a program outside sees it, against what the live program's own parts give. */
#include "testing.h"

#include "demo.h"
#include "expressions.h"
#include "follower.h"
#include "ocv.h"
#include "recognizer.h"
#include "smoother.h"

#include <pthread.h>

static const char model_path[] = SOURCE_DIR "/models/expressions.safetensors";

static struct demo *demo;
static struct expressions_model *model;
static struct expressions_recognizer *recognizer;
static struct expressions_detector *detector;
static struct expressions_error error;

static void expect_ok(enum expressions_status status)
{
    if (status != EXPRESSIONS_OK)
        fail_msg("%s: %s", expressions_status_text(status), error.text);
}

/* The status is this one, and so is the error's, whose text is one line with `word`. */
static void expect_failure(enum expressions_status got, enum expressions_status status,
                           const char *word)
{
    assert_int_equal(got, status);
    assert_int_equal(error.status, status);
    expect_text(error.text, word, "");
}

static struct expressions_picture as_picture(struct bgr_image image)
{
    return (struct expressions_picture){image.pixels, image.width, image.height, image.stride,
                                        EXPRESSIONS_BGR};
}

/* A frame of the live program with the demo's next picture. */
static struct expressions_picture next_picture(struct frame *frame)
{
    struct error why;
    double time;
    struct bgr_image image = demo_next(demo, &time);
    assert_int_equal(frame_set(frame, image, &why), 0);
    frame->time = time;
    return as_picture(image);
}

static int open_all(void **state)
{
    (void)state;
    struct error why;
    int failed = demo_open(&demo, SOURCE_DIR "/datasets/mean_faces.png", &why);
    failed = failed || expressions_model_load(&model, model_path, &error);
    failed = failed || expressions_recognizer_open(&recognizer, model, &error);
    failed = failed || expressions_detector_open(&detector, NULL, &error);
    if (failed)
        print_error("%s\n", error.text);
    return failed ? -1 : 0;
}

static int close_all(void **state)
{
    (void)state;
    expressions_detector_close(&detector);
    expressions_recognizer_close(&recognizer);
    expressions_model_free(&model);
    demo_close(&demo);
    return detector || recognizer || model ? -1 : 0;
}

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {"angry", "disgust",  "fear",   "happy",
                                        "sad",   "surprise", "neutral"};
    for (int i = 0; i < EXPRESSIONS_LABEL_COUNT; i++)
        assert_string_equal(expressions_label_name(i), names[i]);
    assert_null(expressions_label_name(-1));
    assert_null(expressions_label_name(EXPRESSIONS_LABEL_COUNT));
    assert_string_equal(expressions_version(), VERSION);
    for (int s = EXPRESSIONS_OK; s <= EXPRESSIONS_FAILED; s++) {
        for (int t = EXPRESSIONS_OK; t < s; t++)
            assert_string_not_equal(expressions_status_text((enum expressions_status)s),
                                    expressions_status_text((enum expressions_status)t));
    }
    assert_non_null(expressions_status_text((enum expressions_status)99));
}

static void test_single_pictures(void **state)
{
    (void)state;
    struct error why;
    struct recognizer *own;
    struct detector *own_detector;
    struct frame frame = {0};
    assert_int_equal(recognizer_open(&own, model_path, &why), 0);
    assert_int_equal(detector_open(&own_detector, HAAR_CASCADE, &why), 0);
    for (int n = 0; n < 3; n++) {
        struct expressions_picture picture = next_picture(&frame);
        struct face expected[FRAME_MAX_FACES];
        struct expressions_box boxes[EXPRESSIONS_MAX_FACES];
        struct expressions_face faces[EXPRESSIONS_MAX_FACES];
        int count = -1;
        assert_int_equal(detector_find(own_detector, &frame, &why), 0);
        recognizer_run(own, &frame, expected);
        expect_ok(
            expressions_detect(detector, &picture, boxes, EXPRESSIONS_MAX_FACES, &count, &error));
        assert_true(count >= 1);
        assert_int_equal(count, frame.box_count);
        assert_memory_equal(boxes, frame.boxes, (size_t)count * sizeof *boxes);
        expect_ok(expressions_recognize(recognizer, &picture, boxes, count, faces, &error));
        for (int i = 0; i < count; i++) {
            assert_int_equal(faces[i].id, i + 1);
            assert_int_equal(faces[i].label, expected[i].label);
            assert_memory_equal(faces[i].raw, expected[i].raw, sizeof faces[i].raw);
            assert_memory_equal(faces[i].probabilities, faces[i].raw, sizeof faces[i].raw);
            assert_memory_equal(&faces[i].box, &boxes[i], sizeof *boxes);
        }
        expect_ok(expressions_detect(detector, &picture, NULL, 0, &count, &error));
        assert_int_equal(count, 0);
    }
    frame_free(&frame);
    detector_close(&own_detector);
    recognizer_close(&own);
}

/* Grey and colour, and rows with anything between them, give the same. */
static void test_formats(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct expressions_picture picture = next_picture(&frame);
    struct expressions_box box, again;
    struct expressions_face coloured, grey;
    int count;
    size_t width = (size_t)frame.width, stride = width + 13;
    uint8_t *padded = malloc(stride * (size_t)frame.height);
    assert_non_null(padded);
    memset(padded, 0xaa, stride * (size_t)frame.height);
    for (size_t y = 0; y < (size_t)frame.height; y++)
        memcpy(padded + y * stride, frame.grey + y * width, width);
    struct expressions_picture in_grey = {padded, frame.width, frame.height, stride,
                                          EXPRESSIONS_GREY};
    expect_ok(expressions_detect(detector, &picture, &box, 1, &count, &error));
    assert_int_equal(count, 1);
    expect_ok(expressions_detect(detector, &in_grey, &again, 1, &count, &error));
    assert_memory_equal(&box, &again, sizeof box);
    expect_ok(expressions_recognize(recognizer, &picture, &box, 1, &coloured, &error));
    expect_ok(expressions_recognize(recognizer, &in_grey, &box, 1, &grey, &error));
    assert_memory_equal(coloured.raw, grey.raw, sizeof grey.raw);
    free(padded);
    frame_free(&frame);
}

/* More boxes than a batch holds; they leave the picture, too. */
static void test_many_boxes(void **state)
{
    (void)state;
    enum { COUNT = 2 * EXPRESSIONS_MAX_FACES + 3 };
    struct frame frame = {0};
    struct expressions_picture picture = next_picture(&frame);
    struct expressions_box boxes[COUNT];
    static struct expressions_face together[COUNT];
    struct expressions_face alone;
    for (int i = 0; i < COUNT; i++)
        boxes[i] = (struct expressions_box){i * 5 - 60, i * 4 - 50, 30 + i, 30 + i};
    expect_ok(expressions_recognize(recognizer, &picture, boxes, COUNT, together, &error));
    for (int i = 0; i < COUNT; i += 13) {
        float sum = 0;
        expect_ok(expressions_recognize(recognizer, &picture, &boxes[i], 1, &alone, &error));
        assert_int_equal(together[i].id, i + 1);
        for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++) {
            expect_close(together[i].raw[k], alone.raw[k], 1e-5, "the same box");
            sum += together[i].raw[k];
        }
        expect_close(sum, 1, 1e-5, "sum");
    }
    expect_ok(expressions_recognize(recognizer, &picture, NULL, 0, NULL, &error));
    frame_free(&frame);
}

static void expect_same_faces(const struct expressions_face *faces, const struct face *expected,
                              int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(faces[i].id, expected[i].id);
        assert_int_equal(faces[i].label, expected[i].label);
        assert_int_equal(faces[i].held, expected[i].held);
        assert_int_equal(faces[i].uncertain, expected[i].uncertain);
        assert_memory_equal(&faces[i].box, &expected[i].box, sizeof faces[i].box);
        assert_memory_equal(faces[i].raw, expected[i].raw, sizeof faces[i].raw);
        assert_memory_equal(faces[i].probabilities, expected[i].probabilities, sizeof faces[i].raw);
    }
}

static void test_stream(void **state)
{
    (void)state;
    struct error why;
    struct recognizer *own;
    struct follower follower = {0};
    struct smoother smoother = {.seconds = 0.3};
    struct expressions_stream *stream;
    struct frame frame = {0};
    int faces_seen = 0;
    assert_int_equal(recognizer_open(&own, model_path, &why), 0);
    assert_int_equal(detector_open(&follower.detector, HAAR_CASCADE, &why), 0);
    expect_ok(expressions_stream_open(&stream, recognizer, detector, 0.3, &error));
    for (int n = 0; n < 40; n++) {
        struct face expected[FRAME_MAX_FACES];
        struct expressions_face faces[EXPRESSIONS_MAX_FACES];
        struct expressions_picture picture = next_picture(&frame);
        int count = -1;
        assert_int_equal(follower_run(&follower, &frame, &why), 0);
        recognizer_run(own, &frame, expected);
        smoother_run(&smoother, expected, frame.box_count, frame.time);
        expect_ok(expressions_stream_next(stream, &picture, frame.time, NULL, 0, faces,
                                          EXPRESSIONS_MAX_FACES, &count, &error));
        assert_int_equal(count, frame.box_count);
        expect_same_faces(faces, expected, count);
        faces_seen += count;
    }
    assert_true(faces_seen >= 38);
    struct expressions_picture picture = next_picture(&frame);
    int count = -1;
    expect_failure(
        expressions_stream_next(stream, &picture, frame.time - 1, NULL, 0, NULL, 0, &count, &error),
        EXPRESSIONS_BAD_ARGUMENT, "time");
    assert_int_equal(count, -1);
    expressions_stream_close(&stream);
    assert_null(stream);
    detector_close(&follower.detector);
    recognizer_close(&own);
    frame_free(&frame);
}

/* In the first frame the boxes are as they were given: the answers are those of a single picture.
 */
static void test_first_frame(void **state)
{
    (void)state;
    struct expressions_stream *stream;
    struct frame frame = {0};
    struct expressions_face faces[2], alone[2];
    int count;
    expect_ok(expressions_stream_open(&stream, recognizer, NULL, 0.3, &error));
    struct expressions_picture picture = next_picture(&frame);
    const struct expressions_box boxes[2] = {{180, 150, 200, 200}, {440, 40, 120, 120}};
    expect_ok(expressions_stream_next(stream, &picture, 0, boxes, 2, faces, 2, &count, &error));
    assert_int_equal(count, 2);
    expect_ok(expressions_recognize(recognizer, &picture, boxes, 2, alone, &error));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(faces[i].id, i + 1);
        assert_memory_equal(&faces[i].box, &boxes[i], sizeof *boxes);
        assert_memory_equal(faces[i].raw, alone[i].raw, sizeof alone[i].raw);
    }
    expect_ok(expressions_stream_next(stream, &picture, 1, boxes, 2, faces, 1, &count, &error));
    assert_int_equal(count, 1);
    expressions_stream_close(&stream);
    frame_free(&frame);
}

/* The caller finds the faces; one that is gone for a moment is held and keeps its number. */
static void test_stream_of_given_boxes(void **state)
{
    (void)state;
    struct expressions_stream *stream;
    struct frame frame = {0};
    struct expressions_face face;
    int count;
    expect_ok(expressions_stream_open(&stream, recognizer, NULL, 0.3, &error));
    struct expressions_picture picture = next_picture(&frame);
    struct expressions_box box = {180, 150, 200, 200};
    for (int n = 0; n < 10; n++)
        expect_ok(
            expressions_stream_next(stream, &picture, n * 0.1, &box, 1, &face, 1, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(face.id, 1);
    assert_int_equal(face.held, 0);
    struct expressions_face before = face;
    expect_ok(expressions_stream_next(stream, &picture, 1, &box, 0, &face, 1, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(face.held, 1);
    assert_memory_equal(face.probabilities, before.probabilities, sizeof face.probabilities);
    expect_failure(expressions_stream_next(stream, &picture, 2, NULL, 0, &face, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "no detector");
    expect_ok(expressions_stream_next(stream, &picture, 2, &box, 0, &face, 1, &count, &error));
    assert_int_equal(count, 0);
    expressions_stream_close(&stream);
    frame_free(&frame);
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
    int right = 0, sum = 0;
    struct rng rng = rng_make(3, 0);
    fill_noise(&rng, crops[0], sizeof crops);
    for (int i = 0; i < COUNT; i++) {
        struct expressions_face face;
        struct expressions_box all = {0, 0, SIDE, SIDE};
        picture = (struct expressions_picture){crops[i], SIDE, SIDE, SIDE, EXPRESSIONS_GREY};
        expect_ok(expressions_recognize(recognizer, &picture, &all, 1, &face, &error));
        labels[i] = (uint8_t)(i < 4 ? face.label : (face.label + 1) % COUNT);
        right += i < 4;
    }
    expect_ok(expressions_evaluate(recognizer, crops[0], labels, COUNT, &evaluation, &error));
    assert_int_equal(evaluation.count, COUNT);
    expect_close(evaluation.accuracy, (double)right / COUNT, 1e-9, "accuracy");
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++)
            sum += evaluation.confusion[i][k];
    assert_int_equal(sum, COUNT);
    assert_true(evaluation.calibration_error >= 0 && evaluation.calibration_error <= 1);
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
    expect_failure(expressions_model_load(&no_model, "missing.safetensors", &error),
                   EXPRESSIONS_BAD_MODEL, "missing.safetensors");
    write_bytes(in_folder("cut.safetensors"), "\x10\0\0\0\0\0\0\0{", 9);
    expect_failure(expressions_model_load(&no_model, in_folder("cut.safetensors"), &error),
                   EXPRESSIONS_BAD_MODEL, "cut.safetensors");
    expect_failure(expressions_detector_open(&no_detector, "missing.xml", &error),
                   EXPRESSIONS_BAD_CASCADE, "missing.xml");
    write_bytes(in_folder("cut.xml"), "<?xml version=\"1.0\"?>\n<opencv", 29);
    expect_failure(expressions_detector_open(&no_detector, in_folder("cut.xml"), &error),
                   EXPRESSIONS_BAD_CASCADE, "cut.xml");
    assert_int_equal(expressions_model_load(&no_model, "missing.safetensors", NULL),
                     EXPRESSIONS_BAD_MODEL);
    assert_null(no_model);
    assert_null(no_detector);
    expressions_model_free(&no_model);
    expressions_recognizer_close(NULL);
    expressions_detector_close(&no_detector);
    expressions_stream_close(NULL);
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
        {0, 0, 0, 10}, {0, 0, 10, -1}, {0, 0, 1 << 20, 10}, {1 << 20, 0, 10, 10}, {0, -40000, 9, 9},
    };
    const struct expressions_box box = {8, 8, 32, 32};
    struct expressions_face face = {.id = 77};
    struct expressions_box found = {.x = 77};
    int count = 77;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_failure(expressions_recognize(recognizer, &bad[i], &box, 1, &face, &error),
                       EXPRESSIONS_BAD_ARGUMENT, "picture");
        expect_failure(expressions_detect(detector, &bad[i], &found, 1, &count, &error),
                       EXPRESSIONS_BAD_ARGUMENT, "picture");
    }
    for (size_t i = 0; i < sizeof bad_boxes / sizeof *bad_boxes; i++)
        expect_failure(expressions_recognize(recognizer, &good, &bad_boxes[i], 1, &face, &error),
                       EXPRESSIONS_BAD_ARGUMENT, "box");
    expect_failure(expressions_recognize(recognizer, NULL, &box, 1, &face, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "picture");
    expect_failure(expressions_recognize(NULL, &good, &box, 1, &face, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "recognizer");
    expect_failure(expressions_recognize(recognizer, &good, NULL, 1, &face, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "boxes");
    expect_failure(expressions_recognize(recognizer, &good, &box, -1, &face, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "boxes");
    expect_failure(expressions_detect(detector, &good, NULL, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "boxes");
    struct expressions_stream *stream = NULL;
    expect_failure(expressions_stream_open(&stream, recognizer, NULL, -1, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "time constant");
    expect_failure(expressions_stream_open(&stream, NULL, NULL, 0, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "recognizer");
    assert_null(stream);
    assert_int_equal(face.id, 77);
    assert_int_equal(found.x, 77);
    assert_int_equal(count, 77);
}

/* ---- Threads --------------------------------------------------------------------------------- */

static uint8_t noise[256 * 256];
static struct expressions_face expected_face;

static void *recognize_often(void *failures)
{
    struct expressions_recognizer *own;
    struct expressions_picture picture = {noise, 256, 256, 256, EXPRESSIONS_GREY};
    struct expressions_box box = {20, 30, 200, 200};
    int *wrong = failures;
    if (expressions_recognizer_open(&own, model, NULL) != EXPRESSIONS_OK) {
        *wrong = -1;
        return NULL;
    }
    for (int n = 0; n < 20; n++) {
        struct expressions_face face;
        if (expressions_recognize(own, &picture, &box, 1, &face, NULL) != EXPRESSIONS_OK ||
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
    struct expressions_box box = {20, 30, 200, 200};
    expect_ok(expressions_recognize(recognizer, &picture, &box, 1, &expected_face, &error));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, recognize_often, &wrong[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(wrong[i], 0);
}

int main(void)
{
    if (access(model_path, R_OK) != 0) {
        printf("skipped: there is no %s\n", model_path);
        return 77;
    }
    ocv_setup(TEST_OPENCV_THREADS);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_single_pictures, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_formats, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_many_boxes, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_stream, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_first_frame, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_stream_of_given_boxes, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_evaluation, open_all, close_all),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test_setup_teardown(test_bad_arguments, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_threads_share_a_model, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
