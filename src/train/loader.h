/* Batches for training, made by worker threads while the network learns: augmented, turned into
 * feature vectors, with their targets. What a batch holds depends on the seed, the epoch and the
 * order of samples, never on the number of workers. */
#ifndef LOADER_H
#define LOADER_H

#include "augment.h"
#include "dataset.h"
#include "feature_vector.h"

struct loader_config {
    const struct dataset *dataset; /* must outlive the loader */
    const struct affine *faces;    /* N: where each picture's face lies; must outlive the loader */
    int feature_count;
    struct features features[MODEL_MAX_NETWORKS]; /* one vector each of the same crop */
    struct augment augment;
    struct target_mix targets;
    const float *weights; /* N: factors on the targets, must outlive the loader; NULL: all 1 */
    float input_dropout;  /* share of each vector's values that is dropped, [0, 1) */
    float mixup;          /* alpha of mixup (Zhang et al. 2018); 0: none */
    int views;            /* rows of a batch for each sample: 1, or 2 */
    int batch_size;       /* largest B, `views` or more */
    uint64_t seed;
    int workers; /* threads */
};

/* One batch. With two views of each sample, rows 2i and 2i + 1 are those of one, each augmented on
 * its own; the webcam degradations fall on the second view first, so the first stays clean as long
 * as the share allows. The arrays belong to the loader. */
struct batch {
    int count;                               /* B */
    const float *inputs[MODEL_MAX_NETWORKS]; /* B x D of each vector */
    const float *targets;                    /* B x K */
};

struct loader;

int loader_create(struct loader **loader, const struct loader_config *config, struct error *error);
/* Stops the workers and frees all, also in the middle of an epoch. */
void loader_free(struct loader **loader);

/* Begins epoch number `epoch` over samples order[count] of the data set at its batch number
 * `first`, usually 0; order[] must stay until the epoch's last batch is released. Each sample comes
 * once, in this order. The previous epoch must be over. */
void loader_start(struct loader *loader, const int *order, int count, int epoch, int first);

/* How many batches an epoch over `count` samples has. Their sizes differ by one at most, so that
 * none is too small for batch normalization. */
int loader_batch_count(const struct loader *loader, int count);

/* How many samples of the epoch have been handed out, those before its first batch included. */
int loader_seen(const struct loader *loader);

/* Waits for the next batch; false after the last. The batch is valid until the next call. One
 * thread at a time. */
bool loader_next(struct loader *loader, struct batch *batch);

#endif
