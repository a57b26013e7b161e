/* A session from beginning to end. */
#ifndef SESSION_RUN_H
#define SESSION_RUN_H

#include "session.h"

/* Does what the options say; session_free ends it, also after a failure. */
int session_run(struct session *session, struct error *error);
/* Completes the results and what the key `r` records, also after a failure. */
int session_end_results(struct session *session, const struct results_end *end,
                        struct error *error);
void session_free(struct session **session);

#endif
