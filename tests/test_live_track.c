/* Faces over time: identity and boxes (track), probabilities and labels (smoother). */
#include "testing.h"

#include "demo.h"
#include "follower.h"
#include "ocv.h"
#include "progress_bar.h"
#include "resources.h"
#include "smoother.h"
#include "statistics.h"
#include "strip.h"
#include "timeline_report.h"
#include "track.h"

static struct box square_at(double x, double y, int side)
{
    return (struct box){(int)lround(x) - side / 2, (int)lround(y) - side / 2, side, side};
}

static const struct track *with_id(const struct tracker *tracker, int id)
{
    for (int i = 0; i < tracker->count; i++) {
        if (tracker->tracks[i].id == id)
            return &tracker->tracks[i];
    }
    return NULL;
}

/* ---- Identity -------------------------------------------------------------------------------- */

/* Two faces pass each other; while they overlap, the cascade finds the one in front alone. */
static void cross(double fps, double speed, struct rng *rng)
{
    enum { SIDE = 100 };
    struct tracker tracker = {0};
    double seconds = 500 / speed;
    for (int n = 0; n <= (int)(seconds * fps); n++) {
        double time = n / fps;
        double moved = speed * time;
        struct box boxes[2] = {square_at(50 + moved + between(rng, -1, 1), 200, SIDE),
                               square_at(550 - moved + between(rng, -1, 1), 206, SIDE)};
        bool hidden = abs(boxes[0].x - boxes[1].x) < 0.6 * SIDE;
        bool swapped = n % 2;
        struct box shuffled[2] = {boxes[swapped], boxes[!swapped]};
        tracker_update(&tracker, hidden ? boxes : shuffled, hidden ? 1 : 2, time);
    }
    if (tracker.last_id != 2 || tracker.count != 2)
        fail_msg("%g fps, speed %g: %d ids, %d tracks", fps, speed, tracker.last_id, tracker.count);
    /* The shuffled first frame gave id 1 to the face that comes from the left. */
    if (with_id(&tracker, 1)->x.raw < 400 || with_id(&tracker, 2)->x.raw > 200)
        fail_msg("%g fps, speed %g: the faces have exchanged their ids", fps, speed);
}

static void test_crossing(void **state)
{
    (void)state;
    static const double rates[] = {15, 25, 30, 60};
    struct rng rng = rng_make(1, 0);
    for (int i = 0; i < 4; i++) {
        for (double speed = 150; speed <= 600; speed += 50)
            cross(rates[i], speed, &rng);
    }
}

static void test_hold(void **state)
{
    (void)state;
    struct tracker tracker = {0};
    struct frame frame = {.width = 640, .height = 480};
    struct box box = square_at(100, 100, 80);
    for (int n = 0; n < 30; n++)
        tracker_update(&tracker, &box, 1, n / 30.0);
    tracker_update(&tracker, NULL, 0, 1.4);
    tracker_fill(&tracker, &frame);
    assert_int_equal(frame.box_count, 1);
    assert_true(frame.held[0]);
    assert_int_equal(frame.ids[0], 1);
    tracker_update(&tracker, &box, 1, 1.42);
    tracker_fill(&tracker, &frame);
    assert_false(frame.held[0]);
    assert_int_equal(frame.ids[0], 1);
    tracker_update(&tracker, NULL, 0, 1.93);
    tracker_fill(&tracker, &frame);
    assert_int_equal(frame.box_count, 0);
    for (int n = 0; n < 2; n++)
        tracker_update(&tracker, &box, 1, 2 + n / 30.0);
    tracker_fill(&tracker, &frame);
    assert_int_equal(frame.ids[0], 2);
}

/* A frame later than the last update shows where its faces have gone to by then. */
static void test_moved_on(void **state)
{
    (void)state;
    struct tracker tracker = {0};
    struct frame frame = {.width = 640, .height = 480};
    struct box box;
    double time = 0;
    for (int n = 0; n < 60; n++) {
        time = n / 30.0;
        box = square_at(300 + 90 * time, 200, 80);
        tracker_update(&tracker, &box, 1, time);
    }
    frame.time = time;
    tracker_fill(&tracker, &frame);
    struct box now = frame.boxes[0];
    expect_close(now.x, box.x, 0.03 * 80, "at once");
    frame.time = time + 0.1;
    tracker_fill(&tracker, &frame);
    expect_close(frame.boxes[0].x, now.x + 9, 1, "a tenth of a second later");
    assert_int_equal(frame.boxes[0].width, now.width);
    frame.time = time + 1000;
    tracker_fill(&tracker, &frame);
    expect_close(frame.boxes[0].x, now.x + 90 * TRACK_HOLD, 1, "much later");
    /* A smaller picture does not show it any more. */
    frame.width = now.x;
    frame.time = time;
    tracker_fill(&tracker, &frame);
    assert_int_equal(frame.box_count, 0);
}

