/* The whole live program with cameras that misbehave: scripted ones stand in for the shim's, and
 * the window is SDL's dummy. What follows from what waits for events, never for a time. */
#include "blocks.h"
#include "joined.h"
#include "locked.h"
#include "small_face_model.h"
#include "testing.h"

#include "cameras.h"
#include "demo.h"
#include "monotonic.h"
#include "ocv.h"
#include "resources.h"
#include "run.h"
#include "statistics.h"
#include "view.h"

#include <SDL_events.h>
#include <stdatomic.h>
#include <time.h>

enum { MAX_SIDE = 720, MAX_OPENS = 16, PATIENCE = 180 /* seconds until a test is given up */ };

struct ocv_video {
    int number; /* of all that were opened */
    int width, height;
    bool film;
};

void *__wrap_malloc(size_t size)
{
    return allocate(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allocate_zeros(count, size);
}

/* ---- The script ------------------------------------------------------------------------------ */

enum event {
    FRAMES, /* `count` of width x height; none has the width that a row of its pixels takes */
    SHOWN,  /* the same, until one of this width is shown */
    KEY,    /* the user presses `key` */
    PAUSE,  /* the user pauses or goes on: no frame until the window has */
    LATER,  /* three seconds pass at once */
    DROP,   /* the user drops a film on the window; hardly a frame until it is shown */
    TAB,    /* the user presses Tab; frames until `count` cameras were tried, and one is shown */
    UNTIL,  /* frames until the window has shown or said `count`, an enum mark */
    DRAWN,  /* no frame until the window has drawn what it was told last */
    STALL,  /* the same, of "no signal" */
    LOSS,   /* the camera's end, or a film's; the next `count` tries to open it fail */
    BREAK,  /* a film ends early */
    END     /* of a file; a camera goes on until the user quits */
};

struct step {
    enum event event;
    int count, width, height;
    SDL_Keycode key;
};

/* Touched by one thread at a time: the one that reads, or, while there is none, the one that opens.
 * But for what Tab opens beside the one that reads. */
static struct {
    const struct step *step;
    int frames;   /* of this step so far */
    int shots;    /* frames of all steps so far */
    int refusals; /* tries to open that will fail */
    int tried;    /* `opens` at which this step ends */
    double patience;
    atomic_int opens;
    double opened[MAX_OPENS]; /* when it was tried, monotonic seconds */
    char present[16];         /* what was opened last */
} script;

/* Seconds that have passed at once. */
static _Atomic double skipped;

double __real_monotonic_now(void);
double __wrap_monotonic_now(void);

double __wrap_monotonic_now(void)
{
    return __real_monotonic_now() + skipped;
}

/* How many pictures the window was given, and of how many it waits for while Tab opens a camera: a
 * window that stands still meanwhile never gets there. */
static atomic_int given, awaited;
static atomic_bool frozen;

/* The width of the picture in the window; 0: none since a camera was tried. */
static atomic_int shown;

/* Whether the window has not drawn yet what it was told last; and whether it never did. */
static atomic_bool undrawn, never_drawn;
static bool signal_undrawn; /* "no signal", for which nobody else wakes the window */

/* What the window was told: bit by bit, 1 for a signal, 0 for none; the first 1 bit is a mark. And
 * whether it was told of anything before the first picture. */
static atomic_uint signals;
static bool told_early;

void __real_view_set_signal(struct view *view, bool signal);
void __wrap_view_set_signal(struct view *view, bool signal);

void __wrap_view_set_signal(struct view *view, bool signal)
{
    __real_view_set_signal(view, signal);
    told_early = told_early || given == 0;
    undrawn = true;
    signal_undrawn = !signal;
    signals = signals << 1 | signal;
}

/* What the window was seen to do, bit by bit. */
enum mark {
    A_FACE,
    AN_INPUT,
    NUMBERS,
    OTHER_NUMBERS, /* some frames after the first ones */
    A_DETECTION,   /* told how long it took, at some time after its face is shown */
    A_MENU,
    A_PLAIN_FACE, /* after a calibration was undone */
    NO_FACE,
    LOOK_NEUTRAL,
    UNDONE,
    LOST,
    CALIBRATED,
    NOT_RECORDED,
    RECORDED
};
static atomic_uint marks;

/* What it has said and the smoother was told, a line for each, and its numbers. */
static char told[4000], numbers[400];

static void tell(const char *text)
{
    size_t used = strlen(told);
    snprintf(told + used, sizeof told - used, "%s\n", text);
}

void __real_view_say(struct view *view, const char *text);
void __wrap_view_say(struct view *view, const char *text);

void __wrap_view_say(struct view *view, const char *text)
{
    static const char *const texts[] = {[NO_FACE] = "no face to calibrate",
                                        [LOOK_NEUTRAL] = "look neutral for two seconds",
                                        [UNDONE] = "calibration undone",
                                        [LOST] = "not calibrated: the face was lost",
                                        [CALIBRATED] = "calibrated; the same key undoes it",
                                        [NOT_RECORDED] = "recording ended: expressions-",
                                        [RECORDED] = "saved expressions-"};
    __real_view_say(view, text);
    tell(text);
    if (strcmp(text, "the camera is back") == 0)
        assert_true(signals & 1);
    undrawn = true;
    for (int i = NO_FACE; i <= RECORDED; i++)
        marks |= (unsigned)(strncmp(text, texts[i], strlen(texts[i])) == 0) << i;
}

void __real_view_set_statistics(struct view *view, const char *text);
void __wrap_view_set_statistics(struct view *view, const char *text);

/* They change with every tenth frame. */
void __wrap_view_set_statistics(struct view *view, const char *text)
{
    static int before;
    assert_true(view_wants_statistics(view));
    assert_int_equal(given % 10, 1);
    __real_view_set_statistics(view, text);
    snprintf(numbers, sizeof numbers, "%s", text);
    if (marks >> NUMBERS & 1)
        marks |= (unsigned)(given == before + 10) << OTHER_NUMBERS;
    before = given;
    marks |= 1U << NUMBERS;
}

/* What the menu has said, a line for each; one that stays ends the run once it is drawn. How often
 * the window has waited for that. */
static char menus[500];
static bool menu_stays, menu_drawn;
static int menu_waits;

static void press(SDL_Keycode key)
{
    SDL_Event event = {.key = {.type = SDL_KEYDOWN, .state = SDL_PRESSED, .keysym.sym = key}};
    SDL_PushEvent(&event);
}

void __real_view_show_menu(struct view *view, const struct view_menu *menu);
void __wrap_view_show_menu(struct view *view, const struct view_menu *menu);

void __wrap_view_show_menu(struct view *view, const struct view_menu *menu)
{
    size_t used = strlen(menus);
    if (menu)
        snprintf(menus + used, sizeof menus - used, "%.60s: %.200s\n", menu->title, menu->text);
    menu_stays = menu && menu->stays;
    menu_waits = 0;
    marks |= (unsigned)(menu != NULL) << A_MENU;
    __real_view_show_menu(view, menu);
}

enum view_request __real_view_next(struct view *view, int longest);
enum view_request __wrap_view_next(struct view *view, int longest);

enum view_request __wrap_view_next(struct view *view, int longest)
{
    never_drawn = never_drawn || signal_undrawn;
    if (menu_stays && longest != 0 && ++menu_waits > 2) {
        never_drawn = true;
        press(SDLK_q);
    }
    return __real_view_next(view, longest);
}

/* By how many seconds every other frame says that it came earlier than it did. */
static double early;
/* By how many seconds more than it did each comes after the one before. */
static double late;

/* Times are those of parts of the work, and of looks that there were; a script may say anything of
 * when its frames came. How many there were of each is counted. */
static int times[STAGE_COUNT];

void __real_statistics_add(struct statistics *statistics, enum stage stage, double now,
                           double seconds);
void __wrap_statistics_add(struct statistics *statistics, enum stage stage, double now,
                           double seconds);

void __wrap_statistics_add(struct statistics *statistics, enum stage stage, double now,
                           double seconds)
{
    double time = monotonic_now();
    assert_true(now > time - PATIENCE && now <= time);
    bool unknown = stage == STAGE_LATENCY && (early != 0 || late != 0);
    assert_true((seconds >= 0 && seconds < PATIENCE) || unknown);
    assert_true(seconds > 0 || stage != STAGE_DETECTION);
    times[stage]++;
    marks |= (unsigned)(stage == STAGE_DETECTION) << A_DETECTION;
    __real_statistics_add(statistics, stage, now, seconds);
}

/* Which of them they are stands in the numbers. */
double __wrap_statistics_quantile(const struct statistics *statistics, enum stage stage,
                                  double share);
double __wrap_statistics_rate(const struct statistics *statistics, enum stage stage);

double __wrap_statistics_quantile(const struct statistics *statistics, enum stage stage,
                                  double share)
{
    (void)statistics;
    return 100 * (stage + 1) + 100 * share;
}

double __wrap_statistics_rate(const struct statistics *statistics, enum stage stage)
{
    (void)statistics;
    return stage + 5;
}

static bool recognizing_fails, smoothing_fails, explaining_fails;

enum expressions_status __real_expressions_recognize(struct expressions_recognizer *recognizer,
                                                     const struct expressions_picture *picture,
                                                     struct expressions_face *faces, int count,
                                                     struct expressions_error *error);
enum expressions_status __wrap_expressions_recognize(struct expressions_recognizer *recognizer,
                                                     const struct expressions_picture *picture,
                                                     struct expressions_face *faces, int count,
                                                     struct expressions_error *error);
enum expressions_status __real_expressions_smooth(struct expressions_smoother *smoother,
                                                  double time, struct expressions_face *faces,
                                                  int count, struct expressions_error *error);
enum expressions_status __wrap_expressions_smooth(struct expressions_smoother *smoother,
                                                  double time, struct expressions_face *faces,
                                                  int count, struct expressions_error *error);
enum expressions_status __real_expressions_explain(struct expressions_recognizer *recognizer,
                                                   const uint8_t *crop, int label,
                                                   float map[EXPRESSIONS_CROP_PIXELS],
                                                   struct expressions_error *error);
enum expressions_status __wrap_expressions_explain(struct expressions_recognizer *recognizer,
                                                   const uint8_t *crop, int label,
                                                   float map[EXPRESSIONS_CROP_PIXELS],
                                                   struct expressions_error *error);

static int recognized; /* faces, last */

const uint8_t *__real_expressions_latest_crop(const struct expressions_recognizer *recognizer,
                                              int face);
const uint8_t *__wrap_expressions_latest_crop(const struct expressions_recognizer *recognizer,
                                              int face);

const uint8_t *__wrap_expressions_latest_crop(const struct expressions_recognizer *recognizer,
                                              int face)
{
    assert_in_range(face + 1, 1, recognized);
    return __real_expressions_latest_crop(recognizer, face);
}

static enum expressions_status fail_for_memory(struct expressions_error *error)
{
    snprintf(error->text, sizeof error->text, "no memory for faces");
    return error->status = EXPRESSIONS_NO_MEMORY;
}

enum expressions_status __wrap_expressions_recognize(struct expressions_recognizer *recognizer,
                                                     const struct expressions_picture *picture,
                                                     struct expressions_face *faces, int count,
                                                     struct expressions_error *error)
{
    recognized = count;
    return recognizing_fails
               ? fail_for_memory(error)
               : __real_expressions_recognize(recognizer, picture, faces, count, error);
}

enum expressions_status __wrap_expressions_smooth(struct expressions_smoother *smoother,
                                                  double time, struct expressions_face *faces,
                                                  int count, struct expressions_error *error)
{
    return smoothing_fails ? fail_for_memory(error)
                           : __real_expressions_smooth(smoother, time, faces, count, error);
}

enum expressions_status __wrap_expressions_explain(struct expressions_recognizer *recognizer,
                                                   const uint8_t *crop, int label,
                                                   float map[EXPRESSIONS_CROP_PIXELS],
                                                   struct expressions_error *error)
{
    return explaining_fails ? fail_for_memory(error)
                            : __real_expressions_explain(recognizer, crop, label, map, error);
}

static bool inputs_fail, drawing_fails; /* to be drawn, once there is a picture */
static atomic_bool is_paused;           /* as the window was told last */
static int draws_in_pauses;

int __real_view_set_inputs(struct view *view, const uint8_t *const *crops, struct error *error);
int __wrap_view_set_inputs(struct view *view, const uint8_t *const *crops, struct error *error);

int __wrap_view_set_inputs(struct view *view, const uint8_t *const *crops, struct error *error)
{
    if (marks >> A_FACE & 1)
        marks |= (unsigned)(crops[0] != NULL) << AN_INPUT;
    return inputs_fail ? error_set(error, "no memory") : __real_view_set_inputs(view, crops, error);
}

int __real_view_draw(struct view *view, struct error *error);
int __wrap_view_draw(struct view *view, struct error *error);

int __wrap_view_draw(struct view *view, struct error *error)
{
    undrawn = signal_undrawn = false;
    draws_in_pauses += is_paused;
    menu_drawn = menu_drawn || menu_stays;
    if (menu_stays)
        press(SDLK_q);
    return drawing_fails && given ? error_set(error, "no window") : __real_view_draw(view, error);
}

enum expressions_status __real_expressions_adapt(struct expressions_smoother *smoother, int on,
                                                 struct expressions_error *error);
enum expressions_status __wrap_expressions_adapt(struct expressions_smoother *smoother, int on,
                                                 struct expressions_error *error);
enum expressions_status __real_expressions_smoother_set(struct expressions_smoother *smoother,
                                                        double seconds,
                                                        struct expressions_error *error);
enum expressions_status __wrap_expressions_smoother_set(struct expressions_smoother *smoother,
                                                        double seconds,
                                                        struct expressions_error *error);

enum expressions_status __wrap_expressions_adapt(struct expressions_smoother *smoother, int on,
                                                 struct expressions_error *error)
{
    tell(on ? "adapt" : "adapt no more");
    return __real_expressions_adapt(smoother, on, error);
}

enum expressions_status __wrap_expressions_smoother_set(struct expressions_smoother *smoother,
                                                        double seconds,
                                                        struct expressions_error *error)
{
    char text[40];
    snprintf(text, sizeof text, "smooth %g", seconds);
    tell(text);
    return __real_expressions_smoother_set(smoother, seconds, error);
}

static atomic_bool was_paused; /* as the window was told */

void __real_view_set_paused(struct view *view, bool paused);
void __wrap_view_set_paused(struct view *view, bool paused);

void __wrap_view_set_paused(struct view *view, bool paused)
{
    __real_view_set_paused(view, paused);
    undrawn = true;
    is_paused = paused;
    was_paused = was_paused || paused;
}

void __real_view_set_picture(struct view *view, const struct image *picture,
                             const struct expressions_face *faces, int count, double time);
void __wrap_view_set_picture(struct view *view, const struct image *picture,
                             const struct expressions_face *faces, int count, double time);

void __wrap_view_set_picture(struct view *view, const struct image *picture,
                             const struct expressions_face *faces, int count, double time)
{
    assert_false(is_paused);
    shown = picture->width;
    given++;
    marks |= (unsigned)(count > 0) << A_FACE;
    if (marks >> UNDONE & 1)
        marks |= (unsigned)(count > 0 && faces[0].calibration == EXPRESSIONS_PLAIN) << A_PLAIN_FACE;
    __real_view_set_picture(view, picture, faces, count, time);
}

static void pause_for(int milliseconds)
{
    const struct timespec moment = {0, milliseconds * 1000000L};
    nanosleep(&moment, NULL);
}

static atomic_bool film_opened;

static void drop_film(void)
{
    SDL_Event event = {.drop = {.type = SDL_DROPFILE, .file = SDL_strdup("film.mkv")}};
    double patience = monotonic_now() + PATIENCE;
    film_opened = false;
    SDL_PushEvent(&event);
    while (!film_opened && monotonic_now() < patience)
        pause_for(5);
}

static void await_drawing(void)
{
    double patience = monotonic_now() + PATIENCE / 4;
    while (undrawn && !never_drawn) {
        pause_for(5);
        never_drawn = monotonic_now() > patience;
    }
}

static void pause_or_go_on(void)
{
    bool before = is_paused;
    double patience = monotonic_now() + PATIENCE / 4;
    press(SDLK_SPACE);
    while (is_paused == before && monotonic_now() < patience)
        pause_for(1);
    await_drawing();
}

static void await_no_signal(void)
{
    double patience = monotonic_now() + PATIENCE;
    while (signals & 1 && monotonic_now() < patience)
        pause_for(5);
    await_drawing();
}

static void next_step(void)
{
    script.step++;
    script.frames = 0;
}

/* Presses the key at first, and gives frames until those of the new camera are shown. */
static bool tab_is_done(const struct ocv_video *video)
{
    if (script.frames++ == 0) {
        script.tried = script.opens + script.step->count;
        script.patience = monotonic_now() + PATIENCE;
        awaited = given + 3;
        press(SDLK_TAB);
    }
    return (video->number >= script.tried && shown == script.step->width) ||
           monotonic_now() > script.patience;
}

/* ---- In place of shim/ocv_videoio.cpp -------------------------------------------------------- */

static uint8_t pixels[(MAX_SIDE + 1) * 3 * MAX_SIDE];

/* For what is opened later, there is no thread that could read it. */
static bool unread;

static enum ocv_code make_video(struct ocv_video **video)
{
    *video = calloc(1, sizeof **video);
    if (!*video)
        return OCV_NO_MEMORY;
    (*video)->number = script.opens;
    return OCV_OK;
}

static enum ocv_code give_frame(struct ocv_video *video)
{
    if (video->width == 0)
        shown = 0; /* what was shown before was another camera's */
    video->width = script.step->width;
    video->height = script.step->height;
    pause_for(1);
    return OCV_OK;
}

enum ocv_code ocv_video_prepare(struct error *error)
{
    (void)error;
    return OCV_OK;
}

enum ocv_code ocv_camera_open(struct ocv_video **video, const char *id,
                              struct ocv_camera_options options, struct ocv_patience patience,
                              struct error *error)
{
    (void)options, (void)patience;
    double limit = monotonic_now() + PATIENCE / 4;
    while (given < awaited && !frozen) {
        pause_for(1);
        frozen = monotonic_now() > limit;
    }
    if (script.opens < MAX_OPENS)
        script.opened[script.opens++] = monotonic_now();
    if (strcmp(id, "/dev/broken") != 0 && script.refusals-- <= 0) {
        snprintf(script.present, sizeof script.present, "%s", id);
        if (unread && script.opens > 1)
            missing_thread = 1;
        return make_video(video);
    }
    *error = (struct error){.text = "script: not there"};
    return OCV_CANNOT;
}

enum ocv_code ocv_video_open(struct ocv_video **video, const char *path,
                             struct ocv_patience patience, struct error *error)
{
    (void)path, (void)patience, (void)error;
    enum ocv_code code = make_video(video);
    if (code == OCV_OK) {
        (*video)->film = true;
        film_opened = true;
    }
    return code;
}

double ocv_video_fps(const struct ocv_video *video)
{
    (void)video;
    return 30;
}

long ocv_video_frame_count(const struct ocv_video *video)
{
    (void)video;
    return 0;
}

enum ocv_code ocv_video_read(struct ocv_video *video, struct error *error)
{
    *error = (struct error){.text = "script: the end"};
    for (;; next_step()) {
        switch (script.step->event) {
        case FRAMES:
            if (script.frames++ == script.step->count)
                break;
            return give_frame(video);
        case SHOWN:
            if (script.frames++ == 0)
                script.patience = monotonic_now() + PATIENCE;
            if (shown == script.step->width || monotonic_now() > script.patience)
                break;
            return give_frame(video);
        case TAB:
            if (tab_is_done(video))
                break;
            return give_frame(video);
        case DROP:
            if (video->film)
                break;
            if (script.frames++ == 0)
                drop_film();
            pause_for(50);
            return give_frame(video);
        case UNTIL:
            if (script.frames++ == 0)
                script.patience = monotonic_now() + PATIENCE;
            if (marks >> script.step->count & 1 || monotonic_now() > script.patience)
                break;
            return give_frame(video);
        case KEY:
            press(script.step->key);
            break;
        case PAUSE:
            pause_or_go_on();
            break;
        case LATER:
            skipped = skipped + 3;
            break;
        case DRAWN:
            await_drawing();
            break;
        case STALL:
            await_no_signal();
            break;
        case LOSS:
            script.refusals = script.step->count;
            next_step();
            return OCV_END;
        case BREAK:
            return OCV_FAILED;
        case END:
            press(SDLK_q);
            return OCV_END;
        }
    }
}

struct ocv_shot ocv_video_shot(const struct ocv_video *video)
{
    script.shots++;
    return (struct ocv_shot){
        .picture = image_of(
            (struct bgr_image){pixels, video->width, video->height, (size_t)video->width * 3 + 3}),
        .grabbed = monotonic_now() - script.frames % 2 * early + script.shots * late};
}

struct ocv_losses ocv_video_losses(const struct ocv_video *video)
{
    (void)video;
    return (struct ocv_losses){0};
}

void ocv_video_close(struct ocv_video **video)
{
    free(*video);
    *video = NULL;
}

/* Whether films can be written, and completed; how many of their frames are, and whether the last
 * one was to get its sound to the end. */
static struct {
    bool can, cannot_end;
    int open, frames, whole;
} written;

enum ocv_code ocv_writer_open(struct ocv_writer **writer, const char *path, int width, int height,
                              double fps, struct ocv_sound sound, struct error *error)
{
    (void)path, (void)width, (void)height, (void)fps, (void)sound;
    *error = (struct error){.text = "script: nothing is written"};
    if (!written.can)
        return OCV_CANNOT;
    *writer = (struct ocv_writer *)(void *)&written;
    written.open++;
    return OCV_OK;
}

enum ocv_code ocv_writer_write(struct ocv_writer *writer, struct bgr_image frame, double time,
                               double duration, struct error *error)
{
    (void)writer, (void)frame, (void)time, (void)duration, (void)error;
    written.frames++;
    return written.can ? OCV_OK : OCV_FAILED;
}

const char *ocv_writer_note(const struct ocv_writer *writer)
{
    (void)writer;
    return NULL;
}

enum ocv_code ocv_writer_close(struct ocv_writer **writer, int whole, struct error *error)
{
    written.open -= *writer != NULL;
    written.whole = whole;
    *writer = NULL;
    *error = (struct error){.text = "script: the end is lost", .code = ERROR_NO_MEMORY};
    return written.cannot_end ? OCV_NO_MEMORY : OCV_OK;
}

/* ---- In place of cameras.c ------------------------------------------------------------------- */

static const char *const paths[] = {"/dev/one", "/dev/two", "/dev/broken"};

int cameras_find(struct camera **cameras)
{
    struct camera *found = calloc(3, sizeof *found);
    assert_non_null(found);
    for (int i = 0; i < 3; i++) {
        found[i] = (struct camera){.name = "scripted"};
        snprintf(found[i].path, sizeof found[i].path, "%s", paths[i]);
    }
    *cameras = found;
    return 3;
}

bool cameras_get(const char *id, struct camera *camera)
{
    struct camera *cameras;
    int count = cameras_find(&cameras);
    bool found = false;
    for (int i = 0; i < count; i++) {
        if (strcmp(cameras[i].path, id) == 0) {
            *camera = cameras[i];
            found = true;
        }
    }
    free(cameras);
    return found;
}

bool cameras_is_raw(const char *id, struct error *reason)
{
    (void)id;
    (void)reason;
    return false;
}

bool cameras_same(const char *id, const char *other)
{
    return strcmp(id, other) == 0;
}

bool cameras_diagnose(const char *id, struct error *reason)
{
    (void)id, (void)reason;
    return false;
}

/* ---- Running it ------------------------------------------------------------------------------ */

enum { DONE = -1 };

/* DONE, or why not: an enum error_code. */
static int run(const struct step *steps, const struct options *wanted)
{
    struct options options = *wanted;
    options.drawing = (struct drawing){resource_font(), .bars = true};
    options.model = small_face_model();
    options.results.json = !wanted->results.words;
    options.quiet = options.results.json;
    memset(&script, 0, sizeof script);
    script.step = steps;
    signals = 1;
    marks = 0;
    given = 0;
    awaited = 0;
    frozen = never_drawn = undrawn = is_paused = was_paused = told_early = menu_stays = menu_drawn =
        false;
    signal_undrawn = false;
    draws_in_pauses = 0;
    memset(times, 0, sizeof times);
    *told = *numbers = *menus = '\0';
    struct error error = {.text = ""};
    fflush(stdout);
    int terminal = dup(STDOUT_FILENO);
    assert_non_null(freopen(in_folder("out"), "w", stdout));
    int blocks_before = block_count, failed = run_live(&options, &error);
    early = late = 0;
    skipped = 0;
    fflush(stdout);
    assert_true(dup2(terminal, STDOUT_FILENO) >= 0);
    close(terminal);
    expect_blocks(blocks_before);
    assert_false(frozen || never_drawn || told_early);
    return failed ? (int)error.code : DONE;
}

static FILE *open_results(void)
{
    FILE *file = fopen(in_folder("out"), "r");
    assert_non_null(file);
    return file;
}

/* In how many lines `text` stands. */
static int count_lines(const char *text)
{
    static char line[1 << 16];
    int count = 0;
    FILE *file = open_results();
    while (fgets(line, sizeof line, file))
        count += strstr(line, text) != NULL;
    fclose(file);
    return count;
}

static const struct options camera = {.input = INPUT_CAMERA, .source = "/dev/one", .smooth = 0.3};
static const struct options file = {
    .input = INPUT_VIDEO, .source = "/dev/one", .headless = true, .smooth = 0.3};

/* ---- Tests ----------------------------------------------------------------------------------- */

/* Sizes that change in mid-stream, odd ones and tiny ones: every frame counts, as it is. */
static void test_sizes(void **state)
{
    (void)state;
    static const struct step steps[] = {{FRAMES, 9, 320, 240, 0}, {FRAMES, 8, 641, 479, 0},
                                        {FRAMES, 7, 1, 1, 0},     {FRAMES, 6, 17, 720, 0},
                                        {FRAMES, 5, 321, 5, 0},   {FRAMES, 4, 320, 240, 0},
                                        {END, 0, 0, 0, 0}};
    assert_int_equal(run(steps, &file), DONE);
    assert_int_equal(count_lines("\"width\":320,\"height\":240,"), 13);
    assert_int_equal(count_lines("\"width\":641,\"height\":479,"), 8);
    assert_int_equal(count_lines("\"width\":1,\"height\":1,"), 7);
    assert_int_equal(count_lines("\"width\":17,\"height\":720,"), 6);
    assert_int_equal(count_lines("\"width\":321,\"height\":5,"), 5);
    assert_int_equal(count_lines(""), 39);
    assert_int_equal(run(steps, &camera), DONE); /* the same in a window */
}

/* A camera that gives nothing, without ending: no signal; then it goes on as if nothing had been.
 */
static void test_stall(void **state)
{
    (void)state;
    static const struct step steps[] = {{FRAMES, 1, 320, 240, 0},  {STALL, 0, 0, 0, 0},
                                        {FRAMES, 50, 320, 240, 0}, {STALL, 0, 0, 0, 0},
                                        {FRAMES, 50, 320, 240, 0}, {KEY, 0, 0, 0, SDLK_q},
                                        {FRAMES, 50, 320, 240, 0}, {END, 0, 0, 0, 0}};
    assert_int_equal(run(steps, &camera), DONE);
    assert_true(signals >= 0x15 && signals & 1); /* the mark, none, one, none, one */
    for (unsigned bits = signals; bits > 1; bits >>= 1)
        assert_int_not_equal(bits & 1, bits >> 1 & 1); /* it is told of changes alone */
    assert_int_equal(script.opens, 1);
    for (const char *text = told; *text; text += strlen("the camera is back\n"))
        assert_memory_equal(text, "the camera is back\n", strlen("the camera is back\n"));
    assert_true(*told);
}

/* A camera that is gone is tried again, after longer and longer waits, until it is back. */
static void test_loss(void **state)
{
    (void)state;
    static const struct step steps[] = {{FRAMES, 20, 320, 240, 0}, {LOSS, 3, 0, 0, 0},
                                        {SHOWN, 0, 160, 120, 0},   {KEY, 0, 0, 0, SDLK_q},
                                        {FRAMES, 50, 160, 120, 0}, {END, 0, 0, 0, 0}};
    assert_int_equal(run(steps, &camera), DONE);
    assert_true(signals >= 5 && signals & 1); /* the mark, none, one */
    assert_int_equal(script.opens, 5);
    for (int i = 2; i < 5; i++) {
        double wait = script.opened[i] - script.opened[i - 1];
        assert_true(wait >= 0.25 * (1 << (i - 1)));
    }
    assert_true(count_lines("\"width\":160,") > 0);
}

/* Nor is one that can be opened, but gives nothing, tried in ever the same haste. */
static void test_empty_returns(void **state)
{
    (void)state;
    static const struct step steps[] = {{FRAMES, 20, 320, 240, 0}, {LOSS, 0, 0, 0, 0},
                                        {LOSS, 0, 0, 0, 0},        {LOSS, 0, 0, 0, 0},
                                        {SHOWN, 0, 160, 120, 0},   {KEY, 0, 0, 0, SDLK_q},
                                        {FRAMES, 50, 160, 120, 0}, {END, 0, 0, 0, 0}};
    assert_int_equal(run(steps, &camera), DONE);
    assert_int_equal(script.opens, 4);
    for (int i = 2; i < 4; i++)
        assert_true(script.opened[i] - script.opened[i - 1] >= 0.25 * (1 << (i - 1)));
    assert_true(count_lines("\"width\":160,") > 0);
}

static void test_exit_on_loss(void **state)
{
    (void)state;
    static const struct step steps[] = {{FRAMES, 5, 320, 240, 0}, {LOSS, 0, 0, 0, 0}};
    struct options options = camera;
    options.exit_on_loss = true;
    assert_int_equal(run(steps, &options), ERROR_CAMERA_LOST);
    options.headless = true;
    assert_int_equal(run(steps, &options), ERROR_CAMERA_LOST);
    static const struct step never[] = {{LOSS, 0, 0, 0, 0}};
    script.refusals = 1;
    assert_int_equal(run(never, &options), ERROR_CAMERA_LOST);
}

/* The time does not go back where a camera's driver stamps its frames in disorder. */
static void test_times(void **state)
{
    (void)state;
    static const struct step steps[] = {{FRAMES, 50, 64, 48, 0}, {SHOWN, 0, 64, 48, 0},
                                        {SHOWN, 0, 80, 60, 0},   {KEY, 0, 0, 0, SDLK_q},
                                        {FRAMES, 50, 64, 48, 0}, {END, 0, 0, 0, 0}};
    early = 0.5;
    assert_int_equal(run(steps, &camera), DONE);
    static char line[1 << 16];
    double before = 0;
    int count = 0;
    FILE *results = open_results();
    while (fgets(line, sizeof line, results)) {
        const char *time = strstr(line, "\"time\":");
        assert_non_null(time);
        double now = strtod(time + strlen("\"time\":"), NULL);
        assert_true(now >= before);
        before = now;
        count++;
    }
    fclose(results);
    assert_true(count > 1);
}

/* Results that nobody can take end it at once, with a window and without. */
static void test_results_fail(void **state)
{
    (void)state;
    static const struct step steps[] = {{FRAMES, 500, 64, 48, 0}, {END, 0, 0, 0, 0}};
    struct options options = file;
    assert_int_equal(symlink("/dev/full", in_folder("out")), 0);
    for (int headless = 0; headless < 2; headless++) {
        options.headless = headless;
        assert_int_equal(run(steps, &options), ERROR_OTHER);
        assert_ptr_equal(script.step, steps);
    }
}

/* The demo's first picture, in each of the camera's frames from now on. */
static void show_face(void)
{
    struct demo *demo;
    struct error error;
    double time;
    assert_int_equal(demo_open(&demo, &error), 0);
    const struct bgr_image picture = demo_next(demo, &time);
    for (int y = 0; y < DEMO_HEIGHT; y++)
        memcpy(pixels + y * (DEMO_WIDTH * 3 + 3), picture.pixels + (size_t)y * picture.stride,
               DEMO_WIDTH * 3);
    demo_close(&demo);
}

/* Nor does it go on where it cannot draw, or not what the network sees. */
static void test_drawing_fails(void **state)
{
    (void)state;
    static const struct step steps[] = {{FRAMES, 9, 64, 48, 0},
                                        {KEY, 0, 0, 0, SDLK_i},
                                        {FRAMES, 5000, 64, 48, 0},
                                        {END, 0, 0, 0, 0}};
    inputs_fail = true;
    assert_int_equal(run(steps, &camera), ERROR_OTHER);
    inputs_fail = false;
    drawing_fails = true;
    assert_int_equal(run(steps, &camera), ERROR_OTHER);
    drawing_fails = false;
}

/* Nor where the faces cannot be recognized, or what they show followed or explained. */
static void test_recognition_fails(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {KEY, 0, 0, 0, SDLK_e}, {FRAMES, 5000, 640, 480, 0}, {END, 0, 0, 0, 0}};
    bool *const all[] = {&recognizing_fails, &smoothing_fails, &explaining_fails};
    show_face();
    for (int i = 0; i < 3; i++) {
        *all[i] = true;
        assert_int_equal(run(steps, &camera), ERROR_NO_MEMORY);
        *all[i] = false;
    }
    memset(pixels, 0, sizeof pixels);
}

