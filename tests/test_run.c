/* Whole runs, of pictures and of made-up cameras and films: how they begin and end, and what is
 * said of it. */
#include "blocks.h"
#include "joined.h"
#include "locked.h"
#include "small_face_model.h"
#include "testing.h"

#include "blas.h"
#include "cameras.h"
#include "cascade_files.h"
#include "demo.h"
#include "log.h"
#include "ocv.h"
#include "options.h"
#include "picture_file.h"
#include "process.h"
#include "progress_bar.h"
#include "recognizer_pool.h"
#include "resources.h"
#include "run.h"
#include "session.h"
#include "setup.h"
#include "source.h"
#include "spool.h"
#include "view.h"

#include <SDL.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { SIDE = 80, MAX_ARGUMENTS = 60 };

/* What the source of the next run is; `frames` come, then its end. */
static struct {
    bool missing, fails;
    bool closed;      /* the window is, while the camera is being opened */
    bool window;      /* there is one */
    bool late;        /* the window is closed while cameras are looked for; or the signal comes
                       * when its menu does */
    bool full;        /* there is no memory for a source */
    bool pauses;      /* the user does, before the signal comes */
    bool stuck;       /* the source, which is never at an end */
    bool spoils;      /* the folder of the report, at its end */
    bool waits;       /* the source, after ten frames, until it is stopped */
    bool interrupted; /* by a signal that comes with the second frame or picture */
    bool long_name;   /* the last camera has */
    bool drops;       /* the user does, another film; the signal comes with the menu behind it */
    bool tiny;        /* the frames are, and the demo is a film like others */
    /* The film with whose first frame the display goes away, or the still; 0: none. Or the window's
     * end. */
    unsigned lost_in;
    bool lost_at_end;
    int frames, cameras;
    long lost, flawed;
    bool damaged;
} world;

static atomic_int frames_read;   /* of all sources */
static atomic_uint films_opened; /* and cameras */
static atomic_int sources_open;  /* of them */
static atomic_int pictures_read;
static atomic_bool stopped; /* what waits */
static int blas_threads, opencv_threads;
static char titles[4000]; /* of the window, a line for each */
static char said[4000];   /* a line for each message */
static char menus[2000];  /* the same for each menu */
static bool apart;        /* in a process of its own: in a file, too */
static struct error error;
static struct {
    atomic_long done, frames; /* of the last run, as its bar says */
    atomic_bool hidden;       /* the bar, since then */
} progress;

void __wrap_log_line(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void __wrap_progress_bar_update(struct progress_bar *bar, double done, const char *words);
ssize_t __real_readlink(const char *path, char *text, size_t size);
ssize_t __wrap_readlink(const char *path, char *text, size_t size);
bool __real_setup_another(const struct options *options, struct vision *vision);
bool __wrap_setup_another(const struct options *options, struct vision *vision);
enum expressions_status __real_expressions_recognize(struct expressions_recognizer *recognizer,
                                                     const struct expressions_picture *picture,
                                                     struct expressions_face *faces, int count,
                                                     struct expressions_error *why);
enum expressions_status __wrap_expressions_recognize(struct expressions_recognizer *recognizer,
                                                     const struct expressions_picture *picture,
                                                     struct expressions_face *faces, int count,
                                                     struct expressions_error *why);
int __real_resource_find(const char *name, char path[RESOURCE_PATH_SIZE], struct error *why);
int __wrap_resource_find(const char *name, char path[RESOURCE_PATH_SIZE], struct error *why);
int __wrap_cameras_find(struct camera **cameras);
void __wrap_view_set_title(struct view *view, const char *title);
int __wrap_source_open_camera(struct source *source, const char *id,
                              const struct ocv_camera_options *options,
                              const atomic_bool *abandoned, struct error *why);
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
    if (apart)
        write_bytes(in_folder("said"), said, strlen(said));
    if (world.closed && !world.late) /* the window, once it says the same */
        view_quit(NULL);
}

void __wrap_progress_bar_update(struct progress_bar *bar, double done, const char *words)
{
    assert_null(words);
    progress.done = (long)done;
    progress.frames = (long)bar->total;
    progress.hidden = false;
}

void __wrap_progress_bar_hide(struct progress_bar *bar);

void __wrap_progress_bar_hide(struct progress_bar *bar)
{
    (void)bar;
    progress.hidden = true;
}

/* For how many elements there is no memory, or of what size; 0: for any. */
static size_t too_many, too_large;

static atomic_int spools;            /* of films */
static int spools_open, most_spools; /* of them at once; run_films makes and frees them in turn */
static int unspooled;                /* which of them cannot be made; 0: none */

FILE *__real_tmpfile(void);
FILE *__wrap_tmpfile(void);

FILE *__wrap_tmpfile(void)
{
    if (++spools != unspooled) {
        most_spools = ++spools_open > most_spools ? spools_open : most_spools;
        return __real_tmpfile();
    }
    errno = EMFILE;
    return NULL;
}

int __wrap_blas_setup(int threads, struct error *why);

int __wrap_blas_setup(int threads, struct error *why)
{
    (void)why;
    blas_threads = threads;
    return 0;
}

void __real_ocv_setup(int threads);
void __wrap_ocv_setup(int threads);

void __wrap_ocv_setup(int threads)
{
    opencv_threads = threads;
    __real_ocv_setup(threads);
}

void __real_recognizer_pool_free(struct recognizer_pool **pool);
void __wrap_recognizer_pool_free(struct recognizer_pool **pool);

void __wrap_recognizer_pool_free(struct recognizer_pool **pool)
{
    __real_recognizer_pool_free(pool);
    assert_null(*pool);
}

/* How many files may be open beside those of two workers; and how many films are begun before the
 * first has ended. 0: any number. */
static int spare;
static unsigned begun;
static int spare_files = -1; /* the same without films; negative: as it is */

int __real_process_spare_files(int wanted);
int __wrap_process_spare_files(int wanted);

int __wrap_process_spare_files(int wanted)
{
    if (spare_files >= 0)
        return spare_files < wanted ? spare_files : wanted;
    if (!begun || wanted == 2 * SETUP_FILES)
        return __real_process_spare_files(wanted);
    assert_int_equal(wanted, 2 * SETUP_FILES + 64);
    return 2 * SETUP_FILES + spare;
}

static atomic_uint films_closed;

static void await_closed(unsigned count)
{
    while (films_closed < count)
        sched_yield();
}

static void interrupt_this(void)
{
    kill(getpid(), SIGTERM);
    while (!process_stopping())
        sched_yield();
}

static atomic_long unallocated; /* which of a run's allocations fails; 0: none */
static atomic_long allocations; /* of the run so far */
static atomic_bool running;

static bool is_missing(void)
{
    return running && ++allocations == unallocated;
}

void *__wrap_malloc(size_t size)
{
    return is_missing() ? NULL : allocate(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    bool fails = (too_many && count == too_many) || (too_large && size == too_large);
    return is_missing() || fails ? NULL : allocate_zeros(count, size);
}

/* From which recognizer of a run on none can be opened; 0: all can. */
static int unopened;
static atomic_int recognizers, recognizers_opened;
static atomic_int parts_open; /* of the library, which a run closes */

#define COUNT_CLOSED(part)                                                                         \
    void __real_expressions_##part##_close(struct expressions_##part **closed);                    \
    void __wrap_expressions_##part##_close(struct expressions_##part **closed);                    \
    void __wrap_expressions_##part##_close(struct expressions_##part **closed)                     \
    {                                                                                              \
        parts_open -= *closed != NULL;                                                             \
        __real_expressions_##part##_close(closed);                                                 \
    }
COUNT_CLOSED(model)
COUNT_CLOSED(recognizer)
COUNT_CLOSED(detector)
COUNT_CLOSED(smoother)

#define COUNT_OPENED(part)                                                                         \
    enum expressions_status __real_expressions_##part##_open(                                      \
        struct expressions_##part **opened, const struct expressions_##part##_settings *settings,  \
        struct expressions_error *why);                                                            \
    enum expressions_status __wrap_expressions_##part##_open(                                      \
        struct expressions_##part **opened, const struct expressions_##part##_settings *settings,  \
        struct expressions_error *why);                                                            \
    enum expressions_status __wrap_expressions_##part##_open(                                      \
        struct expressions_##part **opened, const struct expressions_##part##_settings *settings,  \
        struct expressions_error *why)                                                             \
    {                                                                                              \
        enum expressions_status status = __real_expressions_##part##_open(opened, settings, why);  \
        parts_open += status == EXPRESSIONS_OK;                                                    \
        return status;                                                                             \
    }
COUNT_OPENED(detector)
COUNT_OPENED(smoother)

enum expressions_status
__real_expressions_model_open(struct expressions_model **model, const char *path,
                              const struct expressions_model_settings *settings,
                              struct expressions_error *why);
enum expressions_status
__wrap_expressions_model_open(struct expressions_model **model, const char *path,
                              const struct expressions_model_settings *settings,
                              struct expressions_error *why);

enum expressions_status
__wrap_expressions_model_open(struct expressions_model **model, const char *path,
                              const struct expressions_model_settings *settings,
                              struct expressions_error *why)
{
    enum expressions_status status = __real_expressions_model_open(model, path, settings, why);
    parts_open += status == EXPRESSIONS_OK;
    return status;
}

enum expressions_status
__real_expressions_recognizer_open(struct expressions_recognizer **recognizer,
                                   struct expressions_model *model, struct expressions_error *why);
enum expressions_status
__wrap_expressions_recognizer_open(struct expressions_recognizer **recognizer,
                                   struct expressions_model *model, struct expressions_error *why);

enum expressions_status
__wrap_expressions_recognizer_open(struct expressions_recognizer **recognizer,
                                   struct expressions_model *model, struct expressions_error *why)
{
    if (++recognizers < unopened || unopened == 0) {
        enum expressions_status status = __real_expressions_recognizer_open(recognizer, model, why);
        recognizers_opened += status == EXPRESSIONS_OK;
        parts_open += status == EXPRESSIONS_OK;
        return status;
    }
    snprintf(why->text, sizeof why->text, "no memory for a recognizer");
    return why->status = EXPRESSIONS_NO_MEMORY;
}

/* Whether those who write are known, so that they can be freed. */
static atomic_int writers;
static atomic_bool unknown_writer;

void __real_interrupt_set_writer(struct interrupt *interrupt, bool calling);
void __wrap_interrupt_set_writer(struct interrupt *interrupt, bool calling);

void __wrap_interrupt_set_writer(struct interrupt *interrupt, bool calling)
{
    writers += calling ? 1 : -1;
    __real_interrupt_set_writer(interrupt, calling);
}

/* Which times stand for which, where they are not as they are. */
static bool made_up;

double __real_statistics_quantile(const struct statistics *statistics, enum stage stage,
                                  double share);
