#include "webcam.h"

#include "warp.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double pi = 3.141592653589793;

static uint8_t to_grey(float value)
{
    return (uint8_t)(value <= 0.0f ? 0.0f : value >= 255.0f ? 255.0f : value + 0.5f);
}

static int area_of(struct grey_crop in)
{
    assert(in.width > 0 && in.height > 0 && in.width <= WEBCAM_MAX_SIDE &&
           in.height <= WEBCAM_MAX_SIDE);
    return in.width * in.height;
}

/* ---- Light ----------------------------------------------------------------------------------- */

void webcam_expose(struct grey_crop in, double gain, double gamma, uint8_t *out)
{
    uint8_t table[256];
    int area = area_of(in);
    for (int v = 0; v < 256; v++)
        table[v] = to_grey((float)(255.0 * gain * pow(v / 255.0, gamma)));
    for (int i = 0; i < area; i++)
        out[i] = table[in.pixels[i]];
}

void webcam_side_light(struct grey_crop in, double angle, double contrast, uint8_t *out)
{
    area_of(in);
    /* -1 .. 1 between the outermost corners along the light's direction */
    double c = cos(angle), s = sin(angle);
    double reach = 0.5 * (fabs(c) * (in.width - 1) + fabs(s) * (in.height - 1));
    double step = reach > 0.0 ? contrast / reach : 0.0;
    for (int y = 0; y < in.height; y++)
        for (int x = 0; x < in.width; x++) {
            double along = c * (x - 0.5 * (in.width - 1)) + s * (y - 0.5 * (in.height - 1));
            int i = y * in.width + x;
            out[i] = to_grey((float)((1.0 + step * along) * in.pixels[i]));
        }
}

/* ---- Lens ------------------------------------------------------------------------------------ */

enum { MAX_RADIUS = 24 };

/* out[length] = in[length] weighted by weights[-radius .. radius], its ends repeated. */
static void smooth_line(const float *in, int length, const float *weights, int radius, float *out)
{
    float line[WEBCAM_MAX_SIDE + 2 * MAX_RADIUS];
    for (int i = 0; i < length + 2 * radius; i++) {
        int from = i - radius;
        line[i] = in[from < 0 ? 0 : from >= length ? length - 1 : from];
    }
    memset(out, 0, (size_t)length * sizeof *out);
    for (int k = 0; k <= 2 * radius; k++)
        for (int i = 0; i < length; i++)
            out[i] += weights[k] * line[i + k];
}

/* out: height x width, not yet rounded. */
static void smooth(struct grey_crop in, double deviation, float *out)
{
    float weights[2 * MAX_RADIUS + 1] = {0}, sum = 0.0f;
    float line[WEBCAM_MAX_SIDE], smoothed[WEBCAM_MAX_SIDE];
    int radius = (int)ceil(2.5 * deviation);
    radius = radius < MAX_RADIUS ? radius : MAX_RADIUS;
    for (int k = -radius; k <= radius; k++)
        sum += weights[k + radius] = (float)exp(-0.5 * k * k / (deviation * deviation + 1e-9));
    for (int k = 0; k <= 2 * radius; k++)
        weights[k] /= sum;
    for (int y = 0; y < in.height; y++) {
        for (int x = 0; x < in.width; x++)
            line[x] = in.pixels[y * in.width + x];
        smooth_line(line, in.width, weights, radius, out + (ptrdiff_t)y * in.width);
    }
    for (int x = 0; x < in.width; x++) {
        for (int y = 0; y < in.height; y++)
            line[y] = out[y * in.width + x];
        smooth_line(line, in.height, weights, radius, smoothed);
        for (int y = 0; y < in.height; y++)
            out[y * in.width + x] = smoothed[y];
    }
}

void webcam_blur(struct grey_crop in, double deviation, struct webcam_scratch *scratch,
                 uint8_t *out)
{
    int area = area_of(in);
    smooth(in, deviation, scratch->values);
    for (int i = 0; i < area; i++)
        out[i] = to_grey(scratch->values[i]);
}

