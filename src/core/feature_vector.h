/* From a grey crop to the network's input vector: the only place that defines the vector, for the
 * live program and for training alike. */
#ifndef FEATURE_VECTOR_H
#define FEATURE_VECTOR_H

#include "error.h"

#include <stdint.h>

enum feature_kind {
    FEATURES_HOG,    /* histograms of oriented gradients */
    FEATURES_PIXELS, /* grey values, standardized */
    FEATURE_KIND_COUNT
};

/* "hog", "pixels" */
extern const char *const feature_kind_names[FEATURE_KIND_COUNT];

enum {
    FEATURES_MIN_SIDE = 8,
    FEATURES_MAX_SIDE = 128,
    FEATURES_MAX_CELLS = 16 /* along one side */
};

/* What stands in a model file: a vector is defined by these values and this code alone. */
struct features {
    enum feature_kind kind;
    int width, height; /* of the crop, pixels */
    int cell;          /* side of a HOG cell, pixels; unused otherwise */
};

/* HOG of 48x48 crops with 6-pixel cells, the default. */
struct features features_default(void);

/* Whether the values stand for a vector that this code can make; says why not. */
int features_check(const struct features *features, struct error *error);

/* D, the length of the vector.
 * HOG: (width / cell) * (height / cell) * 31. Pixels: width * height. */
int features_dim(const struct features *features);

/* Fills vector[D] from crop[height * width]. Pure: reads nothing but its arguments and may run in
 * any number of threads.
 *
 * HOG (Dalal & Triggs 2005, in the form of Felzenszwalb et al. 2010): the square root of the grey
 * value; central differences; each pixel's gradient magnitude shared linearly between the two
 * nearest of 18 signed orientations and the nearest cells; 9 unsigned orientations are the sums of
 * opposite ones; each of the 27 values is normalized by the energies of the four blocks of 2x2
 * cells around its cell, clipped, and summed; four texture energies follow. 31 values a cell.
 *
 * Pixels: each crop is brought to mean 0 and deviation 1. */
void features_extract(const struct features *features, const uint8_t *crop, float *vector);

/* Where in the crop a quantity lies, given its gradient[D] with respect to vector[D]: fills
 * map[height * width], whose sum is the sum over the vector of value times gradient.
 *
 * HOG: the share of each cell, the sum over its 31 values, is spread over the pixels that give to
 * the cell, in the proportions in which they give. Pixels: each pixel has its own share. */
void features_relevance(const struct features *features, const float *vector, const float *gradient,
                        float *map);

#endif
