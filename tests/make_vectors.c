/* Writes what a model's networks read of made-up crops, and what we answer, for programs in other
 * languages: networks.0.f32 ..., rows x D, and probabilities.f32, crops x K, all raw floats.
 * Usage: make_vectors FOLDER, with FOLDER/models/expressions.safetensors, which is made up where
 * it is missing. */
#include "small_model.h"
#include "vectors.h"

enum { CROPS = 100 };

static void write_floats(const char *folder, const char *name, const float *values, size_t count)
{
    char path[TEST_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s.f32", folder, name);
    write_bytes(path, values, count * sizeof *values);
}

int main(int argc, char **argv)
{
    char path[TEST_PATH_SIZE];
    struct error error = {.text = ""};
    struct model model;
    struct rng rng = rng_make(12, 0);
    if (argc != 2)
        return 2;
    snprintf(path, sizeof path, "%s/models/expressions.safetensors", argv[1]);
    if (access(path, F_OK) != 0) {
        model = full_model(4);
        model.networks[1].mlp.config.output = OUTPUT_SIGMOID;
        if (model_save(&model, path, &error) == 0)
            model_free(&model);
    }
    if (error.text[0] || model_load(&model, path, &error) < 0) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    uint8_t *crops = malloc((size_t)CROPS * (size_t)model.width * (size_t)model.height);
    assert_non_null(crops);
    make_crops(&model, &rng, CROPS, crops);
    for (int i = 0; i < model.network_count; i++) {
        char name[VECTORS_NAME_SIZE];
        float *vectors = make_vectors(&model, i, crops, CROPS);
        size_t rows = (size_t)vector_rows(&model, CROPS);
        snprintf(name, sizeof name, "networks.%d", i);
        write_floats(argv[1], name, vectors,
                     rows * (size_t)features_dim(&model.networks[i].features));
        free(vectors);
    }
    float *answers = own_answers(&model, crops, CROPS);
    write_floats(argv[1], "probabilities", answers, (size_t)(CROPS * model.class_count));
    free(answers);
    free(crops);
    model_free(&model);
    return 0;
}
