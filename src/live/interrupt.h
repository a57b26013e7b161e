/* Ctrl-C, `kill` and a closed terminal bring the program to an orderly end. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include "error.h"

#include <stdbool.h>

struct interrupt;

/* After this the first SIGINT, SIGTERM or SIGHUP makes process_stopping() true, and a thread calls
 * stop(context); a second one of the same kind ends the process at once. Where the reader of
 * standard output does not read, and a write of the thread that called this still waits for it two
 * seconds later, that write fails with EINTR. A write to a closed pipe fails instead of ending the
 * process (SIGPIPE is ignored). There can be one at a time: signals belong to the process. */
int interrupt_watch(struct interrupt **interrupt, void (*stop)(void *context), void *context,
                    struct error *error);
/* Whether it is the calling thread whose writes may have to fail; it has to take that back before
 * it ends. */
void interrupt_set_writer(struct interrupt *interrupt, bool calling);
void interrupt_free(struct interrupt **interrupt);

#endif
