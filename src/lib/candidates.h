/* What several searches took for faces, made into the faces of a picture. */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "image.h"

#include <stdbool.h>

struct candidate {
    struct box box;
    int rank;        /* of several boxes on one face, the one with the lowest rank is kept */
    double strength; /* how sure its search is, > 0 */
    float score;     /* how sure the verifier is, 0 .. 1 */
    int neighbours;  /* how many answers of cascades it is made of */
};

/* Whether two boxes cannot be two faces: much of the smaller one is common to both. */
bool candidates_collide(struct box a, struct box b);

/* Candidates that lie on each other add up to one, with the best of their scores and all
 * neighbours. Those of `least` strength or more are kept, except those that collide with a stronger
 * one. Returns how many are kept; they come first, strongest first. */
int candidates_choose(struct candidate *candidates, int count, double least);

#endif