void webcam_sharpen(struct grey_crop in, double amount, struct webcam_scratch *scratch,
                    uint8_t *out)
{
    const double surroundings = 0.08; /* deviation, of the width */
    int area = area_of(in);
    smooth(in, surroundings * in.width, scratch->values);
    for (int i = 0; i < area; i++) {
        float value = in.pixels[i];
        out[i] = to_grey(value + (float)amount * (value - scratch->values[i]));
    }
}

void webcam_motion_blur(struct grey_crop in, double angle, double length,
                        struct webcam_scratch *scratch, uint8_t *out)
{
    enum { MAX_STEPS = 16 };
    float *sums = scratch->values;
    int area = area_of(in), steps = (int)ceil(length);
    steps = steps < 1 ? 1 : steps > MAX_STEPS ? MAX_STEPS : steps;
    memset(sums, 0, (size_t)area * sizeof *sums);
    for (int k = 0; k < steps; k++) {
        double along = length * ((k + 0.5) / steps - 0.5);
        struct affine shift = affine_similarity(0, 1, (float)(along * cos(angle)),
                                                (float)(along * sin(angle)), in.width, in.height);
        warp_picture(&shift, in.pixels, in.width, in.height, scratch->pixels);
        for (int i = 0; i < area; i++)
            sums[i] += scratch->pixels[i];
    }
    for (int i = 0; i < area; i++)
        out[i] = to_grey(sums[i] / (float)steps);
}

/* ---- Sensor ---------------------------------------------------------------------------------- */

void webcam_noise(struct grey_crop in, double deviation, struct rng *rng, uint8_t *out)
{
    /* Sums of four bytes are normal enough: mean 4 * 127.5, variance 4 (256^2 - 1) / 12. */
    const float mean = 510.0f, unit = (float)(deviation / sqrt(65535.0 / 3.0));
    int area = area_of(in);
    uint64_t bits = 0;
    for (int i = 0; i < area; i++) {
        bits = i % 2 ? bits >> 32 : rng_next(rng);
        unsigned sum = (unsigned)(bits & 255) + (unsigned)(bits >> 8 & 255) +
                       (unsigned)(bits >> 16 & 255) + (unsigned)(bits >> 24 & 255);
        out[i] = to_grey(in.pixels[i] + unit * ((float)sum - mean));
    }
}

/* The small picture lies in the upper left of one of full size, its edge repeated around it. */
void webcam_upscale(struct grey_crop in, int side, struct webcam_scratch *scratch, uint8_t *out)
{
    area_of(in);
    assert(side > 0);
    int longer = in.width > in.height ? in.width : in.height;
    float step = (float)longer / (float)side, offset = 0.5f * (step - 1.0f);
    const struct affine shrink = {{step, 0, offset, 0, step, offset}};
    const struct affine enlarge = affine_invert(&shrink);
    warp_picture(&shrink, in.pixels, in.width, in.height, scratch->pixels);
    warp_picture(&enlarge, scratch->pixels, in.width, in.height, out);
}

/* ---- JPEG ------------------------------------------------------------------------------------ */

enum { BLOCK = 8 };

/* Table K.1 of the standard, for brightness. */
static const uint8_t luminance_table[BLOCK][BLOCK] = {
    {16, 11, 10, 16, 24, 40, 51, 61},     {12, 12, 14, 19, 26, 58, 60, 55},
    {14, 13, 16, 24, 40, 57, 69, 56},     {14, 17, 22, 29, 51, 87, 80, 62},
    {18, 22, 37, 56, 68, 109, 103, 77},   {24, 35, 55, 64, 81, 104, 113, 92},
    {49, 64, 78, 87, 103, 121, 120, 101}, {72, 92, 95, 98, 112, 100, 103, 99}};

