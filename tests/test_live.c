/* The room src/live without a window: command line, demo, detection, drawing, and what is printed.
 */
#include "testing.h"

#include "cameras.h"
#include "canvas.h"
#include "csv.h"
#include "demo.h"
#include "jsonl.h"
#include "layout.h"
#include "ocv.h"
#include "options.h"
#include "overlay.h"
#include "picture.h"
#include "picture_list.h"
#include "recorder.h"
#include "resources.h"
#include "text_report.h"

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
    assert_int_equal(options.image_count, 4);
    assert_string_equal(options.images[2], "c.jpg");
    assert_string_equal(options.images[3], "--d.jpg");
    assert_true(options.results.json);
    assert_int_equal(options.max_frames, 2);
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
    expect_usage_error("--demo --adapt yes", "--adapt takes on or off");
    expect_usage_error("--demo --json=1", "takes no value");
}

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
    assert_true(options_help(file) >= 0);
    rewind(file);
    for (char text[256]; fgets(text, sizeof text, file);)
        assert_true(strcspn(text, "\n") <= 80);
    fclose(file);
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
    if (geteuid() != 0) {
        write_bytes(in_folder("forbidden"), "", 0);
        assert_int_equal(chmod(in_folder("forbidden"), 0), 0);
        assert_true(cameras_diagnose(in_folder("forbidden"), &reason));
        expect_text(reason.text, "group video", "may not");
    }
}

/* ---- Demo and detection ---------------------------------------------------------------------- */

static void test_demo_repeats(void **state)
{
    (void)state;
    struct demo *demo;
    struct error error;
    assert_int_equal(demo_open(&demo, &error), 0);
    double time;
    struct bgr_image picture = demo_next(demo, &time);
    size_t size = picture.stride * (size_t)picture.height;
    uint8_t *first = malloc(size);
    assert_non_null(first);
    memcpy(first, picture.pixels, size);
    assert_memory_not_equal(demo_next(demo, &time).pixels, first, size);
    expect_close(time, 1.0 / DEMO_FPS, 1e-9, "time");
    for (int i = 2; i < DEMO_CYCLE; i++)
        demo_next(demo, &time);
    assert_memory_equal(demo_next(demo, &time).pixels, first, size);
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
    assert_in_range(usage.ru_maxrss, 1, 1000000);
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
    expect_text(error.text, "text.jpg", "damaged, or no picture");
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

static void test_picture_list(void **state)
{
    (void)state;
    write_bytes(in_folder("b.jpg"), "", 0);
    write_bytes(in_folder("a.PNG"), "", 0);
    write_bytes(in_folder("notes.txt"), "", 0);
    write_bytes(in_folder(".hidden.jpg"), "", 0);
    struct picture_list list = {0};
    struct error error;
    assert_int_equal(picture_list_add(&list, "other.jpg", &error), 0);
    assert_int_equal(picture_list_add(&list, test_folder(), &error), 0);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.paths[0], "other.jpg");
    assert_string_equal(list.paths[1], in_folder("a.PNG"));
    assert_string_equal(list.paths[2], in_folder("b.jpg"));
    assert_string_equal(picture_list_base(list.paths[2]), "b.jpg");
    picture_list_free(&list);

    empty_folder(NULL);
    assert_int_equal(picture_list_add(&list, test_folder(), &error), -1);
    expect_text(error.text, test_folder(), "no picture");
    picture_list_free(&list);
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
        "{\"source\":\"c\",\"frame\":3,\"time\":0.100,\"width\":640,"
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
    const char *path = in_folder("table.csv");
    assert_int_equal(csv_open(&csv, path, &error), 0);
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
        "\"a,\"\"b\"\"\n\xEF\xBF\xBD.jpg\",3,0.100,640,200,1,0,96,180,104,0.9800,happy,happy,0."
        "9300,0."
        "0100,"
        "0.0000,0.0100,0.9300,0.0100,0.0200,0.0200,,,,,,,,\n"
        "\"./=1+1.jpg\",3,0.100,640,200,1,0,96,180,104,0.9800,happy,uncertain,0.9300,0.0100,"
        "0.0000,0.0100,0.9300,0.0100,0.0200,0.0200,1.0000,0.0000,0.0000,0.0000,0.0000,0.0000,"
        "0.0000,2026-02-28T14:00:00.125+05:30\n");
    free(text);
    csv_close(&csv);
    assert_null(csv);
    static const char begins[] = "=+-@\t\r";
    for (const char *c = begins; *c; c++) {
        char name[] = {*c, 'x', '\0'}, row[] = {'"', '.', '/', *c, 'x', '"', ',', '\0'};
        assert_int_equal(csv_open(&csv, in_folder("table.csv"), &error), 0);
        assert_int_equal(csv_write(csv, name, &frame, &error), 0);
        csv_close(&csv);
        text = (char *)read_bytes(in_folder("table.csv"), &size);
        assert_true(strncmp(strchr(text, '\n') + 1, row, strlen(row)) == 0);
        free(text);
    }
    assert_int_equal(csv_open(&csv, in_folder("no/table.csv"), &error), -1);
    expect_text(error.text, "no/table.csv", "No such file");
    assert_null(csv);
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
                                          "4 frames, 40.0 frames a second, seen: happy\n"
                                          "2 frames, seen: no face\n"
                                          "2 frames, seen: uncertain\n"
                                          "4 frames, seen: uncertain\n");
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
    const SDL_Rect other = {600, 340, 40, 140};
    struct layout layout = {0};
    SDL_Rect panel;
    layout_block_face(&layout, box);
    layout_block_face(&layout, other);
    layout_block_text(&layout, label);
    layout_block_text(&layout, (SDL_Rect){200, 0, 440, 330});
    layout_block_text(&layout, (SDL_Rect){0, 200, 330, 280});
    expect_close(layout_panel(&layout, area, box, label, size, 6, 20, true, &panel), 0, 0,
                 "hidden pixels");
    assert_in_range(panel.x, 330, 600 - 20 - 150);
    assert_in_range(panel.y, 330, 480 - 100);
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
    struct canvas *canvas;
    struct error error;
    assert_int_equal(canvas_create(&canvas, resource_font(), &error), 0);
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

