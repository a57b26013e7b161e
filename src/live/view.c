#include "view.h"

#include "overlay.h"
#include "paint.h"
#include "picture_texture.h"
#include "screenshot.h"

#include <SDL.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Uint32 hint_ms = 6000;
static const Uint32 notice_ms = 3000;
static const Uint32 fade_ms = 700;
static const char live_keys[] =
    "q quit   Space pause   s screenshot   f full screen   m mirror   p bars";

enum { MIN_WIDTH = 320, MIN_HEIGHT = 240 }; /* of the window */

struct message {
    char text[512]; /* empty: none */
    Uint32 end;     /* SDL ticks when it is gone */
};

struct view {
    SDL_Window *window;
    SDL_Renderer *renderer;
    struct paint *paint;
    struct picture_texture texture;
    int width, height; /* of the picture */
    struct face faces[FRAME_MAX_FACES];
    int face_count;
    bool shown, live, mirrored, bars, paused;
    double interval; /* smoothed seconds between frames; 0 at first */
    Uint64 last_frame;
    SDL_Rect windowed; /* where the window was before full screen */
    struct message message;
    Uint32 wake_event;
};

static void say(struct view *view, const char *prefix, const char *text, Uint32 duration)
{
    snprintf(view->message.text, sizeof view->message.text, "%.32s%.400s", prefix, text);
    view->message.end = SDL_GetTicks() + duration;
}

/* ---- Opening and closing --------------------------------------------------------------------- */

bool view_possible(void)
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

/* A lone face that fills a still leaves room for its bars nowhere but beside the picture. */
static bool is_tight_portrait(const struct view *view)
{
    return !view->live && view->face_count == 1 && view->faces[0].box.height > view->height / 2 &&
           view->width < view->height * 3 / 2;
}

/* Most of the screen, but not much more than the picture has to show. */
static void show_window(struct view *view)
{
    SDL_Rect usable;
    if (SDL_GetDisplayUsableBounds(0, &usable) < 0 || usable.w <= 0 || usable.h <= 0)
        usable = (SDL_Rect){0, 0, 1280, 720};
    double fit = 0.85 * fmin((double)usable.w / view->width, (double)usable.h / view->height);
    double comfortable = fmax(2, 720.0 / view->height);
    double scale = fmin(fit, comfortable);
    double width_to_height = is_tight_portrait(view) ? 1.5 : 0;
    int width =
        (int)fmax(MIN_WIDTH, round(fmax(view->width, width_to_height * view->height) * scale));
    int height = (int)fmax(MIN_HEIGHT, round(view->height * scale));
    SDL_SetWindowSize(view->window, width, height);
    SDL_SetWindowPosition(view->window, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED);
    SDL_ShowWindow(view->window);
    view->shown = true;
    if (view->live)
        say(view, "", live_keys, hint_ms);
}

static int open_window(struct view *view, const struct view_settings *settings, struct error *error)
{
    Uint32 flags = SDL_WINDOW_HIDDEN | SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
    view->window = SDL_CreateWindow(settings->title, SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED,
                                    MIN_WIDTH, MIN_HEIGHT, flags);
    if (view->window)
        view->renderer = SDL_CreateRenderer(view->window, -1, 0);
    if (!view->renderer)
        return error_set(error, "no window can be opened: %s; try --headless", SDL_GetError());
    SDL_SetWindowMinimumSize(view->window, MIN_WIDTH, MIN_HEIGHT);
    return paint_create(&view->paint, view->renderer, settings->font_path, error);
}

int view_open(struct view **view, const struct view_settings *settings, struct error *error)
{
    struct view *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the window");
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, settings->live ? "0" : "1");
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    if (SDL_Init(SDL_INIT_VIDEO) < 0) {
        free(made);
        return error_set(error, "no window can be opened: %s; try --headless", SDL_GetError());
    }
    made->live = settings->live;
    made->mirrored = settings->mirrored;
    made->bars = true;
    made->wake_event = SDL_RegisterEvents(1);
    if (open_window(made, settings, error)) {
        view_close(&made);
        return -1;
    }
    *view = made;
    return 0;
}

void view_close(struct view **view)
{
    struct view *closed = *view;
    if (!closed)
        return;
    paint_free(&closed->paint);
    picture_texture_free(&closed->texture);
    if (closed->renderer)
        SDL_DestroyRenderer(closed->renderer);
    if (closed->window)
        SDL_DestroyWindow(closed->window);
    SDL_Quit();
    free(closed);
    *view = NULL;
}

void view_set_title(struct view *view, const char *title)
{
    SDL_SetWindowTitle(view->window, title);
}

