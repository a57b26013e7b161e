/* Answers to a face and its mirror image together, against those to each alone. */
#include "mirror_layer.h"
#include "small_model.h"
#include "vectors.h"

enum { COUNT = 5, CLASSES = 3 };

struct shape {
    struct features features;
    int positions, layers;
    bool together; /* whether there is a mirror layer */
};

static struct model make_model(const struct shape *shape, struct rng *rng)
{
    struct model model = {.width = shape->features.width,
                          .height = shape->features.height,
                          .network_count = 1,
                          .networks = {{.features = shape->features}},
                          .class_count = CLASSES,
                          .mirror = true};
    struct features *f = &model.networks[0].features;
    struct error error;
    if (f->kind == FEATURES_PATCHES)
        f->dictionary = random_dictionary(rng, f->atoms);
    struct mlp_config config = {.layer_count = shape->layers,
                                .units = {features_dim(f), 144, 5},
                                .positions = {shape->positions},
                                .activation = ACTIVATION_TANH};
    config.units[shape->layers] = CLASSES;
    model.networks[0].mlp = random_weights(&config, rng);
    assert_int_equal(model_prepare(&model, &error), 0);
    return model;
}

static void check_shape(const struct shape *shape, struct rng *rng)
{
    struct model model = make_model(shape, rng);
    const struct network *n = &model.networks[0];
    uint8_t crops[COUNT * 20 * 20];
    float alone[2 * COUNT * CLASSES];
    struct mlp_workspace *workspace;
    struct error error;
    assert_int_equal(n->mirror_layer != NULL, shape->together);
    make_crops(&model, rng, COUNT, crops);
    float *vectors = make_vectors(&model, 0, crops, COUNT);
    float *answers = own_answers(&model, crops, COUNT);
    assert_int_equal(mlp_workspace_create(&workspace, &n->mlp.config, 2 * COUNT, &error), 0);
    mlp_forward(&n->mlp, workspace, vectors, 2 * COUNT, alone);
    for (int i = 0; i < COUNT * CLASSES; i++)
        expect_close(answers[i], (alone[i] + alone[COUNT * CLASSES + i]) / 2, 1e-4, "an answer");
    mlp_workspace_free(&workspace);
    free(vectors);
    free(answers);
    model_free(&model);
}

static void both_are_as_each_alone(void **state)
{
    (void)state;
    static const struct shape shapes[] = {
        {{FEATURES_PATCHES, 12, 12, 0, 2, 10, NULL, NULL}, 4, 3, true},
        {{FEATURES_PATCHES, 16, 20, 0, 3, 6, NULL, NULL}, 9, 3, true},
        {{FEATURES_PATCHES, 16, 12, 0, 1, 8, NULL, NULL}, 0, 2, true},
        /* Other patches in the mirror image; not shared by the positions; one layer; no patches. */
        {{FEATURES_PATCHES, 14, 14, 0, 3, 6, NULL, NULL}, 9, 3, false},
        {{FEATURES_PATCHES, 16, 16, 0, 2, 8, NULL, NULL}, 0, 3, false},
        {{FEATURES_PATCHES, 16, 16, 0, 2, 8, NULL, NULL}, 2, 3, false},
        {{FEATURES_PATCHES, 12, 12, 0, 1, 4, NULL, NULL}, 0, 1, false},
        {{FEATURES_WINDOWS, 20, 16, 2, 0, 0, NULL, NULL}, 12, 2, false},
    };
    struct rng rng = rng_make(31, 0);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_shape(&shapes[i], &rng);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_are_as_each_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
