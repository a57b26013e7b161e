/* Sources that are opened beside the window, with made-up cameras; the menu that offers them;
 * signals; the memory that is told. */
#include "joined.h"
#include "locked.h"
#include "testing.h"

#include "cameras.h"
#include "choosing.h"
#include "file_chooser.h"
#include "interrupt.h"
#include "log.h"
#include "monotonic.h"
#include "opening.h"
#include "process.h"
#include "take.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* ---- Made-up cameras ------------------------------------------------------------------------- */

static struct {
    int count;        /* of cameras: /dev/video0, /dev/video2, /dev/video4 ... */
    int first;        /* in the place of that 0 */
    const char *make; /* what their names begin with; NULL: "Camera" */
    const char *busy; /* the paths of those that are, in one text */
    const char *chosen;
    char tried[200];
    atomic_int closed;
    bool stalls; /* the driver, until it may go on */
    sem_t driver;
    bool relents;     /* the driver, when it is waited for in vain */
    int waits;        /* for a driver, in vain */
    char present[40]; /* the camera that others were compared with */
    bool full;        /* there is no memory */
} world;
static sem_t woken;

int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return world.full ? NULL : __real_calloc(count, size);
}

/* No time passes; the driver may have relented at the end. */
int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
    assert_int_equal(time->tv_sec, 0);
    assert_int_equal(time->tv_nsec, 10000000);
    assert_null(left);
    world.waits++;
    if (world.relents) {
        assert_int_equal(sem_post(&world.driver), 0);
        assert_int_equal(sem_wait(&woken), 0);
    }
    return 0;
}

int __wrap_cameras_find(struct camera **cameras);
bool __wrap_cameras_get(const char *id, struct camera *camera);
bool __wrap_cameras_same(const char *id, const char *other);
int __wrap_source_open_camera(struct source *source, const char *id,
                              const struct ocv_camera_options *options,
                              const atomic_bool *abandoned, struct error *error);
int __wrap_source_open_video(struct source *source, const char *path, const atomic_bool *abandoned,
                             struct error *error);
int __wrap_source_open_demo(struct source *source, struct error *error);
int __wrap_file_chooser_ask(char *path, size_t size, const atomic_bool *abandoned,
                            struct error *error);

