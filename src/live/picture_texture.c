#include "picture_texture.h"

#include <SDL_error.h>
#include <string.h>

enum { LONGEST_SIDE = 4096 }; /* no screen shows more */

static int resize(struct picture_texture *texture, SDL_Renderer *renderer, int width, int height,
                  struct error *error)
{
    if (texture->texture && texture->width == width && texture->height == height)
        return 0;
    picture_texture_free(texture);
    texture->texture = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_BGR24,
                                         SDL_TEXTUREACCESS_STREAMING, width, height);
    if (!texture->texture || SDL_SetTextureScaleMode(texture->texture, SDL_ScaleModeLinear) < 0) {
        error_set(error, "a picture of %dx%d cannot be shown: %s; try --headless", width, height,
                  SDL_GetError());
        picture_texture_free(texture);
        return -1;
    }
    texture->width = width;
    texture->height = height;
    return 0;
}

/* Every how many pixels one is taken. */
static int find_step(SDL_Renderer *renderer, struct bgr_image picture)
{
    SDL_RendererInfo info;
    int limit = LONGEST_SIDE;
    if (SDL_GetRendererInfo(renderer, &info) == 0 && info.max_texture_width > 0 &&
        info.max_texture_width < limit)
        limit = info.max_texture_width;
    int longest = picture.width > picture.height ? picture.width : picture.height;
    return (longest + limit - 1) / limit;
}

static void copy_row(const uint8_t *from, uint8_t *to, int width, int step)
{
    if (step == 1) {
        memcpy(to, from, (size_t)width * 3);
        return;
    }
    for (int x = 0; x < width; x++)
        memcpy(to + (size_t)x * 3, from + (size_t)x * (size_t)step * 3, 3);
}

int picture_texture_set(struct picture_texture *texture, SDL_Renderer *renderer,
                        struct bgr_image picture, struct error *error)
{
    int step = find_step(renderer, picture);
    int width = (picture.width + step - 1) / step;
    int height = (picture.height + step - 1) / step;
    if (resize(texture, renderer, width, height, error))
        return -1;
    void *pixels;
    int stride;
    if (SDL_LockTexture(texture->texture, NULL, &pixels, &stride) < 0)
        return error_set(error, "cannot draw: %s; try --headless", SDL_GetError());
    for (int y = 0; y < height; y++)
        copy_row(picture.pixels + (size_t)y * (size_t)step * picture.stride,
                 (uint8_t *)pixels + (size_t)y * (size_t)stride, width, step);
    SDL_UnlockTexture(texture->texture);
    return 0;
}

void picture_texture_free(struct picture_texture *texture)
{
    if (texture->texture)
        SDL_DestroyTexture(texture->texture);
    *texture = (struct picture_texture){0};
}
