#include "hud.h"

#include "heat.h"
#include "overlay.h"

#include <math.h>
#include <stdio.h>

static const SDL_Color ink = {255, 255, 255, 225};
static const SDL_Color quiet_ink = {255, 255, 255, 175};

static int chip_height(int em)
{
    return em * 17 / 10;
}

int hud_chip_width(struct paint *paint, int em, const char *text)
{
    return paint_text_width(paint, em, text) + em * 12 / 10;
}

void hud_chip(struct paint *paint, int x, int y, int em, double opacity, const char *text)
{
    SDL_Color text_colour = ink;
    SDL_Color back = overlay_backdrop();
    text_colour.a = (Uint8)lround(ink.a * opacity);
    back.a = (Uint8)lround(back.a * opacity);
    SDL_Rect rect = {x, y, hud_chip_width(paint, em, text), chip_height(em)};
    paint_panel(paint, rect, rect.h * 3 / 10, back);
    paint_text(paint, x + em * 6 / 10, y + rect.h / 2, em, text_colour, text);
}

int hud_recording_width(struct paint *paint, int em, const char *text)
{
    return hud_chip_width(paint, em, text) + em * 7 / 10 * 3 / 2;
}

void hud_recording(struct paint *paint, int x, int y, int em, const char *text)
{
    int dot = em * 7 / 10;
    SDL_Rect rect = {x, y, hud_recording_width(paint, em, text), chip_height(em)};
    SDL_Rect mark = {x + em * 6 / 10, y + (rect.h - dot) / 2, dot, dot};
    paint_panel(paint, rect, rect.h * 3 / 10, overlay_backdrop());
    paint_panel(paint, mark, dot / 2, (SDL_Color){235, 50, 45, 255});
    paint_text(paint, mark.x + dot * 3 / 2, y + rect.h / 2, em, ink, text);
}

SDL_Rect hud_notice_place(struct paint *paint, SDL_Rect area, int em, int beside, const char *text)
{
    int margin = em * 7 / 10;
    int width = hud_chip_width(paint, em, text);
    int y = area.y + margin;
    bool behind = beside + width + margin <= area.w;
    if (!behind) /* a line of its own */
        y += chip_height(em) + margin;
    width = (int)fmin(width, area.w - 2 * margin);
    int x = (area.w - width) / 2;
    x = behind && x < beside ? beside : x;
    return (SDL_Rect){area.x + x, y, width, chip_height(em)};
}

void hud_notice(struct paint *paint, SDL_Rect place, int em, double opacity, const char *text)
{
    int width = hud_chip_width(paint, em, text);
    if (width > place.w)
        em = (int)fmax(8, floor((double)em * place.w / width));
    hud_chip(paint, place.x, place.y, em, opacity, text);
}

static int line_height(int em)
{
    return em * 15 / 10;
}

SDL_Rect hud_lines_size(struct paint *paint, int em, const char *const *lines, int count)
{
    int padding = em * 7 / 10;
    int width = 0;
    for (int i = 0; i < count; i++)
        width = (int)fmax(width, paint_text_width(paint, em, lines[i]));
    return (SDL_Rect){0, 0, width + 2 * padding, count * line_height(em) + padding};
}

void hud_lines(struct paint *paint, SDL_Rect place, int em, const char *const *lines, int count)
{
    int padding = em * 7 / 10;
    int row = line_height(em);
    paint_panel(paint, place, padding, overlay_backdrop());
    for (int i = 0; i < count; i++)
        paint_text(paint, place.x + padding, place.y + padding / 2 + i * row + row / 2, em, ink,
                   lines[i]);
}

static const char legend_against[] = "against";

static void legend_for(char text[48], const char *label)
{
    snprintf(text, 48, "speaks for %s", label);
}

SDL_Rect hud_legend_size(struct paint *paint, int em, const char *label)
{
    char text[48];
    legend_for(text, label);
    int width = paint_text_width(paint, em, text) + paint_text_width(paint, em, legend_against) +
                em * 9 / 2;
    return (SDL_Rect){0, 0, width, chip_height(em)};
}

static int legend_part(struct paint *paint, SDL_Rect place, int x, int em, uint32_t colour,
                       const char *text)
{
    int dot = em * 7 / 10;
    SDL_Rect mark = {x, place.y + (place.h - dot) / 2, dot, dot};
    paint_panel(paint, mark, dot / 4, paint_colour(colour));
    paint_text(paint, x + dot * 3 / 2, place.y + place.h / 2, em, ink, text);
    return x + dot * 3 / 2 + paint_text_width(paint, em, text) + em;
}

void hud_legend(struct paint *paint, SDL_Rect place, int em, const char *label)
{
    char text[48];
    legend_for(text, label);
    paint_panel(paint, place, place.h * 3 / 10, overlay_backdrop());
    int x = legend_part(paint, place, place.x + em * 6 / 10, em, HEAT_FOR, text);
    legend_part(paint, place, x, em, HEAT_AGAINST, legend_against);
}

void hud_dim(struct paint *paint, SDL_Rect area)
{
    paint_panel(paint, area, 0, (SDL_Color){0, 0, 0, 165});
}

void hud_no_signal(struct paint *paint, SDL_Rect area, int em)
{
    static const char title[] = "no signal";
    static const char hint[] = "waiting for the camera";
    int middle = area.x + area.w / 2;
    int size = em * 5 / 2;
    hud_dim(paint, area);
    paint_text(paint, middle - paint_text_width(paint, size, title) / 2, area.y + area.h / 2 - em,
               size, ink, title);
    paint_text(paint, middle - paint_text_width(paint, em, hint) / 2, area.y + area.h / 2 + em, em,
               quiet_ink, hint);
}
