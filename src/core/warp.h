/* Affine maps of small grey pictures. Positions are in pixels, (0, 0) the centre of the first. */
#ifndef WARP_H
#define WARP_H

#include <stdint.h>

enum { WARP_MAX_SIDE = 128 };

/* Takes (x, y) to (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]). */
struct affine {
    float m[6];
};

extern const struct affine affine_identity;

/* Turned by `angle` radians and enlarged by `scale` about the middle of width x height pixels, then
 * moved by dx, dy. */
struct affine affine_similarity(float angle, float scale, float dx, float dy, int width,
                                int height);

/* x -> outer(inner(x)). */
struct affine affine_compose(const struct affine *outer, const struct affine *inner);

/* The map must be invertible. */
struct affine affine_invert(const struct affine *map);

/* out(x, y) = in(map(x, y)), both height x width and not overlapping: bilinear, positions held
 * within the picture. */
void warp_picture(const struct affine *map, const uint8_t *in, int width, int height, uint8_t *out);

#endif
