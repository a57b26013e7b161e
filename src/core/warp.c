#include "warp.h"

#include <assert.h>
#include <math.h>

const struct affine affine_identity = {{1, 0, 0, 0, 1, 0}};

struct affine affine_similarity(float angle, float scale, float dx, float dy, int width, int height)
{
    float c = scale * cosf(angle), s = scale * sinf(angle);
    float x = 0.5f * (float)(width - 1), y = 0.5f * (float)(height - 1);
    return (struct affine){{c, -s, x - c * x + s * y + dx, s, c, y - s * x - c * y + dy}};
}

struct affine affine_compose(const struct affine *outer, const struct affine *inner)
{
    const float *a = outer->m, *b = inner->m;
    return (struct affine){{a[0] * b[0] + a[1] * b[3], a[0] * b[1] + a[1] * b[4],
                            a[0] * b[2] + a[1] * b[5] + a[2], a[3] * b[0] + a[4] * b[3],
                            a[3] * b[1] + a[4] * b[4], a[3] * b[2] + a[4] * b[5] + a[5]}};
}

struct affine affine_invert(const struct affine *map)
{
    const float *m = map->m;
    float d = m[0] * m[4] - m[1] * m[3];
    float a = m[4] / d, b = -m[1] / d, e = -m[3] / d, f = m[0] / d;
    return (struct affine){{a, b, -a * m[2] - b * m[5], e, f, -e * m[2] - f * m[5]}};
}

static inline float clampf(float value, float high)
{
    value = value > 0.0f ? value : 0.0f;
    return value < high ? value : high;
}

/* Each row in two loops: the positions, which vectorize, and the pixels, which lie scattered. The
 * last column and row are their own neighbours. */
void warp_picture(const struct affine *map, const uint8_t *in, int width, int height, uint8_t *out)
{
    const float *m = map->m;
    assert(width <= WARP_MAX_SIDE && height <= WARP_MAX_SIDE);
    int place[WARP_MAX_SIDE], right[WARP_MAX_SIDE], down[WARP_MAX_SIDE];
    float fx[WARP_MAX_SIDE], fy[WARP_MAX_SIDE];
    float last_column = (float)(width - 1), last_row = (float)(height - 1);
    for (int y = 0; y < height; y++) {
        float u0 = m[1] * (float)y + m[2], v0 = m[4] * (float)y + m[5];
        for (int x = 0; x < width; x++) {
            float u = clampf(m[0] * (float)x + u0, last_column);
            float v = clampf(m[3] * (float)x + v0, last_row);
            int left = (int)u, top = (int)v;
            place[x] = top * width + left;
            right[x] = left < width - 1 ? 1 : 0;
            down[x] = top < height - 1 ? width : 0;
            fx[x] = u - (float)left;
            fy[x] = v - (float)top;
        }
        for (int x = 0; x < width; x++) {
            const uint8_t *upper = in + place[x], *lower = upper + down[x];
            float a = (float)upper[0] + fx[x] * (float)(upper[right[x]] - upper[0]);
            float b = (float)lower[0] + fx[x] * (float)(lower[right[x]] - lower[0]);
            out[y * width + x] = (uint8_t)(a + fy[x] * (b - a) + 0.5f);
        }
    }
}
