/* A picture as the live program reads it. */
#include "fuzz.h"

#include "labels.h"
#include "ocv.h"
#include "picture_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static bool ready;
    struct frame frame = {0};
    struct error error = {.text = ""};
    const char *path = fuzz_file(0, bytes, size);
    if (!ready)
        ocv_setup(1);
    ready = true;
    if (picture_read(path, &frame, NULL, &error) < 0) {
        fuzz_expect_text(&error);
        return 0;
    }
    EXPECT(frame.width > 0 && frame.height > 0);
    EXPECT((double)frame.width * frame.height <= OCV_MAX_MEGAPIXELS * 1e6);
    frame_free(&frame);
    return 0;
}
