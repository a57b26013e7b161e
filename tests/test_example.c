/* The example of libexpressions, src/lib/faces.c: what it reads, what it asks of the library, which
 * is made up here, and what it prints. */
#include "testing.h"

#include "expressions.h"

#include <stdbool.h>

int example_main(int argc, char *argv[]);

static struct {
    char calls[4000]; /* a line for each */
    int opened;       /* handles that are */
    int broken;       /* the call that fails; 0: none */
    int count;        /* of calls that can fail */
} world;

/* ---- The library, made up -------------------------------------------------------------------- */

/* The status of the next call. */
static enum expressions_status next_status(struct expressions_error *error)
{
    if (++world.count != world.broken)
        return EXPRESSIONS_OK;
    *error = (struct expressions_error){EXPRESSIONS_FAILED, "made up"};
    return EXPRESSIONS_FAILED;
}

/* Each handle is a number of its own. */
static enum expressions_status open_handle(void *handle, int number,
                                           struct expressions_error *error)
{
    static char handles[10];
    void *made = handles + number;
    enum expressions_status status = next_status(error);
    if (status == EXPRESSIONS_OK) {
        memcpy(handle, &made, sizeof made);
        world.opened++;
    }
    return status;
}

static void close_handle(void *handle)
{
    void *held, *none = NULL;
    memcpy(&held, handle, sizeof held);
    world.opened -= held != NULL;
    memcpy(handle, &none, sizeof none);
}

enum expressions_status expressions_model_open(struct expressions_model **model, const char *path,
                                               const struct expressions_model_settings *settings,
                                               struct expressions_error *error)
{
    assert_null(settings);
    append_text(world.calls, sizeof world.calls, "model %s\n", path ? path : "installed");
    return open_handle(model, 1, error);
}

enum expressions_status expressions_recognizer_open(struct expressions_recognizer **recognizer,
                                                    const struct expressions_model *model,
                                                    struct expressions_error *error)
{
    assert_non_null(model);
    append_text(world.calls, sizeof world.calls, "recognizer\n");
    return open_handle(recognizer, 2, error);
}

enum expressions_status
expressions_detector_open(struct expressions_detector **detector,
                          const struct expressions_detector_settings *settings,
                          struct expressions_error *error)
{
    assert_null(settings);
    append_text(world.calls, sizeof world.calls, "detector\n");
    return open_handle(detector, 3, error);
}

enum expressions_status expressions_detector_set_verifier(struct expressions_detector *detector,
                                                          const struct expressions_model *model,
                                                          struct expressions_error *error)
{
    assert_true(detector && model);
    append_text(world.calls, sizeof world.calls, "verifier\n");
    return next_status(error);
}

enum expressions_status
expressions_smoother_open(struct expressions_smoother **smoother,
                          const struct expressions_smoother_settings *settings,
                          struct expressions_error *error)
{
    assert_null(settings);
    append_text(world.calls, sizeof world.calls, "smoother\n");
    return open_handle(smoother, 4, error);
}

enum expressions_status
expressions_tracker_open(struct expressions_tracker **tracker,
                         const struct expressions_tracker_settings *settings,
                         struct expressions_error *error)
{
    struct expressions_tracker_settings usual = EXPRESSIONS_TRACKER_DEFAULTS;
    assert_non_null(settings->detector);
    usual.detector = settings->detector;
    assert_memory_equal(settings, &usual, sizeof usual);
    append_text(world.calls, sizeof world.calls, "tracker\n");
    return open_handle(tracker, 5, error);
}

void expressions_model_close(struct expressions_model **model)
{
    close_handle(model);
}

void expressions_recognizer_close(struct expressions_recognizer **recognizer)
{
    close_handle(recognizer);
}

void expressions_detector_close(struct expressions_detector **detector)
{
    close_handle(detector);
}

void expressions_smoother_close(struct expressions_smoother **smoother)
{
    close_handle(smoother);
}

void expressions_tracker_close(struct expressions_tracker **tracker)
{
    close_handle(tracker);
}

/* The first pixel is the label of face 3, the second one that of face 999, the third one, where it
 * is not 0, makes the first uncertain; the last one is that of faces 1000 and 1001. */
