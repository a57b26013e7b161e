#include "picture_texture.h"

#include "ocv.h"

#include <SDL_error.h>
#include <math.h>

enum { LONGEST_SIDE = 4096 }; /* no screen shows more */

static int resize(struct picture_texture *texture, SDL_Renderer *renderer, int width, int height,
                  struct error *error)
{
    if (texture->texture && texture->width == width && texture->height == height)
        return 0;
    picture_texture_free(texture);
    texture->texture = SDL_CreateTexture(renderer, SDL_PIXELFORMAT_BGRA32,
                                         SDL_TEXTUREACCESS_STREAMING, width, height);
    if (!texture->texture || SDL_SetTextureScaleMode(texture->texture, SDL_ScaleModeLinear) < 0 ||
        SDL_SetTextureBlendMode(texture->texture, SDL_BLENDMODE_NONE) < 0) {
        error_set(error, "a picture of %dx%d cannot be shown: %s; try --headless", width, height,
                  SDL_GetError());
        picture_texture_free(texture);
        return -1;
    }
    texture->width = width;
    texture->height = height;
    return 0;
}

static void find_own_size(const SDL_RendererInfo *info, struct bgr_image picture, int *width,
                          int *height)
{
    int limit = LONGEST_SIDE;
    if (info->max_texture_width > 0 && info->max_texture_width < limit)
        limit = info->max_texture_width;
    int longest = picture.width > picture.height ? picture.width : picture.height;
    double scale = fmin((double)limit / longest, 1);
    *width = (int)fmax(1, floor(picture.width * scale));
    *height = (int)fmax(1, floor(picture.height * scale));
}

int picture_texture_set(struct picture_texture *texture, SDL_Renderer *renderer,
                        struct bgr_image picture, int width, int height, bool mirrored,
                        struct error *error)
{
    SDL_RendererInfo info = {0};
    bool as_shown = SDL_GetRendererInfo(renderer, &info) == 0 && info.flags & SDL_RENDERER_SOFTWARE;
    if (!as_shown)
        find_own_size(&info, picture, &width, &height);
    if (resize(texture, renderer, width, height, error))
        return -1;
    texture->mirrored = as_shown && mirrored;
    void *pixels;
    int stride;
    if (SDL_LockTexture(texture->texture, NULL, &pixels, &stride) < 0)
        return error_set(error, "cannot draw: %s; try --headless", SDL_GetError());
    enum ocv_code code =
        ocv_bgr_to_screen(picture, pixels, (size_t)stride, width, height, texture->mirrored, error);
    SDL_UnlockTexture(texture->texture);
    return code == OCV_OK ? 0 : error_of(error, "cannot draw");
}

void picture_texture_free(struct picture_texture *texture)
{
    if (texture->texture)
        SDL_DestroyTexture(texture->texture);
    *texture = (struct picture_texture){0};
}
