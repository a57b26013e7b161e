/* Stills, which may take their time. */
#include "detector_inside.h"

#include "candidates.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Tight portraits cut off the forehead that the cascade wants to see: hence the padding. What the
 * first search finds nothing in is searched once more in finer steps, for large faces only. */
static const struct search still_searches[] = {
    {1000, false, 0.30, 1.10, 1, 1.0 / 32, 0},
    {400, true, 0.30, 1.05, 1, 1.0 / 5, 0},
};

/* In stills a second cascade looks too. It errs less, so that its answers count twice; the boxes
 * are the first one's, where that has one, since the network learned from such. Together they find
 * more than either, at as many errors, when their answers add up to this. */
static const char first_name[] = "haarcascade_frontalface_default.xml";
static const char second_name[] = "haarcascade_frontalface_alt2.xml";
static const int weights[] = {1, 2};
enum { CASCADES = 2, MAX_STILL_CANDIDATES = 1024, LEAST_STRENGTH = 5, LEAST_STRENGTH_ALONE = 3 };

int detector_find_second(struct detector *detector, const char *path, struct error *error)
{
    size_t length = strlen(path), name = sizeof first_name - 1;
    if (length < name || strcmp(path + length - name, first_name) != 0)
        return 0;
    detector->second_path = malloc(length + 1);
    if (!detector->second_path)
        return error_no_memory(error, "the face detector");
    memcpy(detector->second_path, path, length - name);
    strcpy(detector->second_path + length - name, second_name);
    if (access(detector->second_path, F_OK) != 0) {
        free(detector->second_path);
        detector->second_path = NULL;
    }
    return 0;
}

/* The live program never needs it, and reading it takes a while. */
static int open_second(struct detector *detector, struct error *error)
{
    if (!detector->second_path)
        return 0;
    int result = detector_open_cascade(&detector->second, detector->second_path, error);
    if (result == 0) {
        free(detector->second_path);
        detector->second_path = NULL;
    }
    return result;
}

/* The raw answers of all cascades; how many. */
static int search_still(struct detector *detector, const struct search *search,
                        const struct frame *frame,
                        struct candidate candidates[MAX_STILL_CANDIDATES], struct error *error)
{
    struct ocv_detector *const cascades[CASCADES] = {detector->cascade, detector->second};
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

static int compare_sizes(const void *first, const void *second)
{
    const struct candidate *a = first;
    const struct candidate *b = second;
    return (a->box.width < b->box.width) - (a->box.width > b->box.width);
}

int detector_find(struct detector *detector, struct frame *frame, struct error *error)
{
    enum { SEARCHES = sizeof still_searches / sizeof *still_searches };
    struct candidate candidates[MAX_STILL_CANDIDATES];
    frame->box_count = 0;
    if (open_second(detector, error))
        return -1;
    int least = detector->second ? LEAST_STRENGTH : LEAST_STRENGTH_ALONE;
    for (int i = 0; i < SEARCHES && frame->box_count == 0; i++) {
        int count = search_still(detector, &still_searches[i], frame, candidates, error);
        if (count < 0)
            return -1;
        count = candidates_choose(candidates, count, least);
        qsort(candidates, (size_t)count, sizeof *candidates, compare_sizes);
        for (int j = 0; j < count; j++)
            detector_add(frame, candidates[j].box);
    }
    return 0;
}
