#include "detector.h"

#include "beside.h"
#include "candidates.h"
#include "cascades.h"
#include "changes.h"
#include "face.h"
#include "ocv.h"

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    CASCADE_SIDE = 24, /* the cascade knows no smaller face */
    MAX_CANDIDATES = 4 * EXPRESSIONS_MAX_FACES
};

struct scratch {
    uint8_t *pixels;
    size_t capacity; /* bytes */
};

struct detector {
    struct cascades cascades;   /* stills need others than the first */
    struct scratch upright;     /* the resized picture, then the padded one */
    struct scratch turned[2];   /* for two threads */
    const struct mlp *verifier; /* NULL: every box counts */
    struct verifier_workspace *judges[2];
    struct changes changes[DETECTOR_RANGES]; /* since these were searched last */
    struct still_search *stills;             /* scratch; NULL before the first still */
};

/* One way to search. Sizes are shares, so that they hold for pictures of any size. */
struct search {
    int side;            /* the longest side is brought to this, pixels */
    bool enlarge;        /* also where it is shorter */
    double padding;      /* repeated edge on each side, share of width and height */
    double scale_factor; /* step between face sizes */
    int min_neighbours;
    double min_face; /* smallest and largest face, shares of the longest side; 0: the picture's */
    double max_face;
};

/* What the cascade looks at: a part of the frame, resized and perhaps padded. */
struct view_of_frame {
    struct grey_image picture;
    double scale;
    double x, y; /* of the frame's origin, pixels of `picture` */
};

/* ---- How the live picture is searched -------------------------------------------------------- */

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

/* ---- How stills are searched, which may take their time -------------------------------------- */

#define LARGE_FACE (1.0 / 5) /* share of the picture's longest side */

/* Tight portraits cut off the forehead that the cascade wants to see: hence the padding, in
 * proportion to the faces. Each range sees the picture only as large as its smallest faces need,
 * since small ones take most of the time. A picture in which these find nothing is searched once
 * more in finer steps, for large faces only. */
static const struct search upright_searches[] = {
    {768, false, 0.04, 1.10, 1, 1.0 / 32, 1.0 / 16},
    {512, false, 0.08, 1.10, 1, 1.0 / 16, LARGE_FACE},
    {384, false, 0.30, 1.10, 1, LARGE_FACE, 0},
};
enum { MEDIUM = 1 }; /* of these */
static const struct search finer_search = {400, true, 0.30, 1.05, 1, LARGE_FACE, 0};

/* In stills a second cascade looks too. It errs less, so that its answers count twice; the boxes
 * are the first one's, where that has one, since the network learned from such. Together they find
 * more than either, at as many errors, when their answers add up to this. */
static const int weights[] = {1, 2};
enum { MAX_STILL_CANDIDATES = 1024, LEAST_STRENGTH = 5, LEAST_STRENGTH_ALONE = 3 };

/* A box that the verifier gives odds o counts o^2 times, within these bounds: what the cascades
 * find easily may look a little odd, and what hardly passes them must look like a face. In a turned
 * picture it counts o times: the cascades agree on a face there more often than on anything else.
 */
static const double least_odds = 0.001, largest_odds = 5;

/* Then tilted faces are sought, and profiles, of which the cascade knows one side. Where one face
 * is sure, others are likely: faces about as large are sought at more turns, and weaker ones count.
 * Elsewhere only large ones are sought, and small ones that are not sure do not count: the smaller
 * they are, the more places of a picture may look like one. */
static const float sure = 0.85f;
struct turn {
    double degrees;
    bool profile, mirrored;
};
static const struct turn turns[] = {
    {25, false, false}, {-25, false, false}, {45, false, false}, {-45, false, false},
    {0, true, false},   {0, true, true}, /* these TURNS_ALONE */
    {15, false, false}, {-15, false, false}, {15, true, false},  {15, true, true},
    {-15, true, false}, {-15, true, true},   {25, true, false},  {25, true, true},
    {-25, true, false}, {-25, true, true}};
