/* Any box in any frame: the crop's values lie between the darkest and the brightest pixel, and the
 * clipped box lies in the frame. Input: the box, the frame's width and height, its pixels. */
#include "fuzz.h"

#include "face.h"
#include "grey_frame.h"

#include <string.h>

enum { HEAD = 4 * 4 + 2, LARGEST = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uint8_t pixels[LARGEST * LARGEST];
    uint8_t crop[FACE_SIDE * FACE_SIDE], low = 255, high = 0;
    int32_t values[4];
    if (size < HEAD)
        return 0;
    memcpy(values, bytes, sizeof values);
    const int width = 1 + bytes[16] % LARGEST, height = 1 + bytes[17] % LARGEST;
    struct box box = {values[0], values[1], values[2] & 0x7fffffff, values[3] & 0x7fffffff};
    struct box clipped = box_clip(box, width, height);
    EXPECT(clipped.x >= 0 && clipped.y >= 0 && clipped.width >= 0 && clipped.height >= 0);
    EXPECT(clipped.x + clipped.width <= width && clipped.y + clipped.height <= height);
    if (box.width == 0 || box.height == 0)
        return 0;
    for (int i = 0; i < width * height; i++) {
        pixels[i] = size > HEAD ? bytes[HEAD + (size_t)i % (size - HEAD)] : 0;
        low = pixels[i] < low ? pixels[i] : low;
        high = pixels[i] > high ? pixels[i] : high;
    }
    struct grey_image image = {pixels, width, height, (size_t)width};
    face_crop(&image, box, crop);
    for (int i = 0; i < FACE_SIDE * FACE_SIDE; i++)
        EXPECT(crop[i] >= low && crop[i] <= high);
    return 0;
}
