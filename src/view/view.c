#include "view.h"

#include "keys.h"
#include "text.h"
#include "view_state.h"

#include <SDL.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Uint32 hint_ms = 6000;
static const Uint32 fade_ms = 700;

/* ---- Opening and closing --------------------------------------------------------------------- */

bool view_possible(void)
{
    return window_possible();
}

/* The keys that everybody needs. */
static void say_hint(struct view *view)
{
    char hint[sizeof view->scene.notice] = "";
    size_t used = 0;
    for (int i = 0; i < KEY_COUNT; i++) {
        const struct key *key = &keys[i];
        if (key->hinted)
            used +=
                (size_t)snprintf(hint + used, sizeof hint - used, "%s%s %s", used ? "   " : "",
                                 key->name, key->still && *key->still ? key->still : key->meaning);
    }
    scene_say(&view->scene, hint, hint_ms);
}

static void show_window(struct view *view)
{
    struct scene *scene = &view->scene;
    int beside_portrait = scene_is_tight_portrait(scene) ? scene->height * 3 / 2 : 0;
    int width = scene->width > beside_portrait ? scene->width : beside_portrait;
    bool empty = scene->width == 0;
    window_show(&view->window, empty ? 640 : width, empty ? 480 : scene->height);
    view->shown = true;
    if (scene->live && !empty)
        say_hint(view);
}