/* out = a b */
static void multiply(float a[BLOCK][BLOCK], float b[BLOCK][BLOCK], float out[BLOCK][BLOCK])
{
    for (int i = 0; i < BLOCK; i++) {
        float row[BLOCK] = {0};
        for (int k = 0; k < BLOCK; k++)
            for (int j = 0; j < BLOCK; j++)
                row[j] += a[i][k] * b[k][j];
        memcpy(out[i], row, sizeof row);
    }
}

struct jpeg {
    float cosines[BLOCK][BLOCK], inverse[BLOCK][BLOCK]; /* of the discrete cosine transform */
    float steps[BLOCK][BLOCK];                          /* of each frequency */
};

static struct jpeg make_jpeg(int quality)
{
    struct jpeg j;
    int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    for (int u = 0; u < BLOCK; u++)
        for (int x = 0; x < BLOCK; x++) {
            double norm = u == 0 ? sqrt(1.0 / BLOCK) : sqrt(2.0 / BLOCK);
            int step = (luminance_table[u][x] * scale + 50) / 100;
            j.cosines[u][x] = (float)(norm * cos((2 * x + 1) * u * pi / (2 * BLOCK)));
            j.inverse[x][u] = j.cosines[u][x];
            j.steps[u][x] = (float)(step < 1 ? 1 : step > 255 ? 255 : step);
        }
    return j;
}

static void quantize(struct jpeg *j, float block[BLOCK][BLOCK])
{
    float half[BLOCK][BLOCK], frequencies[BLOCK][BLOCK];
    multiply(j->cosines, block, half);
    multiply(half, j->inverse, frequencies);
    for (int u = 0; u < BLOCK; u++)
        for (int v = 0; v < BLOCK; v++)
            frequencies[u][v] = rintf(frequencies[u][v] / j->steps[u][v]) * j->steps[u][v];
    multiply(j->inverse, frequencies, half);
    multiply(half, j->cosines, block);
}

void webcam_jpeg(struct grey_crop in, int quality, int dx, int dy, uint8_t *out)
{
    assert(quality >= 1 && quality <= 100 && dx >= 0 && dx < BLOCK && dy >= 0 && dy < BLOCK);
    area_of(in);
    struct jpeg jpeg = make_jpeg(quality);
    float block[BLOCK][BLOCK];
    for (int top = -dy; top < in.height; top += BLOCK)
        for (int left = -dx; left < in.width; left += BLOCK) {
            for (int i = 0; i < BLOCK * BLOCK; i++) {
                int y = top + i / BLOCK, x = left + i % BLOCK;
                y = y < 0 ? 0 : y >= in.height ? in.height - 1 : y;
                x = x < 0 ? 0 : x >= in.width ? in.width - 1 : x;
                block[i / BLOCK][i % BLOCK] = (float)in.pixels[y * in.width + x] - 128.0f;
            }
            quantize(&jpeg, block);
            for (int i = 0; i < BLOCK * BLOCK; i++) {
                int y = top + i / BLOCK, x = left + i % BLOCK;
                if (y >= 0 && y < in.height && x >= 0 && x < in.width)
                    out[y * in.width + x] = to_grey(block[i / BLOCK][i % BLOCK] + 128.0f);
            }
        }
}

/* ---- Occlusion ------------------------------------------------------------------------------- */

void webcam_occlude(struct grey_crop in, struct occlusion shape, uint8_t *out)
{
    int area = area_of(in);
    if (out != in.pixels)
        memcpy(out, in.pixels, (size_t)area);
    double c = cos(shape.angle), s = sin(shape.angle);
    for (int i = 0; i < area; i++) {
        double x = i % in.width - shape.x, y = i / in.width - shape.y; /* NOLINT: whole rows */
        double u = (c * x + s * y) / shape.half_width, v = (c * y - s * x) / shape.half_height;
        if (shape.round ? u * u + v * v <= 1.0 : fabs(u) <= 1.0 && fabs(v) <= 1.0)
            out[i] = to_grey((float)shape.grey);
    }
}

/* ---- All by chance --------------------------------------------------------------------------- */

static bool chance(struct rng *rng, double share)
{
    return rng_uniform(rng) < share;
}

