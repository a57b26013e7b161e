/* Checkpoints: the recipe that one names, and its values in a training that is there. */
#include "fuzz.h"

#include "small_training.h"
#include "train_options.h"

#include <math.h>
#include <string.h>

static void read_recipe(const char *path)
{
    struct error error = {.text = ""};
    char text[RECIPE_TEXT_SIZE], again[RECIPE_TEXT_SIZE], twice[RECIPE_TEXT_SIZE];
    struct recipe recipe = recipe_default();
    if (checkpoint_recipe(path, text, &error) < 0 || recipe_parse(&recipe, text, &error) < 0) {
        fuzz_expect_text(&error);
        return;
    }
    recipe_print(&recipe, again, sizeof again);
    memcpy(twice, again, sizeof twice);
    EXPECT(recipe_parse(&recipe, twice, &error) == 0);
    recipe_print(&recipe, text, sizeof text);
    EXPECT(strcmp(text, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct recipe recipe;
    static struct training_state state;
    struct error error = {.text = ""};
    const char *path = fuzz_file(0, bytes, size);
    if (!state.history) {
        recipe = checkpoint_test_recipe();
        checkpoint_test_state(&state, &recipe);
    }
    read_recipe(path);
    if (checkpoint_load(&state, &recipe, path, &error) < 0)
        fuzz_expect_text(&error);
    else
        EXPECT(state.epochs >= 0 && state.epochs <= recipe.epochs && state.batches >= 0 &&
               state.best_epoch <= state.epochs && isfinite(state.best_accuracy));
    for (int n = 0; n < recipe.network_count; n++)
        mlp_free(&state.best[n]);
    return 0;
}
