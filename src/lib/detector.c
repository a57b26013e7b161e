#include "detector_inside.h"

#include "candidates.h"
#include "face.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Each range sees the picture just large enough for its smallest faces, since the cascade takes
 * half as many steps over faces up to twice its own size. What is found is confirmed before it
 * counts, so few neighbours will do. The smallest faces cost most. */
static const struct search live_ranges[DETECTOR_RANGES] = {
    {384, false, 0, 1.20, 1, 0.0625, 0.085},
    {267, false, 0, 1.23, 1, 0.090, 0.16},
    {173, false, 0, 1.15, 1, 0.150, 0.30},
    {107, false, 0, 1.15, 2, 0.28, 0.9},
};

/* A known face is brought to `side` pixels and sought in a window around it; where the quick look
 * finds nothing, careful ones follow. */
struct look {
    double side;
    double margin; /* of the window, on each side, share of the face's side */
    double scale_factor;
    int min_neighbours;
    double shrinks, grows; /* smallest and largest face, shares of the face's side */
};
static const struct look looks[] = {
    {48, 0.2, 1.15, 1, 0.85, 1.20},
    {48, 0.3, 1.10, 1, 0.78, 1.30},
    {64, 0.25, 1.07, 1, 0.82, 1.25},
};

/* In steps as fine as these, a face has many neighbours, and what only looks like one has few. */
static const struct look confirmation = {64, 0.3, 1.05, 12, 0.78, 1.30};

int detector_open_cascade(struct ocv_detector **cascade, const char *path, struct error *error)
{
    return ocv_detector_open(cascade, path, error) == OCV_OK ? 0 : error_of(error, path);
}

int detector_open(struct detector **detector, const char *cascade_path, struct error *error)
{
    struct detector *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the face detector");
    if (detector_open_cascade(&made->cascade, cascade_path, error) ||
        detector_find_others(made, cascade_path, error)) {
        detector_close(&made);
        return -1;
    }
    *detector = made;
    return 0;
}

void detector_close(struct detector **detector)
{
    if (!*detector)
        return;
    ocv_detector_close(&(*detector)->cascade);
    detector_close_others(*detector);
    free((*detector)->upright.pixels);
    for (int i = 0; i < 2; i++) {
        free((*detector)->turned[i].pixels);
        verifier_workspace_free(&(*detector)->judges[i]);
    }
    free(*detector);
    *detector = NULL;
}

int detector_set_verifier(struct detector *detector, const struct mlp *verifier,
                          struct error *error)
{
    bool some = verifier && verifier->parameters;
    struct verifier_workspace *made[2] = {NULL};
    for (int i = 0; some && i < 2; i++) {
        if (verifier_workspace_create(&made[i], verifier, FACE_SIDE, FACE_SIDE, error) < 0) {
            verifier_workspace_free(&made[0]);
            return -1;
        }
    }
    for (int i = 0; i < 2; i++) {
        verifier_workspace_free(&detector->judges[i]);
        detector->judges[i] = made[i];
    }
    detector->verifier = some ? verifier : NULL;
    return 0;
}

bool detector_has_verifier(const struct detector *detector)
{
    return detector->verifier != NULL;
}

float detector_judge(struct detector *detector, int judge, const struct grey_image *picture,
                     struct box box)
{
    uint8_t crop[FACE_SIDE * FACE_SIDE];
    if (!detector->verifier)
        return 1;
    face_crop(picture, box, crop);
    return verifier_score(detector->verifier, detector->judges[judge], crop);
}

float detector_verify(struct detector *detector, const struct grey_frame *frame, struct box box)
{
    return detector_judge(detector, 0, &frame->grey, box);
}

