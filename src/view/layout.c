#include "layout.h"

#include <assert.h>
#include <math.h>

/* Of a pixel that is hidden, where the face's own pixels count 1. */
static const double face_weight = 2, text_weight = 4;

static void block(struct layout *layout, SDL_Rect rect, double weight)
{
    assert(layout->count < LAYOUT_MAX);
    layout->blocked[layout->count] = rect;
    layout->weight[layout->count++] = weight;
}

void layout_block_face(struct layout *layout, SDL_Rect rect)
{
    block(layout, rect, face_weight);
}

void layout_block_text(struct layout *layout, SDL_Rect rect)
{
    block(layout, rect, text_weight);
}

static int clamp(int value, int low, int high)
{
    return value > high ? (high > low ? high : low) : value < low ? low : value;
}

static SDL_Rect move_into(SDL_Rect rect, SDL_Rect area)
{
    rect.x = clamp(rect.x, area.x, area.x + area.w - rect.w);
    rect.y = clamp(rect.y, area.y, area.y + area.h - rect.h);
    return rect;
}

static double common_area(SDL_Rect a, SDL_Rect b)
{
    SDL_Rect common;
    return SDL_IntersectRect(&a, &b, &common) ? (double)common.w * common.h : 0;
}

/* `box` is the own face's. */
static double hidden(const struct layout *layout, SDL_Rect rect, SDL_Rect box)
{
    double sum = -(face_weight - 1) * common_area(rect, box);
    for (int i = 0; i < layout->count; i++)
        sum += layout->weight[i] * common_area(rect, layout->blocked[i]);
    return sum;
}

/* Takes the first of the candidates that hide least, and keeps off the area's edge. */
static double choose(struct layout *layout, SDL_Rect area, SDL_Rect box, int gap,
                     const SDL_Rect *candidates, int count, SDL_Rect *place)
{
    SDL_Rect inside = {area.x + gap, area.y + gap, area.w - 2 * gap, area.h - 2 * gap};
    double least = INFINITY;
    for (int i = 0; i < count; i++) {
        SDL_Rect moved = move_into(candidates[i], inside);
        double sum = hidden(layout, moved, box);
        if (sum < least) {
            least = sum;
            *place = moved;
        }
    }
    layout_block_text(layout, *place);
    return least;
}

void layout_label(struct layout *layout, SDL_Rect area, SDL_Rect box, SDL_Rect size, int gap,
                  SDL_Rect *place)
{
    int above = box.y - gap - size.h;
    int below = box.y + box.h + gap;
    const SDL_Rect candidates[] = {{box.x, above, size.w, size.h},
                                   {box.x + box.w - size.w, above, size.w, size.h},
                                   {box.x, below, size.w, size.h},
                                   {box.x + gap, box.y + gap, size.w, size.h}};
    choose(layout, area, box, gap, candidates, (int)(sizeof candidates / sizeof *candidates),
           place);
}

double layout_panel(struct layout *layout, SDL_Rect area, SDL_Rect box, SDL_Rect label,
                    SDL_Rect size, int gap, bool beside, SDL_Rect *place)
{
    int foot = box.y + box.h;
    int right = box.x + box.w + gap;
    int left = box.x - gap - size.w;
    int middle = box.x + (box.w - size.w) / 2;
    int above = (label.y < box.y ? label.y : box.y) - gap - size.h;
    int below = (label.y > foot ? label.y + label.h : foot) + gap;
    int end = area.x + area.w - size.w;
    const SDL_Rect sides[] = {
        {right, box.y, size.w, size.h},         {left, box.y, size.w, size.h},
        {right, foot - size.h, size.w, size.h}, {left, foot - size.h, size.w, size.h},
        {middle, below, size.w, size.h},        {middle, above, size.w, size.h},
        {end, area.y, size.w, size.h},          {area.x, area.y, size.w, size.h}};
    int last = box.x + box.w - size.w;
    const SDL_Rect close[] = {{box.x, below, size.w, size.h},
                              {last, below, size.w, size.h},
                              {box.x, above, size.w, size.h},
                              {last, above, size.w, size.h},
                              {right, foot - size.h, size.w, size.h},
                              {left, foot - size.h, size.w, size.h},
                              {right, box.y, size.w, size.h},
                              {left, box.y, size.w, size.h},
                              {middle, foot - gap - size.h, size.w, size.h}};
    if (beside)
        return choose(layout, area, box, gap, sides, (int)(sizeof sides / sizeof *sides), place);
    return choose(layout, area, box, gap, close, (int)(sizeof close / sizeof *close), place);
}
