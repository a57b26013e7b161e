/* Why the network answers as it does: which parts of a crop speak for a class, and which against
 * it. One forward and one backward pass. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "model.h"

/* Scratch for one crop at a time; the model must outlive it, and is only read. */
struct explainer;

int explainer_create(struct explainer **explainer, const struct model *model, struct error *error);
void explainer_free(struct explainer **explainer);

/* map[height * width]: the gradient of ln p of class `label` with respect to the input vector, the
 * mean over the networks, times the vector, carried back to the crop (features_relevance): positive
 * where the crop speaks for the class. Of the crop alone, also where an answer is the mean with its
 * mirror image. */
void explainer_run(struct explainer *explainer, const uint8_t *crop, int label, float *map);

#endif
