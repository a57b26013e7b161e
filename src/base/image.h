/* Pictures and boxes as plain data, shared by all rooms and by the shim. A picture's pixels belong
 * to someone else; rows run from top to bottom, `stride` bytes apart. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pixels; (x, y) is the top-left corner, x to the right, y down. */
struct box {
    int x, y, width, height;
};

/* 8-bit grey, 1 byte per pixel. */
struct grey_image {
    const uint8_t *pixels;
    int width, height;
    size_t stride;
};

/* 8-bit blue, green, red, 3 bytes per pixel. */
struct bgr_image {
    const uint8_t *pixels;
    int width, height;
    size_t stride;
};

/* How the bytes of a picture lie in memory. */
enum image_form {
    IMAGE_BGR,  /* one plane: a bgr_image */
    IMAGE_I420, /* three: luma, then Cb and Cr of half its width and height, rounded up */
    IMAGE_NV12, /* two: luma, then Cb and Cr interleaved, of half its width and height */
    IMAGE_YUYV  /* one: two pixels of a row in four bytes, Y Cb Y Cr */
};

enum { IMAGE_PLANES = 3 };

/* 8-bit colours, as a camera, a film or a picture file has them. */
struct image {
    enum image_form form;
    int width, height;
    const uint8_t *planes[IMAGE_PLANES];
    size_t strides[IMAGE_PLANES]; /* bytes from row to row */
    /* Of all but BGR, as ITU-R BT.601 and BT.709 define them: */
    bool bt709; /* else BT.601 */
    bool full;  /* luma and chroma use 0..255, else 16..235 and 16..240 */
};

static inline struct image image_of(struct bgr_image picture)
{
    struct image image = {
        IMAGE_BGR, picture.width, picture.height, {picture.pixels, 0}, {picture.stride, 0},
        false,     true};
    return image;
}

/* Only for IMAGE_BGR. */
static inline struct bgr_image image_bgr(const struct image *image)
{
    struct bgr_image picture = {image->planes[0], image->width, image->height, image->strides[0]};
    return picture;
}

#endif
