/* Detection of faces: on made-up pictures, on a photograph, and with cascades that lie. */
#include "made_cascade.h"

#include <stdbool.h>

#define CASCADE_NAME "haarcascades/haarcascade_frontalface_default.xml"

/* ---- Haar detection ------------------------------------------------------------------------ */

static const struct ocv_detection usual = {1.1, 5, 0, 0};

static const char *find_cascade(void)
{
    static const char *const paths[] = {"/usr/share/opencv4/" CASCADE_NAME,
                                        "/usr/local/share/opencv4/" CASCADE_NAME,
                                        "/opt/homebrew/share/opencv4/" CASCADE_NAME};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (access(paths[i], R_OK) == 0)
            return paths[i];
    }
    print_message("no Haar cascade; install opencv-data\n");
    skip();
    return NULL;
}

static struct ocv_detector *open_detector(void)
{
    struct ocv_detector *detector = NULL;
    assert_int_equal(ocv_detector_open(&detector, find_cascade(), NULL), OCV_OK);
    return detector;
}

static void test_no_face_in_blank_pictures(void **state)
{
    (void)state;
    struct ocv_detector *detector = open_detector();
    static uint8_t pixels[240 * 320];
    memset(pixels, 90, sizeof pixels);
    static const int sides[][2] = {{320, 240}, {24, 24}, {10, 10}, {320, 1}, {1, 1}};
    for (int i = 0; i < 5; i++) {
        const struct grey_image image = {pixels, sides[i][0], sides[i][1], 320};
        struct box boxes[4];
        int count = -1;
        assert_int_equal(ocv_detector_detect(detector, image, &usual, NULL, boxes, 4, &count, NULL),
                         OCV_OK);
        assert_int_equal(count, 0);
    }
    const struct ocv_detection wrong = {1.0, 5, 0, 0};
    const struct grey_image image = {pixels, 320, 240, 320};
    struct box boxes[1];
    int count = -1;
    struct error error = {.text = ""};
    assert_int_equal(ocv_detector_detect(detector, image, &wrong, NULL, boxes, 1, &count, &error),
                     OCV_FAILED);
    assert_int_equal(count, -1);
    ocv_detector_close(&detector);
    assert_null(detector);
    ocv_detector_close(&detector);
}

static void refuse_cascade(const char *path)
{
    struct ocv_detector *detector = NULL;
    struct error error = {.text = ""};
    assert_int_equal(ocv_detector_open(&detector, path, &error), OCV_CANNOT);
    assert_null(detector);
    assert_true(strlen(error.text) > 10);
    assert_null(strchr(error.text, '\n'));
}

static void test_cascades_that_are_none(void **state)
{
    (void)state;
    static const char other[] =
        "<?xml version=\"1.0\"?>\n<opencv_storage><a>1</a></opencv_storage>";
    char path[256];
    refuse_cascade(in_folder(path, "missing.xml"));
    refuse_cascade(folder);
    in_folder(path, "cascade.xml");
    write_file(path, "", 0);
    refuse_cascade(path);
    write_file(path, "not a cascade\n", 14);
    refuse_cascade(path);
    write_file(path, other, sizeof other - 1);
    refuse_cascade(path);
    unlink(path);
#ifdef __linux__
    struct ocv_detector *detector = NULL;
    struct error error;
    assert_int_equal(ocv_detector_open(&detector, "/proc/self/mem", &error), OCV_CANNOT);
    assert_string_equal(error.text, "cannot be read to its end; check the disk");
#endif
}

/* Writes `text` with the first `old` behind `where` replaced by `new`. */
static void write_replaced(const char *path, const char *text, const char *where, const char *old,
                           const char *new)
{
    const char *from = strstr(text, where);
    const char *place = from ? strstr(from, old) : NULL;
    if (!place)
        fail_msg("no %s behind %s", old, where);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(text, 1, (size_t)(place - text), file);
    fputs(new, file);
    fputs(place + strlen(old), file);
    assert_int_equal(fclose(file), 0);
}

