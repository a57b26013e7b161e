/* What the files of the library share; nothing of it is exported. */
#ifndef INTERNAL_H
#define INTERNAL_H

#include "detector.h"
#include "error.h"
#include "explain.h"
#include "expressions.h"
#include "expressions_research.h"
#include "image.h"
#include "model.h"

#include <stdbool.h>

/* These fill *error, where there is one, and return its status. */
enum expressions_status fail_argument(struct expressions_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum expressions_status fail_null(struct expressions_error *error, const char *name);
enum expressions_status fail_no_memory(struct expressions_error *error, const char *what);
/* Passes on an error of the rooms below, whose code says which status it is. */
enum expressions_status fail_with(struct expressions_error *error, const struct error *why);

/* Checks that the settings are ones that this release knows; the error says what is wrong. */
enum expressions_status check_settings(size_t stated, size_t size, const void *reserved,
                                       size_t reserved_size, struct expressions_error *error);
#define CHECK_SETTINGS(settings, error)                                                            \
    check_settings((settings)->size, sizeof *(settings), (settings)->reserved,                     \
                   sizeof(settings)->reserved, error)

/* These check arguments; the error says what is wrong. */
enum expressions_status check_faces(const struct expressions_face *faces, int count,
                                    struct expressions_error *error);
enum expressions_status check_place(const struct expressions_face *faces, int capacity,
                                    const int *count, struct expressions_error *error);
enum expressions_status check_time(double time, struct expressions_error *error);

/* A grey picture of which the library needs its own copy. Starts as all zeros; `pixels` is ended
 * with free. */
struct grey_copy {
    uint8_t *pixels; /* without padding */
    size_t capacity; /* bytes */
};

/* Checks the picture's pointer, size, stride and format; the error says what is wrong. */
enum expressions_status check_picture(const struct expressions_picture *picture,
                                      struct expressions_error *error);

/* Checks that a box can be cropped; the error says what is wrong. `name` is its array's. */
enum expressions_status check_box(struct expressions_box box, const char *name, int index,
                                  struct expressions_error *error);
enum expressions_status check_boxes(const struct expressions_box *boxes, int count,
                                    const char *count_name, struct expressions_error *error);

/* The checked picture in grey: its own pixels where it is grey, otherwise the copy's. */
enum expressions_status to_grey(const struct expressions_picture *picture, struct grey_copy *copy,
                                struct grey_image *grey, struct expressions_error *error);

/* The same four numbers in two types: the rooms below know nothing of the public header, which
 * includes nothing of theirs. */
struct box to_box(struct expressions_box box);
struct expressions_box from_box(struct box box);

struct expressions_model {
    struct model model;
    char *path; /* for messages */
};

struct expressions_recognizer {
    const struct model *model;
    struct model_workspace *workspace;
    struct explainer *explainer; /* made when it is first asked for */
    struct grey_copy grey;
    uint8_t crops[EXPRESSIONS_MAX_FACES * EXPRESSIONS_CROP_PIXELS]; /* of one batch */
    int seen;                           /* faces of the latest call; 0 where they were too many */
    int crop_of[EXPRESSIONS_MAX_FACES]; /* the place of each one's crop; -1: not looked at */
    float answers[EXPRESSIONS_MAX_FACES][EXPRESSIONS_LABEL_COUNT];
};

struct expressions_detector {
    struct detector *detector;
    struct grey_copy grey;
};

#endif
