/* Pictures and boxes as plain data, shared by all rooms and by the shim. A picture's pixels belong
 * to someone else; rows run from top to bottom, `stride` bytes apart. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Pixels; (x, y) is the top-left corner, x to the right, y down. */
struct box {
    int x, y, width, height;
};

/* 8-bit grey, 1 byte a pixel. */
struct grey_image {
    const uint8_t *pixels;
    int width, height;
    size_t stride;
};

/* 8-bit blue, green, red, 3 bytes a pixel. */
struct bgr_image {
    const uint8_t *pixels;
    int width, height;
    size_t stride;
};

#endif
