/* Faces over time: identity and boxes. */
#include "locked.h"
#include "testing.h"

#include "cascade_files.h"
#include "cuts.h"
#include "demo.h"
#include "model_file.h"
#include "ocv.h"
#include "tracker.h"

#include <unistd.h>

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

static struct expressions_face seen[EXPRESSIONS_MAX_FACES];

/* Fills seen with those of the tracker at `time`, in pictures of 640x480. */
static int faces_at(const struct tracker *tracker, double time)
{
    return tracker_faces(tracker, 640, 480, time, seen, EXPRESSIONS_MAX_FACES);
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
    struct box box = square_at(100, 100, 80);
    for (int n = 0; n < 30; n++)
        tracker_update(&tracker, &box, 1, n / 30.0);
    tracker_update(&tracker, NULL, 0, 1.4);
    assert_int_equal(faces_at(&tracker, 0), 1);
    assert_true(seen[0].held);
    assert_int_equal(seen[0].id, 1);
    tracker_update(&tracker, &box, 1, 1.42);
    faces_at(&tracker, 0);
    assert_false(seen[0].held);
    assert_int_equal(seen[0].id, 1);
    tracker_update(&tracker, NULL, 0, 1.93);
    assert_int_equal(faces_at(&tracker, 0), 0);
    for (int n = 0; n < 2; n++)
        tracker_update(&tracker, &box, 1, 2 + n / 30.0);
    faces_at(&tracker, 0);
    assert_int_equal(seen[0].id, 2);
}

/* A frame later than the last update shows where its faces have gone to by then. */
static void test_moved_on(void **state)
{
    (void)state;
    struct tracker tracker = {0};
    struct box box;
    double time = 0;
    for (int n = 0; n < 60; n++) {
        time = n / 30.0;
        box = square_at(300 + 90 * time, 200 - 60 * time, 80);
        tracker_update(&tracker, &box, 1, time);
    }
    faces_at(&tracker, time);
    struct expressions_box now = seen[0].box;
    expect_close(now.x, box.x, 0.03 * 80, "at once");
    faces_at(&tracker, time - 0.1);
    assert_memory_equal(&seen[0].box, &now, sizeof now);
    faces_at(&tracker, time + 0.1);
    expect_close(seen[0].box.x, now.x + 9, 1, "a tenth of a second later");
    expect_close(seen[0].box.y, now.y - 6, 1, "and higher");
    assert_int_equal(seen[0].box.width, now.width);
    faces_at(&tracker, time + 1000);
    expect_close(seen[0].box.x, now.x + 90 * TRACK_HOLD, 1, "much later");
    /* A smaller picture does not show it any more. */
    assert_int_equal(tracker_faces(&tracker, now.x, 480, time, seen, EXPRESSIONS_MAX_FACES), 0);
}

/* After the first frame, what is found only once is taken for an error of the cascade. */
static void test_found_twice(void **state)
{
    (void)state;
    struct tracker tracker = {0};
    struct box boxes[2] = {square_at(100, 100, 80), square_at(300, 100, 80)};
    tracker_update(&tracker, boxes, 1, 0);
    assert_int_equal(faces_at(&tracker, 0), 1);
    tracker_update(&tracker, boxes, 2, 0.03);
    assert_int_equal(faces_at(&tracker, 0), 1);
    tracker_update(&tracker, boxes, 1, 0.06);
    tracker_update(&tracker, boxes, 2, 0.09);
    assert_int_equal(faces_at(&tracker, 0), 1);
    tracker_update(&tracker, boxes, 2, 0.12);
    assert_int_equal(faces_at(&tracker, 0), 2);
    assert_int_equal(seen[1].id, 2);
}

/* What lies on a known face, be it smaller or larger than that, is no second one. */
static void test_parts_and_covers(void **state)
{
    (void)state;
    const struct box small = square_at(300, 200, 60), large = square_at(360, 200, 200);
    for (int first = 0; first < 2; first++) {
        struct tracker tracker = {0};
        struct box boxes[2] = {first ? small : large, first ? large : small};
        for (int n = 0; n < 4; n++)
            tracker_update(&tracker, boxes, n ? 2 : 1, 0.03 * n);
        assert_int_equal(tracker.count, 1);
    }
}

/* Bounds to the pixel and to the moment: what is near enough to be the same face, of two boxes as
 * near the first, what covers a known face, and how long one is kept. */
