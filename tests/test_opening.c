/* Sources that are opened beside the window, with made-up cameras; signals; the memory that is
 * told. */
#include "testing.h"

#include "cameras.h"
#include "file_chooser.h"
#include "interrupt.h"
#include "opening.h"
#include "statistics.h"

#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>

/* ---- Made-up cameras ------------------------------------------------------------------------- */

static struct {
    int count;        /* of cameras: /dev/video0, /dev/video2, /dev/video4 */
    const char *busy; /* the paths of those that are, in one text */
    const char *chosen;
    char tried[200];
    int closed;
} world;
static sem_t woken;

int __wrap_cameras_find(struct camera **cameras);
bool __wrap_cameras_get(const char *id, struct camera *camera);
bool __wrap_cameras_same(const char *id, const char *other);
int __wrap_source_open_camera(struct source *source, const char *id,
                              const struct camera_options *options, const atomic_bool *abandoned,
                              struct error *error);
int __wrap_source_open_video(struct source *source, const char *path, const atomic_bool *abandoned,
                             struct error *error);
int __wrap_source_open_demo(struct source *source, struct error *error);
int __wrap_file_chooser_ask(char *path, size_t size, const atomic_bool *abandoned,
                            struct error *error);

int __wrap_cameras_find(struct camera **cameras)
{
    struct camera *made = calloc(3, sizeof *made);
    assert_non_null(made);
    for (int i = 0; i < world.count; i++) {
        made[i].number = 2 * i;
        snprintf(made[i].path, sizeof made[i].path, "/dev/video%d", 2 * i);
        snprintf(made[i].name, sizeof made[i].name, "Camera %d", i);
    }
    *cameras = made;
    return world.count;
}

bool __wrap_cameras_get(const char *id, struct camera *camera)
{
    snprintf(camera->name, sizeof camera->name, "named");
    return *id == '/';
}

bool __wrap_cameras_same(const char *id, const char *other)
{
    return strcmp(id, other) == 0;
}

static enum source_status read_nothing(struct source *source, struct image *picture, double *time,
                                       struct error *error)
{
    (void)source;
    (void)picture;
    (void)time;
    (void)error;
    return SOURCE_END;
}

static void close_source(struct source *source)
{
    (void)source;
    world.closed++;
}

static int open_made_up(struct source *source, const char *id, struct error *error)
{
    size_t used = strlen(world.tried);
    snprintf(world.tried + used, sizeof world.tried - used, "%s ", id);
    if (world.busy && strstr(world.busy, id))
        return error_set(error, "it is busy");
    *source = (struct source){.read = read_nothing, .close = close_source};
    return 0;
}

int __wrap_source_open_camera(struct source *source, const char *id,
                              const struct camera_options *options, const atomic_bool *abandoned,
                              struct error *error)
{
    assert_false(atomic_load(abandoned));
    assert_int_equal(options->width, 320);
    return open_made_up(source, id, error);
}

int __wrap_source_open_video(struct source *source, const char *path, const atomic_bool *abandoned,
                             struct error *error)
{
    assert_false(atomic_load(abandoned));
    return open_made_up(source, path, error);
}

int __wrap_source_open_demo(struct source *source, struct error *error)
{
    return open_made_up(source, "demo", error);
}

int __wrap_file_chooser_ask(char *path, size_t size, const atomic_bool *abandoned,
                            struct error *error)
{
    (void)abandoned;
    if (!world.chosen)
        return error_set(error, "no dialog");
    snprintf(path, size, "%s", world.chosen);
    return 0;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static void wake(void *context)
{
    sem_post(context);
}

static struct opened open_request(enum input input, const char *id, const char *present)
{
    static struct opening opening;
    struct opening_request request = {.input = input, .present = present, .camera = {320, 240, 0}};
    struct opened opened;
    snprintf(request.id, sizeof request.id, "%s", id);
    *world.tried = '\0';
    assert_false(opening_take(&opening, &opened));
    opening_begin(&opening, &request, wake, &woken);
    assert_true(opening.busy);
    assert_int_equal(sem_wait(&woken), 0);
    assert_true(opening_take(&opening, &opened));
    assert_false(opening.busy);
    assert_false(opening_take(&opening, &opened));
    if (opened.source.read)
        assert_string_equal(opened.reason.text, "");
    return opened;
}

/* The next one by number that can be opened, around the end, and never the present one. */
static void test_next_camera(void **state)
{
    (void)state;
    static const struct {
        int count;
        const char *present, *busy, *tried, *opened;
    } turns[] = {
        {3, NULL, NULL, "/dev/video0 ", "/dev/video0"},
        {3, "/dev/video0", NULL, "/dev/video2 ", "/dev/video2"},
        {3, "/dev/video2", NULL, "/dev/video4 ", "/dev/video4"},
        {3, "/dev/video4", NULL, "/dev/video0 ", "/dev/video0"},
        {3, "/dev/video2", "/dev/video4", "/dev/video4 /dev/video0 ", "/dev/video0"},
        {3, "/dev/video2", "/dev/video4 /dev/video0", "/dev/video4 /dev/video0 ", NULL},
        {3, NULL, "/dev/video0 /dev/video2", "/dev/video0 /dev/video2 /dev/video4 ", "/dev/video4"},
        {2, "http://a/", NULL, "/dev/video0 ", "/dev/video0"},
        {1, "/dev/video0", NULL, "", NULL},
        {0, NULL, NULL, "", NULL},
    };
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        world.count = turns[i].count;
        world.busy = turns[i].busy;
        struct opened opened = open_request(INPUT_CAMERA, "", turns[i].present);
        assert_string_equal(world.tried, turns[i].tried);
        assert_int_equal(opened.source.read != NULL, turns[i].opened != NULL);
        if (turns[i].opened)
            assert_string_equal(opened.request.id, turns[i].opened);
        else if (turns[i].busy)
            expect_text(opened.reason.text, "/dev/video0", "it is busy");
        else
            assert_string_equal(opened.reason.text, "there is no other camera");
        if (i == 2)
            assert_string_equal(opened.title, "/dev/video4 Camera 2");
    }
    world.busy = NULL;
}

