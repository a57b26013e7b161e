/* The window without a display, on a clock of the test's: what it asks of the system as it opens
 * and is lost, and what it asks of the program at each event.
 *
 *     test_events         compares
 *     test_events show    prints what each event brings
 */
#include "testing.h"

#include "keys.h"
#include "resources.h"
#include "screenshot.h"
#include "view.h"
#include "view_state.h"

#include <SDL.h>
#include <glob.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* ---- What is asked of others, written down --------------------------------------------------- */

static FILE *told; /* NULL: it is not written down */
static bool show;

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void tell(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    if (told)
        vfprintf(told, format, values);
    va_end(values);
}

static char *told_text;
static size_t told_size;

static void begin_telling(void)
{
    told = open_memstream(&told_text, &told_size);
    assert_non_null(told);
}

static void expect_told(const char *expected)
{
    fclose(told);
    told = NULL;
    if (strcmp(told_text, expected) != 0)
        fail_msg("told:\n%s\ninstead of:\n%s", told_text, expected);
    free(told_text);
}

/* ---- The system, as a test has it ------------------------------------------------------------ */

static struct {
    Uint32 ticks;
    int minor; /* of SDL's version, 2.minor.5 */
    const char *driver, *device, *refused;
    int delays, most_delays;
    jmp_buf ends;
    int density;     /* pixels of a point; 0: one */
    SDL_Rect screen; /* at 0: as it is */
    bool minimized, card;
} system_;

#define WRAP(type, name, ...)                                                                      \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

static bool refuses(const char *call)
{
    return system_.refused && strcmp(system_.refused, call) == 0 && SDL_SetError("refused") < 0;
}

WRAP(Uint32, SDL_GetTicks, void)
{
    return system_.ticks;
}

WRAP(Uint64, SDL_GetPerformanceCounter, void)
{
    return system_.ticks + 1000000000ULL;
}

WRAP(Uint64, SDL_GetPerformanceFrequency, void)
{
    return 1000;
}

WRAP(void, SDL_GetVersion, SDL_version *version)
{
    *version = (SDL_version){2, (Uint8)system_.minor, 5};
}

WRAP(const char *, SDL_GetCurrentVideoDriver, void)
{
    return system_.driver;
}

WRAP(SDL_bool, SDL_SetHint, const char *name, const char *value)
{
    tell("hint %s %s\n", name, value);
    return SDL_TRUE;
}

WRAP(SDL_bool, SDL_SetHintWithPriority, const char *name, const char *value, SDL_HintPriority how)
{
    tell("hint %s %s %s\n", name, value, how == SDL_HINT_OVERRIDE ? "above all" : "");
    return SDL_TRUE;
}

WRAP(Uint32, SDL_GetWindowFlags, SDL_Window *window)
{
    return __real_SDL_GetWindowFlags(window) | (system_.minimized ? SDL_WINDOW_MINIMIZED : 0);
}

WRAP(int, glob, const char *pattern, int flags, int (*failed)(const char *, int), glob_t *found)
{
    tell("look for %s\n", pattern);
    return __real_glob(system_.device && strcmp(system_.device, pattern) == 0 ? "/" : "/no such",
                       flags, failed, found);
}

WRAP(int, SDL_Init, Uint32 flags)
{
    tell("init %#x\n", flags);
    if (refuses("init"))
        return -1;
    const char *chosen = getenv("SDL_VIDEODRIVER");
    char *kept = chosen ? strdup(chosen) : NULL;
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    const int result = __real_SDL_Init(flags);
    kept ? setenv("SDL_VIDEODRIVER", kept, 1) : unsetenv("SDL_VIDEODRIVER");
    free(kept);
    return result;
}

WRAP(void, SDL_Quit, void)
{
    tell("quit\n");
    __real_SDL_Quit();
}

WRAP(SDL_Window *, SDL_CreateWindow, const char *title, int x, int y, int width, int height,
     Uint32 flags)
{
    tell("window %s %#x %#x %dx%d %#x\n", title, (unsigned)x, (unsigned)y, width, height, flags);
    return refuses("window") ? NULL : __real_SDL_CreateWindow(title, x, y, width, height, flags);
}

WRAP(SDL_Renderer *, SDL_CreateRenderer, SDL_Window *window, int index, Uint32 flags)
{
    tell("renderer %d %#x\n", index, flags);
    return refuses("renderer") ? NULL : __real_SDL_CreateRenderer(window, index, flags);
}

WRAP(void, SDL_DestroyRenderer, SDL_Renderer *renderer)
{
    tell("no renderer\n");
    __real_SDL_DestroyRenderer(renderer);
}

WRAP(void, SDL_DestroyWindow, SDL_Window *window)
{
    tell("no window\n");
    __real_SDL_DestroyWindow(window);
}

