/* Sources as the program opens them: what is asked of cameras and files, in which order, what
 * becomes of the answers, and that nothing stays. Made-up cameras, films and memory. */
#include "testing.h"

#include "cameras.h"
#include "demo.h"
#include "ocv.h"
#include "source.h"

#include <fcntl.h>
#include <sys/stat.h>

struct ocv_video {
    bool camera;
};

static struct {
    char calls[1000]; /* a line for each */
    bool missing;     /* nothing can be opened */
    bool raw;         /* the camera */
    const char *name; /* the camera's; NULL: it is not there */
    const char *lasting;
    enum ocv_code code; /* of the next read */
    struct ocv_shot shot;
    struct ocv_losses losses;
    struct ocv_patience patience;
    atomic_bool *abandoned; /* set while it is being opened */
    int live;               /* blocks of memory */
    int left;               /* of these there may be so many more; negative: any number */
} world;

static struct error error;

/* ---- Made up --------------------------------------------------------------------------------- */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __real_free(void *block);
void __wrap_free(void *block);

void *__wrap_calloc(size_t count, size_t size)
{
    assert_int_equal(count, 1);
    if (world.left-- == 0)
        return NULL;
    void *block = __real_calloc(count, size);
    world.live += block != NULL;
    return block;
}

void __wrap_free(void *block)
{
    world.live -= block != NULL;
    __real_free(block);
}

/* All calls since the last time. */
static void expect_calls(const char *expected)
{
    assert_string_equal(world.calls, expected);
    *world.calls = '\0';
}

bool cameras_get(const char *id, struct camera *camera)
{
    append_text(world.calls, sizeof world.calls, "get %s\n", id);
    if (!world.name)
        return false;
    *camera = (struct camera){0};
    snprintf(camera->name, sizeof camera->name, "%s", world.name);
    snprintf(camera->lasting, sizeof camera->lasting, "%s", world.lasting);
    return true;
}

bool cameras_is_raw(const char *id, struct error *reason)
{
    append_text(world.calls, sizeof world.calls, "raw? %s\n", id);
    if (world.raw)
        error_set(reason, "it is raw");
    return world.raw;
}

bool cameras_diagnose(const char *id, struct error *reason)
{
    append_text(world.calls, sizeof world.calls, "diagnose %s\n", id);
    error_set(reason, "it is diagnosed");
    return true;
}

static bool ends(void)
{
    return world.patience.ends(world.patience.context);
}

static enum ocv_code open_made_up(struct ocv_video **video, bool camera,
                                  struct ocv_patience patience, struct error *why)
{
    world.patience = patience;
    if (world.abandoned) {
        assert_false(ends());
        *world.abandoned = true;
        assert_true(ends());
        *world.abandoned = false;
    }
    if (world.missing) {
        error_set(why, "it is missing");
        return OCV_CANNOT;
    }
    *video = calloc(1, sizeof **video);
    assert_non_null(*video);
    (*video)->camera = camera;
    return OCV_OK;
}

enum ocv_code ocv_camera_open(struct ocv_video **video, const char *id,
                              struct ocv_camera_options asked, struct ocv_patience patience,
                              struct error *why)
{
    append_text(world.calls, sizeof world.calls, "camera %s %dx%d %g%s\n", id, asked.width,
                asked.height, asked.fps, asked.follow ? ", followed" : "");
    return open_made_up(video, true, patience, why);
}

enum ocv_code ocv_video_open(struct ocv_video **video, const char *path,
                             struct ocv_patience patience, struct error *why)
{
    append_text(world.calls, sizeof world.calls, "video %s\n", path);
    return open_made_up(video, false, patience, why);
}

double ocv_video_fps(const struct ocv_video *video)
{
    return video->camera ? 29.5 : 12.5;
}

long ocv_video_frame_count(const struct ocv_video *video)
{
    assert_false(video->camera);
    return 77;
}

enum ocv_code ocv_video_read(struct ocv_video *video, struct error *why)
{
    assert_non_null(video);
    error_set(why, "it breaks");
    return world.code;
}

struct ocv_shot ocv_video_shot(const struct ocv_video *video)
{
    assert_non_null(video);
    return world.shot;
}

struct ocv_losses ocv_video_losses(const struct ocv_video *video)
{
    assert_non_null(video);
    return world.losses;
}

