/* Inside the shim only: pictures as most are, by the libraries that OpenCV itself reads them with,
 * but without the hundred others that it loads for the rest. */
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
 * transparent, in colours for printing, ... */
bool plain_picture_decode(const uint8_t *bytes, size_t size, uint8_t *bgr, int width, int height);

/* Whether a JPEG file without its end marker has all that stands before it. */
bool plain_jpeg_is_whole(const uint8_t *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
