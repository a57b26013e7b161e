#include "inspect.h"

#include <stdlib.h>
#include <string.h>

/* The published sizes of FER2013 and of MNIST, whose train part includes our validation. */
static const int known_counts[SOURCE_COUNT][SPLIT_COUNT] = {
    [SOURCE_FER2013] = {28709, 3589, 3589},
    [SOURCE_IDX] = {54000, 6000, 10000},
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

struct picture_hash {
    uint64_t hash;
    int index;
};

static int by_hash(const void *a, const void *b)
{
    const struct picture_hash *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash ? 1 : x->index - y->index;
}

/* How many pictures of other splits stand in Training too. */
static int count_duplicates(const struct dataset *d, struct error *error)
{
    size_t count = (size_t)d->count, area = (size_t)d->width * (size_t)d->height;
    struct picture_hash *hashes = malloc(count * sizeof *hashes);
    if (!hashes)
        return error_no_memory(error, "the search for duplicates");
    for (int i = 0; i < d->count; i++)
        hashes[i] = (struct picture_hash){hash(hash_start, dataset_picture(d, i), area), i};
    qsort(hashes, count, sizeof *hashes, by_hash);
    int duplicates = 0;
    for (size_t begin = 0, end; begin < count; begin = end) {
        int training = 0, others = 0;
        for (end = begin; end < count && hashes[end].hash == hashes[begin].hash; end++) {
            training += d->splits[hashes[end].index] == SPLIT_TRAINING;
            others += d->splits[hashes[end].index] != SPLIT_TRAINING;
        }
        duplicates += training > 0 ? others : 0;
    }
    free(hashes);
    return duplicates;
}

int inspect_print(const struct dataset *d, FILE *out, struct error *error)
{
    const char *const *names = split_names[d->source];
    int counts[SPLIT_COUNT][MODEL_MAX_CLASSES + 1] = {{0}}; /* the last column: all classes */
    for (int i = 0; i < d->count; i++) {
        counts[d->splits[i]][d->labels[i]]++;
        counts[d->splits[i]][MODEL_MAX_CLASSES]++;
    }
    int duplicates = count_duplicates(d, error);
    if (duplicates < 0)
        return -1;
    fprintf(out, "%s, %dx%d pixels%s\n%-12s", source_names[d->source], d->width, d->height,
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
    if (duplicates)
        fprintf(out, "%d pictures outside %s stand in it too\n", duplicates, names[SPLIT_TRAINING]);
    return 0;
}
