/* fer2013new.csv, FER+'s votes, for a data set of four pictures. */
#include "fuzz.h"

#include "dataset.h"
#include "readers.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uint8_t splits[] = {SPLIT_TRAINING, SPLIT_TRAINING, SPLIT_VALIDATION, SPLIT_TEST};
    static uint8_t labels[] = {3, 0, 6, 6};
    struct dataset dataset = {.class_count = LABEL_COUNT,
                              .labels = labels,
                              .source = DATA_FER2013,
                              .count = sizeof splits,
                              .splits = splits};
    struct error error = {.text = ""};
    if (dataset_load_votes(&dataset, fuzz_file(0, bytes, size), &error) < 0) {
        fuzz_expect_text(&error);
        EXPECT(!dataset.votes);
        return 0;
    }
    for (int i = 0; i < dataset.count; i++) {
        int sum = 0;
        for (int k = 0; k < LABEL_COUNT; k++)
            sum += dataset.votes[i].classes[k];
        EXPECT(sum <= dataset.votes[i].total);
        for (int k = 0; k < LABEL_COUNT; k++)
            EXPECT(dataset.consensus[i * LABEL_COUNT + k] >= 0.0f);
    }
    free(dataset.consensus);
    free(dataset.votes);
    return 0;
}
