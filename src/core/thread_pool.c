#include "thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* How often a thread looks for work, or for the end of it, before it sleeps: some 20 microseconds,
 * since the next piece usually follows at once. */
enum { SPINS = 2000 };

struct worker {
    struct thread_pool *pool;
    int part;
    pthread_t thread;
};

struct thread_pool {
    int parts;
    thread_pool_task task;
    void *context;
    atomic_long round; /* number of the latest piece of work */
    atomic_int open;   /* parts of it not yet done, except the caller's */
    atomic_bool stopping;
    pthread_mutex_t mutex;
    pthread_cond_t begin, end;
    int started; /* threads */
    struct worker *workers;
};

static inline void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    sched_yield();
#endif
}

/* Returns the number of a round after `seen`. */
static long wait_for_round(struct thread_pool *pool, long seen)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load(&pool->round) != seen)
            return atomic_load(&pool->round);
        pause_briefly();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load(&pool->round) == seen)
        pthread_cond_wait(&pool->begin, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return atomic_load(&pool->round);
}

static void *do_parts(void *argument)
{
    struct worker *worker = argument;
    struct thread_pool *pool = worker->pool;
    long round = 0;
    for (;;) {
        round = wait_for_round(pool, round);
        if (atomic_load(&pool->stopping))
            return NULL;
        pool->task(pool->context, worker->part, pool->parts);
        if (atomic_fetch_sub(&pool->open, 1) == 1) {
            pthread_mutex_lock(&pool->mutex);
            pthread_cond_signal(&pool->end);
            pthread_mutex_unlock(&pool->mutex);
        }
    }
}

static void begin_round(struct thread_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->round, 1);
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->mutex);
}

int thread_pool_size(const struct thread_pool *pool)
{
    return pool ? pool->parts : 1;
}

void thread_pool_run(struct thread_pool *pool, thread_pool_task task, void *context)
{
    if (!pool || pool->parts == 1) {
        task(context, 0, 1);
        return;
    }
    pool->task = task;
    pool->context = context;
    atomic_store(&pool->open, pool->parts - 1);
    begin_round(pool);
    task(context, 0, pool->parts);
    for (int i = 0; i < SPINS && atomic_load(&pool->open) > 0; i++)
        pause_briefly();
    if (atomic_load(&pool->open) > 0) {
        pthread_mutex_lock(&pool->mutex);
        while (atomic_load(&pool->open) > 0)
            pthread_cond_wait(&pool->end, &pool->mutex);
        pthread_mutex_unlock(&pool->mutex);
    }
}

void thread_pool_share(size_t count, size_t grain, int part, int parts, size_t *begin, size_t *end)
{
    size_t grains = (count + grain - 1) / grain;
    *begin = grains * (size_t)part / (size_t)parts * grain;
    *end = grains * ((size_t)part + 1) / (size_t)parts * grain;
    *begin = *begin < count ? *begin : count;
    *end = *end < count ? *end : count;
}

int thread_pool_create(struct thread_pool **pool, int threads, struct error *error)
{
    struct thread_pool *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the threads");
    made->parts = threads;
    made->workers = calloc((size_t)threads, sizeof *made->workers);
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->begin, NULL);
    pthread_cond_init(&made->end, NULL);
    int result = made->workers ? 0 : error_no_memory(error, "the threads");
    for (int i = 0; result == 0 && i < threads - 1; i++) {
        made->workers[i] = (struct worker){.pool = made, .part = i + 1};
        if (pthread_create(&made->workers[i].thread, NULL, do_parts, &made->workers[i]) != 0)
            result = error_set(error, "cannot start a thread; use fewer --threads");
        else
            made->started++;
    }
    if (result < 0)
        thread_pool_free(&made);
    else
        *pool = made;
    return result;
}

void thread_pool_free(struct thread_pool **pool)
{
    struct thread_pool *p = *pool;
    if (!p)
        return;
    atomic_store(&p->stopping, true);
    begin_round(p);
    for (int i = 0; i < p->started; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->end);
    pthread_cond_destroy(&p->begin);
    pthread_mutex_destroy(&p->mutex);
    free(p->workers);
    free(p);
    *pool = NULL;
}
