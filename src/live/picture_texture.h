/* A picture on its way to the window. */
#ifndef PICTURE_TEXTURE_H
#define PICTURE_TEXTURE_H

#include "error.h"
#include "image.h"

#include <SDL_render.h>

/* All zeros at first. */
struct picture_texture {
    SDL_Texture *texture;
    int width, height; /* pixels; less than the picture's where that is too large for a texture */
};

/* Copies the picture into the texture, which is made anew when the size has changed. */
int picture_texture_set(struct picture_texture *texture, SDL_Renderer *renderer,
                        struct bgr_image picture, struct error *error);
/* Before the renderer is destroyed. */
void picture_texture_free(struct picture_texture *texture);

#endif
