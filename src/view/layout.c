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

static SDL_Rect shrink(SDL_Rect area, int gap)
{
    return (SDL_Rect){area.x + gap, area.y + gap, area.w - 2 * gap, area.h - 2 * gap};
}

static double distance(SDL_Rect a, SDL_Rect b)
{
    return hypot(a.x + a.w / 2.0 - (b.x + b.w / 2.0), a.y + a.h / 2.0 - (b.y + b.h / 2.0));
}

/* `box` is the face's own; others' grow by `apart` on all sides. */
static double hidden(const struct layout *layout, SDL_Rect rect, SDL_Rect box, int apart)
{
    double sum = -(face_weight - 1) * common_area(rect, box);
    for (int i = 0; i < layout->count; i++) {
        SDL_Rect blocked = layout->blocked[i];
        bool other = layout->weight[i] < text_weight && !SDL_RectEquals(&blocked, &box);
        sum += layout->weight[i] * common_area(rect, shrink(blocked, other ? -apart : 0));
    }
    return sum;
}

/* What a label here hides, where text, and `gap` pixels around it, matters more than faces do. */
static double label_cost(const struct layout *layout, SDL_Rect rect, SDL_Rect box, int gap)
{
    const double unread = 20;
    double sum = hidden(layout, rect, box, 0);
    for (int i = 0; i < layout->count; i++) {
        if (layout->weight[i] >= text_weight)
            sum += unread * common_area(rect, shrink(layout->blocked[i], -gap));
    }
    return sum;
}

/* hidden or label_cost, and their last argument. */
struct cost {
    double (*of)(const struct layout *layout, SDL_Rect rect, SDL_Rect box, int by);
    int by;
};

/* The first of the candidates that cost least, kept off the area's edge. Returns what it costs. */
static double choose(const struct layout *layout, SDL_Rect area, SDL_Rect box, int gap,
                     struct cost cost, const SDL_Rect *candidates, int count, SDL_Rect *place)
{
    double least = INFINITY;
    for (int i = 0; i < count; i++) {
        SDL_Rect moved = move_into(candidates[i], shrink(area, gap));
        double sum = cost.of(layout, moved, box, cost.by);
        if (sum < least) {
            least = sum;
            *place = moved;
        }
    }
    return least;
}

/* The place nearest to the box that hides nothing; false where there is none. */
static bool find_free(const struct layout *layout, SDL_Rect area, SDL_Rect box, int gap, int apart,
                      SDL_Rect *place)
{
    SDL_Rect inside = shrink(area, gap), tried = *place;
    double nearest = INFINITY;
    for (tried.y = inside.y; tried.y + tried.h <= inside.y + inside.h; tried.y += gap) {
        for (tried.x = inside.x; tried.x + tried.w <= inside.x + inside.w; tried.x += gap) {
            double away = distance(tried, box);
            if (away < nearest && hidden(layout, tried, box, apart) <= 0) {
                nearest = away;
                *place = tried;
            }
        }
    }
    return nearest < INFINITY;
}

/* Where no usual place is free: what hides least around the box, as near to it as can be. */
static void search_around(const struct layout *layout, SDL_Rect area, SDL_Rect box, int gap,
                          double least, SDL_Rect *place)
{
    SDL_Rect tried = *place, around = {box.x - place->w - gap, box.y - 2 * (place->h + gap),
                                       box.w + place->w + 2 * gap, box.h + 3 * (place->h + gap)};
    for (int y = around.y; y <= around.y + around.h; y += gap) {
        for (int x = around.x; x <= around.x + around.w; x += gap) {
            tried.x = x;
            tried.y = y;
            SDL_Rect moved = move_into(tried, shrink(area, gap));
            double cost = label_cost(layout, moved, box, gap) + distance(moved, box);
            if (cost < least) {
                least = cost;
                *place = moved;
            }
        }
    }
}

