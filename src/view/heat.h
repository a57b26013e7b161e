/* A heat map over a face: one colour for what speaks for the answer, another for what speaks
 * against it. */
#ifndef HEAT_H
#define HEAT_H

#include "error.h"
#include "expressions.h"

#include <SDL_render.h>

enum { HEAT_FOR = 0xFF8C1A, HEAT_AGAINST = 0x2F7BFF }; /* 0xRRGGBB: orange, blue */

/* All zeros at first. */
struct heat {
    SDL_Texture *texture; /* EXPRESSIONS_CROP_SIDE squared */
    int face;             /* id; 0: none */
};

/* The strongest value of the map gets the strongest colour. */
int heat_set(struct heat *heat, SDL_Renderer *renderer, int face,
             const float map[EXPRESSIONS_CROP_PIXELS], struct error *error);
/* Before the renderer is destroyed. */
void heat_free(struct heat *heat);

#endif
