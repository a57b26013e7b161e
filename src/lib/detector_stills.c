/* Stills, which may take their time. */
#include "detector_inside.h"

#include "candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Tight portraits cut off the forehead that the cascade wants to see: hence the padding. What the
 * first search finds nothing in is searched once more in finer steps, for large faces only. */
enum { THOROUGH, LARGE_FACES, SEARCHES };
static const struct search still_searches[SEARCHES] = {
    {1000, false, 0.30, 1.10, 1, 1.0 / 32, 0},
    {400, true, 0.30, 1.05, 1, 1.0 / 5, 0},
};

/* In stills a second cascade looks too. It errs less, so that its answers count twice; the boxes
 * are the first one's, where that has one, since the network learned from such. Together they find
 * more than either, at as many errors, when their answers add up to this. */
static const char first_name[] = "haarcascade_frontalface_default.xml";
static const char second_name[] = "haarcascade_frontalface_alt2.xml";
static const char profile_name[] = "haarcascade_profileface.xml";
static const int weights[] = {1, 2};
enum { CASCADES = 2, MAX_STILL_CANDIDATES = 1024, LEAST_STRENGTH = 5, LEAST_STRENGTH_ALONE = 3 };

/* Where no face was found yet, tilted ones are sought, and profiles; the cascade knows those to one
 * side. Such are taken for faces only in sizes like those of the others, or, in a picture without
 * others, as large ones. */
struct turn {
    double degrees;
    bool profile, mirrored;
};
static const struct turn turns[] = {
    {25, false, false}, {-25, false, false}, {0, true, false}, {0, true, true}};
static const struct search beside_others = {1000, false, 0, 1.10, 1, 0, 0};
static const double smaller_than_others = 0.7, larger_than_others = 1.4;
enum { LEAST_STRENGTH_TURNED = 4 };

/* The path of what lies beside the first cascade; NULL in `path` where nothing does. */
static int find_beside(char **path, const char *first, size_t folder, const char *name,
                       struct error *error)
{
    char *made = malloc(folder + strlen(name) + 1);
    if (!made)
        return error_no_memory(error, "the face detector");
    memcpy(made, first, folder);
    strcpy(made + folder, name);
    if (access(made, F_OK) != 0) {
        free(made);
        made = NULL;
    }
    *path = made;
    return 0;
}

int detector_find_others(struct detector *detector, const char *path, struct error *error)
{
    size_t length = strlen(path), name = sizeof first_name - 1;
    if (length < name || strcmp(path + length - name, first_name) != 0)
        return 0;
    return find_beside(&detector->second.path, path, length - name, second_name, error) ||
                   find_beside(&detector->profile.path, path, length - name, profile_name, error)
               ? -1
               : 0;
}

static int open_late(struct late_cascade *late, struct error *error)
{
    if (!late->path)
        return 0;
    int result = detector_open_cascade(&late->cascade, late->path, error);
    if (result == 0) {
        free(late->path);
        late->path = NULL;
    }
    return result;
}

static void close_late(struct late_cascade *late)
{
    ocv_detector_close(&late->cascade);
    free(late->path);
}

void detector_close_others(struct detector *detector)
{
    close_late(&detector->second);
    close_late(&detector->profile);
}

/* The raw answers of all cascades; how many. */
static int search_still(struct detector *detector, const struct search *search,
                        const struct grey_frame *frame,
                        struct candidate candidates[MAX_STILL_CANDIDATES], struct error *error)
{
    struct ocv_detector *const cascades[CASCADES] = {detector->cascade, detector->second.cascade};
    struct view_of_frame view;
    struct ocv_detection how;
    if (detector_prepare(detector, search, frame, &view, &how, error))
        return -1;
    int total = 0;
    for (int rank = 0; rank < CASCADES && cascades[rank]; rank++) {
        struct box found[MAX_STILL_CANDIDATES];
        int neighbours[MAX_STILL_CANDIDATES], count = 0;
        struct ocv_error failure;
        if (ocv_detector_weigh(cascades[rank], view.picture, &how, found, neighbours,
                               MAX_STILL_CANDIDATES - total, &count, &failure) != OCV_OK)
            return error_set(error, "%s", failure.text);
        for (int i = 0; i < count; i++)
            candidates[total++] = (struct candidate){detector_in_frame(&view, found[i]), rank,
                                                     weights[rank] * neighbours[i]};
    }
    return total;
}

/* The upright faces. */
static int find_upright(struct detector *detector, struct grey_frame *frame,
                        struct candidate candidates[MAX_STILL_CANDIDATES], struct error *error)
{
    int least = detector->second.cascade ? LEAST_STRENGTH : LEAST_STRENGTH_ALONE;
    for (int i = 0; i < SEARCHES && frame->box_count == 0; i++) {
        int count = search_still(detector, &still_searches[i], frame, candidates, error);
        if (count < 0)
            return -1;
        count = candidates_choose(candidates, count, least);
        for (int j = 0; j < count; j++)
            detector_add(frame, candidates[j].box);
    }
    return 0;
}

/* The view turned about its middle, just large enough to show all of it: map leads from a pixel of
 * the turned picture to one of the view. */
