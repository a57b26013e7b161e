#include "detector.h"

#include "ocv.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* One way to search. Sizes are shares, so that they hold for pictures of any size. */
struct search {
    int side;            /* the longest side is brought to this, pixels */
    bool enlarge;        /* also where it is shorter */
    double padding;      /* repeated edge on each side, share of width and height */
    double scale_factor; /* step between face sizes */
    int min_neighbours;
    double min_face; /* smallest face, share of the longest side */
};

/* Tight portraits cut off the forehead that the cascade wants to see: hence the padding. What the
 * first search finds nothing in is searched once more in finer steps, for large faces only. */
static const struct search still_searches[] = {
    {1000, false, 0.30, 1.10, 3, 1.0 / 32},
    {400, true, 0.30, 1.05, 3, 1.0 / 5},
};
static const struct search live_searches[] = {
    {400, false, 0.0, 1.10, 4, 1.0 / 16},
    {320, false, 0.0, 1.05, 3, 1.0 / 5},
};

/* Two boxes show the same face where this share of the smaller one is common to both. */
static const double same_face = 0.35;

enum {
    CASCADE_SIDE = 24, /* the cascade knows no smaller face */
    MAX_CANDIDATES = 4 * FRAME_MAX_FACES
};

struct detector {
    struct ocv_detector *cascade;
    const struct search *searches;
    int search_count;
    uint8_t *pixels; /* scratch: the resized picture, then the padded one */
    size_t capacity; /* bytes */
};

int detector_open(struct detector **detector, const char *cascade_path, enum detector_mode mode,
                  struct error *error)
{
    struct detector *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the face detector");
    struct ocv_error failure;
    if (ocv_detector_open(&made->cascade, cascade_path, &failure) != OCV_OK) {
        free(made);
        return error_set(error, "%s: %s", cascade_path, failure.text);
    }
    bool still = mode == DETECTOR_STILL;
    made->searches = still ? still_searches : live_searches;
    made->search_count = (int)(still ? sizeof still_searches / sizeof *still_searches
                                     : sizeof live_searches / sizeof *live_searches);
    *detector = made;
    return 0;
}

void detector_close(struct detector **detector)
{
    if (!*detector)
        return;
    ocv_detector_close(&(*detector)->cascade);
    free((*detector)->pixels);
    free(*detector);
    *detector = NULL;
}

static int reserve(struct detector *detector, size_t size, struct error *error)
{
    if (size <= detector->capacity)
        return 0;
    uint8_t *pixels = realloc(detector->pixels, size);
    if (!pixels)
        return error_no_memory(error, "the face detector");
    detector->pixels = pixels;
    detector->capacity = size;
    return 0;
}

static int longest(int a, int b)
{
    return a > b ? a : b;
}

static int scaled(int length, double scale)
{
    return longest(1, (int)lround(length * scale));
}

/* The picture as `search` wants it, in the detector's scratch. */
static int prepare(struct detector *detector, const struct search *search,
                   struct grey_image picture, double scale, struct grey_image *prepared,
                   int padding[2], struct error *error)
{
    int width = scaled(picture.width, scale);
    int height = scaled(picture.height, scale);
    padding[0] = (int)lround(width * search->padding);
    padding[1] = (int)lround(height * search->padding);
    int padded_width = width + 2 * padding[0];
    int padded_height = height + 2 * padding[1];
    size_t small = (size_t)width * (size_t)height;
    if (reserve(detector, small + (size_t)padded_width * (size_t)padded_height, error))
        return -1;

    struct ocv_error failure;
    struct grey_image resized = {detector->pixels, width, height, (size_t)width};
    uint8_t *padded = detector->pixels + small;
    if (ocv_resize_grey(picture, detector->pixels, width, height, &failure) != OCV_OK ||
        ocv_pad_grey(resized, padding[1], padding[1], padding[0], padding[0], padded, &failure) !=
            OCV_OK)
        return error_set(error, "%s", failure.text);
    *prepared = (struct grey_image){padded, padded_width, padded_height, (size_t)padded_width};
    return 0;
}

static double common_area(struct box a, struct box b)
{
    int left = longest(a.x, b.x);
    int top = longest(a.y, b.y);
    int right = -longest(-(a.x + a.width), -(b.x + b.width));
    int bottom = -longest(-(a.y + a.height), -(b.y + b.height));
    return right > left && bottom > top ? (double)(right - left) * (double)(bottom - top) : 0;
}

static bool is_new_face(const struct frame *frame, struct box box)
{
    for (int i = 0; i < frame->box_count; i++) {
        if (common_area(frame->boxes[i], box) > same_face * box.width * box.height)
            return false;
    }
    return true;
}

static int run_search(struct detector *detector, const struct search *search, struct frame *frame,
                      struct error *error)
{
    int side = longest(frame->width, frame->height);
    double scale = side > search->side || search->enlarge ? (double)search->side / side : 1;
    struct grey_image prepared;
    int padding[2];
    if (prepare(detector, search, frame_grey(frame), scale, &prepared, padding, error))
        return -1;
    if (prepared.width < CASCADE_SIDE || prepared.height < CASCADE_SIDE)
        return 0;

    int min_side = longest(CASCADE_SIDE, scaled(side, scale * search->min_face));
    struct ocv_detection how = {search->scale_factor, search->min_neighbours, min_side, 0};
    struct box found[MAX_CANDIDATES];
    int count = 0;
    struct ocv_error failure;
    if (ocv_detector_detect(detector->cascade, prepared, &how, found, MAX_CANDIDATES, &count,
                            &failure) != OCV_OK)
        return error_set(error, "%s", failure.text);
    for (int i = 0; i < count && frame->box_count < FRAME_MAX_FACES; i++) {
        struct box box = {(int)lround((found[i].x - padding[0]) / scale),
                          (int)lround((found[i].y - padding[1]) / scale),
                          scaled(found[i].width, 1 / scale), scaled(found[i].height, 1 / scale)};
        struct box inside = frame_clip(frame, box);
        bool visible = inside.width > 0 && inside.height > 0;
        if (visible && is_new_face(frame, box)) {
            frame->ids[frame->box_count] = frame->box_count + 1;
            frame->held[frame->box_count] = false;
            frame->boxes[frame->box_count++] = box;
        }
    }
    return 0;
}

int detector_find(struct detector *detector, struct frame *frame, struct error *error)
{
    frame->box_count = 0;
    for (int i = 0; i < detector->search_count && frame->box_count == 0; i++) {
        if (run_search(detector, &detector->searches[i], frame, error))
            return -1;
    }
    return 0;
}
