/* Augmentation: another picture of the same class from a picture. */
#ifndef AUGMENT_H
#define AUGMENT_H

#include "rng.h"
#include "warp.h"
#include "webcam.h"

#include <stdbool.h>
#include <stdint.h>

/* At strength 1: turned by up to 15 degrees, scaled by up to 15 %, shifted by up to 10 % of the
 * side, each uniform and independent; `strength` multiplies all three bounds. Mirrored with
 * probability 1/2 where `flip` allows it. Before all that, a share of `webcam` of the pictures
 * becomes what a webcam would have made of them (webcam_picture). */
struct augment {
    float strength; /* 0: none */
    float webcam;   /* 0..1 */
    bool flip;
};

/* A thread's scratch. */
struct augment_scratch {
    struct webcam_scratch webcam;
    uint8_t taken[WEBCAM_MAX_SIDE * WEBCAM_MAX_SIDE]; /* by a webcam */
};

/* out and in: height x width bytes, not overlapping. `face` says where the picture to vary lies
 * within `in`; affine_identity: it is all of it. Bilinear; the edge is repeated. */
void augment_picture(const struct augment *augment, struct rng *rng, const struct affine *face,
                     const uint8_t *in, int width, int height, struct augment_scratch *scratch,
                     uint8_t *out);

#endif
