#include "verifier.h"

#include "face.h"

#include <math.h>
#include <stdlib.h>

/* The logarithm of the mean gradient of the square root of the grey value, 0 .. 1: that of faces
 * has this mean and this deviation in FER2013; brought to mean 0, deviation 1, and within the
 * bounds. */
static const float mean_strength = -2.38f, deviation = 0.30f, weakest = -6.0f, strongest = 4.0f;

static struct features hog_of(int width, int height)
{
    return features_default(FEATURES_HOG, width, height);
}

int verifier_dim(int width, int height)
{
    struct features hog = hog_of(width, height);
    return features_dim(&hog) + 1;
}

double verifier_bound(int width, int height)
{
    struct features hog = hog_of(width, height);
    return fmax(features_bound(&hog), (double)-weakest);
}

static float gradient_strength(const uint8_t *crop, int width, int height)
{
    float roots[256];
    double sum = 0.0;
    for (int i = 0; i < 256; i++)
        roots[i] = sqrtf((float)i / 255.0f);
    for (int y = 1; y + 1 < height; y++)
        for (int x = 1; x + 1 < width; x++) {
            const uint8_t *p = crop + y * width + x;
            float dx = roots[p[1]] - roots[p[-1]], dy = roots[p[width]] - roots[p[-width]];
            sum += (double)sqrtf(dx * dx + dy * dy);
        }
    float mean = (float)(sum / ((width - 2) * (height - 2)));
    return fminf(fmaxf((logf(mean + 1e-6f) - mean_strength) / deviation, weakest), strongest);
}

size_t verifier_scratch(int width, int height)
{
    struct features hog = hog_of(width, height);
    return features_scratch(&hog);
}

void verifier_vector(void *scratch, const uint8_t *crop, int width, int height, float *vector)
{
    struct features hog = hog_of(width, height);
    features_extract(&hog, scratch, crop, vector);
    vector[features_dim(&hog)] = gradient_strength(crop, width, height);
}

int verifier_check(const struct mlp_config *config, int width, int height, struct error *error)
{
    struct features hog = hog_of(width, height);
    if (features_check(&hog, error) < 0 || mlp_config_check(config, error) < 0)
        return -1;
    int dim = verifier_dim(width, height), outputs = config->units[config->layer_count];
    if (config->units[0] != dim || outputs != 1 || config->output != OUTPUT_SIGMOID)
        return error_set(error,
                         "a verifier with %d inputs and %d %s outputs; it must have %d inputs and "
                         "1 sigmoid output",
                         config->units[0], outputs, output_activation_names[config->output], dim);
    return 0;
}

struct verifier_workspace {
    int width, height;
    struct mlp_workspace *mlp;
    float *vectors;    /* 2 x D: of the crop and of its mirror image */
    void *scratch;     /* of verifier_vector */
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
    made->vectors = calloc(2 * (size_t)verifier_dim(width, height), sizeof *made->vectors);
    made->scratch = malloc(verifier_scratch(width, height));
    made->mirrored = malloc((size_t)width * (size_t)height);
    int result = made->vectors && made->scratch && made->mirrored
                     ? mlp_workspace_create(&made->mlp, &verifier->config, 2, error)
                     : error_no_memory(error, "the verifier");
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
    free(w->scratch);
    free(w->mirrored);
    free(w);
    *workspace = NULL;
}

float verifier_score(const struct mlp *verifier, struct verifier_workspace *w, const uint8_t *crop)
{
    struct features hog = hog_of(w->width, w->height);
    int dim = verifier_dim(w->width, w->height);
    float scores[2], *mirrored = w->vectors + dim;
    verifier_vector(w->scratch, crop, w->width, w->height, w->vectors);
    if (features_mirror(&hog, w->vectors, mirrored)) {
        mirrored[dim - 1] = w->vectors[dim - 1];
    } else {
        face_mirror(crop, w->width, w->height, w->mirrored);
        verifier_vector(w->scratch, w->mirrored, w->width, w->height, mirrored);
    }
    mlp_forward(verifier, w->mlp, w->vectors, 2, scores);
    return 0.5f * (scores[0] + scores[1]);
}
