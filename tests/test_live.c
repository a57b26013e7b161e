#define _XOPEN_SOURCE 700 /* mknod */ /* NOLINT: names of this kind are POSIX's to give */
/* The room src/live without a window: command line, demo, detection, drawing, and what is printed.
 */
#include "testing.h"

#include "cameras.h"
#include "canvas.h"
#include "csv.h"
#include "demo.h"
#include "face_relief.h"
#include "file.h"
#include "input_list.h"
#include "jsonl.h"
#include "layout.h"
#include "null_device.h"
#include "ocv.h"
#include "options.h"
#include "overlay.h"
#include "picture_file.h"
#include "portrait.h"
#include "recorder.h"
#include "resources.h"
#include "text_report.h"

#include <SDL_ttf.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- Command line ---------------------------------------------------------------------------- */

enum { MAX_ARGUMENTS = 16 };

/* Parses the words of `line`, which are cut in place. */
static int parse(struct options *options, char *line, struct error *error)
{
    static char *argv[MAX_ARGUMENTS + 1];
    int argc = 0;
    argv[argc++] = line;
    for (char *at = line; (at = strchr(at, ' ')) && argc < MAX_ARGUMENTS;) {
        *at++ = '\0';
        argv[argc++] = at;
    }
    argv[argc] = NULL;
    return options_parse(options, argc, argv, error);
}

static void expect_usage_error(const char *line, const char *reason)
{
    char copy[200];
    snprintf(copy, sizeof copy, "expressions %s", line);
    struct options options;
    struct error error = {.text = ""};
    if (parse(&options, copy, &error) == 0)
        fail_msg("accepted: %s", line);
    expect_text(error.text, "", reason);
}

static void test_options_images(void **state)
{
    (void)state;
    char line[] = "expressions --image a.jpg b.jpg --json c.jpg --max-frames 2 -- --d.jpg";
    struct options options;
    struct error error;
    assert_int_equal(parse(&options, line, &error), 0);
    assert_int_equal(options.input, INPUT_IMAGES);
    assert_int_equal(options.input_count, 4);
    assert_string_equal(options.inputs[2], "c.jpg");
    assert_string_equal(options.inputs[3], "--d.jpg");
    assert_true(options.results.json);
    assert_int_equal(options.max_frames, 2);
    options_free(&options);

    char films[] = "expressions --video a.mkv b.mkv --video c.mkv --quiet folder";
    assert_int_equal(parse(&options, films, &error), 0);
    assert_int_equal(options.input, INPUT_VIDEO);
    assert_int_equal(options.input_count, 4);
    assert_string_equal(options.source, "a.mkv");
    assert_string_equal(options.inputs[3], "folder");
    options_free(&options);
}

static void test_options_defaults(void **state)
{
    (void)state;
    char camera[] = "expressions --camera 0 --size 1280x720 --fps 15";
    char plain[] = "expressions --no-mirror --camera 0";
    char demo[] = "expressions --demo";
    struct options options;
    struct error error;
    assert_int_equal(parse(&options, camera, &error), 0);
    assert_true(options.mirror);
    assert_int_equal(options.camera.width, 1280);
    assert_int_equal(options.camera.height, 720);
    expect_close(options.camera.fps, 15, 0, "fps");
    options_free(&options);
    assert_int_equal(parse(&options, plain, &error), 0);
    assert_false(options.mirror);
    options_free(&options);
    assert_int_equal(parse(&options, demo, &error), 0);
    assert_false(options.mirror);
    assert_int_equal(options.camera.width, 640);
    expect_close(options.smooth, 0.2, 1e-9, "smooth");
    options_free(&options);
}

static void test_options_wrong(void **state)
{
    (void)state;
    expect_usage_error("--json", "--demo");
    expect_usage_error("--demo --camera 0", "only one");
    expect_usage_error("--image", "--image needs a value");
    expect_usage_error("--demo face.jpg", "face.jpg");
    expect_usage_error("--video a.mkv --image b.png", "only one");
    expect_usage_error("--video - a.mkv -", "standard input is a single video");
    expect_usage_error("--demo --nonsense", "unknown option --nonsense");
    expect_usage_error("--camera 0 --size 640", "--size");
    expect_usage_error("--camera 0 --size 640x480x3", "--size");
    expect_usage_error("--camera 0 --size 8x8", "--size");
    expect_usage_error("--demo --max-frames 0", "--max-frames");
    expect_usage_error("--demo --max-frames 9999999999999999999", "--max-frames");
    expect_usage_error("--demo --max-frames 3x", "--max-frames");
    expect_usage_error("--camera 0 --fps nan", "--fps");
    expect_usage_error("--demo --smooth -1", "--smooth");
    expect_usage_error("--image a.png --report r", "--report");
    expect_usage_error("--demo --smooth 0.3s", "--smooth");
    expect_usage_error("--demo --adapt yes", "--adapt takes off or on");
    expect_usage_error("--demo --json=1", "takes no value");
}

/* Each option goes where it belongs, and nothing else changes. */
static void test_options_values(void **state)
{
    (void)state;
    char line[] = "expressions --camera 1 --size 16x16384 --fps 1000 --smooth 60 --max-frames "
                  "1000000000 --adapt on --mirror --exit-on-loss";
    char more[] =
        "expressions --video a.mp4 --csv b.csv --output c.mp4 --report d --osc e:1 --lsl f "
        "--serve 80 --serve-video";
    char rest[] = "expressions --demo --model g --cascade h --prior 1,1,1,3,1,1,4 --adapt off "
                  "--headless --quiet --verbose";
    char uniform[] = "expressions --demo --prior uniform --smooth 0 --max-frames 1 --size 16384x16 "
                     "--fps 1 --threads 1";
    struct options options;
    struct error error;
    assert_int_equal(parse(&options, line, &error), 0);
    assert_int_equal(options.input, INPUT_CAMERA);
    assert_string_equal(options.source, "1");
    assert_int_equal(options.camera.width, 16);
    assert_int_equal(options.camera.height, 16384);
    expect_close(options.camera.fps, 1000, 0, "fps");
    expect_close(options.smooth, 60, 0, "smooth");
    assert_int_equal(options.max_frames, 1000000000);
    assert_true(options.adapt && options.mirror && options.mirror_chosen && options.exit_on_loss);
    assert_false(options.prior_chosen || options.headless || options.quiet || options.verbose);
    assert_true(options.results.words);
    options_free(&options);
    assert_int_equal(parse(&options, more, &error), 0);
    assert_int_equal(options.input, INPUT_VIDEO);
    assert_string_equal(options.source, "a.mp4");
    assert_string_equal(options.results.csv, "b.csv");
    assert_string_equal(options.results.output, "c.mp4");
    assert_string_equal(options.results.report, "d");
    assert_string_equal(options.results.osc, "e:1");
    assert_string_equal(options.results.lsl, "f");
    assert_string_equal(options.results.serve, "80");
    assert_true(options.results.serve_video && options.results.words);
    assert_false(options.results.json || options.mirror || options.mirror_chosen);
    options_free(&options);
    assert_int_equal(parse(&options, rest, &error), 0);
    assert_int_equal(options.input, INPUT_DEMO);
    assert_string_equal(options.model, "g");
    assert_string_equal(options.cascade, "h");
    assert_true(options.prior_chosen && options.headless && options.quiet && options.verbose);
    assert_false(options.adapt || options.exit_on_loss);
    assert_int_equal(options.max_frames, 0);
    expect_close((double)options.prior[3] / (double)options.prior[0], 3, 1e-6, "prior");
    options_free(&options);
    assert_int_equal(parse(&options, uniform, &error), 0);
    for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++)
        expect_close((double)options.prior[k], 1, 0, "uniform");
    expect_close(options.smooth, 0, 0, "smooth");
    expect_close(options.camera.fps, 1, 0, "fps");
    assert_int_equal(options.max_frames, 1);
    assert_int_equal(options.threads, 1);
    options_free(&options);
}

/* What is asked instead of a run needs nothing else; the first of two that end is it. */
static void test_options_commands(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int command;
    } lines[] = {{"--list-cameras", COMMAND_LIST_CAMERAS},
                 {"--model-info --model x", COMMAND_MODEL_INFO},
                 {"--version --help", COMMAND_VERSION},
                 {"--help --version", COMMAND_HELP}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char line[100];
        struct options options;
        struct error error;
        snprintf(line, sizeof line, "expressions %s", lines[i].line);
        assert_int_equal(parse(&options, line, &error), 0);
        assert_int_equal(options.command, lines[i].command);
        options_free(&options);
    }
}

