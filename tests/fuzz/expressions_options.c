/* The command line of expressions. */
#include "fuzz.h"

#include "options.h"
#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct words words;
    struct options options;
    struct error error = {.text = ""};
    words_split(&words, bytes, size);
    if (options_parse(&options, words.count, words.list, &error) < 0) {
        fuzz_expect_text(&error);
        return 0;
    }
    EXPECT(options.camera.width >= 16 && options.camera.width <= 16384 &&
           options.camera.height >= 16);
    EXPECT(options.smooth >= 0 && options.smooth <= 60 && options.camera.fps >= 0 &&
           options.camera.fps <= 1000);
    EXPECT(options.max_frames >= 0 && options.input_count < words.count);
    EXPECT(options.command != COMMAND_RUN || options.input != INPUT_NONE);
    options_free(&options);
    return 0;
}
