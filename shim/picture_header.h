/* Inside the shim only: what a picture's header says before anything is decoded. */
#ifndef PICTURE_HEADER_H
#define PICTURE_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct stated_size {
    uint64_t width, height; /* pixels; 0 where they are not known */
};

/* The size of a JPEG, PNG, WebP, BMP, TIFF, JPEG 2000 or PNM picture. Other formats, which OpenCV
 * may know too, have none: some of them go to libraries that would open further files for them. */
struct stated_size picture_stated_size(const uint8_t *bytes, size_t size);

/* Whether a JPEG marker of this number has no segment. */
bool jpeg_marker_is_alone(uint64_t marker);

/* How a JPEG, PNG or WebP picture has to be turned to stand upright, as exif_orientation; 1 for
 * other formats, which OpenCV turns by itself where it can. */
int picture_orientation(const uint8_t *bytes, size_t size);

/* Whether the file is one of those formats. */
bool picture_states_orientation(const uint8_t *bytes, size_t size);

/* Whether each chunk of a PNG picture ends within the file, but for pixels, which may be cut off:
 * libpng sets aside what a chunk states to hold before it reads it. True for other formats. */
bool picture_chunks_fit(const uint8_t *bytes, size_t size);

/* What a file is that viewers or players open, but which is not supported, and what to do; NULL
 * for all others. */
const char *picture_foreign(const uint8_t *bytes, size_t size);

#ifdef __cplusplus
}
#endif

#endif
