/* The pictures of a list, read and recognized by several threads at once, and handed over one by
 * one in the list's order. The answers do not depend on how many threads there are. */
#ifndef CREW_H
#define CREW_H

#include "input_list.h"
#include "options.h"
#include "picture.h"
#include "setup.h"

/* One picture, done. */
struct looked {
    struct frame frame; /* with its faces */
    bool failed;        /* `error` says why, and names the picture */
    struct error error;
    const char *note; /* what is odd about the picture; NULL: nothing */
};

struct crew_task {
    const struct options *options;
    const struct input_list *list;
    struct picture_file *piped; /* standard input, for the picture "-"; its bytes are taken */
    int count;                  /* pictures, from the first on; at least one */
    int threads;
};

struct crew;

/* Begins at once. Each thread works on one picture, and may have finished another that waits for
 * its turn: there are never more than two per thread in memory. The first thread takes over
 * detector and recognizer of `vision`, which are NULL there then; the others open their own, and
 * where that fails there are fewer. What the task points to must last until crew_free. */
int crew_create(struct crew **crew, const struct crew_task *task, struct vision *vision,
                struct error *error);

/* The next picture, when it is done; NULL after the last. It is the crew's again with the next
 * call. */
struct looked *crew_next(struct crew *crew);

/* Ends the threads, once each has finished its picture. */
void crew_free(struct crew **crew);

#endif
