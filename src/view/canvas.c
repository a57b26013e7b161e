#include "canvas.h"

#include "ocv.h"
#include "overlay.h"
#include "paint.h"

#include <stdlib.h>

struct canvas {
    struct drawing drawing;
    SDL_Surface *surface; /* these four have the size of the last picture */
    SDL_Renderer *renderer;
    struct paint *paint;
    uint8_t *bgr;
};

int canvas_create(struct canvas **canvas, const struct drawing *drawing, struct error *error)
{
    struct canvas *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "annotated copies");
    made->drawing = *drawing;
    *canvas = made;
    return 0;
}

static void clear(struct canvas *canvas)
{
    paint_free(&canvas->paint);
    if (canvas->renderer)
        SDL_DestroyRenderer(canvas->renderer);
    SDL_FreeSurface(canvas->surface);
    free(canvas->bgr);
    *canvas = (struct canvas){.drawing = canvas->drawing};
}

void canvas_free(struct canvas **canvas)
{
    if (!*canvas)
        return;
    clear(*canvas);
    free(*canvas);
    *canvas = NULL;
}

/* 32 bits a pixel: SDL's software renderer blends on no 24-bit surface. */
static int resize(struct canvas *canvas, int width, int height, struct error *error)
{
    if (canvas->surface && canvas->surface->w == width && canvas->surface->h == height)
        return 0;
    clear(canvas);
    canvas->bgr = malloc((size_t)width * (size_t)height * 3);
    canvas->surface = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_BGRA32);
    if (canvas->surface)
        canvas->renderer = SDL_CreateSoftwareRenderer(canvas->surface);
    if (!canvas->bgr || !canvas->renderer) {
        clear(canvas);
        return error_no_memory(error, "an annotated copy");
    }
    if (paint_create(&canvas->paint, canvas->renderer, canvas->drawing.font_path, error)) {
        clear(canvas);
        return -1;
    }
    return 0;
}

int canvas_draw(struct canvas *canvas, const struct image *picture,
                const struct expressions_face *faces, int count, struct bgr_image *annotated,
                struct error *error)
{
    if (resize(canvas, picture->width, picture->height, error))
        return -1;
    SDL_Surface *surface = canvas->surface;
    if (ocv_image_to_screen(picture, surface->pixels, (size_t)surface->pitch, picture->width,
                            picture->height, 0, error) != OCV_OK)
        return error_of(error, "cannot draw");

    SDL_Rect whole = {0, 0, picture->width, picture->height};
    struct overlay overlay = {.em = overlay_text_size(whole, 1),
                              .area = whole,
                              .picture = whole,
                              .source_width = picture->width,
                              .drawing = canvas->drawing};
    overlay_block(&overlay, faces, count);
    overlay_draw(canvas->paint, &overlay, faces, count);
    paint_note(canvas->paint, SDL_RenderFlush(canvas->renderer));

    int stride = picture->width * 3;
    paint_note(canvas->paint,
               SDL_ConvertPixels(picture->width, picture->height, SDL_PIXELFORMAT_BGRA32,
                                 surface->pixels, surface->pitch, SDL_PIXELFORMAT_BGR24,
                                 canvas->bgr, stride));
    if (paint_check(canvas->paint, error))
        return -1;
    *annotated = (struct bgr_image){canvas->bgr, picture->width, picture->height, (size_t)stride};
    return 0;
}
