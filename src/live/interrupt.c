#include "interrupt.h"

#include "process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIGNAL_COUNT = 3 };
static const int signals[SIGNAL_COUNT] = {SIGINT, SIGTERM, SIGHUP};

/* What the thread reads: a signal came, or there is nothing left to wait for. */
enum { SIGNALLED = 's', ENDED = 'e' };

/* A signal handler is given no context: it writes into this pipe. Blocking the signals and waiting
 * for them in a thread would do without, but libraries start threads of their own that do not block
 * them. */
static int ends[2];

struct interrupt {
    pthread_t thread, opener;
    pthread_mutex_t mutex;
    pthread_t writer; /* guarded by it: a thread that has ended gets no signal */
    struct sigaction previous[SIGNAL_COUNT], previous_wake;
    void (*stop)(void *context);
    void *context;
};

static void send_to_thread(char what)
{
    ssize_t written = write(ends[1], &what, 1);
    (void)written;
}

static void on_signal(int number)
{
    (void)number;
    int code = errno;
    send_to_thread(SIGNALLED);
    errno = code;
}

static char next(void)
{
    char what = ENDED;
    ssize_t got = read(ends[0], &what, 1); /* signals are blocked: none cuts it short */
    (void)got;
    return what;
}

static void on_wake(int number)
{
    (void)number;
}

/* Until interrupt_free. A wake-up before the write blocks is lost: hence more than one. */
static void free_writer(struct interrupt *interrupt)
{
    enum { PATIENCE_MS = 2000, INTERVAL_MS = 50 };
    struct pollfd end = {.fd = ends[0], .events = POLLIN};
    bool left = false;
    while (poll(&end, 1, left ? INTERVAL_MS : PATIENCE_MS) <= 0 || next() == SIGNALLED) {
        left = left || process_leave_stalled_reader();
        pthread_mutex_lock(&interrupt->mutex);
        if (left)
            pthread_kill(interrupt->writer, SIGUSR1);
        pthread_mutex_unlock(&interrupt->mutex);
    }
}

static void *watch(void *argument)
{
    struct interrupt *interrupt = argument;
    /* ThreadSanitizer puts a handler off until its thread's read has ended: here, for ever. */
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    if (next() == SIGNALLED) {
        process_set_stopping(true);
        interrupt->stop(interrupt->context);
        free_writer(interrupt);
    }
    return NULL;
}

/* A SIGHUP that nohup has set to be ignored stays ignored. */
static void watch_signal(int number, const struct sigaction *action, struct sigaction *previous)
{
    sigaction(number, NULL, previous);
    if (number != SIGHUP || previous->sa_handler != SIG_IGN)
        sigaction(number, action, NULL);
}

static void close_ends(void)
{
    close(ends[0]);
    close(ends[1]);
}

int interrupt_watch(struct interrupt **interrupt, void (*stop)(void *context), void *context,
                    struct error *error)
{
    struct interrupt *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the signal thread");
    made->stop = stop;
    made->context = context;
    made->opener = made->writer = pthread_self();
    pthread_mutex_init(&made->mutex, NULL);
    process_set_stopping(false);
    int code = pipe(ends) ? errno : 0;
    if (!code) {
        fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        code = pthread_create(&made->thread, NULL, watch, made);
        if (code)
            close_ends();
    }
    if (code) {
        pthread_mutex_destroy(&made->mutex);
        free(made);
        return error_set(error, "cannot start the signal thread: %s; close other programs",
                         strerror(code));
    }
    struct sigaction once = {.sa_handler = on_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    for (int i = 0; i < SIGNAL_COUNT; i++)
        watch_signal(signals[i], &once, &made->previous[i]);
    struct sigaction wake = {.sa_handler = on_wake};
    sigaction(SIGUSR1, &wake, &made->previous_wake);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    *interrupt = made;
    return 0;
}

void interrupt_set_writer(struct interrupt *interrupt, bool calling)
{
    pthread_mutex_lock(&interrupt->mutex);
    interrupt->writer = calling ? pthread_self() : interrupt->opener;
    pthread_mutex_unlock(&interrupt->mutex);
}

void interrupt_free(struct interrupt **interrupt)
{
    struct interrupt *ended = *interrupt;
    if (!ended)
        return;
    for (int i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &ended->previous[i], NULL);
    send_to_thread(ENDED); /* after any signal that came first, which is still obeyed */
    int code = pthread_join(ended->thread, NULL);
    assert(code == 0);
    (void)code;
    close_ends();
    sigaction(SIGUSR1, &ended->previous_wake, NULL);
    pthread_mutex_destroy(&ended->mutex);
    free(ended);
    *interrupt = NULL;
}
