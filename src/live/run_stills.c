#include "run.h"

#include "explanation.h"
#include "interrupt.h"
#include "library_error.h"
#include "log.h"
#include "picture.h"
#include "picture_list.h"
#include "resources.h"
#include "results.h"
#include "setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct stills {
    const struct options *options;
    struct picture_list list;
    struct vision vision;
    struct file_set files; /* that are read and written */
    struct results *results;
    struct results_of results_of; /* what they are of */
    struct view *view;            /* NULL when headless */
    struct interrupt *interrupt;
    struct frame frame;
    struct picture_file piped; /* standard input, until its turn has come */
    bool failed;               /* some picture could not be done */
    bool found;                /* some picture has a face */
    bool abandoned;            /* the user has seen enough */
};

/* Reports what is wrong with one picture and goes on with the next. */
static void complain(struct stills *stills, const struct error *error)
{
    log_line(program_name, "%s", error->text);
    stills->failed = true;
}

/* ---- Showing --------------------------------------------------------------------------------- */

/* Until a key is pressed that means nothing else, or the window is closed. */
static int wait_for_key(struct stills *stills, struct error *error)
{
    enum view_request request = VIEW_REDRAW;
    while (request != VIEW_NEXT && request != VIEW_QUIT) {
        if (request == VIEW_REDRAW &&
            (explanation_show(&stills->vision, stills->view, &stills->frame, error) ||
             view_draw(stills->view, error)))
            return -1;
        request = view_next(stills->view, -1);
    }
    stills->abandoned = request == VIEW_QUIT;
    return 0;
}

static int show(struct stills *stills, int index, struct error *error)
{
    char title[512];
    snprintf(title, sizeof title, "%s (%d of %d) - e: explain, any other key: %s",
             picture_list_base(stills->list.paths[index]), index + 1, stills->list.count,
             index + 1 < stills->list.count ? "next" : "end");
    view_set_title(stills->view, title);
    view_set_picture(stills->view, &stills->frame.picture, stills->frame.faces,
                     stills->frame.face_count, 0);
    return wait_for_key(stills, error);
}

/* ---- One after the other --------------------------------------------------------------------- */

static int look(struct stills *stills, struct error *error)
{
    struct frame *frame = &stills->frame;
    struct expressions_picture picture = frame_picture(frame);
    struct expressions_error why;
    if (expressions_detect(stills->vision.detector, &picture, frame->faces, EXPRESSIONS_MAX_FACES,
                           &frame->face_count, &why) ||
        expressions_recognize(stills->vision.recognizer, &picture, frame->faces, frame->face_count,
                              &why))
        return library_failed(error, &why);
    return 0;
}

/* What fails for this picture is told and remembered; -1 means that none can follow. */
static int do_picture(struct stills *stills, int index, struct error *error)
{
    const char *path = stills->list.paths[index];
    struct error problem;
    const char *note = NULL;
    bool piped = stills->piped.bytes && strcmp(path, "-") == 0;
    if (piped ? picture_decode(&stills->piped, &stills->frame, &note, &problem)
              : picture_read(path, &stills->frame, &note, &problem)) {
        complain(stills, &problem);
        return 0;
    }
    if (note && !stills->options->quiet)
        log_line(program_name, "%s: %s", path, note);
    if (look(stills, &problem)) {
        struct error named;
        error_set(&named, "%.400s: %.600s", path, problem.text);
        complain(stills, &named);
        return 0;
    }
    stills->found = stills->found || stills->frame.face_count > 0;
    if (results_add(stills->results, path, &stills->frame, error))
        return -1;
    return stills->view ? show(stills, index, error) : 0;
}

static enum exit_status do_all(struct stills *stills, struct error *error)
{
    int count = stills->list.count;
    if (stills->options->max_frames && stills->options->max_frames < count)
        count = (int)stills->options->max_frames;
    for (int i = 0; i < count && !stills->abandoned; i++) {
        if (do_picture(stills, i, error))
            return STATUS_FAILED;
        stills->abandoned = stills->abandoned || interrupt_came(stills->interrupt);
    }
    if (results_close(&stills->results, &(struct results_end){.told = true}, error) ||
        stills->failed)
        return STATUS_FAILED;
    return stills->found || stills->abandoned ? STATUS_DONE : STATUS_NO_FACE;
}

static void ask_to_quit(void *context)
{
    struct stills *stills = context;
    if (stills->view)
        view_quit(stills->view);
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

/* Before signals are watched for, as it may wait. A failure is told in its turn. */
static void take_piped(struct stills *stills)
{
    struct error ignored;
    for (int i = 0; i < stills->list.count; i++) {
        if (strcmp(stills->list.paths[i], "-") == 0)
            picture_load("-", &stills->piped, &ignored);
    }
}

static enum exit_status open_results(struct stills *stills, struct error *error)
{
    const struct options *options = stills->options;
    stills->results_of = (struct results_of){.wishes = &options->results,
                                             .pictures = &stills->list,
                                             .program = program_name,
                                             .font_path = resource_font(),
                                             .files = &stills->files,
                                             .quiet = options->quiet};
    if (results_open(&stills->results, &stills->results_of, error) == 0)
        return STATUS_DONE;
    return error->code == ERROR_USAGE ? STATUS_USAGE : STATUS_FAILED;
}

static enum exit_status start(struct stills *stills, struct error *error)
{
    const struct options *options = stills->options;
    for (int i = 0; i < options->image_count; i++) {
        struct error problem;
        if (picture_list_add(&stills->list, options->images[i], &problem))
            complain(stills, &problem);
    }
    if (add_inputs(stills, error))
        return STATUS_FAILED;
    take_piped(stills);
    enum exit_status status = setup_vision(options, &stills->vision, error);
    if (status == STATUS_DONE)
        status = open_results(stills, error);
    if (status == STATUS_DONE && stills->list.skipped > 0 && !options->quiet)
        log_line(program_name, "passed over in folders, no pictures by their names: %s (%d)",
                 stills->list.skipped_names, stills->list.skipped);
    if (status == STATUS_DONE && stills->list.count > 0)
        setup_view(options, program_name, false, &stills->view);
    if (status == STATUS_DONE && interrupt_watch(&stills->interrupt, ask_to_quit, stills, error))
        status = STATUS_FAILED;
    return status;
}

enum exit_status run_stills(const struct options *options, struct error *error)
{
    struct stills *stills = calloc(1, sizeof *stills);
    if (!stills) {
        error_no_memory(error, "the pictures");
        return STATUS_FAILED;
    }
    stills->options = options;
    enum exit_status status = start(stills, error);
    if (status == STATUS_DONE)
        status = do_all(stills, error);
    interrupt_free(&stills->interrupt);
    view_close(&stills->view);
    results_close(&stills->results, &(struct results_end){0}, NULL);
    setup_end_vision(&stills->vision);
    picture_list_free(&stills->list);
    file_set_free(&stills->files);
    frame_free(&stills->frame);
    free(stills->piped.bytes);
    free(stills);
    return status;
}
