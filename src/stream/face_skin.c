#include "face_skin.h"

#include <math.h>

const struct colour skin_colour = {0.74f, 0.45f, 0.32f};
const struct colour hair_colour = {0.060f, 0.032f, 0.020f};

static const struct colour lip_colour = {0.52f, 0.18f, 0.16f};
static const struct colour iris_colour = {0.13f, 0.075f, 0.03f};
static const struct colour lash_colour = {0.012f, 0.008f, 0.007f};

static const float eye_x = 0.42f, eye_half = 0.225f;

struct colour dim(struct colour c, float factor)
{
    return (struct colour){c.r * factor, c.g * factor, c.b * factor};
}

struct colour mix(struct colour a, struct colour b, float share)
{
    return (struct colour){a.r + (b.r - a.r) * share, a.g + (b.g - a.g) * share,
                           a.b + (b.b - a.b) * share};
}

struct colour product(struct colour a, struct colour b)
{
    return (struct colour){a.r * b.r, a.g * b.g, a.b * b.b};
}

float cover(float inside, float pixel)
{
    return fminf(fmaxf(inside / pixel + 0.5f, 0), 1);
}

/* Red goes farther into the shadow than blue, as it does under skin. */
struct colour light_on(float nx, float ny, float nz)
{
    float key = -0.42f * nx - 0.50f * ny + 0.76f * nz;
    float fill = 0.66f * nx - 0.10f * ny + 0.74f * nz;
    float hard = fmaxf(key, 0), soft = fmaxf((key + 0.25f) / 1.25f, 0);
    float rest = 0.22f * fmaxf(fill, 0) + 0.22f - 0.06f * ny;
    return (struct colour){0.4f * hard + 0.6f * soft + rest, 0.75f * hard + 0.25f * soft + rest,
                           0.85f * hard + 0.15f * soft + rest};
}

/* The specular part of the key light (Blinn 1977). */
static float gloss(const struct spot *p)
{
    float h = fmaxf(-0.22f * p->nx - 0.27f * p->ny + 0.94f * p->nz, 0);
    float h2 = h * h, h4 = h2 * h2, h8 = h4 * h4;
    return 0.16f * h8 * h8 * h4;
}

/* Less than 1 where little light gets in. */
static float openness(const struct face_shape *s, float x, const struct spot *p)
{
    float y = p->y, nose = p->y + s->nose_lift;
    float under_lip = s->mouth_corner + s->gap_lower + s->lip_lower + 0.06f;
    float dark = 0.30f * hill(x - 0.33f, y + 0.04f, 0.34f, 0.2f) +
                 0.35f * hill(x, nose - 0.70f, 0.26f, 0.09f) +
                 0.85f * hill(x - 0.085f - 0.2f * (nose - 0.64f), nose - 0.635f, 0.075f, 0.04f) +
                 0.25f * hill(x, y - under_lip, 0.28f, 0.09f) +
                 (0.16f + 0.15f * s->sneer) * face_fold(s, x, y) +
                 0.40f * hill(x - s->mouth_half, y - s->mouth_corner, 0.09f, 0.07f) +
                 0.30f * smooth_ramp(0.72f, 1, x / (p->half_width + 0.01f)) +
                 0.25f * smooth_ramp(-0.62f, -0.95f, y);
    return 1 - dark;
}

/* Hairs along a line that is bent at the arch. */
static float brow(const struct face_shape *s, float x, float y)
{
    float t = (x - s->brow_x) / (0.70f - s->brow_x);
    if (t < -0.05f || t > 1.05f || y > 0.2f)
        return 0;
    float bend = 2 * s->brow_y[1] - 0.5f * (s->brow_y[0] + s->brow_y[2]);
    float line = (1 - t) * (1 - t) * s->brow_y[0] + 2 * t * (1 - t) * bend + t * t * s->brow_y[2];
    float half =
        0.064f * (1 - 0.7f * t * t) * smooth_ramp(-0.05f, 0.12f, t) * smooth_ramp(1.05f, 0.9f, t);
    float hairs = 0.9f + 0.1f * sinf((x + y - line) * 110);
    return 0.93f * hairs * smooth_ramp(half + 0.018f, 0.3f * half, fabsf(y - line));
}

/* (x, y) from the middle of the eye; e is 1 and -1 in its corners. */
static struct colour eyeball(float x, float y, float e, float under_lid, float pixel)
{
    struct colour c = dim((struct colour){0.80f, 0.76f, 0.73f}, 1 - 0.35f * e * e);
    float r = sqrtf(x * x + y * y),
          glint = sqrtf((x + 0.04f) * (x + 0.04f) + (y + 0.04f) * (y + 0.04f));
    float ring = 1 + 2.4f * smooth_ramp(0.02f, 0.10f, y) - 0.7f * smooth_ramp(0.09f, 0.115f, r);
    c = mix(c, dim(iris_colour, ring), cover(0.113f - r, 1.6f * pixel));
    c = mix(c, (struct colour){0.004f, 0.004f, 0.005f}, cover(0.05f - r, 1.5f * pixel));
    c = dim(c, 0.45f + 0.55f * smooth_ramp(0, 0.07f, under_lid));
    return mix(c, (struct colour){0.95f, 0.97f, 1}, cover(0.025f - glint, 1.5f * pixel));
}

