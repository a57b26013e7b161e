/* Vectors of single crops, for tests that make few of them. */
#ifndef EXTRACT_H
#define EXTRACT_H

#include "feature_vector.h"
#include "testing.h"

/* features_extract with scratch of its own; pairs the dictionary if that was not done. */
static inline void extract(const struct features *features, const uint8_t *crop, float *vector)
{
    struct features paired = *features;
    struct error error;
    void *scratch = malloc(features_scratch(features));
    assert_non_null(scratch);
    if (!features->pairs)
        assert_int_equal(features_pair(&paired, &error), 0);
    features_extract(&paired, scratch, crop, vector);
    if (!features->pairs)
        free(paired.pairs);
    free(scratch);
}

#endif
