/* Whole runs without a window, of made-up cameras and films: how they begin and end, and what is
 * said of it. */
#include "testing.h"

#include "cameras.h"
#include "log.h"
#include "options.h"
#include "run.h"
#include "source.h"

#include <fcntl.h>

enum { SIDE = 80, MAX_ARGUMENTS = 16 };

/* What the source of the next run is; `frames` come, then its end. */
static struct {
    bool missing, fails;
    int frames, cameras;
    long lost, flawed;
    bool damaged;
} world;

static char said[4000]; /* a line for each message */
static struct error error;

void __wrap_log_line(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int __wrap_cameras_find(struct camera **cameras);
int __wrap_source_open_camera(struct source *source, const char *id,
                              const struct camera_options *options, const atomic_bool *abandoned,
                              struct error *why);
int __wrap_source_open_video(struct source *source, const char *path, const atomic_bool *abandoned,
                             struct error *why);

void __wrap_log_line(const char *program, const char *format, ...)
{
    size_t used = strlen(said);
    va_list arguments;
    va_start(arguments, format);
    assert_string_equal(program, "expressions");
    used += (size_t)vsnprintf(said + used, sizeof said - used, format, arguments);
    va_end(arguments);
    assert_true(used + 2 < sizeof said);
    strcat(said, "\n");
}

int __wrap_cameras_find(struct camera **cameras)
{
    struct camera *made = calloc((size_t)world.cameras + 1, sizeof *made);
    assert_non_null(made);
    for (int i = 0; i < world.cameras; i++) {
        snprintf(made[i].path, sizeof made[i].path, "/dev/video%d", 2 * i);
        snprintf(made[i].name, sizeof made[i].name, "Camera %d", i + 1);
    }
    *cameras = made;
    return world.cameras;
}

static enum source_status read_made(struct source *source, struct image *picture, double *time,
                                    struct error *why)
{
    static const uint8_t pixels[SIDE * SIDE * 3];
    int *left = source->state;
    if (--*left < 0 && world.fails)
        error_set(why, "%s: broken", source->name);
    if (*left < 0)
        return world.fails ? SOURCE_FAILED : SOURCE_END;
    *picture = image_of((struct bgr_image){pixels, SIDE, SIDE, SIDE * 3});
    *time = 0.04 * (world.frames - 1 - *left);
    return SOURCE_FRAME;
}

static int open_made(struct source *source, const char *name, bool live, struct error *why)
{
    static int left;
    left = world.frames;
    if (world.missing)
        return error_set(why, "not there");
    *source = (struct source){.live = live,
                              .film = !live,
                              .fps = 25,
                              .frames = live ? 0 : world.frames,
                              .lost = world.lost,
                              .flawed = world.flawed,
                              .damaged = world.damaged,
                              .state = &left,
                              .read = read_made};
    snprintf(source->name, sizeof source->name, "%s", name);
    return 0;
}

int __wrap_source_open_camera(struct source *source, const char *id,
                              const struct camera_options *options, const atomic_bool *abandoned,
                              struct error *why)
{
    (void)options;
    assert_null(abandoned);
    return open_made(source, id, true, why);
}

int __wrap_source_open_video(struct source *source, const char *path, const atomic_bool *abandoned,
                             struct error *why)
{
    assert_null(abandoned);
    return open_made(source, path, false, why);
}

/* The result of a run with these options, with its standard output in the file "stdout". */
static int run(const char *line)
{
    char copy[300], program[] = "expressions", *rest = copy;
    char *argv[MAX_ARGUMENTS + 1] = {program};
    struct options options;
    int argc = 1;
    snprintf(copy, sizeof copy,
             "--headless --model " SOURCE_DIR "/models/expressions.safetensors %s", line);
    for (char *word; (word = strtok_r(rest, " ", &rest));)
        argv[argc++] = word;
    error = (struct error){.text = ""};
    *said = '\0';
    assert_int_equal(options_parse(&options, argc, argv, &error), 0);
    fflush(stdout);
    int file = open(in_folder("stdout"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    int saved = dup(STDOUT_FILENO);
    dup2(file, STDOUT_FILENO);
    close(file);
    int result = run_live(&options, &error);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    options_free(&options);
    return result;
}

static void expect_error(const char *line, int code, const char *text)
{
    assert_int_equal(run(line), -1);
    assert_string_equal(error.text, text);
    assert_int_equal(error.code, code);
    assert_string_equal(said, "");
}

static void cameras_that_are_missing(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.missing = true;
    expect_error("--camera 0", ERROR_NO_CAMERA,
                 "camera 0: not there; cameras here: none; try ./expressions --demo");
    world.cameras = 2;
    expect_error("--camera rtsp://n:word@h/x", ERROR_NO_CAMERA,
                 "camera rtsp://n:*@h/x: not there; cameras here: /dev/video0 (Camera 1), "
                 "/dev/video2 (Camera 2); try ./expressions --demo");
    expect_error("--camera -", ERROR_NO_CAMERA, "camera -: not there");
    world.cameras = 100; /* as many as one line can name */
    assert_int_equal(run("--camera 0"), -1);
    expect_text(error.text,
                "/dev/video0 (Camera 1), /dev/video2 (Camera 2), /dev/video4 (Camera 3)",
                "; try ./expressions --demo");
    assert_null(strstr(error.text, "(Camera 50)"));
    expect_error("--video a.mkv", ERROR_OTHER, "a.mkv: not there");
}

static void sources_that_end(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    expect_error("--video a.mkv --quiet", ERROR_OTHER,
                 "a.mkv: contains no video frames; try another file");
    world.frames = 3;
    expect_error("--camera 0 --quiet", ERROR_CAMERA_LOST,
                 "camera 0: stopped delivering frames; plug it in again and restart");
    expect_error("--camera - --quiet", ERROR_CAMERA_LOST,
                 "camera -: no more pictures come from standard input");
    assert_int_equal(run("--video a.mkv"), 0);
    assert_string_equal(said, "");
    size_t size;
    char *text = (char *)read_bytes(in_folder("stdout"), &size);
    assert_memory_equal(text, "    0.00 s  no face\n3 frames, ", 30);
    assert_non_null(strstr(text, " frames a second, seen: no face\n"));
    free(text);
    assert_int_equal(run("--video a.mkv --max-frames 2 --quiet"), 0);
    expect_file("stdout", "    0.00 s  no face\n");
    world.fails = true;
    expect_error("--video a.mkv --quiet", ERROR_OTHER, "a.mkv: broken");
    /* What was there until then is summed up. */
    expect_error("--video a.mkv", ERROR_OTHER, "a.mkv: broken");
    text = (char *)read_bytes(in_folder("stdout"), &size);
    assert_non_null(strstr(text, "\n3 frames, "));
    free(text);
}

static void damage_is_told(void **state)
{
    (void)state;
    static const struct {
        long lost, flawed;
        bool damaged;
        const char *text;
    } cases[] = {
        {0, 0, false, ""},
        {1, 0, false, "a.mkv: 1 frame could not be decoded and was left out\n"},
        {2, 1, false,
         "a.mkv: 2 frames could not be decoded and were left out\n"
         "a.mkv: 1 frame is damaged; what could be decoded of it is used\n"},
        {0, 3, true,
         "a.mkv: 3 frames are damaged; what could be decoded of them is used\n"
         "a.mkv: a part of the file is damaged; frames may be missing there\n"},
    };
    memset(&world, 0, sizeof world);
    world.frames = 2;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world.lost = cases[i].lost;
        world.flawed = cases[i].flawed;
        world.damaged = cases[i].damaged;
        assert_int_equal(run("--video a.mkv"), 0);
        assert_string_equal(said, cases[i].text);
        assert_int_equal(run("--video a.mkv --quiet"), 0);
        assert_string_equal(said, "");
    }
    expect_error("--camera 0", ERROR_CAMERA_LOST, /* its damage is not worth a word */
                 "camera 0: stopped delivering frames; plug it in again and restart");
    world.fails = true; /* which says it already */
    expect_error("--video a.mkv --quiet", ERROR_OTHER, "a.mkv: broken");
    world.fails = false;
    assert_int_equal(run("--video a.mkv --verbose"), 0);
    double seconds, resident, median, most;
    const char *line = strstr(said, "2 frames in ");
    assert_non_null(line);
    assert_int_equal(
        sscanf(line, "2 frames in %lf s, 0 dropped, %lf MB resident", &seconds, &resident), 2);
    assert_true(seconds >= 0 && seconds < 60 && resident > 10);
    static const char *const stages[] = {"\ndetection: ", "\nrecognition: ", "\nlatency: "};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        line = strstr(said, stages[i]);
        assert_non_null(line);
        assert_int_equal(sscanf(line + strlen(stages[i]), "median %lf ms, 95th percentile %lf ms",
                                &median, &most),
                         2);
        assert_true(median >= 0 && most >= median && most < 60000);
    }
    assert_null(strstr(said, "drawing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(cameras_that_are_missing, empty_folder),
        cmocka_unit_test_teardown(sources_that_end, empty_folder),
        cmocka_unit_test_teardown(damage_is_told, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
