/* Inside the shim only: the usual kinds of pictures, read by the libraries that OpenCV itself uses
 * for them, but without the hundred others that it loads for the rest. */
#ifndef PLAIN_PICTURE_H
#define PLAIN_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Fills width x height pixels of blue, green and red without padding from a JPEG or PNG file of
 * this size; the same as OpenCV makes of it. False if the file is anything but simple: damaged,
 * transparent, in CMYK, ... */
bool plain_picture_decode(const uint8_t *bytes, size_t size, uint8_t *bgr, int width, int height);

/* Whether a JPEG file without its end marker has all that stands before it. */
bool plain_jpeg_is_whole(const uint8_t *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
