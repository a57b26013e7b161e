#include "internal.h"
#include "ocv.h"

#include <stdlib.h>
#include <string.h>

enum expressions_status check_picture(const struct expressions_picture *picture,
                                      struct expressions_error *error)
{
    if (!picture || !picture->pixels)
        return fail_argument(error, "there is no picture; pass one with pixels");
    if (picture->format != EXPRESSIONS_GREY && picture->format != EXPRESSIONS_BGR)
        return fail_argument(error, "the picture's format is unknown; pass grey or BGR");
    if (picture->width < 1 || picture->width > EXPRESSIONS_MAX_SIDE || picture->height < 1 ||
        picture->height > EXPRESSIONS_MAX_SIDE)
        return fail_argument(error, "the picture's width or height is not 1 .. 16384 pixels");
    size_t bytes = (size_t)picture->width * (picture->format == EXPRESSIONS_BGR ? 3 : 1);
    if (picture->stride < bytes)
        return fail_argument(error, "the picture's rows are longer than its stride");
    return EXPRESSIONS_OK;
}

static bool reserve(struct grey_copy *copy, size_t size)
{
    if (size <= copy->capacity)
        return true;
    uint8_t *pixels = realloc(copy->pixels, size);
    if (!pixels)
        return false;
    *copy = (struct grey_copy){pixels, size};
    return true;
}

enum expressions_status to_grey(const struct expressions_picture *picture, struct grey_copy *copy,
                                struct grey_image *grey, struct expressions_error *error)
{
    size_t width = (size_t)picture->width, height = (size_t)picture->height;
    if (picture->format == EXPRESSIONS_GREY) {
        *grey =
            (struct grey_image){picture->pixels, picture->width, picture->height, picture->stride};
        return EXPRESSIONS_OK;
    }
    if (!reserve(copy, width * height))
        return fail(error, EXPRESSIONS_NO_MEMORY,
                    "no memory for a grey picture; pass smaller ones");
    struct bgr_image bgr = {picture->pixels, picture->width, picture->height, picture->stride};
    struct error why;
    if (ocv_bgr_to_grey(bgr, copy->pixels, width, &why) != OCV_OK)
        return fail_with(error, EXPRESSIONS_FAILED, &why);
    *grey = (struct grey_image){copy->pixels, picture->width, picture->height, width};
    return EXPRESSIONS_OK;
}

static bool is_box(struct expressions_box box)
{
    const int far = 2 * EXPRESSIONS_MAX_SIDE;
    return box.width >= 1 && box.width <= EXPRESSIONS_MAX_SIDE && box.height >= 1 &&
           box.height <= EXPRESSIONS_MAX_SIDE && box.x >= -far && box.x <= far && box.y >= -far &&
           box.y <= far;
}

enum expressions_status check_box(struct expressions_box box, struct expressions_error *error)
{
    if (is_box(box))
        return EXPRESSIONS_OK;
    return fail_argument(error, "a box's width or height is not 1 .. 16384 pixels, or it lies "
                                "farther than 32768 pixels from the picture's corner");
}

enum expressions_status check_boxes(const struct expressions_box *boxes, int count,
                                    struct expressions_error *error)
{
    if (count < 0 || (count > 0 && !boxes))
        return fail_argument(error, "the boxes are missing, or their number is negative");
    enum expressions_status status = EXPRESSIONS_OK;
    for (int i = 0; i < count && status == EXPRESSIONS_OK; i++)
        status = check_box(boxes[i], error);
    return status;
}

struct box to_box(struct expressions_box box)
{
    return (struct box){box.x, box.y, box.width, box.height};
}

struct expressions_box from_box(struct box box)
{
    return (struct expressions_box){box.x, box.y, box.width, box.height};
}

struct expressions_box expressions_clip(struct expressions_box box, int width, int height)
{
    return from_box(box_clip(to_box(box), width, height));
}
