#include "face.h"

#include <assert.h>
#include <math.h>

/* The source interval [start, start + length) that target pixel `index` stands for, as weights on
 * the picture's pixels `first` .. `first + count - 1`: those between the ends weigh 1. What lies
 * beyond the picture falls to the pixel at its edge, so that no box, however large or far, asks for
 * more pixels than there are. */
struct span {
    int first, count;
    float first_share, last_share, length;
};

static inline double smaller(double a, double b)
{
    return a < b ? a : b;
}

static inline double larger(double a, double b)
{
    return a > b ? a : b;
}

static inline int clamp(double value, int high)
{
    return (int)smaller(larger(value, 0.0), high);
}

/* How much of the interval falls to pixel `pixel` of `size`. */
static float coverage(double start, double end, int size, int pixel)
{
    double low = pixel == 0 ? start : larger(start, pixel);
    double high = pixel == size - 1 ? end : smaller(end, pixel + 1.0);
    return (float)larger(0.0, high - low);
}

static struct span span_of(int index, int origin, int side, int size)
{
    double scale = (double)side / FACE_SIDE, start, length;
    struct span span;
    if (scale >= 1.0) {
        length = scale;
        start = origin + index * scale;
    } else {
        /* A window one pixel wide around the centre: linear interpolation. */
        length = 1.0;
        start = origin + (index + 0.5) * scale - 0.5;
    }
    double end = start + length;
    int last = clamp(ceil(end) - 1.0, size - 1);
    span.first = clamp(floor(start), size - 1);
    span.count = last - span.first + 1;
    span.first_share = coverage(start, end, size, span.first);
    span.last_share = coverage(start, end, size, last);
    span.length = (float)length;
    return span;
}

/* The sum of the span's pixels, each by its share. */
static inline float sum_span(const struct span *span, const uint8_t *pixels)
{
    const uint8_t *p = pixels + span->first, *last = p + span->count - 1;
    float sum = span->first_share * (float)*p;
    while (++p < last)
        sum += (float)*p;
    return span->count > 1 ? sum + span->last_share * (float)*last : sum;
}

void face_crop(const struct grey_image *image, struct box box, uint8_t crop[FACE_SIDE * FACE_SIDE])
{
    struct span columns[FACE_SIDE];
    assert(image->width > 0 && image->height > 0 && box.width > 0 && box.height > 0);
    for (int x = 0; x < FACE_SIDE; x++)
        columns[x] = span_of(x, box.x, box.width, image->width);
    for (int y = 0; y < FACE_SIDE; y++) {
        struct span rows = span_of(y, box.y, box.height, image->height);
        float line[FACE_SIDE] = {0};
        for (int i = 0; i < rows.count; i++) {
            const uint8_t *source = image->pixels + (size_t)(rows.first + i) * image->stride;
            float share = i == 0 ? rows.first_share : i == rows.count - 1 ? rows.last_share : 1.0f;
            for (int x = 0; x < FACE_SIDE; x++)
                line[x] += share * sum_span(&columns[x], source) / columns[x].length;
        }
        for (int x = 0; x < FACE_SIDE; x++)
            crop[y * FACE_SIDE + x] = (uint8_t)(line[x] / rows.length + 0.5f);
    }
}

void face_mirror(const uint8_t *in, int width, int height, uint8_t *out)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            out[y * width + x] = in[y * width + (width - 1 - x)];
}