double __wrap_statistics_quantile(const struct statistics *statistics, enum stage stage,
                                  double share);
double __real_statistics_rate(const struct statistics *statistics, enum stage stage);
double __wrap_statistics_rate(const struct statistics *statistics, enum stage stage);

double __wrap_statistics_quantile(const struct statistics *statistics, enum stage stage,
                                  double share)
{
    return made_up ? 100 * (stage + 1) + 100 * share
                   : __real_statistics_quantile(statistics, stage, share);
}

double __wrap_statistics_rate(const struct statistics *statistics, enum stage stage)
{
    return made_up ? stage + 5 : __real_statistics_rate(statistics, stage);
}

/* A resource is at the first, second or third place where it is looked for, or at none; 0: where it
 * is. */
enum { PLACE_SIZE = 1000 };
static int place, places;
static char tried[RESOURCE_PATH_SIZE]; /* the last one */

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);

int __wrap_access(const char *path, int mode)
{
    if (place == 0)
        return __real_access(path, mode);
    assert_int_equal(mode, F_OK);
    snprintf(tried, sizeof tried, "%s", path);
    return ++places == place ? 0 : -1;
}

int __wrap_resource_find(const char *name, char path[RESOURCE_PATH_SIZE], struct error *why)
{
    (void)path;
    return error_set(why, "%s: not installed", name);
}

static bool no_program;        /* where it is is not known */
static bool no_other;          /* thread can recognize */
static bool recognizing_fails; /* where there are faces */

ssize_t __wrap_readlink(const char *path, char *text, size_t size)
{
    return no_program ? -1 : __real_readlink(path, text, size);
}

bool __wrap_setup_another(const struct options *options, struct vision *vision)
{
    return !no_other && __real_setup_another(options, vision);
}

static atomic_int noted, unnoted; /* files; which of them cannot be, 0: none */

int __real_file_set_add(struct file_set *set, const char *path, struct error *why);
int __wrap_file_set_add(struct file_set *set, const char *path, struct error *why);

int __wrap_file_set_add(struct file_set *set, const char *path, struct error *why)
{
    return ++noted == unnoted ? error_no_memory(why, "a name")
                              : __real_file_set_add(set, path, why);
}

static bool unprinted; /* names are */

int __real_text_print(FILE *out, const char *text);
int __wrap_text_print(FILE *out, const char *text);

int __wrap_text_print(FILE *out, const char *text)
{
    return unprinted ? -1 : __real_text_print(out, text);
}

static const char *no_videos; /* why what they need is not loaded; NULL: it is */

enum ocv_code __real_ocv_video_prepare(struct error *why);
enum ocv_code __wrap_ocv_video_prepare(struct error *why);

enum ocv_code __wrap_ocv_video_prepare(struct error *why)
{
    if (!no_videos)
        return __real_ocv_video_prepare(why);
    error_set(why, "%s", no_videos);
    return OCV_CANNOT;
}

enum expressions_status __wrap_expressions_recognize(struct expressions_recognizer *recognizer,
                                                     const struct expressions_picture *picture,
                                                     struct expressions_face *faces, int count,
                                                     struct expressions_error *why)
{
    if (!recognizing_fails || count == 0)
        return __real_expressions_recognize(recognizer, picture, faces, count, why);
    snprintf(why->text, sizeof why->text, "no memory for faces");
    return why->status = EXPRESSIONS_NO_MEMORY;
}

/* What has been read is enough: any key, unless others are to be pressed. */
static const SDL_Keycode *pressed;
/* So many pictures have been read by then, and no more, though their thread had the time; 0: any
 * number. */
static int read_ahead;
static atomic_int waiting; /* threads, for another one */

int __real_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);

int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    waiting++;
    int code = __real_pthread_cond_wait(condition, mutex);
    waiting--;
    return code;
}

void __wrap_view_set_title(struct view *view, const char *title)
{
    static const SDL_Keycode any[] = {SDLK_x, 0};
    (void)view;
    while (read_ahead && !waiting)
        sched_yield();
    size_t used = strlen(titles);
    snprintf(titles + used, sizeof titles - used, "%s\n", title);
    for (const SDL_Keycode *key = pressed ? pressed : any; *key; key++) {
        SDL_Event event = {.key = {.type = SDL_KEYDOWN, .keysym.sym = *key}};
        SDL_PushEvent(&event);
    }
}

static int windows;           /* opened */
static bool hidden;           /* the last one is, by now */
static const char *no_window; /* why none can be opened; NULL: it can */
static atomic_int draws;      /* in it */
static bool memory_ends;      /* with the first menu */

int __real_view_open(struct view **view, const struct view_settings *settings, struct error *why);
int __wrap_view_open(struct view **view, const struct view_settings *settings, struct error *why);

int __wrap_view_open(struct view **view, const struct view_settings *settings, struct error *why)
{
    windows++;
    return no_window ? error_set(why, "%s", no_window) : __real_view_open(view, settings, why);
}

void __real_view_hide(struct view *view);
void __wrap_view_hide(struct view *view);
void __real_view_show_menu(struct view *view, const struct view_menu *menu);
void __wrap_view_show_menu(struct view *view, const struct view_menu *menu);

void __wrap_view_hide(struct view *view)
{
    hidden = true;
    __real_view_hide(view);
}

void __wrap_view_show_menu(struct view *view, const struct view_menu *menu)
{
    if (menu)
        append_text(menus, sizeof menus, "%s: %s\n", menu->title, menu->text);
    __real_view_show_menu(view, menu);
    if (memory_ends)
        unallocated = allocations + 1;
    if (((world.late && world.interrupted) || world.drops) && menu && menu->count > 0)
        interrupt_this();
}

/* What cannot be shown. */
static bool drawing_fails, explaining_fails;
static int explanations;

int __real_view_draw(struct view *view, struct error *why);
int __wrap_view_draw(struct view *view, struct error *why);
int __real_view_set_explanation(struct view *view, int face,
                                const float map[EXPRESSIONS_CROP_PIXELS], struct error *why);
int __wrap_view_set_explanation(struct view *view, int face,
                                const float map[EXPRESSIONS_CROP_PIXELS], struct error *why);
int __real_picture_read(const char *path, struct frame *frame, const char **note,
                        struct error *why);
int __wrap_picture_read(const char *path, struct frame *frame, const char **note,
                        struct error *why);

static struct {
    atomic_bool is, drawn; /* ends the run where nothing more is to be drawn */
    atomic_bool waits;     /* the window, for the user alone */
} paused;

void __real_view_set_paused(struct view *view, bool is);
void __wrap_view_set_paused(struct view *view, bool is);
enum view_request __real_view_next(struct view *view, int longest);
enum view_request __wrap_view_next(struct view *view, int longest);

void __wrap_view_set_paused(struct view *view, bool is)
{
    paused.is = is;
    __real_view_set_paused(view, is);
}

enum view_request __wrap_view_next(struct view *view, int longest)
{
    if (paused.is && longest < 0 && !world.pauses)
        view_quit(view);
    paused.waits = paused.is && longest < 0;
    return __real_view_next(view, longest);
}

int __wrap_view_draw(struct view *view, struct error *why)
{
    paused.drawn = paused.drawn || paused.is;
    draws++;
    return drawing_fails ? error_set(why, "no window") : __real_view_draw(view, why);
}

int __wrap_view_set_explanation(struct view *view, int face,
                                const float map[EXPRESSIONS_CROP_PIXELS], struct error *why)
{
    explanations++;
    assert_int_equal(face, 1);
    return explaining_fails ? error_set(why, "no map")
                            : __real_view_set_explanation(view, face, map, why);
}

static struct {
    void (*ends)(void *context);
    void *context;
    atomic_bool came; /* after so many joins */
    int joins;
} loss;

bool __real_spool_next(struct spool *spool, struct frame *frame);
bool __wrap_spool_next(struct spool *spool, struct frame *frame);
void __real_spool_free(struct spool **spool);
void __wrap_spool_free(struct spool **spool);
void __wrap_view_on_loss(void (*ends)(void *context), void *context);
void __real_view_set_picture(struct view *view, const struct image *picture,
                             const struct expressions_face *faces, int count, double time);
void __wrap_view_set_picture(struct view *view, const struct image *picture,
                             const struct expressions_face *faces, int count, double time);
void __real_view_close(struct view **view);
void __wrap_view_close(struct view **view);

void __wrap_spool_free(struct spool **spool)
{
    spools_open -= *spool != NULL;
    __real_spool_free(spool);
}

void __wrap_view_close(struct view **view)
{
    if (world.lost_at_end)
        loss.ends(loss.context);
    __real_view_close(view);
}

static int shown; /* pictures in the window */

static void lose_display(void)
{
    loss.joins = joins_begun;
    loss.came = true;
    loss.ends(loss.context);
}

/* Where the display goes away, what is told of films waits until the thread that tells it is waited
 * for; and where films are counted, until nobody begins another one. */
bool __wrap_spool_next(struct spool *spool, struct frame *frame)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    if (begun && films_closed <= begun) {
        await_closed(begun);
        nanosleep(&moment, NULL); /* one more would be begun meanwhile */
    }
    while (world.lost_in && (!loss.came || joins_begun == loss.joins))
        sched_yield();
    if (writers != 1)
        unknown_writer = true;
    return __real_spool_next(spool, frame);
}

void __wrap_view_on_loss(void (*ends)(void *context), void *context)
{
    loss.ends = ends;
    loss.context = context;
}

void __wrap_view_set_picture(struct view *view, const struct image *picture,
                             const struct expressions_face *faces, int count, double time)
{
    shown++;
    if (world.lost_in == (films_opened ? films_opened : (unsigned)shown))
        lose_display();
    __real_view_set_picture(view, picture, faces, count, time);
}

/* Standard input has been read before. */
int __wrap_picture_read(const char *path, struct frame *frame, const char **note, struct error *why)
{
    if (++pictures_read == 2 && world.interrupted)
        interrupt_this();
    return strcmp(path, "-") == 0 ? error_set(why, "standard input is read too late")
                                  : __real_picture_read(path, frame, note, why);
}

int __wrap_cameras_find(struct camera **cameras)
{
    struct camera *made = calloc((size_t)world.cameras + 1, sizeof *made);
    assert_non_null(made);
    for (int i = 0; i < world.cameras; i++) {
        snprintf(made[i].path, sizeof made[i].path, "/dev/video%d", 2 * i);
        snprintf(made[i].name, sizeof made[i].name, "Camera %d", i + 1);
        if (world.long_name && i == world.cameras - 1)
            memset(made[i].path, 'x', sizeof made[i].path - 1);
    }
    if (world.late && !world.interrupted)
        view_quit(NULL);
    *cameras = made;
    return world.cameras;
}

