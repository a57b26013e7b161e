#include "demo.h"

#include "expressions.h"
#include "face_relief.h"
#include "portrait.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* The expressions in the order of the demo: the muscles of Friesen & Ekman, "EMFACS-7" (1983), and
 * how far each is contracted so that networks and people read the drawing alike. */
static const float expressions[EXPRESSIONS_LABEL_COUNT][ACTION_UNIT_COUNT] = {
    {/* happy */
     [OUTER_BROW_RAISER] = 0.25f,
     [CHEEK_RAISER] = 0.90f,
     [LID_TIGHTENER] = 0.50f,
     [UPPER_LIP_RAISER] = 0.40f,
     [LIP_CORNER_PULLER] = 1.35f,
     [LIPS_PART] = 1.35f,
     [JAW_DROP] = 0.20f},
    {/* surprise */
     [INNER_BROW_RAISER] = 1.00f,
     [OUTER_BROW_RAISER] = 1.00f,
     [UPPER_LID_RAISER] = 0.90f,
     [LIP_PUCKERER] = 0.40f,
     [LIPS_PART] = 0.50f,
     [JAW_DROP] = 0.90f},
    {/* fear */
     [INNER_BROW_RAISER] = 0.96f,
     [BROW_LOWERER] = 0.52f,
     [UPPER_LID_RAISER] = 1.00f,
     [UPPER_LIP_RAISER] = 0.67f,
     [LOWER_LIP_DEPRESSOR] = 0.34f,
     [LIP_STRETCHER] = 0.94f,
     [LIPS_PART] = 0.95f,
     [JAW_DROP] = 1.00f},
    {/* sad */
     [INNER_BROW_RAISER] = 1.00f,
     [BROW_LOWERER] = 0.80f,
     [LID_TIGHTENER] = 0.30f,
     [LIP_CORNER_DEPRESSOR] = 1.00f,
     [LIP_STRETCHER] = 0.80f,
     [EYES_CLOSED] = 0.30f},
    {/* neutral */
     [INNER_BROW_RAISER] = 0.00f,
     [OUTER_BROW_RAISER] = 0.15f,
     [BROW_LOWERER] = 0.40f,
     [LID_TIGHTENER] = 0.37f,
     [LIP_CORNER_PULLER] = 0.05f,
     [CHIN_RAISER] = 0.17f,
     [LIP_TIGHTENER] = 0.11f},
    {/* disgust */
     [INNER_BROW_RAISER] = 0.73f,
     [OUTER_BROW_RAISER] = 0.06f,
     [BROW_LOWERER] = 1.16f,
     [UPPER_LID_RAISER] = 0.42f,
     [CHEEK_RAISER] = 1.13f,
     [LID_TIGHTENER] = 0.91f,
     [NOSE_WRINKLER] = 1.04f,
     [UPPER_LIP_RAISER] = 1.34f,
     [LIP_CORNER_PULLER] = 0.21f,
     [LIP_CORNER_DEPRESSOR] = 0.09f,
     [CHIN_RAISER] = 0.22f,
     [LIP_PUCKERER] = 0.50f,
     [JAW_DROP] = 0.62f,
     [EYES_CLOSED] = 0.46f},
    {/* angry */
     [BROW_LOWERER] = 0.98f,
     [UPPER_LID_RAISER] = 0.68f,
     [LID_TIGHTENER] = 0.84f,
     [NOSE_WRINKLER] = 0.75f,
     [UPPER_LIP_RAISER] = 0.31f,
     [LIP_CORNER_DEPRESSOR] = 0.15f,
     [LOWER_LIP_DEPRESSOR] = 0.13f,
     [CHIN_RAISER] = 0.03f,
     [LIP_TIGHTENER] = 0.61f,
     [LIPS_PART] = 0.27f,
     [JAW_DROP] = 0.80f},
};

struct demo {
    struct portrait *portrait;
    uint8_t background[DEMO_WIDTH * DEMO_HEIGHT * 3];
    uint8_t pixels[DEMO_WIDTH * DEMO_HEIGHT * 3];
    const uint8_t *person; /* of the portrait, with these muscles; NULL: not yet painted */
    float units[ACTION_UNIT_COUNT];
    long frame;
};

/* A wall in the evening, and lamps far out of focus. */
static void paint_background(struct demo *demo)
{
    static const struct {
        float x, y, radius, blue, green, red;
    } lamps[] = {{520, 96, 46, 26, 44, 62}, {592, 190, 34, 20, 36, 54}, {470, 210, 30, 30, 30, 34},
                 {84, 120, 40, 34, 30, 26}, {40, 236, 30, 22, 32, 46},  {618, 40, 30, 34, 32, 30}};
    const float glow = 1.15f; /* how far, in radiuses */
    for (int i = 0; i < DEMO_WIDTH * DEMO_HEIGHT; i++) {
        int column = i % DEMO_WIDTH, row = i / DEMO_WIDTH;
        float x = (float)column, y = (float)row;
        float dx = x / DEMO_WIDTH - 0.42f, dy = y / DEMO_HEIGHT - 0.4f;
        float light = expf(-3 * (dx * dx + dy * dy));
        float value[3] = {42 + 54 * light, 46 + 60 * light, 50 + 68 * light};
        for (size_t k = 0; k < sizeof lamps / sizeof *lamps; k++) {
            float far = hypotf(x - lamps[k].x, y - lamps[k].y);
            if (far > glow * lamps[k].radius)
                continue;
            float on = 1 - smooth_ramp(0.8f, glow, far / lamps[k].radius);
            value[0] += lamps[k].blue * on;
            value[1] += lamps[k].green * on;
            value[2] += lamps[k].red * on;
        }
        for (int c = 0; c < 3; c++)
            demo->background[i * 3 + c] = (uint8_t)lroundf(value[c]);
    }
}

