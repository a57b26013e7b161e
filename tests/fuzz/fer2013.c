/* fer2013.csv: whatever loads has labels and splits within their ranges. */
#include "fuzz.h"

#include "dataset.h"
#include "readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct dataset dataset;
    struct error error = {.text = ""};
    if (dataset_load(&dataset, fuzz_file(0, bytes, size), false, "fuzz", &error) < 0) {
        fuzz_expect_text(&error);
        return 0;
    }
    EXPECT(dataset.count > 0);
    for (int i = 0; i < dataset.count; i++)
        EXPECT(dataset.labels[i] < LABEL_COUNT && dataset.splits[i] < SPLIT_COUNT);
    dataset_free(&dataset);
    return 0;
}
