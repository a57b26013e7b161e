#include "augment.h"

#include "face.h"

#include <math.h>
#include <string.h>

static const double max_degrees = 15.0, max_scale = 0.15, max_shift = 0.10;

static float symmetric(struct rng *rng, double bound)
{
    return (float)(bound * (2.0 * rng_uniform(rng) - 1.0));
}

static float clampf(float value, float high)
{
    return value < 0.0f ? 0.0f : value > high ? high : value;
}

/* Target pixel (x, y) comes from source position (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]).
 */
static void warp(const float m[6], const uint8_t *in, int width, int height, uint8_t *out)
{
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            float u = clampf(m[0] * (float)x + m[1] * (float)y + m[2], (float)(width - 1));
            float v = clampf(m[3] * (float)x + m[4] * (float)y + m[5], (float)(height - 1));
            int left = (int)u, top = (int)v;
            int right = left < width - 1 ? left + 1 : left;
            int below = top < height - 1 ? top + 1 : top;
            float fx = u - (float)left, fy = v - (float)top;
            const uint8_t *upper = in + top * width, *lower = in + below * width;
            float a = (float)upper[left] + fx * (float)(upper[right] - upper[left]);
            float b = (float)lower[left] + fx * (float)(lower[right] - lower[left]);
            out[y * width + x] = (uint8_t)(a + fy * (b - a) + 0.5f);
        }
    }
}

void augment_picture(const struct augment *augment, struct rng *rng, const uint8_t *in, int width,
                     int height, uint8_t *out)
{
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
