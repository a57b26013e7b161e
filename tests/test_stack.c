/* The library on threads with little stack: 128 KB, as musl gives, where neither detector nor
 * tracker looks at pixels, and 256 KB, half of what macOS gives, everywhere. Each function is
 * called where it does its work, with pictures of each format, small and large: one that asks for
 * more ends the test. */
#include "library.h"

#include <pthread.h>

enum { SMALL = 128 << 10, MEDIUM = 256 << 10, FACES = 3 };
/* A large picture shows the demo's face so often in a row, and in so many rows. */
enum { TILES = 3, LARGE = TILES * TILES };

static uint8_t pixels[LARGE * DEMO_WIDTH * DEMO_HEIGHT * 4];
static uint8_t drawn[DEMO_HEIGHT][DEMO_WIDTH][3]; /* the demo's first picture, BGR */
static const struct expressions_picture grey = {pixels, DEMO_WIDTH, DEMO_HEIGHT, DEMO_WIDTH,
                                                EXPRESSIONS_GREY};
static const struct expressions_box boxes[FACES] = {
    {180, 150, 200, 200}, {40, 40, 120, 120}, {400, 60, 90, 90}};
static uint8_t crops[FACES * EXPRESSIONS_CROP_PIXELS], aligned[sizeof crops];

/* Assertions must not leave a thread: what fails is counted. */
static int failures;

static void count(enum expressions_status status)
{
    if (status != EXPRESSIONS_OK)
        print_error("%s: %s\n", expressions_status_text(status), error.text);
    failures += status != EXPRESSIONS_OK;
}

static void draw(void)
{
    struct error why;
    double time;
    assert_int_equal(demo_open(&demo, &why), 0);
    struct expressions_picture picture = next_picture(&time);
    for (size_t y = 0; y < DEMO_HEIGHT; y++)
        memcpy(drawn[y], picture.pixels + y * picture.stride, sizeof drawn[y]);
    demo_close(&demo);
}

static size_t pixel_size(int format)
{
    static const size_t sizes[] = {
        [EXPRESSIONS_GREY] = 1, [EXPRESSIONS_BGR] = 3,  [EXPRESSIONS_RGB] = 3,
        [EXPRESSIONS_BGRA] = 4, [EXPRESSIONS_RGBA] = 4, [EXPRESSIONS_Y] = 1,
    };
    return sizes[format];
}

/* The demo's picture, so often in a row and in so many rows; it lives until the next call. */
static struct expressions_picture tiled(int tiles, int format)
{
    int width = tiles * DEMO_WIDTH, height = tiles * DEMO_HEIGHT;
    size_t size = pixel_size(format);
    bool turned = format == EXPRESSIONS_RGB || format == EXPRESSIONS_RGBA;
    uint8_t *to = pixels;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, to += size) {
            const uint8_t *from = drawn[y % DEMO_HEIGHT][x % DEMO_WIDTH];
            if (size == 1)
                *to = (uint8_t)(format == EXPRESSIONS_Y ? 16 + from[1] * 219 / 255 : from[1]);
            for (int c = 0; size > 1 && c < 3; c++)
                to[c] = from[turned ? 2 - c : c];
        }
    return (struct expressions_picture){pixels, width, height, (size_t)width * size,
                                        (enum expressions_format)format};
}

static void recognize_tiled(int tiles, int format)
{
    struct expressions_picture picture = tiled(tiles, format);
    struct expressions_face faces[FACES] = {
        {.box = boxes[0]}, {.box = boxes[1]}, {.box = boxes[2]}};
    count(expressions_crop(recognizer, &picture, boxes, FACES, crops, &error));
    count(expressions_recognize(recognizer, &picture, faces, FACES, &error));
}

static void look_inside(void)
{
    static char text[EXPRESSIONS_DESCRIPTION_SIZE];
    static float vectors[1 << 17], map[EXPRESSIONS_CROP_PIXELS];
    static const uint8_t labels[FACES] = {0, 3, 6};
    static struct expressions_evaluation evaluation;
    float answers[FACES * EXPRESSIONS_LABEL_COUNT];
    count(expressions_model_describe(model, text, &error));
    count(expressions_crop(recognizer, &grey, boxes, FACES, crops, &error));
    count(expressions_recognize_crops(recognizer, crops, FACES, answers, &error));
    count(expressions_align(recognizer, crops, FACES, aligned, &error));
    for (int n = 0; n < expressions_model_networks(model); n++) {
        failures += expressions_vector_size(model, n) > (int)(sizeof vectors / sizeof *vectors);
        count(expressions_vectors(recognizer, n, 1, crops, 1, vectors, &error));
    }
    count(expressions_explain(recognizer, crops, 3, map, &error));
    count(expressions_evaluate(recognizer, crops, labels, FACES, &evaluation, &error));
}

