#include "robustness.h"

#include "face.h"
#include "ocv.h"
#include "warp.h"
#include "webcam.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 128, LOW_QUALITY = 30, FEW_PIXELS = 40 };

enum kind { PLACE, BRIGHTNESS, SIDE_LIGHT, MOTION, NOISE, JPEG, RESOLUTION, BAR, MIRROR };

/* degrees and scale: the face turned to the left and enlarged; dx, dy: moved to the right and
 * down, shares of the side; of a bar, the middle. */
static const struct change {
    const char *name;
    enum kind kind;
    double degrees, scale, dx, dy, brightness;
} changes[ROBUSTNESS_CHANGES] = {
    {"none", .kind = PLACE, .scale = 1},
    {"10 % smaller", .kind = PLACE, .scale = 0.9},
    {"10 % larger", .kind = PLACE, .scale = 1.1},
    {"10 % to the left", .kind = PLACE, .scale = 1, .dx = -0.1},
    {"10 % to the right", .kind = PLACE, .scale = 1, .dx = 0.1},
    {"10 % up", .kind = PLACE, .scale = 1, .dy = -0.1},
    {"10 % down", .kind = PLACE, .scale = 1, .dy = 0.1},
    {"turned by 15 degrees to the left", .kind = PLACE, .scale = 1, .degrees = 15},
    {"turned by 15 degrees to the right", .kind = PLACE, .scale = 1, .degrees = -15},
    {"half brightness", .kind = BRIGHTNESS, .brightness = 0.5},
    {"double brightness", .kind = BRIGHTNESS, .brightness = 2},
    {"light from the left", .kind = SIDE_LIGHT},
    {"motion blur of 10 % to the side", .kind = MOTION},
    {"noise of deviation 12", .kind = NOISE},
    {"JPEG quality 30", .kind = JPEG},
    {"40 pixels wide", .kind = RESOLUTION},
    {"a bar over the eyes", .kind = BAR, .dy = 0.36},
    {"a bar over the mouth", .kind = BAR, .dy = 0.77},
    {"mirrored", .kind = MIRROR},
};

const char *robustness_name(int change)
{
    return changes[change].name;
}

/* Where each pixel comes from is the inverse of where the face goes. */
static void place(const struct change *c, const uint8_t *in, int width, int height, uint8_t *out)
{
    const double radians = 3.141592653589793 / 180.0;
    struct affine moved =
        affine_similarity((float)(-c->degrees * radians), (float)c->scale, (float)(c->dx * width),
                          (float)(c->dy * height), width, height);
    struct affine source = affine_invert(&moved);
    warp_picture(&source, in, width, height, out);
}

static void brighten(double factor, const uint8_t *in, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (uint8_t)fmin(factor * in[i] + 0.5, 255.0);
}

static enum ocv_code shrink_and_enlarge(struct grey_image picture, uint8_t *out,
                                        struct error *error)
{
    uint8_t small[FEW_PIXELS * FEW_PIXELS];
    struct grey_image shrunk = {small, FEW_PIXELS, FEW_PIXELS, FEW_PIXELS};
    enum ocv_code code = ocv_resize_grey(picture, small, FEW_PIXELS, FEW_PIXELS, error);
    return code != OCV_OK ? code
                          : ocv_resize_grey(shrunk, out, picture.width, picture.height, error);
}

/* A fifth of the face, black. */
static void occlude(double middle, struct grey_crop in, uint8_t *out)
{
    struct occlusion bar = {.x = 0.5 * in.width,
                            .y = middle * in.height,
                            .half_width = in.width,
                            .half_height = 0.1 * in.height};
    webcam_occlude(in, bar, out);
}

/* Each picture's own, and the same each time. */
static struct rng noise_of(struct grey_crop in)
{
    uint64_t sum = 0;
    for (int i = 0; i < in.width * in.height; i++)
        sum = sum * 31 + in.pixels[i];
    return rng_make(0, sum);
}

