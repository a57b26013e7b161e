/* Histograms of oriented gradients (Dalal & Triggs 2005) in the form of Felzenszwalb et al. 2010:
 * the square root of the grey value; central differences; each pixel's gradient magnitude shared
 * linearly between the two nearest of 18 signed orientations and the nearest cells; 9 unsigned
 * orientations are the sums of opposite ones; each of the 27 values is normalized by the energies
 * of the four blocks of 2x2 cells around its cell, clipped, and summed; four texture energies
 * follow. */
#ifndef HOG_H
#define HOG_H

#include <stddef.h>
#include <stdint.h>

enum {
    HOG_MIN_SIDE = 8,
    HOG_MAX_SIDE = 128,
    HOG_MAX_CELLS = 16,  /* along one side */
    HOG_CELL_VALUES = 31 /* 18 signed and 9 unsigned orientations, 4 texture energies */
};

struct hog {
    int width, height; /* of the picture, pixels */
    int cell;          /* side of a cell, pixels */
};

/* Bytes of scratch that hog_extract needs, from malloc. */
size_t hog_scratch(const struct hog *hog);

/* picture[height * width] -> cells[height / cell][width / cell][HOG_CELL_VALUES]. May run in any
 * number of threads, each with its own scratch. */
void hog_extract(const struct hog *hog, void *scratch, const uint8_t *picture, float *cells);

/* One cell of a mirrored picture from its mirror image, cell[HOG_CELL_VALUES]: an angle t becomes
 * 180 degrees - t, and the blocks to the left those to the right. */
void hog_mirror_cell(const float *cell, float *mirrored);

/* Linear interpolation along an axis with cells of `cell` pixels, HOG's or the positions of other
 * features: how much pixel number `pixel` contributes to cell number `index`. */
float hog_cell_share(int pixel, int index, float cell);

#endif
