/* Stills, which may take their time. */
#include "detector_inside.h"

#include "beside.h"
#include "candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Tight portraits cut off the forehead that the cascade wants to see: hence the padding, in
 * proportion to the faces. Each range sees the picture only as large as its smallest faces need,
 * since small ones take most of the time. A picture in which these find nothing is searched once
 * more in finer steps, for large faces only. */
static const struct search upright_searches[] = {
    {768, false, 0.04, 1.10, 1, 1.0 / 32, 1.0 / 16},
    {512, false, 0.08, 1.10, 1, 1.0 / 16, 1.0 / 5},
    {384, false, 0.30, 1.10, 1, 1.0 / 5, 0},
};
static const struct search finer_search = {400, true, 0.30, 1.05, 1, 1.0 / 5, 0};

/* In stills a second cascade looks too. It errs less, so that its answers count twice; the boxes
 * are the first one's, where that has one, since the network learned from such. Together they find
 * more than either, at as many errors, when their answers add up to this. */
static const char first_name[] = "haarcascade_frontalface_default.xml";
static const char second_name[] = "haarcascade_frontalface_alt2.xml";
static const char profile_name[] = "haarcascade_profileface.xml";
static const int weights[] = {1, 2};
enum { MAX_STILL_CANDIDATES = 1024, LEAST_STRENGTH = 5, LEAST_STRENGTH_ALONE = 3 };

/* A box whose verifier gives odds o counts o^2 times, within these bounds: what the cascades find
 * easily may look a little odd, and what hardly passes them must look like a face. */
static const double least_odds = 0.001, largest_odds = 5;

/* Where no face was found yet, tilted ones are sought, and profiles; the cascade knows those to one
 * side. Such are taken for faces only in sizes like those of the others, or, in a picture without
 * others, as large ones. */
struct turn {
    double degrees;
    bool profile, mirrored;
};
static const struct turn turns[] = {{25, false, false},  {-25, false, false}, {45, false, false},
                                    {-45, false, false}, {0, true, false},    {0, true, true}};
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
    free(detector->stills);
    close_late(&detector->second);
    close_late(&detector->profile);
}

/* ---- Two searches at the same time ----------------------------------------------------------- */

/* What one thread does, and what it has found. */
struct part {
    struct detector *detector;
    const struct view_of_frame *view;
    const struct ocv_detection *how;
    int (*search)(struct part *part); /* -1 after an error */
    bool second;                      /* of the two parts */
    struct candidate candidates[MAX_STILL_CANDIDATES];
    int count;
    int result;
    struct error error;
    struct box found[MAX_STILL_CANDIDATES]; /* scratch, of one look */
    int neighbours[MAX_STILL_CANDIDATES];
};

struct still_search {
    struct part parts[2];
    struct candidate candidates[MAX_STILL_CANDIDATES];
};

static void run_part(void *context)
{
    struct part *part = context;
    part->count = 0;
    part->result = part->search(part);
}

/* Runs the search in both its parts, and puts behind the `known` candidates what they found, the
 * first one's before the second one's. How many those are now, or -1. */
static int search_both(struct detector *detector, int (*search)(struct part *part),
                       const struct view_of_frame *view, const struct ocv_detection *how, int known,
                       struct error *error)
{
    struct part *parts = detector->stills->parts;
    struct beside beside;
    for (int i = 0; i < 2; i++) {
        parts[i].detector = detector;
        parts[i].view = view;
        parts[i].how = how;
        parts[i].search = search;
        parts[i].second = i == 1;
    }
    beside_begin(&beside, run_part, &parts[1]);
    run_part(&parts[0]);
    beside_end(&beside);
    int total = known;
    for (int i = 0; i < 2; i++) {
        if (parts[i].result) {
            *error = parts[i].error;
            return -1;
        }
        for (int j = 0; j < parts[i].count && total < MAX_STILL_CANDIDATES; j++)
            detector->stills->candidates[total++] = parts[i].candidates[j];
    }
    return total;
}

/* An upright box of the same size around the same middle. */
static struct box turn_back(struct box found, const double map[6])
{
    double x = found.x + 0.5 * (found.width - 1), y = found.y + 0.5 * (found.height - 1);
    return (struct box){(int)lround(map[0] * x + map[1] * y + map[2] - 0.5 * (found.width - 1)),
                        (int)lround(map[3] * x + map[4] * y + map[5] - 0.5 * (found.height - 1)),
                        found.width, found.height};
}

/* How much a box counts that so many neighbours agree on. */
static double strength_of(const struct detector *detector, int neighbours, float score)
{
    double odds = fmin(fmax((double)(score / (1 - score)), least_odds), largest_odds);
    return detector->verifier ? neighbours * odds * odds : neighbours;
}

/* Adds what the cascade finds in the view, or in the view turned by `map`. */
static int look(struct part *part, struct ocv_detector *cascade, struct grey_image picture,
                const double *map, int rank, int weight)
{
    const struct box *found = part->found;
    int count = 0;
    if (ocv_detector_weigh(cascade, picture, part->how, part->found, part->neighbours,
                           MAX_STILL_CANDIDATES - part->count, &count, &part->error) != OCV_OK)
        return -1;
    for (int i = 0; i < count; i++) {
        struct box box = map ? turn_back(found[i], map) : found[i];
        float score = detector_judge(part->detector, part->second, &picture, found[i]);
        double strength = weight * strength_of(part->detector, part->neighbours[i], score);
        part->candidates[part->count++] =
            (struct candidate){detector_in_frame(part->view, box), rank, strength, score};
    }
    return 0;
}

/* ---- Upright faces --------------------------------------------------------------------------- */

