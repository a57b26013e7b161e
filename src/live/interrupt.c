#include "interrupt.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct interrupt {
    pthread_t thread;
    sigset_t signals, previous;
    atomic_bool came;
    void (*stop)(void *context);
    void *context;
};

static void *watch(void *argument)
{
    struct interrupt *interrupt = argument;
    int number;
    if (sigwait(&interrupt->signals, &number))
        return NULL;
    atomic_store(&interrupt->came, true);
    if (interrupt->stop)
        interrupt->stop(interrupt->context);
    pthread_sigmask(SIG_UNBLOCK, &interrupt->signals, NULL);
    for (;;)
        pause();
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
    sigemptyset(&made->signals);
    sigaddset(&made->signals, SIGINT);
    sigaddset(&made->signals, SIGTERM);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    int code = pthread_sigmask(SIG_BLOCK, &made->signals, &made->previous);
    if (!code) {
        code = pthread_create(&made->thread, NULL, watch, made);
        if (code)
            pthread_sigmask(SIG_SETMASK, &made->previous, NULL);
    }
    if (code) {
        free(made);
        return error_set(error, "cannot start the signal thread: %s; close other programs",
                         strerror(code));
    }
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
    pthread_cancel(ended->thread);
    int code = pthread_join(ended->thread, NULL);
    assert(code == 0);
    (void)code;
    pthread_sigmask(SIG_SETMASK, &ended->previous, NULL);
    free(ended);
    *interrupt = NULL;
}
