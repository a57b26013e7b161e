#include "screenshot.h"

#include "picture_file.h"

#include <SDL_error.h>
#include <stdlib.h>

int screenshot_save(SDL_Renderer *renderer, char name[DATED_NAME_SIZE], struct error *error)
{
    int width, height;
    if (SDL_GetRendererOutputSize(renderer, &width, &height) < 0 || width <= 0 || height <= 0)
        return error_set(error, "the window cannot be read: %s; try again", SDL_GetError());
    size_t stride = (size_t)width * 3;
    uint8_t *pixels = malloc(stride * (size_t)height);
    if (!pixels)
        return error_no_memory(error, "the screenshot");
    int result;
    if (SDL_RenderReadPixels(renderer, NULL, SDL_PIXELFORMAT_BGR24, pixels, (int)stride) < 0) {
        result = error_set(error, "the window cannot be read: %s; try again", SDL_GetError());
    } else {
        dated_name(name, ".png");
        result = picture_write(name, (struct bgr_image){pixels, width, height, stride}, error);
    }
    free(pixels);
    return result;
}
