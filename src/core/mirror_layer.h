/* The first layer of a network for faces and their mirror images together.
 *
 * The mirror image of a face has the same codes of patches: those of each position at the opposite
 * position, and there exchanged in pairs, x'_v = x_w and x'_w = x_v (see patches.h). Let s = x_v +
 * x_w and d = x_v - x_w be the sums and differences of the pairs of a position, E = (W_v + W_w) / 2
 * and O = (W_v - W_w) / 2 those of the weights. A layer that is shared by the positions has the
 * products
 *
 *     W x = E s + O d   and   W x' = E s - O d:
 *
 * both for the multiplications of one. */
#ifndef MIRROR_LAYER_H
#define MIRROR_LAYER_H

#include "error.h"
#include "feature_vector.h"
#include "mlp.h"

struct mirror_layer;

/* *layer is NULL where there is none: for other features than codes of patches, where these do not
 * lie alike in the mirror image, and where the layer is not shared by their positions or is the
 * only one. The caller ends it with mirror_layer_free. */
int mirror_layer_create(struct mirror_layer **layer, const struct features *features,
                        const struct mlp *mlp, struct error *error);
void mirror_layer_free(struct mirror_layer **layer);

/* Bytes of scratch that mirror_layer_forward needs, from malloc, for each thread. */
size_t mirror_layer_scratch(const struct mirror_layer *layer);

/* vectors: 2 x D, of which the first is the face's and the second is scratch, too. The products of
 * the face and those of its mirror image, P N each. A face at a time: its vector is still in the
 * cache. */
void mirror_layer_forward(const struct mirror_layer *layer, void *scratch, float *vectors,
                          float *face, float *mirrored);

#endif
