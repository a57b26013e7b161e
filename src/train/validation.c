#include "validation.h"

#include "align.h"
#include "duplicates.h"
#include "face.h"
#include "metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

static int make_vectors(struct validation *v, int network, const struct features *features,
                        const struct affine *faces, struct error *error)
{
    struct mlp_config config = recipe_network(v->recipe, v->dataset, network);
    const struct dataset *d = v->dataset;
    size_t dim = (size_t)config.units[0];
    size_t pixels = (size_t)d->width * (size_t)d->height;
    v->vectors[network] = malloc((size_t)v->count * dim * sizeof(float));
    v->outputs[network] = malloc((size_t)v->count * (size_t)d->class_count * sizeof(float));
    if (!v->vectors[network] || !v->outputs[network])
        return error_no_memory(error, "the validation pictures");
    uint8_t *face = malloc(pixels);
    void *scratch = malloc(features_scratch(features));
    for (size_t i = 0; face && scratch && i < (size_t)v->count; i++) {
        warp_picture(&faces[v->indices[i]], dataset_picture(d, v->indices[i]), d->width, d->height,
                     face);
        features_extract(features, scratch, face, v->vectors[network] + i * dim);
    }
    bool complete = face && scratch;
    free(face);
    free(scratch);
    if (!complete)
        return error_no_memory(error, "the validation pictures");
    return mlp_workspace_create(&v->workspaces[network], &config, BATCH, error);
}

/* The pictures of the split that are not also in Training; all where nothing else is left, as with
 * a truth table. */
static int choose(struct validation *v, const struct dataset *dataset, struct error *error)
{
    bool *duplicates;
    int all, left = 0;
    if (dataset_split(dataset, SPLIT_VALIDATION, &v->indices, &all, error) < 0 ||
        duplicates_find(&duplicates, dataset, error) < 0)
        return -1;
    for (int i = 0; i < all; i++)
        if (!duplicates[v->indices[i]])
            v->indices[left++] = v->indices[i];
    free(duplicates);
    v->count = left ? left : all;
    return 0;
}

int validation_create(struct validation *validation, const struct recipe *recipe,
                      const struct dataset *dataset, const struct features *features,
                      const struct affine *faces, struct error *error)
{
    struct validation v = {.dataset = dataset, .recipe = recipe};
    const struct target_mix unsmoothed = {.votes_share = recipe->targets.votes_share};
    if (choose(&v, dataset, error) < 0) {
        free(v.indices);
        return -1;
    }
    size_t classes = (size_t)dataset->class_count, values = (size_t)v.count * classes;
    v.targets = malloc(values * sizeof(float));
    v.truth = malloc((size_t)v.count * sizeof *v.truth);
    v.probabilities = malloc(values * sizeof(float));
    int result = 0;
    if (!v.targets || !v.truth || !v.probabilities)
        result = error_no_memory(error, "the validation pictures");
    for (int n = 0; result == 0 && n < recipe->network_count; n++)
        result = make_vectors(&v, n, &features[n], faces, error);
    if (result < 0) {
        validation_free(&v);
        return -1;
    }
    for (size_t i = 0; i < (size_t)v.count; i++) {
        dataset_target(dataset, &unsmoothed, v.indices[i], v.targets + i * classes);
        v.truth[i] = predicted_class(v.targets + i * classes, (int)classes);
    }
    *validation = v;
    return 0;
}

/* What validation_meet needs beside the validation. */
struct meeting {
    struct augment_scratch webcam;
    uint8_t picture[FEATURES_MAX_SIDE * FEATURES_MAX_SIDE];
    uint8_t face[FEATURES_MAX_SIDE * FEATURES_MAX_SIDE];
    struct align_workspace *aligner; /* NULL: faces are not aligned */
};

