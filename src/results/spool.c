#include "spool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct spool {
    FILE *file;
    off_t taken; /* bytes; the consumer's */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* what follows, which the mutex guards: */
    off_t added;            /* bytes */
    bool ended;
    struct spool_outcome outcome; /* the producer's until it has ended */
};

/* Of a frame; its faces follow. */
struct answers {
    long index;
    double time, duration, clock;
    int width, height, face_count;
};

static int complain(struct error *error)
{
    return error_set(error, "a temporary file for results cannot be written: %s; free some space",
                     strerror(errno));
}

int spool_create(struct spool **spool, struct error *error)
{
    struct spool *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the results");
    made->file = tmpfile();
    if (!made->file) {
        complain(error);
        free(made);
        return -1;
    }
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->changed, NULL);
    *spool = made;
    return 0;
}

void spool_free(struct spool **spool)
{
    struct spool *freed = *spool;
    if (!freed)
        return;
    fclose(freed->file);
    pthread_cond_destroy(&freed->changed);
    pthread_mutex_destroy(&freed->mutex);
    free(freed);
    *spool = NULL;
}

/* ---- The producer ---------------------------------------------------------------------------- */

static int open_spool(void **state, const struct results_of *of, struct error *error)
{
    (void)error;
    *state = of->options->spool;
    return 0;
}

static int put(struct spool *spool, const void *bytes, size_t size, off_t at, struct error *error)
{
    for (size_t done = 0; done < size;) {
        ssize_t written =
            pwrite(fileno(spool->file), (const char *)bytes + done, size - done, at + (off_t)done);
        if (written < 0 && errno != EINTR)
            return complain(error);
        done += written > 0 ? (size_t)written : 0;
    }
    return 0;
}

static int add(void *state, const char *name, const struct frame *frame, struct error *error)
{
    struct spool *spool = state;
    struct answers answers;
    memset(&answers, 0, sizeof answers); /* its padding, too */
    answers.index = frame->index;
    answers.time = frame->time;
    answers.duration = frame->duration;
    answers.clock = frame->clock;
    answers.width = frame->width;
    answers.height = frame->height;
    answers.face_count = frame->face_count;
    size_t faces = (size_t)frame->face_count * sizeof *frame->faces;
    off_t at = spool->added; /* nobody else changes it */
    (void)name;
    if (put(spool, &answers, sizeof answers, at, error) ||
        put(spool, frame->faces, faces, at + (off_t)sizeof answers, error))
        return -1;
    pthread_mutex_lock(&spool->mutex);
    spool->added += (off_t)(sizeof answers + faces);
    pthread_cond_signal(&spool->changed);
    pthread_mutex_unlock(&spool->mutex);
    return 0;
}

static int close_spool(void *state, const struct results_end *end, struct error *error)
{
    struct spool *spool = state;
    (void)error;
    spool->outcome.end = *end;
    return 0;
}

void spool_end(struct spool *spool, const struct error *failure)
{
    spool->outcome.failed = failure != NULL;
    if (failure)
        spool->outcome.error = *failure;
    pthread_mutex_lock(&spool->mutex);
    spool->ended = true;
    pthread_cond_signal(&spool->changed);
    pthread_mutex_unlock(&spool->mutex);
}

const struct results_form spool_form = {
    .wanted = RESULTS_FIELD(spool), .open = open_spool, .add = add, .close = close_spool};

/* ---- The consumer ---------------------------------------------------------------------------- */

static bool get(struct spool *spool, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = pread(fileno(spool->file), (char *)bytes + done, size - done, spool->taken);
        if (count == 0)
            errno = EIO; /* it was truncated */
        if (count == 0 || (count < 0 && errno != EINTR))
            return false;
        done += count > 0 ? (size_t)count : 0;
        spool->taken += count > 0 ? count : 0;
    }
    return true;
}

/* Waits for more than was taken, or the producer's end. Returns how many bytes have been added: no
 * more than were taken means the end. */
static off_t await(struct spool *spool)
{
    pthread_mutex_lock(&spool->mutex);
    while (!spool->ended && spool->added <= spool->taken)
        pthread_cond_wait(&spool->changed, &spool->mutex);
    off_t added = spool->added;
    pthread_mutex_unlock(&spool->mutex);
    return added;
}

/* What was written can be read, unless the disk has failed. The outcome is the producer's until it
 * ends. */
static bool give_up(struct spool *spool)
{
    int reason = errno;
    for (off_t added; (added = await(spool)) > spool->taken;)
        spool->taken = added;
    spool->outcome.failed = true;
    error_set(&spool->outcome.error,
              "a temporary file for results cannot be read: %s; check the disk", strerror(reason));
    return false;
}

bool spool_next(struct spool *spool, struct frame *frame)
{
    struct answers answers;
    if (await(spool) <= spool->taken)
        return false;
    if (!get(spool, &answers, sizeof answers))
        return give_up(spool);
    assert(answers.face_count >= 0 && answers.face_count <= EXPRESSIONS_MAX_FACES);
    *frame = (struct frame){.width = answers.width,
                            .height = answers.height,
                            .index = answers.index,
                            .time = answers.time,
                            .duration = answers.duration,
                            .clock = answers.clock,
                            .face_count = answers.face_count};
    return get(spool, frame->faces, (size_t)answers.face_count * sizeof *frame->faces) ||
           give_up(spool);
}

const struct spool_outcome *spool_outcome(const struct spool *spool)
{
    return &spool->outcome;
}
