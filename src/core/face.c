#include "face.h"

#include <assert.h>
#include <math.h>

static int clamp(int value, int low, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* The source interval [start, start + length) that target pixel `index` stands for, as weights on
 * whole source pixels: `first` .. `first + count - 1`. */
struct span {
    int first, count;
    double start, length;
};

static struct span span_of(int index, int origin, int side)
{
    double scale = (double)side / FACE_SIDE;
    struct span span;
    if (scale >= 1.0) {
        span.length = scale;
        span.start = origin + index * scale;
    } else {
        /* A window one pixel wide around the centre: linear interpolation. */
        span.length = 1.0;
        span.start = origin + (index + 0.5) * scale - 0.5;
    }
    span.first = (int)floor(span.start);
    span.count = (int)ceil(span.start + span.length) - span.first;
    return span;
}

/* How much of source pixel `pixel` the span covers. */
static float coverage(const struct span *span, int pixel)
{
    double low = fmax(span->start, pixel);
    double high = fmin(span->start + span->length, pixel + 1.0);
    return (float)fmax(0.0, high - low);
}

void face_crop(const struct grey_image *image, struct box box, uint8_t crop[FACE_SIDE * FACE_SIDE])
{
    assert(image->width > 0 && image->height > 0 && box.width > 0 && box.height > 0);
    for (int y = 0; y < FACE_SIDE; y++) {
        struct span rows = span_of(y, box.y, box.height);
        float line[FACE_SIDE] = {0};
        for (int r = 0; r < rows.count; r++) {
            int row = clamp(rows.first + r, 0, image->height - 1);
            const uint8_t *source = image->pixels + (size_t)row * image->stride;
            float row_share = coverage(&rows, rows.first + r);
            for (int x = 0; x < FACE_SIDE; x++) {
                struct span columns = span_of(x, box.x, box.width);
                float sum = 0.0f;
                for (int c = 0; c < columns.count; c++) {
                    int column = clamp(columns.first + c, 0, image->width - 1);
                    sum += coverage(&columns, columns.first + c) * (float)source[column];
                }
                line[x] += row_share * sum / (float)columns.length;
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