/* The face of picture i, as it is met, to meeting->face. */
static void meet(const struct validation *v, int i, bool mirrored, const struct mlp *aligner,
                 uint64_t seed, struct meeting *meeting)
{
    static const struct augment by_webcam = {.strength = 0.5f, .webcam = 1.0f}, as_it_is = {0};
    const struct augment *met =
        v->recipe->augment.webcam > 0.0f && i % 2 == 0 ? &by_webcam : &as_it_is;
    const uint64_t streams = (uint64_t)54 << 56;
    const struct dataset *d = v->dataset;
    struct rng rng = rng_make(seed, streams | (uint64_t)i);
    struct affine map = affine_identity;
    augment_picture(met, &rng, &affine_identity, dataset_picture(d, v->indices[i]), d->width,
                    d->height, &meeting->webcam, meeting->picture);
    if (meeting->aligner) {
        align_find(aligner, meeting->aligner, meeting->picture, &map);
        map = align_enlarge(&map, RECIPE_ENLARGE, d->width, d->height);
    }
    warp_picture(&map, meeting->picture, d->width, d->height, meeting->face);
    if (mirrored) {
        face_mirror(meeting->face, d->width, d->height, meeting->picture);
        memcpy(meeting->face, meeting->picture, (size_t)d->width * (size_t)d->height);
    }
}

static int replace_vectors(struct validation *v, int network, bool mirrored,
                           const struct features *features, const struct mlp *aligner,
                           uint64_t seed, struct meeting *meeting, struct error *error)
{
    struct mlp_config config = recipe_network(v->recipe, v->dataset, network);
    size_t dim = (size_t)config.units[0];
    void *scratch = malloc(features_scratch(features));
    if (!scratch)
        return error_no_memory(error, "the validation pictures");
    for (int i = 0; i < v->count; i++) {
        meet(v, i, mirrored, aligner, seed, meeting);
        features_extract(features, scratch, meeting->face, v->vectors[network] + (size_t)i * dim);
    }
    free(scratch);
    return 0;
}

static int meet_all(struct validation *v, bool mirrored, const struct features *features,
                    const struct mlp *aligner, uint64_t seed, struct error *error)
{
    const struct dataset *d = v->dataset;
    struct meeting *meeting = calloc(1, sizeof *meeting);
    int result = meeting ? 0 : error_no_memory(error, "the validation pictures");
    if (result == 0 && aligner->parameters)
        result = align_workspace_create(&meeting->aligner, aligner, d->width, d->height, error);
    for (int n = 0; result == 0 && n < v->recipe->network_count; n++)
        result = replace_vectors(v, n, mirrored, &features[n], aligner, seed, meeting, error);
    if (meeting)
        align_workspace_free(&meeting->aligner);
    free(meeting);
    return result;
}

/* What the networks say now is what they say of the mirror images. */
static int keep_mirrored(struct validation *v, struct error *error)
{
    size_t values = (size_t)v->count * (size_t)v->dataset->class_count;
    for (int n = 0; n < v->recipe->network_count; n++) {
        float *next = malloc(values * sizeof *next);
        if (!next)
            return error_no_memory(error, "the validation pictures");
        free(v->mirrored[n]);
        v->mirrored[n] = v->outputs[n];
        v->outputs[n] = next;
    }
    return 0;
}

int validation_meet(struct validation *v, const struct mlp *mlps, const struct features *features,
                    const struct mlp *aligner, uint64_t seed, struct error *error)
{
    double loss, accuracy;
    if (v->recipe->augment.flip) {
        if (meet_all(v, true, features, aligner, seed, error) < 0)
            return -1;
        validation_run(v, mlps, &loss, &accuracy);
        if (keep_mirrored(v, error) < 0)
            return -1;
    }
    if (meet_all(v, false, features, aligner, seed, error) < 0)
        return -1;
    validation_run(v, mlps, &loss, &accuracy);
    return 0;
}

void validation_free(struct validation *validation)
{
    for (int n = 0; n < MODEL_MAX_NETWORKS; n++) {
        mlp_workspace_free(&validation->workspaces[n]);
        free(validation->vectors[n]);
        free(validation->outputs[n]);
        free(validation->mirrored[n]);
    }
    free(validation->indices);
    free(validation->targets);
    free(validation->truth);
    free(validation->probabilities);
    *validation = (struct validation){0};
}

