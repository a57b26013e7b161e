/* Cuts in a stream: from one frame to the next the whole picture is another one. */
#ifndef CUTS_H
#define CUTS_H

#include "image.h"

#include <stdbool.h>

enum { CUTS_ACROSS = 32, CUTS_DOWN = 18, CUTS_CELLS = CUTS_ACROSS * CUTS_DOWN };

/* All zeros at first. */
struct cuts {
    bool begun;
    float cells[CUTS_CELLS]; /* of the last frame that showed something: minus their mean, and
                                divided by their length as a vector */
};

/* Whether there is a cut between this frame and those before. Frames are compared by the normalized
 * correlation of a few spots, so that neither light nor noise nor what moves in them counts; one
 * that is nearly plain, as in a fade or under a hand, tells nothing and is passed over. */
bool cuts_look(struct cuts *cuts, const struct grey_image *frame);

#endif