static struct colour eye(const struct face_shape *s, float x, const struct spot *p, struct colour c)
{
    float e = (x - eye_x) / eye_half, y = p->y, far = fabsf(e);
    if (far > 1.3f || y < -0.4f || y > 0.3f)
        return c;
    float arch = 1 - fminf(e * e, 1), line = 0.015f - 0.018f * e;
    float above = y - line + (s->lid_upper + 0.015f) * arch * (1 + 0.12f * e);
    float below = line + (s->lid_lower - 0.003f) * arch * (1 + 0.1f * e) - y;
    float near = smooth_ramp(1.3f, 0.9f, far);
    float crease = above + 0.055f + 0.3f * fmaxf(0, s->lid_upper - 0.1f);
    c = dim(c, 1 - 0.5f * near * hill(0, crease, 1, 0.03f));
    c = dim(c, 1 - 0.2f * near * hill(0, below + 0.045f, 1, 0.04f));
    if (far < 1) {
        float inside = fminf(cover(above, p->pixel), cover(below, p->pixel));
        float ball_x = p->x < 0 ? p->x + eye_x : p->x - eye_x;
        c = mix(c, eyeball(ball_x, y + 0.012f, e, above, p->pixel), inside);
        c = mix(c, (struct colour){0.42f, 0.17f, 0.14f},
                0.5f * hill(e + 1, y - 0.03f, 0.3f, 0.05f));
    }
    float lash = 0.026f * smooth_ramp(1.18f, 0.7f, far) * (1 + 0.4f * e);
    c = mix(c, lash_colour, 0.93f * cover(lash - fabsf(above + 0.25f * lash), 2 * p->pixel));
    float rim = smooth_ramp(1.05f, 0.6f, far) * hill(0, below, 1, 0.022f);
    return mix(c, (struct colour){0.10f, 0.04f, 0.03f}, 0.5f * rim);
}

/* Teeth, tongue and the dark behind them. */
static struct colour mouth_inside(const struct face_shape *s, const struct lips *l, float x,
                                  float y, float pixel)
{
    float tongue = hill(2.2f * x, y - l->lower_inner, 1, 0.15f);
    struct colour c = {0.045f, 0.012f, 0.012f};
    c = mix(c, (struct colour){0.40f, 0.11f, 0.10f}, 0.8f * tongue);
    float gap = fmodf(x, 0.085f) / 0.0425f - 1; /* -1 and 1 between two teeth */
    float shade = (1 - 0.2f * gap * gap * gap * gap) * (1 - 0.6f * l->u * l->u * l->u);
    struct colour tooth = dim((struct colour){0.93f, 0.89f, 0.82f}, shade);
    float edge = l->upper_inner + s->teeth * (1 - 0.4f * l->u * l->u);
    c = mix(c, tooth, cover(edge - y, 1.5f * pixel));
    return dim(c, 0.65f + 0.35f * smooth_ramp(0, 0.04f, y - l->upper_inner));
}

static struct colour mouth(const struct face_shape *s, float x, const struct spot *p,
                           struct colour c, struct colour light)
{
    struct lips l = face_lips(s, x);
    float y = p->y;
    if (x > s->mouth_half || y < l.upper_outer - 0.05f || y > l.lower_outer + 0.05f)
        return c;
    float on =
        fminf(cover(y - l.upper_outer, 3 * p->pixel), cover(l.lower_outer - y, 3 * p->pixel));
    struct colour red = dim(lip_colour, y < l.upper_inner ? 0.8f : 1.05f);
    c = mix(c, product(red, light), 0.85f * on);
    float wet = 0.25f * hill(x, y - 0.5f * (l.lower_inner + l.lower_outer), 0.2f, 0.03f);
    c = mix(c, (struct colour){0.95f, 0.85f, 0.82f}, on * wet);
    float inside = fminf(cover(y - l.upper_inner, p->pixel), cover(l.lower_inner - y, p->pixel));
    if (inside > 0)
        c = mix(c, mouth_inside(s, &l, x, y, p->pixel),
                inside * smooth_ramp(0, 0.03f, l.lower_inner - l.upper_inner));
    float off = fmaxf(l.upper_inner - y, y - l.lower_inner);
    return off < 0 ? c : dim(c, 1 - 0.7f * hill(0, off, 1, 0.022f));
}

struct colour face_colour(const struct face_shape *s, const struct spot *p)
{
    float x = fabsf(p->x), y = p->y;
    float blush =
        0.5f * hill(x - 0.58f, y - 0.38f, 0.4f, 0.3f) + 0.4f * hill(x, y - 0.5f, 0.22f, 0.2f);
    struct colour c = mix(skin_colour, (struct colour){0.74f, 0.34f, 0.25f}, blush);
    struct colour light = dim(light_on(p->nx, p->ny, p->nz), openness(s, x, p));
    c = mix(product(c, light), (struct colour){1, 0.98f, 0.95f}, gloss(p));
    c = mouth(s, x, p, c, light);
    c = eye(s, x, p, c);
    return mix(c, dim(hair_colour, 0.8f), brow(s, x, y));
}
