/* A pool of threads, each with a recognizer of its own, that read and recognize the pictures of a
 * list, and hand them over one by one in the list's order. The answers do not depend on how many
 * threads there are. */
#ifndef RECOGNIZER_POOL_H
#define RECOGNIZER_POOL_H

#include "input_list.h"
#include "options.h"
#include "picture_file.h"
#include "setup.h"

/* One picture, done. */
struct picture_result {
    struct frame frame; /* with its faces */
    bool failed;        /* `error` says why, and names the picture */
    struct error error;
    const char *note; /* what is odd about the picture; NULL: nothing */
};

struct picture_task {
    const struct options *options;
    const struct input_list *list;
    struct picture_file *piped; /* standard input, for the picture "-"; its bytes are taken */
    int count;                  /* pictures, from the first on; at least one */
    int threads;
};

struct recognizer_pool;

/* Begins at once. Each thread works on one picture, and may have finished another that waits for
 * its turn: there are never more than two per thread in memory. The first thread takes over
 * detector and recognizer of `vision`, which are NULL there then; the others open their own, and
 * where that fails there are fewer. What the task points to must last until recognizer_pool_free.
 */
int recognizer_pool_create(struct recognizer_pool **pool, const struct picture_task *task,
                           struct vision *vision, struct error *error);

/* The next picture, when it is done; NULL after the last. It is the pool's again with the next
 * call. */
struct picture_result *recognizer_pool_next(struct recognizer_pool *pool);

/* Ends the threads, once each has finished its picture. */
void recognizer_pool_free(struct recognizer_pool **pool);

#endif
