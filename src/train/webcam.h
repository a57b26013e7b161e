/* What webcams do to a picture of a face: light, lens, sensor, compression, occlusion. Each
 * function writes height x width bytes to `out`, which may be `in`. */
#ifndef WEBCAM_H
#define WEBCAM_H

#include "rng.h"

#include <stdint.h>

enum { WEBCAM_MAX_SIDE = 128 };

struct grey_crop {
    const uint8_t *pixels; /* height x width */
    int width, height;     /* 1 .. WEBCAM_MAX_SIDE */
};

/* A thread's scratch. */
struct webcam_scratch {
    float values[WEBCAM_MAX_SIDE * WEBCAM_MAX_SIDE];
    uint8_t pixels[WEBCAM_MAX_SIDE * WEBCAM_MAX_SIDE];
};

/* Brightness v, 0 to 1, becomes gain v^gamma, which ends at 1. */
void webcam_expose(struct grey_crop in, double gain, double gamma, uint8_t *out);

/* Light from a side: brightness changes evenly across the picture, by a factor of 1 - contrast at
 * one end to 1 + contrast at the other. `angle`, radians: where the light is, 0 for the right,
 * pi / 2 for below. */
void webcam_side_light(struct grey_crop in, double angle, double contrast, uint8_t *out);

/* A lens out of focus: Gaussian blur of this deviation, pixels. */
void webcam_blur(struct grey_crop in, double deviation, struct webcam_scratch *scratch,
                 uint8_t *out);

/* A hand-held camera or a moving head: the mean of 16 points at most on a line of `length`
 * pixels. */
void webcam_motion_blur(struct grey_crop in, double angle, double length,
                        struct webcam_scratch *scratch, uint8_t *out);

/* A sensor in the dark: independent noise of this deviation, grey values. */
void webcam_noise(struct grey_crop in, double deviation, struct rng *rng, uint8_t *out);

/* A small face, `side` pixels for the longer side, enlarged; interpolated both ways. */
void webcam_upscale(struct grey_crop in, int side, struct webcam_scratch *scratch, uint8_t *out);

/* A camera's own sharpening: differences from the surroundings become 1 + amount times as large. */
void webcam_sharpen(struct grey_crop in, double amount, struct webcam_scratch *scratch,
                    uint8_t *out);

/* What JPEG (ITU-T T.81) leaves of brightness at a quality of 1 to 100, with table K.1 of the
 * standard scaled as libjpeg does; the rest of JPEG loses nothing. The blocks of 8x8 begin `dx` and
 * `dy` pixels, 0 to 7, before the picture. */
void webcam_jpeg(struct grey_crop in, int quality, int dx, int dy, uint8_t *out);

/* A hand, hair, a bar, glare: a shape of one grey value. Middle and half axes in pixels. */
struct occlusion {
    double x, y, half_width, half_height, angle;
    int round; /* an ellipse; else a rectangle */
    double grey;
};
void webcam_occlude(struct grey_crop in, struct occlusion shape, uint8_t *out);

/* A random choice of these, with random strengths, in the order in which light meets them. */
void webcam_picture(struct grey_crop in, struct rng *rng, struct webcam_scratch *scratch,
                    uint8_t *out);

#endif
