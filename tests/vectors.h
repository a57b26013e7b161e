/* Crops, and what a model's networks read of them, for programs that know the networks alone. */
#ifndef VECTORS_H
#define VECTORS_H

#include "extract.h"
#include "face.h"
#include "model.h"
#include "testing.h"

enum { VECTORS_NAME_SIZE = 48 };

/* A slope of any direction and steepness, in noise: crops[count * width * height]. */
static inline void make_crops(const struct model *model, struct rng *rng, int count, uint8_t *crops)
{
    for (int i = 0; i < count; i++) {
        double dx = 8 * rng_normal(rng), dy = 8 * rng_normal(rng), noise = between(rng, 1, 40);
        for (int y = 0; y < model->height; y++)
            for (int x = 0; x < model->width; x++) {
                double slope = dx * (x - model->width / 2) + dy * (y - model->height / 2);
                double value = 128 + slope + noise * rng_normal(rng);
                *crops++ = (uint8_t)fmin(fmax(value, 0), 255);
            }
    }
}

/* How many rows `count` crops have: with model->mirror their mirror images follow. */
static inline int vector_rows(const struct model *model, int count)
{
    return model->mirror ? 2 * count : count;
}

/* The vectors (rows x D) of one network; the caller frees them. */
static inline float *make_vectors(const struct model *model, int network, const uint8_t *crops,
                                  int count)
{
    const struct features *f = &model->networks[network].features;
    size_t dim = (size_t)features_dim(f), pixels = (size_t)model->width * (size_t)model->height;
    float *vectors = malloc((size_t)vector_rows(model, count) * dim * sizeof *vectors);
    uint8_t *upright = malloc(2 * pixels), *mirrored = upright + pixels;
    struct model_workspace *workspace;
    struct error error;
    assert_true(vectors && upright);
    assert_int_equal(model_workspace_create(&workspace, model, 1, &error), 0);
    for (int i = 0; i < count; i++) {
        const uint8_t *crop = crops + (size_t)i * pixels;
        struct affine face;
        model_align(model, workspace, crop, &face);
        warp_picture(&face, crop, model->width, model->height, upright);
        extract(f, upright, vectors + (size_t)i * dim);
        if (model->mirror) {
            face_mirror(upright, model->width, model->height, mirrored);
            extract(f, mirrored, vectors + (size_t)(count + i) * dim);
        }
    }
    model_workspace_free(&workspace);
    free(upright);
    return vectors;
}

/* What model_predict says of the crops, count x K; the caller frees it. */
static inline float *own_answers(const struct model *model, const uint8_t *crops, int count)
{
    float *answers = malloc((size_t)count * (size_t)model->class_count * sizeof *answers);
    struct model_workspace *workspace;
    struct error error;
    assert_non_null(answers);
    assert_int_equal(model_workspace_create(&workspace, model, 64, &error), 0);
    model_predict(model, workspace, crops, count, answers);
    model_workspace_free(&workspace);
    return answers;
}

#endif
