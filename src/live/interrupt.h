/* Ctrl-C and `kill` as an orderly end. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include "error.h"

#include <stdbool.h>

struct interrupt;

/* From now on SIGINT and SIGTERM are taken by a thread that calls stop(context); a second signal
 * ends the process at once. Call it before other threads start: they inherit its signal mask.
 * A write to a closed pipe becomes an error of that write (SIGPIPE is ignored). */
int interrupt_watch(struct interrupt **interrupt, void (*stop)(void *context), void *context,
                    struct error *error);
/* Whether a signal came. */
bool interrupt_came(const struct interrupt *interrupt);
void interrupt_free(struct interrupt **interrupt);

#endif
