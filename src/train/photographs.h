/* Which pictures are crops of one photograph. FER2013 holds many such: the same face found twice,
 * cut a little to the side, in another size, or compressed again. */
#ifndef PHOTOGRAPHS_H
#define PHOTOGRAPHS_H

#include "dataset.h"
#include "team.h"

/* photographs[count]: for each of the samples the number, in `samples`, of the first picture of the
 * same photograph, which for most is its own. Two pictures belong together where their edges, at
 * half size, correlate by 0.7 or more at some shift of up to six pixels: JPEG, light, and a
 * few percent of scale leave more than that, another face less. Looked at are the 32 pictures
 * nearest to each in a hash of 24 low frequencies. Pictures are 48x48; digits are all photographs
 * of their own. */
int photographs_find(int *photographs, const struct dataset *dataset, const int *samples, int count,
                     struct team *team, struct error *error);

#endif
