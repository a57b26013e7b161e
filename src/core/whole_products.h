/* Products of rows with WHOLE_LANES columns at once, in whole numbers: the same on all processors.
 */
#ifndef WHOLE_PRODUCTS_H
#define WHOLE_PRODUCTS_H

#include <stdint.h>

enum {
    WHOLE_LANES = 32,
    WHOLE_ROWS = 2 /* rows are multiplied so many at a time */
};

/* products[count][WHOLE_LANES] from `count` rows of 2 * pairs values, `line` values apart, and
 * weights[pairs][WHOLE_LANES][2]. Rows and products are read and written up to the next multiple of
 * WHOLE_ROWS. No sum of two products or more may leave 32 bits. */
void whole_products(const int16_t *weights, int pairs, const int16_t *rows, int line, int count,
                    int32_t *products);

#endif
