/* Training: a data set and a recipe in, a model file out. */
#ifndef TRAINING_H
#define TRAINING_H

#include "recipe.h"

#include <signal.h>

/* Where a training writes. */
struct training_files {
    const char *program;     /* named in messages on stderr */
    const char *output;      /* the best model */
    const char *checkpoint;  /* all that is needed to go on, after each epoch; removed at the end */
    const char *report;      /* folder for log.csv, or NULL */
    const char *backgrounds; /* folder of pictures without faces; NULL: only made-up scenes */
};

/* Trains on the training split, validates after each epoch and keeps the best model at
 * files->output, written whole each time it improves. Prints one line per epoch, and a bar on a
 * terminal, to stdout. Where *stop becomes true it ends after the running update and returns 1; the
 * best model and the latest checkpoint stay. With recipe->epochs 0 the file holds the untrained
 * network. If a checkpoint or model cannot be written while the training runs, for example on a
 * full disk, that is reported on stderr and tried again after the next epoch; only the last model's
 * failure is an error. With `resume`, a checkpoint of the same recipe and data, it continues from
 * there and ends with the weights, bit for bit, that the training would have had without a stop. */
int train(const struct recipe *recipe, const struct dataset *dataset,
          const struct training_files *files, const char *resume, const volatile sig_atomic_t *stop,
          struct error *error);

/* Targets for two views of each sample, which are rows 2i and 2i + 1 of answers, targets and
 * agreed, count x classes each: the answers' mean counts `agreement` times as much as the sample's
 * target. Taken as constants, they make both answers agree: a consistency loss, as those of AugMix
 * (Hendrycks et al. 2020) and R-Drop (Liang et al. 2021) are. */
void training_agree(const float *answers, const float *targets, int count, int classes,
                    float agreement, float *agreed);

#endif