/* A window that the user has closed is away before anything is waited for. */
bool __real_pipeline_ends(struct pipeline *pipeline, double deadline);
bool __wrap_pipeline_ends(struct pipeline *pipeline, double deadline);

bool __wrap_pipeline_ends(struct pipeline *pipeline, double deadline)
{
    if (world.stuck && world.window && !hidden)
        _exit(98);
    return !world.stuck && __real_pipeline_ends(pipeline, deadline);
}

static void press_space(void)
{
    SDL_Event event = {.key = {.type = SDL_KEYDOWN, .keysym.sym = SDLK_SPACE}};
    SDL_PushEvent(&event);
    while (!paused.waits)
        sched_yield();
}

static void drop_film(void)
{
    SDL_Event event = {.drop = {.type = SDL_DROPFILE, .file = SDL_strdup("c.mkv")}};
    SDL_PushEvent(&event);
}

static enum source_status read_made(struct source *source, struct image *picture, double *time,
                                    struct error *why)
{
    static const uint8_t pixels[SIDE * SIDE * 3];
    int *left = source->state, read = ++frames_read;
    if (begun && strcmp(source->name, "1.mkv") == 0 && *left == world.frames)
        await_closed(begun - 1);
    if (read == 2 && world.pauses)
        press_space();
    if (read == 2 && world.drops)
        drop_film();
    while (read == 2 && world.stuck && world.interrupted && progress.done == 0)
        sched_yield();
    if (read == 2 && world.interrupted)
        interrupt_this();
    while (read == 2 && world.pauses && !progress.hidden) /* until all is over in the window */
        sched_yield();
    if (read == 2 && (world.pauses || world.stuck))
        return SOURCE_END;
    while (world.waits && read > 10 && !stopped)
        sched_yield();
    if (world.waits && read > 10)
        return SOURCE_END;
    if (--*left < 0 && world.fails)
        error_set(why, "%s: broken", source->name);
    if (*left < 0 && world.spoils && system("rm -r report && touch report"))
        return error_set(why, "no report") ? SOURCE_FAILED : SOURCE_END;
    if (*left < 0)
        return world.fails ? SOURCE_FAILED : SOURCE_END;
    int side = world.tiny ? 8 : SIDE;
    *picture = image_of((struct bgr_image){pixels, side, side, SIDE * 3});
    *time = 0.04 * (world.frames - 1 - *left);
    return SOURCE_FRAME;
}

static void stop_made(struct source *source)
{
    (void)source;
    stopped = true;
}

static void close_made(struct source *source)
{
    (void)source;
    sources_open--;
    films_closed++;
}

static int open_made(struct source *source, const char *name, bool live, struct error *why)
{
    static int lefts[8]; /* of films that may be open at once */
    int *left = &lefts[atomic_fetch_add(&films_opened, 1) % 8];
    *left = world.frames;
    if (world.missing)
        return error_set(why, "not there");
    if (world.full)
        return error_no_memory(why, "the camera");
    *source = (struct source){.live = live,
                              .film = !live,
                              .fps = 25,
                              .frames = live ? 0 : world.frames,
                              .lost = world.lost,
                              .flawed = world.flawed,
                              .damaged = world.damaged,
                              .state = left,
                              .read = read_made,
                              .stop = stop_made,
                              .close = close_made};
    sources_open++;
    snprintf(source->name, sizeof source->name, "%s", name);
    return 0;
}

/* While a camera is opened, a window that was hidden by another one is drawn again, and that once;
 * other events mean nothing to it. */
static int redrawn, drawn_otherwise;

static void await_draws(int count)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    for (int i = 0; i < 200 && draws < count; i++)
        nanosleep(&moment, NULL);
    nanosleep(&moment, NULL); /* one more would be drawn meanwhile */
}

static void redraw_opening(void)
{
    SDL_Event exposed = {.window = {.type = SDL_WINDOWEVENT, .event = SDL_WINDOWEVENT_EXPOSED}};
    SDL_Event other = {.type = SDL_USEREVENT};
    await_draws(1);
    int before = draws;
    SDL_PushEvent(&exposed);
    await_draws(before + 1);
    redrawn = draws - before;
    SDL_PushEvent(&other);
    await_draws(before + redrawn);
    drawn_otherwise = draws - before - redrawn;
}

int __wrap_source_open_camera(struct source *source, const char *id,
                              const struct ocv_camera_options *options,
                              const atomic_bool *abandoned, struct error *why)
{
    (void)options;
    assert_int_equal(abandoned != NULL, world.closed);
    if (!world.closed || world.missing)
        return open_made(source, id, true, why);
    redraw_opening();
    view_quit(NULL);
    while (!atomic_load(abandoned))
        sched_yield();
    return error_set(why, "given up");
}

int __wrap_source_open_video(struct source *source, const char *path, const atomic_bool *abandoned,
                             struct error *why)
{
    assert_int_equal(abandoned != NULL, strcmp(path, "c.mkv") == 0 && world.drops);
    return open_made(source, path, false, why);
}

int __real_source_open_demo(struct source *source, struct error *why);
int __wrap_source_open_demo(struct source *source, struct error *why);

int __wrap_source_open_demo(struct source *source, struct error *why)
{
    return world.tiny ? open_made(source, "demo", false, why)
                      : __real_source_open_demo(source, why);
}

