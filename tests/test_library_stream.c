/* libexpressions over time: tracks and smoothing, against the parts that they are made of. */
#include "library.h"

#include "cascade_files.h"
#include "smoother.h"
#include "tracker.h"

#include <pthread.h>
#include <stdatomic.h>

static struct expressions_tracker *tracker;
static struct expressions_smoother *smoother;

static int open_stream(void **state)
{
    if (open_all(state) || open_tracker(&tracker, detector) || open_smoother(&smoother, 0.3))
        return -1;
    return 0;
}

static int close_stream(void **state)
{
    expressions_tracker_close(&tracker);
    expressions_smoother_close(&smoother);
    return close_all(state) || tracker || smoother ? -1 : 0;
}

static void expect_same_face(const struct expressions_face *face,
                             const struct expressions_face *expected)
{
    assert_int_equal(face->id, expected->id);
    assert_int_equal(face->label, expected->label);
    assert_int_equal(face->held, expected->held);
    assert_int_equal(face->uncertain, expected->uncertain);
    assert_int_equal(face->smoothed, expected->smoothed);
    assert_memory_equal(&face->box, &expected->box, sizeof face->box);
    assert_memory_equal(face->raw, expected->raw, sizeof face->raw);
    assert_memory_equal(face->probabilities, expected->probabilities, sizeof face->raw);
}

