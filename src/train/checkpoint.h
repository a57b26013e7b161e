/* All that is needed to go on with a training, in one safetensors file. */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "recipe.h"

/* The results of an epoch. */
struct epoch_result {
    double loss, accuracy; /* on the augmented training samples, while the weights changed */
    double validation_loss, validation_accuracy;
    double seconds;
};

/* Where a training stands between two batches. The order of samples and the augmentation of an
 * epoch follow from seed and epoch. */
struct training_state {
    struct mlp aligner;  /* without parameters where the recipe does not align */
    struct mlp verifier; /* without parameters where the recipe has none */
    struct features features[MODEL_MAX_NETWORKS]; /* of each network, with its dictionary */
    struct mlp mlps[MODEL_MAX_NETWORKS];
    struct optimizer optimizers[MODEL_MAX_NETWORKS];
    struct mlp best[MODEL_MAX_NETWORKS]; /* folded; without parameters until there is one */
    double best_accuracy;
    int best_epoch; /* from 1; 0: none yet */
    int waited;     /* epochs since the best */
    long updates;
    int epochs;                   /* finished */
    int batches;                  /* of the running epoch that are done */
    struct epoch_result running;  /* sums over them */
    struct rng dropout;           /* generator of the running epoch's masks */
    struct epoch_result *history; /* recipe's epochs entries, `epochs` of them filled */
    uint64_t fingerprint;         /* of the data */
};

/* Writes the file whole or not at all. */
int checkpoint_save(struct training_state *state, const struct recipe *recipe, const char *path,
                    struct error *error);

/* Reads the options in a checkpoint into text[RECIPE_TEXT_SIZE], as recipe_print wrote them. */
int checkpoint_recipe(const char *path, char *text, struct error *error);

/* Whether the checkpoint is large enough for so many parameters, before memory for them is taken.
 */
int checkpoint_check_size(const char *path, size_t parameters, struct error *error);

/* Fills a state that was made for the checkpoint's recipe and data, with memory for its aligner,
 * verifier and dictionaries. Fails if the data or any size differs; the error says how. */
int checkpoint_load(struct training_state *state, const struct recipe *recipe, const char *path,
                    struct error *error);

#endif
