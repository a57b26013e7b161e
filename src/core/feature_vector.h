/* From a grey crop to the network's input vector: the only place that defines the vector, for the
 * live program and for training alike. */
#ifndef FEATURE_VECTOR_H
#define FEATURE_VECTOR_H

#include "error.h"
#include "hog.h"
#include "patches.h"

#include <stdbool.h>
#include <stdint.h>

enum feature_kind {
    FEATURES_HOG,     /* histograms of oriented gradients, cell by cell */
    FEATURES_WINDOWS, /* the same in overlapping windows of cells */
    FEATURES_PATCHES, /* codes of small patches, position by position */
    FEATURES_PIXELS,  /* grey values, standardized */
    FEATURE_KIND_COUNT
};

/* "hog", "windows", "patches", "pixels" */
extern const char *const feature_kind_names[FEATURE_KIND_COUNT];

enum {
    FEATURES_MIN_SIDE = HOG_MIN_SIDE,
    FEATURES_MAX_SIDE = HOG_MAX_SIDE,
    FEATURES_WINDOW = 4,       /* cells along the side of a window, */
    FEATURES_WINDOW_STRIDE = 2 /* and from one window to the next */
};

/* What a model file stores; with this code it fully defines the vector. */
struct features {
    enum feature_kind kind;
    int width, height; /* of the crop, pixels */
    int cell;          /* hog, windows: side of a cell, pixels */
    int grid;          /* patches: positions along a side */
    int atoms;         /* patches: size of the dictionary, even */
    float *dictionary; /* patches: atoms / 2 x PATCH_VALUES, then their offsets, see patches.h; from
                          malloc, freed by features_free */
    struct atom_block *pairs; /* patches: made of the dictionary by features_pair */
};

/* The default values of a kind: hog has 6-pixel cells, windows 4-pixel cells; patches get their
 * dictionary later. */
struct features features_default(enum feature_kind kind, int width, int height);

/* Checks that this code can make the vector; the error says why not. */
int features_check(const struct features *features, struct error *error);

/* Whether the vector is made of HOG cells, so that `cell` matters. */
bool features_have_cells(const struct features *features);
/* Whether the kind needs a dictionary. */
bool features_have_dictionary(const struct features *features);

/* How many positions of the crop the vector describes one after the other, each by equally many
 * values. A layer may share its weights among them. */
int features_positions(const struct features *features);

/* D, the length of the vector: positions * values of a position, which are
 * hog 31, windows 4 * 4 * 31, patches 2 * atoms, pixels 1. */
int features_dim(const struct features *features);

/* A bound on the absolute values of the vector, whatever the crop. */
double features_bound(const struct features *features);

/* The length of the dictionary's block; 0 for kinds without one. */
int features_dictionary_size(const struct features *features);

/* To be called once, when the dictionary is complete: prepares it for features_extract. Does
 * nothing for kinds without one. */
int features_pair(struct features *features, struct error *error);

/* Frees the dictionary, if there is one. */
void features_free(struct features *features);

/* Bytes of scratch that features_extract needs, from malloc, for each thread. */
size_t features_scratch(const struct features *features);

/* Fills vector[D] from crop[height * width]. May run in any number of threads, each with its own
 * scratch.
 *
 * hog: see hog.h. windows: of each window its cells row by row. patches: see patches.h. pixels:
 * each crop is brought to mean 0 and deviation 1. */
void features_extract(const struct features *features, void *scratch, const uint8_t *crop,
                      float *vector);

/* The vector of the mirrored crop from that of the crop, if that is a permutation of its values: if
 * cells, windows or patches are in the same places in the mirror image. Otherwise false, and
 * `mirrored` is unchanged. */
bool features_mirror(const struct features *features, const float *vector, float *mirrored);

/* Where in the crop a quantity lies, given its gradient[D] with respect to vector[D]: fills
 * map[height * width], whose sum is the sum over the vector of value times gradient.
 *
 * The share of each cell or position, the sum over its values, is spread over the pixels that
 * contribute to it, in proportion to their contributions; with pixels each has its own share. */
void features_relevance(const struct features *features, const float *vector, const float *gradient,
                        float *map);

#endif
