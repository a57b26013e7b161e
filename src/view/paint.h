/* Smooth shapes and text on an SDL renderer, be it a window's or a picture's. Corners and letters
 * are rasterized once for each size and then copied.
 *
 * Drawing calls return nothing: the first failure is remembered, and paint_check reports it.
 * All sizes are pixels of the renderer's target. Only the thread that owns the renderer may call;
 * others may draw on theirs meanwhile.
 */
#ifndef PAINT_H
#define PAINT_H

#include "error.h"

#include <SDL.h>
#include <stdint.h>

struct paint;

/* The renderer must outlive it. */
int paint_create(struct paint **paint, SDL_Renderer *renderer, const char *font_path,
                 struct error *error);
void paint_free(struct paint **paint);

/* Of 0xRRGGBB, opaque. */
SDL_Color paint_colour(uint32_t colour);

/* A filled rectangle with round corners. */
void paint_panel(struct paint *paint, SDL_Rect rect, int radius, SDL_Color colour);
/* Its outline, drawn inwards. */
void paint_outline(struct paint *paint, SDL_Rect rect, int radius, int thickness, SDL_Color colour);

/* A part of a texture of the same renderer, stretched. */
void paint_picture(struct paint *paint, SDL_Texture *texture, SDL_Rect from, SDL_Rect to);

/* UTF-8, one line. `size` is the height of an em. */
int paint_text_width(struct paint *paint, int size, const char *text);
/* Text that begins at x; its small letters are centred on middle_y. */
void paint_text(struct paint *paint, int x, int middle_y, int size, SDL_Color colour,
                const char *text);

/* Notes SDL's own error text where `code` is negative. */
void paint_note(struct paint *paint, int code);
/* Notes a failure of the caller's. */
void paint_fail(struct paint *paint, const struct error *error);
/* Fails with the first failure since the last check. */
int paint_check(struct paint *paint, struct error *error);

#endif
