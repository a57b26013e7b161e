/* The models that the tests of model files save, load and damage. */
#ifndef SMALL_MODEL_H
#define SMALL_MODEL_H

#include "model.h"
#include "testing.h"

static inline struct mlp random_weights(const struct mlp_config *config, struct rng *rng)
{
    struct mlp mlp;
    struct error error;
    assert_int_equal(mlp_create(&mlp, config, &error), 0);
    for (size_t i = 0; i < mlp.parameter_count; i++)
        mlp.parameters[i] = (float)(0.3 * rng_normal(rng));
    return mlp;
}

/* For codes of patches; the caller frees it. */
static inline float *random_dictionary(struct rng *rng, int atoms)
{
    const struct features f = {.kind = FEATURES_PATCHES, .atoms = atoms};
    float *dictionary = malloc((size_t)features_dictionary_size(&f) * sizeof *dictionary);
    assert_non_null(dictionary);
    for (int i = 0; i < features_dictionary_size(&f); i++)
        dictionary[i] = (float)(0.3 * rng_normal(rng));
    return dictionary;
}

static const float small_model_prior[3] = {0.5f, 0.3f, 0.2f};

/* Random weights; 8x8 pixels, one network with one hidden layer of five units, three classes. The
 * caller ends it with model_free. */
static inline struct model small_model(uint64_t seed)
{
    struct model model = {
        .width = 8,
        .height = 8,
        .network_count = 1,
        .class_count = 3,
        .class_names = {"left", "right", "\303\274ber \"all\""},
        .notes = {"64 made-up crops", "--hidden 5", "7", "0.5", "2026-11-23", "MIT"},
    };
    memcpy(model.prior, small_model_prior, sizeof small_model_prior);
    struct mlp_config config = {
        .layer_count = 2, .units = {64, 5, 3}, .activation = ACTIVATION_RELU};
    struct rng rng = rng_make(seed, 0);
    model.networks[0].features =
        (struct features){.kind = FEATURES_PIXELS, .width = 8, .height = 8};
    model.networks[0].mlp = random_weights(&config, &rng);
    return model;
}

/* All that a model can have: 12x12 pixels, an aligner, a network on codes of patches and one on
 * windows of gradients, each with a layer that all positions share; three classes. */
static inline struct model full_model(uint64_t seed)
{
    struct model model = {
        .width = 12,
        .height = 12,
        .network_count = 2,
        .class_count = 3,
        .class_names = {"up", "down", "on"},
        .mirror = true,
        .enlarge = 1.25f,
    };
    const struct mlp_config aligner = {.layer_count = 2,
                                       .units = {2 * 2 * 31, 6, ALIGN_OUTPUTS},
                                       .activation = ACTIVATION_RELU,
                                       .output = OUTPUT_SIGMOID};
    const struct mlp_config patches = {.layer_count = 3,
                                       .units = {2 * 2 * 2 * 10, 4 * 4, 6, 3},
                                       .positions = {4},
                                       .activation = ACTIVATION_TANH};
    const struct mlp_config windows = {.layer_count = 2,
                                       .units = {2 * 2 * 16 * 31, 4 * 2, 3},
                                       .positions = {4},
                                       .activation = ACTIVATION_RELU};
    struct rng rng = rng_make(seed, 1);
    struct features *f = &model.networks[0].features;
    model.aligner = random_weights(&aligner, &rng);
    *f = (struct features){
        .kind = FEATURES_PATCHES, .width = 12, .height = 12, .grid = 2, .atoms = 10};
    f->dictionary = random_dictionary(&rng, f->atoms);
    model.networks[0].mlp = random_weights(&patches, &rng);
    model.networks[1].features =
        (struct features){.kind = FEATURES_WINDOWS, .width = 12, .height = 12, .cell = 2};
    model.networks[1].mlp = random_weights(&windows, &rng);
    struct error error;
    assert_int_equal(model_prepare(&model, &error), 0);
    return model;
}

#endif