int robustness_change(int change, const uint8_t *in, int width, int height, uint8_t *out,
                      struct error *error)
{
    const struct change *c = &changes[change];
    struct grey_image picture = {in, width, height, (size_t)width};
    const struct grey_crop crop = {in, width, height};
    const double left = 3.141592653589793; /* where the light is */
    struct rng rng = noise_of(crop);
    enum ocv_code code = OCV_OK;
    struct webcam_scratch *scratch = malloc(sizeof *scratch);
    if (!scratch)
        return error_no_memory(error, "the changed pictures");
    switch (c->kind) {
    case PLACE:
        place(c, in, width, height, out);
        break;
    case BRIGHTNESS:
        brighten(c->brightness, in, (size_t)width * (size_t)height, out);
        break;
    case SIDE_LIGHT:
        webcam_side_light(crop, left, 0.7, out);
        break;
    case MOTION:
        webcam_motion_blur(crop, 0, 0.1 * width, scratch, out);
        break;
    case NOISE:
        webcam_noise(crop, 12, &rng, out);
        break;
    case BAR:
        occlude(c->dy, crop, out);
        break;
    case JPEG:
        code = ocv_jpeg_grey(picture, LOW_QUALITY, out, error);
        break;
    case RESOLUTION:
        code = shrink_and_enlarge(picture, out, error);
        break;
    case MIRROR:
        face_mirror(in, width, height, out);
        break;
    }
    free(scratch);
    return code == OCV_OK ? 0 : error_of(error, c->name);
}

struct measuring {
    const struct model *model;
    struct evaluation_data data;
    int width, height;
    struct model_workspace *workspace;
    uint8_t *crops;       /* count x height x width, changed */
    float *probabilities; /* count x K */
    int *unchanged;       /* count: the answers to the unchanged crops */
    struct metrics *labels, *ferplus;
};

static int measure(struct measuring *m, int change, struct robustness *row, struct error *error)
{
    size_t area = (size_t)m->width * (size_t)m->height;
    int classes = m->model->class_count, differing = 0;
    for (int i = 0; i < m->data.count; i++)
        if (robustness_change(change, m->data.crops + (size_t)i * area, m->width, m->height,
                              m->crops + (size_t)i * area, error) < 0)
            return -1;
    model_predict(m->model, m->workspace, m->crops, m->data.count, m->probabilities);
    for (int i = 0; i < m->data.count; i++) {
        int answer = predicted_class(m->probabilities + (size_t)i * (size_t)classes, classes);
        if (change == 0)
            m->unchanged[i] = answer;
        differing += answer != m->unchanged[i];
    }
    metrics_compute(m->labels, classes, m->data.labels, m->data.count, m->probabilities);
    metrics_compute(m->ferplus, classes, m->data.majority, m->data.count, m->probabilities);
    *row = (struct robustness){m->labels->accuracy, m->ferplus->accuracy,
                               (double)differing / m->data.count};
    return 0;
}

int robustness_measure(struct robustness *rows, const struct model *model,
                       const struct dataset *dataset, enum split split, struct error *error)
{
    struct measuring m = {.model = model, .width = dataset->width, .height = dataset->height};
    if (evaluation_data_load(&m.data, dataset, split, error) < 0)
        return -1;
    size_t count = (size_t)m.data.count;
    m.crops = malloc(count * (size_t)m.width * (size_t)m.height);
    m.probabilities = malloc(count * (size_t)model->class_count * sizeof *m.probabilities);
    m.unchanged = malloc(count * sizeof *m.unchanged);
    m.labels = malloc(sizeof *m.labels);
    m.ferplus = malloc(sizeof *m.ferplus);
    int result = 0;
    if (!m.crops || !m.probabilities || !m.unchanged || !m.labels || !m.ferplus)
        result = error_no_memory(error, "the changed pictures");
    else
        result = model_workspace_create(&m.workspace, model, BATCH, error);
    for (int i = 0; i < ROBUSTNESS_CHANGES && result == 0; i++)
        result = measure(&m, i, &rows[i], error);
    model_workspace_free(&m.workspace);
    free(m.crops);
    free(m.probabilities);
    free(m.unchanged);
    free(m.labels);
    free(m.ferplus);
    evaluation_data_free(&m.data);
    return result;
}
