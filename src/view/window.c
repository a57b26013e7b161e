#include "window.h"

#include <SDL.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <glob.h>
#endif

enum { MIN_WIDTH = 320, MIN_HEIGHT = 240, CLOSING_MS = 100 };

bool window_possible(void)
{
#ifdef __linux__
    const char *const names[] = {"DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return true;
    }
    return false;
#else
    return true;
#endif
}

/* Where the display does not answer, SDL takes a driver that shows nothing. */
static bool shows_nothing(void)
{
    const char *driver = SDL_GetCurrentVideoDriver();
    const char *chosen = getenv("SDL_VIDEODRIVER");
    return driver && strcmp(driver, "offscreen") == 0 && !(chosen && *chosen);
}

#ifdef __linux__
static bool exists(const char *pattern)
{
    glob_t found;
    bool any = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;
    if (any)
        globfree(&found);
    return any;
}
#endif

/* Where no graphics card is, OpenGL is emulated: at half the speed of SDL's own drawing, and with a
 * compiler in memory. What the user has chosen stays. */
static void choose_renderer(void)
{
#ifdef __linux__
    if (exists("/dev/dri/renderD*") || exists("/dev/nvidiactl") || exists("/dev/dxg"))
        return;
    SDL_SetHint(SDL_HINT_RENDER_DRIVER, "software");
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
#endif
}

/* ---- Waiting, and a display that goes away --------------------------------------------------- */

static struct {
    pthread_mutex_t mutex;
    bool waits;
} main_thread = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void set_waits(bool waits)
{
    pthread_mutex_lock(&main_thread.mutex);
    main_thread.waits = waits;
    pthread_mutex_unlock(&main_thread.mutex);
}

bool window_wait(SDL_Event *event, int longest)
{
    set_waits(true);
    bool came = longest < 0 ? SDL_WaitEvent(event) == 1 : SDL_WaitEventTimeout(event, longest) == 1;
    set_waits(false);
    return came;
}

/* SDL wakes the main thread over a connection of this one's. Should the display be lost there, the
 * main thread is in window_wait, and stays: what it does elsewhere is not disturbed. */
void window_wake(SDL_Event *event)
{
    pthread_mutex_lock(&main_thread.mutex);
    if (main_thread.waits)
        SDL_PushEvent(event);
    else
        SDL_PeepEvents(event, 1, SDL_ADDEVENT, SDL_FIRSTEVENT, SDL_LASTEVENT);
    pthread_mutex_unlock(&main_thread.mutex);
}

static struct {
    void (*ends)(void *context);
    void *context;
    atomic_bool ending;
} loss;

/* Called by Xlib, which ends the process as soon as this returns. The main thread and one that
 * wakes it may both see the loss, and each may hold a lock of SDL's that the other needs: the first
 * one ends all. */
static int on_lost(void *display)
{
    (void)display;
    if (!atomic_exchange(&loss.ending, true))
        loss.ends(loss.context);
    while (atomic_load(&loss.ending))
        SDL_Delay(1000);
    return 0;
}

void window_on_loss(void (*ends)(void *context), void *context)
{
    const char *driver = SDL_GetCurrentVideoDriver();
    void *library = driver && strcmp(driver, "x11") == 0 ? SDL_LoadObject("libX11.so.6") : NULL;
    void *found = library ? SDL_LoadFunction(library, "XSetIOErrorHandler") : NULL;
    int (*(*set_handler)(int (*handler)(void *display)))(void *display);
    if (!found)
        return;
    memcpy(&set_handler, &found, sizeof found);
    loss.ends = ends;
    loss.context = context;
    set_handler(on_lost);
}

/* ---- A Wayland screen with neither keyboard nor mouse --------------------------------------- */

/* What this needs of libwayland-client, which SDL loads too. */
static struct {
    void *(*display_connect)(const char *name);
    int (*display_roundtrip)(void *display);
    void (*display_disconnect)(void *display);
    void *(*marshal)(void *proxy, uint32_t opcode, const void *interface, ...);
    int (*add_listener)(void *proxy, void (**listener)(void), void *data);
    void (*destroy)(void *proxy);
    const void *registry_interface;
} wayland;

static bool load_wayland(void)
{
    const struct {
        const char *name;
        void *place;
    } symbols[] = {
        {"wl_display_connect", &wayland.display_connect},
        {"wl_display_roundtrip", &wayland.display_roundtrip},
        {"wl_display_disconnect", &wayland.display_disconnect},
        {"wl_proxy_marshal_constructor", &wayland.marshal},
        {"wl_proxy_add_listener", &wayland.add_listener},
        {"wl_proxy_destroy", &wayland.destroy},
        {"wl_registry_interface", &wayland.registry_interface},
    };
    void *library = SDL_LoadObject("libwayland-client.so.0");
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *found = library ? SDL_LoadFunction(library, symbols[i].name) : NULL;
        if (!found)
            return false;
        memcpy(symbols[i].place, &found, sizeof found);
    }
    return true;
}

static void on_global(void *seat, void *registry, uint32_t name, const char *interface,
                      uint32_t version)
{
    (void)registry, (void)name, (void)version;
    *(bool *)seat |= strcmp(interface, "wl_seat") == 0;
}

/* Whether SDL would crash on Wayland, as it does before 2.30 where there is no seat
 * (libsdl-org/SDL 8898). A connection from WAYLAND_SOCKET can be used once only, and that is SDL's.
 */
