/* Where labels and bars go: near their face, within the area, and where possible clear of
 * everything already placed. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "frame.h"

#include <SDL_rect.h>
#include <stdbool.h>

/* Box, label, input, and panel or moved label of each face; six others. */
enum { LAYOUT_MAX = 6 + 4 * EXPRESSIONS_MAX_FACES };

struct layout {
    int count;
    SDL_Rect blocked[LAYOUT_MAX];
    double weight[LAYOUT_MAX];
};

/* Marks a rectangle as taken: by a face, which can be seen around what hides a part of it, or by
 * text, which must be read. */
void layout_block_face(struct layout *layout, SDL_Rect rect);
void layout_block_text(struct layout *layout, SDL_Rect rect);

/* Gives `size` (its w and h) a place for the label of `box`, `gap` pixels away from it and from all
 * text: above, else below, else within, else where it hides least around it. */
void layout_label(struct layout *layout, SDL_Rect area, SDL_Rect box, SDL_Rect size, int gap,
                  SDL_Rect *place);

/* Gives a label that is in the way of something placed since, at `place`, another place: where it
 * hides less now. */
void layout_move_label(struct layout *layout, SDL_Rect area, SDL_Rect box, int gap,
                       SDL_Rect *place);

/* As layout_label, for the bars of a face with this box and label. With `beside`: next to the
 * face or in an upper corner, or where that hides something, the nearest place that hides nothing;
 * without: close to the face, preferably below it. Keeps `apart` pixels away from the other faces.
 * Returns how much of the taken rectangles they hide: pixels of the face itself, those of others
 * twice, those of text four times. */
double layout_panel(struct layout *layout, SDL_Rect area, SDL_Rect box, SDL_Rect label,
                    SDL_Rect size, int gap, int apart, bool beside, SDL_Rect *place);

/* The corners of an area; two of their bits together are the corner at the upper right. */
enum layout_corner { LAYOUT_LOWER_LEFT = 0, LAYOUT_LOWER_RIGHT = 1, LAYOUT_UPPER_LEFT = 2 };

/* Gives `size` a place at the area's edges, `gap` pixels away from them: where it was, in *place,
 * as long as that hides nothing; else where it hides much less: in the corner, else as near to it
 * as can be, and above or below faces rather than at the sides, where it would stand between them.
 * Returns how much it hides, as above. */
double layout_dock(struct layout *layout, SDL_Rect area, enum layout_corner corner, SDL_Rect size,
                   int gap, SDL_Rect *place);

#endif
