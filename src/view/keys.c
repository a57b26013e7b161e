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
    view->scene.foot = 0; /* nor the bar */
    scene_draw(&view->scene, view->window.renderer, view->paint, view_area(view), false);
    if (paint_check(view->paint, &error) || screenshot_save(view->window.renderer, name, &error))
        snprintf(text, sizeof text, "not saved: %.400s", error.text);
    else
        snprintf(text, sizeof text, "saved %s", name);
    scene_say(&view->scene, text, SCENE_NOTICE);
    return VIEW_REDRAW;
}

static void set_full_screen(struct view *view, bool full)
{
    struct error error;
    if (window_set_full_screen(&view->window, full, &error))
        scene_say(&view->scene, error.text, SCENE_NOTICE);
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

/* Small windows have no room for help and a line. */
static enum view_request hush(struct view *view)
{
    *view->scene.notice = '\0';
    return VIEW_REDRAW;
}

static bool records(const struct view *view)
{
    return view->recording >= 0;
}

static bool is_full_screen(const struct view *view)
{
    return window_is_full_screen(&view->window);
}

#define SWITCH(name) .turns = offsetof(struct view, scene.name), .request = VIEW_REDRAW

/* clang-format off */
const struct key keys[KEY_COUNT] = {
    {"q", "quit", {SDLK_q}, .hinted = true, .request = VIEW_QUIT, .still = ""},
    {"Esc", "leave full screen, or quit", {SDLK_ESCAPE}, .act = leave, .still = ""},
    {"Space", "pause or resume", {SDLK_SPACE}, .hinted = true, .request = VIEW_PAUSE},
    {"o", "open another camera, the demo or a video", {SDLK_o}, .request = VIEW_MENU,
     .icon = ICON_CAMERA, .caption = "camera"},
    {"Tab", "next camera", {SDLK_TAB}, .request = VIEW_NEXT_CAMERA},
    {"r", "start or end a recording", {SDLK_r}, .request = VIEW_RECORD,
     .icon = ICON_RECORD, .caption = "record", .is_on = records},
    {"s", "save a screenshot", {SDLK_s}, .hinted = true, .act = take_screenshot, .still = "screenshot",
     .icon = ICON_SCREENSHOT, .caption = "picture"},
    {"e", "explain what speaks for the label, and against", {SDLK_e}, SWITCH(explain), .still = "explain",
     .icon = ICON_EXPLAIN, .caption = "explain"},
    {"c", "calibrate to a neutral face, or undo that", {SDLK_c}, .request = VIEW_CALIBRATE,
     .icon = ICON_CALIBRATE, .caption = "calibrate"},
    {"-", "smooth less", {SDLK_MINUS, SDLK_KP_MINUS}, .request = VIEW_SHARPER,
     .icon = ICON_SMOOTH_LESS, .caption = "smooth -"},
    {"+", "smooth more", {SDLK_PLUS, SDLK_EQUALS, SDLK_KP_PLUS}, .request = VIEW_SMOOTHER,
     .icon = ICON_SMOOTH_MORE, .caption = "smooth +"},
    {"f", "full screen", {SDLK_f}, .hinted = true, .act = change_full_screen, .still = "full screen",
     .icon = ICON_FULL_SCREEN, .caption = "full", .is_on = is_full_screen},
    {"m", "mirror", {SDLK_m}, SWITCH(mirrored)},
    {"p", "probability bars", {SDLK_p}, SWITCH(drawing.bars)},
    {"a", "adapt to resting faces, or stop", {SDLK_a}, .request = VIEW_ADAPT},
    {"i", "statistics and the model's input", {SDLK_i}, SWITCH(statistics)},
    {"click", "choose the face for bars, timeline, c and e", .codes = {0}},
    {"arrows", "move along the bar or menu; Enter presses", .codes = {0}},
    {"h", "help", {SDLK_h, SDLK_QUESTION, SDLK_SLASH}, .hinted = true, SWITCH(help), .act = hush,
     .icon = ICON_HELP, .caption = "help"},
};
/* clang-format on */

enum view_request keys_press(struct view *view, int index)
{
    const struct key *key = &keys[index];
    bool *turned = (bool *)((char *)view + key->turns);
    if (key->turns)
        *turned = !*turned;
    return key->act ? key->act(view) : key->request;
}

bool keys_is_on(const struct view *view, const struct key *key)
{
    return key->is_on ? key->is_on(view)
                      : key->turns && *(const bool *)((const char *)view + key->turns);
}
