/* Pictures without faces, and the windows of them that are hardest to tell from faces. */
#ifndef BACKGROUNDS_H
#define BACKGROUNDS_H

#include "error.h"
#include "image.h"
#include "rng.h"
#include "thread_pool.h"

#include <signal.h>
#include <stdint.h>

struct backgrounds {
    struct grey_image *pictures; /* count; each owns its pixels */
    int count;
    int found;     /* of them from the folder; the others are made-up scenes */
    int skipped;   /* files of the folder that cannot be read, or are too small */
    uint8_t *hard; /* hard_count x FACE_SIDE x FACE_SIDE: what the cascades let pass */
    int hard_count;
};

/* Reads the pictures in `folder` and the folders below it, in the order of their names, 20000 files
 * at most, no links, and makes scenes (scenes.h) besides, as many as suit that number of `faces`;
 * NULL: scenes alone. Files that cannot be read, or are too small, are skipped and counted; a
 * folder without a picture is an error. Then the Haar cascades of the programs look at all of them,
 * as loosely as they can, four times, each a quarter turn further and smaller: what they let pass
 * is in `hard`. Where the cascades are not installed there is none. The caller ends it with
 * backgrounds_free; 1 where *stop became true. */
int backgrounds_load(struct backgrounds *backgrounds, const char *folder, int faces, uint64_t seed,
                     struct thread_pool *pool, const volatile sig_atomic_t *stop,
                     struct error *error);
void backgrounds_free(struct backgrounds *backgrounds);

/* Cuts a random window, of any size, place and turn, out of a random picture:
 * crop[FACE_SIDE x FACE_SIDE]. */
void backgrounds_window(const struct backgrounds *backgrounds, struct rng *rng, uint8_t *crop);

#endif