void validation_run(struct validation *v, const struct mlp *mlps, double *loss, double *accuracy)
{
    size_t classes = (size_t)v->dataset->class_count, values = (size_t)v->count * classes;
    int hits = 0, networks = v->recipe->network_count;
    memset(v->probabilities, 0, values * sizeof *v->probabilities);
    for (int n = 0; n < networks; n++) {
        size_t dim = (size_t)mlps[n].config.units[0];
        for (int done = 0; done < v->count; done += BATCH) {
            int batch = v->count - done < BATCH ? v->count - done : BATCH;
            mlp_forward(&mlps[n], v->workspaces[n], v->vectors[n] + (size_t)done * dim, batch,
                        v->outputs[n] + (size_t)done * classes);
        }
        for (size_t i = 0; i < values; i++)
            v->probabilities[i] += v->outputs[n][i] / (float)networks;
    }
    for (int i = 0; i < v->count; i++)
        hits +=
            predicted_class(v->probabilities + (size_t)i * classes, (int)classes) == v->truth[i];
    *accuracy = (double)hits / v->count;
    *loss = mlp_cost(mlps[0].config.output, v->recipe->step.loss, v->probabilities, v->targets,
                     v->count, (int)classes) /
            v->count;
}

/* Adds the share of softmax((logits - offsets) / temperature) to answer[K]; p[K] is their softmax.
 */
static void add_answer(const float *p, const double *offsets, double temperature, int classes,
                       double share, double *answer)
{
    double powers[MODEL_MAX_CLASSES], sum = 0.0;
    for (int k = 0; k < classes; k++)
        sum += powers[k] = exp((log((double)p[k] + 1e-30) - offsets[k]) / temperature);
    for (int k = 0; k < classes; k++)
        answer[k] += share * powers[k] / sum;
}

/* answer[K]: the mean of the networks for picture i and, where known, its mirror image, the logits
 * of each less offsets[K] and divided by the temperature. */
static void answer_at(const struct validation *v, int i, const double *offsets, double temperature,
                      double *answer)
{
    int classes = v->dataset->class_count, networks = v->recipe->network_count;
    size_t row = (size_t)i * (size_t)classes;
    double share = 1.0 / networks / (v->mirrored[0] ? 2 : 1);
    memset(answer, 0, (size_t)classes * sizeof *answer);
    for (int n = 0; n < networks; n++) {
        add_answer(v->outputs[n] + row, offsets, temperature, classes, share, answer);
        if (v->mirrored[n])
            add_answer(v->mirrored[n] + row, offsets, temperature, classes, share, answer);
    }
}

void validation_logit_offsets(const struct validation *v, const float *shares, double *offsets)
{
    enum { ROUNDS = 50 };
    int classes = v->dataset->class_count;
    memset(offsets, 0, (size_t)classes * sizeof *offsets);
    for (int round = 0; round < ROUNDS; round++) {
        double means[MODEL_MAX_CLASSES] = {0}, answer[MODEL_MAX_CLASSES];
        for (int i = 0; i < v->count; i++) {
            answer_at(v, i, offsets, 1.0, answer);
            for (int k = 0; k < classes; k++)
                means[k] += answer[k] / v->count;
        }
        for (int k = 0; k < classes; k++)
            offsets[k] += log(means[k] + 1e-30) - log((double)shares[k] + 1e-30);
    }
}

static double cost_at(const struct validation *v, const double *offsets, double temperature)
{
    double cost = 0.0, answer[MODEL_MAX_CLASSES];
    for (int i = 0; i < v->count; i++) {
        answer_at(v, i, offsets, temperature, answer);
        cost -= log(answer[v->truth[i]] + 1e-30);
    }
    return cost;
}

double validation_temperature(const struct validation *v, const double *offsets)
{
    const double ratio = 0.6180339887498949; /* golden section */
    double low = 0.2, high = 3.0;
    while (high - low > 0.005) {
        double a = high - ratio * (high - low), b = low + ratio * (high - low);
        if (cost_at(v, offsets, a) < cost_at(v, offsets, b))
            high = b;
        else
            low = a;
    }
    return 0.5 * (low + high);
}
