/* Haar cascades: one that is taken can be searched with. */
#include "fuzz.h"

#include "ocv.h"

#include <stdbool.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    enum { SIDE = 40, MOST = 8 };
    static const struct ocv_detection how = {1.2, 1, 0, 0};
    static uint8_t pixels[SIDE * SIDE];
    static bool ready;
    struct ocv_detector *detector;
    struct error error;
    struct box boxes[MOST];
    int count;
    if (!ready) {
        ocv_setup(1);
        for (size_t i = 0; i < sizeof pixels; i++)
            pixels[i] = (uint8_t)(i * i * 31 % 251);
        ready = true;
    }
    if (ocv_detector_open(&detector, fuzz_file(0, bytes, size), &error) != OCV_OK) {
        EXPECT(strlen(error.text) > 10);
        return 0;
    }
    struct grey_image picture = {pixels, SIDE, SIDE, SIDE};
    if (ocv_detector_detect(detector, picture, &how, NULL, boxes, MOST, &count, &error) == OCV_OK)
        EXPECT(count >= 0 && count <= MOST);
    ocv_detector_close(&detector);
    return 0;
}
