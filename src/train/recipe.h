/* All choices of a training. */
#ifndef RECIPE_H
#define RECIPE_H

#include "arguments.h"
#include "augment.h"
#include "dataset.h"
#include "mlp_training.h"
#include "optimizer.h"

/* How many samples an update of the weights sees. */
enum batching { BATCHING_MINI_BATCH, BATCHING_STOCHASTIC, BATCHING_FULL, BATCHING_COUNT };

/* "mini-batch", "stochastic", "full" */
extern const char *const batching_names[BATCHING_COUNT];

/* The classes' shares that answers assume. */
enum prior_kind {
    PRIOR_UNIFORM,
    PRIOR_TRAINING, /* those of the targets */
    PRIOR_LIST
};

enum { PRIOR_MAX_LIST = 16 };

struct prior {
    enum prior_kind kind;
    float list[PRIOR_MAX_LIST]; /* only the ratios count */
    int count;                  /* of the list: as many as there are classes */
};

/* How frequent the seven expressions are assumed to be in front of a camera by default: chosen on
 * PublicTest so that no class is rarely found. */
extern const struct prior prior_of_faces;

/* Units of a hidden layer. With `shared`, there are that many at each position that the vector
 * describes, and the positions share the layer's weights. With `window`, there are that many for
 * each window of so many positions a side, with weights of their own; the layer before it must be
 * shared or have windows, too. */
struct hidden_layer {
    int units;
    bool shared;
    int window; /* 0: the layer has none */
};

/* The options of a training. */
struct recipe {
    bool align;    /* whether crops are aligned first */
    bool verifier; /* whether a verifier is learned, too */
    int network_count;
    enum feature_kind features[MODEL_MAX_NETWORKS]; /* of each network */
    int hidden_count; /* this and all that follows: the same for every network */
    struct hidden_layer hidden[MLP_MAX_LAYERS - 1];
    enum activation activation;
    enum output_activation output;
    bool batch_norm;
    struct mlp_training step; /* loss and dropout */
    enum batching batching;
    int batch_size; /* of mini-batch descent */
    enum optimizer_kind optimizer;
    float learning_rate; /* AdamW: the peak of one cycle; else constant */
    float weight_decay;
    int epochs;   /* at most */
    int patience; /* end after so many epochs without a better validation; 0: never */
    struct augment augment;
    struct target_mix targets;
    float mixup;         /* alpha; 0: none */
    float agreement;     /* how much two views of a sample are to agree; 0: each is seen once */
    float class_weights; /* each class is weighted by its share to the power of minus this, 0..1 */
    struct prior prior;
    uint64_t seed;
    int threads;
};

/* How much larger the networks see aligned faces than the aligner leaves them. */
#define RECIPE_ENLARGE 1.12f

/* The recipe of the shipped model. */
struct recipe recipe_default(void);

/* The options of train_fer that make this recipe, separated by spaces; RECIPE_TEXT_SIZE bytes are
 * always enough. Numbers are exact. */
enum { RECIPE_TEXT_SIZE = MODEL_NOTE_SIZE };
void recipe_print(const struct recipe *recipe, char *text, size_t size);
/* The recipe of such options; changes `text`. */
int recipe_parse(struct recipe *recipe, char *text, struct error *error);

/* The options of train_fer that a recipe has; they go into models and checkpoints. */
struct argument_table recipe_table(struct recipe *recipe);
/* Whether any of them was on the command line, other than --threads. */
bool recipe_given(const struct argument_table *table);
/* Fills in the defaults that depend on other options. */
void recipe_complete(const struct argument_table *table);

/* How often a sample is seen in a batch. */
int recipe_views(const struct recipe *recipe);

/* Whether targets can be multiplied by weights: softmax outputs with cross-entropy. */
bool recipe_weighs(const struct recipe *recipe);

/* Checks that the options go together; the error says what is wrong. */
int recipe_check(const struct recipe *recipe, struct error *error);

/* The vector that network number `index` of the recipe reads, still without its dictionary. Its
 * sizes are unchecked (features_check). */
struct features recipe_features(const struct recipe *recipe, const struct dataset *dataset,
                                int index);
/* That network. Its sizes are unchecked (mlp_config_check). */
struct mlp_config recipe_network(const struct recipe *recipe, const struct dataset *dataset,
                                 int index);

#endif