static void test_stream(void **state)
{
    (void)state;
    struct error why;
    struct follower follower = {0};
    struct smoother own = {.seconds = 0.3};
    int faces_seen = 0;
    double time = 0;
    assert_int_equal(detector_open(&follower.detector, cascade_files[CASCADE_FIRST], &why), 0);
    for (int n = 0; n < 40; n++) {
        struct expressions_face expected[EXPRESSIONS_MAX_FACES], faces[EXPRESSIONS_MAX_FACES];
        struct expressions_picture picture = next_picture(&time);
        struct grey_frame frame = {.grey = to_grey_image(&picture), .time = time};
        int count = -1;
        assert_int_equal(follower_run(&follower, &frame, &why), 0);
        int found = tracker_faces(&follower.tracker, DEMO_WIDTH, DEMO_HEIGHT, time, expected,
                                  EXPRESSIONS_MAX_FACES);
        expect_ok(expressions_track(tracker, &picture, time, NULL, 0, faces, EXPRESSIONS_MAX_FACES,
                                    &count, &error));
        assert_int_equal(count, found);
        expect_ok(expressions_recognize(recognizer, &picture, expected, count, &error));
        smoother_run(&own, expected, found, time);
        expect_ok(expressions_recognize(recognizer, &picture, faces, count, &error));
        expect_ok(expressions_smooth(smoother, time, faces, count, &error));
        for (int i = 0; i < count; i++)
            expect_same_face(&faces[i], &expected[i]);
        faces_seen += count;
    }
    assert_true(faces_seen >= 38);
    struct expressions_picture picture = next_picture(&time);
    int count = -1;
    expect_failure(expressions_track(tracker, &picture, time - 1, NULL, 0, NULL, 0, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "time");
    assert_int_equal(count, -1);
    detector_close(&follower.detector);
}

/* In the first frame the boxes are as they were given; a picture of another size begins anew. */
static void test_first_frame(void **state)
{
    (void)state;
    static const uint8_t pixels[400 * 400];
    struct expressions_picture picture = {pixels, 400, 400, 400, EXPRESSIONS_GREY};
    const struct expressions_box boxes[2] = {{180, 150, 200, 200}, {40, 40, 120, 120}};
    struct expressions_face faces[2];
    int count;
    expect_ok(expressions_track(tracker, &picture, 0, boxes, 2, faces, 2, &count, &error));
    assert_int_equal(count, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(faces[i].id, i + 1);
        assert_int_equal(faces[i].held, 0);
        assert_memory_equal(&faces[i].box, &boxes[i], sizeof *boxes);
    }
    expect_ok(expressions_track(tracker, &picture, 0, boxes, 2, faces, 2, &count, &error));
    assert_memory_equal(&faces[1].box, &boxes[1], sizeof *boxes); /* in no time */
    expect_ok(expressions_track(tracker, &picture, 1, boxes, 2, faces, 1, &count, &error));
    assert_int_equal(count, 1);
    picture.height = 390;
    expect_ok(expressions_track(tracker, &picture, 1, boxes, 2, faces, 2, &count, &error));
    assert_int_equal(count, 2);
    assert_int_equal(faces[0].id, 3);
}

/* Pictures and boxes of the least and the largest sizes, at any time. */
static void test_bounds(void **state)
{
    (void)state;
    enum { MOST = EXPRESSIONS_MAX_SIDE, FAR = 2 * MOST };
    static const uint8_t pixels[10];
    static const struct {
        struct expressions_box box;
        int is_good, count; /* of faces: those in the picture */
    } boxes[] = {
        {{0, 0, 1, 1}, 1, 1},        {{0, 0, MOST, MOST}, 1, 1},     {{0, 0, 0, 1}, 0, 0},
        {{0, 0, 1, 0}, 0, 0},        {{0, 0, MOST + 1, MOST}, 0, 0}, {{0, 0, MOST, MOST + 1}, 0, 0},
        {{FAR, -FAR, 9, 9}, 1, 0},   {{-FAR, FAR, 9, 9}, 1, 0},      {{FAR + 1, 0, 9, 9}, 0, 0},
        {{-FAR - 1, 0, 9, 9}, 0, 0}, {{0, FAR + 1, 9, 9}, 0, 0},     {{0, -FAR - 1, 9, 9}, 0, 0},
    };
    for (int side = 0; side <= MOST + 1; side += side < 2 ? 1 : side < MOST ? MOST - side : 1)
        for (size_t i = 0; i < 2 * sizeof boxes / sizeof *boxes; i++) {
            struct expressions_picture picture = {pixels, i % 2 ? side : 1, i % 2 ? 1 : side,
                                                  MOST + 1, EXPRESSIONS_GREY};
            struct expressions_tracker *own;
            struct expressions_face face = {.id = 0};
            int count = -1, is_good = boxes[i / 2].is_good && side >= 1 && side <= MOST;
            expect_ok(expressions_tracker_open(&own, NULL, &error));
            enum expressions_status status = expressions_track(own, &picture, -7, &boxes[i / 2].box,
                                                               1, &face, 1, &count, &error);
            assert_int_equal(status, is_good ? EXPRESSIONS_OK : EXPRESSIONS_BAD_ARGUMENT);
            assert_int_equal(count, is_good ? boxes[i / 2].count : -1);
            if (count == 1)
                assert_memory_equal(&face.box, &boxes[i / 2].box, sizeof face.box);
            expressions_tracker_close(&own);
        }
}

/* As many faces as there may be are smoothed, for up to a minute, and adapted to on request. */
static void test_smoothing_bounds(void **state)
{
    (void)state;
    static struct expressions_face faces[EXPRESSIONS_MAX_FACES];
    static const double seconds[] = {0, 60, 60.01, -0.01};
    for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++)
        faces[i].id = i + 1;
    expect_ok(expressions_smooth(smoother, 0, faces, EXPRESSIONS_MAX_FACES, &error));
    expect_ok(expressions_calibrate(smoother, 1, &error));
    expect_ok(expressions_smooth(smoother, 1, faces, EXPRESSIONS_MAX_FACES, &error));
    for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++)
        assert_int_equal(faces[i].calibration, i ? EXPRESSIONS_PLAIN : EXPRESSIONS_COLLECTING);
    for (int i = 0; i < 4; i++)
        assert_int_equal(expressions_smoother_set(smoother, seconds[i], &error),
                         i < 2 ? EXPRESSIONS_OK : EXPRESSIONS_BAD_ARGUMENT);
    for (int how = 0; how < 4; how++) { /* not, from the beginning, later, no more */
        struct expressions_smoother_settings settings = EXPRESSIONS_SMOOTHER_DEFAULTS;
        struct expressions_smoother *own;
        struct expressions_face face = {.id = 1};
        settings.adapt = how % 2;
        expect_ok(expressions_smoother_open(&own, &settings, &error));
        if (how >= 2)
            expect_ok(expressions_adapt(own, how == 2, &error));
        for (int n = 0; n < 60; n++) {
            face = (struct expressions_face){.id = 1, .raw = {[4] = 0.6f, [6] = 0.4f}};
            expect_ok(expressions_smooth(own, n / 2.0, &face, 1, &error));
        }
        assert_int_equal(face.calibration,
                         how == 1 || how == 2 ? EXPRESSIONS_ADAPTED : EXPRESSIONS_PLAIN);
        expressions_smoother_close(&own);
    }
    expect_failure(expressions_adapt(NULL, 1, &error), EXPRESSIONS_BAD_ARGUMENT, "`smoother`");
}