/* The result of a run with these options, with its standard output in the file "stdout". */
static int run(const char *line)
{
    char copy[2000], program[] = "expressions", *rest = copy;
    char *argv[MAX_ARGUMENTS + 1] = {program};
    struct options options;
    int argc = 1, blocks_before = block_count;
    snprintf(copy, sizeof copy, "%s--model %s %s",
             world.closed || world.window ? "" : "--headless ", small_face_model(), line);
    for (char *word; (word = strtok_r(rest, " ", &rest));)
        argv[argc++] = word;
    error = (struct error){.text = ""};
    *said = *titles = *menus = '\0';
    explanations = windows = shown = most_spools = blas_threads = opencv_threads = 0;
    frames_read = pictures_read = draws = spools = recognizers = recognizers_opened = 0;
    films_opened = films_closed = 0;
    hidden = false;
    stopped = paused.is = paused.drawn = paused.waits = progress.hidden = false;
    progress.done = progress.frames = allocations = 0;
    assert_int_equal(options_parse(&options, argc, argv, &error), 0);
    fflush(stdout);
    int file = open(in_folder("stdout"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    int saved = dup(STDOUT_FILENO);
    dup2(file, STDOUT_FILENO);
    close(file);
    running = true;
    int result = options.input == INPUT_IMAGES ? run_stills(&options, &error)
                 : options.input_count > 1     ? run_films(&options, &error)
                                               : run_live(&options, &error);
    running = false;
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    options_free(&options);
    expect_blocks(blocks_before);
    assert_int_equal(sources_open, 0);
    assert_int_equal(spools_open, 0);
    assert_int_equal(parts_open, 0);
    assert_true(writers == 0 && !unknown_writer);
    return result;
}

/* The folder of the tests is the current one; what was it before is returned. */
static int enter_folder(void)
{
    int before = open(".", O_RDONLY | O_DIRECTORY);
    assert_int_equal(chdir(test_folder()), 0);
    return before;
}

static void leave_folder(int before)
{
    assert_int_equal(fchdir(before), 0);
    close(before);
}

static void expect_error(const char *line, int code, const char *text)
{
    assert_int_equal(run(line), -1);
    assert_string_equal(error.text, text);
    assert_int_equal(error.code, code);
    assert_string_equal(said, "");
}

static void model_that_is_missing(void **state)
{
    (void)state;
    const struct options options = {.headless = true};
    struct expressions_model *model = NULL;
    assert_int_equal(setup_model(&options, &model, &error), -1);
    assert_string_equal(error.text, "models/expressions.safetensors: not installed");
    assert_int_equal(error.code, ERROR_BAD_MODEL);
    assert_null(model);
}

/* One thread needs no more files than there are; each other one does. */
static void threads_that_have_files(void **state)
{
    (void)state;
    static const struct {
        int spare, inputs, threads;
    } cases[] = {{0, 99, 1},
                 {SETUP_FILES - 1, 99, 1},
                 {SETUP_FILES, 99, 2},
                 {2 * SETUP_FILES - 1, 99, 2},
                 {2 * SETUP_FILES, 99, 3},
                 {14 * SETUP_FILES, 99, 15},
                 {15 * SETUP_FILES, 99, 16},
                 {1000, 99, 16},
                 {1000, 16, 16},
                 {1000, 3, 3},
                 {0, 0, 0}};
    const struct options options = {.threads = 16};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spare_files = cases[i].spare;
        assert_int_equal(setup_threads(&options, cases[i].inputs), cases[i].threads);
    }
    spare_files = -1;
}

static void resources_are_looked_for_in_order(void **state)
{
    (void)state;
    char program[PLACE_SIZE] = "", path[RESOURCE_PATH_SIZE], expected[3][PLACE_SIZE + 40];
    char name[RESOURCE_PATH_SIZE] = "";
    assert_true(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
    *strrchr(program, '/') = '\0';
    snprintf(expected[0], sizeof *expected, "%s/models/x", program);
    snprintf(expected[1], sizeof *expected, INSTALLED_DATA "/models/x");
    snprintf(expected[2], sizeof *expected, "%s/../share/expressions/models/x", program);
    for (place = 1; place <= 4; place++) {
        places = 0;
        int result = __real_resource_find("models/x", path, &error);
        assert_int_equal(result, place <= 3 ? 0 : -1);
        assert_int_equal(places, place <= 3 ? place : 3);
        assert_string_equal(tried, expected[places - 1]);
        if (result == 0)
            assert_string_equal(path, tried);
    }
    /* What does not fit is not cut off. */
    place = 1;
    places = 0;
    size_t length = RESOURCE_PATH_SIZE - strlen(program) - 2;
    memset(name, 'x', length);
    assert_int_equal(__real_resource_find(name, path, &error), 0);
    assert_int_equal(strlen(path), RESOURCE_PATH_SIZE - 1);
    assert_memory_equal(path, program, strlen(program));
    name[length] = 'x';
    places = 0;
    assert_true(__real_resource_find(name, path, &error) ||
                memcmp(path, INSTALLED_DATA, strlen(INSTALLED_DATA)) == 0);
    /* Where the system does not say where the program is. */
    places = 0;
    no_program = true;
    dirty_stack();
    int result = __real_resource_find("models/x", path, &error);
    no_program = false;
    assert_int_equal(result, 0);
    assert_string_equal(path, "./models/x");
    dirty_stack();
    places = 0;
    assert_int_equal(__real_resource_find("models/x", path, &error), 0);
    assert_string_equal(path, expected[0]);
    place = 0;
}

/* ---- In processes of their own, while there are no threads ----------------------------------- */

/* The status of a process that does this. What it says is in the file "said". */
static int status_of(void (*act)(const void *what), const void *what)
{
    int status = -1;
    write_bytes("said", "", 0);
    fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(60);
        apart = true;
        *said = '\0';
        act(what);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct ending {
    int status; /* that is asked for */
    struct error failure;
    int got;
    const char *said;
};

static void end_at_once(const void *what)
{
    const struct ending *ending = what;
    assert_non_null(freopen("stdout", "w", stdout));
    printf("told");
    setup_end_at_once("gone 1%d", ending->status, &ending->failure);
}

/* What was printed is kept; the failure, where there is one, is told in place of the reason. */
static void ends_at_once(void **state)
{
    (void)state;
    static const struct ending endings[] = {{0, {"", ERROR_OTHER}, 0, "gone 1%d\n"},
                                            {1, {"", ERROR_OTHER}, 1, "gone 1%d\n"},
                                            {0, {"not 2%d", ERROR_OTHER}, 1, "not 2%d\n"},
                                            {1, {"not 2%d", ERROR_USAGE}, 2, "not 2%d\n"},
                                            {1, {"closed", ERROR_CLOSED_PIPE}, 0, ""}};
    int here = enter_folder();
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        assert_int_equal(status_of(end_at_once, &endings[i]), endings[i].got);
        expect_file("said", endings[i].said);
        expect_file("stdout", "told");
    }
    leave_folder(here);
}

static void run_apart(const void *line)
{
    run(line);
}

static int frames_of(const char *path)
{
    struct ocv_video *video = NULL;
    int count = 0;
    if (ocv_video_open(&video, path, (struct ocv_patience){NULL, NULL}, &error) != OCV_OK)
        fail_msg("%s", error.text);
    while (ocv_video_read(video, NULL) == OCV_OK)
        count++;
    ocv_video_close(&video);
    return count;
}

#define LINE_OF(name, width, height)                                                               \
    "{\"source\":\"" name "\",\"frame\":0,\"time\":0.000,\"width\":" width ",\"height\":" height   \
    ",\"faces\":[]}\n"

#define FRAME_OF(name, frame, time)                                                                \
    "{\"source\":\"" name "\",\"frame\":" frame ",\"time\":" time                                  \
    ",\"width\":80,\"height\":80,\"faces\":[]}\n"

/* All that was looked at is told, and copies and reports are whole; unless that fails. */
static void displays_that_go_away(void **state)
{
    (void)state;
    static const char gone[] =
        "the display has gone away; everything recorded until then has been saved\n";
    int here = enter_folder();
    write_bytes("a.mp4", "x", 1);
    write_bytes("b.mp4", "x", 1);
    write_bytes("c.mp4", "x", 1);
    memset(&world, 0, sizeof world);
    world.window = true;
    world.frames = 2;
    world.lost_in = 2;
    assert_int_equal(status_of(run_apart, "--quiet --json --output copies --report reports --video "
                                          "a.mp4 b.mp4 c.mp4"),
                     1);
    expect_file("said", gone);
    expect_file("stdout", FRAME_OF("a.mp4", "0", "0.000") FRAME_OF("a.mp4", "1", "0.040")
                              FRAME_OF("b.mp4", "0", "0.000"));
    assert_int_equal(frames_of("copies/b.mp4"), 1);
    assert_int_equal(access("reports/b.mp4/summary.csv", F_OK), 0);
    assert_int_equal(access("copies/c.mp4", F_OK), -1);
    assert_int_equal(system("rm -r copies reports"), 0);
    write_bytes("1.pgm", "P5 1 1 255\n", 12);
    assert_int_equal(status_of(run_apart, "--json --threads 1 --image 1.pgm 1.pgm 1.pgm"), 1);
    expect_file("said", gone);
    expect_file("stdout", LINE_OF("1.pgm", "1", "1") LINE_OF("1.pgm", "1", "1"));
    world.lost_in = 0;
    world.lost_at_end = true;
    assert_int_equal(status_of(run_apart, "--quiet --json --video a.mp4 b.mp4"), 1);
    expect_file("said", gone);
    expect_file("stdout", FRAME_OF("a.mp4", "0", "0.000") FRAME_OF("a.mp4", "1", "0.040")
                              FRAME_OF("b.mp4", "0", "0.000") FRAME_OF("b.mp4", "1", "0.040"));
    world.lost_at_end = false;
    world.lost_in = 1;
    assert_int_equal(
        status_of(run_apart, "--quiet --json --output copy.mp4 --report report --video a.mp4"), 1);
    expect_file("said", gone);
    expect_file("stdout", FRAME_OF("a.mp4", "0", "0.000"));
    assert_int_equal(frames_of("copy.mp4"), 1);
    assert_int_equal(access("report/summary.csv", F_OK), 0);
    assert_int_equal(system("rm -r report"), 0);
    unlink("stdout");
    assert_int_equal(symlink("/dev/full", "stdout"), 0);
    assert_int_equal(status_of(run_apart, "--quiet --json --video a.mp4 b.mp4"), 1);
    expect_file("said",
                "the results cannot be written: No space left on device; check where they go\n");
    unlink("stdout");
    leave_folder(here);
}

/* A driver that keeps its thread keeps neither the program nor what there was until then. */
static void sources_that_do_not_answer(void **state)
{
    (void)state;
    static const SDL_Keycode quit[] = {SDLK_q, 0};
    char name[1000], line[1500], words[1500];
    int here = enter_folder();
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memset(&world, 0, sizeof world);
    world.frames = 3;
    world.stuck = world.interrupted = true;
    assert_int_equal(status_of(run_apart, "--json --report report --video a.mp4"), 0);
    expect_file("said", "a.mp4: does not answer; ended without it\n");
    expect_file("stdout", FRAME_OF("a.mp4", "0", "0.000"));
    assert_int_equal(access("report/summary.csv", F_OK), 0);
    assert_int_equal(system("rm -r report"), 0);
    snprintf(line, sizeof line, "--output copy.mp4 --camera %s", name);
    snprintf(words, sizeof words, "camera %s: does not answer; ended without it\n", name);
    assert_int_equal(status_of(run_apart, line), 0);
    expect_file("said", words);
    assert_int_equal(frames_of("copy.mp4"), 1);
    world.interrupted = false;
    world.window = true;
    pressed = quit;
    assert_int_equal(status_of(run_apart, "--quiet --video a.mp4"), 0);
    expect_file("said", "a.mp4: does not answer; ended without it\n");
    world.window = false;
    pressed = NULL;
    unlink("stdout");
    assert_int_equal(symlink("/dev/full", "stdout"), 0);
    assert_int_equal(status_of(run_apart, "--quiet --json --video a.mp4"), 1);
    expect_file("said",
                "the results cannot be written: No space left on device; check where they go\n");
    unlink("stdout");
    leave_folder(here);
}

/* ---- Cameras ------------------------------------------------------------------------------- */

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
    assert_non_null(strstr(error.text, "(Camera 20); try"));
    world.cameras = 19;
    world.long_name = true; /* cut off after 599 bytes of all names */
    assert_int_equal(run("--camera 0"), -1);
    assert_int_equal(strlen(error.text), strlen("camera 0: not there; cameras here: ") + 599 +
                                             strlen("; try ./expressions --demo"));
    expect_error("--video a.mkv", ERROR_OTHER, "a.mkv: not there");
    world.missing = false;
    world.full = true;
    expect_error("--camera 0", ERROR_NO_MEMORY, "no memory for the camera; close other programs");
    /* Nobody can have it back who has piped it in. */
    world.full = false;
    world.missing = world.window = true;
    assert_non_null(freopen("/dev/null", "r", stdin));
    expect_error("--camera -", ERROR_NO_CAMERA, "camera -: not there");
}

/* A camera's name is no file's. */
static void camera_named_like_a_table(void **state)
{
    (void)state;
    int here = enter_folder();
    memset(&world, 0, sizeof world);
    world.frames = 1;
    write_bytes("0", "x", 1);
    expect_error("--quiet --camera 0 --csv 0", ERROR_CAMERA_LOST,
                 "camera 0: stopped delivering frames; plug it in again and restart");
    leave_folder(here);
}

static void cameras_that_take_too_long(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.closed = true;
    assert_non_null(freopen("/dev/null", "r", stdin)); /* a pipe would be no user */
    assert_int_equal(run("--camera 0"), 0);
    assert_string_equal(said, "");
    assert_string_equal(titles, "one moment\n");
    assert_string_equal(menus, "one moment: Camera 0 is being opened.\n");
    assert_int_equal(redrawn, 1);
    assert_int_equal(drawn_otherwise, 0);
    expect_file("stdout", "");
    memory_ends = true;
    expect_error("--camera 0", ERROR_NO_MEMORY,
                 "no memory for another source; close other programs");
    memory_ends = false;
    unallocated = 0;
}

/* The window stays and says so, and its menu names the cameras; its end is that of a run without a
 * camera. */
static void cameras_that_are_missed(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.closed = world.missing = true;
    assert_non_null(freopen("/dev/null", "r", stdin));
    assert_int_equal(run("--camera 7%d"), -1);
    assert_int_equal(error.code, ERROR_NO_CAMERA);
    assert_string_equal(error.text, "");
    assert_string_equal(said, "camera 7%d: not there\n");
    assert_string_equal(menus, "one moment: Camera 7%d is being opened.\n");
    char line[400]; /* the password lies where the address is cut off */
    snprintf(line, sizeof line, "--camera rtsp://n:%0290dword@h/x", 0);
    assert_int_equal(run(line), -1);
    assert_string_equal(said, "camera rtsp://n:*@h/x: not there\n");
    assert_int_equal(run("--camera rtsp://n:word@h/x"), -1);
    assert_string_equal(menus, "one moment: Camera rtsp://n:*@h/x is being opened.\n");
    /* Closed while others are looked for, and told to end when they are offered. */
    world.late = true;
    assert_int_equal(run("--camera 7"), -1);
    assert_int_equal(error.code, ERROR_NO_CAMERA);
    assert_string_equal(error.text, "");
    world.interrupted = true;
    assert_int_equal(run("--camera 7"), 0);
    assert_string_equal(said, "camera 7: not there\n");
    assert_string_equal(menus, "one moment: Camera 7 is being opened.\n"
                               "no camera: camera 7: not there\n");
}

/* It is drawn beside the window. */
static void demo_in_the_window(void **state)
{
    (void)state;
    static const SDL_Keycode none[] = {0};
    memset(&world, 0, sizeof world);
    world.window = true;
    pressed = none;
    assert_int_equal(run("--quiet --json --max-frames 2 --demo"), 0);
    pressed = NULL;
    assert_int_equal(opencv_threads, 2);
    assert_string_equal(menus, "one moment: The demo is being drawn.\n");
    assert_string_equal(titles, "one moment\nExpressions\n");
    assert_true(shown == 2 && hidden);
    size_t size;
    char *text = (char *)read_bytes(in_folder("stdout"), &size);
    assert_non_null(strstr(text, "{\"source\":\"demo\",\"frame\":1,\"time\":0.033,"));
    free(text);
}

/* Without a window the demo ends by itself; a film is as long as it is. */
static void demo_without_a_window(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int frames;
    } runs[] = {
        {"--demo", DEMO_CYCLE}, {"--max-frames 3 --demo", 3}, {"--video a.mkv", DEMO_CYCLE + 1}};
    memset(&world, 0, sizeof world);
    world.tiny = true;
    world.frames = DEMO_CYCLE + 1;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        char line[100];
        int lines = 0;
        size_t size;
        snprintf(line, sizeof line, "--quiet --json %s", runs[i].line);
        assert_int_equal(run(line), 0);
        char *text = (char *)read_bytes(in_folder("stdout"), &size);
        for (size_t k = 0; k < size; k++)
            lines += text[k] == '\n';
        free(text);
        assert_int_equal(lines, runs[i].frames);
    }
}

