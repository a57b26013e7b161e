#include "demo.h"

#include "frame.h"
#include "labels.h"
#include "picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OVAL = 248 }; /* side of the square that the face is drawn in, pixels */

/* Exponent of the superellipse that the face fades out along; 2 would be a circle. */
static const double roundness = 2.5;

static const double pi = 3.14159265358979323846;

struct demo {
    float faces[LABEL_COUNT][FACE_SIDE * FACE_SIDE]; /* grey values, 0..255 */
    uint8_t background[DEMO_WIDTH * DEMO_HEIGHT * 3];
    uint8_t pixels[DEMO_WIDTH * DEMO_HEIGHT * 3];
    float opacity[OVAL * OVAL];   /* of the face, 1 in the middle, 0 outside of the oval */
    float large[OVAL * OVAL];     /* scratch: the enlarged face */
    float rows[FACE_SIDE * OVAL]; /* scratch: the face enlarged in x only */
    long frame;
};

static double smooth_step(double edge0, double edge1, double x)
{
    double t = fmin(fmax((x - edge0) / (edge1 - edge0), 0), 1);
    return t * t * (3 - 2 * t);
}

/* A soft light on a wall: warm grey, brighter behind the face, darker towards the corners. */
static void paint_background(struct demo *demo)
{
    for (int y = 0; y < DEMO_HEIGHT; y++) {
        for (int x = 0; x < DEMO_WIDTH; x++) {
            double dx = (x - 0.46 * DEMO_WIDTH) / DEMO_WIDTH;
            double dy = (y - 0.42 * DEMO_HEIGHT) / DEMO_HEIGHT;
            double light = exp(-3.2 * (dx * dx + dy * dy));
            uint8_t *pixel = demo->background + (y * DEMO_WIDTH + x) * 3;
            pixel[0] = (uint8_t)lround(38 + 72 * light);
            pixel[1] = (uint8_t)lround(40 + 76 * light);
            pixel[2] = (uint8_t)lround(43 + 80 * light);
        }
    }
}

static void shape_oval(struct demo *demo)
{
    for (int y = 0; y < OVAL; y++) {
        for (int x = 0; x < OVAL; x++) {
            double dx = fabs(x + 0.5 - OVAL / 2.0) / (0.5 * OVAL);
            double dy = fabs(y + 0.5 - OVAL / 2.0) / (0.5 * OVAL);
            double radius = pow(pow(dx, roundness) + pow(dy, roundness), 1 / roundness);
            demo->opacity[y * OVAL + x] = (float)(1 - smooth_step(0.74, 1.0, radius));
        }
    }
}

int demo_open(struct demo **demo, const char *mean_faces_path, struct error *error)
{
    struct frame picture = {0};
    if (picture_read(mean_faces_path, &picture, NULL, error))
        return -1;
    struct demo *made = NULL;
    int result = 0;
    if (picture.width != LABEL_COUNT * FACE_SIDE || picture.height != FACE_SIDE)
        result = error_set(error,
                           "%s: is %dx%d but seven faces of %dx%d belong there; make it again "
                           "with train_fer --mean-faces",
                           mean_faces_path, picture.width, picture.height, FACE_SIDE, FACE_SIDE);
    else if (!(made = calloc(1, sizeof *made)))
        result = error_no_memory(error, "the demo");
    if (made) {
        for (int i = 0; i < LABEL_COUNT * FACE_SIDE * FACE_SIDE; i++) {
            int x = i % (LABEL_COUNT * FACE_SIDE);
            int y = i / (LABEL_COUNT * FACE_SIDE);
            made->faces[x / FACE_SIDE][y * FACE_SIDE + x % FACE_SIDE] = picture.grey[i];
        }
        paint_background(made);
        shape_oval(made);
        *demo = made;
    }
    frame_free(&picture);
    return result;
}

void demo_close(struct demo **demo)
{
    free(*demo);
    *demo = NULL;
}

