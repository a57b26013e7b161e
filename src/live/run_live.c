#include "run.h"

#include "cameras.h"
#include "choosing.h"
#include "demo.h"
#include "live_loop.h"
#include "log.h"
#include "monotonic.h"
#include "process.h"
#include "resources.h"
#include "setup.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Sources --------------------------------------------------------------------------------- */

/* One line: what is wrong, the cameras that do exist, and what works without one. */
static void explain_camera(const char *id, struct error *error)
{
    struct camera *cameras;
    int count = cameras_find(&cameras);
    char list[600] = "none";
    size_t used = 0;
    for (int i = 0; i < count && used + 110 < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s (%s)", i ? ", " : "",
                                 cameras[i].path, cameras[i].name);
    free(cameras);
    struct error reason = *error, name;
    if (strcmp(id, "-") == 0) {
        error_set(error, "camera -: %.500s", reason.text);
        return;
    }
    error_set(&name, "%s", id);
    text_hide_passwords(name.text); /* before half of one is cut off */
    error_set(error, "camera %.100s: %.200s; cameras here: %s; try ./expressions --demo", name.text,
              reason.text, list);
}

static enum exit_status open_camera(struct session *session, struct error *error)
{
    const struct options *options = session->options;
    const char *id = options->source;
    if (source_open_camera(&session->source, id, &options->camera, NULL, error) == 0)
        return STATUS_DONE;
    if (error->code == ERROR_NO_MEMORY)
        return STATUS_FAILED;
    struct error reason = *error;
    explain_camera(id, error);
    /* Where somebody sits before the window and waits for nothing else, it asks. */
    if (!session->view || results_wanted(&session->results_of) || options->max_frames > 0 ||
        options->exit_on_loss || strcmp(id, "-") == 0 || process_is_piped())
        return STATUS_NO_CAMERA;
    log_line(program_name, "%s", error->text);
    error->text[0] = '\0';
    char text[sizeof reason.text];
    snprintf(text, sizeof text, "camera %.300s: %.600s", id, reason.text);
    text_hide_passwords(text);
    choosing_welcome(session, "no camera", text);
    return STATUS_DONE;
}

static enum exit_status open_source(struct session *session, struct error *error)
{
    const struct options *options = session->options;
    switch (options->input) {
    case INPUT_CAMERA:
        return open_camera(session, error);
    case INPUT_VIDEO:
        if (source_open_video(&session->source, options->source, NULL, error)) {
            error_of(error, options->source);
            return STATUS_FAILED;
        }
        return STATUS_DONE;
    default:
        return source_open_demo(&session->source, error) ? STATUS_FAILED : STATUS_DONE;
    }
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

static void stop_early(void *context)
{
    struct session *session = context;
    pipeline_end(session->pipeline);
    if (session->view)
        view_quit(session->view);
}

static enum exit_status open_results(struct session *session, struct error *error)
{
    if (results_open(&session->results, &session->results_of, error) == 0)
        return STATUS_DONE;
    return error->code == ERROR_USAGE ? STATUS_USAGE : STATUS_FAILED;
}

static enum exit_status start(struct session *session, struct error *error)
{
    const struct options *options = session->options;
    enum exit_status status =
        setup_files(options, &session->files, error) ? STATUS_FAILED : STATUS_DONE;
    if (status == STATUS_DONE)
        status = setup_vision(options, &session->vision, error);
    if (status == STATUS_DONE)
        status = session_start_smoother(session, error) ? STATUS_FAILED : STATUS_DONE;
    /* What a camera or a stream gives while a window is being opened would come too late. */
    if (status == STATUS_DONE)
        setup_view(options, "Expressions", true, &session->view);
    session->results_of = (struct results_of){.options = &options->results,
                                              .source = &session->source,
                                              .program = program_name,
                                              .font_path = resource_font(),
                                              .progress = &session->progress,
                                              .files = &session->files,
                                              .window = session->view != NULL,
                                              .film = options->input == INPUT_VIDEO,
                                              .quiet = options->quiet};
    if (status == STATUS_DONE)
        status = open_source(session, error);
    /* Results may tell where they are to be had: from then on Ctrl-C ends in order. */
    if (status == STATUS_DONE && (pipeline_create(&session->pipeline, error) ||
                                  interrupt_watch(&session->interrupt, stop_early, session, error)))
        status = STATUS_FAILED;
    if (status == STATUS_DONE)
        status = open_results(session, error);
    if (status != STATUS_DONE)
        return status;

