#include "run.h"

#include "beside.h"
#include "copy_names.h"
#include "log.h"
#include "ocv.h"
#include "picture_file.h"
#include "process.h"
#include "session_run.h"
#include "spool.h"
#include "text.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many finished films may wait for those before them, where as many files may be open. */
enum { WAITING = 64 };

struct films;

/* Who works on one film at a time. */
struct worker {
    struct films *films;
    struct beside thread;
    struct vision vision; /* its own, but for the model */
    struct pipeline *pipeline;
    struct session *session;                           /* while it works on a film */
    char copy[COPY_PATH_SIZE], report[COPY_PATH_SIZE]; /* of its film */
};

/* Workers look at the films, each as a run of its own whose answers are spooled; one thread, the
 * writer, outputs the results in list order. The main thread is the only worker where there is a
 * window, otherwise the writer. */
struct films {
    const struct options *options;
    struct input_list list;
    struct file_set files; /* that are read and written */
    struct copy_names copies, reports;
    struct results *tables; /* of all films, such as JSON and CSV */
    struct results_options table_options;
    struct results_of tables_of;
    struct source any; /* all zeros: what tables and lines for people are of */
    struct interrupt *interrupt;
    struct view *view;    /* NULL when headless */
    struct error missing; /* why there is none */
    int worker_count, waiting;
    struct worker *workers;
    struct beside writer; /* where there is a window */
    bool writing;         /* the same */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* what follows, which the mutex guards: */
    int begun, written;     /* films */
    struct spool **spools;  /* of each film that was begun and not yet written */
    bool stopping;          /* no more are begun */
    struct error failure;   /* of what is common to all; empty: none */
    struct frame frame;     /* these two are the writer's: the answers to be written, and */
    bool failed;            /* whether some film could not be done */
};

/* ---- Ending ---------------------------------------------------------------------------------- */

static void stop_films(struct films *films, const struct error *failure)
{
    pthread_mutex_lock(&films->mutex);
    films->stopping = true;
    if (failure && !*films->failure.text && !films->failure.code)
        films->failure = *failure;
    pthread_cond_broadcast(&films->changed);
    pthread_mutex_unlock(&films->mutex);
    for (int i = 0; i < films->worker_count; i++)
        pipeline_end(films->workers[i].pipeline);
}

static void stop_early(void *context)
{
    struct films *films = context;
    stop_films(films, NULL);
    if (films->view)
        view_quit(films->view);
}

/* ---- Working --------------------------------------------------------------------------------- */

/* The next film that nobody has begun, with its spool; -1: none. */
static int claim_film(struct films *films)
{
    struct error failure;
    pthread_mutex_lock(&films->mutex);
    while (!films->stopping && films->begun < films->list.count &&
           films->begun - films->written >= films->worker_count + films->waiting)
        pthread_cond_wait(&films->changed, &films->mutex);
    int index = films->stopping || films->begun == films->list.count ? -1 : films->begun;
    bool failed = index >= 0 && spool_create(&films->spools[index], &failure);
    if (index >= 0 && !failed)
        films->begun++;
    pthread_cond_broadcast(&films->changed);
    pthread_mutex_unlock(&films->mutex);
    if (failed)
        stop_films(films, &failure);
    return failed ? -1 : index;
}

static int look_at(struct worker *worker, const struct options *options, struct error *error)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session)
        return error_no_memory(error, "the frames");
    worker->session = session;
    session->options = options;
    session->shared = true;
    session->vision = worker->vision;
    session->pipeline = worker->pipeline;
    session->view = worker->films->view;
    int result = session_run(session, error);
    if (session->quit)
        stop_films(worker->films, NULL);
    session_free(&worker->session);
    return result;
}

static void do_film(struct worker *worker, int index)
{
    struct films *films = worker->films;
    struct options options = *films->options;
    const char *path = films->list.paths[index];
    struct error error = {.text = ""};
    options.source = path;
    options.results = (struct results_options){.spool = films->spools[index]};
    int result = 0;
    if (films->copies.output) {
        result = copy_path(&films->copies, path, worker->copy, &error);
        options.results.output = worker->copy;
    }
    if (films->reports.output && result == 0) {
        result = copy_path(&films->reports, path, worker->report, &error);
        options.results.report = worker->report;
    }
    if (result == 0)
        result = look_at(worker, &options, &error);
    spool_end(films->spools[index], result ? &error : NULL);
}

static void do_films(void *context)
{
    struct worker *worker = context;
    struct films *films = worker->films;
    if (worker != films->workers) { /* others do the share of one that fails */
        worker->vision.model = films->workers->vision.model;
        if (!setup_another(films->options, &worker->vision))
            return;
    }
    for (int index = claim_film(films); index >= 0; index = claim_film(films))
        do_film(worker, index);
}