/* Paused, gone on with, and switched again and again; a camera that cannot be opened is passed. */
static void test_pause_and_switch(void **state)
{
    (void)state;
    enum { ROUNDS = 20, STEPS = 12 };
    static const struct step round[STEPS] = {
        {FRAMES, 9, 320, 240, 0}, {KEY, 0, 0, 0, SDLK_SPACE}, {FRAMES, 9, 64, 48, 0},
        {KEY, 0, 0, 0, SDLK_TAB}, {FRAMES, 9, 160, 120, 0},   {KEY, 0, 0, 0, SDLK_SPACE},
        {KEY, 0, 0, 0, SDLK_TAB}, {KEY, 0, 0, 0, SDLK_i},     {FRAMES, 9, 640, 480, 0},
        {KEY, 0, 0, 0, SDLK_r},   {KEY, 0, 0, 0, SDLK_SPACE}, {KEY, 0, 0, 0, SDLK_SPACE},
    };
    static struct step steps[ROUNDS * STEPS + 3];
    for (int i = 0; i < ROUNDS * STEPS; i++)
        steps[i] = round[i % STEPS];
    steps[ROUNDS * STEPS] = (struct step){KEY, 0, 0, 0, SDLK_q};
    steps[ROUNDS * STEPS + 1] = (struct step){FRAMES, 30, 320, 240, 0};
    steps[ROUNDS * STEPS + 2] = (struct step){END, 0, 0, 0, 0};
    assert_int_equal(run(steps, &camera), DONE);
    assert_true(script.opens > 2);
    assert_true(was_paused);
    assert_int_equal((marks & ~(1U << RECORDED)) >> NO_FACE,
                     1 << (NOT_RECORDED - NO_FACE)); /* no file can be written */
    assert_true(count_lines("\"source\":\"/dev/one\"") > 0);
    assert_int_equal(count_lines("\"source\":\"/dev/broken\""), 0);
}

