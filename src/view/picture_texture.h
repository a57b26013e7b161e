/* A picture on its way to the window. */
#ifndef PICTURE_TEXTURE_H
#define PICTURE_TEXTURE_H

#include "error.h"
#include "image.h"

#include <SDL_render.h>
#include <SDL_surface.h>
#include <stdbool.h>

/* All zeros at first. */
struct picture_texture {
    SDL_Texture *texture;
    Uint32 format;
    SDL_YUV_CONVERSION_MODE colours; /* that it was made for */
    int width, height;               /* pixels */
    bool mirrored;                   /* left-right, against the picture */
};

/* Copies the picture into the texture, which is made anew when the size or the form has changed.
 *
 * A graphics card scales, mirrors and converts luma and chroma at no cost: the texture has the
 * picture's own size, or less where that is too large. With software rendering it gets the size
 * `width` x `height` in which it will be shown, and is `mirrored`. */
int picture_texture_set(struct picture_texture *texture, SDL_Renderer *renderer,
                        const struct image *picture, int width, int height, bool mirrored,
                        struct error *error);
/* Before the renderer is destroyed. */
void picture_texture_free(struct picture_texture *texture);

#endif