int demo_open(struct demo **demo, struct error *error)
{
    struct demo *made = calloc(1, sizeof *made);
    if (!made || !(made->portrait = portrait_open())) {
        free(made);
        return error_no_memory(error, "the demo");
    }
    paint_background(made);
    *demo = made;
    return 0;
}

void demo_close(struct demo **demo)
{
    if (*demo)
        portrait_close(&(*demo)->portrait);
    free(*demo);
    *demo = NULL;
}

/* From one expression to the next, with a blink on the way. */
static void move_muscles(struct demo *demo)
{
    long phase = demo->frame % DEMO_CYCLE;
    int from = (int)(phase / (DEMO_REST + DEMO_MORPH)), to = (from + 1) % EXPRESSIONS_LABEL_COUNT;
    float way = (float)(phase % (DEMO_REST + DEMO_MORPH) - DEMO_REST + 1) / (DEMO_MORPH + 1);
    float share = smooth_ramp(0, 1, way), units[ACTION_UNIT_COUNT];
    for (int i = 0; i < ACTION_UNIT_COUNT; i++)
        units[i] = (1 - share) * expressions[from][i] + share * expressions[to][i];
    units[EYES_CLOSED] = fmaxf(units[EYES_CLOSED], 1 - fabsf(way - 0.4f) / 0.3f);
    if (demo->person && memcmp(units, demo->units, sizeof units) == 0)
        return;
    memcpy(demo->units, units, sizeof units);
    demo->person = portrait_paint(demo->portrait, units);
}

enum { ONE = 1 << 16 }; /* a pixel, in fixed-point coordinates of the portrait */

/* Interpolates between four neighbours; fx and fy are 0 .. 255. */
static inline void between(const uint8_t *p, int fx, int fy, int bgra[4])
{
    const uint8_t *q = p + PORTRAIT_WIDTH * 4;
    for (int c = 0; c < 4; c++) {
        int upper = p[c] * (256 - fx) + p[c + 4] * fx;
        int lower = q[c] * (256 - fx) + q[c + 4] * fx;
        bgra[c] = (upper * (256 - fy) + lower * fy + (1 << 15)) >> 16;
    }
}

/* Lays the person over the background, leaning by an angle around the waist, which is at (x, y). */
static void lay_person(struct demo *demo, double angle, double x, double y)
{
    const double waist = PORTRAIT_Y + 2.6 * PORTRAIT_SCALE;
    int across = (int)lround(cos(angle) * ONE), down = (int)lround(sin(angle) * ONE);
    for (int row = 0; row < DEMO_HEIGHT; row++) {
        double left = PORTRAIT_X - cos(angle) * x + sin(angle) * (row - y);
        double top = waist + sin(angle) * x + cos(angle) * (row - y);
        int px = (int)lround(left * ONE), py = (int)lround(top * ONE);
        uint8_t *pixel = demo->pixels + row * DEMO_WIDTH * 3;
        for (int column = 0; column < DEMO_WIDTH; column++, pixel += 3, px += across, py -= down) {
            int ix = px >> 16, iy = py >> 16;
            if (ix < 0 || ix > PORTRAIT_WIDTH - 2 || iy < 0 || iy > PORTRAIT_HEIGHT - 2)
                continue;
            const uint8_t *p = demo->person + (iy * PORTRAIT_WIDTH + ix) * 4;
            if (!(p[3] | p[7] | p[PORTRAIT_WIDTH * 4 + 3] | p[PORTRAIT_WIDTH * 4 + 7]))
                continue; /* beside the person */
            int bgra[4];
            between(p, px >> 8 & 255, py >> 8 & 255, bgra);
            unsigned through = 255u - (unsigned)bgra[3];
            for (int c = 0; c < 3; c++)
                pixel[c] = (uint8_t)((unsigned)bgra[c] + (pixel[c] * through + 127) / 255);
        }
    }
}

void demo_skip(struct demo *demo, int frames)
{
    demo->frame += frames;
}

struct bgr_image demo_next(struct demo *demo, double *time)
{
    double turn = 2 * pi * (double)(demo->frame % DEMO_CYCLE) / DEMO_CYCLE;
    move_muscles(demo);
    memcpy(demo->pixels, demo->background, sizeof demo->pixels);
    lay_person(demo, 0.05 * sin(2 * turn), 0.42 * DEMO_WIDTH + 16 * sin(turn),
               0.99 * DEMO_HEIGHT + 5 * sin(3 * turn));
    *time = (double)demo->frame / DEMO_FPS;
    demo->frame++;
    return (struct bgr_image){demo->pixels, DEMO_WIDTH, DEMO_HEIGHT, (size_t)DEMO_WIDTH * 3};
}