/* Tab goes round: a camera that cannot be opened is passed, not stopped at. */
static void test_round(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {FRAMES, 9, 320, 240, 0}, {TAB, 1, 160, 120, 0},   {TAB, 2, 64, 48, 0}, {TAB, 1, 96, 72, 0},
        {KEY, 0, 0, 0, SDLK_q},   {FRAMES, 50, 96, 72, 0}, {END, 0, 0, 0, 0}};
    assert_int_equal(run(steps, &camera), DONE);
    assert_int_equal(script.opens, 5);
    assert_string_equal(script.present, "/dev/two");
    assert_true(count_lines("\"width\":64,") > 0);
    assert_true(count_lines("\"source\":\"/dev/two\"") > 0);
}

/* --max-frames ends the program also within a film that was dropped on the window. */
static void test_dropped_film(void **state)
{
    (void)state;
    static const struct step steps[] = {{FRAMES, 5, 320, 240, 0},
                                        {DROP, 0, 160, 120, 0},
                                        {FRAMES, 500, 64, 48, 0},
                                        {END, 0, 0, 0, 0}};
    struct options options = camera;
    options.max_frames = 100;
    assert_int_equal(run(steps, &options), DONE);
    assert_int_equal(count_lines("\"source\":"), 100);
    assert_true(count_lines("\"width\":64,") > 0);
    assert_string_equal(menus, "");
}

