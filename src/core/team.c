#include "team.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

/* How often a thread looks for work, or for the end of it, before it sleeps: some 20 microseconds,
 * since the next piece usually follows at once. */
enum { LOOKS = 2000 };

struct member {
    struct team *team;
    int part;
    pthread_t thread;
};

struct team {
    int parts;
    team_task task;
    void *context;
    atomic_long round; /* number of the latest piece of work */
    atomic_int open;   /* parts of it not yet done, except the caller's */
    atomic_bool stopping;
    pthread_mutex_t mutex;
    pthread_cond_t begin, end;
    int started; /* threads */
    struct member *members;
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
static long wait_for_round(struct team *team, long seen)
{
    for (int i = 0; i < LOOKS; i++) {
        if (atomic_load(&team->round) != seen)
            return atomic_load(&team->round);
        pause_briefly();
    }
    pthread_mutex_lock(&team->mutex);
    while (atomic_load(&team->round) == seen)
        pthread_cond_wait(&team->begin, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
    return atomic_load(&team->round);
}

static void *work(void *argument)
{
    struct member *member = argument;
    struct team *team = member->team;
    long round = 0;
    for (;;) {
        round = wait_for_round(team, round);
        if (atomic_load(&team->stopping))
            return NULL;
        team->task(team->context, member->part, team->parts);
        if (atomic_fetch_sub(&team->open, 1) == 1) {
            pthread_mutex_lock(&team->mutex);
            pthread_cond_signal(&team->end);
            pthread_mutex_unlock(&team->mutex);
        }
    }
}

static void begin_round(struct team *team)
{
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->round, 1);
    pthread_cond_broadcast(&team->begin);
    pthread_mutex_unlock(&team->mutex);
}

int team_size(const struct team *team)
{
    return team ? team->parts : 1;
}

void team_run(struct team *team, team_task task, void *context)
{
    if (!team || team->parts == 1) {
        task(context, 0, 1);
        return;
    }
    team->task = task;
    team->context = context;
    atomic_store(&team->open, team->parts - 1);
    begin_round(team);
    task(context, 0, team->parts);
    for (int i = 0; i < LOOKS && atomic_load(&team->open) > 0; i++)
        pause_briefly();
    if (atomic_load(&team->open) > 0) {
        pthread_mutex_lock(&team->mutex);
        while (atomic_load(&team->open) > 0)
            pthread_cond_wait(&team->end, &team->mutex);
        pthread_mutex_unlock(&team->mutex);
    }
}

void team_share(size_t count, size_t grain, int part, int parts, size_t *begin, size_t *end)
{
    size_t grains = (count + grain - 1) / grain;
    *begin = grains * (size_t)part / (size_t)parts * grain;
    *end = grains * ((size_t)part + 1) / (size_t)parts * grain;
    *begin = *begin < count ? *begin : count;
    *end = *end < count ? *end : count;
}

int team_create(struct team **team, int threads, struct error *error)
{
    struct team *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the threads");
    made->parts = threads;
    made->members = calloc((size_t)threads, sizeof *made->members);
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->begin, NULL);
    pthread_cond_init(&made->end, NULL);
    int result = made->members ? 0 : error_no_memory(error, "the threads");
    for (int i = 0; result == 0 && i < threads - 1; i++) {
        made->members[i] = (struct member){.team = made, .part = i + 1};
        if (pthread_create(&made->members[i].thread, NULL, work, &made->members[i]) != 0)
            result = error_set(error, "cannot start a thread; use fewer --threads");
        else
            made->started++;
    }
    if (result < 0)
        team_free(&made);
    else
        *team = made;
    return result;
}

void team_free(struct team **team)
{
    struct team *t = *team;
    if (!t)
        return;
    atomic_store(&t->stopping, true);
    begin_round(t);
    for (int i = 0; i < t->started; i++)
        pthread_join(t->members[i].thread, NULL);
    pthread_cond_destroy(&t->end);
    pthread_cond_destroy(&t->begin);
    pthread_mutex_destroy(&t->mutex);
    free(t->members);
    free(t);
    *team = NULL;
}
