#include "scenes.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double two_pi = 6.283185307179586;

struct canvas {
    struct rng *rng;
    int side;
    uint8_t *pixels;
};

static uint8_t to_grey(double value)
{
    return (uint8_t)fmin(fmax(value, 0.0), 255.0);
}

/* Blends a grey value into a pixel; outside the scene nothing. */
static void dab(const struct canvas *s, int x, int y, double grey, double share)
{
    if (x < 0 || y < 0 || x >= s->side || y >= s->side)
        return;
    uint8_t *pixel = &s->pixels[y * s->side + x];
    *pixel = to_grey(*pixel + share * (grey - *pixel));
}

/* A plane of light in any direction, which may end at black or white. */
static void gradient(const struct canvas *s)
{
    double angle = rng_between(s->rng, 0, two_pi), middle = rng_between(s->rng, 40, 215);
    double rise = rng_between(s->rng, 0, 300) / s->side, dx = rise * cos(angle),
           dy = rise * sin(angle);
    for (int y = 0; y < s->side; y++)
        for (int x = 0; x < s->side; x++)
            s->pixels[y * s->side + x] =
                to_grey(middle + dx * (x - s->side / 2.0) + dy * (y - s->side / 2.0));
}

/* Value noise in octaves (Perlin 1985): each has half the wavelength of the one before and `fade`
 * of its height, from clouds at .3 to sand at 1; folded at its middle it has the ridges of bark and
 * rock (Musgrave 1989). */
static void noise(const struct canvas *s)
{
    enum { GRID = 33 };
    double fade = rng_between(s->rng, 0.3, 1.0), height = rng_between(s->rng, 20, 90);
    double squeeze = rng_between(s->rng, 0.4, 1.0); /* water and wood lie in one direction */
    bool folded = rng_below(s->rng, 2), across = rng_below(s->rng, 2);
    if (folded)
        squeeze *= rng_between(s->rng, 0.2, 1.0);
    double cell = s->side / rng_between(s->rng, 2, 8);
    for (; cell >= 1.5; cell /= 2, height *= fade) {
        float values[GRID][GRID];
        for (int i = 0; i < GRID * GRID; i++)
            values[i / GRID][i % GRID] = (float)rng_between(s->rng, -height, height);
        for (int y = 0; y < s->side; y++)
            for (int x = 0; x < s->side; x++) {
                double u = x * (across ? 1 : squeeze) / cell, v = y * (across ? squeeze : 1) / cell;
                int left = (int)u % (GRID - 1), top = (int)v % (GRID - 1);
                double fu = u - floor(u), fv = v - floor(v);
                fu *= fu * (3 - 2 * fu);
                fv *= fv * (3 - 2 * fv);
                const float *upper = &values[top][left], *lower = &values[top + 1][left];
                double a = (1 - fu) * (double)upper[0] + fu * (double)upper[1];
                double b = (1 - fu) * (double)lower[0] + fu * (double)lower[1];
                double value = a + fv * (b - a);
                value = folded ? 0.6 * height - 2 * fabs(value) : value;
                dab(s, x, y, s->pixels[y * s->side + x] + value, 1);
            }
    }
}

/* One wave, or two that cross as threads do. */
static void waves(const struct canvas *s, int count)
{
    for (int i = 0; i < count; i++) {
        double angle = rng_between(s->rng, 0, two_pi), height = rng_between(s->rng, 15, 90);
        double step = two_pi / rng_between(s->rng, 4, s->side / 3.0),
               sharp = rng_between(s->rng, 0.3, 4);
        double bend = rng_between(s->rng, 0, 6), slow = two_pi / rng_between(s->rng, 40, 400);
        double dx = cos(angle), dy = sin(angle);
        for (int y = 0; y < s->side; y++)
            for (int x = 0; x < s->side; x++) {
                double along = dx * x + dy * y + bend * sin(slow * (dx * y - dy * x));
                double wave = tanh(sharp * sin(step * along)) / tanh(sharp);
                dab(s, x, y, s->pixels[y * s->side + x] + height * wave, 1);
            }
    }
}

/* An ellipse, a >= b, shaded from one end to the other as if it were round or a leaf. */
static void ellipse(const struct canvas *s, double x, double y, double a, double b, double angle,
                    double grey, double shade)
{
    double c = cos(angle), d = sin(angle), reach = a + 1;
    for (int row = (int)(y - reach); row <= (int)(y + reach); row++)
        for (int column = (int)(x - reach); column <= (int)(x + reach); column++) {
            double u = (c * (column - x) + d * (row - y)) / a;
            double v = (c * (row - y) - d * (column - x)) / b;
            double inside = (1 - u * u - v * v) * b / 2;
            if (inside > 0)
                dab(s, column, row, grey + shade * u, fmin(inside, 1));
        }
}