/* After the first frame, what is found only once is taken for an error of the cascade. */
static void test_found_twice(void **state)
{
    (void)state;
    struct tracker tracker = {0};
    struct frame frame = {.width = 640, .height = 480};
    struct box boxes[2] = {square_at(100, 100, 80), square_at(300, 100, 80)};
    tracker_update(&tracker, boxes, 1, 0);
    tracker_fill(&tracker, &frame);
    assert_int_equal(frame.box_count, 1);
    tracker_update(&tracker, boxes, 2, 0.03);
    tracker_fill(&tracker, &frame);
    assert_int_equal(frame.box_count, 1);
    tracker_update(&tracker, boxes, 1, 0.06);
    tracker_update(&tracker, boxes, 2, 0.09);
    tracker_fill(&tracker, &frame);
    assert_int_equal(frame.box_count, 1);
    tracker_update(&tracker, boxes, 2, 0.12);
    tracker_fill(&tracker, &frame);
    assert_int_equal(frame.box_count, 2);
    assert_int_equal(frame.ids[1], 2);
}

static void test_many_faces(void **state)
{
    (void)state;
    struct tracker tracker = {0};
    struct box boxes[FRAME_MAX_FACES + 8];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < FRAME_MAX_FACES + 8; i++)
            boxes[i] = square_at(60 + i % 9 * 100, 60 + i / 9 * 100, 80);
        tracker_update(&tracker, boxes, FRAME_MAX_FACES + 8, round);
    }
    assert_int_equal(tracker.count, FRAME_MAX_FACES);
}

/* ---- Boxes ----------------------------------------------------------------------------------- */

static void test_lag(void **state)
{
    (void)state;
    enum { SIDE = 200 };
    static const double rates[] = {15, 30, 60};
    for (int r = 0; r < 3; r++) {
        for (double speed = 0.1; speed <= 3; speed += 0.1) {
            struct tracker tracker = {0};
            double fps = rates[r];
            for (int n = 0; n < (int)(2 * fps); n++) {
                struct box box = square_at(speed * SIDE * n / fps, 100, SIDE);
                tracker_update(&tracker, &box, 1, n / fps);
            }
            const struct track_axis *x = &tracker.tracks[0].x;
            expect_close((x->raw - x->value) / SIDE, 0, TRACK_LAG, "lag");
        }
    }
}

static void test_jitter(void **state)
{
    (void)state;
    struct tracker tracker = {0};
    struct rng rng = rng_make(2, 0);
    double raw = 0, filtered = 0;
    for (int n = 0; n < 3000; n++) {
        struct box box = square_at(300 + between(&rng, -2, 2), 300, 120);
        tracker_update(&tracker, &box, 1, n / 30.0);
        const struct track_axis *x = &tracker.tracks[0].x;
        raw += n > 100 ? (x->raw - 300) * (x->raw - 300) : 0;
        filtered += n > 100 ? (x->value - 300) * (x->value - 300) : 0;
    }
    assert_true(sqrt(filtered) < 0.6 * sqrt(raw));
}

/* ---- Probabilities --------------------------------------------------------------------------- */

static struct face answer(int id, int label, float top)
{
    struct face face = {.id = id};
    for (int k = 0; k < LABEL_COUNT; k++)
        face.raw[k] = k == label ? top : (1 - top) / (LABEL_COUNT - 1);
    return face;
}