/* The caller finds the faces; one that is gone for a moment is held, keeps its number, and what it
 * showed. */
static void test_given_boxes(void **state)
{
    (void)state;
    struct expressions_tracker *own;
    struct expressions_face face;
    struct expressions_box box = {180, 150, 200, 200};
    double time;
    int count;
    struct expressions_picture picture = next_picture(&time);
    expect_ok(expressions_tracker_open(&own, NULL, &error));
    for (int n = 0; n < 10; n++) {
        expect_ok(expressions_track(own, &picture, n * 0.1, &box, 1, &face, 1, &count, &error));
        expect_ok(expressions_recognize(recognizer, &picture, &face, count, &error));
        expect_ok(expressions_smooth(smoother, n * 0.1, &face, count, &error));
    }
    assert_int_equal(count, 1);
    assert_int_equal(face.id, 1);
    assert_int_equal(face.held, 0);
    struct expressions_face before = face;
    expect_ok(expressions_track(own, &picture, 1, &box, 0, &face, 1, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(face.held, 1);
    expect_ok(expressions_recognize(recognizer, &picture, &face, count, &error));
    expect_ok(expressions_smooth(smoother, 1, &face, count, &error));
    assert_memory_equal(face.probabilities, before.probabilities, sizeof face.probabilities);
    expect_failure(expressions_track(own, &picture, 2, NULL, 0, &face, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "no detector");
    expect_ok(expressions_track(own, &picture, 2, &box, 0, &face, 1, &count, &error));
    assert_int_equal(count, 0);
    struct expressions_box most[EXPRESSIONS_MAX_FACES]; /* at the same time as the last */
    struct expressions_face faces[EXPRESSIONS_MAX_FACES];
    for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++)
        most[i] = (struct expressions_box){i % 8 * 80, i / 8 * 60, 40, 40};
    for (int n = 0; n < 2; n++)
        expect_ok(expressions_track(own, &picture, 2 + n * 0.1, most, EXPRESSIONS_MAX_FACES, faces,
                                    EXPRESSIONS_MAX_FACES, &count, &error));
    assert_int_equal(count, EXPRESSIONS_MAX_FACES);
    expressions_tracker_close(&own);
}

/* Where a face that moves evenly is a while after the latest frame. */
static void test_expect(void **state)
{
    (void)state;
    static const uint8_t pixels[10];
    struct expressions_picture picture = {pixels, 640, 480, 640, EXPRESSIONS_GREY};
    struct expressions_face now, later, none = {.id = 77};
    int count = 77;
    expect_ok(expressions_expect(tracker, &picture, 0, &later, 1, &count, &error));
    assert_int_equal(count, 0);
    for (int n = 0; n <= 60; n++) {
        const struct expressions_box box = {100 + 3 * n, 200, 80, 80}; /* 90 pixels a second */
        expect_ok(expressions_track(tracker, &picture, n / 30.0, &box, 1, &now, 1, &count, &error));
    }
    expect_ok(expressions_expect(tracker, &picture, 2, &later, 1, &count, &error));
    assert_int_equal(count, 1);
    expect_same_face(&later, &now);
    expect_ok(expressions_expect(tracker, &picture, 2.2, &later, 1, &count, &error));
    assert_int_equal(later.id, now.id);
    expect_close(later.box.x, now.box.x + 18, 1, "moved on");
    picture.width = 639;
    expect_ok(expressions_expect(tracker, &picture, 2.2, &none, 1, &count, &error));
    assert_int_equal(count, 0);
    assert_int_equal(none.id, 77);
    expect_failure(expressions_expect(tracker, &picture, (double)NAN, &later, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "time");
    expect_failure(expressions_expect(tracker, NULL, 1, &later, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`picture` is NULL");
    expect_failure(expressions_expect(tracker, &picture, 1, NULL, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`faces` is NULL");
}

static atomic_bool ended;

static void *ask_often(void *asked)
{
    static const uint8_t pixels[10];
    const struct expressions_picture picture = {pixels, 640, 480, 640, EXPRESSIONS_GREY};
    int *good = asked;
    while (!ended) {
        struct expressions_face face;
        int count;
        *good = *good &&
                expressions_expect(tracker, &picture, 1, &face, 1, &count, NULL) == EXPRESSIONS_OK;
        *good = *good && (count == 0 || (face.box.width == 80 && face.box.y == 200));
    }
    return NULL;
}

/* One thread tracks, another asks where the faces are. */
static void test_expect_beside(void **state)
{
    (void)state;
    static const uint8_t pixels[10];
    const struct expressions_picture picture = {pixels, 640, 480, 640, EXPRESSIONS_GREY};
    pthread_t thread;
    int good = 1;
    ended = false;
    assert_int_equal(pthread_create(&thread, NULL, ask_often, &good), 0);
    for (int n = 0; n < 3000; n++) {
        const struct expressions_box box = {100 + n % 7, 200, 80, 80};
        struct expressions_face face;
        int count;
        expect_ok(
            expressions_track(tracker, &picture, n / 30.0, &box, 1, &face, 1, &count, &error));
    }
    ended = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(good);
}

/* A person whose neutral face looks sad to the network. */
static void test_calibration(void **state)
{
    (void)state;
    enum { SAD = 4, NEUTRAL = 6 };
    const struct expressions_face sad = {.id = 5, .raw = {[SAD] = 0.6f, [NEUTRAL] = 0.4f}};
    struct expressions_face face = sad;
    expect_failure(expressions_calibrate(smoother, 5, &error), EXPRESSIONS_BAD_ARGUMENT, "id");
    expect_ok(expressions_smoother_set(smoother, 0, &error));
    expect_ok(expressions_smooth(smoother, 0, &face, 1, &error));
    assert_int_equal(face.calibration, EXPRESSIONS_PLAIN);
    assert_int_equal(face.smoothed, 0);
    expect_ok(expressions_calibrate(smoother, 5, &error));
    for (int n = 1; n <= 20; n++) {
        face = sad;
        expect_ok(expressions_smooth(smoother, n / 10.0, &face, 1, &error));
        assert_int_equal(face.calibration,
                         n < 20 ? EXPRESSIONS_COLLECTING : EXPRESSIONS_CALIBRATED);
        assert_int_equal(face.label, n < 20 ? SAD : NEUTRAL);
    }
    assert_int_equal(face.smoothed, 1);
    expect_ok(expressions_uncalibrate(smoother, 5, &error));
    face = sad;
    expect_ok(expressions_smooth(smoother, 3, &face, 1, &error));
    assert_int_equal(face.label, SAD);
    assert_int_equal(face.calibration, EXPRESSIONS_PLAIN);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    static const uint8_t pixels[10];
    const struct expressions_picture picture = {pixels, 640, 480, 640, EXPRESSIONS_GREY};
    const struct expressions_box box = {0, 0, 0, 9};
    struct expressions_smoother *no_smoother = NULL;
    struct expressions_face faces[EXPRESSIONS_MAX_FACES + 1] = {{.id = 1}};
    int count = 77;
    expect_failure(open_smoother(&no_smoother, -1), EXPRESSIONS_BAD_ARGUMENT,
                   "`seconds` is -1; it must be 0 .. 60");
    expect_failure(expressions_smoother_set(smoother, (double)NAN, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`seconds` is not finite");
    struct expressions_smoother_settings odd = EXPRESSIONS_SMOOTHER_DEFAULTS;
    odd.size--;
    expect_failure(expressions_smoother_open(&no_smoother, &odd, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`settings->size` is");
    odd.size++;
    odd.reserved[10] = 1;
    expect_failure(expressions_smoother_open(&no_smoother, &odd, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`settings->reserved`");
    assert_null(no_smoother);
    expect_failure(open_tracker(NULL, detector), EXPRESSIONS_BAD_ARGUMENT, "`tracker` is NULL");
    expect_failure(expressions_track(tracker, &picture, 0, &box, 1, faces, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "box");
    expect_failure(expressions_track(tracker, &picture, 0, &box, 65, faces, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "64");
    expect_failure(expressions_track(tracker, &picture, 0, NULL, 5, faces, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`boxes` is NULL, but `box_count` is 5");
    expect_failure(expressions_track(tracker, NULL, 0, NULL, 0, faces, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "picture");
    expect_failure(expressions_track(tracker, &picture, 0, NULL, 0, NULL, 1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`faces` is NULL");
    expect_failure(expressions_track(tracker, &picture, 0, NULL, 0, faces, -1, &count, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`capacity` is -1");
    expect_failure(expressions_track(tracker, &picture, 0, NULL, 0, faces, 1, NULL, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "`count` is NULL");
    expect_failure(expressions_smooth(smoother, 0, faces, EXPRESSIONS_MAX_FACES + 1, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "64");
    expect_failure(expressions_smooth(smoother, 0, faces, 2, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "id");
    expect_failure(expressions_smooth(smoother, (double)INFINITY, faces, 1, &error),
                   EXPRESSIONS_BAD_ARGUMENT, "time");
    faces[1] = (struct expressions_face){.id = 2, .reserved = {[3] = 1}};
    expect_failure(expressions_smooth(smoother, 0, faces, 2, &error), EXPRESSIONS_BAD_ARGUMENT,
                   "`faces[1].reserved` is not all zeros");
    expect_failure(expressions_calibrate(smoother, 0, &error), EXPRESSIONS_BAD_ARGUMENT, "id");
    expect_failure(expressions_uncalibrate(NULL, 1, &error), EXPRESSIONS_BAD_ARGUMENT, "smoother");
    assert_int_equal(count, 77);
    assert_int_equal(faces[0].id, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stream, open_stream, close_stream),
        cmocka_unit_test_setup_teardown(test_first_frame, open_stream, close_stream),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test_setup_teardown(test_smoothing_bounds, open_stream, close_stream),
        cmocka_unit_test_setup_teardown(test_given_boxes, open_stream, close_stream),
        cmocka_unit_test_setup_teardown(test_expect, open_stream, close_stream),
        cmocka_unit_test_setup_teardown(test_expect_beside, open_stream, close_stream),
        cmocka_unit_test_setup_teardown(test_calibration, open_stream, close_stream),
        cmocka_unit_test_setup_teardown(test_bad_arguments, open_stream, close_stream),
    };
    return run_library_tests(tests, sizeof tests / sizeof *tests);
}
