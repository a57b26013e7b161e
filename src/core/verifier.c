#include "verifier.h"

#include "face.h"

#include <stdlib.h>

struct features verifier_features(int width, int height)
{
    return features_default(FEATURES_HOG, width, height);
}

int verifier_check(const struct mlp_config *config, int width, int height, struct error *error)
{
    struct features features = verifier_features(width, height);
    if (features_check(&features, error) < 0 || mlp_config_check(config, error) < 0)
        return -1;
    int dim = features_dim(&features), outputs = config->units[config->layer_count];
    if (config->units[0] != dim || outputs != 1 || config->output != OUTPUT_SIGMOID)
        return error_set(error, "a verifier from %d to %d values; it must lead from %d to 1",
                         config->units[0], outputs, dim);
    return 0;
}

struct verifier_workspace {
    int width, height;
    struct features features;
    struct mlp_workspace *mlp;
    float *vectors;    /* 2 x D: of the crop and of its mirror image */
    uint8_t *mirrored; /* height x width */
};

int verifier_workspace_create(struct verifier_workspace **workspace, const struct mlp *verifier,
                              int width, int height, struct error *error)
{
    struct verifier_workspace *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the verifier");
    made->width = width;
    made->height = height;
    made->features = verifier_features(width, height);
    made->vectors = calloc(2 * (size_t)features_dim(&made->features), sizeof *made->vectors);
    made->mirrored = malloc((size_t)width * (size_t)height);
    int result = 0;
    if (!made->vectors || !made->mirrored)
        result = error_no_memory(error, "the verifier");
    else
        result = mlp_workspace_create(&made->mlp, &verifier->config, 2, error);
    if (result < 0)
        verifier_workspace_free(&made);
    else
        *workspace = made;
    return result;
}

void verifier_workspace_free(struct verifier_workspace **workspace)
{
    struct verifier_workspace *w = *workspace;
    if (!w)
        return;
    mlp_workspace_free(&w->mlp);
    free(w->vectors);
    free(w->mirrored);
    free(w);
    *workspace = NULL;
}

float verifier_score(const struct mlp *verifier, struct verifier_workspace *w, const uint8_t *crop)
{
    int dim = features_dim(&w->features);
    float scores[2];
    features_extract(&w->features, crop, w->vectors);
    if (!features_mirror(&w->features, w->vectors, w->vectors + dim)) {
        face_mirror(crop, w->width, w->height, w->mirrored);
        features_extract(&w->features, w->mirrored, w->vectors + dim);
    }
    mlp_forward(verifier, w->mlp, w->vectors, 2, scores);
    return 0.5f * (scores[0] + scores[1]);
}
