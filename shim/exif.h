/* Inside the shim only: the one thing that a picture's EXIF data are asked for. */
#ifndef EXIF_H
#define EXIF_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How the picture has to be turned to stand upright: 1 (not at all) to 8, as EXIF 2.3 numbers them;
 * 1 too where the data are damaged, or say nothing of it. They begin with "II*\0" or "MM\0*",
 * "Exif\0\0" before it or not. */
int exif_orientation(const uint8_t *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
