#include "run.h"

#include "explanation.h"
#include "file.h"
#include "input_list.h"
#include "interrupt.h"
#include "keys.h"
#include "library_error.h"
#include "log.h"
#include "ocv.h"
#include "picture_file.h"
#include "process.h"
#include "recognizer_pool.h"
#include "results.h"
#include "setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stills {
    const struct options *options;
    struct input_list list;
    struct vision vision;
    struct file_set files; /* that are read and written */
    struct results *results;
    struct results_of results_of; /* what they are of */
    struct view *view;            /* NULL when headless */
    struct error missing;         /* why there is none */
    struct interrupt *interrupt;
    struct picture_file piped;    /* standard input, until its turn has come */
    struct recognizer_pool *pool; /* recognizes them; NULL where there are none */
    int count;                    /* how many pictures of the list are wanted */
    bool failed;                  /* some picture could not be done */
    bool found;                   /* some picture has a face */
    bool abandoned;               /* the user has seen enough */
};

/* ---- Showing --------------------------------------------------------------------------------- */

/* The pool's recognizer has gone on to other pictures: one of our own looks again. */
static int explain(struct stills *stills, struct frame *frame, struct error *error)
{
    struct vision *vision = &stills->vision;
    struct expressions_picture picture = frame_grey(frame);
    struct expressions_error why;
    if (!view_wants_explanation(stills->view))
        return 0;
    if ((!vision->recognizer &&
         expressions_recognizer_open(&vision->recognizer, vision->model, &why)) ||
        expressions_recognize(vision->recognizer, &picture, frame->faces, frame->face_count, &why))
        return library_failed(error, &why);
    return explanation_show(vision, stills->view, frame, error);
}

/* Until a key is pressed that means nothing else, or the window is closed. */
static int wait_for_key(struct stills *stills, struct frame *frame, struct error *error)
{
    enum view_request request = VIEW_REDRAW;
    while (request != VIEW_NEXT && request != VIEW_QUIT) {
        if (request == VIEW_REDRAW &&
            (explain(stills, frame, error) || view_draw(stills->view, error)))
            return -1;
        request = view_next(stills->view, -1);
    }
    stills->abandoned = request == VIEW_QUIT;
    return 0;
}

static void set_title(struct stills *stills, int index)
{
    char title[512], named[128] = "";
    size_t used = 0;
    for (int i = 0; i < KEY_COUNT; i++) {
        if (keys[i].still && *keys[i].still && used < sizeof named)
            used += (size_t)snprintf(named + used, sizeof named - used, "%s: %s, ", keys[i].name,
                                     keys[i].still);
    }
    snprintf(title, sizeof title, "%s (%d of %d) - %sany other key: %s",
             file_base(stills->list.paths[index]), index + 1, stills->list.count, named,
             index + 1 < stills->list.count ? "next" : "end");
    view_set_title(stills->view, title);
}

static int show_still(struct stills *stills, int index, struct frame *frame, struct error *error)
{
    set_title(stills, index);
    view_set_picture(stills->view, &frame->picture, frame->faces, frame->face_count, 0);
    return wait_for_key(stills, frame, error);
}

/* ---- One after the other --------------------------------------------------------------------- */

/* A failure for this picture is reported and remembered; -1 means that none can follow. */
static int tell_still(struct stills *stills, int index, struct picture_result *result,
                      struct error *error)
{
    const char *path = stills->list.paths[index];
    if (result->note && !stills->options->quiet)
        log_line(program_name, "%s: %s", path, result->note);
    if (result->failed) {
        log_line(program_name, "%s", result->error.text);
        stills->failed = true;
        return 0;
    }
    stills->found = stills->found || result->frame.face_count > 0;
    if (results_add(stills->results, path, &result->frame, error))
        return -1;
    setup_report_missing(&stills->missing);
    return stills->view ? show_still(stills, index, &result->frame, error) : 0;
}

