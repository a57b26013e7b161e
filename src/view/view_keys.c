/* Keys and clicks: what an event asks for. */
#include "keys.h"
#include "screenshot.h"
#include "view_state.h"

#include <stdio.h>

/* What the window shows, without its messages. */
static void take_screenshot(struct view *view)
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

static enum view_request handle_live_key(struct view *view, SDL_Keycode key)
{
    struct scene *scene = &view->scene;
    switch (key_find(key)) {
    case KEY_NONE:
        return VIEW_NOTHING;
    case KEY_QUIT:
        return VIEW_QUIT;
    case KEY_LEAVE:
        if (!window_is_full_screen(&view->window))
            return VIEW_QUIT;
        set_full_screen(view, false);
        return VIEW_REDRAW;
    case KEY_PAUSE:
        return VIEW_PAUSE;
    case KEY_SCREENSHOT:
        take_screenshot(view);
        return VIEW_REDRAW;
    case KEY_FULL_SCREEN:
        set_full_screen(view, !window_is_full_screen(&view->window));
        return VIEW_REDRAW;
    case KEY_MIRROR:
        return toggle(&scene->mirrored);
    case KEY_BARS:
        return toggle(&scene->bars);
    case KEY_STATISTICS:
        return toggle(&scene->statistics);
    case KEY_HELP:
        *scene->notice = '\0'; /* small windows have no room for both */
        return toggle(&scene->help);
    case KEY_EXPLAIN:
        return toggle(&scene->explain);
    case KEY_CALIBRATE:
        return VIEW_CALIBRATE;
    case KEY_ADAPT:
        return VIEW_ADAPT;
    case KEY_NEXT_CAMERA:
        return VIEW_NEXT_CAMERA;
    case KEY_RECORD:
        return VIEW_RECORD;
    case KEY_SMOOTHER:
        return VIEW_SMOOTHER;
    case KEY_SHARPER:
        return VIEW_SHARPER;
    }
    return VIEW_NOTHING;
}

/* A click on a face chooses it for the strip. */
static enum view_request handle_click(struct view *view, const SDL_MouseButtonEvent *click)
{
    int width, height;
    SDL_Rect area = view_area(view);
    SDL_GetWindowSize(view->window.window, &width, &height);
    if (width <= 0 || height <= 0)
        return VIEW_NOTHING;
    int id =
        scene_face_at(&view->scene, area, click->x * area.w / width, click->y * area.h / height);
    if (id == 0)
        return VIEW_NOTHING;
    strip_choose(&view->scene.strip, id);
    return VIEW_REDRAW;
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
    if (event->type == SDL_MOUSEBUTTONDOWN && view->scene.live)
        return handle_click(view, &event->button);
    if (event->type != SDL_KEYDOWN || event->key.repeat)
        return VIEW_NOTHING;
    return view->scene.live ? handle_live_key(view, event->key.keysym.sym)
                            : handle_still_key(event->key.keysym.sym);
}
