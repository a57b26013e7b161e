#include "crew.h"

#include "library_error.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { WAITING = 2 }; /* places for each thread: one worked on, one that waits for its turn */

struct place {
    struct looked looked;
    bool done;
};

struct member {
    struct crew *crew;
    pthread_t thread;
    struct vision vision; /* its own, but for the model */
};

struct crew {
    struct crew_task task;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int taken;     /* pictures that were begun */
    int given;     /* that were handed over, and came back */
    bool lent;     /* one is with the caller */
    bool stopping; /* no more are begun */
    int place_count;
    struct place *places; /* of picture i: i % place_count */
    int started;          /* threads */
    struct member *members;
};

/* ---- The threads ----------------------------------------------------------------------------- */

static int look_at(struct member *member, const char *path, struct looked *looked)
{
    struct picture_file *piped = member->crew->task.piped;
    bool is_piped = piped->bytes && strcmp(path, "-") == 0;
    struct frame *frame = &looked->frame;
    looked->note = NULL;
    if (is_piped ? picture_decode(piped, frame, &looked->note, &looked->error)
                 : picture_read(path, frame, &looked->note, &looked->error))
        return -1;
    struct expressions_picture picture = frame_picture(frame);
    struct expressions_error why;
    if (expressions_detect(member->vision.detector, &picture, frame->faces, EXPRESSIONS_MAX_FACES,
                           &frame->face_count, &why) == EXPRESSIONS_OK &&
        expressions_recognize(member->vision.recognizer, &picture, frame->faces, frame->face_count,
                              &why) == EXPRESSIONS_OK)
        return 0;
    struct error reason;
    library_failed(&reason, &why);
    return error_set(&looked->error, "%.400s: %.600s", path, reason.text);
}

/* The number of a picture that nobody has begun, once there is a place for it; -1: none. */
static int claim(struct crew *crew)
{
    pthread_mutex_lock(&crew->mutex);
    while (!crew->stopping && crew->taken < crew->task.count &&
           crew->taken - crew->given >= crew->place_count)
        pthread_cond_wait(&crew->changed, &crew->mutex);
    int index = crew->stopping || crew->taken == crew->task.count ? -1 : crew->taken++;
    pthread_mutex_unlock(&crew->mutex);
    return index;
}

static void *work(void *argument)
{
    struct member *member = argument;
    struct crew *crew = member->crew;
    struct error ignored; /* the others do its share; the first has what the caller opened */
    if (!member->vision.recognizer && setup_another(crew->task.options, &member->vision, &ignored))
        return NULL;
    for (int index = claim(crew); index >= 0; index = claim(crew)) {
        struct place *place = &crew->places[index % crew->place_count];
        place->looked.failed = look_at(member, crew->task.list->paths[index], &place->looked) < 0;
        pthread_mutex_lock(&crew->mutex);
        place->done = true;
        pthread_cond_broadcast(&crew->changed);
        pthread_mutex_unlock(&crew->mutex);
    }
    return NULL;
}

/* ---- The caller ------------------------------------------------------------------------------ */

static int start(struct crew *crew, struct vision *vision, struct error *error)
{
    struct expressions_model *model = vision->model;
    crew->members[0].vision = *vision;
    *vision = (struct vision){.model = model};
    for (int i = 0; i < crew->task.threads; i++) {
        crew->members[i].crew = crew;
        crew->members[i].vision.model = model;
    }
    for (; crew->started < crew->task.threads; crew->started++) {
        struct member *member = &crew->members[crew->started];
        int code = pthread_create(&member->thread, NULL, work, member);
        if (code && crew->started == 0)
            return error_set(error, "cannot start a thread: %s; close other programs",
                             strerror(code));
        if (code)
            break;
    }
    return 0;
}

int crew_create(struct crew **crew, const struct crew_task *task, struct vision *vision,
                struct error *error)
{
    struct crew *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the pictures");
    made->task = *task;
    made->place_count = WAITING * task->threads;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->changed, NULL);
    made->places = calloc((size_t)made->place_count, sizeof *made->places);
    made->members = calloc((size_t)task->threads, sizeof *made->members);
    int result = made->places && made->members ? start(made, vision, error)
                                               : error_no_memory(error, "the pictures");
    if (result)
        crew_free(&made);
    else
        *crew = made;
    return result;
}

struct looked *crew_next(struct crew *crew)
{
    struct place *place = &crew->places[crew->given % crew->place_count];
    pthread_mutex_lock(&crew->mutex);
    if (crew->lent) {
        place->done = false;
        crew->given++;
        pthread_cond_broadcast(&crew->changed);
        place = &crew->places[crew->given % crew->place_count];
    }
    crew->lent = crew->given < crew->task.count;
    while (crew->lent && !place->done)
        pthread_cond_wait(&crew->changed, &crew->mutex);
    pthread_mutex_unlock(&crew->mutex);
    return crew->lent ? &place->looked : NULL;
}

void crew_free(struct crew **crew)
{
    struct crew *ended = *crew;
    if (!ended)
        return;
    pthread_mutex_lock(&ended->mutex);
    ended->stopping = true;
    pthread_cond_broadcast(&ended->changed);
    pthread_mutex_unlock(&ended->mutex);
    for (int i = 0; i < ended->started; i++) {
        int code = pthread_join(ended->members[i].thread, NULL);
        assert(code == 0);
        (void)code;
    }
    for (int i = 0; ended->members && i < ended->task.threads; i++) {
        ended->members[i].vision.model = NULL; /* the caller's */
        setup_end_vision(&ended->members[i].vision);
    }
    for (int i = 0; ended->places && i < ended->place_count; i++)
        frame_free(&ended->places[i].looked.frame);
    pthread_cond_destroy(&ended->changed);
    pthread_mutex_destroy(&ended->mutex);
    free(ended->places);
    free(ended->members);
    free(ended);
    *crew = NULL;
}
