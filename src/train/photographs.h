/* Which pictures are crops of one photograph. FER2013 holds many such: the same face found twice,
 * cut a little to the side, in another size, or compressed again. */
#ifndef PHOTOGRAPHS_H
#define PHOTOGRAPHS_H

#include "dataset.h"
#include "thread_pool.h"

/* photographs[count]: for each of the samples the number, in `samples`, of the first picture of the
 * same photograph, which for most is its own. Two pictures belong together if their edges, at half
 * size, correlate by 0.7 or more at some shift of up to six pixels: after JPEG, in other light, or
 * a few percent larger or smaller they still do; those of another face do not. Only the 32 pictures
 * nearest to each in a hash of 24 low frequencies are compared. Pictures are 48x48; each digit is a
 * photograph of its own. */
int photographs_find(int *photographs, const struct dataset *dataset, const int *samples, int count,
                     struct thread_pool *pool, struct error *error);

#endif
