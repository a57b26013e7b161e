#include "screenshot.h"

#include "picture.h"

#include <SDL_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* With -2, -3, ... where the name is taken. */
static void choose_name(char name[SCREENSHOT_NAME_SIZE])
{
    time_t now = time(NULL);
    struct tm local = {0};
    localtime_r(&now, &local);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
    snprintf(name, SCREENSHOT_NAME_SIZE, "expressions-%s.png", stamp);
    for (int i = 2; i < 100 && access(name, F_OK) == 0; i++)
        snprintf(name, SCREENSHOT_NAME_SIZE, "expressions-%s-%d.png", stamp, i);
}

int screenshot_save(SDL_Renderer *renderer, char name[SCREENSHOT_NAME_SIZE], struct error *error)
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
        choose_name(name);
        result = picture_write(name, (struct bgr_image){pixels, width, height, stride}, error);
    }
    free(pixels);
    return result;
}
