/* Faces in still pictures: candidates made into faces, and the detector on pages of the mean faces.
 */
#include "candidates.h"
#include "cascade_files.h"
#include "demo.h"
#include "detector.h"
#include "ocv.h"
#include "testing.h"

/* ---- Candidates ------------------------------------------------------------------------------ */

static void candidates_on_each_other_add_up(void **state)
{
    (void)state;
    /* Two searches on one face, the second one surer; and a weak one far away. */
    struct candidate c[] = {
        {{100, 100, 50, 50}, 1, 8, 0.5f, 4}, {{300, 100, 50, 50}, 0, 2, 0.5f, 2},
        {{104, 98, 54, 54}, 0, 3, 0.9f, 3},  {{98, 102, 48, 48}, 0, 1, 0.5f, 1},
        {{305, 105, 50, 50}, 1, 2, 0.5f, 1}, {{10, 200, 40, 40}, 1, 4, 0.5f, 2}};
    assert_int_equal(candidates_choose(c, 6, 5), 1);
    assert_int_equal(c[0].strength, 12);
    assert_int_equal(c[0].neighbours, 8);
    assert_int_equal(c[0].box.x, 104); /* the surest of the first search */
    assert_int_equal(c[0].rank, 0);
    assert_true(c[0].score > 0.8f); /* the best of them */
    struct candidate again[] = {{{300, 100, 50, 50}, 0, 2, 0.5f, 2},
                                {{305, 105, 50, 50}, 1, 2, 0.5f, 1}};
    assert_int_equal(candidates_choose(again, 2, 4), 1);
    assert_int_equal(again[0].strength, 4);
    assert_int_equal(candidates_choose(again, 0, 4), 0);
}

static void the_stronger_one_stays(void **state)
{
    (void)state;
    /* A large weak box over two faces, and a small one on a mouth, give way to the faces. */
    struct candidate c[] = {{{0, 0, 180, 180}, 0, 6, 0.5f, 6},
                            {{0, 0, 100, 100}, 0, 20, 0.5f, 20},
                            {{100, 60, 90, 90}, 0, 30, 0.5f, 30},
                            {{120, 110, 30, 30}, 0, 9, 0.5f, 9}};
    assert_int_equal(candidates_choose(c, 4, 5), 2);
    assert_int_equal(c[0].box.width, 90);
    assert_int_equal(c[1].box.width, 100);
}

static void boxes_collide_by_the_smaller_one(void **state)
{
    (void)state;
    const struct box face = {0, 0, 100, 100};
    assert_true(candidates_collide(face, (struct box){40, 40, 20, 20}));
    assert_true(candidates_collide((struct box){40, 40, 20, 20}, face));
    assert_true(candidates_collide(face, (struct box){60, 0, 100, 100}));   /* 40 of 100 columns */
    assert_false(candidates_collide(face, (struct box){70, 0, 100, 100}));  /* 30 of them */
    assert_false(candidates_collide(face, (struct box){100, 0, 100, 100})); /* side by side */
    assert_false(candidates_collide(face, (struct box){200, 200, 100, 100}));
}

/* ---- On pictures ----------------------------------------------------------------------------- */

enum { FACES = 7, TILE = 120, COLUMNS = 4, ROWS = 2, MAX_PATH = 2 * TEST_PATH_SIZE };

/* The demo's seven expressions, in grey. */
static struct grey_image demo_face(int index)
{
    enum { SIDE = 250, LEFT = 145, TOP = 85 };
    static uint8_t faces[FACES][SIDE * SIDE], whole[DEMO_WIDTH * DEMO_HEIGHT];
    static bool ready;
    struct demo *demo;
    struct error error;
    double time;
    if (!ready) {
        assert_int_equal(demo_open(&demo, &error), 0);
        for (int frame = 0; frame < DEMO_CYCLE; frame++) {
            struct bgr_image picture = demo_next(demo, &time);
            if (frame % (DEMO_CYCLE / FACES))
                continue;
            assert_int_equal(ocv_bgr_to_grey(picture, whole, DEMO_WIDTH, NULL), OCV_OK);
            for (int y = 0; y < SIDE; y++)
                memcpy(faces[frame / (DEMO_CYCLE / FACES)] + y * SIDE,
                       whole + (TOP + y) * DEMO_WIDTH + LEFT, SIDE);
        }
        demo_close(&demo);
        ready = true;
    }
    return (struct grey_image){faces[index], SIDE, SIDE, SIDE};
}

/* The seven, edge to edge, every other one tilted by so many degrees, to either side, and hidden by
 * this share, as by someone to its left. */
