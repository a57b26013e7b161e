#include "overlay.h"

#include "label_colours.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const SDL_Color backdrop = {14, 16, 20, 188};
static const SDL_Color focus = {64, 132, 214, 255};
static const SDL_Color shadow = {0, 0, 0, 110};
static const SDL_Color bright = {255, 255, 255, 255};
static const SDL_Color dim = {255, 255, 255, 190};
static const SDL_Color unnamed = {150, 152, 158, 255};
static const SDL_Color track = {255, 255, 255, 34};

int overlay_text_size(SDL_Rect area, double density)
{
    double scale = fmin(area.w / 640.0, area.h / 480.0) / density;
    return (int)lround(density * fmin(fmax(15 * pow(scale, 0.75), 11), 64));
}

SDL_Color overlay_colour(int label)
{
    return paint_colour(label_colours[label]);
}

SDL_Color overlay_backdrop(void)
{
    return backdrop;
}

SDL_Color overlay_focus(void)
{
    return focus;
}

/* A held face is paler; an uncertain one has no label's colour. */
static SDL_Color face_colour(const struct expressions_face *face)
{
    SDL_Color colour = face->uncertain ? unnamed : overlay_colour(face->label);
    if (face->held)
        colour.a = 110;
    return colour;
}

static int at_least(int value, int low)
{
    return value > low ? value : low;
}

static int share(int size, double factor)
{
    return (int)lround(size * factor);
}

SDL_Rect overlay_place(const struct overlay *overlay, struct expressions_box box)
{
    double scale = (double)overlay->picture.w / overlay->source_width;
    int x = overlay->mirrored ? overlay->source_width - box.x - box.width : box.x;
    int left = overlay->picture.x + (int)lround(x * scale);
    int top = overlay->picture.y + (int)lround(box.y * scale);
    return (SDL_Rect){left, top, at_least((int)lround(box.width * scale), 1),
                      at_least((int)lround(box.height * scale), 1)};
}

/* ---- Measures -------------------------------------------------------------------------------- */

enum { LABEL_TEXT_SIZE = 48 };

/* Of a face that has only a label, beside others: its number and a word. */
static void short_text(const struct expressions_face *face, char text[LABEL_TEXT_SIZE])
{
    snprintf(text, LABEL_TEXT_SIZE, "%d  %s%s", face->id, expressions_label_name(face->label),
             face->uncertain ? "?" : "");
}

static void label_text(const struct expressions_face *face, bool numbered, bool brief,
                       char text[LABEL_TEXT_SIZE])
{
    if (brief) {
        short_text(face, text);
        return;
    }
    int used = numbered ? snprintf(text, LABEL_TEXT_SIZE, "%d  ", face->id) : 0;
    text += used;
    size_t size = (size_t)(LABEL_TEXT_SIZE - used);
    static const char *const states[] = {[EXPRESSIONS_PLAIN] = "",
                                         [EXPRESSIONS_COLLECTING] = "  calibrating",
                                         [EXPRESSIONS_CALIBRATED] = "  calibrated",
                                         [EXPRESSIONS_ADAPTED] = "  adapted"};
    char words[FACE_WORDS_SIZE];
    face_words(face, words);
    snprintf(text, size, "%s%s", words, states[face->calibration]);
}

/* A small face gets a smaller label, as long as it can be read; one among several keeps off its
 * neighbours. */
static int label_text_size(struct paint *paint, int em, int box_width, bool alone, const char *text)
{
    int room = share(box_width, alone ? 1.3 : 1.0);
    int width = paint_text_width(paint, em, text) + share(em, 1.9);
    int smallest = at_least(share(em, 0.6), 10);
    return width <= room ? em : at_least(share(em, (double)room / width), smallest);
}

struct panel_style {
    int text, row, padding, gap;       /* text 0: compact, bars only */
    int titled;                        /* 1: the first row says whose they are */
    int rows;                          /* of each column, of which a wide panel has two */
    int name_width, bar_width, number; /* widths of the columns; number 0: none */
    int bar_height;
};

static struct panel_style full_style(struct paint *paint, int em, bool titled)
{
    int text = at_least(share(em, 0.84), 9);
    return (struct panel_style){.text = text,
                                .titled = titled,
                                .rows = EXPRESSIONS_LABEL_COUNT + titled,
                                .row = share(text, 1.42),
                                .padding = share(text, 0.7),
                                .gap = share(text, 0.55),
                                .name_width = paint_text_width(paint, text, "surprise"),
                                .bar_width = share(text, 6.0),
                                .number = paint_text_width(paint, text, "100 %"),
                                .bar_height = at_least(share(text, 0.46), 3)};
}

