/* A thread pool that shares one piece of work at a time: the matrix products and loops of a
 * training step. Between two pieces its threads sleep, so that other threads can use the
 * processors. */
#ifndef THREAD_POOL_H
#define THREAD_POOL_H

#include "error.h"

#include <stddef.h>

struct thread_pool;

/* Part number `part` of `parts` of the work; the parts run at the same time. */
typedef void (*thread_pool_task)(void *context, int part, int parts);

/* `threads` includes the caller, which works too; 1 makes no thread. The caller frees the pool with
 * thread_pool_free. */
int thread_pool_create(struct thread_pool **pool, int threads, struct error *error);
void thread_pool_free(struct thread_pool **pool);

/* Into how many parts thread_pool_run divides a task. */
int thread_pool_size(const struct thread_pool *pool);

/* Runs the task in all its parts and returns when the last one is done. NULL: the calling thread
 * alone. One caller at a time; a task must not call it again. */
void thread_pool_run(struct thread_pool *pool, thread_pool_task task, void *context);

/* The share of 0 .. count-1 that falls to a part: *begin .. *end-1, each begin a multiple of
 * `grain`. */
void thread_pool_share(size_t count, size_t grain, int part, int parts, size_t *begin, size_t *end);

#endif
