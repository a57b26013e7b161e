#include "augment.h"

#include "face.h"
#include "feature_vector.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double max_degrees = 15.0, max_scale = 0.15, max_shift = 0.10;

static float symmetric(struct rng *rng, double bound)
{
    return (float)(bound * (2.0 * rng_uniform(rng) - 1.0));
}

static inline float clampf(float value, float high)
{
    value = value > 0.0f ? value : 0.0f;
    return value < high ? value : high;
}

/* A copy with the last column and row repeated, so that each pixel has a right and a lower
 * neighbour: (height + 1) x (width + 1). */
static void pad(const uint8_t *in, int width, int height, uint8_t *padded)
{
    size_t line = (size_t)width + 1;
    for (int y = 0; y <= height; y++) {
        const uint8_t *row = in + (size_t)(y < height ? y : height - 1) * (size_t)width;
        memcpy(padded + (size_t)y * line, row, (size_t)width);
        padded[(size_t)y * line + (size_t)width] = row[width - 1];
    }
}

/* Target pixel (x, y) comes from source position (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]),
 * held within the picture. Each row in two loops: the positions, which vectorize, and the pixels,
 * which lie scattered. */
static void warp(const float m[6], const uint8_t *in, int width, int height, uint8_t *out)
{
    uint8_t padded[(FEATURES_MAX_SIDE + 1) * (FEATURES_MAX_SIDE + 1)];
    int place[FEATURES_MAX_SIDE];
    float fx[FEATURES_MAX_SIDE], fy[FEATURES_MAX_SIDE];
    int line = width + 1;
    float right = (float)(width - 1), bottom = (float)(height - 1);
    pad(in, width, height, padded);
    for (int y = 0; y < height; y++) {
        float u0 = m[1] * (float)y + m[2], v0 = m[4] * (float)y + m[5];
        for (int x = 0; x < width; x++) {
            float u = clampf(m[0] * (float)x + u0, right);
            float v = clampf(m[3] * (float)x + v0, bottom);
            int left = (int)u, top = (int)v;
            place[x] = top * line + left;
            fx[x] = u - (float)left;
            fy[x] = v - (float)top;
        }
        for (int x = 0; x < width; x++) {
            const uint8_t *upper = padded + place[x], *lower = upper + line;
            float a = (float)upper[0] + fx[x] * (float)(upper[1] - upper[0]);
            float b = (float)lower[0] + fx[x] * (float)(lower[1] - lower[0]);
            out[y * width + x] = (uint8_t)(a + fy[x] * (b - a) + 0.5f);
        }
    }
}

void augment_picture(const struct augment *augment, struct rng *rng, const uint8_t *in, int width,
                     int height, uint8_t *out)
{
    assert(width <= FEATURES_MAX_SIDE && height <= FEATURES_MAX_SIDE);
    bool flip = augment->flip && rng_uniform(rng) < 0.5;
    if (augment->strength <= 0.0f) {
        if (flip)
            face_mirror(in, width, height, out);
        else
            memcpy(out, in, (size_t)width * (size_t)height);
        return;
    }
    double strength = augment->strength;
    float angle = symmetric(rng, strength * max_degrees * (3.141592653589793 / 180.0));
    float scale = 1.0f + symmetric(rng, strength * max_scale);
    float shift_x = symmetric(rng, strength * max_shift) * (float)width;
    float shift_y = symmetric(rng, strength * max_shift) * (float)height;
    float c = cosf(angle) / scale, s = sinf(angle) / scale;
    float centre_x = 0.5f * (float)(width - 1), centre_y = 0.5f * (float)(height - 1);
    float m[6] = {c, -s, 0.0f, s, c, 0.0f};
    m[2] = centre_x - c * centre_x + s * centre_y + shift_x;
    m[5] = centre_y - s * centre_x - c * centre_y + shift_y;
    if (flip) {
        m[2] += m[0] * (float)(width - 1);
        m[5] += m[3] * (float)(width - 1);
        m[0] = -m[0];
        m[3] = -m[3];
    }
    warp(m, in, width, height, out);
}