/* Where there is no room for more. */
static struct panel_style narrow_style(struct paint *paint, int em)
{
    struct panel_style style = full_style(paint, em, false);
    style.bar_width = share(style.text, 3.5);
    style.number = 0;
    return style;
}

/* A wide one of this height, or a tall one with letters of the same size. */
static struct panel_style dock_style(struct paint *paint, int height, bool tall)
{
    struct panel_style style = full_style(paint, at_least(share(height, 0.17), 11), true);
    if (!tall) {
        style.rows /= 2;
        style.row = at_least((height - 2 * style.padding) / style.rows, share(style.text, 1.3));
    }
    return style;
}

static struct panel_style compact_style(int em, int box_width)
{
    int bar = at_least(share(em, 0.2), 2);
    int width = at_least(share(box_width, 0.9), share(em, 3));
    return (struct panel_style){.rows = EXPRESSIONS_LABEL_COUNT,
                                .row = bar + at_least(share(em, 0.11), 1),
                                .padding = at_least(share(em, 0.3), 2),
                                .bar_width = width < 6 * em ? width : 6 * em,
                                .bar_height = bar};
}

static int column_width(const struct panel_style *style)
{
    return style->bar_width + (style->text ? style->name_width + style->gap : 0) +
           (style->number ? style->number + style->gap : 0);
}

/* From the beginning of a column to that of the next. */
static int column_step(const struct panel_style *style)
{
    return column_width(style) + 2 * style->padding;
}

static SDL_Rect panel_size(const struct panel_style *style)
{
    int columns = (EXPRESSIONS_LABEL_COUNT + style->titled) / style->rows;
    return (SDL_Rect){0, 0, columns * column_step(style),
                      2 * style->padding + style->rows * style->row};
}

/* ---- Drawing --------------------------------------------------------------------------------- */

static void draw_box(struct paint *paint, SDL_Rect rect, int em, bool slight, SDL_Color colour)
{
    int thickness = at_least(share(em, slight ? 0.09 : 0.15), 2);
    int radius = share(rect.w < rect.h ? rect.w : rect.h, 0.08);
    int largest = share(em, 1.2);
    radius = radius < largest ? radius : largest;
    SDL_Rect around = {rect.x - 1, rect.y - 1, rect.w + 2, rect.h + 2};
    paint_outline(paint, around, radius + 1, thickness + 2, shadow);
    paint_outline(paint, rect, radius, thickness, colour);
}

static void draw_label(struct paint *paint, SDL_Rect rect, int text_size, SDL_Color colour,
                       const char *text)
{
    int middle = rect.y + rect.h / 2;
    int dot = share(text_size, 0.62);
    int margin = share(text_size, 0.5);
    SDL_Rect mark = {rect.x + margin, middle - dot / 2, dot, dot};
    paint_panel(paint, rect, share(rect.h, 0.3), backdrop);
    paint_panel(paint, mark, dot / 2, colour);
    paint_text(paint, mark.x + dot + share(text_size, 0.4), middle, text_size, bright, text);
}

static void draw_bar(struct paint *paint, int x, int middle, const struct panel_style *style,
                     double value, SDL_Color colour)
{
    SDL_Rect bar = {x, middle - style->bar_height / 2, style->bar_width, style->bar_height};
    paint_panel(paint, bar, bar.h / 2, track);
    bar.w = share(style->bar_width, value);
    if (bar.w > 0)
        paint_panel(paint, bar, bar.h / 2, colour);
}

static void draw_panel(struct paint *paint, SDL_Rect rect, const struct panel_style *style,
                       const struct expressions_face *face)
{
    paint_panel(paint, rect, style->padding, backdrop);
    if (style->titled) {
        char title[24];
        snprintf(title, sizeof title, "face %d", face->id);
        paint_text(paint, rect.x + style->padding, rect.y + style->padding + style->row / 2,
                   style->text, bright, title);
    }
    for (int i = 0; i < EXPRESSIONS_LABEL_COUNT; i++) {
        double value = (double)face->probabilities[i];
        int cell = i + style->titled;
        int middle = rect.y + style->padding + cell % style->rows * style->row + style->row / 2;
        int x = rect.x + style->padding + cell / style->rows * column_step(style);
        int end = x + column_width(style);
        bool named = i == face->label || (face->uncertain && i == face->second);
        SDL_Color ink = named ? bright : dim;
        if (style->text) {
            paint_text(paint, x, middle, style->text, ink, expressions_label_name(i));
            x += style->name_width + style->gap;
        }
        draw_bar(paint, x, middle, style, value, overlay_colour(i));
        if (style->number) {
            char number[8];
            snprintf(number, sizeof number, "%.0f %%", 100 * value);
            int width = paint_text_width(paint, style->text, number);
            paint_text(paint, end - width, middle, style->text, ink, number);
        }
    }
}

