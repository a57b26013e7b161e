/* Data that the tests of src/train make up. */
#ifndef MADE_UP_H
#define MADE_UP_H

#include "dataset.h"
#include "testing.h"

enum { PIXELS = FACE_SIDE * FACE_SIDE };

/* ---- A made-up data set: class k is a bright disc at one of K places ------------------------- */

/* Class k is a bright disc at one of nine places, in noise. */
static inline void draw_sample(uint8_t *picture, int label, struct rng *rng)
{
    double cx = 12 + 12 * (label % 3), cy = 12 + 12 * (label / 3);
    for (int y = 0; y < FACE_SIDE; y++)
        for (int x = 0; x < FACE_SIDE; x++) {
            double r2 = (x - cx) * (x - cx) + (y - cy) * (y - cy);
            double value = 60 + 150 * exp(-r2 / 30.0) + 12 * rng_normal(rng);
            picture[y * FACE_SIDE + x] = (uint8_t)fmin(fmax(value, 0), 255);
        }
}

/* Labels 0..6 in turn; the first `training` in Training, the rest in the validation split. */
static inline struct dataset make_dataset(int training, int validation)
{
    struct dataset d = {.width = FACE_SIDE,
                        .height = FACE_SIDE,
                        .class_count = LABEL_COUNT,
                        .count = training + validation};
    struct rng rng = rng_make(5, 0);
    size_t count = (size_t)d.count;
    d.pixels = malloc(count * PIXELS);
    d.labels = malloc(count);
    d.splits = malloc(count);
    assert_true(d.pixels && d.labels && d.splits);
    for (int k = 0; k < LABEL_COUNT; k++)
        snprintf(d.class_names[k], sizeof d.class_names[k], "%s", label_names[k]);
    for (int i = 0; i < d.count; i++) {
        d.labels[i] = (uint8_t)(i % LABEL_COUNT);
        d.splits[i] = i < training ? SPLIT_TRAINING : SPLIT_VALIDATION;
        draw_sample(d.pixels + (size_t)i * PIXELS, d.labels[i], &rng);
    }
    return d;
}

/* Votes for the seven classes and `others` for none of them. */
static inline void add_votes(struct dataset *d, int index, const uint8_t votes[LABEL_COUNT],
                             int others)
{
    if (!d->votes)
        d->votes = calloc((size_t)d->count, sizeof *d->votes);
    assert_non_null(d->votes);
    struct votes *v = &d->votes[index];
    v->total = (uint8_t)others;
    for (int k = 0; k < LABEL_COUNT; k++) {
        v->classes[k] = votes[k];
        v->total = (uint8_t)(v->total + votes[k]);
    }
}

#endif