/* Just beyond each bound, what is empty, and what cannot go together. */
static void test_options_refused(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"--camera 0 --size 15x480", "--size takes"},
        {"--camera 0 --size 640x15", "--size takes"},
        {"--camera 0 --size 16385x16", "--size takes"},
        {"--camera 0 --size 16x16385", "--size takes"},
        {"--camera 0 --fps 0.99", "--fps takes"},
        {"--camera 0 --fps 1000.1", "--fps takes"},
        {"--camera 0 --fps inf", "--fps takes"},
        {"--camera 0 --fps x", "--fps takes"},
        {"--demo --smooth 60.1", "--smooth takes"},
        {"--demo --max-frames 1000000001", "--max-frames takes"},
        {"--demo --max-frames x", "--max-frames takes"},
        {"--demo --prior 1,1,1", "--prior 1,1,1"},
        {"--demo --prior 1,1,1,1,1,1,1,1", "--prior"},
        {"--demo --adapt ", "--adapt takes"},
        {"--video a --demo", "only one of"},
        {"--demo --image a", "only one of"},
        {"--image ", "--image needs the name"},
        {"--image a --output -", "--output - is for videos"},
        {"--image - -", "give it once"},
        {"--demo --output ", "--output needs"},
        {"--demo --report ", "--report needs"},
        {"--demo --lsl ", "--lsl needs"},
        {"--demo --csv ", "--csv needs"},
        {"--image a --report d", "--report needs a camera, a video or the demo"},
        {"--image a --osc h:1", "--osc needs a camera, a video or the demo"},
        {"--image a --lsl n", "--lsl needs a camera, a video or the demo"},
        {"--image a --serve 80", "--serve needs a camera, a video or the demo"},
        {"--demo --serve-video", "--serve-video needs --serve"},
        {"--demo --json --output -", "would mix"},
        {"--demo --osc nowhere", "--osc takes HOST:PORT"},
        {"--demo --csv - --json", "--csv - and --json would mix"},
        {"--demo --csv - --output -", "--csv - and --output - would mix"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        expect_usage_error(lines[i][0], lines[i][1]);
}

/* Lines for people go where nothing else goes. */
static void test_options_words(void **state)
{
    (void)state;
    static const char *const without[] = {"--demo --json", "--demo --csv -", "--demo --output -"};
    static const char *const with[] = {"--demo --csv a", "--demo --output a.mp4", "--image -"};
    struct options options;
    struct error error;
    for (int i = 0; i < 6; i++) {
        char line[100];
        snprintf(line, sizeof line, "expressions %s", i < 3 ? without[i] : with[i - 3]);
        assert_int_equal(parse(&options, line, &error), 0);
        assert_int_equal(options.results.words, i >= 3);
        options_free(&options);
    }
}

#define LABELS "angry, disgust, fear, happy, sad, surprise, neutral"

static void test_options_help(void **state)
{
    (void)state;
    char line[] = "expressions --help --nonsense";
    struct options options;
    struct error error;
    assert_int_equal(parse(&options, line, &error), 0);
    assert_int_equal(options.command, COMMAND_HELP);
    options_free(&options);

    FILE *file = fopen(in_folder("help"), "w+");
    assert_non_null(file);
    options_help(file);
    rewind(file);
    for (char text[256]; fgets(text, sizeof text, file);)
        assert_true(strcspn(text, "\n") <= 80);
    fclose(file);
    static const char *const parts[] = {
        "Finds faces and names the expression of each:\n" LABELS ".\n\n",
        "picture size to ask the camera for (default 640x480)\n", "\n\nKeys in the window:\n  q ",
        " f\n\nExit status: 0 done"};
    size_t size;
    char *help = (char *)read_bytes(in_folder("help"), &size);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(help, parts[i]))
            fail_msg("no \"%s\" in: %s", parts[i], help);
    free(help);
}

/* What is said of a wrong value names the option, and what is right. */
static void test_options_reasons(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"--demo --prior 1,1", "--prior 1,1: give uniform or seven numbers above 0, such as "
                               "1,1,1,3,1,1,4, of " LABELS},
        {"--image - -", "--image -: standard input is a single picture; give it once"},
        {"--video - -", "--video -: standard input is a single video; give it once"},
        {"--image ", "--image needs the name of a picture or folder"},
        {"--video ", "--video needs the name of a video or folder"},
        {"--camera ", "--camera needs a value: camera by number (0), device path or stream URL"},
        {"--camera 0 --size 8x8",
         "--size takes WIDTHxHEIGHT such as 640x480, each 16 to 16384, not \"8x8\""},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char line[100];
        struct options options;
        struct error error = {.text = ""};
        snprintf(line, sizeof line, "expressions %s", lines[i][0]);
        assert_int_equal(parse(&options, line, &error), -1);
        assert_string_equal(error.text, lines[i][1]);
    }
}

/* ---- Cameras --------------------------------------------------------------------------------- */

static void test_camera_reasons(void **state)
{
    (void)state;
    struct error reason;
    struct camera camera;
    assert_false(cameras_diagnose("http://127.0.0.1:1/", &reason));
    assert_false(cameras_get("/dev/null", &camera));
    assert_true(cameras_same("/dev/null", "/dev/null"));
    assert_false(cameras_same("/dev/null", "/dev/zero"));
    assert_true(cameras_diagnose("/dev/video-none", &reason));
    expect_text(reason.text, "no such camera", "plug it in");
    assert_true(cameras_diagnose("/dev/null", &reason));
    expect_text(reason.text, "not a camera", "name another");
    /* Descriptor 0 is one like others. */
    int kept = dup(STDIN_FILENO);
    close(STDIN_FILENO);
    struct error other;
    bool diagnosed = cameras_diagnose("/dev/null", &other);
    bool got = cameras_get("/dev/null", &camera), raw = cameras_is_raw("/dev/null", &reason);
    int next = dup(kept);
    dup2(kept, STDIN_FILENO);
    close(kept);
    assert_int_equal(next, STDIN_FILENO);
    assert_true(diagnosed && !got && !raw);
    assert_string_equal(other.text, reason.text);
    if (geteuid() != 0) {
        write_bytes(in_folder("forbidden"), "", 0);
        assert_int_equal(chmod(in_folder("forbidden"), 0), 0);
        assert_true(cameras_diagnose(in_folder("forbidden"), &reason));
        expect_text(reason.text, "group video", "no permission");
    }
}

/* ---- Demo and detection ---------------------------------------------------------------------- */

/* Means over the cells of a grid, red for most, of some frames of each expression and on the way to
 * the next. */
enum { DEMO_FIRST = 27, DEMO_STEP = 33, DEMO_SEEN = 14, GRID_X = 10, GRID_Y = 8 };
static const double demo_means[DEMO_SEEN][GRID_X * GRID_Y] = {
#include "golden/demo.inc"
};

static double mean_of_cell(struct bgr_image picture, int cell)
{
    enum { WIDTH = DEMO_WIDTH / GRID_X, HEIGHT = DEMO_HEIGHT / GRID_Y };
    double sum = 0;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        const uint8_t *pixel = picture.pixels +
                               (size_t)(cell / GRID_X * HEIGHT + i / WIDTH) * picture.stride +
                               (size_t)(cell % GRID_X * WIDTH + i % WIDTH) * 3;
        sum += pixel[0] + 2 * pixel[1] + 4 * pixel[2];
    }
    return sum / (WIDTH * HEIGHT);
}

static void expect_demo(struct bgr_image picture, int frame)
{
    if (frame % DEMO_STEP != DEMO_FIRST)
        return;
    for (int cell = 0; cell < GRID_X * GRID_Y; cell++) {
        double mean = mean_of_cell(picture, cell), known = demo_means[frame / DEMO_STEP][cell];
        if (fabs(mean - known) > 0.05)
            fail_msg("frame %d is another than it was, in cell %d: %.2f for %.2f; where that is "
                     "meant: test_live print >tests/golden/demo.inc",
                     frame, cell, mean, known);
    }
}

static void print_demo(void)
{
    struct demo *demo;
    struct error error;
    double time;
    if (demo_open(&demo, &error))
        return;
    for (int frame = 0; frame < DEMO_CYCLE; frame++) {
        struct bgr_image picture = demo_next(demo, &time);
        for (int cell = 0; frame % DEMO_STEP == DEMO_FIRST && cell < GRID_X * GRID_Y; cell++)
            printf("%s%.2f,%s", cell ? "" : "{", mean_of_cell(picture, cell),
                   cell == GRID_X * GRID_Y - 1   ? "},\n"
                   : cell % GRID_X == GRID_X - 1 ? "\n"
                                                 : " ");
    }
    demo_close(&demo);
}

/* How bright a part of the picture is, all its colours and pixels together. */
static long brightness(const uint8_t *pixels, int top, int left, int rows, int columns)
{
    long sum = 0;
    for (int row = top; row < top + rows; row++)
        for (int i = left * 4; i < (left + columns) * 4; i++)
            sum += i % 4 < 3 ? pixels[row * PORTRAIT_WIDTH * 4 + i] : 0;
    return sum;
}

/* What is painted to its edges, and lips, in a few pixels' shades. */
static void test_portrait_edges(void **state)
{
    (void)state;
    const float units[ACTION_UNIT_COUNT] = {0};
    struct portrait *portrait = portrait_open();
    assert_non_null(portrait);
    const uint8_t *pixels = portrait_paint(portrait, units);
    int top = PORTRAIT_Y - 3 * PORTRAIT_SCALE / 2, left = PORTRAIT_X - PORTRAIT_SCALE;
    assert_in_range(brightness(pixels, top + 1, 0, 1, PORTRAIT_WIDTH), 11316 - 8, 11316 + 8);
    assert_in_range(brightness(pixels, 0, left, PORTRAIT_HEIGHT, 1), 69163 - 8, 69163 + 8);
    assert_in_range(brightness(pixels, 245, PORTRAIT_X - 45, 32, 90), 1254812 - 20, 1254812 + 20);
    /* A nostril, which lies aslant, in four parts. */
    static const long shades[] = {7466, 8418, 7894, 8843};
    for (int i = 0; i < 4; i++) {
        long sum = brightness(pixels, 235 + i / 2 * 4, PORTRAIT_X + i % 2 * 9, 4, 9);
        if (labs(sum - shades[i]) > 15)
            fail_msg("part %d of the nostril: %ld for %ld", i, sum, shades[i]);
    }
    portrait_close(&portrait);
    assert_null(portrait);
}

