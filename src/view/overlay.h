/* What is drawn over a picture: boxes, labels and probability bars. The same code draws on the
 * window and on annotated copies. */
#ifndef OVERLAY_H
#define OVERLAY_H

#include "drawing.h"
#include "frame.h"
#include "layout.h"
#include "paint.h"

#include <stdbool.h>

struct overlay {
    int em;           /* the height of an em, pixels */
    SDL_Rect area;    /* where labels and bars may be, pixels of the target */
    SDL_Rect picture; /* where the picture is */
    int source_width; /* the picture's own width, which boxes refer to */
    bool mirrored;    /* the picture is shown left-right mirrored */
    struct drawing drawing;
    /* Where there are several faces, only the one with this id has bars, and the others have short
     * labels; 0: all have bars where there is room for all, else none. */
    int chosen;
    /* Where these bars were, at the area's edge, and are now; NULL: `chosen` is 0. */
    SDL_Rect *dock;
    int dock_height;
    struct layout layout; /* what has already been placed */
    SDL_Texture *inputs;  /* the faces' crops, one below the other; NULL: not shown */
};

/* The height of an em that suits the area: it grows with it, but more slowly. density: pixels of a
 * point, 2 on a screen at 200 %; letters have the same size in points on any. */
int overlay_text_size(SDL_Rect area, double density);

/* The label's colour, as in label_colours.h. */
SDL_Color overlay_colour(int label);
/* The colour of panels behind text: dark and translucent, so that text is readable on anything. */
SDL_Color overlay_backdrop(void);
/* The colour of the button or choice that Enter takes. */
SDL_Color overlay_focus(void);

/* Where a box of the picture is on the target. */
SDL_Rect overlay_place(const struct overlay *overlay, struct expressions_box box);

/* Takes the faces' places in the layout, before overlay_draw. */
void overlay_block(struct overlay *overlay, const struct expressions_face *faces, int count);
/* Where there are several faces, their ids come before the labels. */
void overlay_draw(struct paint *paint, struct overlay *overlay,
                  const struct expressions_face *faces, int count);

#endif
