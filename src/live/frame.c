#include "frame.h"

#include "ocv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int reserve(struct frame *frame, size_t pixels, struct error *error)
{
    if (pixels <= frame->capacity)
        return 0;
    uint8_t *bgr = malloc(pixels * 3);
    uint8_t *grey = malloc(pixels);
    if (!bgr || !grey) {
        free(bgr);
        free(grey);
        return error_no_memory(error, "a picture");
    }
    free(frame->bgr);
    free(frame->grey);
    frame->bgr = bgr;
    frame->grey = grey;
    frame->capacity = pixels;
    return 0;
}

int frame_set(struct frame *frame, struct bgr_image picture, struct error *error)
{
    assert(picture.width > 0 && picture.height > 0);
    size_t width = (size_t)picture.width;
    size_t height = (size_t)picture.height;
    if (reserve(frame, width * height, error))
        return -1;

    struct ocv_error failure;
    if (ocv_bgr_to_grey(picture, frame->grey, width, &failure) != OCV_OK)
        return error_set(error, "%s", failure.text);
    for (size_t y = 0; y < height; y++)
        memcpy(frame->bgr + y * width * 3, picture.pixels + y * picture.stride, width * 3);
    frame->width = picture.width;
    frame->height = picture.height;
    frame->box_count = 0;
    return 0;
}

void frame_free(struct frame *frame)
{
    free(frame->bgr);
    free(frame->grey);
    *frame = (struct frame){0};
}

struct bgr_image frame_bgr(const struct frame *frame)
{
    return (struct bgr_image){frame->bgr, frame->width, frame->height, (size_t)frame->width * 3};
}

struct grey_image frame_grey(const struct frame *frame)
{
    return (struct grey_image){frame->grey, frame->width, frame->height, (size_t)frame->width};
}

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

struct box frame_clip(const struct frame *frame, struct box box)
{
    int left = clamp(box.x, 0, frame->width);
    int top = clamp(box.y, 0, frame->height);
    int right = clamp(box.x + box.width, 0, frame->width);
    int bottom = clamp(box.y + box.height, 0, frame->height);
    return (struct box){left, top, right - left, bottom - top};
}