void view_set_paused(struct view *view, bool paused)
{
    view->paused = paused;
    view->last_frame = 0;
}

void view_say(struct view *view, const char *text)
{
    say(view, "", text, notice_ms);
}

/* ---- The picture ----------------------------------------------------------------------------- */

static void measure_rate(struct view *view)
{
    Uint64 now = SDL_GetPerformanceCounter();
    if (view->last_frame) {
        double seconds = (double)(now - view->last_frame) / (double)SDL_GetPerformanceFrequency();
        view->interval = view->interval > 0 ? 0.92 * view->interval + 0.08 * seconds : seconds;
    }
    view->last_frame = now;
}

int view_set_picture(struct view *view, struct bgr_image picture, const struct face *faces,
                     int count, struct error *error)
{
    if (picture_texture_set(&view->texture, view->renderer, picture, error))
        return -1;
    memcpy(view->faces, faces, (size_t)count * sizeof *faces);
    view->width = picture.width;
    view->height = picture.height;
    view->face_count = count;
    measure_rate(view);
    if (!view->shown)
        show_window(view);
    return 0;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static SDL_Rect fit_picture(const struct view *view, SDL_Rect area)
{
    double scale = fmin((double)area.w / view->width, (double)area.h / view->height);
    int width = (int)fmax(1, round(view->width * scale));
    int height = (int)fmax(1, round(view->height * scale));
    int left = is_tight_portrait(view) ? 0 : (area.w - width) / 2;
    return (SDL_Rect){left, (area.h - height) / 2, width, height};
}

static void draw_chip(struct view *view, int x, int y, int size, double opacity, const char *text)
{
    SDL_Color ink = {255, 255, 255, (Uint8)lround(225 * opacity)};
    SDL_Color back = overlay_backdrop();
    back.a = (Uint8)lround(back.a * opacity);
    int margin = size * 6 / 10;
    SDL_Rect rect = {x, y, paint_text_width(view->paint, size, text) + 2 * margin, size * 17 / 10};
    paint_panel(view->paint, rect, rect.h * 3 / 10, back);
    paint_text(view->paint, x + margin, y + rect.h / 2, size, ink, text);
}

static void draw_status(struct view *view, SDL_Rect area, int size)
{
    int margin = size * 7 / 10;
    char text[32] = "paused";
    if (!view->paused && view->interval > 0)
        snprintf(text, sizeof text, "%.0f fps", 1 / view->interval);
    if (view->paused || view->interval > 0)
        draw_chip(view, margin, margin, size, 1, text);

    Uint32 now = SDL_GetTicks();
    if (SDL_TICKS_PASSED(now, view->message.end))
        return;
    double opacity = fmin(1, (double)(view->message.end - now) / fade_ms);
    int room = area.w - 2 * margin;
    int width = paint_text_width(view->paint, size, view->message.text) + size * 12 / 10;
    if (width > room) {
        size = (int)fmax(8, floor((double)size * room / width));
        width = paint_text_width(view->paint, size, view->message.text) + size * 12 / 10;
    }
    draw_chip(view, (area.w - width) / 2, area.h - size * 17 / 10 - margin, size, opacity,
              view->message.text);
}

static SDL_Rect output_area(struct view *view)
{
    SDL_Rect area = {0, 0, 0, 0};
    paint_note(view->paint, SDL_GetRendererOutputSize(view->renderer, &area.w, &area.h));
    return area;
}

static void draw_scene(struct view *view, SDL_Rect area)
{
    paint_note(view->paint, SDL_SetRenderDrawColor(view->renderer, 24, 25, 28, 255));
    paint_note(view->paint, SDL_RenderClear(view->renderer));
    if (!view->shown || area.w <= 0 || area.h <= 0)
        return;
    SDL_Rect place = fit_picture(view, area);
    SDL_RendererFlip flip = view->mirrored ? SDL_FLIP_HORIZONTAL : SDL_FLIP_NONE;
    paint_note(view->paint, SDL_RenderCopyEx(view->renderer, view->texture.texture, NULL, &place, 0,
                                             NULL, flip));
    struct overlay overlay = {.area = area,
                              .picture = place,
                              .source_width = view->width,
                              .mirrored = view->mirrored,
                              .bars = view->bars};
    overlay_draw(view->paint, &overlay, view->faces, view->face_count);
}

int view_draw(struct view *view, struct error *error)
{
    SDL_Rect area = output_area(view);
    draw_scene(view, area);
    if (view->live || view->message.text[0])
        draw_status(view, area, (overlay_text_size(area) * 9 + 5) / 10);
    SDL_RenderPresent(view->renderer);
    return paint_check(view->paint, error);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

/* What the window shows, without its messages. */
static void take_screenshot(struct view *view)
{
    char name[SCREENSHOT_NAME_SIZE];
    struct error error;
    draw_scene(view, output_area(view));
    if (paint_check(view->paint, &error) || screenshot_save(view->renderer, name, &error))
        say(view, "not saved: ", error.text, notice_ms);
    else
        say(view, "saved ", name, notice_ms);
}

static bool is_full_screen(const struct view *view)
{
    return SDL_GetWindowFlags(view->window) & SDL_WINDOW_FULLSCREEN;
}

static void place_window(struct view *view, SDL_Rect rect)
{
    SDL_SetWindowSize(view->window, rect.w, rect.h);
    SDL_SetWindowPosition(view->window, rect.x, rect.y);
}

/* SDL leaves the size to the window manager; placed here too, it is right where there is none. */
static void set_full_screen(struct view *view, bool full)
{
    SDL_Rect *windowed = &view->windowed;
    SDL_Rect screen;
    int display = SDL_GetWindowDisplayIndex(view->window);
    if (full && SDL_GetDisplayBounds(display, &screen) == 0) {
        SDL_GetWindowSize(view->window, &windowed->w, &windowed->h);
        SDL_GetWindowPosition(view->window, &windowed->x, &windowed->y);
        place_window(view, screen);
    }
    if (SDL_SetWindowFullscreen(view->window, full ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0) < 0)
        say(view, "no full screen: ", SDL_GetError(), notice_ms);
    if (!is_full_screen(view) && windowed->w > 0)
        place_window(view, *windowed);
}

static enum view_request handle_live_key(struct view *view, SDL_Keycode key)
{
    switch (key) {
    case SDLK_q:
        return VIEW_QUIT;
    case SDLK_ESCAPE:
        if (!is_full_screen(view))
            return VIEW_QUIT;
        set_full_screen(view, false);
        return VIEW_REDRAW;
    case SDLK_SPACE:
        return VIEW_PAUSE;
    case SDLK_PLUS:
    case SDLK_EQUALS:
    case SDLK_KP_PLUS:
        return VIEW_SMOOTHER;
    case SDLK_MINUS:
    case SDLK_KP_MINUS:
        return VIEW_SHARPER;
    case SDLK_s:
        take_screenshot(view);
        return VIEW_REDRAW;
    case SDLK_f:
        set_full_screen(view, !is_full_screen(view));
        return VIEW_REDRAW;
    case SDLK_m:
        view->mirrored = !view->mirrored;
        return VIEW_REDRAW;
    case SDLK_p:
        view->bars = !view->bars;
        return VIEW_REDRAW;
    default:
        return VIEW_NOTHING;
    }
}

static enum view_request handle_still_key(SDL_Keycode key)
{
    switch (key) {
    case SDLK_q:
    case SDLK_ESCAPE:
        return VIEW_QUIT;
    case SDLK_LSHIFT:
    case SDLK_RSHIFT:
    case SDLK_LCTRL:
    case SDLK_RCTRL:
    case SDLK_LALT:
    case SDLK_RALT:
    case SDLK_LGUI:
    case SDLK_RGUI:
    case SDLK_PRINTSCREEN:
        return VIEW_NOTHING;
    default:
        return VIEW_NEXT;
    }
}

enum view_request view_handle(struct view *view, const SDL_Event *event)
{
    if (event->type == SDL_QUIT)
        return VIEW_QUIT;
    if (event->type == SDL_WINDOWEVENT || event->type == SDL_RENDER_TARGETS_RESET)
        return VIEW_REDRAW;
    if (event->type != SDL_KEYDOWN || event->key.repeat)
        return VIEW_NOTHING;
    return view->live ? handle_live_key(view, event->key.keysym.sym)
                      : handle_still_key(event->key.keysym.sym);
}

bool view_wait(struct view *view, SDL_Event *event)
{
    Uint32 now = SDL_GetTicks();
    if (!view->message.text[0])
        return SDL_WaitEvent(event) == 1;
    if (SDL_TICKS_PASSED(now, view->message.end)) {
        view->message.text[0] = '\0';
        return false;
    }
    Uint32 left = view->message.end - now;
    return SDL_WaitEventTimeout(event, left > fade_ms ? (int)(left - fade_ms) : 40) == 1;
}

void view_wake(struct view *view)
{
    SDL_Event event = {.type = view->wake_event};
    SDL_PushEvent(&event);
}
