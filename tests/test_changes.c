/* New faces are looked for where something has changed, and from time to time everywhere. */
#include "cascade_files.h"
#include "changes.h"
#include "detector.h"
#include "grey_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 100, HEIGHT = 60, ACROSS = 13, DOWN = 8 };

static uint8_t pixels[WIDTH * HEIGHT];
static const struct grey_image picture = {pixels, WIDTH, HEIGHT, WIDTH};

static int look(struct changes *changes, double time)
{
    struct error error;
    return changes_look(changes, &picture, time, &error);
}

static int marked(const struct ocv_blocks *blocks)
{
    int count = 0;
    for (int i = 0; i < blocks->across * blocks->down; i++)
        count += blocks->marked[i];
    return count;
}

static int changed(const struct changes *changes)
{
    struct ocv_blocks blocks = changes_blocks(changes);
    assert_int_equal(blocks.across, ACROSS);
    assert_int_equal(blocks.down, DOWN);
    return marked(&blocks);
}

static void add(int left, int top, int width, int height, int grey)
{
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++)
            pixels[y * WIDTH + x] = (uint8_t)(pixels[y * WIDTH + x] + grey);
}

/* Keeps the picture as it is. */
static struct changes begin(void)
{
    struct changes changes = {0};
    memset(pixels, 100, sizeof pixels);
    assert_int_equal(look(&changes, 0), 1);
    assert_int_equal(changed(&changes), ACROSS * DOWN);
    changes_keep(&changes, &picture);
    assert_int_equal(look(&changes, 0), 0);
    assert_int_equal(look(&changes, 0.1), 0);
    return changes;
}

static void test_what_changes_is_marked(void **state)
{
    (void)state;
    struct changes changes = begin();
    add(17, 9, 2, 2, 100);
    add(98, 58, 1, 1, 100);
    assert_int_equal(look(&changes, 0.2), 1);
    assert_int_equal(changed(&changes), 2);
    assert_int_equal(changes.blocks[ACROSS + 2], 1);
    assert_int_equal(changes.blocks[ACROSS * DOWN - 1], 1); /* 4x4 pixels, cut off */
    changes_keep(&changes, &picture);
    assert_int_equal(look(&changes, 0.3), 0);
    changes_free(&changes);
    assert_null(changes.seen);
}

static void test_noise_is_no_change_and_drift_is(void **state)
{
    (void)state;
    struct changes changes = begin();
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        pixels[i] = (uint8_t)(pixels[i] + i * 7 % 9 - 4);
    assert_int_equal(look(&changes, 0.1), 0);
    changes_free(&changes);
    changes = begin();
    add(8, 8, 8, 8, 2);
    assert_int_equal(look(&changes, 0.2), 0);
    add(8, 8, 8, 8, 2);
    assert_int_equal(look(&changes, 0.3), 0);
    add(8, 8, 8, 8, 2);
    assert_int_equal(look(&changes, 0.4), 1);
    assert_int_equal(changed(&changes), 1);
    changes_free(&changes);
}

static void test_all_of_it_is_due_again(void **state)
{
    (void)state;
    struct changes changes = begin();
    assert_int_equal(look(&changes, CHANGES_LONGEST - 0.01), 0);
    assert_int_equal(look(&changes, CHANGES_LONGEST), 1);
    assert_int_equal(changed(&changes), ACROSS * DOWN);
    changes_keep(&changes, &picture);
    assert_int_equal(look(&changes, 2 * CHANGES_LONGEST - 0.01), 0);
    changes_forget(&changes);
    assert_int_equal(look(&changes, 2 * CHANGES_LONGEST - 0.01), 1);
    changes_keep(&changes, &picture);
    assert_int_equal(look(&changes, 0), 1); /* another stream */
    changes_keep(&changes, &picture);
    const struct grey_image part = {pixels, WIDTH - 8, HEIGHT, WIDTH};
    struct error error;
    assert_int_equal(changes_look(&changes, &part, 0, &error), 1);
    changes_free(&changes);
}

/* ---- The detector's searches ----------------------------------------------------------------- */

static int searches, blocks_searched;

enum ocv_code __real_ocv_detector_detect(struct ocv_detector *detector, struct grey_image image,
                                         const struct ocv_detection *how,
                                         const struct ocv_blocks *only, struct box *boxes,
                                         int capacity, int *count, struct error *error);