/* When it ends, in whatever way, there is a menu, and nothing has failed. */
static void test_end_of_dropped_film(void **state)
{
    (void)state;
    static const struct step ends[] = {{FRAMES, 5, 320, 240, 0},
                                       {DROP, 0, 160, 120, 0},
                                       {FRAMES, 7, 64, 48, 0},
                                       {LOSS, 0, 0, 0, 0}};
    static const struct step breaks[] = {{FRAMES, 5, 320, 240, 0},
                                         {DROP, 0, 160, 120, 0},
                                         {FRAMES, 7, 64, 48, 0},
                                         {BREAK, 0, 0, 0, 0}};
    assert_int_equal(run(ends, &camera), DONE);
    assert_string_equal(menus, "the end: \n");
    assert_true(menu_drawn);
    assert_int_equal(count_lines("\"width\":64,"), 7);
    assert_int_equal(run(breaks, &camera), DONE);
    assert_string_equal(menus, "the video has ended early: film.mkv: script: the end\n");
    assert_int_equal(count_lines("\"width\":64,"), 7);
    /* Also where the cameras are known already, for which it would wait. */
    static const struct step again[] = {
        {FRAMES, 5, 320, 240, 0}, {KEY, 0, 0, 0, SDLK_o}, {UNTIL, A_MENU, 320, 240, 0},
        {KEY, 0, 0, 0, SDLK_o},   {DROP, 0, 160, 120, 0}, {FRAMES, 7, 64, 48, 0},
        {LOSS, 0, 0, 0, 0}};
    assert_int_equal(run(again, &camera), DONE);
    assert_non_null(strstr(menus, "what to show: \nthe end: \n"));
}