static int painted; /* portraits */

const uint8_t *__real_portrait_paint(struct portrait *portrait, const float *units);
const uint8_t *__wrap_portrait_paint(struct portrait *portrait, const float *units);

const uint8_t *__wrap_portrait_paint(struct portrait *portrait, const float *units)
{
    painted++;
    return __real_portrait_paint(portrait, units);
}

/* Whose face rests is not painted again. */
static void test_demo_repeats(void **state)
{
    (void)state;
    struct demo *demo;
    struct error error;
    assert_int_equal(demo_open(&demo, &error), 0);
    double time;
    painted = 0;
    struct bgr_image picture = demo_next(demo, &time);
    size_t size = picture.stride * (size_t)picture.height;
    uint8_t *first = malloc(size);
    assert_non_null(first);
    memcpy(first, picture.pixels, size);
    assert_memory_not_equal(demo_next(demo, &time).pixels, first, size);
    expect_close(time, 1.0 / DEMO_FPS, 1e-9, "time");
    for (int i = 2; i < DEMO_CYCLE; i++)
        expect_demo(demo_next(demo, &time), i);
    assert_int_equal(painted, EXPRESSIONS_LABEL_COUNT * (1 + DEMO_MORPH));
    assert_memory_equal(demo_next(demo, &time).pixels, first, size);
    demo_skip(demo, DEMO_CYCLE - 1);
    assert_memory_equal(demo_next(demo, &time).pixels, first, size);
    expect_close(time, 2.0 * DEMO_CYCLE / DEMO_FPS, 1e-9, "time");
    free(first);
    demo_close(&demo);
}

static void test_frame_clip(void **state)
{
    (void)state;
    struct frame frame = {.width = 100, .height = 80};
    struct expressions_face face = {.box = {-10, 60, 40, 40}};
    struct expressions_box inside = frame_clip(&frame, &face);
    assert_int_equal(inside.x, 0);
    assert_int_equal(inside.y, 60);
    assert_int_equal(inside.width, 30);
    assert_int_equal(inside.height, 20);
    face.box = (struct expressions_box){200, 0, 10, 10};
    assert_int_equal(frame_clip(&frame, &face).width, 0);
}

static void test_faces_by_id_and_size(void **state)
{
    (void)state;
    const struct expressions_face faces[] = {
        {.id = 4, .box = {0, 0, 30, 30}},
        {.id = 2, .box = {50, 0, 60, 60}},
        {.id = 9, .box = {120, 0, 60, 60}}, /* as wide: the first one counts */
    };
    assert_ptr_equal(faces_largest(faces, 3), &faces[1]);
    assert_ptr_equal(faces_largest(faces, 1), &faces[0]);
    assert_null(faces_largest(faces, 0));
    assert_ptr_equal(faces_find(faces, 3, 4), &faces[0]);
    assert_ptr_equal(faces_find(faces, 3, 9), &faces[2]);
    assert_null(faces_find(faces, 2, 9));
}

/* ---- Pictures -------------------------------------------------------------------------------- */

/* The largest picture there may be, in 14 MB: read, turned and copied, it takes less than a
 * gigabyte. */
static void test_large_pictures_take_no_gigabyte(void **state)
{
    (void)state;
    enum { SIDE = 10488 };
    char header[32];
    struct rusage usage;
    int length = snprintf(header, sizeof header, "P4\n%d %d\n", SIDE, SIDE), status = 1;
    size_t size = (size_t)length + (size_t)SIDE * SIDE / 8;
    uint8_t *bytes = calloc(size, 1);
    assert_non_null(bytes);
    memcpy(bytes, header, (size_t)length);
    write_bytes(in_folder("large.pbm"), bytes, size);
    free(bytes);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct frame frame = {0};
        struct error error;
        _exit(picture_read(in_folder("large.pbm"), &frame, NULL, &error) == 0 && frame.width == SIDE
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    print_message("%ld kB\n", usage.ru_maxrss);
#ifndef __SANITIZE_THREAD__ /* which keeps several words for each of the program's */
    assert_in_range(usage.ru_maxrss, 1, 1000000);
#endif
    remove(in_folder("large.pbm"));
}

static void test_picture_errors(void **state)
{
    (void)state;
    struct frame frame = {0};
    struct error error;
    assert_int_equal(picture_read("no/such.jpg", &frame, NULL, &error), -1);
    expect_text(error.text, "no/such.jpg", "No such file");
    write_bytes(in_folder("empty.png"), "", 0);
    assert_int_equal(picture_read(in_folder("empty.png"), &frame, NULL, &error), -1);
    expect_text(error.text, "empty.png", "empty");
    write_bytes(in_folder("text.jpg"), "hello", 5);
    assert_int_equal(picture_read(in_folder("text.jpg"), &frame, NULL, &error), -1);
    expect_text(error.text, "text.jpg", "damaged, or not a picture");
    assert_int_equal(picture_read(test_folder(), &frame, NULL, &error), -1);
    expect_text(error.text, test_folder(), "folder");
    assert_null(frame.pixels);

    size_t before = (size_t)count_files(0);
    const uint8_t pixel[3] = {1, 2, 3};
    struct bgr_image picture = {pixel, 1, 1, 3};
    assert_int_equal(picture_write(in_folder("out.nonsense"), picture, &error), -1);
    expect_text(error.text, "out.nonsense", ".png");
    assert_int_equal(picture_write(in_folder("no/out.png"), picture, &error), -1);
    assert_int_equal(count_files(0), before);
}

/* A picture that was read is frame 0 at time 0, whatever the frame was before. */
static void test_picture_read(void **state)
{
    (void)state;
    static const char *const endings[][2] = {{"a.jpg", ".jpg"}, {"a", ""},      {".png", ""},
                                             {"b.d/c", ""},     {"b.d/.c", ""}, {"b.c.D", ".D"}};
    struct frame frame = {.index = 9, .time = 2, .face_count = 3};
    struct error error;
    const char *note = "as before";
    write_bytes(in_folder("a.pgm"), "P5 2 1 255\nab", 13);
    assert_int_equal(picture_read(in_folder("a.pgm"), &frame, &note, &error), 0);
    assert_null(note);
    assert_true(frame.width == 2 && frame.height == 1 && frame.face_count == 0);
    assert_true(frame.index == 0 && frame.time <= 0 && frame.time >= 0);
    assert_memory_equal(frame.grey, "ab", 2);
    assert_memory_equal(frame.pixels, "aaabbb", 6);
    struct picture_file file;
    assert_int_equal(picture_load(in_folder("a.pgm"), &file, &error), 0);
    assert_int_equal(picture_decode(&file, &frame, NULL, &error), 0);
    assert_null(file.bytes);
    int kept = dup(STDIN_FILENO), piped = open(in_folder("a.pgm"), O_RDONLY);
    dup2(piped, STDIN_FILENO);
    close(piped);
    frame.width = 0;
    int result = picture_read("-", &frame, NULL, &error);
    dup2(kept, STDIN_FILENO);
    close(kept);
    assert_true(result == 0 && frame.width == 2);
    frame_free(&frame);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        assert_string_equal(picture_ending(endings[i][0]), endings[i][1]);
}

static void test_input_list(void **state)
{
    (void)state;
    write_bytes(in_folder("b.jpg"), "", 0);
    write_bytes(in_folder("a.PNG"), "", 0);
    write_bytes(in_folder("notes.txt"), "", 0);
    write_bytes(in_folder(".hidden.jpg"), "", 0);
    struct input_list list = {.kind = &picture_files};
    struct error error;
    assert_int_equal(input_list_add(&list, "other.jpg", &error), 0);
    assert_false(list.has_folder);
    assert_int_equal(input_list_add(&list, test_folder(), &error), 0);
    assert_true(list.has_folder);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.paths[0], "other.jpg");
    assert_string_equal(list.paths[1], in_folder("a.PNG"));
    assert_string_equal(list.paths[2], in_folder("b.jpg"));
    assert_string_equal(file_base(list.paths[2]), "b.jpg");
    assert_string_equal(list.skipped_names, "notes.txt");
    input_list_free(&list);
    char folder[2 * TEST_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s/", test_folder());
    assert_int_equal(input_list_add(&list, folder, &error), 0);
    assert_string_equal(list.paths[0], in_folder("a.PNG"));
    input_list_free(&list);

    empty_folder(NULL);
    assert_int_equal(input_list_add(&list, test_folder(), &error), -1);
    expect_text(error.text, test_folder(), "no picture");
    assert_string_equal(list.skipped_names, "");
    input_list_free(&list);
}

static const int *lengths; /* of the names in the next folder; NULL: it is a real one's */

int __real_scandir(const char *path, struct dirent ***entries,
                   int (*filter)(const struct dirent *entry),
                   int (*compare)(const struct dirent **a, const struct dirent **b));
int __wrap_scandir(const char *path, struct dirent ***entries,
                   int (*filter)(const struct dirent *entry),
                   int (*compare)(const struct dirent **a, const struct dirent **b));

/* Some file systems give longer names than a dirent's. */
int __wrap_scandir(const char *path, struct dirent ***entries,
                   int (*filter)(const struct dirent *entry),
                   int (*compare)(const struct dirent **a, const struct dirent **b))
{
    int count = 0;
    if (!lengths)
        return __real_scandir(path, entries, filter, compare);
    *entries = calloc(2, sizeof(struct dirent *));
    assert_non_null(*entries);
    for (; count < 2; count++) {
        size_t size = (size_t)lengths[count];
        struct dirent *entry = calloc(1, sizeof *entry + size);
        assert_non_null(entry);
        memset((char *)entry + offsetof(struct dirent, d_name), 'a' + count, size);
        (*entries)[count] = entry;
    }
    return count;
}

static void test_skipped_long_names(void **state)
{
    (void)state;
    static const int of_folders[][2] = {{3, 500}, {2, 500}};
    static const char *const shown[] = {"aaa, ...", "aa"};
    struct input_list list = {.kind = &picture_files};
    struct error error;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        lengths = of_folders[i];
        int result = input_list_add(&list, test_folder(), &error);
        lengths = NULL;
        assert_int_equal(result, -1);
        assert_string_equal(list.skipped_names, shown[i]);
        input_list_free(&list);
    }
}

