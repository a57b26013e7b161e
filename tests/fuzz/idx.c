/* IDX files, plain and compressed: three lengths of two bytes each, then the bytes of the four
 * files one after the other. */
#include "fuzz.h"

#include "dataset.h"
#include "readers.h"

enum { LENGTHS = 2 * (FUZZ_FILES - 1) };

static const char *const names[FUZZ_FILES] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                              "t10k-images-idx3-ubyte.gz",
                                              "t10k-labels-idx1-ubyte.gz"};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static bool linked;
    struct dataset dataset;
    struct error error = {.text = ""};
    size_t used = LENGTHS;
    if (size < LENGTHS)
        return 0;
    for (int i = 0; i < FUZZ_FILES; i++) {
        size_t length = size - used;
        if (i < FUZZ_FILES - 1 && (size_t)(bytes[2 * i] | bytes[2 * i + 1] << 8) < length)
            length = (size_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
        fuzz_file(i, bytes + used, length);
        if (!linked)
            fuzz_link(i, names[i]);
        used += length;
    }
    linked = true;
    if (dataset_load(&dataset, fuzz_folder(), false, "fuzz", &error) < 0) {
        fuzz_expect_text(&error);
        return 0;
    }
    EXPECT(dataset.count > 0 && dataset.class_count <= MODEL_MAX_CLASSES);
    for (int i = 0; i < dataset.count; i++)
        EXPECT(dataset.labels[i] < dataset.class_count && dataset.splits[i] < SPLIT_COUNT);
    dataset_free(&dataset);
    return 0;
}