/* A window's title says which of the pictures it is, and what the keys do. */
static void titles_of_pictures(void **state)
{
    (void)state;
    char line[2 * TEST_PATH_SIZE];
    memset(&world, 0, sizeof world);
    world.closed = true;
    write_bytes(in_folder("a.pgm"), "P5 2 1 255\nab", 13);
    write_bytes(in_folder("b.pgm"), "P5 2 1 255\nab", 13);
    snprintf(line, sizeof line, "--quiet --image %s", test_folder());
    assert_int_equal(run(line), -1);
    assert_int_equal(error.code, ERROR_NO_FACE);
    assert_string_equal(
        titles, "a.pgm (1 of 2) - s: screenshot, e: explain, f: full screen, any other key: next\n"
                "b.pgm (2 of 2) - s: screenshot, e: explain, f: full screen, any other key: end\n");
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
                 "camera -: standard input has ended; restart the program that feeds it");
    assert_int_equal(run("--video a.mkv"), 0);
    assert_string_equal(said, "");
    assert_true(progress.done == 3 && progress.frames == 3);
    size_t size;
    char *text = (char *)read_bytes(in_folder("stdout"), &size);
    assert_memory_equal(text, "    0.00 s  no face\n3 frames, ", 30);
    assert_non_null(strstr(text, " frames a second, seen: no face\n"));
    free(text);
    assert_int_equal(run("--video a.mkv --max-frames 2 --quiet"), 0);
    expect_file("stdout", "    0.00 s  no face\n");
    assert_true(progress.done == 0 && progress.frames == 0);
    assert_int_equal(run("--video a.mkv --max-frames 2"), 0);
    assert_true(progress.done == 2 && progress.frames == 2);
    assert_int_equal(run("--video a.mkv --max-frames 5"), 0);
    assert_true(progress.done == 3 && progress.frames == 3);
    assert_int_equal(run("--video a.mkv --max-frames 1 --json"), 0);
    assert_true(progress.done == 1 && progress.frames == 1 && progress.hidden);
    world.fails = true;
    expect_error("--video a.mkv --quiet", ERROR_OTHER, "a.mkv: broken");
    /* What was there until then is summed up. */
    expect_error("--video a.mkv", ERROR_OTHER, "a.mkv: broken");
    text = (char *)read_bytes(in_folder("stdout"), &size);
    assert_non_null(strstr(text, "\n3 frames, "));
    free(text);
    world.frames = 1;
    expect_error("--video a.mkv", ERROR_OTHER, "a.mkv: broken");
    text = (char *)read_bytes(in_folder("stdout"), &size);
    assert_non_null(strstr(text, "\n1 frame, "));
    free(text);
    world.frames = 0;
    expect_error("--video a.mkv", ERROR_OTHER, "a.mkv: broken");
    expect_file("stdout", "");
}

/* What cannot be written at the end is told, unless something else has failed before. */
static void reports_that_cannot_be_written(void **state)
{
    (void)state;
    int here = enter_folder();
    memset(&world, 0, sizeof world);
    world.frames = 2;
    world.spoils = true;
    assert_int_equal(run("--quiet --report report --video a.mkv"), -1);
    expect_text(error.text, "report/", "Not a directory");
    unlink("report");
    world.fails = true;
    expect_error("--quiet --report report --video a.mkv", ERROR_OTHER, "a.mkv: broken");
    unlink("report");
    leave_folder(here);
}

/* What cannot be written ends a run at once, not after all of its frames. */
static void results_that_cannot_be_written(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.frames = 200;
    assert_int_equal(symlink("/dev/full", in_folder("stdout")), 0);
    expect_error("--json --video a.mkv", ERROR_OTHER,
                 "the results cannot be written: No space left on device; check where they go");
    assert_in_range(frames_read, 1, world.frames / 2);
    clearerr(stdout);
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
    double seconds, resident, median, most, rate;
    const char *line = strstr(said, "2 frames in ");
    assert_non_null(line);
    assert_int_equal(
        sscanf(line, "2 frames in %lf s, 0 dropped, %lf MB resident", &seconds, &resident), 2);
    assert_true(seconds >= 0 && seconds < 60 && resident > 10);
    static const char *const stages[] = {"\ndetection: ", "\nrecognition: ", "\nlatency: "};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        line = strstr(said, stages[i]);
        assert_non_null(line);
        assert_int_equal(sscanf(line + strlen(stages[i]),
                                "median %lf ms, 95th percentile %lf ms, %lf a second", &median,
                                &most, &rate),
                         3);
        assert_true(median >= 0 && most >= median && most < 60000 && rate > 0);
    }
    assert_null(strstr(said, "drawing"));
    world.frames = 1;
    made_up = true;
    assert_int_equal(run("--video a.mkv --verbose"), 0);
    made_up = false;
    line = strstr(said, "\ndetection: "); /* and no other stage follows */
    assert_non_null(line);
    assert_string_equal(line,
                        "\ndetection: median 150.00 ms, 95th percentile 195.00 ms, 5.0 a second\n"
                        "recognition: median 250.00 ms, 95th percentile 295.00 ms, 6.0 a second\n"
                        "latency: median 450.00 ms, 95th percentile 495.00 ms, 8.0 a second\n");
}

#define NO_THREAD(name)                                                                            \
    "cannot start " name ": Resource temporarily unavailable; close other programs"

/* What is told where one thread after another cannot be started, after those of the beginning. */
static void threads_that_cannot_be_started(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool window;
        int first;
        const char *told[7];
    } runs[] = {{"--camera 0",
                 false,
                 3,
                 {NO_THREAD("the signal thread"), NO_THREAD("the detection thread"),
                  NO_THREAD("the capture thread")}},
                {"--threads 1 --video a.mkv b.mkv",
                 false,
                 3,
                 {NO_THREAD("the signal thread"), "cannot start a thread; close other programs",
                  NO_THREAD("the detection thread") "\n", NO_THREAD("the capture thread") "\n",
                  NO_THREAD("the detection thread") "\n", NO_THREAD("the capture thread") "\n"}},
                {"--threads 2 --video a.mkv b.mkv", /* the second one can be */
                 false,
                 3,
                 {NO_THREAD("the signal thread"), "cannot start a thread; close other programs"}},
                {"--video a.mkv b.mkv",
                 true,
                 3,
                 {NO_THREAD("the signal thread"), "cannot start a thread; close other programs",
                  NO_THREAD("the detection thread") "\n", NO_THREAD("the capture thread") "\n",
                  NO_THREAD("the detection thread") "\n", NO_THREAD("the capture thread") "\n"}},
                {"--threads 2 --image a.pgm b.pgm",
                 false,
                 2,
                 {NO_THREAD("the signal thread"), NO_THREAD("a thread"), ""}}};
    int here = enter_folder();
    write_bytes("a.pgm", "P5 2 1 255\nab", 13);
    write_bytes("b.pgm", "P5 2 1 255\nab", 13);
    memset(&world, 0, sizeof world);
    world.frames = 2;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        char line[100];
        snprintf(line, sizeof line, "--quiet --json %s", runs[i].line);
        for (int n = 0; runs[i].told[n]; n++) {
            world.window = runs[i].window;
            missing_thread = runs[i].first + n;
            assert_int_equal(run(line), -1);
            assert_string_equal(*said ? said : error.text, runs[i].told[n]);
        }
    }
    missing_thread = 0;
    leave_folder(here);
}

/* The result of a run on pictures: its code, what it prints, and its messages. */
static void expect_pictures(const char *line, int code, const char *told, const char *messages)
{
    assert_int_equal(run(line), code < 0 ? 0 : -1);
    if (code >= 0)
        assert_int_equal(error.code, code);
    assert_string_equal(error.text, "");
    assert_string_equal(said, messages);
    expect_file("stdout", told);
}

/* Each allocation in turn: either the run fails and says why, or nobody can tell. */
static void memory_that_is_missing(const char *line)
{
    size_t size;
    int usual = run(line), told = 0;
    char *output = (char *)read_bytes("stdout", &size);
    for (unallocated = 1;; unallocated++) {
        int result = run(line);
        if (allocations < unallocated)
            break;
        bool says = strstr(error.text, "memory") || strstr(said, "memory");
        told += says;
        if (says)
            assert_int_equal(result, -1);
        else
            assert_int_equal(result, usual);
        if (!says)
            expect_file("stdout", output);
    }
    print_message("%s: %ld allocations, %d told\n", line, (long)unallocated, told);
    unallocated = 0;
    free(output);
    assert_true(told > 10);
}

enum { DONE = -1 };

/* Pictures of so many columns, one after the other: 1.pgm, 2.pgm, ... */
static void make_pictures(int count)
{
    for (int i = 1; i <= count; i++) {
        char name[20], bytes[80] = "";
        int size = snprintf(bytes, sizeof bytes, "P5 %d 1 255\n", i);
        snprintf(name, sizeof name, "%d.pgm", i);
        write_bytes(name, bytes, (size_t)(size + i));
    }
}

/* Pictures face.png, with a face, and cut.jpg, whose end is missing. */
static void make_face(void)
{
    struct demo *demo;
    double time;
    size_t size;
    assert_int_equal(demo_open(&demo, &error), 0);
    assert_int_equal(picture_write("face.png", demo_next(demo, &time), &error), 0);
    demo_close(&demo);
    static const uint8_t pixels[SIDE * SIDE * 3];
    assert_int_equal(
        picture_write("cut.jpg", (struct bgr_image){pixels, SIDE, SIDE, SIDE * 3}, &error), 0);
    uint8_t *bytes = read_bytes("cut.jpg", &size);
    write_bytes("cut.jpg", bytes, size - 2);
    free(bytes);
}

