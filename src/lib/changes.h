/* Where a small picture differs from what was there when nothing was found: a face that is not
 * there yet cannot appear where nothing changes. */
#ifndef CHANGES_H
#define CHANGES_H

#include "error.h"
#include "image.h"
#include "ocv.h"

#include <stdbool.h>

/* Pixels in this many rows and columns change together. */
enum { CHANGES_BLOCK = 8 };
/* A block has changed where its pixels differ by more than this on average, grey levels: more than
 * the noise that cameras and codecs leave in reduced pictures. */
#define CHANGES_NOISE 4
/* After so long, in seconds of the source, everything counts as changed. */
#define CHANGES_LONGEST 1.0

/* All zeros at first; ended with changes_free. */
struct changes {
    int width, height; /* of the picture; 0: none is known */
    double time;       /* when all of it last counted as changed */
    uint8_t *seen;     /* each block as it was kept last */
    uint8_t *blocks;   /* 1: changed; row by row */
    bool all;          /* of them changed */
};

void changes_free(struct changes *changes);

/* Compares the picture, which may have any size, with the one that was kept, and fills `blocks`.
 * 1: something has changed, 0: nothing, -1: an error. */
int changes_look(struct changes *changes, const struct grey_image *picture, double time,
                 struct error *error);

/* What changes_look found; it belongs to *changes. */
struct ocv_blocks changes_blocks(const struct changes *changes);

/* Keeps what has changed, since nothing was found in it. */
void changes_keep(struct changes *changes, const struct grey_image *picture);

/* Keeps nothing, since something was found: it is looked for once more. */
void changes_forget(struct changes *changes);

#endif
