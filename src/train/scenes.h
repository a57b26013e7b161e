/* Made-up pictures without faces, of the kinds that cascades take for faces: clouds, bark,
 * stripes, cloth, foliage, stones, cracked ground, knots, icicles, text, boxes and strokes. */
#ifndef SCENES_H
#define SCENES_H

#include "rng.h"

#include <stdint.h>

/* Fills scene[side x side], of a kind that `rng` chooses. */
void scene_make(struct rng *rng, int side, uint8_t *scene);

#endif