static void test_named_sources(void **state)
{
    (void)state;
    struct opened opened = open_request(INPUT_CAMERA, "/dev/video7", NULL);
    assert_string_equal(opened.title, "/dev/video7 named");
    assert_string_equal(opened.request.id, "/dev/video7");
    world.busy = "rtsp://me:secret@host/";
    opened = open_request(INPUT_CAMERA, world.busy, NULL);
    assert_null(opened.source.read);
    expect_text(opened.title, "rtsp://me:*@host/", "");
    assert_null(strstr(opened.title, "secret"));
    expect_text(opened.reason.text, "rtsp://me:*@host/", "it is busy");
    assert_null(strstr(opened.reason.text, "secret"));
    world.busy = "films/b.mp4";
    opened = open_request(INPUT_VIDEO, "films/a.mp4", NULL);
    assert_true(opened.source.read == read_nothing);
    assert_string_equal(opened.title, "a.mp4");
    opened = open_request(INPUT_VIDEO, "films/b.mp4", NULL);
    assert_null(opened.source.read);
    expect_text(opened.reason.text, "b.mp4", "it is busy");
    opened = open_request(INPUT_DEMO, "", NULL);
    assert_string_equal(opened.title, "demo");
    assert_string_equal(world.tried, "demo ");
    world.busy = NULL;
}

/* What is chosen in a dialog is opened; nothing chosen is no error; no dialog is. */
static void test_dialog(void **state)
{
    (void)state;
    world.chosen = "c.mp4";
    struct opened opened = open_request(INPUT_VIDEO, "", NULL);
    assert_string_equal(opened.title, "c.mp4");
    assert_string_equal(opened.request.id, "c.mp4");
    world.chosen = "";
    opened = open_request(INPUT_VIDEO, "", NULL);
    assert_null(opened.source.read);
    assert_string_equal(opened.reason.text, "");
    assert_string_equal(world.tried, "");
    world.chosen = NULL;
    opened = open_request(INPUT_VIDEO, "", NULL);
    assert_null(opened.source.read);
    assert_string_equal(opened.reason.text, "no dialog");
}

static void test_abandoned(void **state)
{
    (void)state;
    struct opening opening = {0};
    struct opened opened;
    const struct opening_request request = {.input = INPUT_DEMO};
    opening_abandon(&opening);
    assert_int_equal(world.closed, 0);
    opening_begin(&opening, &request, wake, &woken);
    opening_abandon(&opening);
    assert_int_equal(world.closed, 1);
    assert_int_equal(sem_wait(&woken), 0);
    assert_false(opening.busy);
    assert_false(opening_take(&opening, &opened));
}

/* ---- Signals --------------------------------------------------------------------------------- */

static void (*handler_of(int number))(int)
{
    struct sigaction action;
    assert_int_equal(sigaction(number, NULL, &action), 0);
    return action.sa_handler;
}

/* The first signal stops in order, the second one ends at once; nothing is left of it behind. */
static void test_interrupt(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct interrupt *interrupt = NULL;
    struct error error;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(interrupt_watch(&interrupt, wake, &woken, &error), 0);
        assert_false(interrupt_came(interrupt));
        assert_true(handler_of(SIGPIPE) == SIG_IGN);
        for (int k = 0; k < 3; k++)
            assert_true(handler_of(signals[k]) != SIG_DFL);
        raise(signals[i]);
        assert_int_equal(sem_wait(&woken), 0);
        assert_true(interrupt_came(interrupt));
        assert_true(handler_of(signals[i]) == SIG_DFL);
        interrupt_free(&interrupt);
        assert_null(interrupt);
        for (int k = 0; k < 3; k++)
            assert_true(handler_of(signals[k]) == SIG_DFL);
    }
    assert_int_equal(interrupt_watch(&interrupt, wake, &woken, &error), 0);
    interrupt_free(&interrupt);
    interrupt_free(&interrupt);
    int calls;
    assert_int_equal(sem_getvalue(&woken, &calls), 0);
    assert_int_equal(calls, 0);
}

/* nohup's hang-ups stay ignored; what else was ignored does not. */
static void test_nohup(void **state)
{
    (void)state;
    struct interrupt *interrupt = NULL;
    struct error error;
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    assert_int_equal(interrupt_watch(&interrupt, wake, &woken, &error), 0);
    assert_true(handler_of(SIGHUP) == SIG_IGN);
    assert_true(handler_of(SIGINT) != SIG_IGN);
    interrupt_free(&interrupt);
    assert_true(handler_of(SIGHUP) == SIG_IGN && handler_of(SIGINT) == SIG_IGN);
    signal(SIGHUP, SIG_DFL);
    signal(SIGINT, SIG_DFL);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static void test_memory(void **state)
{
    (void)state;
    int before = dup(STDERR_FILENO); /* the lowest descriptor that is free */
    close(before);
    double megabytes = statistics_resident_megabytes();
    assert_true(megabytes > 1 && megabytes < 2000);
    int after = dup(STDERR_FILENO);
    assert_int_equal(after, before);
    close(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_camera), cmocka_unit_test(test_named_sources),
        cmocka_unit_test(test_dialog),      cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_interrupt),   cmocka_unit_test(test_nohup),
        cmocka_unit_test(test_memory),
    };
    sem_init(&woken, 0, 0);
    signal(SIGINT, SIG_DFL); /* whatever began this has ignored */
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
