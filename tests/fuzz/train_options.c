/* The command line of train_fer. What it makes of it can be printed and read again. */
#include "fuzz.h"

#include "train_options.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct words words;
    struct train_options options;
    struct error error = {.text = ""};
    char text[RECIPE_TEXT_SIZE], again[RECIPE_TEXT_SIZE];
    words_split(&words, bytes, size);
    if (train_options_parse(&options, words.count, words.list, &error) < 0) {
        fuzz_expect_text(&error);
        return 0;
    }
    if (options.action != ACTION_TRAIN || options.recipe.epochs == 0)
        return 0;
    struct recipe recipe;
    recipe_print(&options.recipe, text, sizeof text);
    memcpy(again, text, sizeof again);
    EXPECT(recipe_parse(&recipe, again, &error) == 0);
    recipe_print(&recipe, again, sizeof again);
    EXPECT(strcmp(text, again) == 0);
    return 0;
}
