#include "blas.h"

#include "process.h"

#include <cblas.h>

#include <assert.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* OpenBLAS's own: in no header, but exported by every version that has threads. Each call of the
 * first takes one of the buffers that it keeps for as long as the process lives, and maps another
 * where all are in use; the third ends its threads, till more than one are to be used. */
extern void *blas_memory_alloc(int place) __attribute__((weak));
extern void blas_memory_free(void *buffer) __attribute__((weak));
extern int blas_thread_shutdown_(void) __attribute__((weak));

enum {
    MOST_CALLERS = BLAS_MAX_THREADS + 1,
    LONGEST_RESERVATION_S = 10 /* where another thread took what had just been free */
};

/* Address space, of which only what is used becomes memory. */
static const size_t thread_bytes = (size_t)192 << 20;  /* a buffer, 128 MB at most, stack, heap */
static const size_t library_bytes = (size_t)128 << 20; /* the program with its libraries */
static const size_t program_bytes = (size_t)384 << 20; /* model, pictures, other threads */

static void give_up(int number)
{
    static const char text[] = "no memory for the BLAS; allow more address space (ulimit -v)\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    _exit(1);
}

static void reserve(int threads)
{
    void *buffers[MOST_CALLERS];
    for (int i = 0; i < threads; i++)
        buffers[i] = blas_memory_alloc(0);
    for (int i = 0; i < threads; i++)
        blas_memory_free(buffers[i]);
}

static void end_threads_and_reserve(int threads)
{
    struct sigaction tell = {.sa_handler = give_up}, before;
    sigaction(SIGALRM, &tell, &before);
    alarm(LONGEST_RESERVATION_S);
    if (blas_thread_shutdown_)
        blas_thread_shutdown_(); /* they keep processors busy for the first 2^28 cycles or so */
    if (blas_memory_alloc && blas_memory_free)
        reserve(threads);
    alarm(0);
    sigaction(SIGALRM, &before, NULL);
}

int blas_usual_threads(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > BLAS_MAX_THREADS ? BLAS_MAX_THREADS : (int)processors;
}

void blas_use_one_thread(void)
{
    openblas_set_num_threads(1);
}

int blas_setup(int threads, struct error *error)
{
    assert(threads >= 1 && threads <= MOST_CALLERS);
    /* OpenBLAS began its threads before main; they may have their memory by now, or not yet. */
    size_t begun = library_bytes + (size_t)(openblas_get_num_threads() - 1) * thread_bytes;
    blas_use_one_thread();
    if (process_check_limits(error) < 0)
        return -1;
    size_t mapped = process_memory().mapped, there = mapped > begun ? mapped : begun;
    size_t needed = there + (size_t)threads * thread_bytes + program_bytes;
    if (!process_can_map(needed - mapped))
        return error_set(error,
                         "%zu MB of address space are needed, more than there is; raise the limit "
                         "(ulimit -v, a batch queue's memory), or use fewer threads",
                         (needed >> 20) + 2); /* what malloc adds, too */
    end_threads_and_reserve(threads);
    return 0;
}
