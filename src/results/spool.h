/* The answers of a film whose turn has not come: they wait, without the pictures, in an unnamed
 * file. One thread adds them, as a form of results, another takes them. */
#ifndef SPOOL_H
#define SPOOL_H

#include "results_form.h"

struct spool;

int spool_create(struct spool **spool, struct error *error);
/* Both threads must have left it. */
void spool_free(struct spool **spool);

/* Producer, after its results were closed: nothing more comes. `failure` says why the film could
 * not be done, NULL: it could. */
void spool_end(struct spool *spool, const struct error *failure);

/* Consumer: waits for the next answers, and puts them into a frame that has no picture; false after
 * the last. */
bool spool_next(struct spool *spool, struct frame *frame);

/* What became of the film. */
struct spool_outcome {
    struct results_end end; /* all zeros where the film could not be begun */
    bool failed;            /* `error` says why */
    struct error error;
};

/* Consumer, after the last answers. */
const struct spool_outcome *spool_outcome(const struct spool *spool);

#endif