WRAP(void, SDL_SetWindowMinimumSize, SDL_Window *window, int width, int height)
{
    tell("at least %dx%d\n", width, height);
    __real_SDL_SetWindowMinimumSize(window, width, height);
}

WRAP(void, SDL_SetWindowSize, SDL_Window *window, int width, int height)
{
    tell("size %dx%d\n", width, height);
    __real_SDL_SetWindowSize(window, width, height);
}

WRAP(void, SDL_SetWindowPosition, SDL_Window *window, int x, int y)
{
    tell("place %#x %#x\n", (unsigned)x, (unsigned)y);
    __real_SDL_SetWindowPosition(window, x, y);
}

WRAP(void, SDL_SetWindowTitle, SDL_Window *window, const char *title)
{
    tell("title %s\n", title);
    __real_SDL_SetWindowTitle(window, title);
}

WRAP(void, SDL_ShowWindow, SDL_Window *window)
{
    tell("show\n");
    __real_SDL_ShowWindow(window);
}

WRAP(void, SDL_HideWindow, SDL_Window *window)
{
    tell("hide\n");
    __real_SDL_HideWindow(window);
}

WRAP(int, SDL_SetWindowFullscreen, SDL_Window *window, Uint32 flags)
{
    tell("full screen %#x\n", flags);
    return refuses("full screen") ? -1 : __real_SDL_SetWindowFullscreen(window, flags);
}

WRAP(int, SDL_GetRendererOutputSize, SDL_Renderer *renderer, int *width, int *height)
{
    const int result = __real_SDL_GetRendererOutputSize(renderer, width, height);
    *width *= system_.density > 0 ? system_.density : 1;
    *height *= system_.density > 0 ? system_.density : 1;
    return result;
}

WRAP(int, SDL_GetDisplayUsableBounds, int display, SDL_Rect *bounds)
{
    if (refuses("bounds"))
        return -1;
    *bounds = system_.screen;
    return system_.screen.x ? 0 : __real_SDL_GetDisplayUsableBounds(display, bounds);
}

WRAP(int, SDL_GetRendererInfo, SDL_Renderer *renderer, SDL_RendererInfo *info)
{
    const int result = __real_SDL_GetRendererInfo(renderer, info);
    info->flags &= system_.card ? ~(Uint32)SDL_RENDERER_SOFTWARE : ~(Uint32)0;
    return result;
}

WRAP(int, SDL_ShowCursor, int shown)
{
    tell("cursor %d\n", shown);
    return shown;
}

WRAP(void, SDL_RenderPresent, SDL_Renderer *renderer)
{
    (void)renderer;
    tell("present\n");
}

WRAP(void, SDL_Delay, Uint32 milliseconds)
{
    system_.delays += (int)milliseconds;
    if (system_.most_delays > 0 && system_.delays >= system_.most_delays)
        longjmp(system_.ends, 3);
}

/* ---- Libraries of the system's, played ------------------------------------------------------- */

static struct {
    const char *library, *missing; /* the only library, and the function that it lacks */
    bool has_display, has_registry, has_seat;
    int listened, answered; /* what two calls return */
    void (**listener)(void);
    void *seat;
    int (*handler)(void *display);
} played;

static char a_library, a_display, a_registry, an_interface;

static void *play_connect(const char *name)
{
    tell("connect %s\n", name ? name : "");
    return played.has_display ? &a_display : NULL;
}

static void *play_marshal(void *proxy, uint32_t opcode, const void *interface, ...)
{
    tell("marshal %d %u %d\n", proxy == &a_display, opcode, interface == &an_interface);
    return played.has_registry ? &a_registry : NULL;
}

static int play_add_listener(void *proxy, void (**listener)(void), void *data)
{
    tell("listen %d\n", proxy == &a_registry);
    played.listener = listener;
    played.seat = data;
    return played.listened;
}

static int play_roundtrip(void *display)
{
    void (*on_global)(void *data, void *registry, uint32_t name, const char *interface,
                      uint32_t version);
    tell("round trip %d\n", display == &a_display);
    memcpy(&on_global, played.listener, sizeof on_global);
    on_global(played.seat, &a_registry, 1, "wl_compositor", 1);
    if (played.has_seat)
        on_global(played.seat, &a_registry, 2, "wl_seat", 1);
    on_global(played.seat, &a_registry, 3, "wl_shm", 1);
    return played.answered;
}

static void play_destroy(void *proxy)
{
    tell("destroy %d\n", proxy == &a_registry);
}

static void play_disconnect(void *display)
{
    tell("disconnect %d\n", display == &a_display);
}

static int (*play_set_handler(int (*handler)(void *display)))(void *display)
{
    played.handler = handler;
    return NULL;
}