static void test_exact_bounds(void **state)
{
    (void)state;
    const struct box at_first = square_at(200, 200, 100);
    static const struct {
        int offset, ids;
    } apart[] = {{79, 1}, {80, 2}};
    for (int i = 0; i < 2; i++) {
        struct tracker tracker = {0};
        struct box box = square_at(200 + apart[i].offset, 200, 100);
        tracker_update(&tracker, &at_first, 1, 0);
        for (int n = 1; n < 3; n++)
            tracker_update(&tracker, &box, 1, n / 32.0);
        assert_int_equal(tracker.last_id, apart[i].ids);
    }
    struct tracker tracker = {0};
    const struct box both[] = {square_at(190, 200, 100), square_at(210, 200, 100)};
    tracker_update(&tracker, &at_first, 1, 0);
    tracker_update(&tracker, both, 2, 0.5);
    expect_close(tracker.tracks[0].x.raw, 190, 0, "the first of two");
    for (int offset = 49; offset <= 50; offset++) {
        struct box boxes[] = {at_first, square_at(200, 200 + offset, 100)};
        tracker = (struct tracker){0};
        tracker_update(&tracker, boxes, 1, 0);
        tracker_update(&tracker, boxes, 2, 0.5);
        assert_int_equal(tracker.count, offset < 50 ? 1 : 2);
    }
    for (int late = 0; late < 2; late++) {
        tracker = (struct tracker){0};
        tracker_update(&tracker, &at_first, 1, 0);
        tracker_update(&tracker, NULL, 0, TRACK_HOLD + 0.01 * late);
        assert_int_equal(tracker.count, !late);
        tracker = (struct tracker){0};
        tracker_update(&tracker, &at_first, 1, 0);
        tracker.tracks[0].denied = true;
        tracker_update(&tracker, NULL, 0, 0.1);
        assert_int_equal(faces_at(&tracker, TRACK_DENIED + 0.01 * late), !late);
    }
}

static void test_many_faces(void **state)
{
    (void)state;
    struct tracker tracker = {0};
    struct box boxes[EXPRESSIONS_MAX_FACES];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++)
            boxes[i] = square_at(60 + i % 9 * 100, 60 + i / 9 * 100, 80);
        tracker_update(&tracker, boxes, EXPRESSIONS_MAX_FACES, round);
    }
    assert_int_equal(tracker.count, EXPRESSIONS_MAX_FACES);
    /* All are held; those that come now, elsewhere, find no place. */
    struct {
        struct tracker tracker;
        uint8_t behind[sizeof(struct track)];
    } guarded = {.tracker = tracker}, before;
    memset(guarded.behind, 0x5a, sizeof guarded.behind);
    before = guarded;
    for (int i = 0; i < 8; i++)
        boxes[i] = square_at(5000 + i * 100, 5000, 80);
    for (int round = 1; round <= 2; round++)
        tracker_update(&guarded.tracker, boxes, 8, 2 + round / 30.0);
    assert_int_equal(guarded.tracker.count, EXPRESSIONS_MAX_FACES);
    assert_memory_equal(guarded.behind, before.behind, sizeof guarded.behind);
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

/* ---- On pictures ----------------------------------------------------------------------------- */

enum { WIDTH = DEMO_WIDTH, HEIGHT = DEMO_HEIGHT };

static uint8_t canvas[WIDTH * HEIGHT];

/* The demo's frame of this number, in grey. */
static void demo_grey(int index, uint8_t *grey)
{
    struct demo *demo;
    struct error error;
    struct bgr_image picture = {0};
    double time;
    assert_int_equal(demo_open(&demo, &error), 0);
    for (int i = 0; i <= index; i++)
        picture = demo_next(demo, &time);
    assert_int_equal(ocv_bgr_to_grey(picture, grey, WIDTH, NULL), OCV_OK);
    demo_close(&demo);
}

static int find(int live, struct follower *follower, struct grey_frame *frame)
{
    struct error error;
    int failed = live ? follower_run(follower, frame, &error)
                      : detector_find(follower->detector, frame, &error);
    assert_int_equal(failed, 0);
    if (live)
        return tracker_faces(&follower->tracker, frame->grey.width, frame->grey.height, frame->time,
                             seen, EXPRESSIONS_MAX_FACES);
    for (int i = 0; i < frame->box_count; i++) {
        struct box b = frame->boxes[i];
        seen[i].box = (struct expressions_box){b.x, b.y, b.width, b.height};
    }
    return frame->box_count;
}