int detector_reserve(struct scratch *scratch, size_t size, struct error *error)
{
    if (size <= scratch->capacity)
        return 0;
    uint8_t *pixels = realloc(scratch->pixels, size);
    if (!pixels)
        return error_no_memory(error, "the face detector");
    scratch->pixels = pixels;
    scratch->capacity = size;
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

static int prepare(struct detector *detector, struct grey_image part, double scale, double padding,
                   struct view_of_frame *view, struct error *error)
{
    int width = scaled(part.width, scale);
    int height = scaled(part.height, scale);
    int beside = (int)lround(width * padding);
    int above = (int)lround(height * padding);
    int padded_width = width + 2 * beside;
    int padded_height = height + 2 * above;
    size_t small = (size_t)width * (size_t)height;
    if (detector_reserve(&detector->upright, small + (size_t)padded_width * (size_t)padded_height,
                         error))
        return -1;

    uint8_t *pixels = detector->upright.pixels, *padded = pixels + small;
    struct grey_image resized = {pixels, width, height, (size_t)width};
    bool shrinks = width <= part.width && height <= part.height;
    if ((shrinks ? ocv_shrink_grey : ocv_resize_grey)(part, pixels, width, height, error) !=
            OCV_OK ||
        (padding > 0 &&
         ocv_pad_grey(resized, above, above, beside, beside, padded, error) != OCV_OK))
        return -1;
    *view = (struct view_of_frame){.picture = resized, .scale = scale, .x = beside, .y = above};
    if (padding > 0)
        view->picture =
            (struct grey_image){padded, padded_width, padded_height, (size_t)padded_width};
    return 0;
}

static bool is_new_face(const struct grey_frame *frame, struct box box)
{
    for (int i = 0; i < frame->box_count; i++) {
        if (candidates_collide(frame->boxes[i], box))
            return false;
    }
    return true;
}

void detector_add(struct grey_frame *frame, struct box box, float score)
{
    struct box inside = box_clip(box, frame->grey.width, frame->grey.height);
    int i = frame->box_count;
    if (i == EXPRESSIONS_MAX_FACES || inside.width <= 0 || inside.height <= 0 ||
        !is_new_face(frame, box))
        return;
    frame->boxes[i] = box;
    frame->scores[i] = score;
    frame->box_count++;
}

struct box detector_in_frame(const struct view_of_frame *view, struct box found)
{
    return (struct box){
        (int)lround((found.x - view->x) / view->scale),
        (int)lround((found.y - view->y) / view->scale),
        scaled(found.width, 1 / view->scale),
        scaled(found.height, 1 / view->scale),
    };
}

static int detect(struct detector *detector, const struct view_of_frame *view,
                  const struct ocv_detection *how, float least_score, struct grey_frame *frame,
                  struct error *error)
{
    if (view->picture.width < CASCADE_SIDE || view->picture.height < CASCADE_SIDE)
        return 0;
    struct box found[MAX_CANDIDATES];
    int count = 0;
    if (ocv_detector_detect(detector->cascade, view->picture, how, found, MAX_CANDIDATES, &count,
                            error) != OCV_OK)
        return -1;
    for (int i = 0; i < count; i++) {
        struct box box = detector_in_frame(view, found[i]);
        float score = detector_verify(detector, frame, box);
        if (score >= least_score)
            detector_add(frame, box, score);
    }
    return 0;
}

void detector_hide_known(struct detector *detector, const struct view_of_frame *view,
                         const struct grey_frame *frame)
{
    int width = view->picture.width;
    uint8_t *pixels = detector->upright.pixels;
    assert(view->picture.pixels == pixels); /* no padding */
    for (int i = 0; i < frame->box_count; i++) {
        struct box known = box_clip(frame->boxes[i], frame->grey.width, frame->grey.height);
        int left = (int)(known.x * view->scale);
        int right = (int)((known.x + known.width) * view->scale);
        int bottom = (int)((known.y + known.height) * view->scale);
        for (int y = (int)(known.y * view->scale); y < bottom; y++)
            memset(pixels + (size_t)y * (size_t)width + left, 128, (size_t)(right - left));
    }
}

int detector_prepare(struct detector *detector, const struct search *search,
                     const struct grey_frame *frame, struct view_of_frame *view,
                     struct ocv_detection *how, struct error *error)
{
    int side = longest(frame->grey.width, frame->grey.height);
    double scale = side > search->side || search->enlarge ? (double)search->side / side : 1;
    double shown = side * scale;
    *how = (struct ocv_detection){search->scale_factor, search->min_neighbours,
                                  longest(CASCADE_SIDE, (int)lround(shown * search->min_face)),
                                  (int)lround(shown * search->max_face)};
    return prepare(detector, frame->grey, scale, search->padding, view, error);
}

int detector_scan(struct detector *detector, struct grey_frame *frame, int range,
                  struct error *error)
{
    struct view_of_frame view;
    struct ocv_detection how;
    if (detector_prepare(detector, &live_ranges[range], frame, &view, &how, error))
        return -1;
    detector_hide_known(detector, &view, frame);
    return how.max_side > 0 && how.max_side < how.min_side
               ? 0
               : detect(detector, &view, &how, DETECTOR_NEW, frame, error);
}

static struct box window_around(const struct grey_frame *frame, struct box expected, double share)
{
    int margin = scaled(expected.width, share);
    struct box around = {expected.x - margin, expected.y - margin, expected.width + 2 * margin,
                         expected.height + 2 * margin};
    return box_clip(around, frame->grey.width, frame->grey.height);
}

static int run_look(struct detector *detector, const struct look *look, float least_score,
                    struct grey_frame *frame, struct box expected, struct error *error)
{
    struct box window = window_around(frame, expected, look->margin);
    if (window.width <= 0 || window.height <= 0)
        return 0;
    double side = expected.width;
    struct grey_image whole = frame->grey;
    const uint8_t *corner = whole.pixels + (size_t)window.y * whole.stride + window.x;
    struct grey_image part = {corner, window.width, window.height, whole.stride};
    double scale = fmin(look->side / side, 1);
    struct view_of_frame view;
    if (prepare(detector, part, scale, 0, &view, error))
        return -1;
    view.x = -window.x * scale;
    view.y = -window.y * scale;
    int smallest = (int)lround(side * scale * look->shrinks);
    int largest = (int)lround(side * scale * look->grows);
    struct ocv_detection how = {look->scale_factor, look->min_neighbours,
                                longest(CASCADE_SIDE, smallest), longest(CASCADE_SIDE, largest)};
    return detect(detector, &view, &how, least_score, frame, error);
}

int detector_look(struct detector *detector, struct grey_frame *frame, struct box expected,
                  struct error *error)
{
    enum { LOOKS = sizeof looks / sizeof *looks };
    int known = frame->box_count;
    for (int i = 0; i < LOOKS && frame->box_count == known; i++) {
        if (run_look(detector, &looks[i], DETECTOR_KNOWN, frame, expected, error))
            return -1;
    }
    return 0;
}

int detector_confirm(struct detector *detector, struct grey_frame *frame, struct box expected,
                     struct error *error)
{
    return run_look(detector, &confirmation, DETECTOR_NEW, frame, expected, error);
}
