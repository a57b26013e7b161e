#include "heat.h"

#include <SDL_error.h>
#include <math.h>

static const double strongest_alpha = 0.72;

static int create(struct heat *heat, SDL_Renderer *renderer, struct error *error)
{
    heat->texture =
        SDL_CreateTexture(renderer, SDL_PIXELFORMAT_ARGB8888, SDL_TEXTUREACCESS_STREAMING,
                          EXPRESSIONS_CROP_SIDE, EXPRESSIONS_CROP_SIDE);
    if (!heat->texture || SDL_SetTextureBlendMode(heat->texture, SDL_BLENDMODE_BLEND) < 0 ||
        SDL_SetTextureScaleMode(heat->texture, SDL_ScaleModeLinear) < 0) {
        error_set(error, "the heat map cannot be shown: %s; try --headless", SDL_GetError());
        heat_free(heat);
        return -1;
    }
    return 0;
}

int heat_set(struct heat *heat, SDL_Renderer *renderer, int face,
             const float map[EXPRESSIONS_CROP_PIXELS], struct error *error)
{
    if (!heat->texture && create(heat, renderer, error))
        return -1;
    void *pixels;
    int stride;
    if (SDL_LockTexture(heat->texture, NULL, &pixels, &stride) < 0)
        return error_set(error, "cannot draw: %s; try --headless", SDL_GetError());
    double strongest = 1e-12;
    /* Not with fmax: GCC 12 for aarch64 crashes on it. */
    for (int i = 0; i < EXPRESSIONS_CROP_PIXELS; i++)
        strongest = fabs((double)map[i]) > strongest ? fabs((double)map[i]) : strongest;
    for (int y = 0; y < EXPRESSIONS_CROP_SIDE; y++) {
        Uint32 *row = (Uint32 *)(void *)((Uint8 *)pixels + y * stride);
        for (int x = 0; x < EXPRESSIONS_CROP_SIDE; x++) {
            double value = (double)map[y * EXPRESSIONS_CROP_SIDE + x] / strongest;
            Uint32 alpha = (Uint32)lround(255 * strongest_alpha * fabs(value));
            row[x] = alpha << 24 | (value > 0 ? HEAT_FOR : HEAT_AGAINST);
        }
    }
    SDL_UnlockTexture(heat->texture);
    heat->face = face;
    return 0;
}

void heat_free(struct heat *heat)
{
    if (heat->texture)
        SDL_DestroyTexture(heat->texture);
    *heat = (struct heat){0};
}
