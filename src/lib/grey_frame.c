#include "grey_frame.h"

static int clamp(int64_t value, int high)
{
    return value < 0 ? 0 : value > high ? high : (int)value;
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