static int turn_view(struct detector *detector, const struct turn *turn, struct grey_image view,
                     struct grey_image *turned, double map[6], struct error *error)
{
    double angle = turn->degrees * 3.14159265358979 / 180, c = cos(angle), s = sin(angle);
    int width = (int)ceil(view.width * fabs(c) + view.height * fabs(s));
    int height = (int)ceil(view.width * fabs(s) + view.height * fabs(c));
    double side = turn->mirrored ? -1 : 1, x = 0.5 * (width - 1), y = 0.5 * (height - 1);
    const double rows[2][2] = {{side * c, -side * s}, {s, c}};
    const double middle[2] = {0.5 * (view.width - 1), 0.5 * (view.height - 1)};
    for (int i = 0; i < 2; i++) {
        map[3 * i] = rows[i][0];
        map[3 * i + 1] = rows[i][1];
        map[3 * i + 2] = middle[i] - rows[i][0] * x - rows[i][1] * y;
    }
    struct ocv_error failure;
    if (detector_reserve(&detector->turned, (size_t)width * (size_t)height, error))
        return -1;
    if (ocv_warp_grey(view, map, detector->turned.pixels, width, height, &failure) != OCV_OK)
        return error_set(error, "%s", failure.text);
    *turned = (struct grey_image){detector->turned.pixels, width, height, (size_t)width};
    return 0;
}

/* An upright box of the same size around the same middle. */
static struct box turn_back(struct box found, const double map[6])
{
    double x = found.x + 0.5 * (found.width - 1), y = found.y + 0.5 * (found.height - 1);
    return (struct box){(int)lround(map[0] * x + map[1] * y + map[2] - 0.5 * (found.width - 1)),
                        (int)lround(map[3] * x + map[4] * y + map[5] - 0.5 * (found.height - 1)),
                        found.width, found.height};
}

/* Appends what is found to the `total` candidates; their new number. */
static int search_turned(struct detector *detector, const struct turn *turn,
                         const struct view_of_frame *view, const struct ocv_detection *how,
                         struct candidate candidates[MAX_STILL_CANDIDATES], int total,
                         struct error *error)
{
    struct ocv_detector *cascade =
        turn->profile ? detector->profile.cascade : detector->second.cascade;
    struct grey_image turned;
    double map[6];
    struct box found[MAX_STILL_CANDIDATES];
    int neighbours[MAX_STILL_CANDIDATES], count = 0;
    struct ocv_error failure;
    if (!cascade)
        return total;
    if (turn_view(detector, turn, view->picture, &turned, map, error))
        return -1;
    if (ocv_detector_weigh(cascade, turned, how, found, neighbours, MAX_STILL_CANDIDATES - total,
                           &count, &failure) != OCV_OK)
        return error_set(error, "%s", failure.text);
    for (int i = 0; i < count; i++)
        candidates[total++] = (struct candidate){detector_in_frame(view, turn_back(found[i], map)),
                                                 turn->profile, neighbours[i]};
    return total;
}

/* Not what lies mostly in the repeated edge. */
static bool is_inside(const struct grey_frame *frame, struct box box)
{
    struct box inside = box_clip(box, frame->grey.width, frame->grey.height);
    return 2.0 * inside.width * inside.height >= (double)box.width * box.height;
}

static int find_turned(struct detector *detector, struct grey_frame *frame,
                       struct candidate candidates[MAX_STILL_CANDIDATES], struct error *error)
{
    enum { TURNS = sizeof turns / sizeof *turns };
    struct view_of_frame view;
    struct ocv_detection how;
    const struct search *search =
        frame->box_count > 0 ? &beside_others : &still_searches[LARGE_FACES];
    if (open_late(&detector->profile, error) ||
        detector_prepare(detector, search, frame, &view, &how, error))
        return -1;
    if (frame->box_count > 0) {
        int smallest = frame->boxes[0].width, largest = smallest;
        for (int i = 1; i < frame->box_count; i++) {
            smallest = frame->boxes[i].width < smallest ? frame->boxes[i].width : smallest;
            largest = frame->boxes[i].width > largest ? frame->boxes[i].width : largest;
        }
        int least = (int)(smaller_than_others * smallest * view.scale);
        how.min_side = least > CASCADE_SIDE ? least : CASCADE_SIDE;
        how.max_side = (int)(larger_than_others * largest * view.scale);
        detector_hide_known(detector, &view, frame);
    }
    int total = 0;
    for (int i = 0; i < TURNS && total >= 0; i++)
        total = search_turned(detector, &turns[i], &view, &how, candidates, total, error);
    if (total < 0)
        return -1;
    total = candidates_choose(candidates, total, LEAST_STRENGTH_TURNED);
    for (int i = 0; i < total; i++)
        if (is_inside(frame, candidates[i].box))
            detector_add(frame, candidates[i].box);
    return 0;
}

static int compare_sizes(const void *first, const void *second)
{
    const struct box *a = first;
    const struct box *b = second;
    return (a->width < b->width) - (a->width > b->width);
}

int detector_find(struct detector *detector, struct grey_frame *frame, struct error *error)
{
    struct candidate candidates[MAX_STILL_CANDIDATES];
    frame->box_count = 0;
    if (open_late(&detector->second, error) || find_upright(detector, frame, candidates, error) ||
        find_turned(detector, frame, candidates, error)) {
        frame->box_count = 0;
        return -1;
    }
    qsort(frame->boxes, (size_t)frame->box_count, sizeof *frame->boxes, compare_sizes);
    return 0;
}
