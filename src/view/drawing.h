/* What is drawn over a picture, in the window and on annotated copies alike: the options set it,
 * and overlay.c draws it. */
#ifndef DRAWING_H
#define DRAWING_H

#include <stdbool.h>

struct drawing {
    const char *font_path; /* must last */
    bool bars;             /* of probabilities */
};

#endif