/* A step from one answer to another, seen at any frame rate, even or not. */
static void test_smoothing_closed_form(void **state)
{
    (void)state;
    struct rng rng = rng_make(3, 0);
    for (int round = 0; round < 50; round++) {
        struct smoother smoother = {.seconds = 0.05 + round * 0.04};
        struct face face = answer(7, 0, 1);
        smoother_run(&smoother, &face, 1, 0);
        double time = 0;
        for (int n = 0; n < 60; n++) {
            time += between(&rng, 1, 100) / 1000.0;
            face = answer(7, 3, 1);
            smoother_run(&smoother, &face, 1, time);
            expect_close((double)face.probabilities[3], 1 - exp(-time / smoother.seconds), 1e-5,
                         "step");
            expect_close((double)face.probabilities[0], exp(-time / smoother.seconds), 1e-5,
                         "rest");
            expect_close((double)face.raw[3], 1, 0, "raw");
            assert_true(face.smoothed);
        }
    }
}

static void test_no_smoothing(void **state)
{
    (void)state;
    struct smoother smoother = {0};
    struct face face = answer(1, 0, 0.9f);
    smoother_run(&smoother, &face, 1, 0);
    face = answer(1, 4, 0.8f);
    smoother_run(&smoother, &face, 1, 0.001);
    assert_memory_equal(face.probabilities, face.raw, sizeof face.raw);
    assert_int_equal(face.label, 4);
    assert_false(face.smoothed);
}

static void test_label_hysteresis(void **state)
{
    (void)state;
    struct smoother smoother = {0};
    struct face face = answer(1, 3, 0.9f);
    smoother_run(&smoother, &face, 1, 0);
    for (int n = 1; n < 20; n++) {
        face = answer(1, 3, 0.5f);
        face.raw[6] = 0.5f + (n % 2 ? 0.04f : -0.04f);
        smoother_run(&smoother, &face, 1, n);
        assert_int_equal(face.label, 3);
    }
    face.held = false;
    face.raw[6] = 0.56f;
    smoother_run(&smoother, &face, 1, 20);
    assert_int_equal(face.label, 6);
}

static void test_uncertain(void **state)
{
    (void)state;
    static const struct {
        float top;
        bool uncertain;
    } steps[] = {{0.6f, false}, {0.51f, false}, {0.48f, true}, {0.52f, true}, {0.57f, false}};
    struct smoother smoother = {0};
    for (int n = 0; n < 5; n++) {
        struct face face = answer(1, 2, steps[n].top);
        smoother_run(&smoother, &face, 1, n);
        assert_int_equal(face.uncertain, steps[n].uncertain);
    }
}

/* Each face keeps its own history, wherever it stands in the list; a held one keeps its values. */
static void test_histories(void **state)
{
    (void)state;
    struct smoother smoother = {.seconds = 10};
    struct face faces[2] = {answer(1, 0, 1), answer(2, 3, 1)};
    smoother_run(&smoother, faces, 2, 0);
    struct face swapped[2] = {answer(2, 3, 1), answer(1, 0, 1)};
    smoother_run(&smoother, swapped, 2, 0.1);
    expect_close((double)swapped[0].probabilities[3], 1, 1e-6, "second face");
    expect_close((double)swapped[1].probabilities[0], 1, 1e-6, "first face");
    struct face held = {.id = 1, .held = true};
    smoother_run(&smoother, &held, 1, 0.2);
    expect_close((double)held.probabilities[0], 1, 1e-6, "held");
    assert_int_equal(held.label, 0);
    struct face back = answer(2, 5, 1);
    smoother_run(&smoother, &back, 1, 0.3);
    expect_close((double)back.probabilities[5], 1, 1e-6, "forgotten");
    struct face unknown = {.id = 9, .held = true};
    smoother_run(&smoother, &unknown, 1, 0.4);
    assert_true(unknown.uncertain);
}

/* A face whose neutral looks sad to the network: after calibration neutral is read as neutral, and
 * a smile is still a smile. */
