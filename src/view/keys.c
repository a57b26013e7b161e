/* Keys and clicks: what an event asks for. */
#include "keys.h"
#include "screenshot.h"
#include "view_state.h"

#include <stdio.h>

/* What the window shows, without its messages. */
static enum view_request take_screenshot(struct view *view)
{
    char name[DATED_NAME_SIZE];
    char text[512];
    struct error error;
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

const struct key keys[KEY_COUNT] = {
    {"q", "quit", {SDLK_q}, NULL, VIEW_QUIT},
    {"Esc", "leave full screen, else quit", {SDLK_ESCAPE}, leave, VIEW_NOTHING},
    {"Space", "pause, go on", {SDLK_SPACE}, NULL, VIEW_PAUSE},
    {"s", "save a screenshot", {SDLK_s}, take_screenshot, VIEW_NOTHING},
    {"r", "record, end the recording", {SDLK_r}, NULL, VIEW_RECORD},
    {"f", "full screen", {SDLK_f}, change_full_screen, VIEW_NOTHING},
    {"m", "mirror", {SDLK_m}, toggle_mirror, VIEW_NOTHING},
    {"p", "probability bars", {SDLK_p}, toggle_bars, VIEW_NOTHING},
    {"+", "smooth more", {SDLK_PLUS, SDLK_EQUALS, SDLK_KP_PLUS}, NULL, VIEW_SMOOTHER},
    {"-", "smooth less", {SDLK_MINUS, SDLK_KP_MINUS}, NULL, VIEW_SHARPER},
    {"click", "choose a face for timeline, c and e", {0}, NULL, VIEW_NOTHING},
    {"c", "calibrate to a neutral face, undo", {SDLK_c}, NULL, VIEW_CALIBRATE},
    {"a", "adapt to resting faces, or not", {SDLK_a}, NULL, VIEW_ADAPT},
    {"e", "explain: what speaks for it, what against", {SDLK_e}, toggle_explanation, VIEW_NOTHING},
    {"Tab", "next camera", {SDLK_TAB}, NULL, VIEW_NEXT_CAMERA},
    {"o", "open another camera, the demo or a video", {SDLK_o}, NULL, VIEW_MENU},
    {"i", "statistics and the model's input", {SDLK_i}, toggle_statistics, VIEW_NOTHING},
    {"h", "help", {SDLK_h, SDLK_QUESTION, SDLK_SLASH}, toggle_help, VIEW_NOTHING},
};

static enum view_request handle_live_key(struct view *view, SDL_Keycode code)
{
    for (int i = 0; i < KEY_COUNT; i++) {
        const struct key *key = &keys[i];
        for (int k = 0; k < KEY_CODES && key->codes[k]; k++) {
            if (key->codes[k] == code)
                return key->act ? key->act(view) : key->request;
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
    if (event->type == SDL_DROPFILE)
        return handle_drop(view, &event->drop);
    if (event->type == SDL_MOUSEMOTION && view->scene.live)
        return handle_motion(view, &event->motion);
    if (event->type == SDL_MOUSEBUTTONDOWN && view->scene.live)
        return handle_click(view, &event->button);
    if (event->type != SDL_KEYDOWN || event->key.repeat)
        return VIEW_NOTHING;
    if (view_has_menu(view) && !view->scene.help) {
        enum view_request request = handle_menu_key(view, event->key.keysym.sym);
        if (request != VIEW_IDLE)
            return request;
    }
    return view->scene.live ? handle_live_key(view, event->key.keysym.sym)
                            : handle_still_key(event->key.keysym.sym);
}
