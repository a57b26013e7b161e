#include "explain.h"

#include "mlp_training.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One network's scratch. */
struct reading {
    struct mlp_activations *activations;
    real *vector, *d_vector; /* D */
    void *scratch;           /* of features_extract */
};

struct explainer {
    struct model model; /* with the weights of another one, which are only read */
    struct model_workspace *align;
    struct reading readings[MODEL_MAX_NETWORKS];
    real *target;        /* K */
    uint8_t *face;       /* the aligned crop */
    float *map, *around; /* height x width: of one network; of all, with a border of zeros */
};

static int make_reading(struct reading *reading, const struct network *network, struct error *error)
{
    size_t dim = (size_t)features_dim(&network->features);
    reading->vector = malloc(dim * sizeof *reading->vector);
    reading->d_vector = malloc(dim * sizeof *reading->d_vector);
    reading->scratch = malloc(features_scratch(&network->features));
    if (!reading->vector || !reading->d_vector || !reading->scratch)
        return error_no_memory(error, "the explanation");
    return mlp_activations_create(&reading->activations, &network->mlp.config, 1, error);
}

int explainer_create(struct explainer **explainer, const struct model *model, struct error *error)
{
    struct explainer *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the explanation");
    size_t width = (size_t)model->width, height = (size_t)model->height;
    made->model = *model;
    made->target = calloc((size_t)model->class_count, sizeof *made->target);
    made->face = malloc(width * height);
    made->map = malloc(width * height * sizeof *made->map);
    made->around = calloc((width + 2) * (height + 2), sizeof *made->around);
    int result = 0;
    if (!made->target || !made->face || !made->map || !made->around)
        result = error_no_memory(error, "the explanation");
    if (result == 0)
        result = model_workspace_create(&made->align, model, 1, error);
    for (int i = 0; result == 0 && i < model->network_count; i++)
        result = make_reading(&made->readings[i], &model->networks[i], error);
    if (result)
        explainer_free(&made);
    else
        *explainer = made;
    return result;
}

void explainer_free(struct explainer **explainer)
{
    struct explainer *freed = *explainer;
    if (!freed)
        return;
    for (int i = 0; i < MODEL_MAX_NETWORKS; i++) {
        mlp_activations_free(&freed->readings[i].activations);
        free(freed->readings[i].vector);
        free(freed->readings[i].d_vector);
        free(freed->readings[i].scratch);
    }
    model_workspace_free(&freed->align);
    free(freed->target);
    free(freed->face);
    free(freed->map);
    free(freed->around);
    free(freed);
    *explainer = NULL;
}

/* explainer->map: what the face's pixels say to one network. */
static void explain_network(struct explainer *explainer, struct network *network, struct reading *r)
{
    const struct mlp_training training = {.loss = LOSS_CROSS_ENTROPY};
    size_t dim = (size_t)features_dim(&network->features);
    features_extract(&network->features, r->scratch, explainer->face, r->vector);
    mlp_forward_training(&network->mlp, r->activations, &training, r->vector, 1, NULL);
    mlp_backward(&network->mlp, r->activations, &training, r->vector, explainer->target, 1, 1, NULL,
                 r->d_vector);
    /* The cost is -ln p. */
    for (size_t i = 0; i < dim; i++)
        r->d_vector[i] = -r->d_vector[i];
    features_relevance(&network->features, r->vector, r->d_vector, explainer->map);
}

/* The face's map, bordered by zeros, as the crop's: each pixel of the crop asks where it lies in
 * the face. */
static void carry_back(const struct explainer *e, const struct affine *face, float *map)
{
    const struct affine back = affine_invert(face);
    int width = e->model.width, height = e->model.height, line = width + 2;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            float u = back.m[0] * (float)x + back.m[1] * (float)y + back.m[2] + 1.0f;
            float v = back.m[3] * (float)x + back.m[4] * (float)y + back.m[5] + 1.0f;
            bool inside =
                u >= 0.0f && v >= 0.0f && u < (float)(width + 1) && v < (float)(height + 1);
            const float *at = e->around + (inside ? (int)v * line + (int)u : 0);
            float fx = u - floorf(u), fy = v - floorf(v);
            float upper = at[0] + fx * (at[1] - at[0]);
            float lower = at[line] + fx * (at[line + 1] - at[line]);
            map[y * width + x] = inside ? upper + fy * (lower - upper) : 0.0f;
        }
}

void explainer_run(struct explainer *explainer, const uint8_t *crop, int label, float *map)
{
    struct model *model = &explainer->model;
    int width = model->width, height = model->height;
    struct affine face;
    assert(label >= 0 && label < model->class_count);
    memset(explainer->target, 0, (size_t)model->class_count * sizeof *explainer->target);
    explainer->target[label] = 1;
    model_align(model, explainer->align, crop, &face);
    warp_picture(&face, crop, width, height, explainer->face);
    memset(explainer->around, 0,
           (size_t)(width + 2) * (size_t)(height + 2) * sizeof *explainer->around);
    for (int i = 0; i < model->network_count; i++) {
        explain_network(explainer, &model->networks[i], &explainer->readings[i]);
        for (int p = 0; p < width * height; p++)
            explainer->around[(p / width + 1) * (width + 2) + p % width + 1] +=
                explainer->map[p] / (float)model->network_count;
    }
    carry_back(explainer, &face, map);
}