static void test_calibration(void **state)
{
    (void)state;
    enum { SAD = 4, NEUTRAL = 6, HAPPY = 3 };
    struct smoother smoother = {0};
    struct face face;
    smoother_calibrate(&smoother, 1, 0);
    for (int n = 0; n <= 90; n++) {
        double time = n / 30.0;
        face = answer(1, SAD, 0.5f);
        face.raw[NEUTRAL] += 0.02f;
        face.raw[SAD] -= 0.02f;
        smoother_run(&smoother, &face, 1, time);
        if (n == 10)
            smoother_calibrate(&smoother, 1, time);
        enum smoother_state expected = n < 10   ? SMOOTHER_PLAIN
                                       : n < 70 ? SMOOTHER_COLLECTING
                                                : SMOOTHER_CALIBRATED;
        assert_int_equal(smoother_state(&smoother, 1), expected);
        assert_int_equal(face.label, n < 70 ? SAD : NEUTRAL);
    }
    assert_true(face.calibrated && face.smoothed);
    expect_close((double)face.raw[SAD], 0.48, 1e-6, "the network's own answer");
    double sum = 0;
    for (int k = 0; k < LABEL_COUNT; k++)
        sum += (double)face.probabilities[k];
    expect_close(sum, 1, 1e-5, "sum");
    expect_close((double)face.probabilities[NEUTRAL], 0.7, 0.05, "neutral");
    face = answer(1, HAPPY, 0.9f);
    smoother_run(&smoother, &face, 1, 4);
    assert_int_equal(face.label, HAPPY);

    smoother_calibrate(&smoother, 1, 4);
    face = answer(1, SAD, 0.5f);
    smoother_run(&smoother, &face, 1, 5);
    assert_int_equal(face.label, SAD);
    assert_false(face.calibrated);
}

static void test_smoothing_steps(void **state)
{
    (void)state;
    expect_close(smoother_step(0.3, 1), 0.5, 1e-9, "up");
    expect_close(smoother_step(0.3, -1), 0.2, 1e-9, "down");
    expect_close(smoother_step(0, -1), 0, 0, "lowest");
    expect_close(smoother_step(60, 1), 60, 0, "highest");
    expect_close(smoother_step(0.25, 1), 0.3, 1e-9, "between");
}

/* ---- The strip of the last seconds ----------------------------------------------------------- */

static void test_strip(void **state)
{
    (void)state;
    static struct strip strip;
    struct face faces[2] = {{.id = 1, .box = {0, 0, 50, 50}}, {.id = 2, .box = {0, 0, 80, 80}}};
    assert_null(strip_at(&strip, 0));
    for (int n = 0; n < 3 * STRIP_SAMPLES; n++) {
        faces[1].probabilities[0] = (float)n;
        strip_add(&strip, faces, 2, n / 30.0);
    }
    assert_int_equal(strip.face, 2);
    int last = 3 * STRIP_SAMPLES - 1;
    expect_close((double)strip_at(&strip, 0)[0], last, 0, "now");
    expect_close((double)strip_at(&strip, 10)[0], last - 300, 1, "ten seconds ago");
    expect_close((double)strip_at(&strip, 10.001 / 30)[0], last - 11, 0, "between two samples");
    assert_null(strip_at(&strip, STRIP_SAMPLES / 30.0 + 1));
    strip_choose(&strip, 1);
    strip_add(&strip, faces, 2, 200);
    assert_int_equal(strip.face, 1);
    assert_int_equal(strip.count, 1);
    strip_add(&strip, faces + 1, 1, 201);
    assert_int_equal(strip.face, 2);
    strip_add(&strip, NULL, 0, 202);
    assert_int_equal(strip.count, 1);
    strip_add(&strip, faces + 1, 1, 202);
    strip_add(&strip, faces + 1, 1, 0);
    assert_int_equal(strip.count, 1);
}

/* ---- After a video --------------------------------------------------------------------------- */

/* Two faces at 10 frames a second: one is happy for two seconds and uncertain for one, the other
 * comes late, leaves, and comes back as another. */
static void make_timeline(struct timeline *timeline)
{
    struct error error;
    for (int n = 0; n < 30; n++) {
        struct face faces[2] = {{.id = 1, .label = 3, .uncertain = n >= 20}, {.id = 2, .label = 6}};
        faces[1].id = n < 20 ? 2 : 3;
        int count = n >= 10 && n != 15 ? 2 : 1;
        assert_int_equal(timeline_add(timeline, faces, count, n / 10.0, &error), 0);
    }
}

