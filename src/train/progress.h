/* What a person sees while training runs: on a terminal a bar that is drawn over itself, elsewhere
 * nothing but the finished lines. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

struct progress {
    FILE *out;
    bool terminal;
    bool drawn;                 /* whether a bar stands on the current line */
    double started, last_drawn; /* seconds */
    double done_before;         /* of the total, by an earlier run */
};

void progress_start(struct progress *progress, FILE *out, double done_before);

/* Draws the bar: `done` of `total` in all, then `text`; at most ten times a second. */
void progress_draw(struct progress *progress, double done, double total, const char *text);

/* Wipes the bar, so that a line can be printed. */
void progress_clear(struct progress *progress);

#endif
