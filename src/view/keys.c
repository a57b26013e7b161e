/* Keys and clicks: what an event asks for. */
#include "keys.h"
#include "bar.h"
#include "screenshot.h"
#include "view_state.h"

#include <stdio.h>

/* What the window shows, without its messages. */
static enum view_request take_screenshot(struct view *view)
{
    char name[DATED_NAME_SIZE];
    char text[512];
    struct error error;
    view->scene.foot = 0; /* nor the bar */
    scene_draw(&view->scene, view->window.renderer, view->paint, view_area(view), false);
    if (paint_check(view->paint, &error) || screenshot_save(view->window.renderer, name, &error))
        snprintf(text, sizeof text, "not saved: %.400s", error.text);
    else
        snprintf(text, sizeof text, "saved %s", name);
    view_say(view, text);
    return VIEW_REDRAW;
}

static void set_full_screen(struct view *view, bool full)
{
    struct error error;
    if (window_set_full_screen(&view->window, full, &error))
        view_say(view, error.text);
}

static enum view_request toggle(bool *flag)
{
    *flag = !*flag;
    return VIEW_REDRAW;
}

static enum view_request leave(struct view *view)
{
    if (!window_is_full_screen(&view->window))
        return VIEW_QUIT;
    set_full_screen(view, false);
    return VIEW_REDRAW;
}

static enum view_request change_full_screen(struct view *view)
{
    set_full_screen(view, !window_is_full_screen(&view->window));
    return VIEW_REDRAW;
}

static enum view_request toggle_mirror(struct view *view)
{
    return toggle(&view->scene.mirrored);
}

static enum view_request toggle_bars(struct view *view)
{
    return toggle(&view->scene.bars);
}

static enum view_request toggle_explanation(struct view *view)
{
    return toggle(&view->scene.explain);
}

static enum view_request toggle_statistics(struct view *view)
{
    return toggle(&view->scene.statistics);
}

static enum view_request toggle_help(struct view *view)
{
    *view->scene.notice = '\0'; /* small windows have no room for both */
    return toggle(&view->scene.help);
}

static bool records(const struct view *view)
{
    return view->recording >= 0;
}

static bool explains(const struct view *view)
{
    return view->scene.explain;
}

static bool is_full_screen(const struct view *view)
{
    return window_is_full_screen(&view->window);
}

static bool helps(const struct view *view)
{
    return view->scene.help;
}

/* clang-format off */
const struct key keys[KEY_COUNT] = {
    {"q", "quit", {SDLK_q}, .request = VIEW_QUIT},
    {"Esc", "leave full screen, else quit", {SDLK_ESCAPE}, .act = leave},
    {"Space", "pause, go on", {SDLK_SPACE}, .request = VIEW_PAUSE},
    {"o", "open another camera, the demo or a video", {SDLK_o}, .request = VIEW_MENU,
     .icon = ICON_CAMERA, .caption = "camera"},
    {"Tab", "next camera", {SDLK_TAB}, .request = VIEW_NEXT_CAMERA},
    {"r", "record, end the recording", {SDLK_r}, .request = VIEW_RECORD,
     .icon = ICON_RECORD, .caption = "record", .is_on = records},
    {"s", "save a screenshot", {SDLK_s}, .act = take_screenshot,
     .icon = ICON_SCREENSHOT, .caption = "picture"},
    {"e", "explain: what speaks for it, what against", {SDLK_e}, .act = toggle_explanation,
     .icon = ICON_EXPLAIN, .caption = "explain", .is_on = explains},
    {"c", "calibrate to a neutral face, undo", {SDLK_c}, .request = VIEW_CALIBRATE,
     .icon = ICON_CALIBRATE, .caption = "calibrate"},
    {"-", "smooth less", {SDLK_MINUS, SDLK_KP_MINUS}, .request = VIEW_SHARPER,
     .icon = ICON_SMOOTH_LESS, .caption = "faster"},
    {"+", "smooth more", {SDLK_PLUS, SDLK_EQUALS, SDLK_KP_PLUS}, .request = VIEW_SMOOTHER,
     .icon = ICON_SMOOTH_MORE, .caption = "calmer"},
    {"f", "full screen", {SDLK_f}, .act = change_full_screen,
     .icon = ICON_FULL_SCREEN, .caption = "full", .is_on = is_full_screen},
    {"m", "mirror", {SDLK_m}, .act = toggle_mirror},
    {"p", "probability bars", {SDLK_p}, .act = toggle_bars},
    {"a", "adapt to resting faces, or not", {SDLK_a}, .request = VIEW_ADAPT},
    {"i", "statistics and the model's input", {SDLK_i}, .act = toggle_statistics},
    {"click", "choose a face for timeline, c and e", .codes = {0}},
    {"arrows", "walk along the bar or menu, Enter presses", .codes = {0}},
    {"h", "help", {SDLK_h, SDLK_QUESTION, SDLK_SLASH}, .act = toggle_help,
     .icon = ICON_HELP, .caption = "help", .is_on = helps},
};
/* clang-format on */

enum view_request keys_press(struct view *view, int index)
{
    return keys[index].act ? keys[index].act(view) : keys[index].request;
}

static enum view_request handle_live_key(struct view *view, SDL_Keycode code)
{
    for (int i = 0; i < KEY_COUNT; i++) {
        for (int k = 0; k < KEY_CODES && keys[i].codes[k]; k++) {
            if (keys[i].codes[k] == code)
                return keys_press(view, i);
        }
    }
    return VIEW_NOTHING;
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

/* Any key shows the next picture, except those here. */
static enum view_request handle_still_key(struct view *view, SDL_Keycode key)
{
    switch (key) {
    case SDLK_e:
        return toggle_explanation(view);
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

static enum view_request handle_key(struct view *view, SDL_Keycode key)
{
    enum view_request request = VIEW_IDLE;
    if (!view->scene.live)
        return handle_still_key(view, key);
    if (view_has_menu(view) && !view->scene.help)
        request = handle_menu_key(view, key);
    else
        request = bar_key(view, key);
    return request == VIEW_IDLE ? handle_live_key(view, key) : request;
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