static void test_timeline(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    make_timeline(&timeline);
    size_t count;
    struct timeline_total *totals = timeline_totals(&timeline, &count);
    assert_non_null(totals);
    assert_int_equal(count, 3);
    expect_close(totals[0].all, 3, 1e-6, "first face");
    expect_close(totals[0].seconds[3], 2, 1e-6, "happy");
    expect_close(totals[0].seconds[TIMELINE_UNCERTAIN], 1, 1e-6, "uncertain");
    expect_close(totals[1].all, 0.9, 1e-6, "second face");
    expect_close(totals[2].all, 1, 1e-6, "third face");
    assert_int_equal(timeline.count, 5);
    free(totals);
    FILE *file = tmpfile();
    assert_non_null(file);
    char text[400];
    assert_int_equal(timeline_print(file, &timeline), 0);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, "face 1, 3.0 s: happy 67 %, uncertain 33 %\n"
                              "face 3, 1.0 s: neutral 100 %\n"
                              "1 more for less than 1 s each\n");
    timeline_free(&timeline);
    assert_int_equal(timeline_print(stderr, &timeline), 0);
}

static void test_timeline_report(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    struct error error;
    make_timeline(&timeline);
    assert_int_equal(timeline_report_open(in_folder("no/report"), &error), -1);
    expect_text(error.text, "no/report", "No such file");
    assert_int_equal(timeline_report_open(test_folder(), &error), 0);
    assert_int_equal(count_files(0), 0);
    int drawn = timeline_report_write(&timeline, test_folder(), &error) == 0;
    if (!drawn)
        expect_text(error.text, test_folder(), "gnuplot");
    assert_int_equal(count_files(0), drawn ? 3 : 2);
    size_t size;
    char *text = (char *)read_bytes(in_folder("timeline.csv"), &size);
    assert_string_equal(text, "face,start,end,emotion\n1,0.000,2.000,happy\n2,1.000,1.500,neutral\n"
                              "2,1.600,2.000,neutral\n1,2.000,3.000,uncertain\n"
                              "3,2.000,3.000,neutral\n");
    free(text);
    timeline_free(&timeline);
}

static void test_progress_bar(void **state)
{
    (void)state;
    char text[PROGRESS_BAR_SIZE];
    progress_bar_format(text, 300, 600, 2);
    assert_string_equal(text, "[===============>              ]  50 %  150 fps  0:02 left");
    progress_bar_format(text, 700, 600, 2.5);
    assert_string_equal(text, "[==============================] 100 %  280 fps  0:00 left");
    progress_bar_format(text, 1, 1000000, 1);
    assert_string_equal(text, "[>                             ]   0 %  1 fps  5999:59 left");
}

/* ---- Live detection -------------------------------------------------------------------------- */

enum { WIDTH = 640, HEIGHT = 480 };

/* The demo's face, side x side pixels, on a plain frame. */
static void paste_face(struct frame *frame, int left, int top, int side)
{
    static struct frame whole;
    struct error error;
    if (!whole.grey) {
        struct demo *demo;
        double time;
        assert_int_equal(demo_open(&demo, SOURCE_DIR "/datasets/mean_faces.png", &error), 0);
        assert_int_equal(frame_set(&whole, demo_next(demo, &time), &error), 0);
        demo_close(&demo);
    }
    uint8_t *face = malloc((size_t)side * (size_t)side);
    assert_non_null(face);
    struct grey_image oval = {whole.grey + 110 * DEMO_WIDTH + 138, 260, 260, DEMO_WIDTH};
    assert_int_equal(ocv_resize_grey(oval, face, side, side, NULL), OCV_OK);
    for (int y = 0; y < side; y++)
        memcpy(frame->grey + (top + y) * WIDTH + left, face + y * side, (size_t)side);
    free(face);
}

static void make_plain(struct frame *frame, double time)
{
    static const uint8_t pixels[WIDTH * HEIGHT * 3];
    struct error error;
    assert_int_equal(frame_set(frame, (struct bgr_image){pixels, WIDTH, HEIGHT, WIDTH * 3}, &error),
                     0);
    memset(frame->grey, 90, WIDTH * HEIGHT);
    frame->time = time;
}

static void open_follower(struct follower *follower)
{
    struct error error;
    *follower = (struct follower){0};
    assert_int_equal(detector_open(&follower->detector, resource_cascade(), &error), 0);
}

