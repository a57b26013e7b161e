#include "menu.h"

#include "overlay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const SDL_Color bright = {255, 255, 255, 240};
static const SDL_Color quiet = {255, 255, 255, 175};
static const SDL_Color rest_colour = {255, 255, 255, 22};

enum { MAX_LINES = 8, LINE_SIZE = 160 };

struct measures {
    int em, title; /* heights of an em */
    int line_count;
    char lines[MAX_LINES][LINE_SIZE]; /* of the text */
    SDL_Rect panel, first;            /* the first choice; the others follow below */
    int step;                         /* from one choice to the next */
    int padding;
};

/* Breaks the text between words; what no longer fits is left out. */
static void wrap(struct measures *measures, struct paint *paint, const char *text, int width)
{
    measures->line_count = 0;
    while (*text && measures->line_count < MAX_LINES) {
        char *line = measures->lines[measures->line_count++];
        size_t taken = 0;
        for (;;) {
            size_t next = taken + strspn(text + taken, " ");
            next += strcspn(text + next, " ");
            if (next == taken || next >= LINE_SIZE)
                break;
            snprintf(line, LINE_SIZE, "%.*s", (int)next, text);
            if (taken > 0 && paint_text_width(paint, measures->em, line) > width)
                break;
            taken = next;
        }
        if (taken == 0) /* a word longer than a line */
            taken = LINE_SIZE - 1;
        snprintf(line, LINE_SIZE, "%.*s", (int)taken, text);
        text += taken + strspn(text + taken, " ");
    }
}

static int total_height(const struct measures *measures, int count)
{
    int text = measures->line_count * measures->em * 3 / 2;
    return 2 * measures->padding + measures->title * 2 + (text ? text + measures->em : 0) +
           count * measures->step;
}

static void measure(struct measures *measures, const struct view_menu *menu, struct paint *paint,
                    SDL_Rect area, int em)
{
    for (;; em--) {
        int width = em * 24 < area.w * 9 / 10 ? em * 24 : area.w * 9 / 10;
        measures->em = em;
        measures->title = em * 8 / 5;
        measures->padding = em * 3 / 2;
        measures->step = em * 5 / 2;
        wrap(measures, paint, menu->text, width - 2 * measures->padding);
        int height = total_height(measures, menu->count);
        measures->panel = (SDL_Rect){area.x + (area.w - width) / 2, area.y + (area.h - height) / 2,
                                     width, height};
        if (height <= area.h * 19 / 20 || em <= 8)
            break;
    }
    SDL_Rect panel = measures->panel;
    int padding = measures->padding;
    measures->first =
        (SDL_Rect){panel.x + padding, panel.y + panel.h - padding - menu->count * measures->step,
                   panel.w - 2 * padding, measures->step * 5 / 6};
}

static SDL_Rect place_choice(const struct measures *measures, int index)
{
    SDL_Rect place = measures->first;
    place.y += index * measures->step + (measures->step - place.h) / 2;
    return place;
}

void menu_draw(const struct view_menu *menu, int focus, struct paint *paint, SDL_Rect area, int em)
{
    struct measures measures;
    SDL_Color back = overlay_backdrop();
    back.a = 240;
    measure(&measures, menu, paint, area, em);
    SDL_Rect panel = measures.panel;
    int x = panel.x + measures.padding;
    int y = panel.y + measures.padding;
    em = measures.em;
    paint_panel(paint, panel, em, back);
    paint_text(paint, x, y + measures.title / 2, measures.title, bright, menu->title);
    y += measures.title * 2;
    for (int i = 0; i < measures.line_count; i++)
        paint_text(paint, x, y + i * em * 3 / 2 + em / 2, em, quiet, measures.lines[i]);
    for (int i = 0; i < menu->count; i++) {
        SDL_Rect place = place_choice(&measures, i);
        paint_panel(paint, place, em / 2, i == focus ? overlay_focus() : rest_colour);
        paint_text(paint, place.x + em, place.y + place.h / 2, em, bright, menu->choices[i]);
    }
}

int menu_at(const struct view_menu *menu, struct paint *paint, SDL_Rect area, int em, int x, int y)
{
    struct measures measures;
    SDL_Point point = {x, y};
    measure(&measures, menu, paint, area, em);
    for (int i = 0; i < menu->count; i++) {
        SDL_Rect place = place_choice(&measures, i);
        if (SDL_PointInRect(&point, &place))
            return i;
    }
    return -1;
}
