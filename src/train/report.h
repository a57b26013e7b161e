/* The folder that --report names: numbers as CSV and JSON, and pictures of them. */
#ifndef REPORT_H
#define REPORT_H

#include "checkpoint.h"

#include <stdio.h>

/* Makes the folder where it is missing. */
int report_open(const char *folder, struct error *error);

/* log.csv: one row for each of the `epochs` finished. */
int report_log(const char *folder, const struct epoch_result *history, int epochs,
               struct error *error);

/* curves.png, drawn from log.csv. */
int report_curves(const char *folder, struct error *error);

/* ---- One file of a report -------------------------------------------------------------------- */

/* A text that is collected in memory. */
struct report_text {
    FILE *stream;
    char *bytes;
    size_t size;
};

int report_text_open(struct report_text *text, struct error *error);

/* The text becomes the file `name` in the folder. */
int report_text_close(struct report_text *text, const char *folder, const char *name,
                      struct error *error);

/* The text is gnuplot's script, whose picture becomes the file `name` in the folder. */
int report_text_draw(struct report_text *text, const char *folder, const char *name,
                     struct error *error);

#endif
