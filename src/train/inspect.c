#include "inspect.h"

#include "duplicates.h"

#include <stdlib.h>

/* The published sizes of FER2013 and of MNIST, whose train part includes our validation. */
static const int known_counts[DATA_SOURCE_COUNT][SPLIT_COUNT] = {
    [DATA_FER2013] = {28709, 3589, 3589},
    [DATA_IDX] = {54000, 6000, 10000},
};

static uint64_t hash(uint64_t state, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++)
        state = (state ^ p[i]) * 0x100000001b3u;
    return state;
}

static const uint64_t hash_start = 0xcbf29ce484222325u;

uint64_t inspect_fingerprint(const struct dataset *d)
{
    size_t count = (size_t)d->count;
    uint64_t state = hash(hash_start, d->pixels, count * (size_t)d->width * (size_t)d->height);
    state = hash(state, d->labels, count);
    state = hash(state, d->splits, count);
    return d->votes ? hash(state, d->votes, count * sizeof *d->votes) : state;
}

static void print_duplicates(const struct dataset *d, const bool *duplicates, FILE *out)
{
    const char *const *names = split_names[d->source];
    int counts[SPLIT_COUNT] = {0}, all = 0;
    for (int i = 0; i < d->count; i++) {
        counts[d->splits[i]] += duplicates[i];
        all += d->splits[i] == SPLIT_VALIDATION;
    }
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (counts[s])
            fprintf(out, "%d pictures of %s are also in %s%s\n", counts[s], names[s],
                    names[SPLIT_TRAINING],
                    s != SPLIT_VALIDATION ? ""
                    : counts[s] < all     ? "; all choices are made without them"
                                          : ", which is all of them: choices reward memory");
}

int inspect_print(const struct dataset *d, FILE *out, struct error *error)
{
    const char *const *names = split_names[d->source];
    int counts[SPLIT_COUNT][MODEL_MAX_CLASSES + 1] = {{0}}; /* the last column: all classes */
    for (int i = 0; i < d->count; i++) {
        counts[d->splits[i]][d->labels[i]]++;
        counts[d->splits[i]][MODEL_MAX_CLASSES]++;
    }
    bool *duplicates;
    if (duplicates_find(&duplicates, d, error) < 0)
        return -1;
    fprintf(out, "%s, %dx%d pixels%s\n%-12s", data_source_names[d->source], d->width, d->height,
            d->votes ? ", with FER+ votes" : "", "");
    for (int k = 0; k < d->class_count; k++)
        fprintf(out, " %8s", d->class_names[k]);
    fprintf(out, " %8s\n", "all");
    for (int s = 0; s < SPLIT_COUNT; s++) {
        int all = counts[s][MODEL_MAX_CLASSES], known = known_counts[d->source][s];
        if (all == 0)
            continue;
        fprintf(out, "%-12s", names[s]);
        for (int k = 0; k < d->class_count; k++)
            fprintf(out, " %8d", counts[s][k]);
        fprintf(out, " %8d", all);
        if (known && known != all)
            fprintf(out, "   (the published data have %d)", known);
        fprintf(out, "\n");
    }
    print_duplicates(d, duplicates, out);
    free(duplicates);
    return 0;
}