/* Cells around points (Worley 1996), from stones with dark joints between them to cracked ground.
 */
static void cells(const struct canvas *s)
{
    enum { MOST = 150 };
    double xs[MOST], ys[MOST], greys[MOST];
    int count = 8 + (int)rng_below(s->rng, MOST - 8);
    double size = s->side / sqrt(count), joint = rng_between(s->rng, 0.03, 0.3) * size;
    double flat = rng_between(s->rng, 0.5, 1.0), dome = rng_between(s->rng, -60, 100);
    double depth = rng_between(s->rng, -60, 200), grey = rng_between(s->rng, 40, 220);
    double unlike = rng_between(s->rng, 0, 60), share = rng_between(s->rng, 0.5, 1);
    double dx = rng_between(s->rng, -40, 40) / size, dy = rng_between(s->rng, -40, 40) / size;
    assert(count > 0);
    for (int i = 0; i < count; i++) {
        xs[i] = rng_between(s->rng, 0, s->side);
        ys[i] = rng_between(s->rng, 0, s->side);
        greys[i] = grey + rng_between(s->rng, -unlike, unlike);
    }
    for (int y = 0; y < s->side; y++)
        for (int x = 0; x < s->side; x++) {
            double nearest = 1e9, next = 1e9;
            int cell = 0;
            for (int i = 0; i < count; i++) {
                double distance = hypot((x - xs[i]) * flat, y - ys[i]);
                next = fmin(next, fmax(distance, nearest));
                if (distance < nearest) {
                    nearest = distance;
                    cell = i;
                }
            }
            double near_joint = exp(-(next - nearest) / joint), far = nearest / size;
            double light = dx * (x - xs[cell]) + dy * (y - ys[cell]) - dome * far * far;
            dab(s, x, y, greys[cell] + light - depth * near_joint, share);
        }
}

/* Rings around a few points, as knots in wood, targets and ripples have them. */
static void rings(const struct canvas *s)
{
    int count = 1 + (int)rng_below(s->rng, 5);
    for (int i = 0; i < count; i++) {
        double x0 = rng_between(s->rng, 0, s->side), y0 = rng_between(s->rng, 0, s->side);
        double step = two_pi / rng_between(s->rng, 5, 30), reach = rng_between(s->rng, 8, 60);
        double flat = rng_between(s->rng, 0.4, 1), height = rng_between(s->rng, 20, 110);
        double lobes = 1 + (double)rng_below(s->rng, 5), bend = rng_between(s->rng, 0, 3);
        for (int y = 0; y < s->side; y++)
            for (int x = 0; x < s->side; x++) {
                double far = hypot((x - x0) * flat, y - y0);
                double wave = cos(step * far + bend * sin(lobes * atan2(y - y0, x - x0)));
                double fade = exp(-far * far / (reach * reach));
                dab(s, x, y, s->pixels[y * s->side + x] - height * fade * wave, 1);
            }
    }
}

static void ellipses(const struct canvas *s, int count, double smallest, double largest,
                     double flattest)
{
    for (int i = 0; i < count; i++) {
        double a = smallest * pow(largest / smallest, rng_uniform(s->rng));
        double shade = rng_between(s->rng, -70, 70), grey = rng_between(s->rng, 0, 255);
        double angle = rng_between(s->rng, 0, two_pi);
        double b = fmax(a * rng_between(s->rng, flattest, 1), 1);
        double y = rng_between(s->rng, 0, s->side), x = rng_between(s->rng, 0, s->side);
        ellipse(s, x, y, a, b, angle, grey, shade);
    }
}

/* Ellipses, much alike, in one direction: icicles, blades of grass, feathers, fingers. */
static void bundle(const struct canvas *s)
{
    double angle = rng_between(s->rng, 0, two_pi), spread = rng_between(s->rng, 0, 0.3);
    double length = rng_between(s->rng, 15, s->side / 2.0), flat = rng_between(s->rng, 0.05, 0.35);
    double grey = rng_between(s->rng, 0, 255), unlike = rng_between(s->rng, 10, 80);
    int count = 10 + (int)rng_below(s->rng, 120);
    for (int i = 0; i < count; i++) {
        double a = length * rng_between(s->rng, 0.5, 1);
        double shade = rng_between(s->rng, -90, 90);
        double own = grey + rng_between(s->rng, -unlike, unlike);
        double turned = angle + rng_between(s->rng, -spread, spread);
        double y = rng_between(s->rng, 0, s->side), x = rng_between(s->rng, 0, s->side);
        ellipse(s, x, y, a, fmax(a * flat, 1), turned, own, shade);
    }
}

