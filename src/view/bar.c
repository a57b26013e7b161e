#include "hud.h"
#include "icon.h"
#include "keys.h"
#include "overlay.h"
#include "view_state.h"

#include <SDL.h>
#include <math.h>
#include <stdio.h>

/* How long it stays, and how long where a button of it stands out. */
static const Uint32 duration_ms = 3000, used_ms = 10000;
static const SDL_Color ink = {255, 255, 255, 235};
static const SDL_Color quiet = {255, 255, 255, 190};
static const SDL_Color on_colour = {255, 255, 255, 46};

/* ---- Coming and going ------------------------------------------------------------------------ */

static void show_bar(struct view *view, int focus)
{
    view->bar.shown = true;
    view->bar.focus = focus;
    view->bar.end = SDL_GetTicks() + (focus < 0 ? duration_ms : used_ms);
    SDL_ShowCursor(SDL_ENABLE);
}

void bar_hide(struct view *view)
{
    view->bar.shown = false;
    if (window_is_full_screen(&view->window))
        SDL_ShowCursor(SDL_DISABLE);
}

static bool is_visible(const struct view *view)
{
    return view->bar.shown && !*view->scene.menu.title;
}

int bar_left(const struct view *view)
{
    Uint32 now = SDL_GetTicks();
    if (!view->bar.shown)
        return -1;
    return SDL_TICKS_PASSED(now, view->bar.end) ? 0 : (int)(view->bar.end - now);
}

enum { TIP_TENTHS = 22 }; /* of an em: from the top of the tip to the bar */

/* ---- Where it stands ------------------------------------------------------------------------- */

struct measures {
    int em, count;
    bool captions;
    SDL_Rect bar, first; /* the first button; the others follow to the right */
};

static struct measures measure(struct view *view)
{
    SDL_Rect area = view_area(view);
    struct measures measures = {.em = scene_message_size(&view->scene, area), .captions = true};
    int em = measures.em;
    int widest = 0;
    for (int i = 0; i < KEY_COUNT; i++) {
        if (!keys[i].icon)
            continue;
        measures.count++;
        int width = paint_text_width(view->paint, em * 4 / 5, keys[i].caption);
        widest = width > widest ? width : widest;
    }
    int margin = em / 2;
    int width = widest + em * 3 / 5;
    int room = (area.w - 4 * margin) / measures.count;
    if (width > room) {
        measures.captions = false;
        width = room < em * 3 ? room : em * 3;
    }
    int height = em * (measures.captions ? 36 : 26) / 10;
    SDL_Rect bar = {0, 0, measures.count * width + 2 * margin, height + 2 * margin};
    bar.x = area.x + (area.w - bar.w) / 2;
    bar.y = area.y + area.h - bar.h - margin;
    measures.bar = bar;
    measures.first = (SDL_Rect){bar.x + margin, bar.y + margin, width, height};
    return measures;
}

int bar_height(struct view *view)
{
    if (!is_visible(view))
        return 0;
    struct measures measures = measure(view);
    SDL_Rect area = view_area(view);
    return area.y + area.h - measures.bar.y + measures.em * TIP_TENTHS / 10;
}

static SDL_Rect place_button(const struct measures *measures, int number)
{
    SDL_Rect place = measures->first;
    place.x += number * place.w;
    return place;
}

/* The key whose button has this number from the left. */
static int key_of(int number)
{
    int i = 0;
    while (!keys[i].icon || number-- > 0)
        i++;
    return i;
}

