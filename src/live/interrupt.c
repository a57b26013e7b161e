#include "interrupt.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNAL_COUNT = 3 };
static const int signals[SIGNAL_COUNT] = {SIGINT, SIGTERM, SIGHUP};

/* A signal handler is given no context. Blocking the signals and waiting for them in a thread
 * would do without, but libraries start threads of their own that do not block them. */
static sem_t signalled;

struct interrupt {
    pthread_t thread;
    struct sigaction previous[SIGNAL_COUNT];
    atomic_bool came;
    void (*stop)(void *context);
    void *context;
};

static void on_signal(int number)
{
    (void)number;
    int code = errno;
    sem_post(&signalled);
    errno = code;
}

static void *watch(void *argument)
{
    struct interrupt *interrupt = argument;
    while (sem_wait(&signalled) && errno == EINTR)
        continue;
    atomic_store(&interrupt->came, true);
    interrupt->stop(interrupt->context);
    return NULL;
}

/* A hangup that nohup has ignored stays so. */
static void watch_signal(int number, const struct sigaction *action, struct sigaction *previous)
{
    sigaction(number, NULL, previous);
    if (number != SIGHUP || previous->sa_handler != SIG_IGN)
        sigaction(number, action, NULL);
}

int interrupt_watch(struct interrupt **interrupt, void (*stop)(void *context), void *context,
                    struct error *error)
{
    struct interrupt *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the signal thread");
    made->stop = stop;
    made->context = context;
    atomic_init(&made->came, false);
    int code = sem_init(&signalled, 0, 0) ? errno : 0;
    if (!code) {
        code = pthread_create(&made->thread, NULL, watch, made);
        if (code)
            sem_destroy(&signalled);
    }
    if (code) {
        free(made);
        return error_set(error, "cannot start the signal thread: %s; close other programs",
                         strerror(code));
    }
    struct sigaction once = {.sa_handler = on_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    for (int i = 0; i < SIGNAL_COUNT; i++)
        watch_signal(signals[i], &once, &made->previous[i]);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    *interrupt = made;
    return 0;
}

bool interrupt_came(const struct interrupt *interrupt)
{
    return atomic_load(&interrupt->came);
}

void interrupt_free(struct interrupt **interrupt)
{
    struct interrupt *ended = *interrupt;
    if (!ended)
        return;
    for (int i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &ended->previous[i], NULL);
    pthread_cancel(ended->thread);
    int code = pthread_join(ended->thread, NULL);
    assert(code == 0);
    (void)code;
    sem_destroy(&signalled);
    free(ended);
    *interrupt = NULL;
}