/* OpenCV would follow these numbers wherever they lead. */
static void test_cascades_that_lie(void **state)
{
    (void)state;
    static const struct {
        const char *where, *old, *new;
    } cases[] = {
        {"<internalNodes>", "0 -1 0 ", "0 -1 99999999 "},
        {"<internalNodes>", "0 -1 0 ", "0 -1 -1 "},
        {"<internalNodes>", "0 -1 0 ", "0 -1 .5 "},
        {"<internalNodes>", "0 -1 0 ", "0 -2 0 "},
        {"<internalNodes>", "0 -1 0 ", "1 -1 0 "},
        {"<internalNodes>", "0 -1 0 ", "0 -1 "},
        {"<internalNodes>", "0 -1 0 ", ""},
        {"<leafValues>", "</leafValues>", " 1.</leafValues>"},
        {"<rects>", "6 4 12 9 ", "16 4 12 9 "},
        {"<rects>", "6 4 12 9 ", "6 4 12 99999999 "},
        {"<rects>", "6 4 12 9 ", "-6 4 12 9 "},
        {"<rects>", "6 4 12 9 ", "6 4 12 "},
        {"<rects>", "</rects>", "<_>1 1 1 1 1.</_><_>1 1 1 1 1.</_></rects>"},
        {"<cascade", "<height>24<", "<height>2000000000<"},
        {"<cascade", "<width>24<", "<width>0<"},
        {"<cascade", "<maxCatCount>0<", "<maxCatCount>256<"},
        {"<cascade", ">HAAR<", ">LBP<"},
    };
    char path[256];
    struct ocv_detector *detector = NULL;
    FILE *file = fopen(find_cascade(), "rb");
    char *text = calloc(1 << 21, 1);
    assert_non_null(file);
    assert_non_null(text);
    assert_in_range(fread(text, 1, (1 << 21) - 1, file), 100000, (1 << 21) - 2);
    fclose(file);
    in_folder(path, "cascade.xml");
    write_replaced(path, text, "<cascade", "<cascade", "<cascade");
    assert_int_equal(ocv_detector_open(&detector, path, NULL), OCV_OK);
    ocv_detector_close(&detector);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_replaced(path, text, cases[i].where, cases[i].old, cases[i].new);
        refuse_cascade(path);
    }
    for (const char *const *name = (const char *const[]){"<a>", "<_>", NULL}; *name; name++) {
        enum { DEEP = 200000 }; /* more than a stack holds */
        static const char head[] = "<?xml version=\"1.0\"?>\n<opencv_storage><a>";
        const size_t length = strlen(*name);
        char *deep = malloc(sizeof head + DEEP * length);
        assert_non_null(deep);
        memcpy(deep, head, sizeof head - 1);
        for (size_t i = 0; i < DEEP; i++)
            memcpy(deep + sizeof head - 1 + i * length, *name, length);
        write_file(path, deep, sizeof head - 1 + DEEP * length);
        free(deep);
        refuse_cascade(path);
    }
    free(text);
    unlink(path);
}

static const struct cascade sound_cascade = {
    8, 8, "0 -1 0 .1", "1. -1.", "<_>0 0 8 8 -1.</_><_>0 2 8 4 2.</_>", 0, 0, ""};

static void expect_cascade(struct cascade cascade, bool sound, const char *what)
{
    char path[256];
    struct ocv_detector *detector = NULL;
    write_cascade(in_folder(path, "cascade.xml"), cascade);
    if (!sound) {
        refuse_cascade(path);
    } else if (ocv_detector_open(&detector, path, NULL) != OCV_OK) {
        fail_msg("%s is refused", what);
    }
    ocv_detector_close(&detector);
    unlink(path);
}

/* A node leads to nodes that stand behind it and to leaves, never back: OpenCV would go round for
 * ever. */
static void test_trees_that_lead_back(void **state)
{
    (void)state;
    struct cascade cascade = sound_cascade;
    cascade.leaves = "1. -1. .5 .2";
    cascade.nodes = "1 2 0 .1 2 -1 0 0. -2 -3 0 0.";
    expect_cascade(cascade, true, cascade.nodes);
    static const char *const unsound[] = {
        "1 2 0 .1 1 -1 0 0. -2 -3 0 0.",  /* to itself */
        "1 2 0 .1 2 1 0 0. -2 -3 0 0.",   /* to itself, on the other side */
        "1 2 0 .1 2 -1 0 0. 1 -3 0 0.",   /* to the one before */
        "1 2 0 .1 2 -1 0 0. -2 2 0 0.",   /* to itself, at the end */
        "1 2 0 .1 2 -1 0 0. -2 3 0 0.",   /* to the node behind the last */
        "1 2 0 .1 2 -1 0 0. -2 -4 0 0.",  /* to the leaf behind the last */
        "1 2 0 .1 2 -1 1 0. -2 -3 0 0.",  /* to the feature behind the last */
        "1 2 0 .1 2 -1 -1 0. -2 -3 0 0.", /* before the first */
    };
    for (size_t i = 0; i < sizeof unsound / sizeof *unsound; i++) {
        cascade.nodes = unsound[i];
        expect_cascade(cascade, false, cascade.nodes);
    }
}