/* In their order, as many as are wanted, each as it is, whoever else fails. */
static void several_pictures(void **state)
{
    (void)state;
    int here = enter_folder();
    memset(&world, 0, sizeof world);
    make_face();
    make_pictures(12);
    write_bytes("bad%%.png", "text", 4);
    static const char bad[] = "bad%%.png: damaged, or not a picture of a supported format; "
                              "convert it to PNG or JPEG\n";
    char both[200];
    snprintf(both, sizeof both, "%scut.jpg: the end marker is missing; read anyway\n", bad);
    expect_pictures("--threads 1 --image 1.pgm bad%%.png cut.jpg", ERROR_OTHER,
                    "1.pgm: no face\ncut.jpg: no face\n", both);
    expect_pictures("--threads 1 --quiet --image 1.pgm bad%%.png cut.jpg", ERROR_OTHER,
                    "1.pgm: no face\ncut.jpg: no face\n", bad);
    expect_pictures("--threads 1 --image 2.pgm", ERROR_NO_FACE, "2.pgm: no face\n", "");
    for (int count = 1; count <= 3; count += 2) {
        char line[200];
        snprintf(line, sizeof line,
                 "--json --threads %d --image 1.pgm 2.pgm 3.pgm 4.pgm 5.pgm 6.pgm 7.pgm 8.pgm "
                 "9.pgm 10.pgm 11.pgm 12.pgm",
                 count);
        expect_pictures(
            line, ERROR_NO_FACE,
            LINE_OF("1.pgm", "1", "1") LINE_OF("2.pgm", "2", "1") LINE_OF("3.pgm", "3", "1")
                LINE_OF("4.pgm", "4", "1") LINE_OF("5.pgm", "5", "1") LINE_OF("6.pgm", "6", "1")
                    LINE_OF("7.pgm", "7", "1") LINE_OF("8.pgm", "8", "1") LINE_OF("9.pgm", "9", "1")
                        LINE_OF("10.pgm", "10", "1") LINE_OF("11.pgm", "11", "1")
                            LINE_OF("12.pgm", "12", "1"),
            "");
        assert_int_equal(pictures_read, 12);
        assert_int_equal(blas_threads, count);
        assert_int_equal(opencv_threads, 1);
    }
    expect_pictures("--json --threads 1 --max-frames 2 --image 1.pgm 2.pgm bad%%.png",
                    ERROR_NO_FACE, LINE_OF("1.pgm", "1", "1") LINE_OF("2.pgm", "2", "1"), "");
    assert_int_equal(pictures_read, 2);
    assert_non_null(freopen("3.pgm", "r", stdin));
    expect_pictures("--json --threads 1 --image - 2.pgm", ERROR_NO_FACE,
                    LINE_OF("-", "3", "1") LINE_OF("2.pgm", "2", "1"), "");
    assert_non_null(freopen("3.pgm", "r", stdin));
    expect_pictures("--json --threads 1 --image -", ERROR_NO_FACE, LINE_OF("-", "3", "1"), "");
    assert_non_null(freopen("/dev/null", "r", stdin));

    /* Of folders; some picture with a face is enough. */
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(mkdir("none%%", 0700), 0);
    assert_int_equal(rename("2.pgm", "folder/b.pgm"), 0);
    assert_int_equal(rename("face.png", "folder/face.png"), 0);
    write_bytes("folder/notes.txt", "x", 1);
    assert_int_equal(run("--json --threads 1 --image folder 1.pgm"), 0);
    assert_string_equal(said, "skipped in folders, not pictures by their names: notes.txt (1)\n");
    size_t size;
    char *text = (char *)read_bytes("stdout", &size);
    static const char begin[] =
        LINE_OF("folder/b.pgm", "2", "1") "{\"source\":\"folder/face.png\""
                                          ",\"frame\":0,\"time\":0.000,\"width\":640,\"height\":"
                                          "480,\"faces\":[{\"id\":1,\"box\":[";
    assert_memory_equal(text, begin, sizeof begin - 1);
    assert_string_equal(strchr(strchr(text, '\n') + 1, '\n') + 1, LINE_OF("1.pgm", "1", "1"));
    free(text);
    expect_pictures("--json --threads 1 --image none%% 1.pgm", ERROR_OTHER,
                    LINE_OF("1.pgm", "1", "1"),
                    "none%%: there is no picture in this folder; name another\n");
    expect_pictures("--json --threads 1 --image none%% none%%", ERROR_OTHER, "",
                    "none%%: there is no picture in this folder; name another\n"
                    "none%%: there is no picture in this folder; name another\n");
    assert_int_equal(blas_threads, 1);

    /* What ends all, at once. */
    expect_error("--image 1.pgm --csv no/such.csv", ERROR_OTHER,
                 "no/such.csv: cannot be written: No such file or directory; check the name");
    assert_int_equal(pictures_read, 0);
    static const size_t counts[] = {1, 3, 6}; /* threads, and the pictures they have */
    for (int i = 0; i < 3; i++) {
        too_many = counts[i];
        expect_error("--threads 3 --image 1.pgm 3.pgm 4.pgm", ERROR_NO_MEMORY,
                     "no memory for the pictures; close other programs");
    }
    too_many = 1;
    expect_error("--video a.mkv b.mkv", ERROR_NO_MEMORY,
                 "no memory for the videos; close other programs");
    expect_error("--video a.mkv", ERROR_NO_MEMORY,
                 "no memory for the frames; close other programs");
    too_many = 0;
    unlink("stdout");
    assert_int_equal(symlink("/dev/full", "stdout"), 0);
    expect_error("--json --threads 1 --image 1.pgm 3.pgm 4.pgm 5.pgm 6.pgm 7.pgm 8.pgm 9.pgm",
                 ERROR_OTHER,
                 "the results cannot be written: No space left on device; check where they go");
    assert_in_range(pictures_read, 1, 3);
    clearerr(stdout);
    unlink("stdout");
    assert_int_equal(system("rm -r folder none%%"), 0);
    leave_folder(here);
}

/* What is odd about one is told of it alone; one that cannot be recognized keeps no other from it,
 * nor does a thread that cannot. */
static void pictures_in_other_threads(void **state)
{
    (void)state;
    int here = enter_folder();
    memset(&world, 0, sizeof world);
    make_face();
    make_pictures(4);
    expect_pictures("--threads 1 --image cut.jpg 1.pgm none.pgm 2.pgm", ERROR_OTHER,
                    "cut.jpg: no face\n1.pgm: no face\n2.pgm: no face\n",
                    "cut.jpg: the end marker is missing; read anyway\n"
                    "none.pgm: No such file or directory; check the name\n");
    recognizing_fails = true;
    expect_pictures("--threads 1 --image face.png 1.pgm", ERROR_OTHER, "1.pgm: no face\n",
                    "face.png: no memory for faces\n");
    recognizing_fails = false;
    no_other = true;
    expect_pictures("--json --threads 3 --image 1.pgm 2.pgm 3.pgm 4.pgm", ERROR_NO_FACE,
                    LINE_OF("1.pgm", "1", "1") LINE_OF("2.pgm", "2", "1") LINE_OF("3.pgm", "3", "1")
                        LINE_OF("4.pgm", "4", "1"),
                    "");
    no_other = false;
    leave_folder(here);
}

static void copy_file(const char *from, const char *to)
{
    size_t size;
    uint8_t *bytes = read_bytes(from, &size);
    write_bytes(to, bytes, size);
    free(bytes);
}

/* Which files are used, and how frequent expressions are assumed to be. */
static void other_models(void **state)
{
    (void)state;
    static const struct {
        const char *prior, *label;
    } cases[] = {{"", "happy"},
                 {"--prior 1e-6,1e-6,1e-6,1e-6,1e6,1e-6,1e-6", "sad"},
                 {"--prior 1e6,1e-6,1e-6,1e-6,1e-6,1e-6,1e-6", "angry"}};
    int here = enter_folder();
    memset(&world, 0, sizeof world);
    make_face();
    make_pictures(1);
    copy_file(SOURCE_DIR "/models/expressions.safetensors", "model%d");
    copy_file(cascade_files[CASCADE_FIRST], "cascade%d.xml");
    expect_pictures("--verbose --threads 1 --model model%d --cascade cascade%d.xml --image 1.pgm",
                    ERROR_NO_FACE, "1.pgm: no face\n", "model model%d\ncascade cascade%d.xml\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[120], named[40];
        snprintf(line, sizeof line, "--model model%%d --json --threads 1 %s --image face.png",
                 cases[i].prior);
        snprintf(named, sizeof named, "\"emotion\":\"%s\"", cases[i].label);
        assert_int_equal(run(line), 0);
        size_t size;
        char *text = (char *)read_bytes("stdout", &size);
        if (!strstr(text, named))
            fail_msg("not %s: %s", named, text);
        free(text);
    }
    static const char *const inputs[] = {"--image 1.pgm", "--video a.mkv", "--video a.mkv b.mkv"};
    for (int i = 0; i < 3; i++) {
        char line[100];
        snprintf(line, sizeof line, "--model 1.pgm --threads 1 %s", inputs[i]);
        assert_int_equal(run(line), -1);
        assert_int_equal(error.code, ERROR_BAD_MODEL);
        expect_text(error.text, "1.pgm", "");
        assert_int_equal(frames_read + pictures_read, 0);
    }
    assert_int_equal(run("--cascade 1.pgm --threads 1 --image 1.pgm"), -1);
    assert_int_equal(error.code, ERROR_BAD_CASCADE);
    expect_text(error.text, "1.pgm", "");
    leave_folder(here);
}

/* Where not all that is read can be noted, nothing is read. */
static void files_that_cannot_be_noted(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int files;
    } runs[] = {{"--image 1.pgm 2.pgm", 5}, {"--video a.mkv b.mkv", 5}, {"--video a.mkv", 3}};
    memset(&world, 0, sizeof world);
    world.frames = 1;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        for (unnoted = 1; unnoted <= runs[i].files; unnoted++) {
            noted = 0;
            expect_error(runs[i].line, ERROR_NO_MEMORY,
                         "no memory for a name; close other programs");
            assert_int_equal(frames_read + pictures_read, 0);
        }
    }
    unnoted = 0;
}

/* What videos need is loaded for what moves alone; without it nothing is begun. */
static void videos_that_cannot_be_read(void **state)
{
    (void)state;
    static const char *const lines[] = {"--camera 0", "--video a.mkv", "--video a.mkv b.mkv"};
    int here = enter_folder();
    memset(&world, 0, sizeof world);
    world.frames = 1;
    make_pictures(1);
    no_videos = "no 7%d videos";
    for (int i = 0; i < 3; i++) {
        expect_error(lines[i], ERROR_OTHER, no_videos);
        assert_int_equal(films_opened, 0);
    }
    expect_pictures("--threads 1 --image 1.pgm", ERROR_NO_FACE, "1.pgm: no face\n", "");
    no_videos = NULL;
    leave_folder(here);
}

