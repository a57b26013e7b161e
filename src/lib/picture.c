#include "internal.h"
#include "ocv.h"

#include <stdlib.h>
#include <string.h>

/* Bytes per pixel, and OpenCV's code for making it grey; -1: not made by OpenCV. */
static const struct {
    size_t bytes;
    int colours;
} formats[] = {
    [EXPRESSIONS_GREY] = {1, -1},       [EXPRESSIONS_BGR] = {3, OCV_BGR},
    [EXPRESSIONS_RGB] = {3, OCV_RGB},   [EXPRESSIONS_BGRA] = {4, OCV_BGRA},
    [EXPRESSIONS_RGBA] = {4, OCV_RGBA}, [EXPRESSIONS_Y] = {1, -1},
};

enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

static enum expressions_status check_side(int side, const char *name,
                                          struct expressions_error *error)
{
    if (side >= 1 && side <= EXPRESSIONS_MAX_SIDE)
        return EXPRESSIONS_OK;
    return fail_argument(error, "`%s` is %d; it must be 1 .. %d pixels", name, side,
                         EXPRESSIONS_MAX_SIDE);
}

enum expressions_status check_picture(const struct expressions_picture *picture,
                                      struct expressions_error *error)
{
    if (!picture)
        return fail_null(error, "picture");
    if (!picture->pixels)
        return fail_null(error, "picture->pixels");
    if ((unsigned)picture->format >= FORMAT_COUNT)
        return fail_argument(error,
                             "`picture->format` is %d, which is not an enum expressions_format",
                             (int)picture->format);
    enum expressions_status status = check_side(picture->width, "picture->width", error);
    if (status == EXPRESSIONS_OK)
        status = check_side(picture->height, "picture->height", error);
    if (status != EXPRESSIONS_OK)
        return status;
    size_t bytes = (size_t)picture->width * formats[picture->format].bytes;
    if (picture->stride < bytes)
        return fail_argument(error, "`picture->stride` is %zu; a row has %zu bytes",
                             picture->stride, bytes);
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

/* 16 .. 235 becomes 0 .. 255. */
static void stretch(const struct expressions_picture *picture, uint8_t *grey)
{
    uint8_t table[256];
    for (int y = 0; y < 256; y++) {
        int full = ((y - 16) * 255 + 109) / 219;
        table[y] = (uint8_t)(y < 16 ? 0 : full > 255 ? 255 : full);
    }
    for (int row = 0; row < picture->height; row++) {
        const uint8_t *from = picture->pixels + (size_t)row * picture->stride;
        for (int x = 0; x < picture->width; x++)
            *grey++ = table[from[x]];
    }
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
        return fail_no_memory(error, "the grey picture");
    struct error why;
    if (picture->format == EXPRESSIONS_Y)
        stretch(picture, copy->pixels);
    else if (ocv_colours_to_grey(picture->pixels, picture->width, picture->height, picture->stride,
                                 (enum ocv_colours)formats[picture->format].colours, copy->pixels,
                                 width, &why) != OCV_OK)
        return fail_with(error, &why);
    *grey = (struct grey_image){copy->pixels, picture->width, picture->height, width};
    return EXPRESSIONS_OK;
}

static bool is_between(int value, int low, int high)
{
    return value >= low && value <= high;
}

enum expressions_status check_box(struct expressions_box box, const char *name, int index,
                                  struct expressions_error *error)
{
    const int far = 2 * EXPRESSIONS_MAX_SIDE;
    if (is_between(box.width, 1, EXPRESSIONS_MAX_SIDE) &&
        is_between(box.height, 1, EXPRESSIONS_MAX_SIDE) && is_between(box.x, -far, far) &&
        is_between(box.y, -far, far))
        return EXPRESSIONS_OK;
    return fail_argument(error,
                         "the box %d, %d, %dx%d of `%s[%d]` is not 1 .. %d pixels wide and high, "
                         "and at most %d from the picture's corner",
                         box.x, box.y, box.width, box.height, name, index, EXPRESSIONS_MAX_SIDE,
                         far);
}

enum expressions_status check_boxes(const struct expressions_box *boxes, int count,
                                    const char *count_name, struct expressions_error *error)
{
    if (count < 0)
        return fail_argument(error, "`%s` is %d", count_name, count);
    if (count > 0 && !boxes)
        return fail_null(error, "boxes");
    enum expressions_status status = EXPRESSIONS_OK;
    for (int i = 0; i < count && status == EXPRESSIONS_OK; i++)
        status = check_box(boxes[i], "boxes", i, error);
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
