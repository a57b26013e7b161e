/* What a person sees while training runs: on a terminal a bar that is redrawn in place, elsewhere
 * only the finished lines. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

struct progress {
    FILE *out;
    bool terminal;
    bool drawn;                 /* whether there is a bar on the current line */
    double started, last_drawn; /* seconds */
    double done_before;         /* part of the total that an earlier run has done */
};

void progress_start(struct progress *progress, FILE *out, double done_before);

/* Draws the bar: `done` of `total` in all, then `text`; at most ten times a second. */
void progress_draw(struct progress *progress, double done, double total, const char *text);

/* Erases the bar, so that a line can be printed. */
void progress_clear(struct progress *progress);

#endif