/* As many as there are, and a folder that cannot be read. */
static void test_long_input_list(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct input_list list = {.kind = &video_files};
    struct rlimit limit, none;
    struct error error;
    char name[20], expected[2 * TEST_PATH_SIZE];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(input_list_add(&list, name, &error), 0);
    }
    assert_int_equal(list.count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_string_equal(list.paths[i], name);
    }
    input_list_free(&list);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int result = input_list_add(&list, test_folder(), &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(result, -1);
    snprintf(expected, sizeof expected, "%s: Too many open files; check the folder", test_folder());
    assert_string_equal(error.text, expected);
    input_list_free(&list);
}

/* Those are named that there is room for, to the last letter, and three dots stand for others. */
static void test_skipped_names(void **state)
{
    (void)state;
    static const struct {
        int lengths[5]; /* of the names, each of one letter: a, b, ... */
        const char *shown;
    } cases[] = {{{200, 192}, "ab"},
                 {{200, 192, 1}, "ab."},
                 {{200, 193}, "a."},
                 {{200, 193, 1, 1}, "a.cd"},
                 {{200, 200, 1, 200, 200}, "a.c."}};
    struct input_list list = {.kind = &picture_files};
    struct error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[sizeof list.skipped_names] = "", name[256];
        size_t used = 0;
        empty_folder(NULL);
        for (int n = 0; n < 5 && cases[i].lengths[n]; n++) {
            memset(name, 'a' + n, sizeof name);
            name[cases[i].lengths[n]] = '\0';
            write_bytes(in_folder(name), "", 0);
        }
        for (const char *c = cases[i].shown; *c; c++) {
            int length = *c == '.' ? 3 : cases[i].lengths[*c - 'a'];
            memset(name, *c, sizeof name);
            used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%.*s",
                                     used ? ", " : "", length, name);
        }
        assert_int_equal(input_list_add(&list, test_folder(), &error), -1);
        assert_string_equal(list.skipped_names, expected);
        input_list_free(&list);
    }
}

/* ---- What is installed ----------------------------------------------------------------------- */