static void test_detector(void **state)
{
    (void)state;
    for (int live = 0; live < 2; live++) {
        struct detector *detector;
        struct error error;
        assert_int_equal(detector_open(&detector, cascade_files[CASCADE_FIRST], &error), 0);
        struct follower follower = {.detector = detector};
        struct grey_frame frame = {.grey = {canvas, WIDTH, HEIGHT, WIDTH}};
        demo_grey(100, canvas);
        assert_int_equal(find(live, &follower, &frame), 1);
        assert_in_range(seen[0].box.width, 180, 320);
        assert_in_range(seen[0].box.x + seen[0].box.width / 2, 200, 330);

        frame.grey = (struct grey_image){canvas, 1, 1, 1};
        follower = (struct follower){.detector = detector};
        assert_int_equal(find(live, &follower, &frame), 0);
        detector_close(&detector);
    }
}

static void test_detector_bad_cascade(void **state)
{
    (void)state;
    struct detector *detector = NULL;
    struct error error;
    assert_int_equal(detector_open(&detector, "no/cascade.xml", &error), -1);
    expect_text(error.text, "no/cascade.xml", "No such file");
    assert_null(detector);
}

/* ---- Live detection -------------------------------------------------------------------------- */

/* The demo's face, side x side pixels, on the canvas; turned about its middle. */
static void paste_turned_face(int left, int top, int side, double degrees)
{
    static uint8_t whole[WIDTH * HEIGHT];
    if (!whole[0])
        demo_grey(0, whole);
    uint8_t *face = malloc((size_t)side * (size_t)side);
    assert_non_null(face);
    struct grey_image picture = {whole, WIDTH, HEIGHT, WIDTH};
    double angle = degrees * 3.14159265 / 180, scale = 260.0 / side, middle = (side - 1) / 2.0;
    double c = scale * cos(angle), s = scale * sin(angle);
    const double map[6] = {c, -s, 138 + 129.5 - (c - s) * middle,
                           s, c,  110 + 129.5 - (c + s) * middle};
    assert_int_equal(ocv_warp_grey(picture, map, face, side, side, NULL), OCV_OK);
    for (int y = 0; y < side; y++)
        memcpy(canvas + (top + y) * WIDTH + left, face + y * side, (size_t)side);
    free(face);
}

static void paste_face(int left, int top, int side)
{
    paste_turned_face(left, top, side, 0);
}

static struct grey_frame make_plain(double time)
{
    memset(canvas, 90, sizeof canvas);
    return (struct grey_frame){.grey = {canvas, WIDTH, HEIGHT, WIDTH}, .time = time};
}

static void open_follower(struct follower *follower)
{
    struct error error;
    *follower = (struct follower){0};
    assert_int_equal(detector_open(&follower->detector, cascade_files[CASCADE_FIRST], &error), 0);
}

