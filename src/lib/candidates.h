/* What several searches took for faces, made into the faces of a picture. */
#ifndef CANDIDATES_H
#define CANDIDATES_H

#include "image.h"

#include <stdbool.h>

struct candidate {
    struct box box;
    int rank;        /* whose box is taken where several show one face: the smallest */
    double strength; /* how sure its search is, > 0 */
    float score;     /* how sure the verifier is, 0 .. 1 */
};

/* Whether two boxes cannot be two faces: much of the smaller one is common to both. */
bool candidates_collide(struct box a, struct box b);

/* Candidates that lie on each other add up to one, with the best of their scores. Those of `least`
 * strength or more are kept, but for those that collide with a stronger one. Returns how many; they
 * stand first, strongest first. */
int candidates_choose(struct candidate *candidates, int count, double least);

#endif