WRAP(void *, SDL_LoadObject, const char *name)
{
    tell("load %s\n", name);
    return played.library && strcmp(name, played.library) == 0 ? &a_library : NULL;
}

WRAP(void *, SDL_LoadFunction, void *library, const char *name)
{
    typedef void (*function)(void);
    static const struct {
        const char *name;
        function is;
    } functions[] = {
        {"wl_display_connect", (function)play_connect},
        {"wl_display_roundtrip", (function)play_roundtrip},
        {"wl_display_disconnect", (function)play_disconnect},
        {"wl_proxy_marshal_constructor", (function)play_marshal},
        {"wl_proxy_add_listener", (function)play_add_listener},
        {"wl_proxy_destroy", (function)play_destroy},
        {"XSetIOErrorHandler", (function)play_set_handler},
    };
    void *found = NULL;
    assert_ptr_equal(library, &a_library);
    if (played.missing && strcmp(name, played.missing) == 0)
        return NULL;
    if (strcmp(name, "wl_registry_interface") == 0)
        return &an_interface;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(name, functions[i].name) == 0)
            memcpy(&found, &functions[i].is, sizeof found);
    return found;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static void play_system(void)
{
    memset(&system_, 0, sizeof system_);
    memset(&played, 0, sizeof played);
    system_.minor = 30;
    system_.driver = "dummy";
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    setenv("XDG_RUNTIME_DIR", "/run", 1);
    unsetenv("WAYLAND_SOCKET");
}

#define HINTS   "hint SDL_NO_SIGNAL_HANDLERS 1\nhint SDL_VIDEO_ALLOW_SCREENSAVER "
#define COMPOSE "hint SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR 0\n"
#define NO_CARD                                                                                    \
    "look for /dev/dri/renderD*\nlook for /dev/nvidiactl\nlook for /dev/dxg\n"                     \
    "hint SDL_RENDER_DRIVER software\nhint SDL_FRAMEBUFFER_ACCELERATION 0\n"
#define WINDOW "init 0x20\nwindow name 0x2fff0000 0x2fff0000 320x240 0x2028\n"

/* What is asked for with each kind of graphics card, and where a step fails. */
static void test_opening(void **state)
{
    (void)state;
    static const struct {
        bool live;
        const char *driver, *device, *refused, *told, *error;
    } rows[] = {
        {true, "dummy", NULL, NULL,
         HINTS "0\n" NO_CARD COMPOSE WINDOW
               "renderer -1 0\nat least 320x240\nhide\nno renderer\nno window\nquit\n",
         NULL},
        {false, "dummy", "/dev/dri/renderD*", NULL,
         HINTS "1\nlook for /dev/dri/renderD*\n" COMPOSE WINDOW
               "renderer -1 0\nat least 320x240\nhide\nno renderer\nno window\nquit\n",
         NULL},
        {true, NULL, "/dev/nvidiactl", NULL,
         HINTS "0\nlook for /dev/dri/renderD*\nlook for /dev/nvidiactl\n" COMPOSE WINDOW
               "renderer -1 0\nat least 320x240\nhide\nno renderer\nno window\nquit\n",
         NULL},
        {true, "dummy", "/dev/dxg", "init",
         HINTS "0\nlook for /dev/dri/renderD*\nlook for /dev/nvidiactl\n"
               "look for /dev/dxg\n" COMPOSE "init 0x20\nquit\n",
         "no window can be opened: refused; try --headless"},
        {true, "dummy", NULL, "window", HINTS "0\n" NO_CARD COMPOSE WINDOW "quit\n",
         "no window can be opened: refused; try --headless"},
        {true, "dummy", NULL, "renderer",
         HINTS "0\n" NO_CARD COMPOSE WINDOW "renderer -1 0\nhide\nno window\nquit\n",
         "no window can be opened: refused; try --headless"},
        {true, "offscreen", NULL, NULL,
         HINTS "0\n" NO_CARD COMPOSE WINDOW
               "renderer -1 0\nat least 320x240\nhide\nno renderer\nno window\nquit\n",
         NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct window window = {.window = NULL};
        struct error error = {.text = ""};
        play_system();
        system_.driver = rows[i].driver;
        system_.device = rows[i].device;
        system_.refused = rows[i].refused;
        begin_telling();
        const int result = window_open(&window, "name", rows[i].live, &error);
        assert_int_equal(result, rows[i].error ? -1 : 0);
        assert_string_equal(error.text, rows[i].error ? rows[i].error : "");
        assert_int_equal(system_.delays, result && window.window ? 100 : system_.delays);
        if (result == 0)
            window_close(&window);
        const bool had_window = !rows[i].error || strcmp(rows[i].refused, "renderer") == 0;
        assert_int_equal(system_.delays, had_window ? 100 : 0);
        assert_true(!window.window && !window.renderer && window.before.w == 0);
        expect_told(rows[i].told);
    }
}

/* SDL takes a driver that shows nothing where the display does not answer. */
static void test_nothing_is_shown(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct window window = {.window = NULL};
        struct error error = {.text = ""};
        play_system();
        if (i == 0)
            unsetenv("SDL_VIDEODRIVER");
        else
            setenv("SDL_VIDEODRIVER", "", 1);
        system_.driver = "offscreen";
        system_.refused = "window";
        begin_telling();
        assert_int_equal(window_open(&window, "name", true, &error), -1);
        assert_string_equal(error.text,
                            "the display cannot be reached: continuing without a window, as with "
                            "--headless; check DISPLAY");
        expect_told(HINTS "0\n" NO_CARD COMPOSE "init 0x20\nquit\n");
    }
}