/* ---- Putting it together --------------------------------------------------------------------- */

struct face_layout {
    SDL_Rect box, label, panel, input;
    bool brief; /* has a short label and no bars */
    bool bars;
    int label_size; /* of its text */
    struct panel_style style;
};

enum form { FORM_FULL, FORM_NARROW, FORM_COMPACT };

/* Finds a place for the bars of each face that has some; returns the area that they cover of faces
 * and labels. */
static double place_panels(struct paint *paint, const struct overlay *overlay, int em,
                           enum form form, struct layout *layout, struct face_layout *faces,
                           int count)
{
    int before = layout->count;
    double covered = 0;
    for (int i = 0; i < count; i++) {
        struct face_layout *face = &faces[i];
        if (!face->bars)
            continue;
        face->style = form == FORM_FULL     ? full_style(paint, em, count > 1)
                      : form == FORM_NARROW ? narrow_style(paint, em)
                                            : compact_style(em, face->box.w);
        covered +=
            layout_panel(layout, overlay->area, face->box, face->label, panel_size(&face->style),
                         share(em, 0.5), share(em, 0.8), form != FORM_COMPACT, &face->panel);
    }
    layout->count = before; /* another size may be tried */
    return covered;
}

/* Which faces have bars: a lone one, the chosen one, or all where none is chosen. */
static void choose_bars(const struct overlay *overlay, const struct expressions_face *faces,
                        struct face_layout *placed, int count)
{
    bool present = faces_find(faces, count, overlay->chosen) != NULL;
    for (int i = 0; i < count; i++) {
        bool chosen = count == 1 || !present || faces[i].id == overlay->chosen;
        placed[i].brief = !chosen;
        placed[i].bars = chosen && overlay->drawing.bars;
    }
}

static int label_gap(int em)
{
    return share(em, 0.3);
}

static void place_labels(struct paint *paint, const struct overlay *overlay, int em,
                         const struct expressions_face *faces, struct layout *layout,
                         struct face_layout *placed, int count)
{
    int brief = em; /* all of these have one size */
    for (int i = 0; i < count; i++) {
        char text[LABEL_TEXT_SIZE];
        label_text(&faces[i], count > 1, placed[i].brief, text);
        int size = label_text_size(paint, em, placed[i].box.w, count == 1, text);
        brief = placed[i].brief && size < brief ? size : brief;
        placed[i].label_size = size;
    }
    for (int i = 0; i < count; i++) {
        char text[LABEL_TEXT_SIZE];
        label_text(&faces[i], count > 1, placed[i].brief, text);
        if (placed[i].brief || placed[i].label_size < brief)
            placed[i].label_size = brief;
        int size = placed[i].label_size;
        SDL_Rect chip = {0, 0, paint_text_width(paint, size, text) + share(size, 2.0),
                         share(size, 1.7)};
        layout_label(layout, overlay->area, placed[i].box, chip, label_gap(em), &placed[i].label);
    }
}

/* The bars of the chosen face among others, at the area's edge: wide ones, or, where these hide
 * something, tall ones. The form that they have is tried first. False: each hides too much. */
static bool dock_bars(struct paint *paint, const struct overlay *overlay, int em,
                      struct layout *layout, struct face_layout *face)
{
    bool tall = overlay->dock->h > overlay->dock->w;
    double least = INFINITY;
    int before = layout->count;
    for (int i = 0; i < 2 && least > 0; i++) {
        struct panel_style style = dock_style(paint, overlay->dock_height, tall != (i > 0));
        SDL_Rect place = *overlay->dock;
        layout->count = before;
        double sum = layout_dock(layout, overlay->area, LAYOUT_LOWER_RIGHT, panel_size(&style),
                                 share(em, 0.6), &place);
        if (sum < least) {
            least = sum;
            face->style = style;
            face->panel = place;
        }
    }
    layout->count = before;
    /* Once they are there, it takes more to drive them away. */
    double most = (overlay->dock->w > 0 ? 0.3 : 0.2) * face->panel.w * face->panel.h;
    *overlay->dock = least <= most ? face->panel : (SDL_Rect){0, 0, 0, 0};
    if (least > most)
        return false;
    layout_block_text(layout, face->panel);
    return true;
}

