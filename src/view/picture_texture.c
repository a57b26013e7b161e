#include "picture_texture.h"

#include "ocv.h"

#include <SDL_error.h>
#include <math.h>

enum { LONGEST_SIDE = 4096 }; /* no screen shows more */

/* The texture is made anew unless it is as `wanted`. */
static int adapt(struct picture_texture *texture, SDL_Renderer *renderer,
                 const struct picture_texture *wanted, struct error *error)
{
    if (texture->texture && texture->width == wanted->width && texture->height == wanted->height &&
        texture->format == wanted->format && texture->colours == wanted->colours)
        return 0;
    picture_texture_free(texture);
    *texture = *wanted;
    texture->texture = SDL_CreateTexture(renderer, texture->format, SDL_TEXTUREACCESS_STREAMING,
                                         texture->width, texture->height);
    if (!texture->texture || SDL_SetTextureScaleMode(texture->texture, SDL_ScaleModeLinear) < 0 ||
        SDL_SetTextureBlendMode(texture->texture, SDL_BLENDMODE_NONE) < 0) {
        error_set(error, "a picture of %dx%d cannot be shown: %s; try --headless", wanted->width,
                  wanted->height, SDL_GetError());
        picture_texture_free(texture);
        return -1;
    }
    return 0;
}

static void find_own_size(const SDL_RendererInfo *info, struct picture_texture *wanted)
{
    int limit = LONGEST_SIDE;
    if (info->max_texture_width > 0 && info->max_texture_width < limit)
        limit = info->max_texture_width;
    int longest = wanted->width > wanted->height ? wanted->width : wanted->height;
    double scale = fmin((double)limit / longest, 1);
    wanted->width = (int)fmax(1, floor(wanted->width * scale));
    wanted->height = (int)fmax(1, floor(wanted->height * scale));
}

/* What SDL has for the form of a picture; it knows no BT.709 that uses the full range. */
static Uint32 find_format(const struct image *picture)
{
    static const Uint32 formats[] = {[IMAGE_I420] = SDL_PIXELFORMAT_IYUV,
                                     [IMAGE_NV12] = SDL_PIXELFORMAT_NV12,
                                     [IMAGE_YUYV] = SDL_PIXELFORMAT_YUY2};
    bool known = picture->form != IMAGE_BGR && !(picture->bt709 && picture->full);
    return known ? formats[picture->form] : SDL_PIXELFORMAT_BGRA32;
}

static int upload(const struct picture_texture *texture, const struct image *picture)
{
    const uint8_t *const *planes = picture->planes;
    const int strides[] = {(int)picture->strides[0], (int)picture->strides[1],
                           (int)picture->strides[2]};
    switch (picture->form) {
    case IMAGE_I420:
        return SDL_UpdateYUVTexture(texture->texture, NULL, planes[0], strides[0], planes[1],
                                    strides[1], planes[2], strides[2]);
    case IMAGE_NV12:
        return SDL_UpdateNVTexture(texture->texture, NULL, planes[0], strides[0], planes[1],
                                   strides[1]);
    default:
        return SDL_UpdateTexture(texture->texture, NULL, planes[0], strides[0]);
    }
}

static int convert(const struct picture_texture *texture, const struct image *picture,
                   struct error *error)
{
    void *pixels;
    int stride;
    if (SDL_LockTexture(texture->texture, NULL, &pixels, &stride) < 0)
        return error_set(error, "cannot draw: %s; try --headless", SDL_GetError());
    enum ocv_code code = ocv_image_to_screen(picture, pixels, (size_t)stride, texture->width,
                                             texture->height, texture->mirrored, error);
    SDL_UnlockTexture(texture->texture);
    return code == OCV_OK ? 0 : error_of(error, "cannot draw");
}

int picture_texture_set(struct picture_texture *texture, SDL_Renderer *renderer,
                        const struct image *picture, int width, int height, bool mirrored,
                        struct error *error)
{
    SDL_RendererInfo info = {0};
    bool as_shown = SDL_GetRendererInfo(renderer, &info) == 0 && info.flags & SDL_RENDERER_SOFTWARE;
    struct picture_texture wanted = {.format = SDL_PIXELFORMAT_BGRA32,
                                     .width = as_shown ? width : picture->width,
                                     .height = as_shown ? height : picture->height};
    if (!as_shown) {
        find_own_size(&info, &wanted);
        if (wanted.width == picture->width && wanted.height == picture->height)
            wanted.format = find_format(picture);
    }
    bool as_it_came = wanted.format != SDL_PIXELFORMAT_BGRA32;
    if (as_it_came)
        wanted.colours = picture->full    ? SDL_YUV_CONVERSION_JPEG
                         : picture->bt709 ? SDL_YUV_CONVERSION_BT709
                                          : SDL_YUV_CONVERSION_BT601;
    SDL_SetYUVConversionMode(wanted.colours); /* some renderers ask when they make a texture */
    if (adapt(texture, renderer, &wanted, error))
        return -1;
    texture->mirrored = as_shown && mirrored;
    if (!as_it_came)
        return convert(texture, picture, error);
    return upload(texture, picture) < 0
               ? error_set(error, "cannot draw: %s; try --headless", SDL_GetError())
               : 0;
}

void picture_texture_free(struct picture_texture *texture)
{
    if (texture->texture)
        SDL_DestroyTexture(texture->texture);
    *texture = (struct picture_texture){0};
}