/* A pause may be as long as it likes: it takes no frames, draws nothing, and misses no signal. */
static void test_long_pause(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SHOWN, 0, 32, 24, 0},    {PAUSE, 0, 0, 0, 0},     {LATER, 0, 0, 0, 0},
        {FRAMES, 200, 32, 24, 0}, {PAUSE, 0, 0, 0, 0},     {SHOWN, 0, 64, 48, 0},
        {KEY, 0, 0, 0, SDLK_q},   {FRAMES, 50, 64, 48, 0}, {END, 0, 0, 0, 0}};
    assert_int_equal(run(steps, &camera), DONE);
    assert_int_equal(signals, 1); /* the mark alone */
    assert_in_range(draws_in_pauses, 1, 10);
    assert_true(was_paused && !is_paused);
}

/* A camera that can be opened, but not read, ends the program: the one before is closed. */
static void test_unread_camera(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {FRAMES, 9, 320, 240, 0}, {TAB, 1, 160, 120, 0}, {END, 0, 0, 0, 0}};
    unread = true;
    assert_int_equal(run(steps, &camera), ERROR_OTHER);
    unread = false;
    assert_int_equal(missing_thread, 0);
}

/* The same key begins and ends a recording; what cannot be completed at the end is an error. */
static void test_recording(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {SHOWN, 0, 32, 24, 0},  {KEY, 0, 0, 0, SDLK_r},  {SHOWN, 0, 64, 48, 0},
        {SHOWN, 0, 96, 72, 0},  {KEY, 0, 0, 0, SDLK_r},  {UNTIL, RECORDED, 96, 72, 0},
        {KEY, 0, 0, 0, SDLK_q}, {FRAMES, 50, 96, 72, 0}, {END, 0, 0, 0, 0}};
    static const struct step unended[] = {{SHOWN, 0, 32, 24, 0},   {KEY, 0, 0, 0, SDLK_r},
                                          {SHOWN, 0, 64, 48, 0},   {KEY, 0, 0, 0, SDLK_q},
                                          {FRAMES, 50, 64, 48, 0}, {END, 0, 0, 0, 0}};
    written.can = true;
    assert_int_equal(run(steps, &camera), DONE);
    assert_true(marks >> RECORDED & 1);
    assert_int_equal(written.open, 0);
    assert_true(written.frames > 0);
    written.cannot_end = true;
    assert_int_equal(run(unended, &camera), ERROR_NO_MEMORY);
    written.can = written.cannot_end = false;
}