enum expressions_status expressions_track(struct expressions_tracker *tracker,
                                          const struct expressions_picture *picture, double time,
                                          const struct expressions_box *boxes, int box_count,
                                          struct expressions_face *faces, int capacity, int *count,
                                          struct expressions_error *error)
{
    const uint8_t *last = picture->pixels + picture->width * picture->height - 1;
    assert_true(tracker && !boxes && box_count == 0 && capacity == EXPRESSIONS_MAX_FACES);
    assert_int_equal(picture->stride, picture->width);
    assert_int_equal(picture->format, EXPRESSIONS_Y);
    append_text(world.calls, sizeof world.calls, "track %dx%d at %g: %d .. %d\n", picture->width,
                picture->height, time, picture->pixels[0], *last);
    const int ids[] = {3, 999, 1000, 1001};
    for (int i = 0; i < 4; i++)
        faces[i] = (struct expressions_face){.id = ids[i],
                                             .label = i < 2 ? picture->pixels[i] : *last,
                                             .uncertain = i == 0 && picture->pixels[2]};
    *count = 4;
    return next_status(error);
}

enum expressions_status expressions_recognize(struct expressions_recognizer *recognizer,
                                              const struct expressions_picture *picture,
                                              struct expressions_face *faces, int count,
                                              struct expressions_error *error)
{
    assert_true(recognizer && picture->pixels && faces[1].id == 999);
    append_text(world.calls, sizeof world.calls, "recognize %d\n", count);
    return next_status(error);
}

enum expressions_status expressions_smooth(struct expressions_smoother *smoother, double time,
                                           struct expressions_face *faces, int count,
                                           struct expressions_error *error)
{
    assert_true(smoother && faces[1].id == 999);
    append_text(world.calls, sizeof world.calls, "smooth %d at %g\n", count, time);
    return next_status(error);
}

const char *expressions_label_name(int label)
{
    static const char *const names[] = {"none", "one", "two", "three"};
    assert_in_range(label, 0, 3);
    return names[label];
}

/* ---- Runs ------------------------------------------------------------------------------------ */

/* Runs it on these bytes; what it prints and says is this. It remembers what it showed last. */
static void expect_run(const char *model, const char *bytes, size_t size, int status,
                       const char *printed, const char *said)
{
    char name[] = "faces", *argv[] = {name, (char *)(uintptr_t)model, NULL};
    int kept[3];
    static const char *const files[] = {"in", "out", "err"};
    write_bytes(in_folder("in"), bytes, size);
    memset(&world.calls, 0, sizeof world.calls);
    world.count = 0;
    for (int i = 0; i < 3; i++) {
        kept[i] = dup(i);
        assert_non_null(freopen(in_folder(files[i]), i ? "w" : "r",
                                i == 0   ? stdin
                                : i == 1 ? stdout
                                         : stderr));
    }
    int got = example_main(model ? 2 : 1, argv);
    fflush(stdout);
    fflush(stderr);
    for (int i = 0; i < 3; i++) {
        dup2(kept[i], i);
        close(kept[i]);
    }
    assert_int_equal(got, status);
    expect_file("out", printed);
    expect_file("err", said);
    assert_int_equal(world.opened, 0);
}

/* 3x5 pixels and 12 bytes of colours. */
#define MIDDLE  "..........."
#define COLOURS "colourscolou"

static const char film[] =
    "YUV4MPEG2 W3 H5 F10:2 Ip C420jpeg\n"
    "FRAME\n\1\2\0" MIDDLE "\0" COLOURS "FRAME Ix\n\1\1\0" MIDDLE "\1" COLOURS
    "FRAME\n\3\1\1" MIDDLE "\2" COLOURS "FRAME\n\3\1\0" MIDDLE "\3" COLOURS;
enum { FILM = sizeof film - 1, FRAME = 15 + sizeof COLOURS - 1, LAST = FRAME + sizeof "FRAME" };