/* Catmull & Rom 1974: the cubic through the two middle points, t in [0, 1] between them. */
static float cubic(const float p[4], float t)
{
    float a = 0.5f * (3 * (p[1] - p[2]) + p[3] - p[0]);
    float b = p[0] - 2.5f * p[1] + 2 * p[2] - 0.5f * p[3];
    float c = 0.5f * (p[2] - p[0]);
    return ((a * t + b) * t + c) * t + p[1];
}

static float sample_cubic(const float *line, int step, double position)
{
    int base = (int)floor(position);
    float points[4];
    for (int k = 0; k < 4; k++) {
        int i = base - 1 + k;
        i = i < 0 ? 0 : i >= FACE_SIDE ? FACE_SIDE - 1 : i;
        points[k] = line[i * step];
    }
    return cubic(points, (float)(position - base));
}

/* `offset` shifts by parts of a pixel, so that a slow drift does not stutter. */
static void enlarge(struct demo *demo, const float *face, const double offset[2])
{
    const double ratio = (double)FACE_SIDE / OVAL;
    for (int y = 0; y < FACE_SIDE; y++) {
        for (int x = 0; x < OVAL; x++)
            demo->rows[y * OVAL + x] =
                sample_cubic(face + y * FACE_SIDE, 1, (x + 0.5 - offset[0]) * ratio - 0.5);
    }
    for (int y = 0; y < OVAL; y++) {
        for (int x = 0; x < OVAL; x++)
            demo->large[y * OVAL + x] =
                sample_cubic(demo->rows + x, OVAL, (y + 0.5 - offset[1]) * ratio - 0.5);
    }
}

static void mix_faces(const struct demo *demo, long frame, float *face)
{
    long phase = (frame + DEMO_LEAD) % DEMO_CYCLE;
    int from = (int)(phase / (DEMO_REST + DEMO_MORPH));
    int to = (from + 1) % LABEL_COUNT;
    int step = (int)(phase % (DEMO_REST + DEMO_MORPH)) - DEMO_REST + 1;
    float share = step > 0 ? (float)smooth_step(0, DEMO_MORPH + 1, step) : 0;
    for (int i = 0; i < FACE_SIDE * FACE_SIDE; i++)
        face[i] = (1 - share) * demo->faces[from][i] + share * demo->faces[to][i];
}

/* A print in warm grey: each channel is the grey value times its tint. */
static void blend(struct demo *demo, int left, int top)
{
    static const float tint[3] = {0.93f, 0.98f, 1.04f};
    for (int y = 0; y < OVAL; y++) {
        for (int x = 0; x < OVAL; x++) {
            float opacity = demo->opacity[y * OVAL + x];
            uint8_t *pixel = demo->pixels + ((top + y) * DEMO_WIDTH + left + x) * 3;
            for (int c = 0; c < 3; c++) {
                float value = fminf(fmaxf(demo->large[y * OVAL + x] * tint[c], 0), 255);
                pixel[c] = (uint8_t)lroundf(pixel[c] + (value - pixel[c]) * opacity);
            }
        }
    }
}

struct bgr_image demo_next(struct demo *demo, double *time)
{
    float face[FACE_SIDE * FACE_SIDE];
    mix_faces(demo, demo->frame, face);

    double angle = 2 * pi * (double)(demo->frame % DEMO_CYCLE) / DEMO_CYCLE;
    double x = 0.42 * DEMO_WIDTH + 42 * sin(angle) - OVAL / 2.0;
    double y = 0.5 * DEMO_HEIGHT + 26 * sin(2 * angle) - OVAL / 2.0;
    double offset[2] = {x - floor(x), y - floor(y)};
    enlarge(demo, face, offset);

    memcpy(demo->pixels, demo->background, sizeof demo->pixels);
    blend(demo, (int)floor(x), (int)floor(y));
    *time = (double)demo->frame / DEMO_FPS;
    demo->frame++;
    return (struct bgr_image){demo->pixels, DEMO_WIDTH, DEMO_HEIGHT, (size_t)DEMO_WIDTH * 3};
}
