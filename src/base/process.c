#define _XOPEN_SOURCE 700 /* setpriority */ /* NOLINT: names of this kind are POSIX's to give */
#include "process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The frames of the deepest calls, those of libraries too, with room to spare. */
static const size_t stack_needed = (size_t)384 << 10;

/* Open at once, those of libraries too: with too few, some abort, and some blame the file. */
static const rlim_t files_needed = 32;

/* As `nice` counts: the lower, the sooner. */
static const int highest_priority = -10;

static void do_nothing(int signal)
{
    (void)signal;
}

/* A handler, not SIG_IGN, which programs started from here would inherit. */
static void outlive(int signal)
{
    struct sigaction action = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

int process_prepare(void)
{
    outlive(SIGXFSZ);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* The lowest free number is `fd`. */
        int mode = fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY;
        if (open("/dev/null", mode) != fd)
            return -1;
    }
    return 0;
}

void process_outlive_readers(void)
{
    outlive(SIGPIPE);
}

static atomic_bool asked_to_stop;

void process_set_stopping(bool stopping)
{
    atomic_store(&asked_to_stop, stopping);
}

bool process_stopping(void)
{
    return atomic_load(&asked_to_stop);
}

bool process_reader_ended(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

bool process_leave_stalled_reader(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    int nowhere = poll(&output, 1, 0) == 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    bool left = nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0;
    if (nowhere >= 0)
        close(nowhere);
    return left;
}

static bool is_pipe(int fd)
{
    struct stat facts;
    return fstat(fd, &facts) == 0 && S_ISFIFO(facts.st_mode);
}

bool process_is_piped(void)
{
    return is_pipe(STDIN_FILENO) || is_pipe(STDOUT_FILENO);
}

void process_ask_for_priority(void)
{
#ifdef __linux__
    int now = getpriority(PRIO_PROCESS, 0);
    for (int nice = highest_priority; nice < now && setpriority(PRIO_PROCESS, 0, nice) < 0; nice++)
        ;
#endif
}

int process_check_input(struct error *error)
{
    if (isatty(STDIN_FILENO) == 1)
        return error_set(error, "standard input is a terminal; pipe data into it");
    if (read(STDIN_FILENO, NULL, 0) < 0)
        return error_set(error, "standard input: %s; pipe data into it", strerror(errno));
    return 0;
}

int process_check_limits(struct error *error)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < files_needed)
        return error_set(error,
                         "%u open files are too few, %u are needed; allow more with ulimit -n",
                         (unsigned)limit.rlim_cur, (unsigned)files_needed);
    if (getrlimit(RLIMIT_STACK, &limit) < 0 || limit.rlim_cur >= stack_needed)
        return 0;
    return error_set(error,
                     "a stack of %zu KB is too small, %zu KB are needed; allow more with ulimit -s",
                     (size_t)limit.rlim_cur >> 10, stack_needed >> 10);
}

int process_spare_files(int most)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= files_needed + (rlim_t)most)
        return most;
    return limit.rlim_cur > files_needed ? (int)(limit.rlim_cur - files_needed) : 0;
}

/* In pieces: one that is larger than all memory would be refused whatever the limits. Nothing is
 * written there, so that addresses are taken, but no memory. */
bool process_can_map(size_t bytes)
{
    enum { PIECE = 128 << 20, MOST = 512 };
    void *volatile pieces[MOST];
    int count = 0;
    bool can = true;
    assert(bytes <= (size_t)PIECE * MOST);
    for (size_t found = 0; can && found < bytes; found += PIECE) {
        pieces[count] = malloc(bytes - found < PIECE ? bytes - found : PIECE);
        can = pieces[count] != NULL;
        count += can;
    }
    while (count > 0)
        free(pieces[--count]);
    return can;
}

struct process_memory process_memory(void)
{
    size_t mapped = 0, resident = 0, page = (size_t)sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        int read = fscanf(file, "%zu %zu", &mapped, &resident);
        (void)read; /* none: no pages */
        fclose(file);
    }
    return (struct process_memory){mapped * page, resident * page};
}
