/* A team of threads that share one piece of work at a time: the matrix products and loops of a
 * training step. Between two pieces they sleep, so that other threads can use the processors. */
#ifndef TEAM_H
#define TEAM_H

#include "error.h"

#include <stddef.h>

struct team;

/* Part number `part` of `parts` of the work; the parts run at the same time. */
typedef void (*team_task)(void *context, int part, int parts);

/* `threads` includes the caller, which works too; 1 makes no thread. The caller frees the team with
 * team_free. */
int team_create(struct team **team, int threads, struct error *error);
void team_free(struct team **team);

/* Into how many parts team_run divides a task. */
int team_size(const struct team *team);

/* Runs the task in all its parts and returns when the last one is done. NULL is a team of one. One
 * caller at a time; a task must not call it again. */
void team_run(struct team *team, team_task task, void *context);

/* The share of 0 .. count-1 that falls to a part: *begin .. *end-1, each begin a multiple of
 * `grain`. */
void team_share(size_t count, size_t grain, int part, int parts, size_t *begin, size_t *end);

#endif
