/* A picture in a class folder, as the trainer reads it. */
#include "fuzz.h"

#include "dataset.h"
#include "ocv.h"
#include "readers.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static bool ready;
    struct dataset dataset;
    struct error error = {.text = ""};
    fuzz_file(0, bytes, size);
    if (!ready) {
        ocv_setup(1);
        fuzz_link(0, "train/happy/1.png");
        ready = true;
    }
    if (dataset_load(&dataset, fuzz_folder(), false, "fuzz", &error) < 0) {
        fuzz_expect_text(&error);
        return 0;
    }
    EXPECT(dataset.count == 1 && dataset.labels[0] == 3);
    dataset_free(&dataset);
    return 0;
}
