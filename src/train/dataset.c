#include "dataset.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const split_names[SPLIT_COUNT] = {"Training", "PublicTest", "PrivateTest"};

void dataset_free(struct dataset *dataset)
{
    free(dataset->pixels);
    free(dataset->labels);
    free(dataset->splits);
    free(dataset->votes);
    *dataset = (struct dataset){0};
}

const uint8_t *dataset_picture(const struct dataset *dataset, int index)
{
    assert(index >= 0 && index < dataset->count);
    return dataset->pixels + (size_t)index * (size_t)dataset->width * (size_t)dataset->height;
}

int dataset_split(const struct dataset *dataset, enum split split, int **indices, int *count,
                  struct error *error)
{
    int found = 0;
    for (int i = 0; i < dataset->count; i++)
        found += dataset->splits[i] == split;
    if (found == 0)
        return error_set(error, "the data have no %s pictures; choose another --split or data set",
                         split_names[split]);
    int *list = malloc((size_t)found * sizeof *list);
    if (!list)
        return error_no_memory(error, "the list of samples");
    int next = 0;
    for (int i = 0; i < dataset->count; i++)
        if (dataset->splits[i] == split)
            list[next++] = i;
    *indices = list;
    *count = found;
    return 0;
}

int votes_majority(const struct votes *votes)
{
    for (int k = 0; k < LABEL_COUNT; k++)
        if (2 * votes->classes[k] > votes->total)
            return k;
    return -1;
}

void dataset_target(const struct dataset *dataset, const struct target_mix *mix, int index,
                    float *target)
{
    int classes = dataset->class_count;
    float share = 0.0f, votes = 0.0f;
    const struct votes *v = dataset->votes ? &dataset->votes[index] : NULL;
    for (int k = 0; v && k < LABEL_COUNT; k++)
        votes += v->classes[k];
    if (votes > 0.0f)
        share = mix->votes_share;
    for (int k = 0; k < classes; k++) {
        float y = k == dataset->labels[index] ? 1.0f - share : 0.0f;
        if (share > 0.0f)
            y += share * v->classes[k] / votes;
        target[k] = y * (1.0f - mix->smoothing) + mix->smoothing / (float)classes;
    }
}

/* values[count] -> mean 0, deviation 1; a constant picture -> all 0. */
static void standardize(double *values, size_t count)
{
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    for (size_t i = 0; i < count; i++) {
        values[i] -= sum / (double)count;
        squares += values[i] * values[i];
    }
    double scale = squares > 0.0 ? sqrt((double)count / squares) : 0.0;
    for (size_t i = 0; i < count; i++)
        values[i] *= scale;
}

/* means[K x area]: the mean of each class's standardized Training pictures. */
static int class_means(const struct dataset *dataset, size_t area, double *means,
                       struct error *error)
{
    double picture[FEATURES_MAX_SIDE * FEATURES_MAX_SIDE];
    int counts[MODEL_MAX_CLASSES] = {0};
    for (int i = 0; i < dataset->count; i++) {
        if (dataset->splits[i] != SPLIT_TRAINING)
            continue;
        double *mean = means + dataset->labels[i] * area;
        counts[dataset->labels[i]]++;
        for (size_t p = 0; p < area; p++)
            picture[p] = dataset_picture(dataset, i)[p];
        standardize(picture, area);
        for (size_t p = 0; p < area; p++)
            mean[p] += picture[p];
    }
    for (int k = 0; k < dataset->class_count; k++) {
        if (counts[k] == 0)
            return error_set(error, "no Training picture shows \"%s\"; use the whole data set",
                             dataset->class_names[k]);
        for (size_t p = 0; p < area; p++)
            means[(size_t)k * area + p] /= counts[k];
    }
    return 0;
}

int dataset_mean_faces(const struct dataset *dataset, double exaggeration, uint8_t *faces,
                       struct error *error)
{
    const double grey = 128.0, contrast = 48.0; /* mean and deviation of each face */
    size_t area = (size_t)dataset->width * (size_t)dataset->height;
    size_t classes = (size_t)dataset->class_count;
    assert(area <= FEATURES_MAX_SIDE * FEATURES_MAX_SIDE);
    double *means = calloc((classes + 1) * area, sizeof *means);
    if (!means)
        return error_no_memory(error, "the mean faces");
    if (class_means(dataset, area, means, error) < 0) {
        free(means);
        return -1;
    }
    double *all = means + classes * area;
    for (size_t p = 0; p < area; p++)
        for (size_t k = 0; k < classes; k++)
            all[p] += means[k * area + p] / (double)classes;
    for (size_t k = 0; k < classes; k++) {
        double *face = means + k * area;
        for (size_t p = 0; p < area; p++)
            face[p] = all[p] + exaggeration * (face[p] - all[p]);
        standardize(face, area);
        for (size_t p = 0; p < area; p++)
            faces[k * area + p] = (uint8_t)lrint(fmin(fmax(grey + contrast * face[p], 0.0), 255.0));
    }
    free(means);
    return 0;
}