/* With neither keyboard nor mouse, SDL before 2.30 would crash on Wayland. */
static void test_wayland_without_seat(void **state)
{
    (void)state;
#define LOAD   "load libwayland-client.so.0\n"
#define BEGIN  LOAD "connect \nmarshal 1 1 1\n"
#define LISTEN BEGIN "listen 1\n"
#define END    "destroy 1\ndisconnect 1\n"
#define TRIP   LISTEN "round trip 1\n" END
    static const struct {
        int minor;
        const char *chosen, *socket, *run, *library, *missing, *told;
        bool display, registry, seat;
        int listened, answered;
        bool is_left; /* for X11 */
    } rows[] = {
#define LIBRARY "libwayland-client.so.0"
        {29, "wayland", NULL, "/run", LIBRARY, NULL, TRIP, true, true, false, 0, 3, true},
        {29, "", NULL, "/run", LIBRARY, NULL, TRIP, true, true, false, 0, 0, true},
        {29, NULL, NULL, "/run", LIBRARY, NULL, TRIP, true, true, true, 0, 3, false},
        {29, "x11,wayland", NULL, "/run", LIBRARY, NULL, TRIP, true, true, false, 0, -1, false},
        {29, "wayland", NULL, "/run", LIBRARY, NULL, LISTEN END, true, true, false, -1, 3, false},
        {29, "wayland", NULL, "/run", LIBRARY, NULL, BEGIN "disconnect 1\n", true, false, false, 0,
         3, false},
        {29, "wayland", NULL, "/run", LIBRARY, NULL, LOAD "connect \n", false, true, false, 0, 3,
         false},
        {29, "wayland", NULL, "/run", LIBRARY, "wl_display_connect", LOAD, true, true, false, 0, 3,
         false},
        {29, "wayland", NULL, "/run", LIBRARY, "wl_registry_interface", LOAD, true, true, false, 0,
         3, false},
        {29, "wayland", NULL, "/run", NULL, NULL, LOAD, true, true, false, 0, 3, false},
        {29, "wayland", NULL, NULL, LIBRARY, NULL, "", true, true, false, 0, 3, false},
        {29, "wayland", "5", "/run", LIBRARY, NULL, "", true, true, false, 0, 3, false},
        {29, "x11", NULL, "/run", LIBRARY, NULL, "", true, true, false, 0, 3, false},
        {30, "wayland", NULL, "/run", LIBRARY, NULL, "", true, true, false, 0, 3, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct window window = {.window = NULL};
        struct error error = {.text = ""};
        char expected[1024];
        play_system();
        system_.minor = rows[i].minor;
        system_.device = "/dev/dri/renderD*";
        system_.refused = "init";
        rows[i].chosen ? setenv("SDL_VIDEODRIVER", rows[i].chosen, 1) : unsetenv("SDL_VIDEODRIVER");
        if (rows[i].socket)
            setenv("WAYLAND_SOCKET", rows[i].socket, 1);
        if (!rows[i].run)
            unsetenv("XDG_RUNTIME_DIR");
        played.library = rows[i].library;
        played.missing = rows[i].missing;
        played.has_display = rows[i].display;
        played.has_registry = rows[i].registry;
        played.has_seat = rows[i].seat;
        played.listened = rows[i].listened;
        played.answered = rows[i].answered;
        begin_telling();
        assert_int_equal(window_open(&window, "name", true, &error), -1);
        snprintf(expected, sizeof expected, "%s%s%sinit 0x20\nquit\n",
                 HINTS "0\nlook for /dev/dri/renderD*\n" COMPOSE, rows[i].told,
                 rows[i].is_left ? "hint SDL_VIDEODRIVER x11 above all\n" : "");
        assert_string_equal(error.text, rows[i].is_left
                                            ? "no window can be opened: SDL before 2.30 needs a "
                                              "keyboard or mouse on Wayland: plug one in; try "
                                              "--headless"
                                            : "no window can be opened: refused; try --headless");
        expect_told(expected);
    }
}

/* Most of the screen, and of a usual one where the system does not say how large it is. */
static void test_size(void **state)
{
    (void)state;
    static const struct {
        SDL_Rect screen;
        const char *refused;
        int width, height;
        const char *told;
        bool card;
    } rows[] = {
        {{1, 0, 1000, 2000}, NULL, 1600, 800, "size 850x425\n", false},
        {{1, 0, 2000, 1000}, NULL, 800, 1600, "size 425x850\n", false},
        {{1, 0, 2000, 1000}, NULL, 100, 100, "size 720x720\n", false},
        {{1, 0, 2000, 2000}, NULL, 720, 720, "size 720x720\n", false},
        {{1, 0, 2000, 2000}, NULL, 900, 900, "size 900x900\n", false},
        {{1, 0, 3000, 3000}, NULL, 900, 900, "size 1800x1800\n", true},
        {{1, 0, 1, 1}, NULL, 900, 900, "size 320x240\n", false},
        {{1, 0, 0, 1}, NULL, 1280, 720, "size 1088x612\n", false},
        {{1, 0, 1, 0}, NULL, 1280, 720, "size 1088x612\n", false},
        {{0, 0, 0, 0}, "bounds", 1800, 720, "size 1088x435\n", false},
    };
    struct window window = {.window = NULL};
    struct error error;
    play_system();
    assert_int_equal(window_open(&window, "name", true, &error), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[80];
        system_.screen = rows[i].screen;
        system_.refused = rows[i].refused;
        system_.card = rows[i].card;
        begin_telling();
        window_show(&window, rows[i].width, rows[i].height);
        snprintf(expected, sizeof expected, "%splace 0x2fff0000 0x2fff0000\nshow\n", rows[i].told);
        expect_told(expected);
    }
    window_close(&window);
}

/* The bars of a face that fills a still have room beside the picture. */
static void test_size_for_bars(void **state)
{
    (void)state;
    static uint8_t pixels[400 * 300 * 3];
    const struct image portrait = image_of((struct bgr_image){pixels, 300, 400, 900});
    const struct expressions_face face = {.box = {40, 40, 220, 220}};
    for (int count = 0; count <= 1; count++) {
        struct view *view;
        struct error error;
        play_system();
        assert_int_equal(view_open(&view, &(struct view_settings){.title = "name"}, &error), 0);
        system_.screen = (SDL_Rect){1, 0, 2000, 2000};
        begin_telling();
        view_set_picture(view, &portrait, &face, count, 0);
        expect_told(count ? "size 1080x720\nplace 0x2fff0000 0x2fff0000\nshow\n"
                          : "size 540x720\nplace 0x2fff0000 0x2fff0000\nshow\n");
        view_close(&view);
    }
}

static void test_whether_there_is_a_display(void **state)
{
    (void)state;
    static const char *const names[] = {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"};
    for (int i = 0; i < 3; i++)
        unsetenv(names[i]);
    assert_false(view_possible());
    for (int i = 0; i < 3; i++) {
        setenv(names[i], "", 1);
        assert_false(view_possible());
        setenv(names[i], "x", 1);
        assert_true(view_possible());
        unsetenv(names[i]);
    }
    char version[VIEW_VERSION_SIZE];
    play_system();
    system_.minor = 26;
    view_sdl_version(version);
    assert_string_equal(version, "2.26.5");
}

/* ---- A display that goes away ---------------------------------------------------------------- */

static void end_all(void *context)
{
    tell("ends %s\n", (const char *)context);
    longjmp(system_.ends, 1);
}

/* The first to see it ends the program; others wait for that. */
static void test_loss(void **state)
{
    (void)state;
    static char context[] = "all";
    static const struct {
        const char *driver, *library, *missing;
    } others[] = {{"dummy", "libX11.so.6", NULL},
                  {NULL, "libX11.so.6", NULL},
                  {"x11", NULL, NULL},
                  {"x11", "libX11.so.6", "XSetIOErrorHandler"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        play_system();
        system_.driver = others[i].driver;
        played.library = others[i].library;
        played.missing = others[i].missing;
        view_on_loss(end_all, context);
        assert_null(played.handler);
    }
    play_system();
    system_.driver = "x11";
    system_.most_delays = 60000;
    played.library = "libX11.so.6";
    begin_telling();
    view_on_loss(end_all, context);
    assert_non_null(played.handler);
    static const struct {
        int way, delays;
    } ends[] = {{1, 0}, {3, 60000}, {3, 60000}};
    for (volatile int i = 0; i < 3; i++) {
        system_.delays = 0;
        const int way = setjmp(system_.ends);
        if (way == 0)
            played.handler(NULL);
        assert_int_equal(way, ends[i].way);
        assert_int_equal(system_.delays, ends[i].delays);
    }
    expect_told("load libX11.so.6\nends all\n");
}

/* ---- What is drawn, not done ----------------------------------------------------------------- */

WRAP(int, paint_text_width, struct paint *paint, int size, const char *text)
{
    (void)paint;
    return (int)strlen(text) * size * 3 / 5;
}

WRAP(void, scene_draw, struct scene *scene, SDL_Renderer *renderer, struct paint *paint,
     SDL_Rect area, bool messages)
{
    (void)renderer, (void)paint;
    tell("draw %dx%d%+d%+d foot %d messages %d: %s, %s\n", area.w, area.h, area.x, area.y,
         scene->foot, messages, scene->status, scene->recording);
}

WRAP(void, bar_draw, struct view *view)
{
    tell("draw bar %d\n", bar_height(view));
}

WRAP(int, screenshot_save, SDL_Renderer *renderer, char name[DATED_NAME_SIZE], struct error *error)
{
    (void)renderer;
    snprintf(name, DATED_NAME_SIZE, "now.png");
    return system_.ticks % 3 ? 0 : error_set(error, "no room");
}

/* ---- Events at random ------------------------------------------------------------------------ */

static struct rng rng;

static bool perhaps(int percent)
{
    return between(&rng, 1, 100) <= percent;
}

static SDL_Keycode dice_key(void)
{
    static const SDL_Keycode others[] = {
        SDLK_UP,    SDLK_DOWN,     SDLK_LEFT,     SDLK_RIGHT,  SDLK_RETURN,      SDLK_KP_ENTER,
        SDLK_RIGHT, SDLK_LEFT,     SDLK_RETURN,   SDLK_TAB,    SDLK_SPACE,       SDLK_ESCAPE,
        SDLK_UP,    SDLK_LSHIFT,   SDLK_RSHIFT,   SDLK_LCTRL,  SDLK_RCTRL,       SDLK_LALT,
        SDLK_RALT,  SDLK_LGUI,     SDLK_RGUI,     SDLK_F5,     SDLK_PRINTSCREEN, SDLK_x,
        SDLK_PLUS,  SDLK_KP_MINUS, SDLK_QUESTION, SDLK_EQUALS, SDLK_KP_PLUS,     SDLK_SLASH,
    };
    if (perhaps(60))
        return others[between(&rng, 0, sizeof others / sizeof *others - 1)];
    const struct key *key = &keys[between(&rng, 0, KEY_COUNT - 1)];
    return key->codes[0] ? key->codes[0] : SDLK_DOWN;
}

/* In the window's points, mostly where the bar or a menu is. */
static SDL_Point dice_point(struct view *view)
{
    int width, height;
    SDL_GetWindowSize(view->window.window, &width, &height);
    if (perhaps(40))
        return (SDL_Point){between(&rng, 0, width), between(&rng, height * 5 / 6, height)};
    if (perhaps(50))
        return (SDL_Point){between(&rng, width / 4, width * 3 / 4),
                           between(&rng, height / 4, height * 3 / 4)};
    return (SDL_Point){between(&rng, -5, width + 5), between(&rng, -5, height + 5)};
}

static SDL_Event dice_event(struct view *view)
{
    const SDL_Point point = dice_point(view);
    const int kind = between(&rng, 0, 99);
    if (kind < 45)
        return (SDL_Event){.key = {.type = kind < 3 ? SDL_KEYUP : SDL_KEYDOWN,
                                   .repeat = kind < 6,
                                   .keysym.sym = dice_key()}};
    if (kind < 65)
        return (SDL_Event){.motion = {.type = SDL_MOUSEMOTION, .x = point.x, .y = point.y}};
    if (kind < 88)
        return (SDL_Event){.button = {.type = SDL_MOUSEBUTTONDOWN, .x = point.x, .y = point.y}};
    if (kind < 92)
        return (SDL_Event){
            .drop = {.type = SDL_DROPFILE, .file = SDL_strdup(kind < 90 ? "a.mp4" : "b.mp4")}};
    static const Uint32 types[] = {SDL_QUIT, SDL_WINDOWEVENT, SDL_RENDER_TARGETS_RESET,
                                   SDL_MOUSEBUTTONUP, SDL_MOUSEWHEEL};
    return (SDL_Event){.type = kind == 99 ? view->wake_event : types[between(&rng, 0, 4)]};
}

static struct view *waiting;

/* Something comes after a part of the time, or nothing. */
static int dice_wait(SDL_Event *event, int longest)
{
    const bool comes = longest < 0 || perhaps(60);
    system_.ticks += (Uint32)between(&rng, 0, longest < 0 ? 4000 : comes ? longest : longest + 2);
    *event = dice_event(waiting);
    if (!comes && event->type == SDL_DROPFILE)
        SDL_free(event->drop.file);
    const Uint32 type = comes ? event->type : 0;
    tell("wait %d: %#x\n", longest, type == waiting->wake_event ? SDL_USEREVENT : type);
    return comes;
}

static struct {
    struct view *view; /* NULL: nobody wakes */
    pthread_t thread;
    atomic_bool pushed; /* over the connection to the display */
} waker;

WRAP(int, SDL_PushEvent, SDL_Event *event)
{
    tell("push %#x\n", event->type);
    const int result = __real_SDL_PushEvent(event);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    waker.pushed = true;
    return result;
}

static void *wake(void *argument)
{
    view_wake(argument);
    return NULL;
}

WRAP(int, SDL_WaitEventTimeout, SDL_Event *event, int longest)
{
    return dice_wait(event, longest);
}

WRAP(int, SDL_WaitEvent, SDL_Event *event)
{
    if (!waker.view)
        return dice_wait(event, -1);
    assert_int_equal(pthread_create(&waker.thread, NULL, wake, waker.view), 0);
    return __real_SDL_WaitEventTimeout(event, 10000);
}

/* While it is woken by way of the display, which may be lost there, it waits. Where it does
 * something else it needs no waking. */
static void test_waking(void **state)
{
    (void)state;
    struct view *view = NULL;
    struct error error;
    char expected[32];
    play_system();
    assert_int_equal(view_open(&view, &(struct view_settings){.title = "name"}, &error), 0);
    SDL_PumpEvents();
    SDL_FlushEvents(SDL_FIRSTEVENT, SDL_LASTEVENT);
    snprintf(expected, sizeof expected, "push %#x\n", view->wake_event);
    waker.view = view;
    begin_telling();
    assert_int_equal(view_next(view, -1), VIEW_NOTHING);
    assert_true(waker.pushed);
    assert_int_equal(pthread_join(waker.thread, NULL), 0);
    waker.view = NULL;
    expect_told(expected);
    begin_telling();
    view_wake(view);
    view_quit(view);
    expect_told("");
    SDL_Event event;
    assert_int_equal(SDL_PeepEvents(&event, 1, SDL_GETEVENT, view->wake_event, view->wake_event),
                     1);
    assert_int_equal(SDL_PeepEvents(&event, 1, SDL_GETEVENT, SDL_QUIT, SDL_QUIT), 1);
    view_close(&view);
}

/* ---- What the program does meanwhile --------------------------------------------------------- */

enum { SIDE = 400 };

static void show_picture(struct view *view, double time)
{
    static uint8_t pixels[SIDE * SIDE * 3];
    const int height = perhaps(80) ? SIDE / 2 : SIDE;
    const struct image picture =
        image_of((struct bgr_image){pixels, SIDE, height, (size_t)SIDE * 3});
    struct expressions_face faces[3];
    const int count = between(&rng, 0, 3);
    for (int i = 0; i < count; i++) {
        const int side = between(&rng, 20, SIDE / 2);
        faces[i] = (struct expressions_face){
            .id = between(&rng, 1, 5),
            .box = {between(&rng, 0, SIDE - side), between(&rng, 0, SIDE - side), side, side}};
    }
    view_set_picture(view, &picture, faces, count, time);
}

static void show_menu(struct view *view)
{
    static const struct view_menu menus[] = {
        {.title = "no camera",
         .text = "there is none",
         .count = 3,
         .choices = {"try again", "play the demo", "open a video..."},
         .stays = true},
        {.title = "what to show",
         .count = 4,
         .choices = {"a camera", "another", "open a video...", "play the demo"}},
        {.title = "one moment", .text = "It is being opened."}};
    const int menu = between(&rng, 0, 3);
    view_show_menu(view, menu < 3 ? &menus[menu] : NULL);
}

static void go_on(struct view *view, int step)
{
    struct error error = {.text = ""};
    switch (between(&rng, 0, 13)) {
    case 0:
    case 1:
    case 2:
        show_picture(view, step * 0.1);
        break;
    case 3:
        show_menu(view);
        break;
    case 4:
        view_say(view, "a line");
        break;
    case 5:
        view_set_signal(view, perhaps(50));
        break;
    case 6:
        view_set_paused(view, perhaps(30));
        break;
    case 7:
        view_set_recording(view, perhaps(50) ? -1 : between(&rng, 0, 4000));
        break;
    case 8:
        perhaps(20) ? view_forget_picture(view) : view_set_mirrored(view, perhaps(50));
        break;
    case 9:
        view_set_title(view, perhaps(50) ? "a name" : "a \xFF name");
        break;
    case 10:
        view_set_statistics(view, perhaps(50) ? "one\n\nthree" : "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
        break;
    case 11:
        if (perhaps(20))
            view_hide(view);
        else if (view->shown)
            SDL_ShowWindow(view->window.window);
        system_.minimized = perhaps(20);
        break;
    default:
        assert_int_equal(view_draw(view, &error), 0);
    }
}

static void tell_state(struct view *view, enum view_request request)
{
    const struct scene *scene = &view->scene;
    tell("%d: at %u bar %d %d %d, menu %s %d, choice %d, dropped %s, face %d %d, rate %.3f\n",
         (int)request, system_.ticks, view->bar.shown, view->bar.focus, bar_left(view),
         scene->menu.title, scene->focus, view_choice(view),
         view_dropped(view) ? view_dropped(view) : "", view_chosen(view), scene->face_count,
         view_rate(view));
    tell("%d%d%d%d%d%d%d%d%d%d full %d, notice %s %u %.3f, rec %.0f, lines %d %s, density %.2f\n",
         scene->live, scene->mirrored, scene->help, scene->no_signal, view_wants_statistics(view),
         view_wants_explanation(view), scene->drawing.bars, view->paused, view->shown,
         view_has_menu(view), window_is_full_screen(&view->window), scene->notice,
         scene->notice_end, scene->notice_opacity, view->recording, scene->line_count,
         scene->line_count > 0 ? scene->lines[scene->line_count - 1] : "", scene->density);
}

static void walk(uint64_t seed, int steps)
{
    const struct view_settings settings = {.title = "name",
                                           .drawing = {resource_font(), .bars = seed % 2 == 0},
                                           .live = seed % 4 != 3,
                                           .mirrored = seed % 3 == 0};
    struct error error = {.text = ""};
    play_system();
    system_.driver = NULL;
    system_.device = "/dev/dxg";
    system_.ticks = 0xFFFFFFFF - 20000; /* it begins anew */
    system_.density = seed % 2 ? 2 : 1;
    rng = rng_make(seed, 3);
    if (view_open(&waiting, &settings, &error))
        fail_msg("%s", error.text);
    tell_state(waiting, VIEW_IDLE);
    for (int i = 0; i < steps; i++) {
        go_on(waiting, i);
        if (i % 50 == 49)
            system_.refused = i % 100 == 99 ? NULL : "full screen";
        static const int longest[] = {-1, 0, 30, 2000, 100000};
        enum view_request request = view_next(waiting, longest[between(&rng, 0, 4)]);
        if (perhaps(70))
            system_.ticks += (Uint32)between(&rng, 0, perhaps(20) ? 4000 : 100);
        tell_state(waiting, request);
    }
    view_close(&waiting);
    assert_null(waiting);
}

/* A notice ends while nothing is drawn: that is told once, and then events are waited for. */
static void test_notice_out_of_sight(void **state)
{
    (void)state;
    const struct view_settings settings = {.title = "name",
                                           .drawing = {.font_path = resource_font()}};
    struct error error = {.text = ""};
    play_system();
    system_.driver = NULL;
    rng = rng_make(1, 3);
    if (view_open(&waiting, &settings, &error))
        fail_msg("%s", error.text);
    view_say(waiting, "a line");
    system_.minimized = true;
    system_.ticks += 100000;
    begin_telling();
    assert_int_equal(view_next(waiting, -1), VIEW_REDRAW);
    assert_int_equal(view_draw(waiting, &error), 0);
    expect_told("");
    begin_telling();
    view_next(waiting, -1);
    fclose(told);
    told = NULL;
    assert_non_null(strstr(told_text, "wait -1"));
    free(told_text);
    view_close(&waiting);
}

/* Thousands of events, at all times: what is asked, and what is remembered. Where that is to
 * change, compare what `test_events show` prints before and after; the sum is written here anew. */
static void test_events(void **state)
{
    (void)state;
    static const unsigned expected = 0x00fa0e07;
    begin_telling();
    for (uint64_t seed = 0; seed < 8; seed++)
        walk(seed, 500);
    fclose(told);
    told = NULL;
    uint32_t sum = checksum(CHECKSUM_OF_NOTHING, told_text, told_size);
    if (show)
        fputs(told_text, stdout);
    free(told_text);
    if (sum != expected)
        fail_msg("the sum is 0x%08x", sum);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opening),
        cmocka_unit_test(test_nothing_is_shown),
        cmocka_unit_test(test_wayland_without_seat),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_size_for_bars),
        cmocka_unit_test(test_whether_there_is_a_display),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_waking),
        cmocka_unit_test(test_notice_out_of_sight),
        cmocka_unit_test(test_events),
    };
    show = argc > 1 && strcmp(argv[1], "show") == 0;
    setenv("SDL_RENDER_DRIVER", "software", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