/* A line for each change of a face that is sure and has a small number. */
static void test_changes(void **state)
{
    (void)state;
    expect_run("some.model", film, FILM, 0,
               "   0.00 s  face 3: one\n"
               "   0.00 s  face 999: two\n"
               "   0.20 s  face 999: one\n"
               "   0.60 s  face 3: three\n",
               "");
    assert_string_equal(world.calls,
                        "model some.model\nrecognizer\ndetector\nverifier\nsmoother\ntracker\n"
                        "track 3x5 at 0: 1 .. 0\nrecognize 4\nsmooth 4 at 0\n"
                        "track 3x5 at 0.2: 1 .. 1\nrecognize 4\nsmooth 4 at 0.2\n"
                        "track 3x5 at 0.4: 3 .. 2\nrecognize 4\nsmooth 4 at 0.4\n"
                        "track 3x5 at 0.6: 3 .. 3\nrecognize 4\nsmooth 4 at 0.6\n");
}

/* A frame that is not whole is none, and nor is what follows something else. */
static void test_cut(void **state)
{
    (void)state;
    static const int sizes[] = {FILM - 1, FILM - (int)sizeof COLOURS, FILM - LAST + 3, FILM - LAST};
    static const char printed[] = "   0.00 s  face 3: one\n   0.00 s  face 999: two\n"
                                  "   0.20 s  face 999: one\n";
    char bytes[sizeof film];
    memcpy(bytes, film, sizeof film);
    for (int i = 0; i < 5; i++) {
        bool known = i > 0; /* face 3, by the run before */
        if (i == 4)
            bytes[FILM - LAST + 4] = 'X'; /* no FRAME */
        expect_run(NULL, bytes, i < 4 ? (size_t)sizes[i] : FILM, 0,
                   known ? strchr(printed, '\n') + 1 : printed, "");
        assert_null(strstr(world.calls, "at 0.6"));
        assert_non_null(strstr(world.calls, "smooth 4 at 0.4"));
        assert_non_null(strstr(world.calls, "model installed\n"));
    }
}

static void test_headers(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "not this\n",
        "YUV4MPEG W3 H5 F10:2\n",
        "YUV4MPEG2 W0 H5 F10:2\n",
        "YUV4MPEG2 W3 H0 F10:2\n",
        "YUV4MPEG2 H5 F10:2\n",
        "YUV4MPEG2 W3 F10:2\n",
        "YUV4MPEG2 W3 H5\n",
        "YUV4MPEG2 W3 H5 F5\n",
        "YUV4MPEG2 W3 H5 F0:1\n",
        "YUV4MPEG2 W3 H5 F1:0\n",
        "YUV4MPEG2 W3 H5 F10:2 C422\n",
        "YUV4MPEG2 W3 H5 F10:2 C42\n",
    };
    char line[100];
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        expect_run(NULL, refused[i], strlen(refused[i]), 1, "",
                   "faces: not YUV4MPEG2 with 4:2:0 colours\n");
        assert_string_equal(world.calls, "");
    }
    /* Even sides, of which the colours have half. */
    static const char even[] = "YUV4MPEG2 W4 H2 F1:1\nFRAME\n\1\1\1.....COLO";
    for (int cut = 0; cut < 2; cut++) {
        expect_run(NULL, even, sizeof even - 1 - (size_t)cut, 0, "", "");
        assert_int_equal(strstr(world.calls, "smooth 4 at 0\n") == NULL, cut);
    }
    for (int more = 0; more < 2; more++) {
        for (int side = 0; side < 2; side++) {
            int longest = EXPRESSIONS_MAX_SIDE + more;
            int length = snprintf(line, sizeof line, "YUV4MPEG2 C420 F1:1 W%d H%d\n",
                                  side ? longest : 1, side ? 1 : longest);
            expect_run(NULL, line, (size_t)length, more, "",
                       more ? "faces: not YUV4MPEG2 with 4:2:0 colours\n" : "");
        }
    }
}

/* Each call fails in turn: it ends, says why, and closes all. */
static void test_failures(void **state)
{
    (void)state;
    for (world.broken = 1; world.broken <= 9; world.broken++) {
        expect_run(NULL, film, FILM - LAST, 1, "", "faces: made up\n");
        assert_int_equal(world.count, world.broken);
    }
    world.broken = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
