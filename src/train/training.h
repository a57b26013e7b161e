/* A running training: what trainer.c (its epochs), training_prepare.c (what comes before them)
 * and training_model.c (what comes of them) share. */
#ifndef TRAINING_H
#define TRAINING_H

#include "checkpoint.h"
#include "loader.h"
#include "progress_bar.h"
#include "recipe.h"
#include "validation.h"

#include <signal.h>
#include <stdbool.h>

struct training_files;

/* Random streams of one seed; the loader's own streams lie below 2^63. */
enum stream { STREAM_WEIGHTS, STREAM_ORDER, STREAM_DROPOUT };

struct training {
    const struct recipe *recipe;
    const struct dataset *dataset;
    const struct training_files *files;
    const volatile sig_atomic_t *stop;
    struct training_state state;
    struct mlp_activations *activations[MODEL_MAX_NETWORKS];
    struct thread_pool *pool;
    struct mlp_training step; /* the recipe's, with the pool */
    struct loader *loader;
    struct validation validation;
    float *gradients[MODEL_MAX_NETWORKS];
    float *answers;              /* a batch's, the sum of the networks' outputs */
    float *agreed;               /* a batch's targets of a network, where two views are to agree */
    struct affine *faces;        /* where each picture's face lies */
    int *samples, *order, count; /* the training samples, in file order and in the epoch's */
    float *weights;              /* N: how much each training sample counts, 1 on average */
    float prior[MODEL_MAX_CLASSES]; /* the classes' shares that the best networks' answers assume */
    long planned_updates;
    struct progress_bar progress;
    bool unsaved; /* whether the best network is not on the disk yet */
};

/* The generator number `number` of a stream. */
struct rng training_stream(const struct recipe *recipe, enum stream stream, int number);

/* Targets for two views of each sample, which are rows 2i and 2i + 1 of answers, targets and
 * agreed, count x classes each: the answers' mean counts `agreement` times as much as the sample's
 * target. Taken as constants, they make both answers agree: a consistency loss, as those of AugMix
 * (Hendrycks et al. 2020) and R-Drop (Liang et al. 2021) are. */
void training_agree(const float *answers, const float *targets, int count, int classes,
                    float agreement, float *agreed);

/* Makes the networks and all they need, from a checkpoint where `resume` is not NULL; otherwise the
 * aligner, the verifier and the dictionaries are learned first. Returns 1 if *stop became true
 * meanwhile. Call training_release afterwards, whatever it returns. */
int training_prepare(struct training *training, const char *resume, struct error *error);
void training_release(struct training *training);

/* Writes the best networks as a model, with its notes. */
int training_save_model(const struct training *training, struct error *error);

/* Fills weights[N] for samples[count], both allocated: a sample counts by the rarity of its
 * classes, as far as the recipe says; and prior[K]. */
void training_weigh(struct training *training);

/* The classes' shares in the targets, before smoothing: shares[K], sum 1; of a class without any,
 * as if it had one picture. */
void training_shares(const struct training *training, float *shares);

/* Fits the last layers of the best networks. Where another prior than that of the training is asked
 * for, or classes had weights, what the answers lean to beyond the classes' shares in the targets
 * is taken off the logits. They are divided by the temperature that suits the validation split as
 * it is met in use (validation_meet), so that confidence is the chance of being right. Then each
 * class's logit gets the logarithm of its share in the prior over that in the targets (logit
 * adjustment, Menon et al. 2021). */
int training_calibrate(struct training *training, struct error *error);

#endif
