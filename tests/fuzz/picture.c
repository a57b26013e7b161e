/* A picture as the live program reads it, and the mean faces of the demo. */
#include "fuzz.h"

#include "demo.h"
#include "labels.h"
#include "ocv.h"
#include "picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static bool ready;
    struct frame frame = {0};
    struct demo *demo;
    struct error error = {.text = ""};
    double time;
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
    if (demo_open(&demo, path, &error) == 0) {
        EXPECT(demo_next(demo, &time).width == DEMO_WIDTH);
        demo_close(&demo);
    }
    return 0;
}