static void memory_for_runs(void **state)
{
    (void)state;
    int here = enter_folder();
    memset(&world, 0, sizeof world);
    world.frames = 1;
    make_pictures(2);
    write_bytes("a.mkv", "x", 1);
    write_bytes("b.mkv", "x", 1);
    memory_that_is_missing("--quiet --threads 1 --image 1.pgm 2.pgm");
    memory_that_is_missing("--quiet --threads 1 --video a.mkv b.mkv");
    memory_that_is_missing("--quiet --json --max-frames 1 --camera 0");
    leave_folder(here);
}

/* Threads that cannot begin leave their share to the others. */
static void workers_that_are_missing(void **state)
{
    (void)state;
    int here = enter_folder();
    memset(&world, 0, sizeof world);
    world.frames = 1;
    make_pictures(4);
    write_bytes("a.mkv", "x", 1);
    write_bytes("b.mkv", "x", 1);
    write_bytes("c.mkv", "x", 1);
    for (unopened = 2; unopened >= 0; unopened -= 2) {
        expect_pictures("--json --threads 3 --image 1.pgm 2.pgm 3.pgm 4.pgm", ERROR_NO_FACE,
                        LINE_OF("1.pgm", "1", "1") LINE_OF("2.pgm", "2", "1")
                            LINE_OF("3.pgm", "3", "1") LINE_OF("4.pgm", "4", "1"),
                        "");
        assert_int_equal(recognizers, 3);
        assert_int_equal(recognizers_opened, unopened ? 1 : 3);
        assert_int_equal(run("--json --threads 3 --video a.mkv b.mkv c.mkv"), 0);
        assert_int_equal(recognizers_opened, unopened ? 1 : 3);
        expect_file("stdout", FRAME_OF("a.mkv", "0", "0.000") FRAME_OF("b.mkv", "0", "0.000")
                                  FRAME_OF("c.mkv", "0", "0.000"));
        assert_string_equal(said, "");
        assert_int_equal(blas_threads, 3);
    }
    unopened = 0;
    leave_folder(here);
}

/* Over each picture keys explain it, or end the run; the others are then left alone. */
static void pictures_in_the_window(void **state)
{
    (void)state;
    static const SDL_Keycode end[] = {SDLK_q, 0}, explain[] = {SDLK_e, SDLK_x, 0};
    int here = enter_folder();
    memset(&world, 0, sizeof world);
    world.window = true;
    make_face();
    make_pictures(9);
    pressed = end;
    read_ahead = 2;
    expect_pictures("--json --threads 1 --image 1.pgm 2.pgm 3.pgm 4.pgm 5.pgm 6.pgm 7.pgm 8.pgm",
                    DONE, LINE_OF("1.pgm", "1", "1"), "");
    assert_int_equal(pictures_read, read_ahead);
    read_ahead = 0;
    assert_string_equal(
        titles,
        "1.pgm (1 of 8) - s: screenshot, e: explain, f: full screen, any other key: next\n");
    pressed = explain;
    assert_int_equal(run("--quiet --threads 2 --image face.png face.png"), 0);
    assert_true(explanations >= 2); /* and whatever else has to be drawn anew */
    assert_int_equal(blas_threads, 3);
    assert_int_equal(shown, 2);
    assert_int_equal(recognizers, 3); /* one explains */
    assert_int_equal(run("--quiet --threads 1 --image 1.pgm"), -1);
    assert_int_equal(explanations, 0);
    pressed = NULL;
    assert_int_equal(run("--quiet --threads 1 --image face.png"), 0);
    assert_int_equal(recognizers, 1); /* nothing is to be explained */
    pressed = explain;
    explaining_fails = true;
    expect_error("--quiet --threads 1 --image face.png", ERROR_OTHER, "no map");
    assert_int_equal(explanations, 1);
    explaining_fails = false;
    drawing_fails = true;
    expect_error("--quiet --threads 1 --image face.png", ERROR_OTHER, "no window");
    drawing_fails = false;
    /* There is none where there is nothing to show. */
    assert_int_equal(windows, 1);
    assert_int_equal(mkdir("none", 0700), 0);
    assert_int_equal(run("--image none"), -1);
    assert_int_equal(windows, 0);
    assert_int_equal(run("--video none none"), -1);
    assert_int_equal(windows, 0);
    /* Where none can be opened, it goes on all the same. */
    no_window = "no 7%d window";
    expect_pictures("--threads 1 --image 1.pgm", ERROR_NO_FACE, "1.pgm: no face\n",
                    "no 7%d window\n");
    no_window = NULL;
    /* Without a display it goes on without a window, and says so with the first picture. */
    assert_int_equal(unsetenv("SDL_VIDEODRIVER"), 0);
    char *displays[2];
    static const char *const names[] = {"DISPLAY", "WAYLAND_DISPLAY"};
    for (int i = 0; i < 2; i++) {
        const char *value = getenv(names[i]);
        displays[i] = value ? strdup(value) : NULL;
        unsetenv(names[i]);
    }
    static const char missing[] =
        "there is no display: continuing without a window, as with --headless\n";
    expect_pictures("--threads 1 --image 1.pgm", ERROR_NO_FACE, "1.pgm: no face\n", missing);
    expect_pictures("--quiet --threads 1 --image 1.pgm", ERROR_NO_FACE, "1.pgm: no face\n", "");
    world.frames = 1;
    assert_int_equal(run("--json --video a.mkv b.mkv"), 0);
    assert_string_equal(said, missing);
    assert_int_equal(run("--json --video a.mkv"), 0);
    assert_string_equal(said, missing);
    for (int i = 0; i < 2; i++) {
        if (displays[i])
            setenv(names[i], displays[i], 1);
        free(displays[i]);
    }
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    pressed = NULL;
    leave_folder(here);
}

/* The result of a run with these options on some of the films of the current folder. */
static void expect_films(const char *line, int result, const char *told, const char *messages)
{
    assert_int_equal(run(line), result);
    assert_string_equal(error.text, "");
    assert_string_equal(said, messages);
    expect_file("stdout", told);
}

static void several_films(void **state)
{
    (void)state;
    static const char *const names[] = {"a.mkv", "b.mkv", "c.mkv", "notes.txt"};
    int here = enter_folder();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        write_bytes(names[i], "x", 1);
    memset(&world, 0, sizeof world);
    world.frames = 2;

    /* In the order in which they are named, each under its name. */
    expect_films("--threads 2 --quiet --video c.mkv a.mkv b.mkv", 0,
                 "c.mkv:\n    0.00 s  no face\na.mkv:\n    0.00 s  no face\n"
                 "b.mkv:\n    0.00 s  no face\n",
                 "");
    assert_int_equal(opencv_threads, 1);
    assert_int_equal(run("--threads 1 --max-frames 1 --json --csv table --video a.mkv b.mkv"), 0);
    assert_string_equal(said, "");
    expect_file("stdout", "{\"source\":\"a.mkv\",\"frame\":0,\"time\":0.000,\"width\":80,"
                          "\"height\":80,\"faces\":[]}\n"
                          "{\"source\":\"b.mkv\",\"frame\":0,\"time\":0.000,\"width\":80,"
                          "\"height\":80,\"faces\":[]}\n");
    size_t size;
    char *table = (char *)read_bytes("table", &size);
    assert_true(size > 0 && strchr(table, '\n') == table + size - 1); /* a head, and no rows */
    free(table);

    /* Of those that fail, the others are done. */
    assert_int_equal(mkdir("none%%", 0700), 0);
    expect_films("--threads 1 --quiet --video a.mkv none%% notes.txt", -1,
                 "a.mkv:\n    0.00 s  no face\nnotes.txt:\n    0.00 s  no face\n",
                 "none%%: there is no video in this folder; name another\n");
    expect_films("--quiet --video none%% none%%", -1, "",
                 "none%%: there is no video in this folder; name another\n"
                 "none%%: there is no video in this folder; name another\n");
    assert_int_equal(blas_threads, 1);
    expect_films("--quiet --video none%% a.mkv", -1, "a.mkv:\n    0.00 s  no face\n",
                 "none%%: there is no video in this folder; name another\n");
    assert_int_equal(blas_threads, 1);
    assert_int_equal(opencv_threads, 2);
    world.missing = true;
    expect_films("--threads 1 --quiet --video a.mkv b%%.mkv", -1, "",
                 "a.mkv: not there\nb%%.mkv: not there\n");
    world.missing = false;
    world.frames = 0;
    expect_films("--threads 1 --quiet --video a.mkv b.mkv", -1, "",
                 "a.mkv: contains no video frames; try another file\n"
                 "b.mkv: contains no video frames; try another file\n");
    world.frames = 2;
    world.fails = true;
    expect_films("--threads 2 --quiet --video a.mkv b.mkv", -1,
                 "a.mkv:\n    0.00 s  no face\nb.mkv:\n    0.00 s  no face\n",
                 "a.mkv: broken\nb.mkv: broken\n");
    world.fails = false;

    /* What is passed over in folders. */
    assert_int_equal(mkdir("folder", 0700), 0);
    write_bytes("folder/d.mkv", "x", 1);
    write_bytes("folder/notes.txt", "x", 1);
    expect_films("--threads 1 --video folder a.mkv --quiet", 0,
                 "folder/d.mkv:\n    0.00 s  no face\na.mkv:\n    0.00 s  no face\n", "");
    assert_int_equal(run("--threads 1 --json --video folder a.mkv"), 0);
    assert_string_equal(said, "skipped in folders, not videos by their names: notes.txt (1)\n");

    /* Each its copy and its report. */
    assert_int_equal(
        run("--quiet --output copies --report reports --video a.mkv b.mkv --threads 1"), 0);
    static const char *const made[] = {"copies/a.mkv", "copies/b.mkv", "reports/a.mkv/summary.csv",
                                       "reports/b.mkv/summary.csv"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        assert_int_equal(access(made[i], F_OK), 0);
    assert_int_equal(system("rm -r none%% folder copies reports"), 0);

    /* What cannot be done for several, and what ends all. */
    expect_error("--osc 127.0.0.1:9 --video a.mkv b.mkv", ERROR_USAGE,
                 "--osc takes one video; name no other");
    expect_error("--lsl mood --video a.mkv b.mkv", ERROR_USAGE,
                 "--lsl takes one video; name no other");
    expect_error("--serve 8080 --video a.mkv b.mkv", ERROR_USAGE,
                 "--serve takes one video; name no other");
    expect_error("--output - --video a.mkv b.mkv", ERROR_USAGE,
                 "--output - takes one video; name a folder for the copies");
    for (too_many = 3; too_many >= 2; too_many--) /* films, and threads */
        expect_error("--threads 2 --video a.mkv b.mkv c.mkv", ERROR_NO_MEMORY,
                     "no memory for the videos; close other programs");
    too_many = 0;
    too_large = sizeof(struct session);
    expect_films("--threads 1 --quiet --video a.mkv b.mkv", -1, "",
                 "no memory for the frames; close other programs\n"
                 "no memory for the frames; close other programs\n");
    assert_int_equal(films_opened, 0);
    too_large = 0;
    unprinted = true;
    expect_error("--threads 1 --quiet --video a.mkv b.mkv", ERROR_NO_MEMORY,
                 "no memory for a.mkv; close other programs");
    unprinted = false;
    for (unspooled = 1; unspooled <= 2; unspooled++) {
        expect_error("--threads 1 --json --video a.mkv b.mkv c.mkv", ERROR_OTHER,
                     "a temporary file for results cannot be written: Too many open files; free "
                     "some space");
        assert_int_equal(films_opened, unspooled - 1);
    }
    unspooled = 0;
    unlink("stdout");
    assert_int_equal(symlink("/dev/full", "stdout"), 0);
    world.frames = 100;
    world.waits = true;
    expect_error("--threads 1 --json --video a.mkv b.mkv c.mkv", ERROR_OTHER,
                 "the results cannot be written: No space left on device; check where they "
                 "go");
    clearerr(stdout);
    unlink("stdout");
    leave_folder(here);
}

/* While the first one lasts, as many others are begun as there may be open files. */
static void films_that_wait(void **state)
{
    (void)state;
    static const struct {
        int spare;
        unsigned begun;
    } cases[] = {{3, 5}, {1, 3}, {0, 2}, {-5, 2}};
    int here = enter_folder();
    memset(&world, 0, sizeof world);
    world.frames = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        spare = cases[i].spare;
        begun = cases[i].begun;
        assert_int_equal(
            run("--quiet --json --threads 2 --video 1.mkv 2.mkv 3.mkv 4.mkv 5.mkv 6.mkv 7.mkv"), 0);
        assert_int_equal(films_opened, 7);
        assert_int_equal(most_spools, begun);
    }
    begun = 0;
    leave_folder(here);
}

