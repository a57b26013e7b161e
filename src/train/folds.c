#include "folds.h"

#include "rng.h"

#include <assert.h>
#include <stdlib.h>

struct sharing {
    int folds;
    int counts[MAX_FOLDS][MODEL_MAX_CLASSES], all[MAX_FOLDS];
};

/* The fold with the fewest pictures of the class, and of all where that leaves a choice. */
static int neediest(const struct sharing *s, int label)
{
    int best = 0;
    for (int f = 1; f < s->folds; f++) {
        int less = s->counts[f][label] - s->counts[best][label];
        if (less < 0 || (less == 0 && s->all[f] < s->all[best]))
            best = f;
    }
    return best;
}

int folds_assign(int *folds_of, int folds, const struct dataset *dataset, const int *samples,
                 const int *photographs, int count, struct error *error)
{
    assert(folds >= MIN_FOLDS && folds <= MAX_FOLDS);
    struct sharing s = {.folds = folds};
    int *order = malloc(2 * (size_t)count * sizeof *order);
    if (!order)
        return error_no_memory(error, "the folds");
    int *sizes = order + count;
    for (int i = 0; i < count; i++) {
        order[i] = i;
        sizes[i] = 0;
        folds_of[i] = -1;
    }
    for (int i = 0; i < count; i++)
        sizes[photographs[i]]++;
    struct rng rng = rng_make(0, 0);
    rng_shuffle(&rng, order, (size_t)count);
    /* Photographs with many crops first: single pictures then even out what they left. */
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < count; i++) {
            int sample = order[i], first = photographs[sample];
            if ((sizes[first] > 1) != (pass == 0))
                continue;
            int label = dataset->labels[samples[sample]];
            if (folds_of[first] < 0)
                folds_of[first] = neediest(&s, label);
            folds_of[sample] = folds_of[first];
            s.counts[folds_of[sample]][label]++;
            s.all[folds_of[sample]]++;
        }
    free(order);
    for (int f = 0; f < folds; f++)
        if (s.all[f] == 0)
            return error_set(error, "fewer photographs than %d folds; use fewer --folds", folds);
    return 0;
}
