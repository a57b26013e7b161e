/* Learns a dictionary of patches (patches.h) from unlabelled pictures. */
#ifndef FIT_DICTIONARY_H
#define FIT_DICTIONARY_H

#include "dataset.h"
#include "feature_vector.h"

/* Fills features->dictionary[features_dictionary_size]: patches drawn at random from samples[count]
 * are normalized and whitened, and spherical k-means (Coates & Ng 2012), for which a patch and its
 * negative are alike, gives the atoms; the whitening is then made part of them. */
int fit_dictionary(struct features *features, const struct dataset *dataset, const int *samples,
                   int count, uint64_t seed, struct error *error);

#endif