static void test_new_face_is_seen_soon(void **state)
{
    (void)state;
    static const int sides[] = {44, 62, 80, 130, 260, 400};
    static const double rates[] = {10, 30, 60};
    struct frame frame = {0};
    struct error error;
    for (int i = 0; i < 18; i++) {
        struct follower follower;
        open_follower(&follower);
        double fps = rates[i % 3];
        int side = sides[i / 3];
        int frames = 0;
        for (int n = 0; n < 5 || frame.box_count == 0; n++) {
            make_plain(&frame, n / fps);
            if (n >= 5)
                paste_face(&frame, 150, 40, side);
            assert_int_equal(follower_run(&follower, &frame, &error), 0);
            frames = n - 4;
            if (frames > 60)
                fail_msg("a face of %d pixels is never seen", side);
        }
        /* It appears between two frames, and counts when it is found the second time. */
        if (frames / fps > 0.3 + 1 / fps)
            fail_msg("%g fps, %d pixels: seen after %g s", fps, side, frames / fps);
        detector_close(&follower.detector);
    }
    frame_free(&frame);
}

/* A video that begins with a face shows it from its first frame on. */
static void test_first_frame(void **state)
{
    (void)state;
    struct follower follower;
    struct frame frame = {0};
    struct error error;
    open_follower(&follower);
    make_plain(&frame, 0);
    paste_face(&frame, 150, 40, 130);
    paste_face(&frame, 400, 200, 200);
    assert_int_equal(follower_run(&follower, &frame, &error), 0);
    assert_int_equal(frame.box_count, 2);
    frame_free(&frame);
    detector_close(&follower.detector);
}

/* Ten faces that drift keep their ten ids, although not every one is looked for in each frame. */
static void test_ten_faces(void **state)
{
    (void)state;
    struct follower follower;
    struct frame frame = {0};
    struct error error;
    open_follower(&follower);
    for (int n = 0; n < 60; n++) {
        make_plain(&frame, n / 30.0);
        for (int i = 0; i < 10; i++)
            paste_face(&frame, i % 5 * 125 + n / 4, 20 + i / 5 * 220 + n / 2, 110);
        assert_int_equal(follower_run(&follower, &frame, &error), 0);
        if (n < 15)
            continue;
        assert_int_equal(frame.box_count, 10);
        assert_int_equal(follower.tracker.last_id, 10);
        for (int i = 0; i < 10; i++)
            assert_false(frame.held[i]);
    }
    frame_free(&frame);
    detector_close(&follower.detector);
}

static void test_statistics(void **state)
{
    (void)state;
    struct statistics statistics = {0};
    expect_close(statistics_quantile(&statistics, STAGE_LATENCY, 0.5), 0, 0, "nothing yet");
    for (int i = 1; i <= 100; i++)
        statistics_add(&statistics, STAGE_LATENCY, (i * 37 % 101) / 1000.0);
    expect_close(statistics_quantile(&statistics, STAGE_LATENCY, 0.5), 50, 1e-6, "median");
    expect_close(statistics_quantile(&statistics, STAGE_LATENCY, 0.95), 95, 1e-6, "95th");
    for (int i = 0; i < 3 * STATISTICS_WINDOW; i++)
        statistics_add(&statistics, STAGE_LATENCY, 0.002);
    expect_close(statistics_quantile(&statistics, STAGE_LATENCY, 1), 2, 1e-6, "only the last ones");
    expect_close(statistics_quantile(&statistics, STAGE_DRAWING, 1), 0, 0, "another stage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crossing),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_moved_on),
        cmocka_unit_test(test_found_twice),
        cmocka_unit_test(test_many_faces),
        cmocka_unit_test(test_lag),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_smoothing_closed_form),
        cmocka_unit_test(test_no_smoothing),
        cmocka_unit_test(test_label_hysteresis),
        cmocka_unit_test(test_uncertain),
        cmocka_unit_test(test_histories),
        cmocka_unit_test(test_smoothing_steps),
        cmocka_unit_test(test_calibration),
        cmocka_unit_test(test_strip),
        cmocka_unit_test(test_timeline),
        cmocka_unit_test_setup_teardown(test_timeline_report, make_folder, remove_folder),
        cmocka_unit_test(test_progress_bar),
        cmocka_unit_test(test_new_face_is_seen_soon),
        cmocka_unit_test(test_first_frame),
        cmocka_unit_test(test_ten_faces),
        cmocka_unit_test(test_statistics),
    };
    ocv_setup(TEST_OPENCV_THREADS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
