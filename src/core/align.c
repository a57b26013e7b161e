#include "align.h"

#include "face.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 3 }; /* each sees the face better placed than the one before */

/* The view shows the middle 1/zoom of the crop. */
static const float zoom = 1.4f;

/* The largest pose that is drawn; the outputs reach a quarter beyond. */
static const struct pose bound = {0.4f, 0.24f, 0.125f, 0.125f};
static const float reach = 1.25f;

static const struct pose no_pose = {0};

struct features align_features(int width, int height)
{
    return features_default(FEATURES_HOG, width, height);
}

int align_check(const struct mlp_config *config, int width, int height, struct error *error)
{
    struct features features = align_features(width, height);
    if (features_check(&features, error) < 0 || mlp_config_check(config, error) < 0)
        return -1;
    int dim = features_dim(&features), outputs = config->units[config->layer_count];
    if (config->units[0] != dim || outputs != ALIGN_OUTPUTS || config->output != OUTPUT_SIGMOID)
        return error_set(error,
                         "an aligner with %d inputs and %d %s outputs; it must have %d inputs and "
                         "%d sigmoid outputs",
                         config->units[0], outputs, output_activation_names[config->output], dim,
                         ALIGN_OUTPUTS);
    return 0;
}

static struct affine map_of(const struct pose *pose, float scale, int width, int height)
{
    return affine_similarity(pose->angle, scale * expf(-pose->log_scale), pose->dx * (float)width,
                             pose->dy * (float)height, width, height);
}

void align_view(const struct affine *face, const struct pose *pose, const uint8_t *crop, int width,
                int height, uint8_t *view)
{
    struct affine moved = map_of(pose, 1.0f / zoom, width, height);
    struct affine map = affine_compose(face, &moved);
    warp_picture(&map, crop, width, height, view);
}

void align_encode(const struct pose *pose, float outputs[ALIGN_OUTPUTS])
{
    const float values[] = {pose->angle / bound.angle, pose->log_scale / bound.log_scale,
                            pose->dx / bound.dx, pose->dy / bound.dy};
    for (int i = 0; i < ALIGN_OUTPUTS; i++)
        outputs[i] = 0.5f + 0.5f * values[i] / reach;
}

static struct pose decode(const float outputs[ALIGN_OUTPUTS])
{
    float values[ALIGN_OUTPUTS];
    for (int i = 0; i < ALIGN_OUTPUTS; i++)
        values[i] = reach * (2.0f * outputs[i] - 1.0f);
    return (struct pose){values[0] * bound.angle, values[1] * bound.log_scale, values[2] * bound.dx,
                         values[3] * bound.dy};
}

static float symmetric(struct rng *rng, float limit)
{
    return (float)rng_between(rng, (double)-limit, (double)limit);
}

struct pose align_random_pose(struct rng *rng)
{
    struct pose pose;
    pose.angle = symmetric(rng, bound.angle);
    pose.log_scale = symmetric(rng, bound.log_scale);
    pose.dx = symmetric(rng, bound.dx);
    pose.dy = symmetric(rng, bound.dy);
    return pose;
}

struct pose align_mirror(const struct pose *pose)
{
    return (struct pose){-pose->angle, pose->log_scale, -pose->dx, pose->dy};
}

struct affine align_enlarge(const struct affine *face, float times, int width, int height)
{
    struct affine closer = affine_similarity(0.0f, 1.0f / times, 0.0f, 0.0f, width, height);
    return affine_compose(face, &closer);
}

struct align_workspace {
    int width, height;
    struct features features;
    struct mlp_workspace *mlp;
    float *vectors;   /* 2 x D: of the view and of its mirror image */
    void *scratch;    /* of features_extract */
    uint8_t *view[2]; /* height x width */
};

int align_workspace_create(struct align_workspace **workspace, const struct mlp *aligner, int width,
                           int height, struct error *error)
{
    struct align_workspace *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the aligner");
    made->width = width;
    made->height = height;
    made->features = align_features(width, height);
    made->vectors = calloc(2 * (size_t)features_dim(&made->features), sizeof(float));
    made->scratch = malloc(features_scratch(&made->features));
    made->view[0] = malloc((size_t)width * (size_t)height);
    made->view[1] = malloc((size_t)width * (size_t)height);
    int result = made->vectors && made->scratch && made->view[0] && made->view[1]
                     ? mlp_workspace_create(&made->mlp, &aligner->config, 2, error)
                     : error_no_memory(error, "the aligner");
    if (result < 0)
        align_workspace_free(&made);
    else
        *workspace = made;
    return result;
}

void align_workspace_free(struct align_workspace **workspace)
{
    struct align_workspace *w = *workspace;
    if (!w)
        return;
    mlp_workspace_free(&w->mlp);
    free(w->vectors);
    free(w->scratch);
    free(w->view[0]);
    free(w->view[1]);
    free(w);
    *workspace = NULL;
}

/* Rounded to less than a hundredth of a pixel of a face: where another processor adds in another
 * order, the aligned pixels still are the same. */
static float mean_of(float a, float b)
{
    const float steps = 8192.0f;
    return roundf(0.5f * (a + b) * steps) / steps;
}

void align_find(const struct mlp *aligner, struct align_workspace *w, const uint8_t *crop,
                struct affine *face)
{
    int dim = features_dim(&w->features);
    *face = affine_identity;
    for (int step = 0; step < STEPS; step++) {
        float outputs[2 * ALIGN_OUTPUTS];
        align_view(face, &no_pose, crop, w->width, w->height, w->view[0]);
        features_extract(&w->features, w->scratch, w->view[0], w->vectors);
        if (!features_mirror(&w->features, w->vectors, w->vectors + dim)) {
            face_mirror(w->view[0], w->width, w->height, w->view[1]);
            features_extract(&w->features, w->scratch, w->view[1], w->vectors + dim);
        }
        mlp_forward(aligner, w->mlp, w->vectors, 2, outputs);
        struct pose seen = decode(outputs), mirrored = decode(outputs + ALIGN_OUTPUTS);
        mirrored = align_mirror(&mirrored);
        struct pose mean = {mean_of(seen.angle, mirrored.angle),
                            mean_of(seen.log_scale, mirrored.log_scale),
                            mean_of(seen.dx, mirrored.dx), mean_of(seen.dy, mirrored.dy)};
        struct affine moved = map_of(&mean, 1.0f, w->width, w->height);
        struct affine undo = affine_invert(&moved);
        *face = affine_compose(face, &undo);
    }
}