/* A copy has its film's sound to the end, unless it was stopped before, or given up. */
static void test_sound_of_copies(void **state)
{
    (void)state;
    static const struct step steps[] = {{FRAMES, 20, 64, 48, 0}, {LOSS, 0, 0, 0, 0}};
    char path[2 * TEST_PATH_SIZE];
    struct options options = file;
    snprintf(path, sizeof path, "%s", in_folder("copy.mp4"));
    options.results.output = path;
    written.can = true;
    for (int way = 0; way < 3; way++) {
        options.max_frames = way == 1 ? 2 : 0;
        options.headless = way < 2;
        drawing_fails = way == 2;
        written.frames = 0;
        written.whole = -1;
        assert_int_equal(run(steps, &options), way < 2 ? DONE : ERROR_OTHER);
        assert_int_equal(written.whole, way == 0);
        assert_int_equal(written.open, 0);
        assert_true(written.frames > 0);
    }
    drawing_fails = written.can = false;
}

/* In a window, too, a film ends with what its faces showed; a camera goes on and on. */
static void test_totals(void **state)
{
    (void)state;
    static const struct step film[] = {{FRAMES, 3, 640, 480, 0}, {LOSS, 0, 0, 0, 0}};
    static const struct step live[] = {{UNTIL, A_FACE, 640, 480, 0},
                                       {KEY, 0, 0, 0, SDLK_q},
                                       {FRAMES, 50, 640, 480, 0},
                                       {END, 0, 0, 0, 0}};
    struct options options = file;
    show_face();
    options.headless = false;
    options.results.words = true;
    assert_int_equal(run(film, &options), DONE);
    assert_int_equal(count_lines("face 1, "), 1);
    options = camera;
    options.results.words = true;
    assert_int_equal(run(live, &options), DONE);
    assert_int_equal(count_lines("face 1, "), 0);
    memset(pixels, 0, sizeof pixels);
}

