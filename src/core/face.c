#include "face.h"

#include <assert.h>
#include <math.h>

/* The source interval [start, start + length) that target pixel `index` stands for, as weights on
 * the picture's pixels `first` .. `first + count - 1`. What lies beyond the picture falls to the
 * pixel at its edge, so that no box, however large or far, asks for more pixels than there are. */
struct span {
    int first, count;
    double start, end, length;
    int size; /* of the picture along this axis, pixels */
};

static double clamp(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

static struct span span_of(int index, int origin, int side, int size)
{
    double scale = (double)side / FACE_SIDE;
    struct span span = {.size = size};
    if (scale >= 1.0) {
        span.length = scale;
        span.start = origin + index * scale;
    } else {
        /* A window one pixel wide around the centre: linear interpolation. */
        span.length = 1.0;
        span.start = origin + (index + 0.5) * scale - 0.5;
    }
    span.end = span.start + span.length;
    span.first = (int)clamp(floor(span.start), 0.0, size - 1.0);
    span.count = (int)clamp(ceil(span.end) - 1.0, 0.0, size - 1.0) - span.first + 1;
    return span;
}

/* How much of the span falls to source pixel `pixel`. */
static float coverage(const struct span *span, int pixel)
{
    double low = pixel == 0 ? span->start : fmax(span->start, pixel);
    double high = pixel == span->size - 1 ? span->end : fmin(span->end, pixel + 1.0);
    return (float)fmax(0.0, high - low);
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
        for (int row = rows.first; row < rows.first + rows.count; row++) {
            const uint8_t *source = image->pixels + (size_t)row * image->stride;
            float row_share = coverage(&rows, row);
            for (int x = 0; x < FACE_SIDE; x++) {
                const struct span *span = &columns[x];
                float sum = 0.0f;
                for (int c = span->first; c < span->first + span->count; c++)
                    sum += coverage(span, c) * (float)source[c];
                line[x] += row_share * sum / (float)span->length;
            }
        }
        for (int x = 0; x < FACE_SIDE; x++)
            crop[y * FACE_SIDE + x] = (uint8_t)(line[x] / (float)rows.length + 0.5f);
    }
}

void face_mirror(const uint8_t *in, int width, int height, uint8_t *out)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            out[y * width + x] = in[y * width + (width - 1 - x)];
}