static void test_resources(void **state)
{
    (void)state;
    char program[RESOURCE_PATH_SIZE] = "", path[RESOURCE_PATH_SIZE],
         reason[RESOURCE_PATH_SIZE + 100];
    struct error error;
    assert_true(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
    char *slash = strrchr(program, '/');
    assert_int_equal(resource_find(slash + 1, path, &error), 0);
    assert_string_equal(path, program);
    *slash = '\0';
    snprintf(reason, sizeof reason, "no/such: found neither beside the program in %s nor in /",
             program);
    assert_int_equal(resource_find("no/such", path, &error), -1);
    assert_memory_equal(error.text, reason, strlen(reason));
    expect_text(error.text, "", "/share/expressions; install it again");
}

/* ---- Results --------------------------------------------------------------------------------- */

static struct expressions_face made_up_face(void)
{
    return (struct expressions_face){
        .id = 1,
        .box = {-12, 96, 192, 180},
        .label = 3,
        .score = 0.98f,
        .probabilities = {0.01f, 0.0f, 0.01f, 0.93f, 0.01f, 0.02f, 0.02f}};
}

static char *written_by(FILE *file)
{
    static char text[4096];
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void test_jsonl(void **state)
{
    (void)state;
    struct frame frame = {.width = 640, .height = 200, .index = 3, .time = 0.1, .face_count = 1};
    struct frame blank = {.width = 640, .height = 200, .index = 3, .time = 0.1};
    struct expressions_face *face = &frame.faces[0];
    *face = made_up_face();
    struct error error;
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(jsonl_write(file, "a\"\xff\xc3\xa9.jpg", &frame, &error), 0);
    assert_int_equal(jsonl_write(file, "b", &blank, &error), 0);
    face->smoothed = true;
    face->uncertain = 1;
    face->raw[0] = 1;
    frame.clock = 1772267400.125;
    setenv("TZ", "XYZ-5:30", 1);
    tzset();
    assert_int_equal(jsonl_write(file, "c", &frame, &error), 0);
    assert_string_equal(
        written_by(file),
        "{\"source\":\"a\\\"\xEF\xBF\xBD\xc3\xa9.jpg\",\"frame\":3,\"time\":0.100,\"width\":640,"
        "\"height\":200,\"faces\":[{\"id\":1,\"box\":[0,96,180,104],\"face\":0.9800,\"emotion\":"
        "\"happy\","
        "\"label\":\"happy\","
        "\"confidence\":0.9300,\"emotions\":{\"angry\":0.0100,\"disgust\":0.0000,\"fear\":0.0100,"
        "\"happy\":0.9300,\"sad\":0.0100,\"surprise\":0.0200,\"neutral\":0.0200}}]}\n"
        "{\"source\":\"b\",\"frame\":3,\"time\":0.100,\"width\":640,\"height\":200,\"faces\":[]}"
        "\n"
        "{\"source\":\"c\",\"frame\":3,\"time\":0.100,"
        "\"clock\":\"2026-02-28T14:00:00.125+05:30\",\"width\":640,"
        "\"height\":200,\"faces\":[{\"id\":1,\"box\":[0,96,180,104],\"face\":0.9800,\"emotion\":"
        "\"happy\","
        "\"label\":\"uncertain\","
        "\"confidence\":0.9300,\"emotions\":{\"angry\":0.0100,\"disgust\":0.0000,\"fear\":0.0100,"
        "\"happy\":0.9300,\"sad\":0.0100,\"surprise\":0.0200,\"neutral\":0.0200},"
        "\"raw\":{\"angry\":1.0000,\"disgust\":0.0000,\"fear\":0.0000,\"happy\":0.0000,"
        "\"sad\":0.0000,\"surprise\":0.0000,\"neutral\":0.0000}}]}\n");

    FILE *full = fopen("/dev/full", "w");
    if (full) {
        assert_int_equal(jsonl_write(full, "b", &blank, &error), -1);
        expect_text(error.text, "cannot be written", "space");
        fclose(full);
    }
}

/* Names that would break rows, or run as a formula in a spreadsheet. */
static void test_csv(void **state)
{
    (void)state;
    struct frame frame = {.width = 640, .height = 200, .index = 3, .time = 0.1, .face_count = 1};
    struct frame blank = {.width = 640, .height = 200, .index = 3, .time = 0.1};
    struct expressions_face *face = &frame.faces[0];
    *face = made_up_face();
    struct csv *csv;
    struct error error;
    char path[2 * TEST_PATH_SIZE];
    snprintf(path, sizeof path, "%s", in_folder("table.csv"));
    assert_int_equal(csv_open(&csv, path, &error), 0);
    struct stat status;
    mode_t mask = umask(0);
    umask(mask);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0666 & ~mask);
    assert_int_equal(csv_write(csv, "a,\"b\"\n\xff.jpg", &frame, &error), 0);
    assert_int_equal(csv_write(csv, "blank", &blank, &error), 0);
    face->smoothed = true;
    face->uncertain = 1;
    face->raw[0] = 1;
    frame.clock = 1772267400.125;
    setenv("TZ", "XYZ-5:30", 1);
    tzset();
    assert_int_equal(csv_write(csv, "=1+1.jpg", &frame, &error), 0);
    /* Rows are there before the file is closed. */
    size_t size;
    char *text = (char *)read_bytes(in_folder("table.csv"), &size);
    assert_string_equal(
        text,
        "source,frame,time,width,height,id,box_x,box_y,box_width,box_height,face,emotion,"
        "label,confidence,angry,disgust,fear,happy,sad,surprise,neutral,raw_angry,raw_disgust,"
        "raw_fear,raw_happy,raw_sad,raw_surprise,raw_neutral,clock\n"
        "\"a,\"\"b\"\"?\xEF\xBF\xBD.jpg\",3,0.100,640,200,1,0,96,180,104,0.9800,happy,happy,0."
        "9300,0."
        "0100,"
        "0.0000,0.0100,0.9300,0.0100,0.0200,0.0200,,,,,,,,\n"
        "\"./=1+1.jpg\",3,0.100,640,200,1,0,96,180,104,0.9800,happy,uncertain,0.9300,0.0100,"
        "0.0000,0.0100,0.9300,0.0100,0.0200,0.0200,1.0000,0.0000,0.0000,0.0000,0.0000,0.0000,"
        "0.0000,2026-02-28T14:00:00.125+05:30\n");
    free(text);
    csv_close(&csv);
    assert_null(csv);
    static const char begins[] = "=+-@";
    for (const char *c = begins; *c; c++) {
        char name[] = {*c, 'x', '\0'}, row[] = {'"', '.', '/', *c, 'x', '"', ',', '\0'};
        assert_int_equal(csv_open(&csv, in_folder("table.csv"), &error), 0);
        assert_int_equal(csv_write(csv, name, &frame, &error), 0);
        csv_close(&csv);
        text = (char *)read_bytes(in_folder("table.csv"), &size);
        assert_true(strncmp(strchr(text, '\n') + 1, row, strlen(row)) == 0);
        free(text);
    }
    /* An earlier file stays until there is a row. */
    write_bytes(in_folder("earlier.csv"), "x", 1);
    assert_int_equal(csv_open(&csv, in_folder("earlier.csv"), &error), 0);
    csv_close(&csv);
    expect_file("earlier.csv", "x");
    assert_int_equal(csv_open(&csv, in_folder("no/100 %%.csv"), &error), -1);
    expect_text(error.text, "no/100 %%.csv", "No such file");
    assert_null(csv);
    /* What is no file is never removed. */
    char link[2 * TEST_PATH_SIZE], target[16];
    snprintf(link, sizeof link, "%s", in_folder("device"));
    assert_int_equal(symlink("/dev/full", link), 0);
    assert_int_equal(csv_open(&csv, link, &error), -1);
    expect_text(error.text, "device", "No space left");
    assert_int_equal(readlink(link, target, sizeof target), strlen("/dev/full"));
    remove(link);
}

/* A disk that is full leaves whole rows, and no half of a heading; nor does a file stay open. */
static void test_half_a_row(void **state)
{
    (void)state;
    struct frame frame = {.width = 640, .height = 200, .face_count = 1, .faces = {made_up_face()}};
    struct rlimit usual, full;
    struct csv *csv;
    struct error error;
    size_t heading, size;
    int before = open_descriptors();
    assert_int_equal(csv_open(&csv, in_folder("table.csv"), &error), 0);
    assert_int_equal(csv_write(csv, "a", &(struct frame){0}, &error), 0);
    csv_close(&csv);
    free(read_bytes(in_folder("table.csv"), &heading));
    assert_true(heading > 100);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    for (int row = 0; row < 2; row++) {
        full = usual;
        full.rlim_cur = row ? heading + 50 : 50;
        assert_int_equal(csv_open(&csv, in_folder("table.csv"), &error), 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
        int result = csv_write(csv, "a", &frame, &error);
        csv_close(&csv);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
        assert_int_equal(result, -1);
        expect_text(error.text, "table.csv", "");
        free(read_bytes(in_folder("table.csv"), &size));
        assert_int_equal(size, row ? heading : 0);
    }
    full.rlim_cur = 50;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    int result = csv_open(&csv, in_folder("new.csv"), &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    assert_int_equal(result, -1);
    expect_text(error.text, "new.csv", "cannot be written");
    assert_int_equal(access(in_folder("new.csv"), F_OK), -1);
    assert_int_equal(open_descriptors(), before);
    signal(SIGXFSZ, SIG_DFL);
}

static void test_text_report(void **state)
{
    (void)state;
    struct frame frame = {.width = 640, .height = 480, .face_count = 1, .time = 1.5};
    struct expressions_face *face = &frame.faces[0];
    *face = made_up_face();
    struct tally tally = {0};
    struct progress_bar bar = {0};
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(text_report_still(file, "a\n.jpg", &frame, false), 0);
    assert_int_equal(text_report_frame(file, &tally, &frame, &bar), 0);
    face->probabilities[3] = 0.8f;
    assert_int_equal(text_report_frame(file, &tally, &frame, &bar), 0);
    face->uncertain = 1;
    face->second = 5;
    assert_int_equal(text_report_still(file, "b.jpg", &frame, false), 0);
    assert_int_equal(text_report_frame(file, &tally, &frame, &bar), 0);
    frame.face_count = 0;
    assert_int_equal(text_report_frame(file, &tally, &frame, &bar), 0);
    assert_int_equal(text_report_still(file, "c\n.jpg", &frame, true), 0);
    assert_int_equal(text_report_summary(file, &tally, 0.1, 0), 0);
    struct tally none = {.frames = 2}, doubtful = {.frames = 2, .faces = true};
    assert_int_equal(text_report_summary(file, &none, 0, 0), 0);
    assert_int_equal(text_report_summary(file, &doubtful, 0, 0), 0);
    memset(tally.seen, 0, sizeof tally.seen);
    assert_int_equal(text_report_summary(file, &tally, 0, 0), 0);
    assert_string_equal(written_by(file), "a?.jpg: happy 93 %  (box 0,96 180x180)\n"
                                          "    1.50 s  happy 93 %\n"
                                          "b.jpg: happy or surprise?  (box 0,96 180x180)\n"
                                          "    1.50 s  happy or surprise?\n"
                                          "    1.50 s  no face\n"
                                          "c?.jpg: no face\n"
                                          "4 frames, 40.0 frames a second, seen: happy\n"
                                          "2 frames, seen: no face\n"
                                          "2 frames, seen: uncertain\n"
                                          "4 frames, seen: uncertain\n");
}

/* The words of all faces stand in a line, which comes with each change of any of them; and all that
 * was seen in the summary. */
static void test_faces_in_a_line(void **state)
{
    (void)state;
    struct frame frame = {.width = 640, .height = 480, .face_count = 2};
    struct tally tally = {0};
    struct progress_bar bar = {0};
    FILE *file = tmpfile();
    assert_non_null(file);
    frame.faces[0] = made_up_face();
    for (int label = 0; label < EXPRESSIONS_LABEL_COUNT; label++) {
        frame.faces[1] = made_up_face();
        frame.faces[1].label = label;
        assert_int_equal(text_report_frame(file, &tally, &frame, &bar), 0);
        assert_int_equal(text_report_frame(file, &tally, &frame, &bar), 0);
    }
    frame.faces[0].uncertain = 1;
    frame.faces[0].second = 6;
    assert_int_equal(text_report_frame(file, &tally, &frame, &bar), 0);
    assert_int_equal(text_report_summary(file, &tally, 0, 1), 0);
    tally.frames = 1;
    assert_int_equal(text_report_summary(file, &tally, 0, 0), 0);
    assert_string_equal(written_by(file),
                        "    0.00 s  happy 93 %, angry 1 %\n"
                        "    0.00 s  happy 93 %, disgust 0 %\n"
                        "    0.00 s  happy 93 %, fear 1 %\n"
                        "    0.00 s  happy 93 %, happy 93 %\n"
                        "    0.00 s  happy 93 %, sad 1 %\n"
                        "    0.00 s  happy 93 %, surprise 2 %\n"
                        "    0.00 s  happy 93 %, neutral 2 %\n"
                        "    0.00 s  happy or neutral?, neutral 2 %\n"
                        "15 frames, 1 dropped, seen: angry, disgust, fear, happy, sad, surprise, "
                        "neutral\n"
                        "1 frame, seen: angry, disgust, fear, happy, sad, surprise, neutral\n");
}

/* As many faces are named as there is room for: 45 sad ones take 223 letters, with one that is
 * afraid 224. */
static void test_crowd_in_a_line(void **state)
{
    (void)state;
    enum { FEAR = 2, SAD = 4, NAMED = 45 };
    struct frame frame = {.width = 640, .height = 480, .face_count = NAMED + 1};
    for (int longer = 0; longer < 2; longer++) {
        struct tally tally = {0};
        struct progress_bar bar = {0};
        FILE *file = tmpfile();
        assert_non_null(file);
        for (int i = 0; i < frame.face_count; i++) {
            frame.faces[i] = made_up_face();
            frame.faces[i].label = i < longer ? FEAR : SAD;
        }
        assert_int_equal(text_report_frame(file, &tally, &frame, &bar), 0);
        int named = 0;
        for (const char *c = written_by(file); *c; c++)
            named += *c == '%';
        assert_int_equal(named, NAMED + !longer);
    }
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void test_layout(void **state)
{
    (void)state;
    const SDL_Rect area = {0, 0, 640, 480};
    const SDL_Rect size = {0, 0, 150, 120};
    struct rng rng = rng_make(1, 0);
    for (int round = 0; round < 500; round++) {
        struct layout layout = {0};
        SDL_Rect box = {between(&rng, -40, 500), between(&rng, -40, 400), between(&rng, 20, 120),
                        between(&rng, 20, 120)};
        SDL_Rect label, panel;
        layout_block_face(&layout, box);
        layout_label(&layout, area, box, (SDL_Rect){0, 0, 90, 20}, 4, &label);
        expect_close(layout_panel(&layout, area, box, label, size, 6, 0, true, &panel), 0, 0,
                     "hidden pixels");
        const SDL_Rect off_edge = {4, 4, 640 - 8, 480 - 8}, off_edge_more = {6, 6, 628, 468};
        SDL_Rect within;
        SDL_UnionRect(&off_edge, &label, &within);
        assert_true(SDL_RectEquals(&within, &off_edge));
        SDL_UnionRect(&off_edge_more, &panel, &within);
        assert_true(SDL_RectEquals(&within, &off_edge_more));
        assert_false(SDL_HasIntersection(&panel, &box));
        assert_false(SDL_HasIntersection(&panel, &label));
    }
}

/* Where there is no room beside the face, its bars go where nothing is hidden, and keep off others.
 */
static void test_layout_far(void **state)
{
    (void)state;
    const SDL_Rect area = {0, 0, 640, 480}, size = {0, 0, 150, 100};
    const SDL_Rect box = {20, 40, 180, 160}, label = {20, 10, 90, 20};
    const SDL_Rect other = {330, 340, 10, 140};
    struct layout layout = {0};
    SDL_Rect panel;
    layout_block_face(&layout, box);
    layout_block_face(&layout, other);
    layout_block_text(&layout, label);
    layout_block_text(&layout, (SDL_Rect){200, 0, 440, 330});
    layout_block_text(&layout, (SDL_Rect){0, 200, 330, 280});
    expect_close(layout_panel(&layout, area, box, label, size, 6, 20, true, &panel), 0, 0,
                 "hidden pixels");
    /* The nearest of places 6 apart, 20 from the other face. */
    assert_int_equal(panel.x, 360);
    assert_int_equal(panel.y, 330);
}

/* Whether there is a place above or below faces, at the area's upper or lower edge. */
static bool has_room(const SDL_Rect *faces, int count, SDL_Rect area, SDL_Rect size, int gap)
{
    for (int x = area.x + gap; x + size.w <= area.x + area.w - gap; x++) {
        for (int lower = 0; lower < 2; lower++) {
            SDL_Rect place = {x, lower ? area.y + area.h - gap - size.h : area.y + gap, size.w,
                              size.h};
            bool room = true;
            for (int i = 0; i < count; i++) {
                SDL_Rect wide = {faces[i].x - gap, faces[i].y - gap, faces[i].w + 2 * gap,
                                 faces[i].h + 2 * gap};
                room = room && !SDL_HasIntersection(&place, &wide);
            }
            if (room)
                return true;
        }
    }
    return false;
}

/* Among ten faces, a panel stands at an edge; on none of them, and between none, where there is
 * room. It stays until a face comes there. */
static void test_layout_dock(void **state)
{
    (void)state;
    enum { FACES = 10, GAP = 8 };
    const SDL_Rect area = {0, 0, 640, 480}, size = {0, 0, 280, 64};
    struct rng rng = rng_make(7, 0);
    int free = 0, moved = 0;
    for (int round = 0; round < 500; round++) {
        SDL_Rect faces[FACES], place = {0, 0, 0, 0};
        struct layout layout = {0};
        for (int i = 0; i < FACES; i++) {
            faces[i] = (SDL_Rect){between(&rng, 0, 580), between(&rng, 0, 420),
                                  between(&rng, 30, 60), between(&rng, 30, 60)};
            layout_block_face(&layout, faces[i]);
        }
        double covered =
            layout_dock(&layout, area, (enum layout_corner)(round % 3), size, GAP, &place);
        bool top = place.y == GAP, low = place.y == 480 - GAP - size.h;
        assert_true(top || low || place.x == GAP || place.x == 640 - GAP - size.w);
        if (has_room(faces, FACES, area, size, GAP)) {
            free++;
            assert_true(top || low);
            expect_close(covered, 0, 0, "hidden pixels");
            for (int i = 0; i < FACES; i++)
                assert_false(SDL_HasIntersection(&place, &faces[i]));
        }
        SDL_Rect before = place;
        layout.count = FACES;
        layout_dock(&layout, area, LAYOUT_UPPER_LEFT, size, GAP, &place);
        assert_true(SDL_RectEquals(&before, &place) || covered > 0);
        layout = (struct layout){0};
        layout_block_face(&layout, place);
        expect_close(layout_dock(&layout, area, LAYOUT_LOWER_LEFT, size, GAP, &place), 0, 0,
                     "hidden pixels");
        moved += !SDL_HasIntersection(&before, &place);
    }
    assert_true(free > 50);
    assert_int_equal(moved, 500);
    /* Rather close to the chins below than between two rows. */
    struct layout rows = {0};
    SDL_Rect place = {0, 0, 0, 0};
    layout_block_face(&rows, (SDL_Rect){0, 0, 640, 200});
    layout_block_face(&rows, (SDL_Rect){0, 340, 640, 65});
    layout_dock(&rows, area, LAYOUT_LOWER_RIGHT, size, GAP, &place);
    assert_int_equal(place.y, 480 - GAP - size.h);
}

static void test_canvas(void **state)
{
    (void)state;
    enum { WIDTH = 640, HEIGHT = 480 };
    static uint8_t pixels[WIDTH * HEIGHT * 3];
    memset(pixels, 90, sizeof pixels);
    struct image picture = image_of((struct bgr_image){pixels, WIDTH, HEIGHT, WIDTH * 3});
    struct expressions_face face = made_up_face();
    face.box = (struct expressions_box){200, 150, 160, 160};
    const struct drawing shown = {resource_font(), .bars = true};
    struct canvas *canvas;
    struct error error;
    assert_int_equal(canvas_create(&canvas, &shown, &error), 0);
    struct bgr_image drawn;
    assert_int_equal(canvas_draw(canvas, &picture, &face, 1, &drawn, &error), 0);
    assert_int_equal(drawn.width, WIDTH);

    const uint8_t *edge = drawn.pixels + 230 * drawn.stride + 200 * 3;
    SDL_Color happy = overlay_colour(3);
    expect_close(edge[0], happy.b, 2, "blue of the box");
    expect_close(edge[1], happy.g, 2, "green of the box");
    expect_close(edge[2], happy.r, 2, "red of the box");
    assert_int_equal(drawn.pixels[230 * drawn.stride + 280 * 3], 90);
    assert_int_equal(drawn.pixels[470 * drawn.stride + 20 * 3], 90);

    /* How far the calibration is stands beside the label, whatever it is. */
    face.uncertain = 1;
    face.second = 4;
    for (int i = EXPRESSIONS_PLAIN; i <= EXPRESSIONS_ADAPTED; i++) {
        face.calibration = i;
        assert_int_equal(canvas_draw(canvas, &picture, &face, 1, &drawn, &error), 0);
        assert_int_equal(drawn.pixels[132 * drawn.stride + 350 * 3] == 90, i == EXPRESSIONS_PLAIN);
    }

    /* Four times as many faces as fit, at every corner: nothing may break. */
    struct expressions_face many[EXPRESSIONS_MAX_FACES];
    for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++) {
        many[i] = face;
        many[i].box = (struct expressions_box){i % 8 * 90 - 40, i / 8 * 70 - 40, 80, 80};
    }
    assert_int_equal(canvas_draw(canvas, &picture, many, EXPRESSIONS_MAX_FACES, &drawn, &error), 0);
    const uint8_t one[3] = {5, 6, 7};
    picture = image_of((struct bgr_image){one, 1, 1, 3});
    assert_int_equal(canvas_draw(canvas, &picture, &face, 0, &drawn, &error), 0);
    assert_memory_equal(drawn.pixels, one, 3);
    assert_int_equal(canvas_draw(canvas, &picture, &face, 1, &drawn, &error), 0);
    canvas_free(&canvas);
}

/* Calls into SDL2_ttf, which has no locks: whether some ever were at the same time. They take
 * longer than they do, or they would hardly ever meet. */
static atomic_int in_fonts;
static atomic_bool met_in_fonts;

static void enter_fonts(void)
{
    if (in_fonts++ > 0)
        met_in_fonts = true;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

int __real_TTF_Init(void);
int __wrap_TTF_Init(void);
void __real_TTF_Quit(void);
void __wrap_TTF_Quit(void);
TTF_Font *__real_TTF_OpenFont(const char *path, int size);
TTF_Font *__wrap_TTF_OpenFont(const char *path, int size);
void __real_TTF_CloseFont(TTF_Font *font);
void __wrap_TTF_CloseFont(TTF_Font *font);

int __wrap_TTF_Init(void)
{
    enter_fonts();
    int code = __real_TTF_Init();
    in_fonts--;
    return code;
}

void __wrap_TTF_Quit(void)
{
    enter_fonts();
    __real_TTF_Quit();
    in_fonts--;
}

TTF_Font *__wrap_TTF_OpenFont(const char *path, int size)
{
    enter_fonts();
    TTF_Font *font = __real_TTF_OpenFont(path, size);
    in_fonts--;
    return font;
}

void __wrap_TTF_CloseFont(TTF_Font *font)
{
    enter_fonts();
    __real_TTF_CloseFont(font);
    in_fonts--;
}

struct same_canvas {
    struct image picture;
    struct expressions_face face;
    uint8_t *expected;
    atomic_int wrong;
};

/* Each time on a canvas of its own. */
static void *draw_canvases(void *argument)
{
    enum { TIMES = 3 };
    struct same_canvas *same = argument;
    struct error error;
    for (int i = 0; i < TIMES; i++) {
        struct canvas *canvas;
        struct bgr_image drawn;
        same->wrong += canvas_create(&canvas, &(struct drawing){resource_font(), true}, &error) ||
                       canvas_draw(canvas, &same->picture, &same->face, 1, &drawn, &error) ||
                       memcmp(drawn.pixels, same->expected, drawn.stride * (size_t)drawn.height);
        canvas_free(&canvas);
    }
    return NULL;
}

/* As where films are looked at side by side. */
static void test_canvases_in_threads(void **state)
{
    (void)state;
    enum { WIDTH = 640, HEIGHT = 480, THREADS = 4 };
    static uint8_t pixels[WIDTH * HEIGHT * 3];
    memset(pixels, 90, sizeof pixels);
    struct same_canvas same = {.picture =
                                   image_of((struct bgr_image){pixels, WIDTH, HEIGHT, WIDTH * 3}),
                               .face = made_up_face(),
                               .expected = malloc(sizeof pixels)};
    same.face.box = (struct expressions_box){200, 150, 160, 160};
    struct canvas *canvas;
    struct bgr_image drawn;
    struct error error;
    assert_non_null(same.expected);
    assert_int_equal(canvas_create(&canvas, &(struct drawing){resource_font(), true}, &error), 0);
    assert_int_equal(canvas_draw(canvas, &same.picture, &same.face, 1, &drawn, &error), 0);
    memcpy(same.expected, drawn.pixels, sizeof pixels);
    canvas_free(&canvas);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw_canvases, &same), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(same.wrong, 0);
    assert_false(met_in_fonts);
    free(same.expected);
}

/* Of sizes odd and even, rows further apart than they are long: all of them is kept, nothing else,
 * and where it was for the next one of that size. */
static void test_frame_keeps_every_form(void **state)
{
    (void)state;
    enum { HEIGHT = 4, STRIDE = 20 };
    static const struct {
        enum image_form form;
        int width, height;
        size_t row[IMAGE_PLANES]; /* bytes */
        size_t rows[IMAGE_PLANES];
    } forms[] = {{IMAGE_BGR, 5, 3, {15}, {3}},
                 {IMAGE_I420, 5, 3, {5, 3, 3}, {3, 2, 2}},
                 {IMAGE_NV12, 5, 3, {5, 6}, {3, 2}},
                 {IMAGE_YUYV, 5, 3, {12}, {3}},
                 {IMAGE_BGR, 6, 4, {18}, {4}},
                 {IMAGE_I420, 6, 4, {6, 3, 3}, {4, 2, 2}},
                 {IMAGE_NV12, 6, 4, {6, 6}, {4, 2}},
                 {IMAGE_YUYV, 6, 4, {12}, {4}},
                 {IMAGE_I420, 1, 1, {1, 1, 1}, {1, 1, 1}}};
    uint8_t bytes[IMAGE_PLANES][HEIGHT * STRIDE];
    struct rng rng = rng_make(5, 0);
    struct error error;
    fill_noise(&rng, bytes[0], sizeof bytes);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct frame frame = {.face_count = 7};
        const uint8_t *pixels = NULL, *grey = NULL;
        const struct image picture = {.form = forms[i].form,
                                      .width = forms[i].width,
                                      .height = forms[i].height,
                                      .planes = {bytes[0], bytes[1], bytes[2]},
                                      .strides = {STRIDE, STRIDE, STRIDE}};
        for (int again = 0; again < 2; again++) {
            size_t size = 0;
            assert_int_equal(frame_set(&frame, &picture, &error), 0);
            for (int p = 0; p < IMAGE_PLANES; p++) {
                assert_ptr_equal(frame.picture.planes[p], frame.pixels + size);
                assert_int_equal(frame.picture.strides[p], forms[i].row[p]);
                for (size_t y = 0; y < forms[i].rows[p]; y++, size += forms[i].row[p])
                    assert_memory_equal(frame.pixels + size, bytes[p] + y * STRIDE,
                                        forms[i].row[p]);
            }
            assert_int_equal(frame.pixel_capacity, size);
            assert_int_equal(frame.grey_capacity, forms[i].width * forms[i].height);
            assert_int_equal(frame.face_count, 0);
            assert_true(!again || (frame.pixels == pixels && frame.grey == grey));
            pixels = frame.pixels;
            grey = frame.grey;
        }
        frame_free(&frame);
        assert_true(!frame.pixels && !frame.grey && frame.picture.form == IMAGE_BGR &&
                    frame.pixel_capacity == 0 && frame.grey_capacity == 0);
    }
}

/* To the millisecond, with the zone; nothing where there is no time. */
static void test_frame_clock(void **state)
{
    (void)state;
    static const struct {
        double clock;
        const char *zone, *text;
    } cases[] = {{0, "UTC0", ""},
                 {-1, "UTC0", ""},
                 {0.5, "UTC0", "1970-01-01T00:00:00.500+00:00"},
                 {1772267401.125, "XYZ-5:30", "2026-02-28T14:00:01.125+05:30"},
                 {1772267400.9996, "XYZ+3", "2026-02-28T05:30:01.000-03:00"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct frame frame = {.clock = cases[i].clock};
        char text[FRAME_CLOCK_SIZE] = "as before";
        setenv("TZ", cases[i].zone, 1);
        tzset();
        frame_clock(&frame, text);
        assert_string_equal(text, cases[i].text);
    }
    unsetenv("TZ");
    tzset();
}

/* What the writer of a recording is given last, and whether it can write. */
static double given_time, given_duration;
static bool unwritable;

enum ocv_code __real_ocv_writer_write(struct ocv_writer *writer, struct bgr_image frame,
                                      double time, double duration, struct error *error);
enum ocv_code __wrap_ocv_writer_write(struct ocv_writer *writer, struct bgr_image frame,
                                      double time, double duration, struct error *error);
enum ocv_code __real_ocv_writer_close(struct ocv_writer **writer, int whole, struct error *error);
enum ocv_code __wrap_ocv_writer_close(struct ocv_writer **writer, int whole, struct error *error);

enum ocv_code __wrap_ocv_writer_write(struct ocv_writer *writer, struct bgr_image frame,
                                      double time, double duration, struct error *error)
{
    given_time = time;
    given_duration = duration;
    if (unwritable) {
        error_set(error, "no ink");
        return OCV_CANNOT;
    }
    return __real_ocv_writer_write(writer, frame, time, duration, error);
}

enum ocv_code __wrap_ocv_writer_close(struct ocv_writer **writer, int whole, struct error *error)
{
    enum ocv_code code = __real_ocv_writer_close(writer, whole, error);
    if (unwritable)
        error_set(error, "no ink");
    return unwritable ? OCV_CANNOT : code;
}

/* A recording keeps the times of its frames, from its first on; a live one leaves out a time of
 * more than two seconds in which there was no frame: a camera that comes back after an hour does
 * not cost an hour's frames. */
static void test_recorder(void **state)
{
    (void)state;
    enum { FRAMES = 5 };
    static const struct {
        bool live;
        double fps, times[FRAMES], lasts[FRAMES], at[FRAMES], seconds[FRAMES];
    } films[] = {
        {false,
         4,
         {0, 0.25, 0.75, 4, 4.25},
         {0, 0, 0, 0, 0.5},
         {0, 0.25, 0.75, 4, 4.25},
         {0.25, 0.5, 1, 4.25, 4.75}},
        {true,
         4,
         {0, 0.25, 2.5, 4.875, 3600},
         {0},
         {0, 0.25, 2.5, 2.75, 3},
         {0.25, 0.5, 2.75, 3, 3.25}},
        {false, 0.5, {0, 2, 4, 6, 8}, {0}, {0, 2, 4, 6, 8}, {2, 4, 6, 8, 10}},
    };
    const struct drawing shown = {resource_font(), .bars = true};
    struct recorder *recorder;
    struct frame frame = {0};
    struct error error = {.text = ""};
    static const uint8_t pixels[64 * 64 * 3];
    struct image black = image_of((struct bgr_image){pixels, 64, 64, 64 * 3});
    assert_int_equal(frame_set(&frame, &black, &error), 0);
    for (size_t f = 0; f < sizeof films / sizeof *films; f++) {
        const struct source source = {.live = films[f].live, .fps = films[f].fps};
        assert_int_equal(recorder_create(&recorder, in_folder("a.avi"), &shown, &source, &error),
                         0);
        for (int i = 0; i < FRAMES; i++) {
            frame.time = 8 + films[f].times[i];
            frame.duration = films[f].lasts[i];
            if (recorder_add(recorder, &frame, &error))
                fail_msg("%s", error.text);
            expect_close(given_time, films[f].at[i], 0, "time");
            expect_close(given_duration, frame.duration > 0 ? frame.duration : 1 / films[f].fps, 0,
                         "duration");
            expect_close(recorder_seconds(recorder), films[f].seconds[i], 0, "length");
        }
        assert_int_equal(recorder_close(&recorder, false, &error), 0);
    }
    frame_free(&frame);
}

/* What goes wrong is told with the recording's name, and at once. */
static void test_recordings_that_fail(void **state)
{
    (void)state;
    static const uint8_t pixels[64 * 64 * 3];
    const struct drawing shown = {resource_font(), .bars = true}, none = {"no/font.ttf", true};
    const struct source source = {.fps = 25};
    struct image black = image_of((struct bgr_image){pixels, 64, 64, 64 * 3});
    struct recorder *recorder = NULL;
    struct frame frame = {0};
    struct error error = {.text = ""};
    char path[2 * TEST_PATH_SIZE];
    snprintf(path, sizeof path, "%s", in_folder("a.avi"));
    assert_int_equal(frame_set(&frame, &black, &error), 0);
    frame.faces[0] = made_up_face();
    frame.face_count = 1;
    assert_int_equal(recorder_create(&recorder, in_folder("no/a.avi"), &shown, &source, &error),
                     -1);
    expect_text(error.text, in_folder("no/a.avi"), "No such file");
    assert_int_equal(recorder_create(&recorder, path, &none, &source, &error), 0);
    assert_int_equal(recorder_add(recorder, &frame, &error), -1);
    expect_text(error.text, "no/font.ttf", "cannot draw");
    assert_int_equal(recorder_close(&recorder, false, &error), 0);
    assert_int_equal(recorder_create(&recorder, path, &shown, &source, &error), 0);
    unwritable = true;
    assert_int_equal(recorder_add(recorder, &frame, &error), -1);
    expect_text(error.text, path, ": no ink");
    error.text[0] = '\0';
    assert_int_equal(recorder_close(&recorder, false, &error), -1);
    expect_text(error.text, path, ": no ink");
    unwritable = false;
    /* Its place is taken before the first frame. */
    remove(path);
    assert_int_equal(recorder_create(&recorder, path, &shown, &source, &error), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(recorder_add(recorder, &frame, &error), -1);
    expect_text(error.text, path, "");
    assert_int_equal(recorder_close(&recorder, false, &error), 0);
    frame_free(&frame);
}

/* Who reads a recording from a FIFO gets its end as soon as it is closed. */
static void test_recording_into_a_fifo(void **state)
{
    (void)state;
    static const uint8_t pixels[64 * 64 * 3];
    const struct drawing shown = {resource_font(), .bars = true};
    const struct source source = {.fps = 25};
    struct image black = image_of((struct bgr_image){pixels, 64, 64, 64 * 3});
    struct recorder *recorder = NULL;
    struct frame frame = {0};
    struct error error;
    char path[2 * TEST_PATH_SIZE], bytes[4096];
    snprintf(path, sizeof path, "%s", in_folder("a.mkv"));
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_int_equal(frame_set(&frame, &black, &error), 0);
    assert_int_equal(recorder_create(&recorder, path, &shown, &source, &error), 0);
    assert_int_equal(recorder_add(recorder, &frame, &error), 0);
    assert_int_equal(recorder_close(&recorder, true, &error), 0);
    ssize_t got, sum = 0;
    while ((got = read(reader, bytes, sizeof bytes)) > 0)
        sum += got;
    assert_int_equal(got, 0);
    assert_true(sum > 0);
    close(reader);
    frame_free(&frame);
}

static uint64_t room, limit; /* 0: as much as there is */

uint64_t __real_file_space(const char *path);
uint64_t __wrap_file_space(const char *path);
uint64_t __real_file_limit(void);
uint64_t __wrap_file_limit(void);

uint64_t __wrap_file_space(const char *path)
{
    return room ? room : __real_file_space(path);
}

uint64_t __wrap_file_limit(void)
{
    return limit ? limit : __real_file_limit();
}

/* A recording is begun, and gone on with, while there is room for its end. */
static void test_room_for_a_recording(void **state)
{
    (void)state;
    enum { LEAST = 16 << 20 };
    static const uint8_t pixels[64 * 64 * 3];
    const struct drawing shown = {resource_font(), .bars = true};
    const struct source source = {.live = true};
    struct image black = image_of((struct bgr_image){pixels, 64, 64, 64 * 3});
    struct recorder *recorder = NULL;
    struct frame frame = {0};
    struct error error;
    char path[2 * TEST_PATH_SIZE], full[3 * TEST_PATH_SIZE], limited[3 * TEST_PATH_SIZE];
    snprintf(path, sizeof path, "%s", in_folder("live.avi"));
    snprintf(full, sizeof full,
             "%s: less than 16 MB are free there, too little to go on; free some space", path);
    snprintf(limited, sizeof limited,
             "%s: `ulimit -f` allows less than 16 MB more, too little to go on; raise it", path);
    room = LEAST - 1;
    assert_int_equal(recorder_create(&recorder, path, &shown, &source, &error), -1);
    assert_string_equal(error.text, full);
    room = LEAST;
    limit = LEAST - 1;
    assert_int_equal(recorder_create(&recorder, path, &shown, &source, &error), -1);
    assert_string_equal(error.text, limited);
    assert_null(recorder);
    limit = LEAST;
    assert_int_equal(recorder_create(&recorder, path, &shown, &source, &error), 0);
    assert_string_equal(recorder_path(recorder), path);
    assert_int_equal(frame_set(&frame, &black, &error), 0);
    assert_int_equal(recorder_add(recorder, &frame, &error), 0);
    expect_close(recorder_seconds(recorder), 0.04, 1e-9, "length"); /* at the usual rate */
    size_t size;
    free(read_bytes(path, &size));
    assert_true(size > 0);
    limit = LEAST + size - 1;
    assert_int_equal(recorder_add(recorder, &frame, &error), -1);
    assert_string_equal(error.text, limited);
    limit = 0;
    room = LEAST - 1;
    assert_int_equal(recorder_add(recorder, &frame, &error), -1);
    assert_string_equal(error.text, full);
    room = LEAST;
    assert_int_equal(recorder_add(recorder, &frame, &error), 0);
    room = 0;
    assert_int_equal(recorder_close(&recorder, false, &error), 0);
    assert_null(recorder);
    frame_free(&frame);
    /* An earlier recording is replaced: nothing of it counts. */
    limit = LEAST;
    assert_int_equal(recorder_create(&recorder, path, &shown, &source, &error), 0);
    assert_int_equal(recorder_close(&recorder, false, &error), 0);
    assert_int_equal(recorder_close(&recorder, false, &error), 0); /* there is none */
    /* Devices and pipes take what comes; standard output is no file of that name. */
    room = limit = 1;
    int here = open(".", O_RDONLY);
    assert_int_equal(chdir(test_folder()), 0);
    assert_int_equal(mkdir("-", 0700), 0);
    assert_int_equal(recorder_create(&recorder, "-", &shown, &source, &error), 0);
    assert_int_equal(recorder_close(&recorder, false, &error), 0);
    assert_int_equal(recorder_create(&recorder, null_device("."), &shown, &source, &error), 0);
    assert_int_equal(recorder_close(&recorder, false, &error), 0);
    room = limit = 0;
    assert_int_equal(fchdir(here), 0);
    close(here);
}

static void test_canvas_without_font(void **state)
{
    (void)state;
    const uint8_t one[3] = {5, 6, 7};
    struct image picture = image_of((struct bgr_image){one, 1, 1, 3});
    struct expressions_face face = made_up_face();
    struct canvas *canvas;
    struct bgr_image drawn;
    struct error error;
    assert_int_equal(canvas_create(&canvas, &(struct drawing){"no/font.ttf", true}, &error), 0);
    assert_int_equal(canvas_draw(canvas, &picture, &face, 1, &drawn, &error), -1);
    expect_text(error.text, "no/font.ttf", "cannot draw");
    canvas_free(&canvas);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_images),
        cmocka_unit_test(test_options_defaults),
        cmocka_unit_test(test_options_wrong),
        cmocka_unit_test(test_options_values),
        cmocka_unit_test(test_options_commands),
        cmocka_unit_test(test_options_refused),
        cmocka_unit_test(test_options_words),
        cmocka_unit_test(test_options_reasons),
        cmocka_unit_test_setup_teardown(test_options_help, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_camera_reasons, make_folder, remove_folder),
        cmocka_unit_test(test_portrait_edges),
        cmocka_unit_test(test_demo_repeats),
        cmocka_unit_test(test_frame_clip),
        cmocka_unit_test(test_frame_keeps_every_form),
        cmocka_unit_test(test_frame_clock),
        cmocka_unit_test(test_faces_by_id_and_size),
        cmocka_unit_test_setup_teardown(test_large_pictures_take_no_gigabyte, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_picture_errors, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_picture_read, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_input_list, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_long_input_list, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_skipped_names, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_skipped_long_names, make_folder, remove_folder),
        cmocka_unit_test(test_resources),
        cmocka_unit_test(test_jsonl),
        cmocka_unit_test_setup_teardown(test_csv, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_half_a_row, make_folder, remove_folder),
        cmocka_unit_test(test_text_report),
        cmocka_unit_test(test_faces_in_a_line),
        cmocka_unit_test(test_crowd_in_a_line),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_layout_far),
        cmocka_unit_test(test_layout_dock),
        cmocka_unit_test(test_canvas),
        cmocka_unit_test_setup_teardown(test_recorder, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_recordings_that_fail, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_recording_into_a_fifo, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_room_for_a_recording, make_folder, remove_folder),
        cmocka_unit_test(test_canvas_without_font),
        cmocka_unit_test(test_canvases_in_threads),
    };
    if (argc > 1 && strcmp(argv[1], "print") == 0) {
        print_demo();
        return 0;
    }
    ocv_setup(TEST_OPENCV_THREADS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
