#include "portrait.h"

#include "face_skin.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The part that the face lies in. */
enum {
    LEFT = PORTRAIT_X - PORTRAIT_SCALE,
    TOP = PORTRAIT_Y - 3 * PORTRAIT_SCALE / 2,
    FACE_WIDTH = 2 * PORTRAIT_SCALE,
    FACE_HEIGHT = 7 * PORTRAIT_SCALE / 2,
    FACE_PIXELS = FACE_WIDTH * FACE_HEIGHT
};

static const float pixel = 1.0f / PORTRAIT_SCALE;
static const struct colour shirt_colour = {0.05f, 0.17f, 0.24f};
static const float part_x = 0.22f, part_y = -1.30f; /* where the hair is parted */

struct portrait {
    uint8_t pixels[PORTRAIT_HEIGHT * PORTRAIT_WIDTH * 4];
    struct colour behind[FACE_PIXELS], hair[FACE_PIXELS]; /* the face lies between them */
    float opacity[FACE_PIXELS];                           /* of all but the face */
    float hair_opacity[FACE_PIXELS], hair_shadow[FACE_PIXELS];
    float relief[FACE_HEIGHT][PORTRAIT_SCALE + 1]; /* of the right half and one column more */
};

/* ---- Hair and body --------------------------------------------------------------------------- */

static float smooth_min(float a, float b, float radius)
{
    float h = fmaxf(radius - fabsf(a - b), 0) / radius;
    return fminf(a, b) - 0.25f * radius * h * h;
}

static float hair_half_width(float y)
{
    float t = (y + 0.2f) / 1.36f;
    if (t <= -1)
        return -0.1f;
    if (t < 0)
        return 1.13f * powf(1 - t * t, 0.47f);
    return 1.13f + 0.08f * smooth_ramp(-0.2f, 0.7f, y) - 0.16f * smooth_ramp(0.9f, 1.5f, y);
}

/* How far inside the outline of the hair. */
static float hair_inside(float x, float y)
{
    float width = hair_half_width(y), slope = (hair_half_width(y + 0.02f) - width) / 0.02f;
    float side = (width - fabsf(x)) / sqrtf(1 + slope * slope);
    float waves = 0.012f * smooth_ramp(0.4f, 0.9f, fabsf(x)) * sinf(y * 7 + x),
          tips = 0.010f * sinf(x * 33) + 0.008f * sinf(x * 71);
    return smooth_min(side + waves, 1.36f - y + tips + 0.10f * (fabsf(x) - 0.9f), 0.25f);
}

/* How far inside the opening of the hair, in which the face is seen. */
static float hair_opening(float x, float y)
{
    float left = fmaxf(0, part_x - x), right = fmaxf(0, x - part_x);
    float fringe = -0.95f + 0.22f * left * left + 0.62f * right * right +
                   0.16f * left * left * left * left + 1.2f * right * right * right * right;
    float locks = 0.010f * sinf(x * 17 + 4 * y) + 0.005f * sinf(x * 41 - 3 * y);
    float side = 0.895f - 0.03f * smooth_ramp(0.3f, 1.1f, y) - fabsf(x) + 0.012f * sinf(y * 9 + x);
    return smooth_min(side, 0.8f * (y - fringe + locks), 0.2f);
}

static struct colour hair_at(float x, float y, float inside)
{
    float turn = atan2f(x - part_x, y - part_y + 0.15f), down = smooth_ramp(-0.9f, 0.1f, y);
    float strand = (1 - down) * turn * 0.75f + down * x;
    float grain = 0.40f * sinf(strand * 47 + 2 * sinf(y * 2.3f)) +
                  0.30f * sinf(strand * 97 + 1.5f * y) + 0.3f * sinf(strand * 19 - y);
    float band = (hypotf(x, y + 0.15f) - 0.98f - 0.03f * grain) / 0.14f;
    float glow = smooth_ramp(0.1f, -0.7f, y) * expf(-band * band) * (0.8f + 0.5f * grain);
    float round = 0.65f + 0.75f * smooth_ramp(0, 0.25f, inside);
    struct colour c = dim(hair_colour, round * (1 + 0.38f * grain));
    return mix(c, (struct colour){0.42f, 0.28f, 0.19f}, 0.36f * fmaxf(0, glow));
}