static void test_new_face_is_seen_soon(void **state)
{
    (void)state;
    static const int sides[] = {44, 62, 80, 130, 260, 400};
    static const double rates[] = {10, 30, 60};
    struct error error;
    for (int i = 0; i < 18; i++) {
        struct follower follower;
        open_follower(&follower);
        double fps = rates[i % 3];
        int side = sides[i / 3];
        int frames = 0;
        for (int n = 0; n < 5 || faces_at(&follower.tracker, n / fps) == 0; n++) {
            struct grey_frame frame = make_plain(n / fps);
            if (n >= 5)
                paste_face(150, 40, side);
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
}

/* A video that begins with a face shows it from its first frame on. */
static void test_first_frame(void **state)
{
    (void)state;
    struct follower follower;
    struct error error;
    open_follower(&follower);
    struct grey_frame frame = make_plain(0);
    paste_face(150, 40, 130);
    paste_face(400, 200, 200);
    assert_int_equal(follower_run(&follower, &frame, &error), 0);
    assert_int_equal(faces_at(&follower.tracker, 0), 2);
    detector_close(&follower.detector);
}

/* Ten faces that drift keep their ten ids, although not every one is looked for in each frame. */
static void test_ten_faces(void **state)
{
    (void)state;
    struct follower follower;
    struct error error;
    open_follower(&follower);
    for (int n = 0; n < 60; n++) {
        struct grey_frame frame = make_plain(n / 30.0);
        for (int i = 0; i < 10; i++)
            paste_face(i % 5 * 125 + n / 4, 20 + i / 5 * 220 + n / 2, 110);
        int first = follower.first;
        assert_int_equal(follower_run(&follower, &frame, &error), 0);
        if (n < 15)
            continue;
        assert_int_equal(follower.first, (first + FOLLOWER_LOOKS) % 10); /* each has its turn */
        assert_int_equal(faces_at(&follower.tracker, n / 30.0), 10);
        assert_int_equal(follower.tracker.last_id, 10);
        for (int i = 0; i < 10; i++)
            assert_false(seen[i].held);
    }
    detector_close(&follower.detector);
}

/* Where a face was and nothing looks like one now, another may come up at once. */
static void test_another_face_after_a_cut(void **state)
{
    (void)state;
    const struct box large = square_at(320, 240, 300), small = square_at(330, 230, 90);
    for (int denied = 0; denied < 2; denied++) {
        struct tracker tracker = {0};
        tracker_update(&tracker, &large, 1, 0);
        for (int n = 1; n < 4; n++) {
            tracker.tracks[0].denied = denied;
            tracker_update(&tracker, &small, 1, 0.04 * n);
        }
        assert_int_equal(faces_at(&tracker, 0.12), 1 + denied);
        assert_int_equal(seen[denied].box.width, denied ? 90 : 300);
    }
}

/* A face whose place does not look like one any more is shown for a moment, as after a cut, and
 * keeps its id where it comes back in time. */
static void test_denied(void **state)
{
    (void)state;
    const struct box box = square_at(320, 240, 100);
    struct tracker tracker = {0};
    tracker_update(&tracker, &box, 1, 0);
    tracker_update(&tracker, &box, 1, 0.04);
    for (int n = 2; n < 12; n++) {
        double time = 0.04 * n;
        tracker.tracks[0].denied = true;
        tracker_update(&tracker, NULL, 0, time);
        bool shown = time - 0.04 <= TRACK_DENIED;
        assert_int_equal(faces_at(&tracker, time), shown);
        assert_true(!shown || seen[0].held);
    }
    tracker_update(&tracker, &box, 1, 0.5);
    assert_int_equal(faces_at(&tracker, 0.5), 1);
    assert_int_equal(seen[0].id, 1);
    /* One that is only hidden is held for longer. */
    tracker_update(&tracker, NULL, 0, 0.8);
    assert_int_equal(faces_at(&tracker, 0.8), 1);
}

/* ---- Cuts, judged by the shipped verifier ---------------------------------------------------- */

/* A scene without faces: cloud of several sizes, stripes, or boxes of grey. */
static void draw_scene(int number)
{
    struct rng rng = rng_make(7, (uint64_t)number);
    double waves[12][4];
    for (int i = 0; i < 12; i++) {
        double length = exp(rng_between(&rng, 2, 5)), angle = rng_between(&rng, 0, 6.28);
        waves[i][0] = 6.28 * cos(angle) / length;
        waves[i][1] = 6.28 * sin(angle) / length;
        waves[i][2] = rng_between(&rng, 0, 6.28);
        waves[i][3] = rng_between(&rng, 4, 16);
    }
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            double value = 120 + 20 * ((x / 40 + y / 60 + number) % 3);
            for (int i = 0; i < 12; i++)
                value += waves[i][3] * sin(waves[i][0] * x + waves[i][1] * y + waves[i][2]);
            canvas[y * WIDTH + x] = (uint8_t)fmin(fmax(value, 0), 255);
        }
}

/* The scene of the shot, every other one with a face in it, large ones tilted. The pixels tremble.
 */
static struct grey_frame draw_shot(int shot, int frame, double time)
{
    static const int sides[] = {80, 130, 200, 300}, lefts[] = {30, 250, 400, 100};
    static uint8_t still[WIDTH * HEIGHT];
    if (frame == 0) {
        draw_scene(shot);
        if (shot % 2)
            paste_turned_face(lefts[shot / 2 % 4], 60, sides[shot / 2 % 4],
                              shot / 2 % 4 < 2 ? 0 : 45);
        memcpy(still, canvas, sizeof still);
    }
    struct rng rng = rng_make(8, (uint64_t)(shot * 1000 + frame));
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        canvas[i] = (uint8_t)(still[i] + (still[i] < 253 ? rng_below(&rng, 3) : 0));
    return (struct grey_frame){.grey = {canvas, WIDTH, HEIGHT, WIDTH}, .time = time};
}

/* A face is shown within 0.15 s after a cut, and no ghost outlives one. */
static void follow_cuts(struct follower *follower, double fps)
{
    enum { SHOTS = 8 };
    int frames = (int)(0.7 * fps);
    struct error error;
    for (int shot = 0; shot < SHOTS; shot++)
        for (int n = 0; n < frames; n++) {
            struct grey_frame frame = draw_shot(shot, n, (shot * frames + n) / fps);
            assert_int_equal(follower_run(follower, &frame, &error), 0);
            int shown = faces_at(&follower->tracker, frame.time);
            if (shot % 2 && n / fps >= 0.15 && shown != 1)
                fail_msg("%g fps, shot %d: %d faces %.2f s after a cut to one", fps, shot, shown,
                         n / fps);
            if (shot % 2 == 0 && shown != 0)
                fail_msg("%g fps, shot %d: a ghost %.2f s after a cut", fps, shot, n / fps);
            if (shot % 2 && shown == 1 && seen[0].id != shot / 2 + 1)
                fail_msg("%g fps, shot %d: the face has the id %d", fps, shot, seen[0].id);
        }
}

/* Other light, noise and what moves in a scene are no cuts; a fade through black, or a hand before
 * the camera, is one only if another scene follows. */
static void test_what_is_a_cut(void **state)
{
    (void)state;
    static const double lights[] = {1, 0.4, 0, 0.02, 0.8};
    static uint8_t still[WIDTH * HEIGHT];
    struct cuts cuts = {0};
    for (int scene = 0; scene < 4; scene++) {
        draw_scene(scene);
        memcpy(still, canvas, sizeof still);
        for (int n = 0; n < 20; n++) {
            struct rng rng = rng_make(9, (uint64_t)n);
            memcpy(canvas, still, sizeof still);
            paste_face(20 * n, 100, 200);
            for (int i = 0; i < WIDTH * HEIGHT; i++) {
                double value = lights[n % 5] * canvas[i] + (double)rng_below(&rng, 9);
                canvas[i] = (uint8_t)fmin(value, 255);
            }
            struct grey_image grey = {canvas, WIDTH, HEIGHT, WIDTH};
            assert_int_equal(cuts_look(&cuts, &grey), scene > 0 && n == 0);
        }
    }
    /* Whatever its size, a picture has cells. */
    uint8_t pixels[3] = {0, 255, 0};
    struct grey_image tiny = {pixels, 1, 3, 1};
    cuts_look(&cuts, &tiny);
    assert_false(cuts_look(&cuts, &tiny));
}

/* Each cell is the mean of eight by eight pixels in the middle of its part of the picture, or of as
 * many as there are; together they have no mean, and the length 1. What hardly differs is plain. */
static void test_cells(void **state)
{
    (void)state;
    static const int sizes[][2] = {{600, 470}, {321, 8}, {5, 199}};
    struct rng rng = rng_make(10, 0);
    for (int i = 0; i < 3; i++) {
        int width = sizes[i][0], height = sizes[i][1], across = width < 8 ? width : 8;
        int down = height < 8 ? height : 8;
        double cells[CUTS_CELLS], sum = 0, square = 0;
        struct cuts cuts = {0};
        fill_noise(&rng, canvas, sizeof canvas);
        for (int k = 0; k < CUTS_CELLS; k++) {
            int left = (width - across) * (2 * (k % 32) + 1) / 64;
            int top = (height - down) * (2 * (k / 32) + 1) / 36;
            cells[k] = 0;
            for (int p = 0; p < across * down; p++)
                cells[k] += canvas[(top + p / across) * (width + 7) + left + p % across];
            cells[k] /= across * down;
            sum += cells[k];
            square += cells[k] * cells[k];
        }
        double mean = sum / CUTS_CELLS, length = sqrt(square - sum * mean);
        struct grey_image grey = {canvas, width, height, (size_t)width + 7};
        assert_false(cuts_look(&cuts, &grey));
        for (int k = 0; k < CUTS_CELLS; k++)
            expect_close((double)cuts.cells[k], (cells[k] - mean) / length, 1e-5, "a cell");
    }
    for (int differs = 7; differs <= 9; differs += 2) {
        struct cuts cuts = {0};
        for (int k = 0; k < WIDTH * HEIGHT; k++)
            canvas[k] = (uint8_t)(100 + (k % WIDTH < WIDTH / 2 ? differs : 0));
        struct grey_image grey = {canvas, WIDTH, HEIGHT, WIDTH};
        assert_false(cuts_look(&cuts, &grey));
        assert_int_equal(cuts.begun, differs == 9); /* four from the mean */
    }
}

static void test_cuts(void **state)
{
    (void)state;
    const char *path = SOURCE_DIR "/models/expressions.safetensors";
    static const double rates[] = {20, 30};
    struct model model;
    struct error error;
    if (access(path, F_OK) != 0)
        skip();
    if (model_load(&model, path, &error) < 0)
        fail_msg("%s", error.text);
    for (int i = 0; i < 2; i++) {
        struct follower follower;
        open_follower(&follower);
        assert_int_equal(detector_set_verifier(follower.detector, &model.verifier, &error), 0);
        follow_cuts(&follower, rates[i]);
        detector_close(&follower.detector);
    }
    model_free(&model);
}

/* One thread may ask where the faces are while another one brings a frame. */
static void test_locks(void **state)
{
    (void)state;
    const struct expressions_picture picture = {canvas, WIDTH, HEIGHT, WIDTH, EXPRESSIONS_GREY};
    const struct expressions_box box = {100, 100, 80, 80};
    struct expressions_tracker *tracker;
    struct expressions_face face;
    int count;
    assert_int_equal(expressions_tracker_open(&tracker, NULL, NULL), EXPRESSIONS_OK);
    assert_int_equal(expressions_track(tracker, &picture, 0, &box, 1, &face, 1, &count, NULL),
                     EXPRESSIONS_OK);
    assert_int_equal(expressions_expect(tracker, &picture, 0.1, &face, 1, &count, NULL),
                     EXPRESSIONS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(face.box.x, 100);
    expressions_tracker_close(&tracker);
}

/* ---- How often the whole picture is searched ------------------------------------------------- */

/* So many ranges of sizes are searched, at most three a frame, while the canvas stays as it is. */
static int ranges_searched(struct follower *follower, double from, double to)
{
    const double fps = 60;
    struct error error;
    int count = 0;
    for (int n = (int)lround(from * fps); n < (int)lround(to * fps); n++) {
        struct grey_frame frame = {.grey = {canvas, WIDTH, HEIGHT, WIDTH}, .time = n / fps};
        int before = follower->range;
        assert_int_equal(follower_run(follower, &frame, &error), 0);
        count += (follower->range + DETECTOR_RANGES - before) % DETECTOR_RANGES;
    }
    return count;
}

static void expect_rounds(struct follower *follower, double from, double to, double round)
{
    int searched = ranges_searched(follower, from, to);
    double expected = (to - from) / round * DETECTOR_RANGES;
    if (fabs(searched - expected) > 2)
        fail_msg("%g s to %g s: %d ranges, not %g", from, to, searched, expected);
}

/* Seldom while all faces are known, more often while one is missing, and most often after a cut. */
static void test_rounds(void **state)
{
    (void)state;
    struct follower follower;
    open_follower(&follower);
    make_plain(0);
    paste_face(150, 40, 130);
    expect_rounds(&follower, 0, FOLLOWER_NEW, FOLLOWER_CUT);
    expect_rounds(&follower, FOLLOWER_NEW, 1, FOLLOWER_CALM);
    make_plain(0);
    expect_rounds(&follower, 1, 2, FOLLOWER_ROUND);
    draw_scene(1);
    paste_face(150, 40, 130);
    expect_rounds(&follower, 2, 2 + FOLLOWER_NEW, FOLLOWER_CUT);
    expect_rounds(&follower, 2 + FOLLOWER_NEW, 3, FOLLOWER_CALM);
    detector_close(&follower.detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_denied),
        cmocka_unit_test(test_another_face_after_a_cut),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_rounds),
        cmocka_unit_test(test_what_is_a_cut),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_crossing),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_moved_on),
        cmocka_unit_test(test_found_twice),
        cmocka_unit_test(test_parts_and_covers),
        cmocka_unit_test(test_exact_bounds),
        cmocka_unit_test(test_many_faces),
        cmocka_unit_test(test_lag),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_detector),
        cmocka_unit_test(test_detector_bad_cascade),
        cmocka_unit_test(test_new_face_is_seen_soon),
        cmocka_unit_test(test_first_frame),
        cmocka_unit_test(test_ten_faces),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(every_lock_is_destroyed),
    };
    ocv_setup(TEST_OPENCV_THREADS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
