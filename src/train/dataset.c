#include "dataset.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SAMPLES = 10000000 };

const char *const data_source_names[DATA_SOURCE_COUNT] = {"FER2013", "FER2013 without Usage",
                                                          "picture folders", "IDX"};

const char *const split_names[DATA_SOURCE_COUNT][SPLIT_COUNT] = {
    [DATA_FER2013] = {"Training", "PublicTest", "PrivateTest"},
    [DATA_KAGGLE] = {"train", "validation", "test"},
    [DATA_FOLDERS] = {"train", "validation", "test"},
    [DATA_IDX] = {"train", "validation", "test"},
};

int votes_majority(const struct votes *votes)
{
    for (int k = 0; k < LABEL_COUNT; k++)
        if (2 * votes->classes[k] > votes->total)
            return k;
    return -1;
}

int dataset_grow(struct dataset *d, int *capacity, struct error *error)
{
    if (d->count < *capacity)
        return 0;
    if (d->count >= MAX_SAMPLES)
        return error_set(error, "more than %d pictures; check that this is the right data set",
                         MAX_SAMPLES);
    int larger = *capacity + *capacity / 2 + 1; /* from 1 on: a step too far is seen at once */
    uint8_t *pixels = realloc(d->pixels, (size_t)larger * (size_t)d->width * (size_t)d->height);
    d->pixels = pixels ? pixels : d->pixels;
    uint8_t *labels = realloc(d->labels, (size_t)larger);
    d->labels = labels ? labels : d->labels;
    uint8_t *splits = realloc(d->splits, (size_t)larger);
    d->splits = splits ? splits : d->splits;
    if (!pixels || !labels || !splits)
        return error_no_memory(error, "the data set");
    *capacity = larger;
    return 0;
}

void dataset_hold_out(struct dataset *dataset)
{
    int seen = 0;
    for (int i = 0; i < dataset->count; i++)
        if (dataset->splits[i] == SPLIT_TRAINING && seen++ % 10 == 9)
            dataset->splits[i] = SPLIT_VALIDATION;
}

int dataset_find_split(const struct dataset *dataset, const char *name, enum split *split,
                       struct error *error)
{
    const char *const *names = split_names[dataset->source];
    for (int i = 0; i < SPLIT_COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            *split = (enum split)i;
            return 0;
        }
    }
    return error_set_code(error, ERROR_USAGE, "--split %.40s: %s have %s, %s and %s", name,
                          data_source_names[dataset->source], names[0], names[1], names[2]);
}

void dataset_free(struct dataset *dataset)
{
    free(dataset->pixels);
    free(dataset->labels);
    free(dataset->splits);
    free(dataset->votes);
    free(dataset->consensus);
    *dataset = (struct dataset){0};
}

const uint8_t *dataset_picture(const struct dataset *dataset, int index)
{
    assert(index >= 0 && index < dataset->count);
    return dataset->pixels + (size_t)index * (size_t)dataset->width * (size_t)dataset->height;
}

int dataset_split_size(const struct dataset *dataset, enum split split, struct error *error)
{
    int found = 0;
    for (int i = 0; i < dataset->count; i++)
        found += dataset->splits[i] == split;
    if (found == 0)
        return error_set(error, "the data have no %s pictures; choose another --split or data set",
                         split_names[dataset->source][split]);
    return found;
}

int dataset_split(const struct dataset *dataset, enum split split, int **indices, int *count,
                  struct error *error)
{
    int found = dataset_split_size(dataset, split, error);
    if (found < 0)
        return -1;
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

void dataset_target(const struct dataset *dataset, const struct target_mix *mix, int index,
                    float *target)
{
    int classes = dataset->class_count;
    const float *consensus =
        dataset->consensus ? dataset->consensus + (size_t)index * (size_t)classes : NULL;
    float share = consensus ? mix->votes_share : 0.0f;
    for (int k = 0; k < classes; k++) {
        float y = k == dataset->labels[index] ? 1.0f - share : 0.0f;
        if (consensus)
            y += share * consensus[k];
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

/* How much a picture counts for its class's mean: the share of FER+ votes that agree with its
 * label, where there are any, so that clear cases lead. */
static double mean_weight(const struct dataset *dataset, int index)
{
    if (!dataset->votes)
        return 1.0;
    const struct votes *v = &dataset->votes[index];
    return v->total ? (double)v->classes[dataset->labels[index]] / v->total : 0.0;
}

/* means[K x area]: each class's mean of standardized Training pictures and their mirror images;
 * picture[area] is scratch. */
static int class_means(const struct dataset *dataset, size_t area, double *picture, double *means,
                       struct error *error)
{
    double sums[MODEL_MAX_CLASSES] = {0};
    size_t width = (size_t)dataset->width;
    for (int i = 0; i < dataset->count; i++) {
        if (dataset->splits[i] != SPLIT_TRAINING)
            continue;
        const uint8_t *pixels = dataset_picture(dataset, i);
        double *mean = means + dataset->labels[i] * area;
        double weight = mean_weight(dataset, i);
        for (size_t p = 0; p < area; p++) {
            size_t mirrored = p / width * width + width - 1 - p % width;
            picture[p] = pixels[p] + pixels[mirrored];
        }
        standardize(picture, area);
        for (size_t p = 0; p < area; p++)
            mean[p] += weight * picture[p];
        sums[dataset->labels[i]] += weight;
    }
    for (int k = 0; k < dataset->class_count; k++) {
        if (sums[k] == 0.0)
            return error_set(error, "no Training picture shows \"%s\"; use the whole data set",
                             dataset->class_names[k]);
        for (size_t p = 0; p < area; p++)
            means[(size_t)k * area + p] /= sums[k];
    }
    return 0;
}

int dataset_mean_faces(const struct dataset *dataset, const double *exaggeration, uint8_t *faces,
                       struct error *error)
{
    const double grey = 128.0, contrast = 48.0; /* mean and deviation of each face */
    size_t area = (size_t)dataset->width * (size_t)dataset->height;
    size_t classes = (size_t)dataset->class_count;
    assert(area <= FEATURES_MAX_SIDE * FEATURES_MAX_SIDE);
    double *means = calloc((classes + 1) * area, sizeof *means);
    if (!means)
        return error_no_memory(error, "the mean faces");
    double *all = means + classes * area;
    if (class_means(dataset, area, all, means, error) < 0) {
        free(means);
        return -1;
    }
    memset(all, 0, area * sizeof *all);
    for (size_t p = 0; p < area; p++)
        for (size_t k = 0; k < classes; k++)
            all[p] += means[k * area + p] / (double)classes;
    for (size_t k = 0; k < classes; k++) {
        double *face = means + k * area;
        for (size_t p = 0; p < area; p++)
            face[p] = all[p] + exaggeration[k] * (face[p] - all[p]);
        standardize(face, area);
        for (size_t p = 0; p < area; p++)
            faces[k * area + p] = (uint8_t)lrint(fmin(fmax(grey + contrast * face[p], 0.0), 255.0));
    }
    free(means);
    return 0;
}