/* Bars with names where they fit in and hide nothing, or little of a lone face; else a lone or
 * chosen face gets thin ones. */
static void place_bars(struct paint *paint, const struct overlay *overlay, int em,
                       struct layout *layout, struct face_layout *placed, int count)
{
    int shown = 0, last = 0;
    for (int i = 0; i < count; i++) {
        shown += placed[i].bars;
        last = placed[i].bars ? i : last;
    }
    if (shown == 0)
        return;
    if (shown < count) {
        if (!dock_bars(paint, overlay, em, layout, &placed[last]))
            place_panels(paint, overlay, em, FORM_COMPACT, layout, placed, count);
        for (int i = 0; i < count; i++) {
            if (SDL_HasIntersection(&placed[i].label, &placed[last].panel))
                layout_move_label(layout, overlay->area, placed[i].box, label_gap(em),
                                  &placed[i].label);
        }
        return;
    }
    double face_area = (double)placed[last].box.w * placed[last].box.h;
    double area = (double)overlay->area.w * overlay->area.h;
    double covered = place_panels(paint, overlay, em, FORM_FULL, layout, placed, count);
    bool small = (double)placed[last].panel.w * placed[last].panel.h <= 0.2 * area;
    if (covered <= 0 && small)
        return;
    if (count == 1 && place_panels(paint, overlay, em, FORM_NARROW, layout, placed, count) <= 0)
        return;
    enum form form = count == 1 && covered <= 0.2 * face_area && small ? FORM_FULL : FORM_COMPACT;
    for (int i = 0; shown > 1 && i < count; i++)
        placed[i].bars = false;
    place_panels(paint, overlay, em, form, layout, placed, count);
}

void overlay_block(struct overlay *overlay, const struct expressions_face *faces, int count)
{
    for (int i = 0; i < count; i++)
        layout_block_face(&overlay->layout, overlay_place(overlay, faces[i].box));
}

static void place_all(struct paint *paint, struct overlay *overlay, int em,
                      const struct expressions_face *faces, struct face_layout *placed, int count)
{
    struct layout *layout = &overlay->layout;
    for (int i = 0; i < count; i++)
        placed[i].box = overlay_place(overlay, faces[i].box);
    choose_bars(overlay, faces, placed, count);
    place_labels(paint, overlay, em, faces, layout, placed, count);
    for (int i = 0; overlay->inputs && i < count; i++) {
        SDL_Rect size = {0, 0, share(em, 4), share(em, 4)};
        layout_panel(layout, overlay->area, placed[i].box, placed[i].label, size, share(em, 0.3), 0,
                     false, &placed[i].input);
    }
    place_bars(paint, overlay, em, layout, placed, count);
}

void overlay_draw(struct paint *paint, struct overlay *overlay,
                  const struct expressions_face *faces, int count)
{
    int em = overlay->em;
    struct face_layout *placed = malloc(EXPRESSIONS_MAX_FACES * sizeof *placed);
    if (!placed) {
        struct error error;
        error_no_memory(&error, "the faces' labels");
        paint_fail(paint, &error);
        return;
    }
    place_all(paint, overlay, em, faces, placed, count);
    for (int i = 0; i < count; i++)
        draw_box(paint, placed[i].box, em, placed[i].brief, face_colour(&faces[i]));
    for (int i = 0; overlay->inputs && i < count; i++) {
        SDL_Rect crop = {0, i * EXPRESSIONS_CROP_SIDE, EXPRESSIONS_CROP_SIDE,
                         EXPRESSIONS_CROP_SIDE};
        if (!faces[i].held)
            paint_picture(paint, overlay->inputs, crop, placed[i].input);
    }
    for (int i = 0; i < count; i++) {
        if (placed[i].bars)
            draw_panel(paint, placed[i].panel, &placed[i].style, &faces[i]);
    }
    for (int i = 0; i < count; i++) {
        char text[LABEL_TEXT_SIZE];
        label_text(&faces[i], count > 1, placed[i].brief, text);
        draw_label(paint, placed[i].label, placed[i].label_size, face_colour(&faces[i]), text);
    }
    free(placed);
}
