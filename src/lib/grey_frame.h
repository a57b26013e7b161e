/* A frame in grey, and the boxes of the faces found in it so far. */
#ifndef GREY_FRAME_H
#define GREY_FRAME_H

#include "expressions.h"
#include "image.h"

struct grey_frame {
    struct grey_image grey;
    double time; /* seconds, of a stream */
    int box_count;
    struct box boxes[EXPRESSIONS_MAX_FACES]; /* square, may leave the picture */
    float scores[EXPRESSIONS_MAX_FACES];     /* how sure the verifier is of each, 0 .. 1 */
};

/* The part of the box inside a picture of this size. */
struct box box_clip(struct box box, int width, int height);

/* Paints the boxes grey in a copy of the frame, `width` pixels wide and `scale` times as large. */
void grey_frame_hide_boxes(const struct grey_frame *frame, double scale, uint8_t *pixels,
                           int width);

#endif