static void follow(void)
{
    struct expressions_tracker *tracker = NULL;
    struct expressions_smoother *smoother = NULL;
    struct expressions_face faces[FACES];
    int found = 0;
    count(expressions_tracker_open(&tracker, NULL, &error));
    count(expressions_smoother_open(&smoother, NULL, &error));
    count(expressions_smoother_set(smoother, 0.3, &error));
    count(expressions_adapt(smoother, 1, &error));
    for (int i = 0; i < 3; i++) {
        count(
            expressions_track(tracker, &grey, i * 0.1, boxes, FACES, faces, FACES, &found, &error));
        count(expressions_recognize(recognizer, &grey, faces, found, &error));
        count(expressions_smooth(smoother, i * 0.1, faces, found, &error));
    }
    failures += found != FACES || !expressions_latest_crop(recognizer, 1);
    count(expressions_calibrate(smoother, faces[0].id, &error));
    count(expressions_uncalibrate(smoother, faces[0].id, &error));
    count(expressions_expect(tracker, &grey, 0.4, faces, FACES, &found, &error));
    expressions_smoother_close(&smoother);
    expressions_tracker_close(&tracker);
}

/* A header with nested lists is refused, however deep they are. */
static void refuse_nested_lists(void)
{
    enum { DEPTH = 990, HEADER = 2 * DEPTH + 17 };
    static char file[8 + HEADER + 1];
    FILE *out = fopen(in_folder("nested"), "wb");
    snprintf(file + 8, sizeof file - 8, "{\"__metadata__\":%*s}", 2 * DEPTH, "");
    memset(file + 8 + 16, '[', DEPTH);
    memset(file + 8 + 16 + DEPTH, ']', DEPTH);
    file[0] = (char)(HEADER & 255);
    file[1] = (char)(HEADER >> 8);
    failures += !out || fwrite(file, 1, 8 + HEADER, out) != 8 + HEADER || fclose(out);
    failures +=
        expressions_model_open(&model, in_folder("nested"), NULL, &error) != EXPRESSIONS_BAD_MODEL;
    failures += !strstr(error.text, "not JSON");
}

static void *without_detector(void *unused)
{
    refuse_nested_lists();
    const float prior[] = {1, 1, 1, 2, 1, 1, 3};
    struct expressions_model_settings settings = EXPRESSIONS_MODEL_DEFAULTS;
    settings.prior = prior;
    count(expressions_model_open(&model, model_path, &settings, &error));
    count(expressions_recognizer_open(&recognizer, model, &error));
    for (int format = EXPRESSIONS_GREY; format <= EXPRESSIONS_Y; format++)
        recognize_tiled(1, format);
    recognize_tiled(TILES, EXPRESSIONS_RGBA);
    look_inside();
    follow();
    expressions_recognizer_close(&recognizer);
    expressions_model_close(&model);
    return unused;
}

static void find_tiled(int tiles, int format)
{
    struct expressions_face faces[LARGE];
    struct expressions_picture picture = tiled(tiles, format);
    int found = 0;
    count(expressions_detect(detector, &picture, faces, LARGE, &found, &error));
    failures += found != tiles * tiles;
    count(expressions_recognize(recognizer, &picture, faces, found, &error));
}

static void track_tiled(int tiles, int format)
{
    struct expressions_tracker *tracker = NULL;
    struct expressions_face faces[LARGE];
    struct expressions_picture picture = tiled(tiles, format);
    int found = 0;
    count(open_tracker(&tracker, detector));
    for (int i = 0; i < 3; i++)
        count(expressions_track(tracker, &picture, i * 0.1, NULL, 0, faces, LARGE, &found, &error));
    failures += found != tiles * tiles;
    expressions_tracker_close(&tracker);
}

static void *with_detector(void *unused)
{
    count(expressions_model_open(&model, model_path, NULL, &error));
    count(expressions_recognizer_open(&recognizer, model, &error));
    count(expressions_detector_open(&detector, NULL, &error));
    count(expressions_detector_set_verifier(detector, model, &error));
    for (int format = EXPRESSIONS_GREY; format <= EXPRESSIONS_Y; format++)
        find_tiled(1, format);
    find_tiled(TILES, EXPRESSIONS_RGBA);
    track_tiled(TILES, EXPRESSIONS_BGR);
    expressions_detector_close(&detector);
    expressions_recognizer_close(&recognizer);
    expressions_model_close(&model);
    return unused;
}

static void run_on(size_t stack, void *(*work)(void *))
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstacksize(&attributes, stack), 0);
    failures = 0;
    assert_int_equal(pthread_create(&thread, &attributes, work, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(failures, 0);
    pthread_attr_destroy(&attributes);
}

static void a_small_stack_is_enough_without_detector(void **state)
{
    (void)state;
    draw();
    run_on(SMALL, without_detector);
}

static void a_medium_stack_is_enough_for_all(void **state)
{
    (void)state;
    draw();
    run_on(MEDIUM, with_detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_stack_is_enough_without_detector),
        cmocka_unit_test(a_medium_stack_is_enough_for_all),
    };
    return run_library_tests(tests, sizeof tests / sizeof *tests);
}