/* Rectangles that reach the window's edge, and those that leave it by one. */
static void test_features_at_the_edges(void **state)
{
    (void)state;
#define ONE(numbers) "<_>" numbers "</_>"
    static const struct {
        int width, height;
        const char *rectangles;
        int tilted;
        bool sound;
    } rows[] = {
        {1, 1, ONE("0 0 1 1 1."), 0, true},
        {0, 1, ONE("0 0 0 1 1."), 0, false},
        {1, 0, ONE("0 0 1 0 1."), 0, false},
        {1000, 1000, ONE("0 0 1000 1000 1."), 0, true},
        {1001, 1000, ONE("0 0 8 8 1."), 0, false},
        {1000, 1001, ONE("0 0 8 8 1."), 0, false},
        {4, 8, ONE("0 0 4 8 1."), 0, true},
        {4, 8, ONE("1 0 4 8 1."), 0, false},
        {4, 8, ONE("0 0 5 8 1."), 0, false},
        {4, 8, ONE("0 1 4 8 1."), 0, false},
        {8, 4, ONE("0 0 8 4 1."), 0, true},
        {8, 4, ONE("0 0 8 5 1."), 0, false},
        {8, 8, ONE("-1 0 2 2 1."), 0, false},
        {8, 8, ONE("0 -1 2 2 1."), 0, false},
        {8, 8, ONE("0 0 -1 2 1."), 0, false},
        {8, 8, ONE("0 0 2 -1 1."), 0, false},
        {8, 8, ONE("0 0 2 2"), 0, false},
        {8, 8, ONE("0 0 2 2 1. 1."), 0, false},
        {8, 8, ONE("0 0 2. 2 1."), 0, false},
        {8, 8, ONE("4 0 4 4 1."), 1, true},
        {8, 8, ONE("3 0 4 4 1."), 1, false},
        {8, 8, ONE("4 1 4 4 1."), 1, false},
        {8, 8, ONE("4 0 4 5 1."), 1, false},
        {8, 8, ONE("0 0 1 1 1.") ONE("0 0 1 1 1.") ONE("0 0 1 1 1."), 0, true},
        {8, 8, ONE("0 0 1 1 1.") ONE("0 0 1 1 1.") ONE("0 0 1 1 1.") ONE("0 0 1 1 1."), 0, false},
        {8, 8, "", 0, false},
        {8, 8, "8", 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cascade cascade = sound_cascade;
        cascade.width = rows[i].width;
        cascade.height = rows[i].height;
        cascade.rectangles = rows[i].rectangles;
        cascade.tilted = rows[i].tilted;
        expect_cascade(cascade, rows[i].sound, rows[i].rectangles);
    }
}

/* As deep as OpenCV's parser may go, and ends at which it stumbles. */
static void test_text_of_cascades(void **state)
{
    (void)state;
    static const struct {
        const char *nodes, *leaves;
        int extra;
        const char *end;
        bool sound;
    } rows[] = {
        {"0 -1 0 .1", "1. -1.", 30, "", true},
        {"0 -1 0 .1", "1. -1.", 31, "", false},
        {"0 -1 0 .1", "1. -1.", 0, " \t\r\n\n", true},
        {"0 -1 0 .1", "1. -1.", 0, "\r", false},
        {"0 -1 0 .1", "1. -1.", 0, "\r\n\r", false},
        {"0 -1 0 .1", "1. -1.", 0, "x", false},
        {"0\r\n-1 0 .1", "1. -1.", 0, "", true},
        {"0\r-1 0 .1", "1. -1.", 0, "", false},
        {"0 -1 0", "1. -1.", 0, "", false},
        {"0 -1 0 .1 0", "1. -1.", 0, "", false},
        {"0 -1 0 .1", "1.", 0, "", false},
        {"0 -1 0 .1", "1. -1. 1.", 0, "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cascade cascade = sound_cascade;
        cascade.nodes = rows[i].nodes;
        cascade.leaves = rows[i].leaves;
        cascade.extra = rows[i].extra;
        cascade.end = rows[i].end;
        expect_cascade(cascade, rows[i].sound, rows[i].end);
    }
}

/* A cascade that takes all for a face finds each window that touches the marked block, and no
 * other. */
static void test_faces_in_blocks(void **state)
{
    (void)state;
    enum { WIDTH = 44, HEIGHT = 36, SIDE = 8, ACROSS = 6, DOWN = 5, MOST = 600 };
    static const struct ocv_detection each_window = {2, 0, 0, 0};
    static uint8_t pixels[HEIGHT * WIDTH], marked[DOWN * ACROSS];
    static struct box all[MOST], touching[MOST], found[MOST];
    const struct grey_image image = {pixels, WIDTH, HEIGHT, WIDTH};
    const struct ocv_blocks blocks = {marked, ACROSS, DOWN, SIDE};
    struct ocv_detector *detector = NULL;
    char path[256];
    int all_count = 0, found_count = -1;
    for (int i = 0; i < HEIGHT * WIDTH; i++) /* flat windows are no faces */
        pixels[i] = (uint8_t)(i * i % 251);
    write_cascade(in_folder(path, "cascade.xml"), sound_cascade);
    assert_int_equal(ocv_detector_open(&detector, path, NULL), OCV_OK);
    assert_int_equal(
        ocv_detector_detect(detector, image, &each_window, NULL, all, MOST, &all_count, NULL),
        OCV_OK);
    assert_in_range(all_count, 100, MOST - 1);
    assert_int_equal(ocv_detector_detect(detector, image, &each_window, &blocks, found, MOST,
                                         &found_count, NULL),
                     OCV_OK);
    assert_int_equal(found_count, 0);
    for (int block = 0; block < DOWN * ACROSS; block++) {
        const int left = block % ACROSS * SIDE, top = block / ACROSS * SIDE;
        int count = 0;
        for (int i = 0; i < all_count; i++)
            if (all[i].x < left + SIDE && all[i].x + all[i].width >= left &&
                all[i].y < top + SIDE && all[i].y + all[i].height >= top)
                touching[count++] = all[i];
        marked[block] = 1;
        assert_int_equal(ocv_detector_detect(detector, image, &each_window, &blocks, found, MOST,
                                             &found_count, NULL),
                         OCV_OK);
        marked[block] = 0;
        assert_in_range(count, 1, all_count - 1);
        assert_int_equal(found_count, count);
        assert_memory_equal(found, touching, (size_t)count * sizeof *found);
    }
    ocv_detector_close(&detector);
    unlink(path);
}

static void test_faces_in_a_photograph(void **state)
{
    (void)state;
    struct bytes file = read_file(real("clips/solvay-1927.jpg"));
    struct ocv_detector *detector = open_detector();
    struct ocv_picture *picture = NULL;
    assert_int_equal(ocv_picture_decode(&picture, file.data, file.size, NULL), OCV_OK);
    const struct bgr_image view = ocv_picture_view(picture);
    uint8_t *grey = malloc((size_t)view.width * (size_t)view.height);
    assert_non_null(grey);
    assert_int_equal(ocv_bgr_to_grey(view, grey, (size_t)view.width, NULL), OCV_OK);
    const struct grey_image image = {grey, view.width, view.height, (size_t)view.width};
    struct box boxes[64];
    int count = 0;
    assert_int_equal(ocv_detector_detect(detector, image, &usual, NULL, boxes, 64, &count, NULL),
                     OCV_OK);
    assert_in_range(count, 5, 64);
    for (int i = 1; i < count; i++)
        assert_true(boxes[i].width * boxes[i].height <= boxes[i - 1].width * boxes[i - 1].height);
    struct box largest[2];
    int two = 0;
    assert_int_equal(ocv_detector_detect(detector, image, &usual, NULL, largest, 2, &two, NULL),
                     OCV_OK);
    assert_int_equal(two, 2);
    assert_memory_equal(largest, boxes, sizeof largest);
    free(grey);
    ocv_picture_close(&picture);
    ocv_detector_close(&detector);
    free(file.data);
}

static void provoke_messages(void)
{
    test_cascades_that_are_none(NULL);
}

static void test_libraries_print_nothing(void **state)
{
    (void)state;
    expect_silence(provoke_messages);
}

int main(void)
{
    ocv_setup(2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_face_in_blank_pictures),
        cmocka_unit_test(test_cascades_that_are_none),
        cmocka_unit_test(test_cascades_that_lie),
        cmocka_unit_test(test_trees_that_lead_back),
        cmocka_unit_test(test_features_at_the_edges),
        cmocka_unit_test(test_text_of_cascades),
        cmocka_unit_test(test_libraries_print_nothing),
        cmocka_unit_test(test_faces_in_blocks),
        cmocka_unit_test(test_faces_in_a_photograph),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