int __wrap_cameras_find(struct camera **cameras)
{
    size_t count = (size_t)(world.count > 0 ? world.count : 1); /* and no more */
    struct camera *made = calloc(count, sizeof *made);
    assert_non_null(made);
    if (world.stalls)
        sem_wait(&world.driver);
    for (int i = 0; i < world.count; i++) {
        made[i].number = world.first + 2 * i;
        snprintf(made[i].path, sizeof made[i].path, "/dev/video%d", made[i].number);
        snprintf(made[i].name, sizeof made[i].name, "%s %d %%%%",
                 world.make ? world.make : "Camera", i);
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
    snprintf(world.present, sizeof world.present, "%s", id);
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
                              const struct ocv_camera_options *options,
                              const atomic_bool *abandoned, struct error *error)
{
    assert_false(atomic_load(abandoned));
    assert_int_equal(options->width, 320);
    if (world.stalls)
        sem_wait(&world.driver);
    int result = open_made_up(source, id, error);
    source->live = result == 0;
    return result;
}

int __wrap_source_open_video(struct source *source, const char *path, const atomic_bool *abandoned,
                             struct error *error)
{
    assert_false(atomic_load(abandoned));
    return open_made_up(source, path, error);
}

int __wrap_source_open_demo(struct source *source, struct error *error)
{
    if (world.stalls)
        sem_wait(&world.driver);
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
    struct opening *opening = NULL;
    struct opening_request request = {.input = input, .camera = {320, 240, 0, 0}};
    struct opened opened;
    struct error error;
    snprintf(request.id, sizeof request.id, "%s", id);
    snprintf(request.present, sizeof request.present, "%s", present ? present : "");
    *world.tried = '\0';
    assert_false(opening_take(&opening, &opened));
    assert_int_equal(opening_begin(&opening, &request, wake, &woken, &error), 0);
    assert_non_null(opening);
    assert_int_equal(sem_wait(&woken), 0);
    bool succeeded = opening_succeeded(opening);
    assert_true(opening_take(&opening, &opened));
    assert_null(opening);
    assert_false(opening_take(&opening, &opened));
    assert_int_equal(succeeded, opened.source.read != NULL);
    opening_name_reason(&opened);
    if (succeeded)
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
            assert_string_equal(opened.title, "/dev/video4 Camera 2 %%");
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
    opened = open_request(INPUT_VIDEO, "films/100 %%.mp4", NULL);
    assert_true(opened.source.read == read_nothing);
    assert_string_equal(opened.title, "100 %%.mp4");
    assert_string_equal(world.tried, "films/100 %%.mp4 ");
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

/* What has been opened is closed. A driver that keeps its caller waiting is waited for, a hundred
 * times in vain, and then keeps nobody else; what it gives at last is closed. */
static void test_abandoned(void **state)
{
    (void)state;
    struct opening *opening = NULL;
    struct opened opened;
    struct error error;
    const struct opening_request request = {.input = INPUT_DEMO};
    opening_abandon(&opening);
    assert_int_equal(world.closed, 0);
    assert_int_equal(opening_begin(&opening, &request, wake, &woken, &error), 0);
    assert_int_equal(sem_wait(&woken), 0);
    assert_true(opening_succeeded(opening));
    opening_abandon(&opening);
    assert_int_equal(world.closed, 1);
    assert_null(opening);
    assert_false(opening_succeeded(opening));
    assert_false(opening_take(&opening, &opened));
    assert_int_equal(world.waits, 0);
    sem_init(&world.driver, 0, 0);
    world.stalls = true;
    assert_int_equal(opening_begin(&opening, &request, wake, &woken, &error), 0);
    assert_false(opening_succeeded(opening));
    opening_abandon(&opening);
    assert_int_equal(world.closed, 1);
    assert_int_equal(world.waits, 100);
    assert_int_equal(sem_post(&world.driver), 0);
    while (atomic_load(&world.closed) < 2)
        sched_yield();
    /* One that relents has been closed when nobody waits any more. */
    world.relents = true;
    world.waits = 0;
    assert_int_equal(opening_begin(&opening, &request, wake, &woken, &error), 0);
    opening_abandon(&opening);
    assert_int_equal(world.closed, 3);
    assert_int_equal(world.waits, 1);
    /* Cameras that are found too late are not tried any more. */
    const struct opening_request next = {.input = INPUT_CAMERA, .camera = {320, 240, 0, 0}};
    struct camera_search *search = NULL;
    world.count = 3;
    *world.tried = '\0';
    assert_int_equal(opening_begin(&opening, &next, wake, &woken, &error), 0);
    opening_abandon(&opening);
    assert_string_equal(world.tried, "");
    camera_search_abandon(&search);
    camera_search_begin(&search, wake, &woken);
    struct camera_search *begun = search;
    camera_search_begin(&search, wake, &woken);
    assert_ptr_equal(search, begun);
    camera_search_abandon(&search);
    assert_null(search);
    assert_int_equal(world.waits, 3);
    world.stalls = world.relents = false;
    world.waits = 0;
    int calls;
    assert_int_equal(sem_getvalue(&woken, &calls), 0);
    assert_int_equal(calls, 0);
}

/* Where no thread can be started, the window stands still until all is done. */
static void test_without_threads(void **state)
{
    (void)state;
    struct opening *opening = NULL;
    struct interrupt *interrupt = NULL;
    struct error error;
    const struct opening_request request = {.input = INPUT_DEMO};
    world.closed = 0;
    missing_thread = 1;
    struct opened opened = open_request(INPUT_DEMO, "", NULL);
    assert_string_equal(opened.title, "demo");
    missing_thread = 1;
    assert_int_equal(opening_begin(&opening, &request, wake, &woken, &error), 0);
    assert_int_equal(sem_wait(&woken), 0);
    opening_abandon(&opening);
    assert_int_equal(world.closed, 1);
    int before = dup(STDIN_FILENO), after;
    close(before);
    missing_thread = 1;
    assert_int_equal(interrupt_watch(&interrupt, wake, &woken, &error), -1);
    assert_string_equal(error.text, "cannot start the signal thread: Resource temporarily "
                                    "unavailable; close other programs");
    assert_null(interrupt);
    world.full = true;
    assert_int_equal(interrupt_watch(&interrupt, wake, &woken, &error), -1);
    world.full = false;
    assert_string_equal(error.text, "no memory for the signal thread; close other programs");
    assert_null(interrupt);
    after = dup(STDIN_FILENO);
    close(after);
    assert_int_equal(after, before);
}

/* ---- The menu -------------------------------------------------------------------------------- */

/* What the window was told; its functions do nothing else here. */
static struct {
    struct view_menu menu;
    bool has_menu, paused, signal, mirrored;
    bool reading;   /* the present source, for as long as its driver likes */
    bool unstarted; /* what is opened cannot be read */
    int choice, forgotten, started, joined;
    int urgent;    /* sources before which the program asked for priority */
    bool coloured; /* results need the colours */
    char said[200], title[300];
    double recorded; /* seconds */
    struct pipeline_settings pipeline;
    struct expressions_smoother_settings smoother;
} shown;
static char logged[400]; /* a line for each message */

void __wrap_view_show_menu(struct view *view, const struct view_menu *menu);
bool __wrap_view_has_menu(const struct view *view);
int __wrap_view_choice(const struct view *view);
void __wrap_view_say(struct view *view, const char *text);
void __wrap_view_set_title(struct view *view, const char *title);
void __wrap_view_set_paused(struct view *view, bool paused);
void __wrap_view_set_signal(struct view *view, bool signal);
void __wrap_view_set_mirrored(struct view *view, bool mirrored);
void __wrap_view_forget_picture(struct view *view);
void __wrap_view_wake(struct view *view);
void __wrap_view_set_recording(struct view *view, double seconds);
void __real_take_end(struct session *session, const struct error *reason);
void __wrap_take_end(struct session *session, const struct error *reason);
void __wrap_log_line(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void __wrap_process_ask_for_priority(void);
bool __wrap_results_want_colours(const struct results *results);
enum expressions_status
__real_expressions_smoother_open(struct expressions_smoother **smoother,
                                 const struct expressions_smoother_settings *settings,
                                 struct expressions_error *error);
enum expressions_status
__wrap_expressions_smoother_open(struct expressions_smoother **smoother,
                                 const struct expressions_smoother_settings *settings,
                                 struct expressions_error *error);
bool __wrap_pipeline_ends(struct pipeline *pipeline, double deadline);
enum source_status __wrap_pipeline_join(struct pipeline *pipeline, struct error *error);
int __wrap_pipeline_start(struct pipeline *pipeline, const struct pipeline_settings *settings,
                          struct error *error);

void __wrap_view_show_menu(struct view *view, const struct view_menu *menu)
{
    (void)view;
    shown.has_menu = menu != NULL;
    if (menu)
        shown.menu = *menu;
}

bool __wrap_view_has_menu(const struct view *view)
{
    (void)view;
    return shown.has_menu;
}

int __wrap_view_choice(const struct view *view)
{
    (void)view;
    return shown.choice;
}

void __wrap_view_say(struct view *view, const char *text)
{
    (void)view;
    snprintf(shown.said, sizeof shown.said, "%s", text);
}

void __wrap_view_set_title(struct view *view, const char *title)
{
    (void)view;
    snprintf(shown.title, sizeof shown.title, "%s", title);
}

void __wrap_view_set_paused(struct view *view, bool paused)
{
    (void)view;
    shown.paused = paused;
}

void __wrap_view_set_signal(struct view *view, bool signal)
{
    (void)view;
    shown.signal = signal;
}

void __wrap_view_set_mirrored(struct view *view, bool mirrored)
{
    (void)view;
    shown.mirrored = mirrored;
}

void __wrap_view_forget_picture(struct view *view)
{
    (void)view;
    shown.forgotten++;
}

void __wrap_view_wake(struct view *view)
{
    (void)view;
    sem_post(&woken);
}

void __wrap_view_set_recording(struct view *view, double seconds)
{
    (void)view;
    shown.recorded = seconds;
}

void __wrap_log_line(const char *program, const char *format, ...)
{
    size_t used = strlen(logged);
    va_list arguments;
    va_start(arguments, format);
    assert_string_equal(program, "expressions");
    used += (size_t)vsnprintf(logged + used, sizeof logged - used, format, arguments);
    va_end(arguments);
    assert_true(used + 2 < sizeof logged);
    strcat(logged, "\n");
}

void __wrap_process_ask_for_priority(void)
{
    shown.urgent++;
}

bool __wrap_results_want_colours(const struct results *results)
{
    (void)results;
    return shown.coloured;
}

enum expressions_status
__wrap_expressions_smoother_open(struct expressions_smoother **smoother,
                                 const struct expressions_smoother_settings *settings,
                                 struct expressions_error *error)
{
    shown.smoother = *settings;
    return __real_expressions_smoother_open(smoother, settings, error);
}

void __wrap_take_end(struct session *session, const struct error *reason)
{
    assert_null(reason);
    assert_ptr_equal(session->take, &shown);
    session->take = NULL;
}

bool __wrap_pipeline_ends(struct pipeline *pipeline, double deadline)
{
    (void)pipeline;
    assert_true(deadline <= monotonic_now());
    return !shown.reading;
}

enum source_status __wrap_pipeline_join(struct pipeline *pipeline, struct error *error)
{
    (void)pipeline;
    (void)error;
    shown.joined++;
    return SOURCE_END;
}

int __wrap_pipeline_start(struct pipeline *pipeline, const struct pipeline_settings *settings,
                          struct error *error)
{
    (void)pipeline;
    if (shown.unstarted)
        return error_set(error, "no thread");
    assert_true(settings->source->read == read_nothing);
    shown.pipeline = *settings;
    shown.started++;
    return 0;
}

/* Chooses, and goes on with what comes of it. */
static void choose(struct session *session, int place)
{
    struct error error = {.text = ""};
    int failed = 1;
    shown.choice = place;
    shown.has_menu = true;
    *world.tried = *shown.said = '\0';
    bool camera = session->offers[place].input == INPUT_CAMERA;
    choosing_choice(session);
    assert_int_equal(shown.has_menu, session->source.read == NULL); /* it is all there is */
    char said[sizeof shown.said];
    strcpy(said, shown.said);
    assert_int_equal(sem_wait(&woken), 0);
    assert_true(choosing_follow(session, &failed, &error));
    assert_int_equal(failed, 0);
    assert_string_equal(said, camera ? "opening the camera..." : "");
}

/* Looks for cameras beside the window, and goes on with what is found. */
static bool look(struct session *session)
{
    struct error error = {.text = ""};
    int failed = 1;
    if (session->cameras_checked > 0)
        session->cameras_checked = monotonic_now() - 2;
    assert_false(choosing_follow(session, &failed, &error));
    assert_int_equal(sem_wait(&woken), 0);
    bool redraw = choosing_follow(session, &failed, &error);
    assert_int_equal(failed, 0);
    return redraw;
}

static void expect_choices(int count, const char *first, const char *last_but_two)
{
    assert_int_equal(shown.menu.count, count);
    assert_string_equal(shown.menu.choices[0], first);
    if (count > 2)
        assert_string_equal(shown.menu.choices[count - 3], last_but_two);
    assert_string_equal(shown.menu.choices[count - 2], "play the demo");
    assert_string_equal(shown.menu.choices[count - 1], "open a video...");
}

/* Cameras first, as far as there is room, then what there always is; each is what is opened. */
static void test_menu(void **state)
{
    (void)state;
    const struct options options = {.camera = {320, 240, 0, 0}};
    static struct session session;
    session.options = &options;
    session.view = (struct view *)(void *)&shown;
    world.count = VIEW_CHOICES + 2;
    choosing_welcome(&session, "100 %%", "a reason");
    assert_false(shown.has_menu); /* until cameras were found, or a moment is over */
    assert_true(look(&session));
    assert_string_equal(shown.menu.title, "100 %%");
    assert_string_equal(shown.menu.text, "a reason");
    assert_true(shown.menu.stays);
    expect_choices(VIEW_CHOICES - 1, "Camera 0 %%", "Camera 6 %%");
    world.count = 2;
    choosing_welcome(&session, "", "");
    assert_true(look(&session));
    expect_choices(4, "Camera 0 %%", "Camera 1 %%");
    choose(&session, 1);
    assert_string_equal(world.tried, "/dev/video2 ");
    assert_int_equal(session.input, INPUT_CAMERA);
    assert_string_equal(shown.title, "Expressions");
    expect_text(shown.said, "/dev/video2", "named");
    assert_true(shown.mirrored && session.chosen && !shown.has_menu);
    assert_int_equal(shown.started, 1);
    snprintf(session.source.name, sizeof session.source.name, "/dev/video2");
    choosing_menu(&session);
    assert_string_equal(shown.menu.title, "what to show");
    assert_false(shown.menu.stays);
    expect_choices(4, "Camera 0 %%", "Camera 1 %%  (shown)");
    assert_false(look(&session));
    world.count = 3;
    assert_true(look(&session));
    assert_string_equal(shown.menu.title, "what to show");
    expect_choices(5, "Camera 0 %%", "Camera 2 %%");
    world.count = 2;
    assert_true(look(&session));
    choosing_menu(&session);
    assert_false(shown.has_menu);
    /* From one to another: nothing of the first one stays. */
    static const struct frame frame;
    session.paused = shown.paused = session.silent = true;
    session.calibrating = 7;
    session.smoothing = 0.7;
    session.adapting = true;
    session.frame = &frame;
    session.take = (struct recorder *)(void *)&shown;
    session.last_frame = 0;
    session.menu_due = 1;
    shown.signal = false;
    world.closed = shown.joined = 0;
    choose(&session, 2);
    assert_string_equal(world.tried, "demo ");
    assert_int_equal(world.closed, 1);
    assert_int_equal(shown.joined, 1); /* nobody reads it any more */
    assert_true(!session.paused && !shown.paused && !session.silent && shown.signal);
    assert_int_equal(session.calibrating, 0);
    expect_close(shown.smoother.seconds, 0.7, 0, "seconds");
    assert_int_equal(shown.smoother.adapt, 1);
    assert_null(session.frame);
    assert_null(session.take);
    assert_true(session.last_frame > 0 && session.menu_due == 0);
    assert_false(shown.mirrored);
    /* What was opened waits for the present source's driver, the window does not. */
    struct error error;
    int failed = 1;
    shown.reading = true;
    choosing_video(&session, "c.mp4");
    assert_int_equal(sem_wait(&woken), 0);
    choosing_follow(&session, &failed, &error);
    assert_int_equal(session.input, INPUT_DEMO);
    assert_false(shown.has_menu); /* nor does a menu come that nobody asked for */
    shown.reading = false;
    assert_true(choosing_follow(&session, &failed, &error));
    assert_int_equal(session.input, INPUT_VIDEO);
    choose(&session, 2);
    choosing_menu(&session);
    assert_string_equal(shown.menu.choices[2], "play the demo  (shown)");
    choosing_menu(&session);
    /* One that cannot be opened leaves the present one. */
    world.chosen = "d.mp4";
    world.busy = "d.mp4";
    choose(&session, 3);
    expect_text(shown.said, "d.mp4", "it is busy");
    assert_non_null(session.source.read);
    assert_false(shown.has_menu);
    world.busy = NULL;
    choose(&session, 3);
    assert_string_equal(shown.title, "d.mp4 - Expressions");
    choosing_leave(&session, &(struct error){.text = "cut off"});
    assert_string_equal(shown.menu.title, "the video has ended early");
    assert_string_equal(shown.menu.text, "cut off");
    assert_string_equal(shown.title, "Expressions");
    assert_true(shown.menu.stays && shown.forgotten == 1 && !session.source.read);
    choosing_leave(&session, &(struct error){.text = ""});
    assert_string_equal(shown.menu.title, "the end");
    assert_string_equal(shown.menu.text, "");
    /* What is opened, but cannot be shown, ends the program. */
    struct error reason = {.text = ""};
    shown.choice = 2;
    choosing_choice(&session);
    assert_int_equal(sem_wait(&woken), 0);
    shown.unstarted = true;
    assert_true(choosing_follow(&session, &failed, &reason));
    assert_int_equal(failed, -1);
    assert_string_equal(reason.text, "no thread");
    session.smoothing = 61;
    choosing_choice(&session);
    assert_int_equal(sem_wait(&woken), 0);
    shown.unstarted = false;
    assert_true(choosing_follow(&session, &failed, &reason));
    assert_int_equal(failed, -1);
    expect_text(reason.text, "61", "0 .. 60");
    source_close(&session.source);
    free(session.cameras);
    expressions_smoother_close(&session.smoother);
}

/* Without anything to show, the menu says why, offers the camera again, and sees new ones. */
static void test_menu_without_source(void **state)
{
    (void)state;
    const struct options options = {
        .input = INPUT_CAMERA, .source = "http://100%%/", .camera = {320, 240, 0, 0}};
    static struct session session;
    struct error error;
    int failed = 1;
    session.options = &options;
    world.count = 0;
    choosing_welcome(&session, "no camera", "none");
    assert_true(look(&session));
    expect_choices(3, "try again", "try again");
    assert_false(look(&session)); /* there is still none */
    world.busy = options.source;
    shown.has_menu = false;
    choose(&session, 0);
    assert_true(shown.has_menu);
    assert_string_equal(shown.menu.title, "no camera");
    assert_string_equal(shown.menu.text, "http://100%%/: it is busy");
    world.chosen = "";
    choose(&session, 2); /* a dialog where nothing is chosen */
    assert_string_equal(shown.menu.title, "no camera");
    world.chosen = world.busy = "e.mp4";
    choose(&session, 2);
    assert_string_equal(shown.menu.title, "not opened");
    world.busy = NULL;
    world.count = 1; /* plugged in before the menu appeared */
    assert_true(look(&session));
    assert_string_equal(shown.menu.title, "not opened");
    expect_choices(4, "Camera 0 %%", "try again");
    world.count = 2;
    session.cameras_checked = monotonic_now();
    assert_false(choosing_follow(&session, &failed, &error)); /* it looks now and then */
    assert_null(session.search);
    assert_true(look(&session));
    assert_string_equal(shown.menu.title, "new camera");
    expect_choices(5, "Camera 0 %%", "try again");
    assert_false(look(&session)); /* nothing new */
    world.count = 1;
    assert_true(look(&session));
    world.make = "Webcam"; /* others in their places are no new ones */
    snprintf(session.menu_title, sizeof session.menu_title, "here");
    assert_true(look(&session));
    expect_choices(4, "Webcam 0 %%", "try again");
    world.first = 1;
    assert_true(look(&session));
    assert_string_equal(session.cameras[0].path, "/dev/video1");
    assert_string_equal(shown.menu.title, "here");
    world.make = NULL;
    world.first = 0;
    assert_true(look(&session));
    assert_string_equal(shown.menu.title, "here");
    world.count = 0;
    assert_true(look(&session));
    assert_string_equal(shown.menu.title, "here");
    expect_choices(3, "try again", "try again");
    world.count = VIEW_CHOICES;
    assert_true(look(&session));
    expect_choices(VIEW_CHOICES, "Camera 0 %%", "try again");
    world.full = true;
    camera_search_begin(&session.search, wake, &woken);
    world.full = false;
    assert_null(session.search);
    free(session.cameras);
}

/* The first menu waits for the cameras, but not for ever; later ones come at once. */
static void test_menu_that_waits(void **state)
{
    (void)state;
    const struct options options = {.camera = {320, 240, 0, 0}};
    static struct session session;
    struct error error;
    int failed = 1;
    session.options = &options;
    world.count = 1;
    world.stalls = true;
    shown.has_menu = false;
    choosing_welcome(&session, "here", "");
    assert_false(choosing_follow(&session, &failed, &error)); /* the search has begun */
    assert_false(shown.has_menu);
    session.menu_due = monotonic_now();
    assert_true(choosing_follow(&session, &failed, &error));
    assert_true(shown.has_menu);
    assert_false(choosing_follow(&session, &failed, &error));
    expect_choices(2, "play the demo", "");
    assert_int_equal(sem_post(&world.driver), 0);
    assert_int_equal(sem_wait(&woken), 0);
    assert_true(choosing_follow(&session, &failed, &error));
    expect_choices(3, "Camera 0 %%", "Camera 0 %%");
    world.stalls = shown.has_menu = false;
    choosing_welcome(&session, "here again", "");
    assert_true(shown.has_menu);
    free(session.cameras);
}

/* Recorded to the end, and one thing at a time. */
static void test_menu_held(void **state)
{
    (void)state;
    const struct options recording = {.results = {.output = "a.mp4"}};
    static struct session session;
    session.options = &recording;
    session.results_of =
        (struct results_of){.options = &recording.results, .source = &session.source};
    shown.has_menu = false;
    *world.tried = '\0';
    choosing_menu(&session);
    assert_false(shown.has_menu || session.menu_due > 0);
    expect_text(shown.said, "", "--output takes one source");
    *shown.said = '\0';
    choosing_video(&session, "f.mp4");
    expect_text(shown.said, "", "--output takes one source");
    const struct options options = {.camera = {320, 240, 0, 0}};
    session.options = &options;
    session.results_of.options = &options.results;
    struct opened opened;
    assert_int_equal(opening_begin(&session.opening, &(struct opening_request){.input = INPUT_DEMO},
                                   wake, &woken, &opened.reason),
                     0);
    assert_int_equal(sem_wait(&woken), 0);
    *world.tried = '\0';
    choosing_next_camera(&session);
    expect_text(shown.said, "", "still opening");
    assert_string_equal(world.tried, "");
    opening_abandon(&session.opening);
    world.full = true;
    choosing_video(&session, "f.mp4");
    world.full = false;
    assert_string_equal(shown.said, "no memory for another source; close other programs");
    assert_null(session.opening);
    /* The next one is another one than the present one. */
    strcpy(session.source.name, "http://100%%/");
    world.count = 1;
    choosing_next_camera(&session);
    assert_int_equal(sem_wait(&woken), 0);
    assert_string_equal(world.present, "http://100%%/");
    opening_abandon(&session.opening);
}

/* ---- A session ------------------------------------------------------------------------------- */

/* A window shows cameras as they are now, and films as they were; without one each frame counts,
 * unless --eco says that power does. Colours are made where they are needed. */
static void test_pipeline_settings(void **state)
{
    (void)state;
    static struct session session;
    struct error error;
    for (int bits = 0; bits < 32; bits++) {
        bool live = bits & 1, window = bits & 2, eco = bits & 4, exits = bits & 8;
        const struct options options = {.eco = eco, .exit_on_loss = exits};
        const struct pipeline_settings *made = &shown.pipeline;
        shown.coloured = bits & 16;
        shown.urgent = 0;
        session.options = &options;
        session.source = (struct source){.live = live, .read = read_nothing};
        session.view = window ? (struct view *)(void *)&shown : NULL;
        assert_int_equal(session_start_pipeline(&session, &error), 0);
        assert_ptr_equal(made->source, &session.source);
        assert_int_equal(made->decoupled, live && (window || eco));
        expect_close(made->look_seconds, eco ? 0.2 : 0, 0, "seconds");
        assert_int_equal(made->grey, !window && !shown.coloured);
        assert_int_equal(made->paced, window && !live);
        assert_int_equal(made->wake != NULL, window);
        assert_int_equal(made->lost != NULL, !exits);
        assert_ptr_equal(made->context, &session);
        assert_int_equal(shown.urgent, live);
    }
    shown.coloured = false;
}

/* A camera that is lost is told of, and its return, unless nothing is to be said. */
static void test_loss_is_told(void **state)
{
    (void)state;
    static struct session session;
    struct error error = {.text = "100 %%: gone"};
    for (int quiet = 0; quiet < 2; quiet++) {
        const struct options options = {.quiet = quiet};
        session.options = &options;
        session.source = (struct source){.name = "/dev/video%%", .read = read_nothing};
        assert_int_equal(session_start_pipeline(&session, &error), 0);
        *logged = '\0';
        shown.pipeline.lost(shown.pipeline.context, &error);
        shown.pipeline.lost(shown.pipeline.context, NULL);
        assert_string_equal(logged, quiet ? "" : "100 %%: gone\ncamera /dev/video%%: is back\n");
    }
    session_set_title(&session, "-");
    assert_string_equal(shown.title, "Expressions");
    session_set_title(&session, "films/-.mp4");
    assert_string_equal(shown.title, "-.mp4 - Expressions");
}

/* ---- What the key r records ------------------------------------------------------------------ */

static struct {
    const char *no_room, *full, *unfinished; /* why it fails, as it begins, goes on, ends */
    char path[100];
    int frames;
} tape;

int __wrap_recorder_create(struct recorder **recorder, const char *path,
                           const struct drawing *drawing, const struct source *source,
                           struct error *error);
int __wrap_recorder_add(struct recorder *recorder, const struct frame *frame, struct error *error);
double __wrap_recorder_seconds(const struct recorder *recorder);
const char *__wrap_recorder_path(const struct recorder *recorder);
int __wrap_recorder_close(struct recorder **recorder, bool whole, struct error *error);

int __wrap_recorder_create(struct recorder **recorder, const char *path,
                           const struct drawing *drawing, const struct source *source,
                           struct error *error)
{
    snprintf(tape.path, sizeof tape.path, "%s", path);
    assert_true(drawing->bars && source->live);
    if (tape.no_room)
        return error_set(error, "%s", tape.no_room);
    *recorder = (struct recorder *)(void *)&tape;
    return 0;
}

int __wrap_recorder_add(struct recorder *recorder, const struct frame *frame, struct error *error)
{
    assert_ptr_equal(recorder, &tape);
    assert_int_equal(frame->index, 7);
    tape.frames++;
    return tape.full ? error_set(error, "%s", tape.full) : 0;
}

double __wrap_recorder_seconds(const struct recorder *recorder)
{
    assert_ptr_equal(recorder, &tape);
    return 0.5 * tape.frames;
}

const char *__wrap_recorder_path(const struct recorder *recorder)
{
    assert_ptr_equal(recorder, &tape);
    return tape.path;
}

int __wrap_recorder_close(struct recorder **recorder, bool whole, struct error *error)
{
    assert_ptr_equal(*recorder, &tape);
    assert_false(whole);
    *recorder = NULL;
    return tape.unfinished ? error_set(error, "%s", tape.unfinished) : 0;
}

static void expect_end(struct session *session, const char *said)
{
    assert_null(session->take);
    assert_string_equal(shown.said, said);
    expect_close(shown.recorded, -1, 0, "recorded");
}

/* It is named by its time; how long it is stands in the window, until it ends, which is told, or
 * why it failed. */
static void test_takes(void **state)
{
    (void)state;
    const struct options options = {.drawing = {.bars = true}};
    static const struct frame frame = {.index = 7};
    static struct session session;
    struct error reason = {.text = "cut 100 %% off"};
    char saved[120];
    session.options = &options;
    session.source.live = true;
    *shown.said = '\0';
    tape.no_room = "100 %%: no room";
    take_begin(&session);
    assert_null(session.take);
    assert_string_equal(shown.said, "100 %%: no room");
    tape.no_room = NULL;
    for (int i = 0; i < 2; i++) {
        *shown.said = '\0';
        shown.recorded = tape.frames = 0;
        take_begin(&session);
        assert_memory_equal(tape.path, "expressions-20", 14);
        assert_string_equal(tape.path + strlen(tape.path) - 4, ".mkv");
        for (int k = 1; k < 3; k++) {
            take_add(&session, &frame);
            expect_close(shown.recorded, 0.5 * k, 0, "recorded");
        }
        assert_string_equal(shown.said, "");
        snprintf(saved, sizeof saved, "saved %s", tape.path);
        __real_take_end(&session, i ? &reason : NULL);
        expect_end(&session, i ? "recording ended: cut 100 %% off" : saved);
    }
    shown.recorded = tape.frames = 0;
    take_begin(&session);
    __real_take_end(&session, NULL);
    expect_end(&session, "nothing was recorded");
    tape.unfinished = "100 %%: no end";
    for (int i = 0; i < 2; i++) {
        take_begin(&session);
        __real_take_end(&session, i ? &reason : NULL);
        expect_end(&session,
                   i ? "recording ended: cut 100 %% off" : "recording ended: 100 %%: no end");
    }
    tape.full = "100 %%: no more room";
    take_begin(&session);
    take_add(&session, &frame);
    expect_end(&session, "recording ended: 100 %%: no more room");
}

/* ---- The dialog ------------------------------------------------------------------------------ */

int __real_file_chooser_ask(char *path, size_t size, const atomic_bool *abandoned,
                            struct error *error);

/* Programs of the desktop that do this. */
static void make_dialog(const char *name, const char *commands)
{
    char text[200];
    int length = snprintf(text, sizeof text, "#!/bin/sh\n%s\n", commands);
    write_bytes(in_folder(name), text, (size_t)length);
    assert_int_equal(chmod(in_folder(name), 0700), 0);
}

static struct {
    atomic_bool abandoned;
    bool late;        /* abandoned once it has been waited for in vain */
    bool interrupted; /* by a signal, while its end is waited for */
} dialog;

/* A reader that takes bytes when it is asked first, and none from then on; while somebody is in a
 * call that only a signal ends, no time passes. */
static struct {
    bool is;
    atomic_int calls; /* that have to be ended */
    atomic_int cut;   /* that were */
    atomic_int waits; /* between two looks */
    atomic_bool strange;
} stalled;

int __real_poll(struct pollfd *polled, nfds_t count, int milliseconds);
int __wrap_poll(struct pollfd *polled, nfds_t count, int milliseconds);

static int poll_stalled(struct pollfd *files, nfds_t count, int timeout)
{
    if (timeout == 0)
        return stalled.waits < 2;
    if (count != 1 || timeout != (stalled.waits++ < 2 ? 2000 : 50))
        stalled.strange = true;
    sched_yield();
    return stalled.calls > 0 ? 0 : __real_poll(files, count, timeout);
}

pid_t __real_waitpid(pid_t child, int *status, int options);
pid_t __wrap_waitpid(pid_t child, int *status, int options);

int __wrap_poll(struct pollfd *polled, nfds_t count, int milliseconds)
{
    int result = stalled.is ? poll_stalled(polled, count, milliseconds)
                            : __real_poll(polled, count, milliseconds);
    if (result == 0 && dialog.late)
        atomic_store(&dialog.abandoned, true);
    return result;
}

pid_t __wrap_waitpid(pid_t child, int *status, int options)
{
    if (!dialog.interrupted)
        return __real_waitpid(child, status, options);
    dialog.interrupted = false;
    errno = EINTR;
    return -1;
}

/* Asks where something was typed, and sees that no message gets through. PIPES: where the ends of a
 * pipe will be. */
static int ask(char *path, size_t size, struct error *error)
{
    int before = open_descriptors();
    int kept[] = {dup(STDIN_FILENO), dup(STDERR_FILENO)}, ends[2];
    write_bytes(in_folder("typed"), "typed\n", 6);
    int typed = open(in_folder("typed"), O_RDONLY);
    int said = open(in_folder("said"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    assert_true(dup2(typed, STDIN_FILENO) >= 0 && dup2(said, STDERR_FILENO) >= 0);
    close(typed);
    close(said);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    close(ends[1]);
    char pipes[30];
    snprintf(pipes, sizeof pipes, "%d %d", ends[0], ends[1]);
    setenv("PIPES", pipes, 1);
    setenv("GIVEN", "given", 1);
    dirty_stack();
    int result = __real_file_chooser_ask(path, size, &dialog.abandoned, error);
    assert_true(dup2(kept[0], STDIN_FILENO) >= 0 && dup2(kept[1], STDERR_FILENO) >= 0);
    close(kept[0]);
    close(kept[1]);
    assert_int_equal(open_descriptors(), before);
    expect_file("said", "");
    return result;
}

/* What its answers mean, however long they are and whatever else it does; the desktop's own program
 * comes first. */
static void expect_answers(void)
{
    static const struct {
        const char *zenity, *kdialog, *desktop, *path, *reason;
    } cases[] = {
        {"echo '/a b.mp4'; echo more", NULL, "GNOME", "/a b.mp4", NULL},
        {"read line || echo none", NULL, "GNOME", "none", NULL}, /* it has no input */
        {"echo l.mp4; exec >&-; /bin/sleep 0.2", NULL, "GNOME", "l.mp4", NULL}, /* ends later */
        {"echo message >&2 && echo m", NULL, "GNOME", "m", NULL},
        {"echo \"${2#--title=} $#\"", NULL, "GNOME", "Open a video 4", NULL},
        {NULL, "echo \"$2 $#\"", "GNOME", "Open a video 5", NULL},
        {"echo \"$GIVEN\"", NULL, "GNOME", "given", NULL},
        {"for end in $PIPES; do [ ! -p /proc/$$/fd/$end ] || echo $end; done; echo none", NULL, "",
         "none", NULL},
        {"exit 1", NULL, "GNOME", "", NULL},
        {"echo x; exit 1", NULL, "GNOME", "", NULL},
        {"exit 2", NULL, "GNOME", "", "drop a video on this window"},
        {"echo x; exit 2", NULL, "GNOME", "", "drop a video on this window"},
        /* What its parent ignores and blocks ends it, but for what a user ignores. */
        {"kill -PIPE $$; echo alive", NULL, "GNOME", "", "cannot be shown"},
        {"kill -USR1 $$; echo alive", NULL, "GNOME", "", "cannot be shown"},
        {"kill -HUP $$; echo alive", NULL, "GNOME", "alive", NULL},
        {NULL, NULL, "GNOME", "", "needs zenity or kdialog"},
        {NULL, "echo k", "GNOME", "k", NULL},
        {"echo z", "echo k", "ubuntu:KDE", "k", NULL},
        {"echo z", "echo k", "ubuntu:GNOME", "z", NULL},
        {"echo z", NULL, "KDE", "z", NULL},
        {"printf 123456789012345", NULL, "", "123456789012345", NULL},
        {"printf 1234567890123456", NULL, "", "123456789012345", NULL},
        {"printf 1; /bin/sleep 0.1; printf 2345678901234567", NULL, "", "123456789012345", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[17] = "-----------------";
        struct error error = {.text = ""};
        unlink(in_folder("zenity"));
        unlink(in_folder("kdialog"));
        if (cases[i].zenity)
            make_dialog("zenity", cases[i].zenity);
        if (cases[i].kdialog)
            make_dialog("kdialog", cases[i].kdialog);
        setenv("XDG_CURRENT_DESKTOP", cases[i].desktop, 1);
        int result = ask(path, 16, &error);
        expect_text(error.text, "", cases[i].reason ? cases[i].reason : "");
        assert_string_equal(path, cases[i].path);
        assert_int_equal(result, cases[i].reason ? -1 : 0);
        assert_int_equal(path[16], '-');
    }
}

/* It is ended where nobody waits any more, at once or later; a signal that comes meanwhile is no
 * end of it; and where there is no room for it, it is not begun. */
static void expect_ends(void)
{
    struct error error;
    struct rlimit usual, none;
    char path[16];
    make_dialog("zenity", "/bin/sleep 1; : >\"$0.ended\"");
    for (int late = 0; late < 2; late++) {
        dialog.late = late;
        atomic_store(&dialog.abandoned, !late);
        assert_int_equal(ask(path, sizeof path, &error), 0);
        assert_string_equal(path, "");
        assert_int_equal(access(in_folder("zenity.ended"), F_OK), -1);
    }
    dialog.late = false;
    atomic_store(&dialog.abandoned, false);
    dialog.interrupted = true;
    make_dialog("zenity", "echo x; exit 1");
    assert_int_equal(ask(path, sizeof path, &error), 0);
    assert_string_equal(path, "");
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    /* As programs are begun by some: nobody can say how a child has ended. */
    signal(SIGCHLD, SIG_IGN);
    make_dialog("zenity", "echo x");
    int answered = ask(path, sizeof path, &error);
    signal(SIGCHLD, SIG_DFL);
    assert_int_equal(answered, 0);
    assert_string_equal(path, "x");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = usual;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int result = __real_file_chooser_ask(path, sizeof path, &dialog.abandoned, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(result, -1);
    assert_string_equal(error.text, "cannot open the file dialog: Too many open files");
}

static void test_dialog_programs(void **state)
{
    (void)state;
    const char *usual = getenv("PATH");
    char *saved = strdup(usual ? usual : "");
    sigset_t blocked;
    setenv("PATH", test_folder(), 1);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    expect_answers();
    expect_ends();
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    setenv("PATH", saved, 1);
    unsetenv("PIPES");
    unsetenv("GIVEN");
    free(saved);
}

/* ---- Signals --------------------------------------------------------------------------------- */

static void (*handler_of(int number))(int)
{
    struct sigaction action;
    assert_int_equal(sigaction(number, NULL, &action), 0);
    return action.sa_handler;
}

/* How many descriptors a program would have that is started from here. */
static int count_inherited(void)
{
    int count = 0;
    for (int fd = 0; fd < 100; fd++)
        count += fcntl(fd, F_GETFD) == 0;
    return count;
}

/* The first signal stops in order, the second one ends at once; nothing is left of it behind. */
static void test_interrupt(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct interrupt *interrupt = NULL;
    struct error error;
    int before = dup(STDIN_FILENO), after, inherited = count_inherited();
    close(before);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(interrupt_watch(&interrupt, wake, &woken, &error), 0);
        assert_false(process_stopping());
        assert_int_equal(count_inherited(), inherited - 1); /* less the one that was `before` */
        assert_true(handler_of(SIGPIPE) == SIG_IGN);
        for (int k = 0; k < 3; k++)
            assert_true(handler_of(signals[k]) != SIG_DFL);
        raise(signals[i]);
        assert_int_equal(sem_wait(&woken), 0);
        assert_true(process_stopping());
        assert_true(handler_of(signals[i]) == SIG_DFL);
        interrupt_free(&interrupt);
        assert_null(interrupt);
        for (int k = 0; k < 3; k++)
            assert_true(handler_of(signals[k]) == SIG_DFL);
        assert_true(handler_of(SIGUSR1) == SIG_DFL);
    }
    assert_int_equal(interrupt_watch(&interrupt, wake, &woken, &error), 0);
    interrupt_free(&interrupt);
    interrupt_free(&interrupt);
    after = dup(STDIN_FILENO);
    close(after);
    assert_int_equal(after, before);
    int calls;
    assert_int_equal(sem_getvalue(&woken, &calls), 0);
    assert_int_equal(calls, 0);
}

/* Whether each thread but this one waits, and keeps the signal from itself: one that begins does,
 * too, but does not wait. */
static bool others_block(int number)
{
    bool all = true;
    struct dirent *entry;
    DIR *folder = opendir("/proc/self/task");
    while (folder && (entry = readdir(folder))) {
        char path[300], line[200];
        unsigned long long blocked = 0;
        char how = '?';
        if (*entry->d_name == '.' || atoi(entry->d_name) == getpid())
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        FILE *file = fopen(path, "r");
        while (file && fgets(line, sizeof line, file)) {
            sscanf(line, "State: %c", &how);
            sscanf(line, "SigBlk: %llx", &blocked);
        }
        if (file)
            fclose(file);
        all = all && how == 'S' && blocked >> (number - 1) & 1;
    }
    if (folder)
        closedir(folder);
    return all;
}

/* The thread that obeys signals gets none itself: nothing cuts what it does short. */
static void test_undisturbed(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    struct interrupt *interrupt = NULL;
    struct error error;
    assert_int_equal(interrupt_watch(&interrupt, wake, &woken, &error), 0);
    for (int i = 0; i < 4; i++) {
        double patience = monotonic_now() + 5;
        bool kept;
        while (!(kept = others_block(signals[i])) && monotonic_now() < patience)
            sched_yield();
        assert_true(kept);
    }
    interrupt_free(&interrupt);
}

static sem_t stops, may_stop;

static void stop_slowly(void *context)
{
    sem_post(&stops);
    sem_wait(&may_stop);
    wake(context);
}

/* Others that come while the first one is obeyed change nothing. */
static void test_many_signals(void **state)
{
    (void)state;
    struct interrupt *interrupt = NULL;
    struct error error;
    sem_init(&stops, 0, 0);
    sem_init(&may_stop, 0, 0);
    assert_int_equal(interrupt_watch(&interrupt, stop_slowly, &woken, &error), 0);
    raise(SIGINT);
    assert_int_equal(sem_wait(&stops), 0);
    raise(SIGTERM);
    raise(SIGHUP);
    assert_int_equal(sem_post(&may_stop), 0);
    assert_int_equal(sem_wait(&woken), 0);
    interrupt_free(&interrupt);
    assert_int_equal(sem_trywait(&stops), -1);
}

static void call(void)
{
    sem_t never;
    struct timespec limit;
    sem_init(&never, 0, 0);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 20;
    stalled.cut += sem_timedwait(&never, &limit) == -1 && errno == EINTR;
    stalled.calls--;
}

static void *write_beside(void *context)
{
    struct interrupt *interrupt = context;
    interrupt_set_writer(interrupt, true);
    call();
    interrupt_set_writer(interrupt, false);
    return NULL;
}

/* Whoever writes to a reader that has stopped reading is freed: another thread, then the one that
 * began. What is written from then on goes nowhere. */
static void test_stalled_reader(void **state)
{
    (void)state;
    struct interrupt *interrupt = NULL;
    struct error error;
    struct stat before, left;
    pthread_t writer;
    fflush(stdout);
    int output = dup(STDOUT_FILENO);
    memset(&stalled, 0, sizeof stalled);
    stalled.is = true;
    stalled.calls = 2;
    assert_int_equal(stat("/dev/null", &before), 0);
    assert_int_equal(interrupt_watch(&interrupt, wake, &woken, &error), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_beside, interrupt), 0);
    raise(SIGINT);
    pthread_join(writer, NULL);
    call();
    interrupt_free(&interrupt);
    int result = fstat(STDOUT_FILENO, &left);
    dup2(output, STDOUT_FILENO);
    close(output);
    stalled.is = false;
    assert_int_equal(sem_wait(&woken), 0);
    assert_int_equal(stalled.cut, 2);
    assert_true(stalled.waits > 2 && !stalled.strange);
    assert_true(result == 0 && left.st_rdev == before.st_rdev);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_camera),
        cmocka_unit_test(test_named_sources),
        cmocka_unit_test(test_dialog),
        cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_without_threads),
        cmocka_unit_test(test_menu),
        cmocka_unit_test(test_menu_without_source),
        cmocka_unit_test(test_menu_that_waits),
        cmocka_unit_test(test_menu_held),
        cmocka_unit_test(test_pipeline_settings),
        cmocka_unit_test(test_loss_is_told),
        cmocka_unit_test(test_takes),
        cmocka_unit_test_setup_teardown(test_dialog_programs, make_folder, remove_folder),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_undisturbed),
        cmocka_unit_test(test_many_signals),
        cmocka_unit_test(test_stalled_reader),
        cmocka_unit_test(test_nohup),
        cmocka_unit_test(every_thread_is_joined),
        cmocka_unit_test(every_lock_is_destroyed),
    };
    sem_init(&woken, 0, 0);
    signal(SIGINT, SIG_DFL); /* whatever began this has ignored */
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
