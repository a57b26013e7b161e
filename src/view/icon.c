#include "icon.h"

#include "heat.h"
#include "overlay.h"

#include <math.h>

enum { UNITS = 24 }; /* that a side has */

struct pen {
    struct paint *paint;
    int x, y, side;
    SDL_Color ink;
};

static int scaled(const struct pen *pen, int units)
{
    return (int)lround((double)units * pen->side / UNITS);
}

static SDL_Rect place(const struct pen *pen, int x, int y, int width, int height)
{
    int left = scaled(pen, x), top = scaled(pen, y);
    return (SDL_Rect){pen->x + left, pen->y + top, scaled(pen, x + width) - left,
                      scaled(pen, y + height) - top};
}

static void block(const struct pen *pen, int x, int y, int width, int height, int radius)
{
    paint_panel(pen->paint, place(pen, x, y, width, height), scaled(pen, radius), pen->ink);
}

static void frame(const struct pen *pen, int x, int y, int width, int height, int radius)
{
    int thickness = (int)fmax(1, scaled(pen, 2));
    paint_outline(pen->paint, place(pen, x, y, width, height), scaled(pen, radius), thickness,
                  pen->ink);
}

static struct pen with_ink(const struct pen *pen, uint32_t colour)
{
    struct pen other = *pen;
    other.ink = paint_colour(colour);
    return other;
}

static void draw_camera(const struct pen *pen)
{
    frame(pen, 1, 6, 22, 15, 3);
    block(pen, 8, 3, 8, 4, 1);
    frame(pen, 8, 9, 8, 8, 4);
}

static void draw_record(const struct pen *pen, bool on)
{
    struct pen red = with_ink(pen, 0xEB322D);
    frame(pen, 2, 2, 20, 20, 10);
    if (on)
        block(&red, 8, 8, 8, 8, 1);
    else
        block(&red, 6, 6, 12, 12, 6);
}

static void draw_screenshot(const struct pen *pen)
{
    frame(pen, 1, 4, 22, 17, 3);
    block(pen, 15, 8, 4, 4, 2);
    block(pen, 5, 12, 6, 6, 1);
    block(pen, 10, 14, 9, 4, 1);
}

static void draw_face(const struct pen *pen)
{
    frame(pen, 2, 2, 20, 20, 10);
    block(pen, 7, 8, 3, 3, 1);
    block(pen, 14, 8, 3, 3, 1);
    block(pen, 7, 15, 10, 2, 1);
}

static void draw_explain(const struct pen *pen)
{
    struct pen warm = with_ink(pen, HEAT_FOR), cold = with_ink(pen, HEAT_AGAINST);
    frame(pen, 2, 2, 20, 20, 10);
    block(&warm, 6, 6, 7, 7, 3);
    block(&cold, 13, 12, 6, 6, 3);
}

/* Values that fluctuate, or that do not. */
static void draw_columns(const struct pen *pen, bool smooth)
{
    static const int rough[] = {7, 16, 5, 18, 9}, even[] = {7, 11, 14, 11, 7};
    for (int i = 0; i < 5; i++) {
        int height = smooth ? even[i] : rough[i];
        block(pen, 2 + 4 * i, 21 - height, 3, height, 1);
    }
}

static void draw_full_screen(const struct pen *pen)
{
    for (int i = 0; i < 4; i++) {
        int right = i % 2, bottom = i / 2;
        block(pen, right ? 15 : 2, bottom ? 19 : 3, 7, 2, 0);
        block(pen, right ? 20 : 2, bottom ? 14 : 3, 2, 7, 0);
    }
}

static void draw_help(const struct pen *pen)
{
    int size = scaled(pen, 15);
    int width = paint_text_width(pen->paint, size, "?");
    frame(pen, 2, 2, 20, 20, 10);
    paint_text(pen->paint, pen->x + (pen->side - width) / 2, pen->y + scaled(pen, 14), size,
               pen->ink, "?");
}

void icon_draw(struct paint *paint, enum icon icon, int x, int y, int side, SDL_Color ink, bool on)
{
    const struct pen pen = {paint, x, y, side, ink};
    switch (icon) {
    case ICON_NONE:
        break;
    case ICON_CAMERA:
        draw_camera(&pen);
        break;
    case ICON_RECORD:
        draw_record(&pen, on);
        break;
    case ICON_SCREENSHOT:
        draw_screenshot(&pen);
        break;
    case ICON_EXPLAIN:
        draw_explain(&pen);
        break;
    case ICON_CALIBRATE:
        draw_face(&pen);
        break;
    case ICON_SMOOTH_LESS:
    case ICON_SMOOTH_MORE:
        draw_columns(&pen, icon == ICON_SMOOTH_MORE);
        break;
    case ICON_FULL_SCREEN:
        draw_full_screen(&pen);
        break;
    case ICON_HELP:
        draw_help(&pen);
        break;
    }
}
