/* All choices of a training. */
#ifndef RECIPE_H
#define RECIPE_H

#include "augment.h"
#include "dataset.h"
#include "mlp_training.h"
#include "optimizer.h"

/* How many samples an update of the weights sees. */
enum descent { DESCENT_MINI_BATCH, DESCENT_STOCHASTIC, DESCENT_FULL, DESCENT_COUNT };

/* "mini-batch", "stochastic", "full" */
extern const char *const descent_names[DESCENT_COUNT];

/* How the learning rate goes over the training: constant, or one cycle, which rises to its peak
 * over the first fifth and falls to nothing along a cosine (Smith & Topin 2018). AdamW takes the
 * cycle, the others stay constant. */
struct recipe {
    struct features features;
    int hidden_count;
    int hidden[MLP_MAX_LAYERS - 1]; /* units */
    enum activation activation;
    enum output_activation output;
    bool batch_norm;
    struct mlp_training step; /* loss and dropout */
    enum descent descent;
    int batch_size; /* of mini-batch descent */
    enum optimizer_kind optimizer;
    float learning_rate; /* peak */
    float weight_decay;
    int epochs;   /* at most */
    int patience; /* end after so many epochs without a better validation; 0: never */
    struct augment augment;
    struct target_mix targets;
    float mixup; /* alpha; 0: none */
    uint64_t seed;
    int threads;
};

/* The recipe of the shipped model. */
struct recipe recipe_default(void);

/* The options of train_fer that make this recipe, parted by spaces; `size` bytes suffice with
 * RECIPE_TEXT_SIZE. Numbers are exact. */
enum { RECIPE_TEXT_SIZE = 768 };
void recipe_print(const struct recipe *recipe, char *text, size_t size);

/* Whether the choices go together; says why not. */
int recipe_check(const struct recipe *recipe, struct error *error);

/* The network that the recipe makes for this data set. */
struct mlp_config recipe_network(const struct recipe *recipe, const struct dataset *dataset);

#endif