enum { TURNS_ALONE = 6, TURNS_BESIDE_OTHERS = sizeof turns / sizeof *turns };
static const double smaller_than_others = 0.7, larger_than_others = 1.4, much_smaller = 0.5;

/* What their answers must add up to, with a verifier and without, and how many those must be:
 * beside other faces, a few answers that the verifier likes are more often background than many
 * that it likes less. */
struct least {
    double verified, unverified;
    int neighbours;
};
static const struct least least_alone = {4, 4, 0}, least_beside_others = {4, 8, 10};

/* ---- Opening and closing --------------------------------------------------------------------- */

int detector_open(struct detector **detector, const char *cascade_path, struct error *error)
{
    struct detector *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the face detector");
    if (cascades_open(&made->cascades, cascade_path, error)) {
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
    cascades_close(&(*detector)->cascades);
    free((*detector)->stills);
    for (int i = 0; i < DETECTOR_RANGES; i++)
        changes_free(&(*detector)->changes[i]);
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

static float verify_box(struct detector *detector, int judge, const struct grey_image *picture,
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
    return verify_box(detector, 0, &frame->grey, box);
}

static int reserve(struct scratch *scratch, size_t size, struct error *error)
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
    if (reserve(&detector->upright, small + (size_t)padded_width * (size_t)padded_height, error))
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

static struct box in_frame(const struct view_of_frame *view, struct box found)
{
    return (struct box){
        (int)lround((found.x - view->x) / view->scale),
        (int)lround((found.y - view->y) / view->scale),
        scaled(found.width, 1 / view->scale),
        scaled(found.height, 1 / view->scale),
    };
}

static int detect(struct detector *detector, const struct view_of_frame *view,
                  const struct ocv_detection *how, const struct ocv_blocks *only, float least_score,
                  struct grey_frame *frame, struct error *error)
{
    if (view->picture.width < CASCADE_SIDE || view->picture.height < CASCADE_SIDE)
        return 0;
    struct box found[MAX_CANDIDATES];
    int count = 0;
    if (ocv_detector_detect(detector->cascades.open[CASCADE_FIRST], view->picture, how, only, found,
                            MAX_CANDIDATES, &count, error) != OCV_OK)
        return -1;
    for (int i = 0; i < count; i++) {
        struct box box = in_frame(view, found[i]);
        float score = detector_verify(detector, frame, box);
        if (score >= least_score)
            detector_add(frame, box, score);
    }
    return 0;
}

static int prepare_search(struct detector *detector, const struct search *search,
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
    if (prepare_search(detector, &live_ranges[range], frame, &view, &how, error))
        return -1;
    if (how.max_side > 0 && how.max_side < how.min_side)
        return 0;
    grey_frame_hide_boxes(frame, view.scale, detector->upright.pixels, view.picture.width);
    struct changes *changes = &detector->changes[range];
    int any = changes_look(changes, &view.picture, frame->time, error), known = frame->box_count;
    struct ocv_blocks only = changes_blocks(changes);
    if (any < 1 || detect(detector, &view, &how, &only, DETECTOR_NEW, frame, error))
        return any < 1 ? any : -1;
    if (frame->box_count == known)
        changes_keep(changes, &view.picture);
    else
        changes_forget(changes);
    return 0;
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
    return detect(detector, &view, &how, NULL, least_score, frame, error);
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

/* ---- Stills: two searches at the same time --------------------------------------------------- */

/* What one thread does, and what it has found. */
struct part {
    struct detector *detector;
    const struct view_of_frame *view;
    const struct ocv_detection *how;
    int (*search)(struct part *part); /* -1 after an error */
    bool second;                      /* of the two parts */
    int turn_count;                   /* of the turns above */
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

/* Where no other still is being searched, each part has its own thread: several stills keep the
 * processors busy by themselves. */
static atomic_int searched;

/* Runs the search in both its parts, and puts behind the `known` candidates what they found, the
 * first one's before the second one's. How many those are now, or -1. */
static int search_both(struct detector *detector, int (*search)(struct part *part),
                       const struct view_of_frame *view, const struct ocv_detection *how, int known,
                       struct error *error)
{
    struct part *parts = detector->stills->parts;
    struct beside beside = {.work = run_part, .context = &parts[1]};
    for (int i = 0; i < 2; i++) {
        parts[i].detector = detector;
        parts[i].view = view;
        parts[i].how = how;
        parts[i].search = search;
        parts[i].second = i == 1;
    }
    if (atomic_fetch_add(&searched, 1) == 0)
        beside_begin(&beside, run_part, &parts[1]);
    run_part(&parts[0]);
    beside_end(&beside); /* does it now where it was not begun */
    atomic_fetch_sub(&searched, 1);
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
static double strength_of(const struct detector *detector, int neighbours, float score, bool turned)
{
    double odds = fmin(fmax((double)(score / (1 - score)), least_odds), largest_odds);
    return detector->verifier ? neighbours * (turned ? odds : odds * odds) : neighbours;
}

/* Adds what the cascade finds in the view, or in the view turned by `map`. */
static int look_for(struct part *part, enum cascade which, struct grey_image picture,
                    const double *map, int rank, int weight)
{
    struct cascades *cascades = &part->detector->cascades;
    const struct box *found = part->found;
    int count = 0;
    if (cascades_need(cascades, which, &part->error))
        return -1;
    if (!cascades->open[which])
        return 0;
    if (ocv_detector_weigh(cascades->open[which], picture, part->how, part->found, part->neighbours,
                           MAX_STILL_CANDIDATES - part->count, &count, &part->error) != OCV_OK)
        return -1;
    for (int i = 0; i < count; i++) {
        struct box box = map ? turn_back(found[i], map) : found[i];
        float score = verify_box(part->detector, part->second, &picture, found[i]);
        int neighbours = part->neighbours[i];
        double strength = weight * strength_of(part->detector, neighbours, score, map != NULL);
        part->candidates[part->count++] =
            (struct candidate){in_frame(part->view, box), rank, strength, score, neighbours};
    }
    return 0;
}

/* Each of the two cascades. */
static int search_upright(struct part *part)
{
    int rank = part->second;
    return look_for(part, rank == 1 ? CASCADE_SECOND : CASCADE_FIRST, part->view->picture, NULL,
                    rank, weights[rank]);
}

static int find_upright(struct detector *detector, struct grey_frame *frame,
                        const struct search *searches, int search_count, struct error *error)
{
    struct candidate *candidates = detector->stills->candidates;
    int count = 0;
    for (int i = 0; i < search_count; i++) {
        struct view_of_frame view;
        struct ocv_detection how;
        if (prepare_search(detector, &searches[i], frame, &view, &how, error))
            return -1;
        count = search_both(detector, search_upright, &view, &how, count, error);
        if (count < 0)
            return -1;
    }
    int least = detector->cascades.open[CASCADE_SECOND] ? LEAST_STRENGTH : LEAST_STRENGTH_ALONE;
    count = candidates_choose(candidates, count, least);
    for (int i = 0; i < count; i++)
        detector_add(frame, candidates[i].box, candidates[i].score);
    return 0;
}

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
    if (reserve(scratch, (size_t)width * (size_t)height, error))
        return -1;
    if (ocv_warp_grey(view, map, scratch->pixels, width, height, error) != OCV_OK)
        return -1;
    *turned = (struct grey_image){scratch->pixels, width, height, (size_t)width};
    return 0;
}

/* Tilted faces, and beside them profiles. */
static int search_turned(struct part *part)
{
    struct scratch *scratch = &part->detector->turned[part->second];
    enum cascade which = part->second ? CASCADE_PROFILE : CASCADE_SECOND;
    for (int i = 0; i < part->turn_count; i++) {
        struct grey_image turned;
        double map[6];
        if (turns[i].profile == part->second &&
            (turn_view(scratch, &turns[i], part->view->picture, &turned, map, &part->error) ||
             look_for(part, which, turned, map, 0, 1)))
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

/* For faces about as large as the known ones, leaving aside those much smaller than the largest;
 * the smallest sought are SMALLEST pixels wide once resized. */
static struct search beside_known(const struct grey_frame *frame)
{
    enum { LARGEST_SIDE = 1000, SMALLEST = 32 };
    int largest = 0;
    for (int i = 0; i < frame->box_count; i++)
        largest = longest(largest, frame->boxes[i].width);
    int smallest = largest;
    for (int i = 0; i < frame->box_count; i++) {
        int width = frame->boxes[i].width;
        if (width < smallest && width >= much_smaller * largest)
            smallest = width;
    }
    double side = fmax(frame->grey.width, frame->grey.height);
    double least = smaller_than_others * smallest / side,
           most = larger_than_others * largest / side;
    return (struct search){
        (int)fmin(SMALLEST / least, LARGEST_SIDE), false, 0, 1.05, 1, least, most};
}

static bool has_sure_face(const struct grey_frame *frame)
{
    for (int i = 0; i < frame->box_count; i++) {
        if (frame->scores[i] >= sure)
            return true;
    }
    return false;
}

static int find_turned(struct detector *detector, struct grey_frame *frame, struct error *error)
{
    struct candidate *candidates = detector->stills->candidates;
    struct view_of_frame view;
    struct ocv_detection how;
    bool others = has_sure_face(frame);
    struct search search = others ? beside_known(frame) : finer_search;
    if (prepare_search(detector, &search, frame, &view, &how, error))
        return -1;
    if (others)
        grey_frame_hide_boxes(frame, view.scale, detector->upright.pixels, view.picture.width);
    for (int i = 0; i < 2; i++)
        detector->stills->parts[i].turn_count = others ? TURNS_BESIDE_OTHERS : TURNS_ALONE;
    int total = search_both(detector, search_turned, &view, &how, 0, error);
    if (total < 0)
        return -1;
    struct least least = others ? least_beside_others : least_alone;
    total = candidates_choose(candidates, total,
                              detector->verifier ? least.verified : least.unverified);
    for (int i = 0; i < total; i++)
        if (candidates[i].neighbours >= least.neighbours && is_inside(frame, candidates[i].box))
            detector_add(frame, candidates[i].box, candidates[i].score);
    return 0;
}

/* Keeps boxes that the verifier is sure enough of, or that are wide enough. */
static void keep(struct grey_frame *frame, float least_score, double least_width)
{
    int kept = 0;
    for (int i = 0; i < frame->box_count; i++) {
        if (frame->scores[i] < least_score && frame->boxes[i].width < least_width)
            continue;
        frame->boxes[kept] = frame->boxes[i];
        frame->scores[kept++] = frame->scores[i];
    }
    frame->box_count = kept;
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

static int need_stills(struct detector *detector, struct error *error)
{
    if (!detector->stills)
        detector->stills = malloc(sizeof *detector->stills);
    return detector->stills ? 0 : error_no_memory(error, "the face detector");
}

int detector_find(struct detector *detector, struct grey_frame *frame, struct error *error)
{
    enum { UPRIGHT_SEARCHES = sizeof upright_searches / sizeof *upright_searches };
    frame->box_count = 0;
    if (need_stills(detector, error))
        return -1;
    if (find_upright(detector, frame, upright_searches, UPRIGHT_SEARCHES, error) ||
        (frame->box_count == 0 && find_upright(detector, frame, &finer_search, 1, error)) ||
        find_turned(detector, frame, error)) {
        frame->box_count = 0;
        return -1;
    }
    if (!has_sure_face(frame))
        keep(frame, sure, LARGE_FACE * longest(frame->grey.width, frame->grey.height));
    sort_by_size(frame);
    return 0;
}

int detector_find_sure(struct detector *detector, struct grey_frame *frame, struct error *error)
{
    if (need_stills(detector, error) || find_upright(detector, frame, &finer_search, 1, error) ||
        (frame->box_count == 0 &&
         find_upright(detector, frame, upright_searches + MEDIUM, 1, error)) ||
        (frame->box_count == 0 && find_turned(detector, frame, error))) {
        frame->box_count = 0;
        return -1;
    }
    keep(frame, DETECTOR_SILENT, INFINITY);
    return 0;
}