/* The keys that change what comes: each says so, and that is drawn, also while nothing else is. */
static void test_keys(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {FRAMES, 9, 32, 24, 0},     {KEY, 0, 0, 0, SDLK_SPACE}, {DRAWN, 0, 0, 0, 0},
        {KEY, 0, 0, 0, SDLK_a},     {DRAWN, 0, 0, 0, 0},        {KEY, 0, 0, 0, SDLK_a},
        {KEY, 0, 0, 0, SDLK_PLUS},  {KEY, 0, 0, 0, SDLK_MINUS}, {KEY, 0, 0, 0, SDLK_MINUS},
        {KEY, 0, 0, 0, SDLK_MINUS}, {KEY, 0, 0, 0, SDLK_MINUS}, {KEY, 0, 0, 0, SDLK_c},
        {KEY, 0, 0, 0, SDLK_SPACE}, {DRAWN, 0, 0, 0, 0},        {KEY, 0, 0, 0, SDLK_q},
        {FRAMES, 50, 32, 24, 0},    {END, 0, 0, 0, 0}};
    assert_int_equal(run(steps, &camera), DONE);
    assert_true(was_paused);
    assert_string_equal(told, "adapt\nadapting to faces at rest, after ten seconds of each\n"
                              "adapt no more\nnot adapting to faces at rest\n"
                              "smooth 0.5\nsmoothing 0.5 s\n"
                              "smooth 0.3\nsmoothing 0.3 s\n"
                              "smooth 0.2\nsmoothing 0.2 s\n"
                              "smooth 0.1\nsmoothing 0.1 s\n"
                              "smooth 0\nsmoothing 0.0 s: raw values\n"
                              "no face to calibrate\n");
}

/* A face that is there is calibrated by its key, which once more undoes it; where there is none, it
 * says so, and nothing is explained. */
