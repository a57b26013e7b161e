/* The loop of the main thread. */
#ifndef LIVE_LOOP_H
#define LIVE_LOOP_H

#include "session.h"

/* Works through the frames until there are none, or the user has seen enough. */
int live_loop(struct session *session, struct error *error);

#endif