/* A band across the face (a bar, hair, the frame of glasses), a hand or hair that comes in from a
 * side, or two spots of glare on glasses. */
static void occlude_by_chance(struct grey_crop in, struct rng *rng, uint8_t *out)
{
    double w = in.width, h = in.height;
    struct occlusion c = {.grey = rng_between(rng, 0, 255)};
    switch (rng_below(rng, 3)) {
    case 0:
        c.x = 0.5 * w;
        c.y = rng_between(rng, 0.0, 1.0) * h;
        c.half_width = 2.0 * w;
        c.half_height = rng_between(rng, 0.04, 0.13) * h;
        c.angle = rng_between(rng, -0.3, 0.3);
        break;
    case 1: {
        double around = rng_between(rng, 0, 2.0 * pi);
        c.x = (0.5 + 0.55 * cos(around)) * w;
        c.y = (0.5 + 0.55 * sin(around)) * h;
        c.half_width = rng_between(rng, 0.12, 0.30) * w;
        c.half_height = rng_between(rng, 0.12, 0.30) * h;
        c.angle = rng_between(rng, 0, pi);
        c.round = true;
        break;
    }
    default:
        c.y = rng_between(rng, 0.25, 0.45) * h;
        c.half_width = rng_between(rng, 0.05, 0.12) * w;
        c.half_height = rng_between(rng, 0.04, 0.09) * h;
        c.round = true;
        c.grey = rng_between(rng, 200, 255);
        c.x = rng_between(rng, 0.62, 0.78) * w;
        webcam_occlude(in, c, out);
        in.pixels = out;
        c.x -= rng_between(rng, 0.33, 0.45) * w;
        break;
    }
    webcam_occlude(in, c, out);
}

/* The same draws, in the same order, whatever the compiler. */
static void light_by_chance(struct grey_crop in, struct rng *rng, uint8_t *out)
{
    if (chance(rng, 0.3)) {
        double angle = rng_between(rng, -pi, pi), contrast = rng_between(rng, 0.2, 0.8);
        webcam_side_light(in, angle, contrast, out);
    }
    if (chance(rng, 0.5)) {
        double gain = exp(rng_between(rng, -0.7, 0.8)), gamma = exp(rng_between(rng, -0.5, 0.5));
        webcam_expose(in, gain, gamma, out);
    }
}

static void lens_by_chance(struct grey_crop in, struct rng *rng, struct webcam_scratch *scratch,
                           uint8_t *out)
{
    const double size = in.width / 48.0; /* lengths are for faces of 48 pixels */
    if (chance(rng, 0.2))
        webcam_blur(in, size * rng_between(rng, 0.4, 1.3), scratch, out);
    if (chance(rng, 0.2)) {
        double angle = rng_between(rng, 0, pi), length = size * rng_between(rng, 1.5, 6);
        webcam_motion_blur(in, angle, length, scratch, out);
    }
    if (chance(rng, 0.3)) {
        int side = (int)(in.width * rng_between(rng, 0.5, 0.85));
        webcam_upscale(in, side > 1 ? side : 1, scratch, out);
    }
}

void webcam_picture(struct grey_crop in, struct rng *rng, struct webcam_scratch *scratch,
                    uint8_t *out)
{
    if (out != in.pixels)
        memcpy(out, in.pixels, (size_t)area_of(in));
    in.pixels = out;
    if (chance(rng, 0.2))
        occlude_by_chance(in, rng, out);
    light_by_chance(in, rng, out);
    lens_by_chance(in, rng, scratch, out);
    if (chance(rng, 0.3))
        webcam_noise(in, rng_between(rng, 2, 16), rng, out);
    if (chance(rng, 0.15))
        webcam_sharpen(in, rng_between(rng, 0.2, 1.0), scratch, out);
    if (chance(rng, 0.5)) {
        int dx = (int)rng_below(rng, BLOCK), dy = (int)rng_below(rng, BLOCK);
        int quality = 20 + (int)rng_below(rng, 41);
        webcam_jpeg(in, quality, dx, dy, out);
    }
}
