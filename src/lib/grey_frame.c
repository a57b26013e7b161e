#include "grey_frame.h"

#include <string.h>

static int clamp(int64_t value, int high)
{
    return value < 0 || high < 0 ? 0 : value > high ? high : (int)value;
}

struct box box_clip(struct box box, int width, int height)
{
    int left = clamp(box.x, width);
    int top = clamp(box.y, height);
    int right = clamp((int64_t)box.x + box.width, width);
    int bottom = clamp((int64_t)box.y + box.height, height);
    return (struct box){left, top, right > left ? right - left : 0,
                        bottom > top ? bottom - top : 0};
}

void grey_frame_hide_boxes(const struct grey_frame *frame, double scale, uint8_t *pixels, int width)
{
    for (int i = 0; i < frame->box_count; i++) {
        struct box known = box_clip(frame->boxes[i], frame->grey.width, frame->grey.height);
        int left = (int)(known.x * scale), right = (int)((known.x + known.width) * scale);
        int bottom = (int)((known.y + known.height) * scale);
        for (int y = (int)(known.y * scale); y < bottom; y++)
            memset(pixels + (size_t)y * (size_t)width + left, 128, (size_t)(right - left));
    }
}
