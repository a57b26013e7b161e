/* From a frame and a box to the 48x48 grey crop. */
#ifndef FACE_H
#define FACE_H

#include "image.h"
#include "labels.h"

/* A FACE_SIDE x FACE_SIDE crop of `box`, row by row, without padding.
 *
 * FER2013's crops are what the Haar frontal-face box contains, so the box is cropped as it is.
 * Each axis is resampled by itself: shrinking averages the pixels that the target pixel covers,
 * each by its covered share; enlarging interpolates linearly. Where the box leaves the picture,
 * the picture's edge is repeated. Width and height of picture and box must be positive. */
void face_crop(const struct grey_image *image, struct box box, uint8_t crop[FACE_SIDE * FACE_SIDE]);

/* The left-right mirrored picture; `in` and `out` are width x height bytes and do not overlap. */
void face_mirror(const uint8_t *in, int width, int height, uint8_t *out);

#endif
