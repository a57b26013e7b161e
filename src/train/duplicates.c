#include "duplicates.h"

#include <stdlib.h>
#include <string.h>

struct picture {
    const uint8_t *pixels;
    size_t size;
    int index;
};

static int by_pixels(const void *a, const void *b)
{
    const struct picture *x = a, *y = b;
    return memcmp(x->pixels, y->pixels, x->size);
}

int duplicates_find(bool **marks, const struct dataset *d, struct error *error)
{
    size_t count = (size_t)d->count, size = (size_t)d->width * (size_t)d->height;
    struct picture *pictures = malloc((count + 1) * sizeof *pictures);
    bool *found = calloc(count + 1, sizeof *found);
    if (!pictures || !found) {
        free(pictures);
        free(found);
        return error_no_memory(error, "the search for duplicates");
    }
    for (int i = 0; i < d->count; i++)
        pictures[i] = (struct picture){dataset_picture(d, i), size, i};
    qsort(pictures, count, sizeof *pictures, by_pixels);
    for (size_t begin = 0, end; begin < count; begin = end) {
        bool trained = false;
        for (end = begin; end < count && by_pixels(&pictures[begin], &pictures[end]) == 0; end++)
            trained = trained || d->splits[pictures[end].index] == SPLIT_TRAINING;
        for (size_t i = begin; trained && i < end; i++)
            found[pictures[i].index] = d->splits[pictures[i].index] != SPLIT_TRAINING;
    }
    free(pictures);
    *marks = found;
    return 0;
}