int view_open(struct view **view, const struct view_settings *settings, struct error *error)
{
    struct view *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the window");
    if (window_open(&made->window, settings->title, settings->live, error)) {
        free(made);
        return -1;
    }
    made->scene.live = settings->live;
    made->scene.mirrored = settings->mirrored;
    made->scene.drawing = settings->drawing;
    made->bar.focus = -1;
    made->recording = -1;
    made->wake_event = SDL_RegisterEvents(1);
    if (paint_create(&made->paint, made->window.renderer, settings->drawing.font_path, error)) {
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
    scene_free(&closed->scene);
    window_close(&closed->window);
    SDL_free(closed->dropped);
    free(closed);
    *view = NULL;
}

void view_hide(struct view *view)
{
    SDL_HideWindow(view->window.window);
    SDL_PumpEvents();
}

void view_set_title(struct view *view, const char *title)
{
    char *clean = text_utf8(title);
    SDL_SetWindowTitle(view->window.window, clean ? clean : "");
    free(clean);
}

void view_set_mirrored(struct view *view, bool mirrored)
{
    view->scene.mirrored = mirrored;
}

void view_set_paused(struct view *view, bool paused)
{
    view->paused = paused;
    view->last_frame = 0;
}

void view_say(struct view *view, const char *text)
{
    scene_say(&view->scene, text, SCENE_NOTICE);
}

void view_set_recording(struct view *view, double seconds)
{
    view->recording = seconds;
}

void view_set_signal(struct view *view, bool signal)
{
    view->scene.no_signal = !signal;
    view->last_frame = 0;
    view->interval = signal ? view->interval : 0;
}

/* ---- The menu -------------------------------------------------------------------------------- */

/* The place, in another menu, of the choice that stands out; 0 where it is not there. */
static int find_focused(const struct scene *scene, const struct view_menu *menu)
{
    for (int i = 0; scene->menu.count > 0 && i < menu->count; i++) {
        if (strcmp(menu->choices[i], scene->menu.choices[scene->focus]) == 0)
            return i;
    }
    return 0;
}

void view_show_menu(struct view *view, const struct view_menu *menu)
{
    view->scene.focus = menu ? find_focused(&view->scene, menu) : 0;
    view->scene.menu = menu ? *menu : (struct view_menu){.count = 0};
    view->waiting = menu && menu->count == 0;
    if (menu && !view->shown)
        show_window(view);
}

bool view_has_menu(const struct view *view)
{
    return view->scene.menu.count > 0;
}

int view_choice(const struct view *view)
{
    return view->choice;
}

const char *view_dropped(const struct view *view)
{
    return view->dropped;
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

int view_chosen(const struct view *view)
{
    return view->scene.strip.face;
}

bool view_wants_explanation(const struct view *view)
{
    return view->scene.explain;
}

int view_set_explanation(struct view *view, int face, const float map[EXPRESSIONS_CROP_PIXELS],
                         struct error *error)
{
    return heat_set(&view->scene.heat, view->window.renderer, face, map, error);
}

bool view_wants_statistics(const struct view *view)
{
    return view->scene.statistics;
}

double view_rate(const struct view *view)
{
    return view->interval > 0 ? 1 / view->interval : 0;
}

void view_set_statistics(struct view *view, const char *text)
{
    struct scene *scene = &view->scene;
    scene->line_count = 0;
    while (*text && scene->line_count < SCENE_LINES) {
        size_t length = strcspn(text, "\n");
        snprintf(scene->lines[scene->line_count++], SCENE_LINE_SIZE, "%.*s", (int)length, text);
        text += length + (text[length] != '\0');
    }
}

int view_set_inputs(struct view *view, const uint8_t *const *crops, struct error *error)
{
    return scene_set_inputs(&view->scene, view->window.renderer, crops, error);
}

void view_set_picture(struct view *view, const struct image *picture,
                      const struct expressions_face *faces, int count, double time)
{
    scene_set(&view->scene, picture, faces, count, time);
    measure_rate(view);
    if (view->waiting)
        view_show_menu(view, NULL);
    else if (view->shown)
        return;
    show_window(view);
}

void view_forget_picture(struct view *view)
{
    scene_forget(&view->scene);
    view->last_frame = 0;
    view->interval = 0;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void update_messages(struct view *view)
{
    struct scene *scene = &view->scene;
    Uint32 now = SDL_GetTicks();
    *scene->status = '\0';
    if (view->paused)
        snprintf(scene->status, sizeof scene->status, "paused");
    else if (scene->live && view->interval > 0)
        snprintf(scene->status, sizeof scene->status, "%.0f fps", view_rate(view));
    *scene->recording = '\0';
    if (view->recording >= 0)
        snprintf(scene->recording, sizeof scene->recording, "rec %d:%02d",
                 (int)view->recording / 60, (int)view->recording % 60);
    if (SDL_TICKS_PASSED(now, scene->notice_end))
        *scene->notice = '\0';
    else
        scene->notice_opacity = fmin(1, (double)(scene->notice_end - now) / fade_ms);
}

/* When it is shown again, SDL asks for it to be drawn. */
static bool is_out_of_sight(const struct view *view)
{
    SDL_Window *window = view->window.window;
    return window && SDL_GetWindowFlags(window) & (SDL_WINDOW_HIDDEN | SDL_WINDOW_MINIMIZED);
}

int view_draw(struct view *view, struct error *error)
{
    if (is_out_of_sight(view))
        return 0;
    update_messages(view);
    view->scene.foot = bar_height(view);
    scene_draw(&view->scene, view->window.renderer, view->paint, view_area(view), true);
    bar_draw(view);
    SDL_RenderPresent(view->window.renderer);
    return paint_check(view->paint, error);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

/* Negative: the key means nothing. */
static int find_key(SDL_Keycode code)
{
    for (int i = 0; i < KEY_COUNT; i++) {
        for (int k = 0; k < KEY_CODES && keys[i].codes[k]; k++) {
            if (keys[i].codes[k] == code)
                return i;
        }
    }
    return -1;
}

/* ---- The menu -------------------------------------------------------------------------------- */

static enum view_request close_menu(struct view *view)
{
    if (view->scene.menu.stays)
        return VIEW_NOTHING;
    view_show_menu(view, NULL);
    return VIEW_REDRAW;
}

static enum view_request choose(struct view *view, int choice)
{
    view->choice = choice;
    return VIEW_CHOICE;
}

static enum view_request move_focus(struct view *view, int step)
{
    struct scene *scene = &view->scene;
    scene->focus = (scene->focus + step + scene->menu.count) % scene->menu.count;
    return VIEW_REDRAW;
}

/* VIEW_IDLE: the key means nothing to the menu. */
static enum view_request handle_menu_key(struct view *view, SDL_Keycode key)
{
    switch (key) {
    case SDLK_UP:
        return move_focus(view, -1);
    case SDLK_DOWN:
    case SDLK_TAB:
        return move_focus(view, 1);
    case SDLK_RETURN:
    case SDLK_KP_ENTER:
    case SDLK_SPACE:
        return choose(view, view->scene.focus);
    case SDLK_ESCAPE:
        return view->scene.menu.stays ? VIEW_IDLE : close_menu(view);
    default:
        return VIEW_IDLE;
    }
}

/* ---- The mouse ------------------------------------------------------------------------------- */

/* A point of the window as one of what is drawn on: they differ on dense screens. */
static SDL_Point point_of(struct view *view, int x, int y)
{
    int width = 0, height = 0;
    SDL_Rect area = view_area(view);
    SDL_GetWindowSize(view->window.window, &width, &height);
    if (width <= 0 || height <= 0)
        return (SDL_Point){-1, -1};
    return (SDL_Point){x * area.w / width, y * area.h / height};
}

static enum view_request handle_motion(struct view *view, const SDL_MouseMotionEvent *motion)
{
    SDL_Point point = point_of(view, motion->x, motion->y);
    if (!view_has_menu(view))
        return bar_point(view, point);
    int choice = scene_choice_at(&view->scene, view->paint, view_area(view), point.x, point.y);
    if (choice < 0 || choice == view->scene.focus)
        return VIEW_NOTHING;
    view->scene.focus = choice;
    return VIEW_REDRAW;
}

/* A click takes a choice of the menu, or leaves it; one on a face chooses it for the strip. */
static enum view_request handle_click(struct view *view, const SDL_MouseButtonEvent *click)
{
    SDL_Rect area = view_area(view);
    SDL_Point point = point_of(view, click->x, click->y);
    if (view_has_menu(view)) {
        int choice = scene_choice_at(&view->scene, view->paint, area, point.x, point.y);
        return choice < 0 ? close_menu(view) : choose(view, choice);
    }
    enum view_request request = view->scene.live ? bar_press(view, point) : VIEW_IDLE;
    if (request != VIEW_IDLE)
        return request;
    int id = scene_face_at(&view->scene, area, point.x, point.y);
    if (id == 0)
        return VIEW_NOTHING;
    strip_choose(&view->scene.strip, id);
    return VIEW_REDRAW;
}

static enum view_request handle_drop(struct view *view, const SDL_DropEvent *drop)
{
    SDL_free(view->dropped);
    view->dropped = drop->file;
    return view->scene.live ? VIEW_DROP : VIEW_NOTHING;
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* Any other key shows the next picture, unless it is pressed along with others. */
static enum view_request handle_still_key(struct view *view, SDL_Keycode key)
{
    int index = find_key(key);
    if (index >= 0 && keys[index].still)
        return keys_press(view, index);
    switch (key) {
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

static enum view_request handle_key(struct view *view, SDL_Keycode key)
{
    enum view_request request = VIEW_IDLE;
    if (!view->scene.live)
        return handle_still_key(view, key);
    if (view_has_menu(view) && !view->scene.help)
        request = handle_menu_key(view, key);
    else
        request = bar_key(view, key);
    if (request != VIEW_IDLE)
        return request;
    int index = find_key(key);
    return index < 0 ? VIEW_NOTHING : keys_press(view, index);
}

enum view_request view_handle(struct view *view, const SDL_Event *event)
{
    if (event->type == SDL_QUIT)
        return VIEW_QUIT;
    if (event->type == SDL_WINDOWEVENT || event->type == SDL_RENDER_TARGETS_RESET)
        return VIEW_REDRAW;
    if (event->type == SDL_DROPFILE)
        return handle_drop(view, &event->drop);
    if (event->type == SDL_MOUSEMOTION && view->scene.live)
        return handle_motion(view, &event->motion);
    if (event->type == SDL_MOUSEBUTTONDOWN)
        return handle_click(view, &event->button);
    if (event->type != SDL_KEYDOWN || event->key.repeat)
        return VIEW_NOTHING;
    return handle_key(view, event->key.keysym.sym);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* Milliseconds until the notice begins to fade, or its next step; negative: there is none. */
static int notice_step(const struct view *view)
{
    Uint32 now = SDL_GetTicks();
    if (!*view->scene.notice)
        return -1;
    if (SDL_TICKS_PASSED(now, view->scene.notice_end))
        return 0;
    Uint32 left = view->scene.notice_end - now;
    return left > fade_ms ? (int)(left - fade_ms) : 40;
}

enum view_request view_next(struct view *view, int longest)
{
    SDL_Event event;
    int step = longest == 0 ? -1 : notice_step(view);
    int bar = longest == 0 ? -1 : bar_left(view);
    if (bar == 0)
        bar_hide(view);
    if (step == 0)
        *view->scene.notice = '\0';
    if (step == 0 || bar == 0)
        return VIEW_REDRAW;
    step = bar > 0 && (step < 0 || bar < step) ? bar : step;
    bool changes = step > 0 && (longest < 0 || step < longest);
    if (changes)
        longest = step;
    if (window_wait(&event, longest))
        return view_handle(view, &event);
    return changes ? VIEW_REDRAW : VIEW_IDLE;
}

void view_on_loss(void (*ends)(void *context), void *context)
{
    window_on_loss(ends, context);
}

void view_wake(struct view *view)
{
    SDL_Event event = {.type = view->wake_event};
    window_wake(&event);
}

void view_quit(struct view *view)
{
    (void)view;
    SDL_Event event = {.type = SDL_QUIT};
    window_wake(&event);
}

void view_sdl_version(char version[VIEW_VERSION_SIZE])
{
    SDL_version sdl;
    SDL_GetVersion(&sdl);
    snprintf(version, VIEW_VERSION_SIZE, "%d.%d.%d", sdl.major, sdl.minor, sdl.patch);
}
