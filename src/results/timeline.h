/* Which face showed what, and when: printed after a video, and drawn for --report. One thread at a
 * time. */
#ifndef TIMELINE_H
#define TIMELINE_H

#include "frame.h"

#include <stdio.h>

enum { TIMELINE_UNCERTAIN = EXPRESSIONS_LABEL_COUNT, TIMELINE_SHOWN = EXPRESSIONS_LABEL_COUNT + 1 };

/* A time during which one face showed one thing. Times are in seconds of the source. */
struct stretch {
    int face;  /* id */
    int label; /* or TIMELINE_UNCERTAIN */
    double start, end;
};

/* What one face showed, in seconds. */
struct timeline_total {
    int face;
    double all, seconds[TIMELINE_SHOWN];
};

/* All zeros at first. */
struct timeline {
    struct stretch *stretches; /* in the order of their starts */
    size_t count, capacity;
    int present; /* faces of the last frame, and the index of the stretch of each */
    int faces[EXPRESSIONS_MAX_FACES];
    size_t running[EXPRESSIONS_MAX_FACES];
    double time, step; /* of the last frame; between the last two */
};

void timeline_free(struct timeline *timeline);

/* Adds a frame with its faces. */
int timeline_add(struct timeline *timeline, const struct frame *frame, struct error *error);

/* "uncertain", or the label's name. */
const char *timeline_name(int label);

/* The faces in the order in which they appeared; NULL without memory. The caller frees them. */
struct timeline_total *timeline_totals(const struct timeline *timeline, size_t *count);

/* One line per face, in the order in which they appeared: how long it was seen, and the share of
 * that time for each expression. Faces seen for less than TIMELINE_BRIEF seconds are only counted,
 * unless all are so brief. Returns 0, or -1 if it could not be written. */
#define TIMELINE_BRIEF 1.0
int timeline_print(FILE *out, const struct timeline *timeline);

#endif