    session->limit = options->max_frames;
    session->progress.frames = session->source.frames;
    if (session->limit > 0 && session->limit < session->progress.frames)
        session->progress.frames = session->limit;
    if (session->limit == 0 && options->input == INPUT_DEMO && !session->view)
        session->limit = DEMO_CYCLE;
    bool failed = session->source.read && session_start_pipeline(session, error);
    return failed ? STATUS_FAILED : STATUS_DONE;
}

/* Why the frames have ended, as a status. */
static enum exit_status conclude(struct session *session, enum source_status end,
                                 struct error *error)
{
    bool by_itself = end == SOURCE_END && !interrupt_came(session->interrupt);
    if (!session->source.read) /* the window says why not, and it was reported */
        return session->chosen || !by_itself ? STATUS_DONE : STATUS_NO_CAMERA;
    if (end == SOURCE_FAILED)
        return STATUS_FAILED;
    if (by_itself && session->input == INPUT_CAMERA && strcmp(session->source.name, "-") == 0) {
        error_set(error, "camera %s: no more pictures come from standard input",
                  session->source.name);
        return STATUS_CAMERA_LOST;
    }
    if (by_itself && session->input == INPUT_CAMERA) {
        error_set(error, "camera %s: stopped delivering frames; plug it in again and restart",
                  session->source.name);
        return STATUS_CAMERA_LOST;
    }
    if (by_itself && session->done == 0) {
        error_set(error, "%s: contains no video frames; try another file", session->source.name);
        return STATUS_FAILED;
    }
    return STATUS_DONE;
}

static void log_details(const struct session *session, double seconds, long dropped)
{
    const struct statistics *statistics = &session->statistics;
    log_line(program_name, "%ld frames in %.2f s, %ld dropped, %.0f MB resident", session->done,
             seconds, dropped, statistics_resident_megabytes());
    for (int i = 0; i < STAGE_COUNT; i++) {
        if (statistics->count[i] > 0)
            log_line(program_name, "%s: median %.2f ms, 95th percentile %.2f ms", stage_names[i],
                     statistics_quantile(statistics, (enum stage)i, 0.5),
                     statistics_quantile(statistics, (enum stage)i, 0.95));
    }
}

/* Ends what the results and the key `r` write. Outputs of a run that failed are ended, too. */
static int end_results(struct session *session, const struct results_end *end, struct error *error)
{
    struct error failure;
    int failed = recorder_close(&session->take, false, &failure);
    if (failed && error)
        *error = failure;
    return results_close(&session->results, end, failed ? NULL : error) || failed ? -1 : 0;
}

/* Where the display goes away, the process ends inside Xlib: what it has made is ended first. */
static void end_without_display(void *context)
{
    struct session *session = context;
    struct error error;
    if (end_results(session, &(struct results_end){.summarize = true}, &error) == 0)
        error_set(&error,
                  "the display has gone away; everything recorded until then has been saved");
    log_line(program_name, "%s", error.text);
    fflush(stdout);
    _Exit(STATUS_FAILED);
}

static void tell_damage(const struct session *session, bool cut)
{
    const struct source *source = &session->source;
    long lost = source->lost, flawed = source->flawed;
    if (source->live || session->options->quiet)
        return;
    if (lost > 0)
        log_line(program_name, "%s: %ld frame%s could not be decoded and %s left out", source->name,
                 lost, lost == 1 ? "" : "s", lost == 1 ? "is" : "are");
    if (flawed > 0)
        log_line(program_name, "%s: %ld frame%s damaged; what could be decoded of %s is used",
                 source->name, flawed, flawed == 1 ? " is" : "s are", flawed == 1 ? "it" : "them");
    if (source->damaged && !cut)
        log_line(program_name, "%s: a part of the file is damaged; frames may be missing there",
                 source->name);
}

static enum exit_status run(struct session *session, struct error *error)
{
    double begin = monotonic_now();
    if (session->view)
        view_on_loss(end_without_display, session);
    int result = live_loop(session, error);
    double seconds = monotonic_now() - begin;
    struct error failure;
    enum source_status source_end = pipeline_join(session->pipeline, &failure);
    if (result)
        return STATUS_FAILED;
    if (source_end == SOURCE_FAILED)
        *error = failure;

    enum exit_status status = conclude(session, source_end, error);
    long dropped = pipeline_dropped(session->pipeline);
    /* A film that ends too early has summaries, too, of what could be read. */
    struct results_end end = {.whole = source_end != SOURCE_FRAME,
                              .summarize = status == STATUS_DONE ||
                                           (source_end == SOURCE_FAILED && session->done > 0),
                              .seconds = seconds,
                              .dropped = dropped};
    progress_bar_hide(&session->progress);
    tell_damage(session, source_end == SOURCE_FAILED);
    if (end_results(session, &end, status == STATUS_DONE ? error : NULL) && status == STATUS_DONE)
        return STATUS_FAILED;
    if (session->options->verbose)
        log_details(session, seconds, dropped);
    return status;
}

enum exit_status run_live(const struct options *options, struct error *error)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session) {
        error_no_memory(error, "the frames");
        return STATUS_FAILED;
    }
    session->options = options;
    session->input = options->input;
    session->smoothing = options->smooth;
    session->adapting = options->adapt;
    enum exit_status status = start(session, error);
    if (status == STATUS_DONE)
        status = run(session, error);
    opening_abandon(&session->opening);
    interrupt_free(&session->interrupt);
    end_results(session, &(struct results_end){0}, NULL);
    file_set_free(&session->files);
    view_close(&session->view);
    pipeline_free(&session->pipeline);
    source_close(&session->source);
    expressions_smoother_close(&session->smoother);
    setup_end_vision(&session->vision);
    free(session);
    return status;
}