enum ocv_code __wrap_ocv_detector_detect(struct ocv_detector *detector, struct grey_image image,
                                         const struct ocv_detection *how,
                                         const struct ocv_blocks *only, struct box *boxes,
                                         int capacity, int *count, struct error *error);
enum ocv_code __wrap_ocv_detector_detect(struct ocv_detector *detector, struct grey_image image,
                                         const struct ocv_detection *how,
                                         const struct ocv_blocks *only, struct box *boxes,
                                         int capacity, int *count, struct error *error)
{
    searches++;
    blocks_searched = marked(only);
    return __real_ocv_detector_detect(detector, image, how, only, boxes, capacity, count, error);
}

static void test_only_changes_are_searched(void **state)
{
    (void)state;
    enum { SIDE = 384 };
    static uint8_t scene[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++)
        scene[i] = (uint8_t)(i % SIDE / 2 + i / SIDE / 4);
    struct grey_frame frame = {.grey = {scene, SIDE, SIDE, SIDE}};
    struct detector *detector = NULL;
    struct error error;
    assert_int_equal(detector_open(&detector, cascade_files[CASCADE_FIRST], &error), 0);
    static const struct {
        double time;
        int grey, searches, blocks;
    } steps[] = {
        {0, 0, 1, 48 * 48}, {0.1, 0, 0, 0}, {0.2, 50, 1, 25}, {0.3, 0, 0, 0}, {1.1, 0, 1, 48 * 48}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        for (int y = 80; y < 120; y++)
            for (int x = 160; x < 200; x++)
                scene[y * SIDE + x] = (uint8_t)(scene[y * SIDE + x] + steps[i].grey);
        searches = blocks_searched = 0;
        frame.time = steps[i].time;
        assert_int_equal(detector_scan(detector, &frame, 0, &error), 0);
        assert_int_equal(frame.box_count, 0);
        assert_int_equal(searches, steps[i].searches);
        assert_int_equal(blocks_searched, steps[i].blocks);
    }
    detector_close(&detector);
}

/* Whatever a box is, its part is inside, and only that is made plain. */
static void test_boxes_are_clipped(void **state)
{
    (void)state;
    static const struct {
        struct box box, part;
    } cases[] = {
        {{10, 20, 30, 15}, {10, 20, 30, 15}},
        {{-5, -6, 30, 30}, {0, 0, 25, 24}},
        {{90, 50, 30, 30}, {90, 50, 10, 10}},
        {{0, 0, WIDTH, HEIGHT}, {0, 0, WIDTH, HEIGHT}},
        {{-40, 70, 30, 30}, {0, HEIGHT, 0, 0}},
        {{200, -70, 30, 30}, {WIDTH, 0, 0, 0}},
        {{INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX}, {WIDTH, HEIGHT, 0, 0}},
        {{INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX}, {0, 0, 0, 0}},
        {{INT32_MIN, 3, INT32_MAX, INT32_MAX}, {0, 3, 0, HEIGHT - 3}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct box part = box_clip(cases[i].box, WIDTH, HEIGHT);
        assert_memory_equal(&part, &cases[i].part, sizeof part);
    }
    static uint8_t half[WIDTH / 2 * HEIGHT / 2 + 1];
    struct grey_frame frame = {.grey = picture, .box_count = 2};
    frame.boxes[0] = cases[1].box;
    frame.boxes[1] = cases[2].box;
    grey_frame_hide_boxes(&frame, 0.5, half, WIDTH / 2);
    for (int y = 0; y < HEIGHT / 2; y++)
        for (int x = 0; x < WIDTH / 2; x++) {
            bool hidden = (x < 12 && y < 12) || (x >= 45 && y >= 25);
            assert_int_equal(half[y * (WIDTH / 2) + x], hidden ? 128 : 0);
        }
    assert_int_equal(half[sizeof half - 1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_changes_is_marked),
        cmocka_unit_test(test_noise_is_no_change_and_drift_is),
        cmocka_unit_test(test_all_of_it_is_due_again),
        cmocka_unit_test(test_only_changes_are_searched),
        cmocka_unit_test(test_boxes_are_clipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
