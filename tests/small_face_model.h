/* A model that is read in a moment, for tests of what is done with it. */
#ifndef SMALL_FACE_MODEL_H
#define SMALL_FACE_MODEL_H

#include "labels.h"
#include "small_model.h"

/* For the seven expressions, and read in a moment: the verifier of the shipped model and, with
 * random weights, an aligner, a layer that is quantized and a dictionary. */
static inline void save_small_face_model(const char *path)
{
    const struct mlp_config aligner = {.layer_count = 2,
                                       .units = {1984, 6, ALIGN_OUTPUTS},
                                       .activation = ACTIVATION_RELU,
                                       .output = OUTPUT_SIGMOID};
    const struct mlp_config dense = {.layer_count = 2,
                                     .units = {FACE_SIDE * FACE_SIDE, 32, LABEL_COUNT},
                                     .activation = ACTIVATION_RELU};
    const struct mlp_config patches = {
        .layer_count = 2, .units = {2 * 2 * 2 * 10, 4, LABEL_COUNT}, .activation = ACTIVATION_RELU};
    struct model model;
    struct error error;
    struct rng rng = rng_make(5, 0);
    if (model_load(&model, SOURCE_DIR "/models/expressions.safetensors", &error) < 0)
        fail_msg("%s", error.text);
    for (int i = 0; i < model.network_count; i++) {
        mlp_free(&model.networks[i].mlp);
        features_free(&model.networks[i].features);
    }
    mlp_free(&model.aligner);
    model.aligner = random_weights(&aligner, &rng);
    model.network_count = 2;
    model.networks[0].features =
        (struct features){.kind = FEATURES_PIXELS, .width = FACE_SIDE, .height = FACE_SIDE};
    model.networks[0].mlp = random_weights(&dense, &rng);
    struct features *f = &model.networks[1].features;
    *f = (struct features){
        .kind = FEATURES_PATCHES, .width = FACE_SIDE, .height = FACE_SIDE, .grid = 2, .atoms = 10};
    f->dictionary = random_dictionary(&rng, f->atoms);
    model.networks[1].mlp = random_weights(&patches, &rng);
    if (model_save(&model, path, &error) < 0)
        fail_msg("%s", error.text);
    model_free(&model);
}

/* Beside the folder, which tests empty. */
static inline const char *small_face_model(void)
{
    static const char ending[] = ".model";
    static char path[TEST_PATH_SIZE + sizeof ending];
    snprintf(path, sizeof path, "%s%s", test_folder(), ending);
    return path;
}

static inline int make_folder_and_model(void **state)
{
    if (make_folder(state) < 0)
        return -1;
    save_small_face_model(small_face_model());
    return 0;
}

static inline int remove_folder_and_model(void **state)
{
    return remove_folder(state) < 0 ? -1 : remove(small_face_model());
}

#endif