static struct colour neck_at(float x, float y)
{
    float n = fminf(fmaxf(x / 0.62f, -0.9f), 0.9f);
    float under_chin = 0.32f + 0.68f * smooth_ramp(1.38f, 2.0f, y + 0.1f * fabsf(x));
    return dim(product(skin_colour, light_on(n, 0.1f, sqrtf(1 - n * n))), 0.9f * under_chin);
}

static struct colour shirt_at(float x, float y, float under_shoulder, float under_collar)
{
    float n = fminf(fmaxf(x / 2.3f, -0.95f), 0.95f);
    float fold = 0.12f * sinf(3.1f * x + 2.4f * y) * sinf(2.3f * y + 0.8f);
    float rise = -0.55f * smooth_ramp(0.5f, 0, under_shoulder);
    struct colour c = dim(product(shirt_colour, light_on(n + fold, rise, 0.8f)), 1 + fold);
    return dim(c, 1 - 0.35f * hill(0, under_collar - 0.07f, 1, 0.025f));
}

static struct colour body_at(float x, float y, float *opacity)
{
    float ax = fabsf(x), out = fmaxf(0, ax - 1.35f);
    float shoulder = y - 1.70f - 0.20f * smooth_ramp(0.4f, 1.6f, ax) - 0.9f * out * out;
    float collar = y - 2.08f + 0.95f * ax * ax;
    float neck = 0.46f + 0.25f * (y - 1.3f) * (y - 1.3f);
    float bare = fmaxf(fminf(neck - ax, y - 0.9f), shoulder), cloth = fminf(shoulder, collar);
    struct colour skin = neck_at(x, y);
    float shirt = cover(cloth, 1.5f * pixel);
    *opacity = cover(bare, 1.5f * pixel);
    return shirt > 0 ? mix(skin, shirt_at(x, y, shoulder, collar), shirt) : skin;
}

/* ---- Layers ---------------------------------------------------------------------------------- */

static uint8_t display(float v)
{
    return (uint8_t)(255 * sqrtf(fminf(fmaxf(v, 0), 1)) + 0.5f);
}

static void put(struct portrait *portrait, int row, int column, struct colour c, float opacity)
{
    uint8_t *p = portrait->pixels + (row * PORTRAIT_WIDTH + column) * 4;
    p[0] = (uint8_t)((float)display(c.b) * opacity + 0.5f);
    p[1] = (uint8_t)((float)display(c.g) * opacity + 0.5f);
    p[2] = (uint8_t)((float)display(c.r) * opacity + 0.5f);
    p[3] = (uint8_t)(255 * opacity + 0.5f);
}

/* All that does not move: once without a face, and what is needed to lay a face in. */
static void paint_still(struct portrait *portrait, int row, int column)
{
    float x = ((float)(column - PORTRAIT_X) + 0.5f) * pixel;
    float y = ((float)(row - PORTRAIT_Y) + 0.5f) * pixel;
    bool in_face =
        row >= TOP && row < TOP + FACE_HEIGHT && column >= LEFT && column < LEFT + FACE_WIDTH;
    float inside = hair_inside(x, y), body;
    bool in_hair = inside > -2 * pixel;
    float open = in_face || in_hair ? hair_opening(x, y) : 0; /* where it is not seen */
    struct colour hair = in_hair ? hair_at(x, y, inside) : (struct colour){0, 0, 0};
    struct colour person = body_at(x, y, &body);
    float back = cover(inside, 1.5f * pixel), front = cover(fminf(inside, -open), 2.5f * pixel);
    struct colour behind = back > 0 ? mix(dim(hair, 0.5f), person, body) : person;
    float opacity = fmaxf(fmaxf(back, body), front);
    put(portrait, row, column, mix(behind, hair, front), opacity);
    int i = (row - TOP) * FACE_WIDTH + column - LEFT;
    if (!in_face)
        return;
    float near = fmaxf(0, 1 - fmaxf(open, 0) / 0.15f);
    portrait->behind[i] = behind;
    portrait->hair[i] = hair;
    portrait->opacity[i] = opacity;
    portrait->hair_opacity[i] = front;
    portrait->hair_shadow[i] = 1 - (y < 1.2f ? 0.45f * near * near : 0);
}