/* ---- Telling --------------------------------------------------------------------------------- */

/* The film's spool once the film has begun; NULL where it never will. */
static struct spool *await(struct films *films, int index)
{
    pthread_mutex_lock(&films->mutex);
    while (!films->stopping && films->begun <= index)
        pthread_cond_wait(&films->changed, &films->mutex);
    struct spool *spool = films->begun > index ? films->spools[index] : NULL;
    pthread_mutex_unlock(&films->mutex);
    return spool;
}

static int write_frames(struct films *films, struct spool *spool, const char *path,
                        struct results *words, struct error *error)
{
    struct frame *frame = &films->frame;
    bool titled = !films->options->results.words || (films->view && films->options->quiet);
    while (spool_next(spool, frame)) {
        if (!titled) {
            if (text_print(stdout, path))
                return error_no_memory(error, path);
            fputs(":\n", stdout);
            titled = true;
        }
        if (results_add(films->tables, path, frame, error) ||
            results_add(words, path, frame, error))
            return -1;
        setup_report_missing(&films->missing);
    }
    return 0;
}

static int write_film(struct films *films, struct spool *spool, const char *path,
                      struct error *error)
{
    const struct results_options lines = {.words = films->options->results.words};
    struct file_set unread = {0}; /* standard output was checked once */
    struct progress_bar none = {0};
    const struct results_of of = {.options = &lines,
                                  .source = &films->any,
                                  .program = program_name,
                                  .progress = &none,
                                  .files = &unread,
                                  .window = films->view != NULL,
                                  .film = true,
                                  .quiet = films->options->quiet};
    struct results *words = NULL;
    int result = results_open(&words, &of, error) || write_frames(films, spool, path, words, error);
    const struct spool_outcome *outcome = spool_outcome(spool);
    if (result)
        results_close(&words, &(struct results_end){0}, NULL);
    else
        result = results_close(&words, &outcome->end, error);
    file_set_free(&unread);
    if (result)
        return -1;
    if (outcome->failed) {
        log_line(program_name, "%s", outcome->error.text);
        films->failed = true;
    }
    return 0;
}

