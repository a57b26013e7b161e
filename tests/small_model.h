/* The small model that the tests of model files save, load and damage. */
#ifndef SMALL_MODEL_H
#define SMALL_MODEL_H

#include "model.h"
#include "testing.h"

/* Random weights; 8x8 pixels, one hidden layer of five units, three classes. The caller ends it
 * with model_free. */
static inline struct model small_model(uint64_t seed)
{
    struct model model = {
        .features = {.kind = FEATURES_PIXELS, .width = 8, .height = 8},
        .class_count = 3,
        .class_names = {"left", "right", "\303\274ber \"all\""},
        .notes = {"64 made-up crops", "--hidden 5", "7", "0.5", "2026-11-23", "MIT"},
    };
    struct mlp_config config = {
        .layer_count = 2, .units = {64, 5, 3}, .activation = ACTIVATION_RELU};
    struct error error;
    struct rng rng = rng_make(seed, 0);
    assert_int_equal(mlp_create(&model.mlp, &config, &error), 0);
    for (size_t i = 0; i < model.mlp.parameter_count; i++)
        model.mlp.parameters[i] = (float)(0.3 * rng_normal(&rng));
    return model;
}

#endif