/* The number of the button at a point; -1: none. */
static int button_at(struct view *view, SDL_Point point)
{
    struct measures measures = measure(view);
    for (int i = 0; is_visible(view) && i < measures.count; i++) {
        SDL_Rect place = place_button(&measures, i);
        if (SDL_PointInRect(&point, &place))
            return i;
    }
    return -1;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void draw_button(struct view *view, const struct measures *measures, int number)
{
    const struct key *key = &keys[key_of(number)];
    SDL_Rect place = place_button(measures, number);
    int em = measures->em;
    int side = em * 17 / 10;
    int caption = em * 4 / 5;
    bool on = keys_is_on(view, key);
    bool focus = number == view->bar.focus;
    if (on || focus)
        paint_panel(view->paint, place, em / 2, focus ? overlay_focus() : on_colour);
    int y = measures->captions ? place.y + em * 4 / 10 : place.y + (place.h - side) / 2;
    icon_draw(view->paint, key->icon, place.x + (place.w - side) / 2, y, side, ink, on);
    if (!measures->captions)
        return;
    int width = paint_text_width(view->paint, caption, key->caption);
    paint_text(view->paint, place.x + (place.w - width) / 2, place.y + place.h - em * 8 / 10,
               caption, focus ? ink : quiet, key->caption);
}

/* What the button with the focus does, and its key. */
static void draw_tip(struct view *view, const struct measures *measures)
{
    const struct key *key = &keys[key_of(view->bar.focus)];
    SDL_Rect area = view_area(view);
    SDL_Rect button = place_button(measures, view->bar.focus);
    int em = measures->em;
    char text[96];
    snprintf(text, sizeof text, "%s  (%s)", key->meaning, key->name);
    int width = hud_chip_width(view->paint, em, text);
    int x = button.x + (button.w - width) / 2;
    int last = area.x + area.w - width - em / 2;
    x = x > last ? last : x;
    x = x < area.x + em / 2 ? area.x + em / 2 : x;
    hud_chip(view->paint, x, measures->bar.y - em * TIP_TENTHS / 10, em, 1, text);
}

/* The keys, in the middle of what the bar leaves. */
static void draw_help(struct view *view)
{
    struct paint *paint = view->paint;
    SDL_Rect area = view_area(view);
    int em = scene_message_size(&view->scene, area);
    area.h -= bar_height(view);
    em = (int)fmin(em, fmax(8, area.h / (KEY_COUNT * 1.6 + 3.0)));
    int key_width = 0;
    int text_width = 0;
    for (int i = 0; i < KEY_COUNT; i++) {
        key_width = (int)fmax(key_width, paint_text_width(paint, em, keys[i].name));
        text_width = (int)fmax(text_width, paint_text_width(paint, em, keys[i].meaning));
    }
    int row = (int)fmin(1.6 * em, (double)area.h / KEY_COUNT);
    int padding = em * 3 / 2;
    int above = (int)fmin(padding, (area.h - KEY_COUNT * row) / 2.0);
    SDL_Rect panel = {0, 0, key_width + em * 3 / 2 + text_width + 2 * padding,
                      KEY_COUNT * row + 2 * above};
    panel.x = area.x + (area.w - panel.w) / 2;
    panel.y = area.y + (area.h - panel.h) / 2;
    SDL_Color back = overlay_backdrop();
    back.a = 240;
    paint_panel(paint, panel, em, back);
    for (int i = 0; i < KEY_COUNT; i++) {
        int middle = panel.y + above + i * row + row / 2;
        paint_text(paint, panel.x + padding, middle, em, ink, keys[i].name);
        paint_text(paint, panel.x + padding + key_width + em * 3 / 2, middle, em, quiet,
                   keys[i].meaning);
    }
}

void bar_draw(struct view *view)
{
    if (view->scene.help)
        draw_help(view);
    if (!is_visible(view))
        return;
    struct measures measures = measure(view);
    SDL_Color back = overlay_backdrop();
    back.a = 225;
    paint_panel(view->paint, measures.bar, measures.em * 4 / 5, back);
    for (int i = 0; i < measures.count; i++)
        draw_button(view, &measures, i);
    if (view->bar.focus >= 0 && !view->scene.help)
        draw_tip(view, &measures);
}

/* ---- What is done with it -------------------------------------------------------------------- */

enum view_request bar_point(struct view *view, SDL_Point point)
{
    show_bar(view, button_at(view, point));
    return VIEW_REDRAW;
}

static enum view_request press(struct view *view, int number)
{
    show_bar(view, number);
    return keys_press(view, key_of(number));
}

enum view_request bar_press(struct view *view, SDL_Point point)
{
    int number = button_at(view, point);
    if (number >= 0)
        return press(view, number);
    SDL_Rect bar = measure(view).bar;
    return is_visible(view) && SDL_PointInRect(&point, &bar) ? VIEW_NOTHING : VIEW_IDLE;
}

static enum view_request move_focus(struct view *view, int step)
{
    int count = measure(view).count;
    int from = view->bar.shown ? view->bar.focus : -1;
    int first = step > 0 ? 0 : count - 1;
    show_bar(view, from < 0 ? first : (from + step + count) % count);
    return VIEW_REDRAW;
}

enum view_request bar_key(struct view *view, SDL_Keycode key)
{
    bool focus = is_visible(view) && view->bar.focus >= 0;
    switch (key) {
    case SDLK_LEFT:
        return move_focus(view, -1);
    case SDLK_RIGHT:
        return move_focus(view, 1);
    case SDLK_RETURN:
    case SDLK_KP_ENTER:
        return focus ? press(view, view->bar.focus) : VIEW_IDLE;
    case SDLK_ESCAPE:
        if (!focus)
            return VIEW_IDLE;
        bar_hide(view);
        return VIEW_REDRAW;
    default:
        return VIEW_IDLE;
    }
}
