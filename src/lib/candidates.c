#include "candidates.h"

#include <stdlib.h>

/* Two boxes show the same face where this share of the larger one is common to both, and collide
 * where this share of the smaller one is. */
static const double same_face = 0.5, collision = 0.35;

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static double area(struct box box)
{
    return (double)box.width * (double)box.height;
}

static double common_area(struct box a, struct box b)
{
    int left = larger(a.x, b.x);
    int top = larger(a.y, b.y);
    int right = -larger(-(a.x + a.width), -(b.x + b.width));
    int bottom = -larger(-(a.y + a.height), -(b.y + b.height));
    return right > left && bottom > top ? (double)(right - left) * (double)(bottom - top) : 0;
}

bool candidates_collide(struct box a, struct box b)
{
    double smaller = area(a) < area(b) ? area(a) : area(b);
    return common_area(a, b) > collision * smaller;
}

static bool show_one_face(struct box a, struct box b)
{
    double larger_area = area(a) > area(b) ? area(a) : area(b);
    return common_area(a, b) >= same_face * larger_area;
}

/* Equal ones are ordered by place, so that the same picture always has the same faces. */
static int compare_places(struct box a, struct box b)
{
    return a.y != b.y   ? (a.y < b.y ? -1 : 1)
           : a.x != b.x ? (a.x < b.x ? -1 : 1)
                        : b.width - a.width;
}

static int compare_strengths(const void *first, const void *second)
{
    const struct candidate *a = first;
    const struct candidate *b = second;
    return a->strength != b->strength ? (a->strength > b->strength ? -1 : 1)
                                      : compare_places(a->box, b->box);
}

static int compare_ranks(const void *first, const void *second)
{
    const struct candidate *a = first;
    const struct candidate *b = second;
    return a->rank != b->rank ? (a->rank < b->rank ? -1 : 1) : compare_strengths(first, second);
}

/* Each joins the first that it lies on. */
static int add_up(struct candidate *candidates, int count)
{
    int distinct = 0;
    qsort(candidates, (size_t)count, sizeof *candidates, compare_ranks);
    for (int i = 0; i < count; i++) {
        int j = 0;
        while (j < distinct && !show_one_face(candidates[j].box, candidates[i].box))
            j++;
        if (j == distinct) {
            candidates[distinct++] = candidates[i];
            continue;
        }
        candidates[j].strength += candidates[i].strength;
        candidates[j].neighbours += candidates[i].neighbours;
        if (candidates[i].score > candidates[j].score)
            candidates[j].score = candidates[i].score;
    }
    return distinct;
}

int candidates_choose(struct candidate *candidates, int count, double least)
{
    int kept = 0;
    count = add_up(candidates, count);
    qsort(candidates, (size_t)count, sizeof *candidates, compare_strengths);
    for (int i = 0; i < count && candidates[i].strength >= least; i++) {
        int j = 0;
        while (j < kept && !candidates_collide(candidates[j].box, candidates[i].box))
            j++;
        if (j == kept)
            candidates[kept++] = candidates[i];
    }
    return kept;
}
