/* Products of patches with LANES atoms at once, in whole numbers: the same on all processors. */
#ifndef PATCH_PRODUCTS_H
#define PATCH_PRODUCTS_H

#include <stdint.h>

enum {
    LANES = 32,
    PATCH_PAIRS = 32, /* values of a patch */
    PRODUCT_ROWS = 8  /* patches are multiplied by as many */
};

/* products[count][LANES] from patches[count][PATCH_PAIRS] and weights[PATCH_PAIRS / 2][LANES][2].
 * Both are read and written up to the next multiple of PRODUCT_ROWS. No sum may leave 32 bits. */
void patch_products(const int16_t *weights, const int16_t *patches, int count, int32_t *products);

#endif
