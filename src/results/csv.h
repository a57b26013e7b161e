/* Results as a table (RFC 4180): one row for each face in each picture or frame. */
#ifndef CSV_H
#define CSV_H

#include "frame.h"

struct csv;

/* path: "-" is standard output. The first row names the columns; it replaces what the file held as
 * soon as there is a frame:
 *   source,frame,time,width,height,id,box_x,box_y,box_width,box_height,face,emotion,label,
 *   confidence,angry..neutral,raw_angry..raw_neutral,clock
 * raw_... are empty where probabilities are not smoothed, `clock` for sources that are not live. */
int csv_open(struct csv **csv, const char *path, struct error *error);

/* Writes and flushes one row per face. Boxes are clipped to the picture. A source name that a
 * spreadsheet would take for a formula gets "./" in front. */
int csv_write(struct csv *csv, const char *source, const struct frame *frame, struct error *error);

void csv_close(struct csv **csv);

#endif