/* Each of the two cascades. */
static int search_upright(struct part *part)
{
    struct detector *detector = part->detector;
    int rank = part->second;
    if (rank == 1 && open_late(&detector->second, &part->error))
        return -1;
    struct ocv_detector *cascade = rank == 1 ? detector->second.cascade : detector->cascade;
    return cascade ? look(part, cascade, part->view->picture, NULL, rank, weights[rank]) : 0;
}

static int find_upright(struct detector *detector, struct grey_frame *frame,
                        const struct search *searches, int search_count, struct error *error)
{
    struct candidate *candidates = detector->stills->candidates;
    int count = 0;
    for (int i = 0; i < search_count; i++) {
        struct view_of_frame view;
        struct ocv_detection how;
        if (detector_prepare(detector, &searches[i], frame, &view, &how, error))
            return -1;
        count = search_both(detector, search_upright, &view, &how, count, error);
        if (count < 0)
            return -1;
    }
    int least = detector->second.cascade ? LEAST_STRENGTH : LEAST_STRENGTH_ALONE;
    count = candidates_choose(candidates, count, least);
    for (int i = 0; i < count; i++)
        detector_add(frame, candidates[i].box, candidates[i].score);
    return 0;
}

/* ---- Turned faces, and profiles -------------------------------------------------------------- */

/* The view turned about its middle, just large enough to show all of it: map leads from a pixel of
 * the turned picture to one of the view. */
static int turn_view(struct scratch *scratch, const struct turn *turn, struct grey_image view,
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
    if (detector_reserve(scratch, (size_t)width * (size_t)height, error))
        return -1;
    if (ocv_warp_grey(view, map, scratch->pixels, width, height, error) != OCV_OK)
        return -1;
    *turned = (struct grey_image){scratch->pixels, width, height, (size_t)width};
    return 0;
}

/* Tilted faces, and beside them profiles. */
static int search_turned(struct part *part)
{
    struct detector *detector = part->detector;
    if (part->second && open_late(&detector->profile, &part->error))
        return -1;
    struct ocv_detector *cascade =
        part->second ? detector->profile.cascade : detector->second.cascade;
    for (size_t i = 0; cascade && i < sizeof turns / sizeof *turns; i++) {
        struct grey_image turned;
        double map[6];
        if (turns[i].profile == part->second &&
            (turn_view(&detector->turned[part->second], &turns[i], part->view->picture, &turned,
                       map, &part->error) ||
             look(part, cascade, turned, map, turns[i].profile, 1)))
            return -1;
    }
    return 0;
}

/* Not what lies mostly in the repeated edge. */
static bool is_inside(const struct grey_frame *frame, struct box box)
{
    struct box inside = box_clip(box, frame->grey.width, frame->grey.height);
    return 2.0 * inside.width * inside.height >= (double)box.width * box.height;
}

/* For faces in sizes like those of the known ones; the smallest sought are SMALLEST pixels wide. */
static struct search beside_known(const struct grey_frame *frame)
{
    enum { LARGEST_SIDE = 1000, SMALLEST = 32 };
    int smallest = frame->boxes[0].width, largest = smallest;
    for (int i = 1; i < frame->box_count; i++) {
        smallest = frame->boxes[i].width < smallest ? frame->boxes[i].width : smallest;
        largest = frame->boxes[i].width > largest ? frame->boxes[i].width : largest;
    }
    double side = fmax(frame->grey.width, frame->grey.height);
    double least = smaller_than_others * smallest / side,
           most = larger_than_others * largest / side;
    return (struct search){
        (int)fmin(SMALLEST / least, LARGEST_SIDE), false, 0, 1.10, 1, least, most};
}

static int find_turned(struct detector *detector, struct grey_frame *frame, struct error *error)
{
    struct candidate *candidates = detector->stills->candidates;
    struct view_of_frame view;
    struct ocv_detection how;
    struct search search = frame->box_count > 0 ? beside_known(frame) : finer_search;
    if (detector_prepare(detector, &search, frame, &view, &how, error))
        return -1;
    if (frame->box_count > 0)
        detector_hide_known(detector, &view, frame);
    int total = search_both(detector, search_turned, &view, &how, 0, error);
    if (total < 0)
        return -1;
    total = candidates_choose(candidates, total, LEAST_STRENGTH_TURNED);
    for (int i = 0; i < total; i++)
        if (is_inside(frame, candidates[i].box))
            detector_add(frame, candidates[i].box, candidates[i].score);
    return 0;
}

/* Largest first; equal ones stay in their order. */
static void sort_by_size(struct grey_frame *frame)
{
    for (int i = 1; i < frame->box_count; i++) {
        struct box box = frame->boxes[i];
        float score = frame->scores[i];
        int j = i;
        for (; j > 0 && frame->boxes[j - 1].width < box.width; j--) {
            frame->boxes[j] = frame->boxes[j - 1];
            frame->scores[j] = frame->scores[j - 1];
        }
        frame->boxes[j] = box;
        frame->scores[j] = score;
    }
}

int detector_find(struct detector *detector, struct grey_frame *frame, struct error *error)
{
    enum { UPRIGHT_SEARCHES = sizeof upright_searches / sizeof *upright_searches };
    frame->box_count = 0;
    if (!detector->stills)
        detector->stills = malloc(sizeof *detector->stills);
    if (!detector->stills)
        return error_no_memory(error, "the face detector");
    if (find_upright(detector, frame, upright_searches, UPRIGHT_SEARCHES, error) ||
        (frame->box_count == 0 && find_upright(detector, frame, &finer_search, 1, error)) ||
        find_turned(detector, frame, error)) {
        frame->box_count = 0;
        return -1;
    }
    sort_by_size(frame);
    return 0;
}