/* A live recording keeps the times of its frames, but leaves out the time in which there was no
 * frame: a camera that comes back after an hour does not cost an hour's frames. */
static void test_recorder(void **state)
{
    (void)state;
    static const double times[] = {0, 0.1, 0.5, 0.52, 3600, 3600.1}; /* at 10 fps */
    static const double seconds[] = {0.1, 0.2, 0.6, 0.62, 0.72, 0.82};
    struct recorder *recorder;
    const struct source source = {.live = true, .fps = 10};
    struct frame frame = {0};
    struct error error = {.text = ""};
    static const uint8_t pixels[64 * 64 * 3];
    struct image black = image_of((struct bgr_image){pixels, 64, 64, 64 * 3});
    assert_int_equal(frame_set(&frame, &black, &error), 0);
    assert_int_equal(
        recorder_create(&recorder, in_folder("live.avi"), resource_font(), &source, &error), 0);
    for (int i = 0; i < 6; i++) {
        frame.time = times[i];
        if (recorder_add(recorder, &frame, &error))
            fail_msg("%s", error.text);
        expect_close(recorder_seconds(recorder), seconds[i], 1e-6, "length");
    }
    assert_int_equal(recorder_close(&recorder, false, &error), 0);
    frame_free(&frame);
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
    assert_int_equal(canvas_create(&canvas, "no/font.ttf", &error), 0);
    assert_int_equal(canvas_draw(canvas, &picture, &face, 1, &drawn, &error), -1);
    expect_text(error.text, "no/font.ttf", "cannot draw");
    canvas_free(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_images),
        cmocka_unit_test(test_options_defaults),
        cmocka_unit_test(test_options_wrong),
        cmocka_unit_test_setup_teardown(test_options_help, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_camera_reasons, make_folder, remove_folder),
        cmocka_unit_test(test_demo_repeats),
        cmocka_unit_test(test_frame_clip),
        cmocka_unit_test_setup_teardown(test_large_pictures_take_no_gigabyte, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_picture_errors, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_picture_list, make_folder, remove_folder),
        cmocka_unit_test(test_jsonl),
        cmocka_unit_test_setup_teardown(test_csv, make_folder, remove_folder),
        cmocka_unit_test(test_text_report),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_layout_far),
        cmocka_unit_test(test_canvas),
        cmocka_unit_test_setup_teardown(test_recorder, make_folder, remove_folder),
        cmocka_unit_test(test_canvas_without_font),
    };
    ocv_setup(TEST_OPENCV_THREADS);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
