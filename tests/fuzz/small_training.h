/* The training that the checkpoints under test belong to, as small as one with everything can be.
 */
#ifndef SMALL_TRAINING_H
#define SMALL_TRAINING_H

#include "checkpoint.h"
#include "fuzz.h"

#include <stdlib.h>

enum { CHECKPOINT_SIDE = 8, CHECKPOINT_CLASSES = 3 };

static inline struct recipe checkpoint_test_recipe(void)
{
    struct recipe recipe = recipe_default();
    recipe.network_count = 2;
    recipe.features[0] = FEATURES_PIXELS;
    recipe.features[1] = FEATURES_PATCHES;
    recipe.hidden_count = 1;
    recipe.hidden[0] = (struct hidden_layer){.units = 2};
    recipe.epochs = 3;
    return recipe;
}

/* Memory for the state, its values zero. */
static inline void checkpoint_test_state(struct training_state *state, const struct recipe *recipe)
{
    struct dataset dataset = {
        .width = CHECKPOINT_SIDE, .height = CHECKPOINT_SIDE, .class_count = CHECKPOINT_CLASSES};
    struct mlp_config aligner = {.layer_count = 1, .units = {2, 4}, .output = OUTPUT_SIGMOID};
    struct error error;
    *state = (struct training_state){.fingerprint = 0x1234};
    EXPECT(mlp_create(&state->aligner, &aligner, &error) == 0);
    for (int n = 0; n < recipe->network_count; n++) {
        struct features *f = &state->features[n];
        *f = recipe_features(recipe, &dataset, n);
        if (f->kind == FEATURES_PATCHES)
            f->atoms = 4;
        struct mlp_config config = recipe_network(recipe, &dataset, n);
        config.units[0] = features_dim(f);
        f->dictionary = calloc((size_t)features_dictionary_size(f) + 1, sizeof(float));
        EXPECT(mlp_create(&state->mlps[n], &config, &error) == 0 &&
               optimizer_create(&state->optimizers[n], recipe->optimizer, recipe->weight_decay,
                                state->mlps[n].parameter_count, &error) == 0);
    }
    state->history = calloc((size_t)recipe->epochs, sizeof *state->history);
    EXPECT(state->history != NULL);
}

#endif
