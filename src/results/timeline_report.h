/* The report of a video: tables and a picture of which face showed what, and when. */
#ifndef TIMELINE_REPORT_H
#define TIMELINE_REPORT_H

#include "timeline.h"

/* Writes into the folder, which must exist,
 *   timeline.csv   id,start,end,label          one row for each time that a face showed one thing
 *   summary.csv    id,seconds,angry..neutral,uncertain   shares of the face's time
 *   timeline.png   by gnuplot, of the faces that were seen longest */
int timeline_report_write(const struct timeline *timeline, const char *folder, struct error *error);

#endif