/* A signal ends all in order, with a window and without: what waits is stopped, and no other film
 * or picture is begun. */
static void ended_by_signals(void **state)
{
    (void)state;
    static const SDL_Keycode none[] = {0};
    static const struct {
        const char *line;
        bool window, pauses;
        unsigned films;
        int pictures;
    } runs[] = {
        {"--camera 0", false, false, 1, 0},
        {"--video a.mkv", false, false, 1, 0},
        {"--video a.mkv", true, false, 1, 0},
        {"--video a.mkv", true, true, 1, 0},
        {"--threads 1 --video a.mkv b.mkv", false, false, 1, 0},
        {"--threads 1 --video a.mkv b.mkv", true, false, 1, 0},
        {"--threads 1 --video a.mkv b.mkv", true, true, 1, 0},
        {"--threads 1 --image 1.pgm 2.pgm 3.pgm 4.pgm 5.pgm 6.pgm 7.pgm", false, false, 0, 4},
        {"--threads 1 --image 1.pgm 2.pgm 3.pgm 4.pgm 5.pgm 6.pgm 7.pgm", true, false, 0, 4},
    };
    int here = enter_folder();
    make_pictures(7);
    memset(&world, 0, sizeof world);
    world.frames = 100;
    world.waits = world.interrupted = true;
    pressed = none;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        char line[200];
        world.window = runs[i].window;
        world.pauses = runs[i].pauses;
        snprintf(line, sizeof line, "--quiet --json %s", runs[i].line);
        assert_int_equal(run(line), 0);
        assert_string_equal(said, "");
        assert_string_equal(error.text, "");
        assert_int_equal(films_opened, runs[i].films);
        assert_true(pictures_read <= runs[i].pictures);
    }
    pressed = NULL;
    leave_folder(here);
}

/* Also where the window has no source any more, but a menu. */
static void ended_by_a_signal_at_the_menu(void **state)
{
    (void)state;
    static const SDL_Keycode none[] = {0};
    memset(&world, 0, sizeof world);
    world.window = world.drops = true;
    world.frames = 5;
    pressed = none;
    assert_int_equal(run("--quiet --json --threads 1 --video a.mkv b.mkv"), 0);
    pressed = NULL;
    assert_string_equal(error.text, "");
    assert_non_null(strstr(menus, "the end: "));
}

/* In a window they are looked at one after the other, each under its name. */
static void films_in_the_window(void **state)
{
    (void)state;
    static const SDL_Keycode none[] = {0}, end[] = {SDLK_q, 0};
    int here = enter_folder();
    write_bytes("a.mkv", "x", 1);
    write_bytes("b.mkv", "x", 1);
    memset(&world, 0, sizeof world);
    world.window = true;
    world.frames = 2;
    pressed = none;
    expect_films("--threads 2 --video a.mkv b.mkv", 0, "a.mkv:\nb.mkv:\n", "");
    assert_string_equal(titles, "a.mkv - Expressions\nb.mkv - Expressions\n");
    expect_films("--quiet --video a.mkv b.mkv", 0, "", "");
    assert_int_equal(run("--quiet --json --max-frames 1 --video a.mkv b.mkv"), 0);
    expect_file("stdout", "{\"source\":\"a.mkv\",\"frame\":0,\"time\":0.000,\"width\":80,"
                          "\"height\":80,\"faces\":[]}\n"
                          "{\"source\":\"b.mkv\",\"frame\":0,\"time\":0.000,\"width\":80,"
                          "\"height\":80,\"faces\":[]}\n");
    /* The user has seen enough. */
    pressed = end;
    world.frames = 1000;
    assert_int_equal(run("--quiet --video a.mkv b.mkv"), 0);
    assert_string_equal(titles, "a.mkv - Expressions\n");
    assert_int_equal(films_opened, 1);
    assert_in_range(frames_read, 0, world.frames / 2);
    pressed = NULL;
    leave_folder(here);
}

/* Nothing that is read is written. */
static void inputs_are_no_outputs(void **state)
{
    (void)state;
    static const struct {
        const char *inputs, *output;
    } runs[] = {{"--image 1.pgm 2.pgm", "2.pgm"},
                {"--image folder 2.pgm", "folder/a.pgm"},
                {"--model model --image 1.pgm", "model"},
                {"--video a.mkv b.mkv", "b.mkv"},
                {"--video folder b.mkv", "folder/a.mkv"},
                {"--model model --video a.mkv b.mkv", "model"},
                {"--video a.mkv", "a.mkv"},
                {"--model model --video a.mkv", "model"}};
    int here = enter_folder();
    size_t size;
    uint8_t *model = read_bytes(SOURCE_DIR "/models/expressions.safetensors", &size);
    write_bytes("model", model, size);
    free(model);
    make_pictures(2);
    write_bytes("a.mkv", "x", 1);
    write_bytes("b.mkv", "x", 1);
    assert_int_equal(mkdir("folder", 0700), 0);
    write_bytes("folder/a.pgm", "P5 1 1 255\nx", 12);
    write_bytes("folder/a.mkv", "x", 1);
    memset(&world, 0, sizeof world);
    world.frames = 1;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        char line[200], reason[200];
        snprintf(line, sizeof line, "--quiet %s --csv %s", runs[i].inputs, runs[i].output);
        snprintf(reason, sizeof reason,
                 "%s: is already an input or output of this run; choose another name",
                 runs[i].output);
        expect_error(line, ERROR_OTHER, reason);
        assert_int_equal(frames_read + pictures_read, 0);
    }
    assert_int_equal(system("rm -r folder"), 0);
    leave_folder(here);
}

/* What a key changes is shown, also where no frame follows. */
static void pauses_are_shown(void **state)
{
    (void)state;
    static const SDL_Keycode space[] = {SDLK_SPACE, 0};
    memset(&world, 0, sizeof world);
    world.window = true;
    world.frames = 100;
    pressed = space;
    assert_int_equal(run("--quiet --video a.mkv"), 0);
    assert_true(paused.drawn);
    pressed = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_that_is_missing),
        cmocka_unit_test(threads_that_have_files),
        cmocka_unit_test(resources_are_looked_for_in_order),
        cmocka_unit_test_teardown(ends_at_once, empty_folder),
        cmocka_unit_test_teardown(displays_that_go_away, empty_folder),
        cmocka_unit_test_teardown(sources_that_do_not_answer, empty_folder),
        cmocka_unit_test_teardown(cameras_that_are_missing, empty_folder),
        cmocka_unit_test_teardown(cameras_that_take_too_long, empty_folder),
        cmocka_unit_test_teardown(camera_named_like_a_table, empty_folder),
        cmocka_unit_test_teardown(cameras_that_are_missed, empty_folder),
        cmocka_unit_test_teardown(demo_in_the_window, empty_folder),
        cmocka_unit_test_teardown(demo_without_a_window, empty_folder),
        cmocka_unit_test_teardown(titles_of_pictures, empty_folder),
        cmocka_unit_test_teardown(sources_that_end, empty_folder),
        cmocka_unit_test_teardown(results_that_cannot_be_written, empty_folder),
        cmocka_unit_test_teardown(reports_that_cannot_be_written, empty_folder),
        cmocka_unit_test_teardown(damage_is_told, empty_folder),
        cmocka_unit_test_teardown(threads_that_cannot_be_started, empty_folder),
        cmocka_unit_test_teardown(several_films, empty_folder),
        cmocka_unit_test_teardown(inputs_are_no_outputs, empty_folder),
        cmocka_unit_test_teardown(films_in_the_window, empty_folder),
        cmocka_unit_test_teardown(pauses_are_shown, empty_folder),
        cmocka_unit_test_teardown(films_that_wait, empty_folder),
        cmocka_unit_test_teardown(ended_by_signals, empty_folder),
        cmocka_unit_test_teardown(ended_by_a_signal_at_the_menu, empty_folder),
        cmocka_unit_test_teardown(several_pictures, empty_folder),
        cmocka_unit_test_teardown(pictures_in_other_threads, empty_folder),
        cmocka_unit_test_teardown(other_models, empty_folder),
        cmocka_unit_test_teardown(files_that_cannot_be_noted, empty_folder),
        cmocka_unit_test_teardown(videos_that_cannot_be_read, empty_folder),
        cmocka_unit_test_teardown(memory_for_runs, empty_folder),
        cmocka_unit_test_teardown(workers_that_are_missing, empty_folder),
        cmocka_unit_test_teardown(pictures_in_the_window, empty_folder),
        cmocka_unit_test(every_thread_is_joined),
        cmocka_unit_test(every_lock_is_destroyed),
    };
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    return cmocka_run_group_tests(tests, make_folder_and_model, remove_folder_and_model);
}