struct portrait *portrait_open(void)
{
    struct portrait *portrait = calloc(1, sizeof *portrait);
    for (int i = 0; portrait && i < PORTRAIT_HEIGHT * PORTRAIT_WIDTH; i++)
        paint_still(portrait, i / PORTRAIT_WIDTH, i % PORTRAIT_WIDTH);
    return portrait;
}

void portrait_close(struct portrait **portrait)
{
    free(*portrait);
    *portrait = NULL;
}

/* ---- Face ------------------------------------------------------------------------------------ */

static float row_y(int row)
{
    return ((float)(row + TOP - PORTRAIT_Y) + 0.5f) * pixel;
}

static void set_relief(struct portrait *portrait, const struct face_shape *shape)
{
    for (int row = 0; row < FACE_HEIGHT; row++) {
        float y = row_y(row), half_width = face_half_width(shape, y);
        for (int i = 0; i <= PORTRAIT_SCALE; i++)
            portrait->relief[row][i] = face_relief(shape, half_width, ((float)i + 0.5f) * pixel, y);
    }
}

/* From the neighbours' heights; i counts columns from the middle, to either side. */
static void set_normal(const struct portrait *portrait, struct spot *spot, int row, int i)
{
    const float(*z)[PORTRAIT_SCALE + 1] = portrait->relief;
    float outwards = (z[row][i + 1] - z[row][i > 0 ? i - 1 : 0]) * 0.5f * PORTRAIT_SCALE;
    float down = (z[row + 1][i] - z[row - 1][i]) * 0.5f * PORTRAIT_SCALE;
    spot->nz = 1 / sqrtf(1 + outwards * outwards + down * down);
    spot->nx = (spot->x < 0 ? outwards : -outwards) * spot->nz;
    spot->ny = -down * spot->nz;
}

static void paint_row(struct portrait *portrait, const struct face_shape *shape, int row)
{
    struct spot spot = {.y = row_y(row), .pixel = pixel};
    spot.half_width = face_half_width(shape, spot.y);
    float slope = (face_half_width(shape, spot.y + 0.02f) - spot.half_width) / 0.02f;
    float steep = 1 / sqrtf(1 + slope * slope);
    for (int column = 0; column < FACE_WIDTH; column++) {
        int i = row * FACE_WIDTH + column, right = column - PORTRAIT_SCALE;
        spot.x = ((float)right + 0.5f) * pixel;
        float on = cover((spot.half_width - fabsf(spot.x)) * steep, 1.5f * pixel);
        if (spot.half_width <= 0)
            on = 0;
        struct colour c = portrait->behind[i];
        if (on > 0 && portrait->hair_opacity[i] < 1) {
            set_normal(portrait, &spot, row, right < 0 ? -right - 1 : right);
            c = mix(c, face_colour(shape, &spot), on);
        }
        c = dim(c, portrait->hair_shadow[i]);
        c = mix(c, portrait->hair[i], portrait->hair_opacity[i]);
        put(portrait, row + TOP, column + LEFT, c, fmaxf(portrait->opacity[i], on));
    }
}

const uint8_t *portrait_paint(struct portrait *portrait, const float *units)
{
    struct face_shape shape = face_shape_of(units);
    set_relief(portrait, &shape);
    for (int row = 1; row < FACE_HEIGHT - 1; row++)
        paint_row(portrait, &shape, row);
    return portrait->pixels;
}