void layout_label(struct layout *layout, SDL_Rect area, SDL_Rect box, SDL_Rect size, int gap,
                  SDL_Rect *place)
{
    int above = box.y - gap - size.h;
    int below = box.y + box.h + gap;
    int last = box.x + box.w - size.w, middle = box.x + (box.w - size.w) / 2;
    const SDL_Rect candidates[] = {{box.x, above, size.w, size.h},
                                   {last, above, size.w, size.h},
                                   {middle, above, size.w, size.h},
                                   {box.x, below, size.w, size.h},
                                   {middle, below, size.w, size.h},
                                   {box.x + gap, box.y + gap, size.w, size.h},
                                   {middle, box.y + box.h - gap - size.h, size.w, size.h}};
    double least = choose(layout, area, box, gap, (struct cost){label_cost, gap}, candidates,
                          (int)(sizeof candidates / sizeof *candidates), place);
    if (least > 0)
        search_around(layout, area, box, gap, least, place);
    layout_block_text(layout, *place);
}

void layout_move_label(struct layout *layout, SDL_Rect area, SDL_Rect box, int gap, SDL_Rect *place)
{
    for (int i = 0; i < layout->count; i++) {
        if (SDL_RectEquals(&layout->blocked[i], place))
            layout->weight[i] = 0;
    }
    layout_label(layout, area, box, *place, gap, place);
}

double layout_panel(struct layout *layout, SDL_Rect area, SDL_Rect box, SDL_Rect label,
                    SDL_Rect size, int gap, int apart, bool beside, SDL_Rect *place)
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
    const struct cost cost = {hidden, apart};
    double least;
    if (beside)
        least =
            choose(layout, area, box, gap, cost, sides, (int)(sizeof sides / sizeof *sides), place);
    else
        least =
            choose(layout, area, box, gap, cost, close, (int)(sizeof close / sizeof *close), place);
    if (beside && least > 0 && find_free(layout, area, box, gap, apart, place))
        least = 0;
    layout_block_text(layout, *place);
    return least;
}

/* The place `way` pixels along an edge, from the corner on. Edges: the corner's own horizontal one,
 * the other one, the corner's own vertical one, the other one. */
static SDL_Rect at_edge(SDL_Rect inside, enum layout_corner corner, SDL_Rect size, int edge,
                        int way)
{
    int width = clamp(inside.w - size.w, 0, inside.w),
        height = clamp(inside.h - size.h, 0, inside.h);
    int x = edge < 2 ? way : edge == 3 ? width : 0;
    int y = edge >= 2 ? way : edge == 1 ? height : 0;
    x = corner & LAYOUT_LOWER_RIGHT ? width - x : x;
    y = corner & LAYOUT_UPPER_LEFT ? y : height - y;
    return (SDL_Rect){inside.x + x, inside.y + y, size.w, size.h};
}

/* What it hides; and a little more at the left and right edges, where it stands between faces. */
static double dock_cost(const struct layout *layout, SDL_Rect inside, SDL_Rect rect, int apart)
{
    const SDL_Rect nobody = {0, 0, 0, 0};
    bool side = rect.y > inside.y && rect.y + rect.h < inside.y + inside.h;
    return hidden(layout, rect, nobody, apart) + (side ? 0.1 * rect.w * rect.h : 0);
}

static bool contains(SDL_Rect outer, SDL_Rect inner)
{
    SDL_Rect both;
    SDL_UnionRect(&outer, &inner, &both);
    return SDL_RectEquals(&outer, &both);
}

double layout_dock(struct layout *layout, SDL_Rect area, enum layout_corner corner, SDL_Rect size,
                   int gap, SDL_Rect *place)
{
    SDL_Rect inside = shrink(area, gap);
    bool fits = place->w == size.w && place->h == size.h && contains(inside, *place);
    double now = fits ? dock_cost(layout, inside, *place, gap / 2) : INFINITY;
    double least = INFINITY;
    SDL_Rect best = *place;
    for (int edge = 0; edge < 4 && now > 0 && least > 0; edge++) {
        int length = (int)fmax(0, edge < 2 ? inside.w - size.w : inside.h - size.h);
        for (int step = -1; step <= 0 || step * gap < length; step++) {
            int way = step < 0 ? 0 : step * gap;
            if (step == 0) /* the edge's ends first */
                way = length;
            SDL_Rect tried = at_edge(inside, corner, size, edge, way);
            double cost = dock_cost(layout, inside, tried, gap / 2);
            if (cost < least) {
                least = cost;
                best = tried;
            }
        }
    }
    if (least <= now / 2) { /* for less it does not move */
        now = least;
        *place = best;
    }
    layout_block_text(layout, *place);
    return now;
}