/* A film that fails is reported, and the next one follows; where writing fails, all ends. */
static void write_films(void *context)
{
    struct films *films = context;
    struct error error = {.text = ""};
    interrupt_set_writer(films->interrupt, true);
    struct spool *spool;
    for (int i = 0; i < films->list.count && (spool = await(films, i)); i++) {
        if (write_film(films, spool, films->list.paths[i], &error)) {
            stop_films(films, &error);
            break;
        }
        pthread_mutex_lock(&films->mutex);
        spool_free(&films->spools[i]);
        films->written++;
        pthread_cond_broadcast(&films->changed);
        pthread_mutex_unlock(&films->mutex);
    }
    interrupt_set_writer(films->interrupt, false);
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

static int check_results(const struct results_options *results, struct error *error)
{
    const char *live = results_live(results);
    if (live)
        return error_set_code(error, ERROR_USAGE, "%s takes one video; name no other", live);
    if (results->output && strcmp(results->output, "-") == 0)
        return error_set_code(error, ERROR_USAGE,
                              "--output - takes one video; name a folder for the copies");
    return 0;
}

static int claim_outputs(struct films *films, struct error *error)
{
    const struct results_options *wanted = &films->options->results;
    films->copies = (struct copy_names){wanted->output, true, recorder_can_write, ".mp4"};
    films->reports = (struct copy_names){wanted->report, true, NULL, NULL};
    films->table_options = *wanted; /* without what each film has of its own */
    films->table_options.words = false;
    films->table_options.output = films->table_options.report = NULL;
    films->tables_of = (struct results_of){.options = &films->table_options,
                                           .source = &films->any,
                                           .program = program_name,
                                           .files = &films->files};
    for (int i = 0; i < films->list.count; i++) {
        if (file_set_add(&films->files, setup_input(films->list.paths[i]), error))
            return -1;
    }
    if (setup_files(films->options, &films->files, error) ||
        (wanted->words && file_set_check_output(&films->files, "/dev/stdout", error)) ||
        (wanted->output && copy_names_claim(&films->copies, &films->list, &films->files, error)) ||
        (wanted->report && copy_names_claim(&films->reports, &films->list, &films->files, error)))
        return -1;
    return results_open(&films->tables, &films->tables_of, error);
}

/* The first worker takes over what was opened; the others open their own. */
static int make_workers(struct films *films, struct error *error)
{
    int count = films->view ? 1 : setup_threads(films->options, films->list.count);
    films->waiting = process_spare_files(SETUP_FILES * count + WAITING) - SETUP_FILES * count;
    films->waiting = films->waiting > 0 ? films->waiting : 0;
    films->spools = calloc((size_t)films->list.count, sizeof *films->spools);
    films->workers = calloc((size_t)count, sizeof *films->workers);
    if (!films->spools || !films->workers)
        return error_no_memory(error, "the videos");
    for (; films->worker_count < count; films->worker_count++) {
        struct worker *worker = &films->workers[films->worker_count];
        worker->films = films;
        if (pipeline_create(&worker->pipeline, error))
            return -1;
    }
    return setup_vision(films->options, &films->workers->vision, error);
}

static int start(struct films *films, struct error *error)
{
    const struct options *options = films->options;
    if (check_results(&options->results, error))
        return -1;
    films->list.kind = &video_files;
    films->failed = setup_list(options, &films->list) != 0;
    int threads = setup_threads(options, films->list.count);
    setup_blas(threads > 0 ? threads : 1);
    ocv_setup(threads > 1 ? 1 : 2); /* films at once use all cores */
    if (films->list.count > 0) {
        setup_view(options, program_name, true, &films->view, &films->missing);
        if (claim_outputs(films, error) || make_workers(films, error) ||
            interrupt_watch(&films->interrupt, stop_early, films, error))
            return -1;
    }
    setup_report_skipped(options, &films->list);
    return films->list.count > 0 ? 0 : error_set(error, "%s", "");
}

/* Worker and writer wait for each other: where one cannot be started, nothing is begun. */
static void expect_thread(struct films *films, const struct beside *thread)
{
    struct error error;
    if (thread->has_thread)
        return;
    error_set(&error, "cannot start a thread; close other programs");
    stop_films(films, &error);
}

static void end_writing(struct films *films)
{
    if (films->writing)
        beside_end(&films->writer);
    films->writing = false;
}

static void do_all(struct films *films)
{
    if (films->view) {
        beside_begin(&films->writer, write_films, films);
        films->writing = true;
        expect_thread(films, &films->writer);
        do_films(&films->workers[0]);
        end_writing(films);
        return;
    }
    for (int i = 0; i < films->worker_count; i++)
        beside_begin(&films->workers[i].thread, do_films, &films->workers[i]);
    expect_thread(films, &films->workers[0].thread);
    write_films(films);
    for (int i = 0; i < films->worker_count; i++)
        beside_end(&films->workers[i].thread);
}

static int conclude(struct films *films, struct error *error)
{
    bool failed = *films->failure.text || films->failure.code;
    if (failed)
        *error = films->failure;
    return results_close(&films->tables, &(struct results_end){.summarize = !failed},
                         failed ? NULL : error) ||
                   failed || films->failed
               ? -1
               : 0;
}

/* Where the display goes away, the process ends inside Xlib: results found so far are written
 * first. */
static void end_without_display(void *context)
{
    struct films *films = context;
    struct session *session = films->workers[0].session;
    struct error error = {.text = ""}, ignored;
    if (session) {
        session_end_results(session, &(struct results_end){.summarize = true}, &error);
        spool_end(session->options->results.spool, NULL);
    }
    stop_films(films, NULL);
    end_writing(films);
    conclude(films, *error.text ? &ignored : &error);
    setup_end_without_display(&error);
}

static void films_free(struct films *films)
{
    interrupt_free(&films->interrupt);
    view_close(&films->view);
    results_close(&films->tables, &(struct results_end){0}, NULL);
    for (int i = films->worker_count - 1; i >= 0; i--) {
        pipeline_free(&films->workers[i].pipeline);
        if (i > 0)
            films->workers[i].vision.model = NULL; /* the first one's */
        setup_end_vision(&films->workers[i].vision);
    }
    for (int i = 0; films->spools && i < films->list.count; i++)
        spool_free(&films->spools[i]);
    free(films->spools);
    free(films->workers);
    input_list_free(&films->list);
    file_set_free(&films->files);
    pthread_cond_destroy(&films->changed);
    pthread_mutex_destroy(&films->mutex);
    free(films);
}

int run_films(const struct options *options, struct error *error)
{
    struct films *films = calloc(1, sizeof *films);
    if (!films)
        return error_no_memory(error, "the videos");
    films->options = options;
    pthread_mutex_init(&films->mutex, NULL);
    pthread_cond_init(&films->changed, NULL);
    int result = start(films, error);
    if (result == 0) {
        if (films->view)
            view_on_loss(end_without_display, films);
        do_all(films);
        result = conclude(films, error);
    }
    films_free(films);
    return result;
}
