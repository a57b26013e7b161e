/* Results for people: plain lines on stdout. Each function returns 0, or -1 where the lines could
 * not be written: `errno` says why. */
#ifndef TEXT_REPORT_H
#define TEXT_REPORT_H

#include "frame.h"
#include "progress_bar.h"

#include <stdbool.h>
#include <stdio.h>

/* A picture's faces, one line each; with `bars`, the seven probabilities below each line. */
int text_report_still(FILE *out, const char *source, const struct frame *frame, bool bars);

/* What has been seen of a running source. */
struct tally {
    long frames;
    bool faces; /* there were some, certain or uncertain */
    bool seen[EXPRESSIONS_LABEL_COUNT];
    char shown[256]; /* the expressions of the last line */
};

/* Counts the frame. If its expressions differ from the last line's, prints a line in place of the
 * bar. */
int text_report_frame(FILE *out, struct tally *tally, const struct frame *frame,
                      struct progress_bar *bar);
int text_report_summary(FILE *out, const struct tally *tally, double seconds, long dropped);

#endif
