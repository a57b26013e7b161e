#include "recognizer_pool.h"

#include "library_error.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { WAITING = 2 }; /* slots for each thread: one worked on, one that waits for its turn */

struct slot {
    struct picture_result result;
    bool done;
};

struct worker {
    struct recognizer_pool *pool;
    pthread_t thread;
    struct vision vision; /* its own, but for the model */
};

struct recognizer_pool {
    struct picture_task task;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int taken;     /* pictures that were begun */
    int given;     /* that were handed over, and came back */
    bool lent;     /* one is with the caller */
    bool stopping; /* no more are begun */
    int slot_count;
    struct slot *slots; /* of picture i: i % slot_count */
    int started;        /* threads */
    struct worker *workers;
};

/* ---- The threads ----------------------------------------------------------------------------- */

static int recognize(struct worker *worker, const char *path, struct picture_result *result)
{
    struct picture_file *piped = worker->pool->task.piped;
    bool is_piped = piped->bytes && strcmp(path, "-") == 0;
    struct frame *frame = &result->frame;
    result->note = NULL;
    if (is_piped ? picture_decode(piped, frame, &result->note, &result->error)
                 : picture_read(path, frame, &result->note, &result->error))
        return -1;
    struct expressions_picture picture = frame_grey(frame);
    struct expressions_error why;
    if (expressions_detect(worker->vision.detector, &picture, frame->faces, EXPRESSIONS_MAX_FACES,
                           &frame->face_count, &why) == EXPRESSIONS_OK &&
        expressions_recognize(worker->vision.recognizer, &picture, frame->faces, frame->face_count,
                              &why) == EXPRESSIONS_OK)
        return 0;
    library_failed(&result->error, &why);
    return error_of(&result->error, path);
}

/* The number of a picture that nobody has begun, once there is a slot for it; -1: none. */
static int claim_picture(struct recognizer_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    while (!pool->stopping && pool->taken - pool->given >= pool->slot_count)
        pthread_cond_wait(&pool->changed, &pool->mutex);
    int index = pool->stopping || pool->taken == pool->task.count ? -1 : pool->taken++;
    pthread_mutex_unlock(&pool->mutex);
    return index;
}

static void *recognize_pictures(void *argument)
{
    struct worker *worker = argument;
    struct recognizer_pool *pool = worker->pool;
    /* Others do the share of one that fails; the first has what the caller opened. */
    if (!worker->vision.recognizer && !setup_another(pool->task.options, &worker->vision))
        return NULL;
    for (int index = claim_picture(pool); index >= 0; index = claim_picture(pool)) {
        struct slot *slot = &pool->slots[index % pool->slot_count];
        slot->result.failed = recognize(worker, pool->task.list->paths[index], &slot->result) < 0;
        pthread_mutex_lock(&pool->mutex);
        slot->done = true;
        pthread_cond_broadcast(&pool->changed);
        pthread_mutex_unlock(&pool->mutex);
    }
    return NULL;
}

/* ---- The caller ------------------------------------------------------------------------------ */

static int start(struct recognizer_pool *pool, struct vision *vision, struct error *error)
{
    struct expressions_model *model = vision->model;
    pool->workers[0].vision = *vision;
    *vision = (struct vision){.model = model};
    for (int i = 0; i < pool->task.threads; i++) {
        pool->workers[i].pool = pool;
        pool->workers[i].vision.model = model;
    }
    for (; pool->started < pool->task.threads; pool->started++) {
        struct worker *worker = &pool->workers[pool->started];
        int code = pthread_create(&worker->thread, NULL, recognize_pictures, worker);
        if (code && pool->started == 0)
            return error_set(error, "cannot start a thread: %s; close other programs",
                             strerror(code));
        if (code)
            break;
    }
    return 0;
}

int recognizer_pool_create(struct recognizer_pool **pool, const struct picture_task *task,
                           struct vision *vision, struct error *error)
{
    struct recognizer_pool *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the pictures");
    made->task = *task;
    made->slot_count = WAITING * task->threads;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->changed, NULL);
    made->slots = calloc((size_t)made->slot_count, sizeof *made->slots);
    made->workers = calloc((size_t)task->threads, sizeof *made->workers);
    int result = made->slots && made->workers ? start(made, vision, error)
                                              : error_no_memory(error, "the pictures");
    if (result)
        recognizer_pool_free(&made);
    else
        *pool = made;
    return result;
}

struct picture_result *recognizer_pool_next(struct recognizer_pool *pool)
{
    struct slot *slot = &pool->slots[pool->given % pool->slot_count];
    pthread_mutex_lock(&pool->mutex);
    if (pool->lent) {
        slot->done = false;
        pool->given++;
        pthread_cond_broadcast(&pool->changed);
        slot = &pool->slots[pool->given % pool->slot_count];
    }
    pool->lent = pool->given < pool->task.count;
    while (pool->lent && !slot->done)
        pthread_cond_wait(&pool->changed, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
    return pool->lent ? &slot->result : NULL;
}

void recognizer_pool_free(struct recognizer_pool **pool)
{
    struct recognizer_pool *ended = *pool;
    if (!ended)
        return;
    pthread_mutex_lock(&ended->mutex);
    ended->stopping = true;
    pthread_cond_broadcast(&ended->changed);
    pthread_mutex_unlock(&ended->mutex);
    for (int i = 0; i < ended->started; i++) {
        int code = pthread_join(ended->workers[i].thread, NULL);
        assert(code == 0);
        (void)code;
    }
    for (int i = 0; ended->workers && i < ended->task.threads; i++) {
        ended->workers[i].vision.model = NULL; /* the caller's */
        setup_end_vision(&ended->workers[i].vision);
    }
    for (int i = 0; ended->slots && i < ended->slot_count; i++)
        frame_free(&ended->slots[i].result.frame);
    pthread_cond_destroy(&ended->changed);
    pthread_mutex_destroy(&ended->mutex);
    free(ended->slots);
    free(ended->workers);
    free(ended);
    *pool = NULL;
}
