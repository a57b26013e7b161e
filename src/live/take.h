/* What the key `r` records. */
#ifndef TAKE_H
#define TAKE_H

#include "session.h"

/* Begins a new file in the current folder. Failures are shown in the window. */
void take_begin(struct session *session);
/* A recording that fails ends, the program goes on. */
void take_add(struct session *session, const struct frame *frame);
/* Ends it; `reason` says why it failed, NULL: it did not. */
void take_end(struct session *session, const struct error *reason);

#endif
