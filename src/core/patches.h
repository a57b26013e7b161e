/* Codes of small patches in a dictionary learned without labels (Coates, Lee & Ng 2011; Coates & Ng
 * 2011). Patches of PATCH_SIDE x PATCH_SIDE pixels lie on every other field of a chessboard, whose
 * fields are PATCH_STRIDE pixels apart and whose first, at the top left, has one: those between
 * overlap so far that they would tell little more. Each is brought to mean 0 and deviation 1; its
 * products s with the atoms of the dictionary become two values each, max(0, s - t) and
 * max(0, -s - t), t = PATCH_THRESHOLD. A grid of positions is laid over the picture; a position has
 * the square root of the mean of these values over the patches around it, each weighted by its
 * distance.
 *
 * The second half of a dictionary is the mirror image of the first, so that the codes of a mirrored
 * picture are those of the picture in another order; only the first is kept. */
#ifndef PATCHES_H
#define PATCHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PATCH_SIDE = 8,
    PATCH_STRIDE = 2,
    PATCH_VALUES = PATCH_SIDE * PATCH_SIDE,
    PATCHES_MAX_SIDE = 128, /* of a picture */
    PATCHES_MAX_ATOMS = 1024,
    PATCHES_MAX_GRID = 16,
    PATCHES_ALIGNMENT = 64 /* of blocks in memory, bytes: the widest registers' */
};

#define PATCH_THRESHOLD 0.5f

struct atom_block;

/* The blocks are the caller's. */
struct patches {
    int width, height;               /* of the picture, pixels */
    int grid;                        /* positions along one side */
    int atoms;                       /* both halves: even */
    const struct atom_block *blocks; /* what patches_pair_atoms makes of them */
};

/* Once for a dictionary: its atoms in the form in which patches are multiplied with them, in
 * patches_atoms_size bytes, aligned to PATCHES_ALIGNMENT. offsets[atoms / 2]: the product of each
 * with the mean patch. */
size_t patches_atoms_size(int atoms);
void patches_pair_atoms(int atoms, const float *atom_values, const float *offsets,
                        struct atom_block *blocks);

/* Bytes of scratch that patches_extract needs, from malloc. */
size_t patches_scratch(const struct patches *patches);

/* picture[height * width] -> values[grid][grid][2 * atoms]. May run in any number of threads, each
 * with its own scratch. */
void patches_extract(const struct patches *patches, void *scratch, const uint8_t *picture,
                     float *values);

/* Whether the patches of a picture of this width lie alike in its mirror image. */
bool patches_symmetric(int width);

/* The values of the mirrored picture from those of the picture, where patches_symmetric. */
void patches_mirror(const struct patches *patches, const float *values, float *mirrored);

/* Sums and differences, times `scale`, of the values of one position that the mirror image
 * exchanges: values[2 * atoms] -> even[atoms], odd[atoms]. */
void patches_pair_up(int atoms, const float *values, float scale, float *even, float *odd);

/* A patch at `at`, in a picture with `line` bytes per line, as it enters the products:
 * patch[PATCH_VALUES]. */
void patch_normalize(const uint8_t *at, int line, float *patch);

#endif