static bool wayland_crashes(void)
{
    enum { GET_REGISTRY = 1 };
    const char *chosen = getenv("SDL_VIDEODRIVER");
    SDL_version sdl;
    SDL_GetVersion(&sdl);
    if (SDL_VERSIONNUM(sdl.major, sdl.minor, sdl.patch) >= SDL_VERSIONNUM(2, 30, 0) ||
        (chosen && *chosen && !strstr(chosen, "wayland")) || getenv("WAYLAND_SOCKET") ||
        !getenv("XDG_RUNTIME_DIR") || !load_wayland())
        return false;
    void *display = wayland.display_connect(NULL);
    if (!display)
        return false;
    void (*listener[])(void) = {(void (*)(void))on_global, NULL};
    bool seat = false;
    void *registry = wayland.marshal(display, GET_REGISTRY, wayland.registry_interface, NULL);
    bool answered = registry && wayland.add_listener(registry, listener, &seat) == 0 &&
                    wayland.display_roundtrip(display) >= 0;
    if (registry)
        wayland.destroy(registry);
    wayland.display_disconnect(display);
    return answered && !seat;
}

/* ---- Opening and closing --------------------------------------------------------------------- */

int window_open(struct window *window, const char *title, bool live, struct error *error)
{
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, live ? "0" : "1");
    choose_renderer();
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    Uint32 flags = SDL_WINDOW_HIDDEN | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
    bool only_x11 = wayland_crashes();
    if (only_x11)
        SDL_SetHintWithPriority(SDL_HINT_VIDEODRIVER, "x11", SDL_HINT_OVERRIDE);
    bool begun = SDL_Init(SDL_INIT_VIDEO) == 0;
    if (begun && shows_nothing()) {
        SDL_Quit();
        return error_set(error,
                         "the display cannot be reached: continuing without a window, as with "
                         "--headless; check DISPLAY");
    }
    if (begun)
        window->window = SDL_CreateWindow(title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
                                          MIN_WIDTH, MIN_HEIGHT, flags);
    if (window->window)
        window->renderer = SDL_CreateRenderer(window->window, -1, 0);
    if (!window->renderer) {
        error_set(error, "no window can be opened: %s; try --headless",
                  only_x11 && !begun
                      ? "SDL before 2.30 needs a keyboard or mouse on Wayland: plug one in"
                      : SDL_GetError());
        window_close(window);
        return -1;
    }
    SDL_SetWindowMinimumSize(window->window, MIN_WIDTH, MIN_HEIGHT);
    return 0;
}

/* SDL wakes its own event loop by messages to the window, on a connection of their own. One that
 * the server handles after the window is gone would end the program: every error of X is fatal
 * here. So the window is destroyed a moment after it has vanished from the screen. */
void window_close(struct window *window)
{
    if (window->window) {
        SDL_HideWindow(window->window);
        SDL_Delay(CLOSING_MS);
    }
    if (window->renderer)
        SDL_DestroyRenderer(window->renderer);
    if (window->window)
        SDL_DestroyWindow(window->window);
    SDL_Quit();
    *window = (struct window){0};
}

void window_show(struct window *window, int width, int height)
{
    SDL_Rect usable;
    if (SDL_GetDisplayUsableBounds(0, &usable) < 0 || usable.w <= 0 || usable.h <= 0)
        usable = (SDL_Rect){0, 0, 1280, 720};
    double fit = 0.85 * fmin((double)usable.w / width, (double)usable.h / height);
    SDL_RendererInfo info = {0};
    bool costs = SDL_GetRendererInfo(window->renderer, &info) == 0 &&
                 info.flags & SDL_RENDERER_SOFTWARE; /* each pixel that is not in the picture */
    double comfortable = fmax(costs ? 1 : 2, 720.0 / height);
    double scale = fmin(fit, comfortable);
    SDL_SetWindowSize(window->window, (int)fmax(MIN_WIDTH, round(width * scale)),
                      (int)fmax(MIN_HEIGHT, round(height * scale)));
    SDL_SetWindowPosition(window->window, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED);
    SDL_ShowWindow(window->window);
}

bool window_is_full_screen(const struct window *window)
{
    return SDL_GetWindowFlags(window->window) & SDL_WINDOW_FULLSCREEN;
}

static void place(struct window *window, SDL_Rect rect)
{
    SDL_SetWindowSize(window->window, rect.w, rect.h);
    SDL_SetWindowPosition(window->window, rect.x, rect.y);
}

/* SDL leaves the size to the window manager; placed here too, it is right where there is none. */
int window_set_full_screen(struct window *window, bool full, struct error *error)
{
    SDL_Rect *before = &window->before;
    SDL_Rect screen;
    int display = SDL_GetWindowDisplayIndex(window->window);
    if (full && SDL_GetDisplayBounds(display, &screen) == 0) {
        SDL_GetWindowSize(window->window, &before->w, &before->h);
        SDL_GetWindowPosition(window->window, &before->x, &before->y);
        place(window, screen);
    }
    int code = SDL_SetWindowFullscreen(window->window, full ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    if (code < 0)
        error_set(error, "no full screen: %s", SDL_GetError());
    if (!window_is_full_screen(window) && before->w > 0)
        place(window, *before);
    return code < 0 ? -1 : 0;
}