void ocv_video_close(struct ocv_video **video)
{
    append_text(world.calls, sizeof world.calls, "close%s\n", *video ? "" : " nothing");
    free(*video);
    *video = NULL;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static int reset(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.name = "Webcam";
    world.lasting = "/dev/by-id/a%%b";
    world.left = -1;
    return 0;
}

static const struct ocv_camera_options options = {320, 240, 15, 1};

static const struct source untouched = {.name = "untouched"};

/* Fails with this text, touches nothing else, and keeps nothing. */
static void expect_failure(bool camera, const char *id, const char *text, const char *calls)
{
    struct source source = untouched;
    error = (struct error){.text = ""};
    int result = camera ? source_open_camera(&source, id, &options, NULL, &error)
                        : source_open_video(&source, id, NULL, &error);
    assert_int_equal(result, -1);
    assert_string_equal(error.text, text);
    assert_memory_equal(&source, &untouched, sizeof source);
    assert_int_equal(world.live, 0);
    expect_calls(calls);
}

static struct source open_camera(const char *id)
{
    struct source source;
    assert_int_equal(source_open_camera(&source, id, &options, NULL, &error), 0);
    return source;
}

static struct source open_video(const char *path)
{
    struct source source;
    assert_int_equal(source_open_video(&source, path, NULL, &error), 0);
    return source;
}

/* What is known before the first frame. */
static void expect_source(const struct source *source, const char *name, double fps, long frames)
{
    assert_string_equal(source->name, name);
    expect_close(source->fps, fps, 0, "fps");
    assert_int_equal(source->frames, frames);
    expect_close(source->grabbed, 0, 0, "grabbed");
    expect_close(source->duration, 0, 0, "duration");
    assert_true(source->lost == 0 && source->flawed == 0 && !source->damaged);
    assert_true(source->state && source->read && source->stop && source->close);
}

static void close_all(struct source *source, const char *calls)
{
    static const struct source nothing;
    source_close(source);
    assert_memory_equal(source, &nothing, sizeof nothing);
    expect_calls(calls);
    assert_int_equal(world.live, 0);
    source_close(source);
}

static void test_camera(void **state)
{
    (void)state;
    atomic_bool abandoned = false;
    struct source source;
    world.abandoned = &abandoned;
    assert_int_equal(source_open_camera(&source, "0", &options, &abandoned, &error), 0);
    expect_calls("raw? 0\ncamera 0 320x240 15, followed\nget 0\n");
    expect_source(&source, "0", 29.5, 0);
    assert_true(source.live && !source.film && source.reopen);
    abandoned = true; /* of no account once it is open */
    assert_false(ends());
    source.stop(&source);
    assert_true(ends());
    close_all(&source, "close\n");
}

static void test_video(void **state)
{
    (void)state;
    atomic_bool abandoned = false;
    struct source source;
    world.abandoned = &abandoned;
    assert_int_equal(source_open_video(&source, "a/50%%.mp4", &abandoned, &error), 0);
    expect_calls("video a/50%%.mp4\n");
    expect_source(&source, "a/50%%.mp4", 12.5, 77);
    assert_true(!source.live && source.film && !source.reopen);
    abandoned = true;
    assert_false(ends());
    source.stop(&source);
    assert_true(ends());
    close_all(&source, "close\n");
    world.abandoned = NULL;
    /* A name that looks like an address is one unless there is such a file. */
    expect_failure(false, "http://a/b", "the address of a stream, not a file; use --camera", "");
    assert_int_equal(mkdir(in_folder("a:"), 0700), 0);
    write_bytes(in_folder("a:/b"), "", 0);
    source = open_video(in_folder("a://b"));
    assert_string_equal(source.name, in_folder("a://b"));
    *world.calls = '\0';
    close_all(&source, "close\n");
    assert_int_equal(remove(in_folder("a:/b")), 0);
    assert_int_equal(rmdir(in_folder("a:")), 0);
}

/* What does not open is not kept, and who knows more says why. */
static void test_cannot_be_opened(void **state)
{
    (void)state;
    world.missing = true;
    expect_failure(true, "0", "it is diagnosed",
                   "raw? 0\ncamera 0 320x240 15, followed\ndiagnose 0\n");
    expect_failure(true, "-", "it is missing", "camera - 320x240 15, followed\n");
    expect_failure(false, "b.mp4", "it is missing", "video b.mp4\n");
    world.raw = true;
    expect_failure(true, "0", "it is raw", "raw? 0\n");
    world.raw = world.missing = false;
    for (int camera = 0; camera < 2; camera++) {
        world.left = 0;
        expect_failure(camera, "a", "no memory for the video source; close other programs",
                       camera ? "raw? a\n" : "");
        assert_int_equal(error.code, ERROR_NO_MEMORY);
    }
}

/* Standard input is neither a file with sound nor a camera that comes back; nor can it be opened
 * where nothing is piped in. */
static void test_piped(void **state)
{
    (void)state;
    struct source source = open_camera("-");
    expect_calls("camera - 320x240 15, followed\n");
    expect_source(&source, "-", 29.5, 0);
    assert_true(source.live && !source.film && !source.reopen);
    close_all(&source, "close\n");
    source = open_video("-");
    expect_calls("video -\n");
    expect_source(&source, "-", 12.5, 77);
    assert_true(!source.live && !source.film && !source.reopen);
    close_all(&source, "close\n");
    int kept = dup(STDIN_FILENO), folder = open("/", O_RDONLY | O_DIRECTORY);
    dup2(folder, STDIN_FILENO);
    close(folder);
    expect_failure(true, "-", "standard input: Is a directory; pipe data into it", "");
    expect_failure(false, "-", "standard input: Is a directory; pipe data into it", "");
    source = open_video("a");
    *world.calls = '\0';
    dup2(kept, STDIN_FILENO);
    close(kept);
    close_all(&source, "close\n");
}

/* ---- Cameras that come back ------------------------------------------------------------------ */

/* The same camera in the same size, by the name that lasts where it has one; nothing else. */
static void test_reopen(void **state)
{
    (void)state;
    struct source source = open_camera("0");
    *world.calls = '\0';
    assert_int_equal(source.reopen(&source, &error), 0);
    expect_calls("close\nget /dev/by-id/a%%b\ncamera /dev/by-id/a%%b 320x240 15, followed\n");
    world.name = "Webcam 2";
    for (int i = 0; i < 2; i++) {
        assert_int_equal(source.reopen(&source, &error), -1);
        assert_string_equal(error.text, "0: the camera is not there; plug it in again");
        world.name = NULL;
        expect_calls(i ? "close nothing\nget /dev/by-id/a%%b\n" : "close\nget /dev/by-id/a%%b\n");
    }
    world.name = "Webcam";
    world.missing = true;
    assert_int_equal(source.reopen(&source, &error), -1);
    assert_string_equal(error.text, "0: it is missing");
    world.missing = false;
    *world.calls = '\0';
    assert_int_equal(source.reopen(&source, &error), 0);
    assert_false(ends());
    source.stop(&source);
    assert_true(ends());
    *world.calls = '\0';
    close_all(&source, "close\n");

    world.lasting = "";
    source = open_camera("/dev/video3");
    *world.calls = '\0';
    assert_int_equal(source.reopen(&source, &error), 0);
    expect_calls("close\nget /dev/video3\ncamera /dev/video3 320x240 15, followed\n");
    close_all(&source, "close\n");
}

/* A stream is not looked for among the cameras; its password stays out of sight. */
static void test_reopen_stream(void **state)
{
    (void)state;
    world.name = NULL;
    struct source source = open_camera("rtsp://me:secret@host/");
    assert_string_equal(source.name, "rtsp://me:*@host/");
    *world.calls = '\0';
    assert_int_equal(source.reopen(&source, &error), 0);
    expect_calls("close\ncamera rtsp://me:secret@host/ 320x240 15, followed\n");
    close_all(&source, "close\n");
    source = open_video("me:secret@b.mp4");
    assert_string_equal(source.name, "me:secret@b.mp4");
    *world.calls = '\0';
    close_all(&source, "close\n");
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Reads a frame that the shim has at this time. */
static double time_of(struct source *source, double time, double grabbed)
{
    static const uint8_t pixels[3];
    struct image picture = {0};
    double said = -1;
    world.shot = (struct ocv_shot){.picture = image_of((struct bgr_image){pixels, 1, 1, 3}),
                                   .time = time,
                                   .duration = 0.04,
                                   .grabbed = grabbed};
    assert_int_equal(source->read(source, &picture, &said, &error), SOURCE_FRAME);
    assert_memory_equal(&picture, &world.shot.picture, sizeof picture);
    expect_close(source->grabbed, grabbed, 0, "grabbed");
    expect_close(source->duration, 0.04, 0, "duration");
    assert_int_equal(source->lost, world.losses.frames);
    assert_int_equal(source->flawed, world.losses.flawed);
    assert_int_equal(source->damaged, world.losses.damaged);
    return said;
}

/* Time never goes back; a film's is its own, a camera's begins with its first frame and goes on
 * after it was away. */
static void test_times(void **state)
{
    (void)state;
    struct source source = open_video("a");
    expect_close(time_of(&source, 0, 1000), 0, 0, "first");
    world.losses = (struct ocv_losses){.frames = 3, .flawed = 5, .damaged = 1};
    expect_close(time_of(&source, 0.5, 1007), 0.5, 0, "a film's");
    expect_close(time_of(&source, 0.4, 1008), 0.5, 0, "a film's that goes back");
    source_close(&source);
    source = open_camera("0");
    world.losses = (struct ocv_losses){0};
    expect_close(time_of(&source, 9, 0.5), 0, 0, "first");
    expect_close(time_of(&source, 9, 2.5), 2, 0, "a camera's");
    expect_close(time_of(&source, 9, 1.5), 2, 0, "a camera's that goes back");
    assert_int_equal(source.reopen(&source, &error), 0);
    expect_close(time_of(&source, 0, 60.5), 60, 0, "a camera's that is back");
    source_close(&source);
}

static void expect_end(struct source *source, enum source_status status, const char *text)
{
    struct image picture;
    double time;
    error.text[0] = '\0';
    assert_int_equal(source->read(source, &picture, &time, &error), status);
    if (status == SOURCE_FAILED)
        assert_string_equal(error.text, text);
}

/* A film that is cut says where, and how long it should have been, as far as it is known. */
static void test_ends(void **state)
{
    (void)state;
    struct source source = open_video("a.mp4");
    world.code = OCV_FAILED;
    world.losses = (struct ocv_losses){.frames = 2, .flawed = 4, .damaged = 1};
    expect_end(&source, SOURCE_FAILED, "a.mp4: it breaks");
    assert_true(source.lost == 2 && source.flawed == 4 && source.damaged);
    world.code = OCV_END;
    expect_end(&source, SOURCE_END, "");
    world.losses = (struct ocv_losses){.cut = 1, .read_until = 3.25, .stated = 9.5};
    expect_end(&source, SOURCE_FAILED,
               "a.mp4: ends too early: 3.2 of 9.5 s could be read; the rest is missing or damaged");
    world.losses.stated = 3.4;
    expect_end(&source, SOURCE_FAILED,
               "a.mp4: ends too early: 3.2 of 3.4 s could be read; the rest is missing or damaged");
    world.losses = (struct ocv_losses){.cut = 1, .stated = 0.1}; /* no longer by a tenth */
    expect_end(&source, SOURCE_FAILED,
               "a.mp4: ends too early: 0.0 s could be read; the rest is missing or damaged");
    source.stop(&source);
    expect_end(&source, SOURCE_END, "");
    source_close(&source);
    source = open_camera("0");
    expect_end(&source, SOURCE_END, "");
    source_close(&source);
}

/* ---- The demo -------------------------------------------------------------------------------- */

static void test_demo(void **state)
{
    (void)state;
    struct source source;
    struct image picture;
    double time;
    assert_int_equal(source_open_demo(&source, &error), 0);
    assert_string_equal(source.name, "demo");
    expect_close(source.fps, DEMO_FPS, 0, "fps");
    expect_close(source.duration, 1.0 / DEMO_FPS, 0, "duration");
    assert_true(!source.live && !source.film && !source.reopen && !source.stop);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(source.read(&source, &picture, &time, &error), SOURCE_FRAME);
        expect_close(time, (double)i / DEMO_FPS, 1e-12, "time");
        assert_true(picture.form == IMAGE_BGR && picture.planes[0]);
        assert_true(picture.width == DEMO_WIDTH && picture.height == DEMO_HEIGHT);
        assert_int_equal(picture.strides[0], DEMO_WIDTH * 3);
    }
    close_all(&source, "");
    for (int left = 0; left < 2; left++) {
        world.left = left;
        source = untouched;
        assert_int_equal(source_open_demo(&source, &error), -1);
        assert_string_equal(error.text, "no memory for the demo; close other programs");
        assert_int_equal(error.code, ERROR_NO_MEMORY);
        assert_memory_equal(&source, &untouched, sizeof source);
        assert_int_equal(world.live, 0);
    }
    world.left = -1;
    struct demo *demo;
    assert_int_equal(demo_open(&demo, &error), 0);
    demo_close(&demo);
    assert_null(demo);
    demo_close(&demo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_camera, reset),
        cmocka_unit_test_setup(test_video, reset),
        cmocka_unit_test_setup(test_cannot_be_opened, reset),
        cmocka_unit_test_setup(test_piped, reset),
        cmocka_unit_test_setup(test_reopen, reset),
        cmocka_unit_test_setup(test_reopen_stream, reset),
        cmocka_unit_test_setup(test_times, reset),
        cmocka_unit_test_setup(test_ends, reset),
        cmocka_unit_test_setup(test_demo, reset),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
