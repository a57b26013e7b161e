/* What the two halves of the detector share: detector.c, which has what the live program needs, and
 * detector_stills.c. */
#ifndef DETECTOR_INSIDE_H
#define DETECTOR_INSIDE_H

#include "detector.h"
#include "ocv.h"

#include <stdbool.h>

enum {
    CASCADE_SIDE = 24, /* the cascade knows no smaller face */
    MAX_CANDIDATES = 4 * EXPRESSIONS_MAX_FACES
};

/* A cascade that only stills need: reading it takes a while. */
struct late_cascade {
    struct ocv_detector *cascade; /* NULL before the first still, and where there is none */
    char *path;                   /* NULL where there is none, or it is open */
};

struct scratch {
    uint8_t *pixels;
    size_t capacity; /* bytes */
};

struct detector {
    struct ocv_detector *cascade;
    struct late_cascade second, profile;
    struct scratch upright;     /* the resized picture, then the padded one */
    struct scratch turned[2];   /* for two threads */
    const struct mlp *verifier; /* NULL: every box counts */
    struct verifier_workspace *judges[2];
    struct still_search *stills; /* scratch; NULL before the first still */
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

int detector_open_cascade(struct ocv_detector **cascade, const char *path, struct error *error);

/* Whether the cascades for stills are beside the one at `path`; where not, or where that one does
 * not go with them, stills are searched without. */
int detector_find_others(struct detector *detector, const char *path, struct error *error);
void detector_close_others(struct detector *detector);

/* How sure the verifier is of a box in any picture; `judge` 0 or 1, one for each of two threads. */
float detector_judge(struct detector *detector, int judge, const struct grey_image *picture,
                     struct box box);

int detector_reserve(struct scratch *scratch, size_t size, struct error *error);

/* The picture for a search, and how to look at it; max_side < min_side: not at all. */
int detector_prepare(struct detector *detector, const struct search *search,
                     const struct grey_frame *frame, struct view_of_frame *view,
                     struct ocv_detection *how, struct error *error);

/* What is known is found no more: the cascades pass over even patches at once. */
void detector_hide_known(struct detector *detector, const struct view_of_frame *view,
                         const struct grey_frame *frame);

/* Where a box that was found lies in the frame. */
struct box detector_in_frame(const struct view_of_frame *view, struct box found);

#endif