static void make_page(struct grey_frame *frame, double degrees, double hidden)
{
    static uint8_t page[ROWS * TILE * COLUMNS * TILE];
    uint8_t tile[TILE * TILE], upright[TILE * TILE];
    memset(page, 128, sizeof page);
    for (int i = 0; i < FACES; i++) {
        struct grey_image face = demo_face(i);
        double angle = (i % 2 ? i % 4 - 2 : 0) * degrees * 3.14159265 / 180;
        double c = cos(angle), s = sin(angle), middle = 0.5 * (TILE - 1);
        const double map[] = {c, -s, middle * (1 - c + s), s, c, middle * (1 - s - c)};
        assert_int_equal(ocv_resize_grey(face, upright, TILE, TILE, NULL), OCV_OK);
        assert_int_equal(ocv_warp_grey((struct grey_image){upright, TILE, TILE, TILE}, map, tile,
                                       TILE, TILE, NULL),
                         OCV_OK);
        for (int p = 0; p < TILE * TILE; p++) {
            int x = i % COLUMNS * TILE + p % TILE, y = i / COLUMNS * TILE + p / TILE;
            bool covered = i % 2 && p % TILE < hidden * TILE;
            page[y * COLUMNS * TILE + x] = covered ? 128 : tile[p];
        }
    }
    frame->grey = (struct grey_image){page, COLUMNS * TILE, ROWS * TILE, COLUMNS * TILE};
}

/* Each of the seven once, nothing else, largest first. */
static void expect_seven(const struct grey_frame *frame)
{
    int seen[FACES] = {0};
    for (int i = 0; i < frame->box_count; i++) {
        struct box b = frame->boxes[i];
        int column = (b.x + b.width / 2) / TILE, row = (b.y + b.height / 2) / TILE;
        int away_x = abs(b.x + b.width / 2 - column * TILE - TILE / 2);
        int away_y = abs(b.y + b.height / 2 - row * TILE - TILE / 2);
        assert_in_range(row * COLUMNS + column, 0, FACES - 1);
        assert_true(away_x < TILE / 4 && away_y < TILE / 4);
        assert_in_range(b.width, TILE / 2, TILE * 4 / 3);
        assert_true(i == 0 || b.width <= frame->boxes[i - 1].width);
        seen[row * COLUMNS + column]++;
    }
    for (int i = 0; i < FACES; i++)
        assert_int_equal(seen[i], 1);
}

static void faces_edge_to_edge_are_found_tilted_ones_too(void **state)
{
    (void)state;
    struct grey_frame frame = {0};
    struct detector *detector;
    struct error error;
    assert_int_equal(detector_open(&detector, cascade_files[CASCADE_FIRST], &error), 0);
    for (int tilted = 0; tilted < 2; tilted++) {
        make_page(&frame, 30 * tilted, 0);
        for (int run = 0; run < 2; run++) {
            assert_int_equal(detector_find(detector, &frame, &error), 0);
            expect_seven(&frame);
        }
    }
    detector_close(&detector);
}

/* Those are sought more closely that are about as large as faces already found. */
static void half_hidden_ones_are_found_beside_others(void **state)
{
    (void)state;
    struct grey_frame frame = {0};
    struct detector *detector;
    struct error error;
    assert_int_equal(detector_open(&detector, cascade_files[CASCADE_FIRST], &error), 0);
    for (int degrees = 0; degrees <= 20; degrees += 10) {
        make_page(&frame, degrees, 0.4);
        assert_int_equal(detector_find(detector, &frame, &error), 0);
        expect_seven(&frame);
    }
    detector_close(&detector);
}

static void copy_cascade(const char *name, const char *path)
{
    size_t size;
    uint8_t *bytes = read_bytes(name, &size);
    write_bytes(path, bytes, size);
    free(bytes);
}

/* A folder of its own: the first cascade without the second, then beside a damaged one. */
static void second_cascade_may_be_missing_but_not_damaged(void **state)
{
    (void)state;
    char first[MAX_PATH], second[MAX_PATH];
    struct grey_frame frame = {0};
    struct detector *detector;
    struct error error;
    snprintf(first, sizeof first, "%s", in_folder("haarcascade_frontalface_default.xml"));
    snprintf(second, sizeof second, "%s", in_folder("haarcascade_frontalface_alt2.xml"));
    copy_cascade(cascade_files[CASCADE_FIRST], first);
    make_page(&frame, 0, 0);
    assert_int_equal(detector_open(&detector, first, &error), 0);
    assert_int_equal(detector_find(detector, &frame, &error), 0);
    assert_true(frame.box_count > 0);
    detector_close(&detector);

    write_bytes(second, "<opencv_storage>", 16);
    assert_int_equal(detector_open(&detector, first, &error), 0);
    assert_int_equal(detector_find(detector, &frame, &error), -1);
    expect_text(error.text, second, "Haar cascade");
    assert_int_equal(error.code, ERROR_BAD_CASCADE);
    assert_int_equal(frame.box_count, 0);
    assert_int_equal(detector_find(detector, &frame, &error), -1);
    detector_close(&detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candidates_on_each_other_add_up),
        cmocka_unit_test(the_stronger_one_stays),
        cmocka_unit_test(boxes_collide_by_the_smaller_one),
        cmocka_unit_test(faces_edge_to_edge_are_found_tilted_ones_too),
        cmocka_unit_test(half_hidden_ones_are_found_beside_others),
        cmocka_unit_test_teardown(second_cascade_may_be_missing_but_not_damaged, empty_folder),
    };
    ocv_setup(TEST_OPENCV_THREADS);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