/* A line of even width. */
static void stroke(const struct canvas *s, double x0, double y0, double x1, double y1, double width,
                   double grey)
{
    double length = hypot(x1 - x0, y1 - y0);
    for (double t = 0; t <= length; t += 0.5) {
        double x = x0 + (x1 - x0) * t / fmax(length, 1), y = y0 + (y1 - y0) * t / fmax(length, 1);
        for (int i = 0; i <= (int)width; i++)
            for (int j = 0; j <= (int)width; j++)
                dab(s, (int)(x + i - width / 2), (int)(y + j - width / 2), grey, 0.7);
    }
}

/* Lines of letters that nobody can read: two to four strokes each. */
static void text(const struct canvas *s)
{
    double size = rng_between(s->rng, 6, 40),
           width = fmax(1, size * rng_between(s->rng, 0.06, 0.22));
    double grey = rng_between(s->rng, 0, 255), tilt = rng_between(s->rng, -0.15, 0.15);
    double left = rng_between(s->rng, 0, s->side * 0.3),
           spacing = size * rng_between(s->rng, 1.3, 2);
    for (double y = rng_between(s->rng, 0, 2 * size); y < s->side; y += spacing)
        for (double x = left; x < s->side * 0.95; x += size * rng_between(s->rng, 0.6, 1.1)) {
            int strokes = rng_below(s->rng, 6) == 0 ? 0 : 2 + (int)rng_below(s->rng, 3);
            double base = y + tilt * x;
            for (int i = 0; i < strokes; i++) {
                double y1 = base + size * 0.5 * (double)rng_below(s->rng, 3);
                double x1 = x + size * 0.25 * (double)rng_below(s->rng, 3);
                double y0 = base + size * 0.5 * (double)rng_below(s->rng, 3);
                double x0 = x + size * 0.25 * (double)rng_below(s->rng, 3);
                stroke(s, x0, y0, x1, y1, width, grey);
            }
        }
}

/* Boxes in rows, as windows and shelves have them, or thrown anyhow. */
static void boxes(const struct canvas *s)
{
    bool rows = rng_below(s->rng, 2);
    double size = rng_between(s->rng, 8, s->side / 3.0), gap = size * rng_between(s->rng, 0.1, 0.8);
    double wide = rng_between(s->rng, 0.5, 1.8), grey = rng_between(s->rng, 0, 255);
    for (double y = 0; y < s->side; y += size + gap)
        for (double x = 0; x < s->side; x += size * wide + gap) {
            double px = rows ? x : rng_between(s->rng, 0, s->side);
            double py = rows ? y : rng_between(s->rng, 0, s->side);
            double tone = rows ? grey + rng_between(s->rng, -15, 15) : rng_between(s->rng, 0, 255);
            for (int v = 0; v < (int)size; v++)
                for (int u = 0; u < (int)(size * wide); u++)
                    dab(s, (int)px + u, (int)py + v, tone, 1);
        }
}

static void strokes(const struct canvas *s)
{
    int count = 5 + (int)rng_below(s->rng, 60);
    for (int i = 0; i < count; i++) {
        double grey = rng_between(s->rng, 0, 255), width = rng_between(s->rng, 1, 8);
        double y1 = rng_between(s->rng, 0, s->side), x1 = rng_between(s->rng, 0, s->side);
        double y0 = rng_between(s->rng, 0, s->side), x0 = rng_between(s->rng, 0, s->side);
        stroke(s, x0, y0, x1, y1, width, grey);
    }
}

void scene_make(struct rng *rng, int side, uint8_t *scene)
{
    struct canvas s = {rng, side, scene};
    enum { KINDS = 11 };
    gradient(&s);
    int layers = 1 + (int)rng_below(rng, 3);
    for (int i = 0; i < layers; i++) {
        switch (rng_below(rng, KINDS)) {
        case 0:
            noise(&s);
            break;
        case 1: /* stripes */
            waves(&s, 1);
            break;
        case 2: /* cloth */
            waves(&s, 2);
            break;
        case 3: /* foliage, pebbles */
            ellipses(&s, 150 + (int)rng_below(rng, 500), 3, 25, 0.25);
            break;
        case 4: /* balls, wheels, lamps */
            ellipses(&s, 5 + (int)rng_below(rng, 40), 6, s.side / 4.0, 0.6);
            break;
        case 5:
            text(&s);
            break;
        case 6:
            boxes(&s);
            break;
        case 7:
            cells(&s);
            break;
        case 8:
            rings(&s);
            break;
        case 9:
            bundle(&s);
            break;
        default:
            strokes(&s);
            break;
        }
    }
}