static int do_all(struct stills *stills, struct error *error)
{
    struct picture_result *result;
    for (int i = 0;
         stills->pool && !stills->abandoned && (result = recognizer_pool_next(stills->pool)); i++) {
        if (tell_still(stills, i, result, error))
            return -1;
        stills->abandoned = stills->abandoned || process_stopping();
    }
    if (results_close(&stills->results, &(struct results_end){.summarize = true}, error) ||
        stills->failed)
        return -1;
    return stills->found || stills->abandoned ? 0 : error_set_code(error, ERROR_NO_FACE, "%s", "");
}

static void ask_to_quit(void *context)
{
    struct stills *stills = context;
    if (stills->view)
        view_quit(stills->view);
}

/* Where the display goes away, the process ends inside Xlib: results found so far are written
 * first. */
static void end_without_display(void *context)
{
    struct stills *stills = context;
    struct error error = {.text = ""};
    results_close(&stills->results, &(struct results_end){.summarize = true}, &error);
    setup_end_without_display(&error);
}

static int add_inputs(struct stills *stills, struct error *error)
{
    for (int i = 0; i < stills->list.count; i++) {
        const char *path = stills->list.paths[i];
        if (file_set_add(&stills->files, setup_input(path), error))
            return -1;
    }
    return setup_files(stills->options, &stills->files, error);
}

/* Before signals are watched for, as it may wait. A failure is reported when its turn comes. */
static void take_piped(struct stills *stills)
{
    struct error ignored;
    for (int i = 0; i < stills->list.count; i++) {
        if (strcmp(stills->list.paths[i], "-") == 0)
            picture_load("-", &stills->piped, &ignored);
    }
}

/* Not more than there are pictures. */
static int count_threads(struct stills *stills)
{
    const struct options *options = stills->options;
    stills->count = stills->list.count;
    if (options->max_frames && options->max_frames < stills->count)
        stills->count = options->max_frames;
    return setup_threads(options, stills->count);
}

static int start(struct stills *stills, struct error *error)
{
    const struct options *options = stills->options;
    stills->list.kind = &picture_files;
    stills->failed = setup_list(options, &stills->list) != 0;
    if (add_inputs(stills, error))
        return -1;
    take_piped(stills);
    int threads = count_threads(stills);
    int callers = threads + (options->headless ? 0 : 1); /* a window explains */
    setup_blas(callers > 0 ? callers : 1);
    stills->results_of = (struct results_of){.options = &options->results,
                                             .pictures = &stills->list,
                                             .program = program_name,
                                             .drawing = &options->drawing,
                                             .files = &stills->files,
                                             .quiet = options->quiet};
    if (setup_vision(options, &stills->vision, error) ||
        results_open(&stills->results, &stills->results_of, error))
        return -1;
    setup_report_skipped(options, &stills->list);
    if (stills->list.count > 0)
        setup_view(options, program_name, false, &stills->view, &stills->missing);
    if (stills->view)
        view_on_loss(end_without_display, stills);
    if (interrupt_watch(&stills->interrupt, ask_to_quit, stills, error))
        return -1;
    struct picture_task task = {options, &stills->list, &stills->piped, stills->count, threads};
    return stills->count > 0 ? recognizer_pool_create(&stills->pool, &task, &stills->vision, error)
                             : 0;
}

int run_stills(const struct options *options, struct error *error)
{
    ocv_setup(1); /* two cascades search at the same time, each in a thread of its own */
    struct stills *stills = calloc(1, sizeof *stills);
    if (!stills)
        return error_no_memory(error, "the pictures");
    stills->options = options;
    int result = start(stills, error) || do_all(stills, error) ? -1 : 0;
    recognizer_pool_free(&stills->pool);
    interrupt_free(&stills->interrupt);
    view_close(&stills->view);
    results_close(&stills->results, &(struct results_end){0}, NULL);
    setup_end_vision(&stills->vision);
    input_list_free(&stills->list);
    file_set_free(&stills->files);
    free(stills->piped.bytes);
    free(stills);
    return result;
}
