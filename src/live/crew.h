/* Pictures of a list, read and looked at by several threads at once, and handed over one after the
 * other in the list's order. What they show does not depend on how many threads there are. */
#ifndef CREW_H
#define CREW_H

#include "options.h"
#include "picture.h"
#include "picture_list.h"
#include "setup.h"

/* What has become of one picture. */
struct looked {
    struct frame frame; /* with its faces */
    bool failed;        /* why, and of which picture, says `error` */
    struct error error;
    const char *note; /* what is odd about the picture; NULL: nothing */
};

struct crew_task {
    const struct options *options;
    const struct picture_list *list;
    struct picture_file *piped; /* standard input, for the picture "-"; its bytes are taken */
    int count;                  /* pictures, from the first on; at least one */
    int threads;
};

struct crew;

/* Begins at once. Each thread has one picture in work, and for each one more may wait for its turn:
 * there are never more than twice as many in memory. The first takes over detector and recognizer
 * of `vision`, which are NULL there then; the others open their own, and where that fails there are
 * fewer. What the task points to lasts until crew_free. */
int crew_create(struct crew **crew, const struct crew_task *task, struct vision *vision,
                struct error *error);

/* The next picture, when it is done; NULL behind the last. It is the crew's again with the next
 * call. */
struct looked *crew_next(struct crew *crew);

/* Ends the threads, when each is done with what it has in work. */
void crew_free(struct crew **crew);

#endif
