/* Finds frontal faces in a frame with OpenCV's Haar cascade. One thread at a time. */
#ifndef DETECTOR_H
#define DETECTOR_H

#include "frame.h"

enum detector_mode {
    DETECTOR_STILL, /* thorough: small faces in groups, and faces that fill a tight portrait */
    DETECTOR_LIVE   /* fast: works on a reduced frame */
};

struct detector;

int detector_open(struct detector **detector, const char *cascade_path, enum detector_mode mode,
                  struct error *error);
void detector_close(struct detector **detector);

/* Fills frame->boxes, ids and box_count from the grey picture, largest box first. Boxes may
 * leave the picture; of boxes on the same face only the largest stays. */
int detector_find(struct detector *detector, struct frame *frame, struct error *error);

#endif