static void test_calibration(void **state)
{
    (void)state;
    static const struct step none[] = {{KEY, 0, 0, 0, SDLK_e}, {FRAMES, 9, 32, 24, 0},
                                       {KEY, 0, 0, 0, SDLK_c}, {UNTIL, NO_FACE, 32, 24, 0},
                                       {KEY, 0, 0, 0, SDLK_q}, {FRAMES, 50, 32, 24, 0},
                                       {END, 0, 0, 0, 0}};
    static const struct step undone[] = {{KEY, 0, 0, 0, SDLK_e},
                                         {UNTIL, A_FACE, 640, 480, 0},
                                         {KEY, 0, 0, 0, SDLK_c},
                                         {UNTIL, LOOK_NEUTRAL, 640, 480, 0},
                                         {KEY, 0, 0, 0, SDLK_c},
                                         {UNTIL, UNDONE, 640, 480, 0},
                                         {UNTIL, A_PLAIN_FACE, 640, 480, 0},
                                         {KEY, 0, 0, 0, SDLK_q},
                                         {FRAMES, 50, 640, 480, 0},
                                         {END, 0, 0, 0, 0}};
    static const struct step done[] = {{UNTIL, A_FACE, 640, 480, 0},     {KEY, 0, 0, 0, SDLK_c},
                                       {UNTIL, CALIBRATED, 640, 480, 0}, {KEY, 0, 0, 0, SDLK_c},
                                       {UNTIL, UNDONE, 640, 480, 0},     {KEY, 0, 0, 0, SDLK_q},
                                       {FRAMES, 50, 640, 480, 0},        {END, 0, 0, 0, 0}};
    static const struct step lost[] = {{UNTIL, A_FACE, 640, 480, 0},
                                       {KEY, 0, 0, 0, SDLK_c},
                                       {UNTIL, LOOK_NEUTRAL, 640, 480, 0},
                                       {UNTIL, LOST, 32, 24, 0},
                                       {KEY, 0, 0, 0, SDLK_q},
                                       {FRAMES, 50, 32, 24, 0},
                                       {END, 0, 0, 0, 0}};
    show_face();
    assert_int_equal(run(none, &camera), DONE);
    assert_string_equal(told, "no face to calibrate\n");
    late = -1; /* the time stands still */
    assert_int_equal(run(undone, &camera), DONE);
    assert_string_equal(told, "look neutral for two seconds\ncalibration undone\n");
    assert_true(marks >> A_PLAIN_FACE & 1);
    late = -1;
    assert_int_equal(run(lost, &camera), DONE);
    assert_string_equal(told, "look neutral for two seconds\nnot calibrated: the face was lost\n");
    late = 0.1;
    explaining_fails = true; /* nobody asks for it */
    assert_int_equal(run(done, &camera), DONE);
    explaining_fails = false;
    assert_string_equal(told, "look neutral for two seconds\ncalibrated; the same key undoes it\n"
                              "calibration undone\n");
    memset(pixels, 0, sizeof pixels);
}

/* How fast all is, how long its parts take, and what the network sees. */
static void test_numbers(void **state)
{
    (void)state;
    static const struct step steps[] = {{KEY, 0, 0, 0, SDLK_i}, /* before there is a picture */
                                        {UNTIL, A_FACE, 640, 480, 0},
                                        {UNTIL, AN_INPUT, 640, 480, 0},
                                        {UNTIL, OTHER_NUMBERS, 640, 480, 0},
                                        {UNTIL, A_DETECTION, 640, 480, 0},
                                        {KEY, 0, 0, 0, SDLK_q},
                                        {FRAMES, 50, 640, 480, 0},
                                        {END, 0, 0, 0, 0}};
    struct options options = camera;
    for (int adapting = 0; adapting < 2; adapting++) {
        double rate, memory;
        long dropped;
        int begin = 0;
        options.adapt = adapting;
        show_face();
        assert_int_equal(run(steps, &options), DONE);
        assert_true(marks >> AN_INPUT & 1 && marks >> OTHER_NUMBERS & 1);
        assert_int_equal(sscanf(numbers,
                                "%lf fps, %ld dropped\nlatency 450 ms\n95 %% under 495 ms\n"
                                "detection 150.0 ms, 5/s\nrecognition 250.0 ms\n"
                                "drawing 350.0 ms\nmemory %lf MB\n%n",
                                &rate, &dropped, &memory, &begin),
                         3);
        assert_string_equal(numbers + begin,
                            adapting ? "smoothing 0.3 s, adapting" : "smoothing 0.3 s");
        if (rate < 0 || dropped < 0 || memory < 10)
            fail_msg("%s", numbers);
        /* Each frame that comes is recognized and drawn. */
        assert_int_equal(times[STAGE_RECOGNITION], given);
        assert_int_equal(times[STAGE_LATENCY], given);
        assert_true(times[STAGE_DRAWING] >= given);
        assert_true(marks >> A_DETECTION & 1);
    }
    memset(pixels, 0, sizeof pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_sizes, empty_folder),
        cmocka_unit_test_teardown(test_stall, empty_folder),
        cmocka_unit_test_teardown(test_loss, empty_folder),
        cmocka_unit_test_teardown(test_empty_returns, empty_folder),
        cmocka_unit_test_teardown(test_exit_on_loss, empty_folder),
        cmocka_unit_test_teardown(test_times, empty_folder),
        cmocka_unit_test_teardown(test_results_fail, empty_folder),
        cmocka_unit_test_teardown(test_drawing_fails, empty_folder),
        cmocka_unit_test_teardown(test_recognition_fails, empty_folder),
        cmocka_unit_test_teardown(test_pause_and_switch, empty_folder),
        cmocka_unit_test_teardown(test_round, empty_folder),
        cmocka_unit_test_teardown(test_dropped_film, empty_folder),
        cmocka_unit_test_teardown(test_end_of_dropped_film, empty_folder),
        cmocka_unit_test_teardown(test_long_pause, empty_folder),
        cmocka_unit_test_teardown(test_unread_camera, empty_folder),
        cmocka_unit_test_teardown(test_recording, empty_folder),
        cmocka_unit_test_teardown(test_sound_of_copies, empty_folder),
        cmocka_unit_test_teardown(test_totals, empty_folder),
        cmocka_unit_test_teardown(test_keys, empty_folder),
        cmocka_unit_test_teardown(test_calibration, empty_folder),
        cmocka_unit_test_teardown(test_numbers, empty_folder),
        cmocka_unit_test(every_thread_is_joined),
        cmocka_unit_test(every_lock_is_destroyed),
    };
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    setenv("SDL_RENDER_DRIVER", "software", 1);
    ocv_setup(TEST_OPENCV_THREADS);
    return cmocka_run_group_tests(tests, make_folder_and_model, remove_folder_and_model);
}
