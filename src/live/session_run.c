#include "session_run.h"

#include "cameras.h"
#include "choosing.h"
#include "demo.h"
#include "input_list.h"
#include "live_loop.h"
#include "log.h"
#include "monotonic.h"
#include "process.h"
#include "setup.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long the end waits for a source. Seconds. */
static const double patience = 2;

/* ---- Sources --------------------------------------------------------------------------------- */

/* One line: what is wrong with the camera, those that do exist, and what works without one. */
static void explain_camera(const char *name, struct error *error)
{
    struct camera *cameras;
    int count = cameras_find(&cameras);
    char list[600] = "none";
    size_t used = 0;
    for (int i = 0; i < count && used + 110 < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s (%s)", i ? ", " : "",
                                 cameras[i].path, cameras[i].name);
    free(cameras);
    struct error reason = *error;
    if (strcmp(name, "-") == 0)
        error_set(error, "camera -: %.500s", reason.text);
    else
        error_set(error, "camera %.100s: %.200s; cameras here: %s; try ./expressions --demo", name,
                  reason.text, list);
}

/* Where somebody sits at the window, and nothing else waits for results, the window asks. */
static bool may_ask(const struct session *session)
{
    const struct options *options = session->options;
    return session->view && !results_wanted(&session->results_of) && options->max_frames == 0 &&
           !options->exit_on_loss && strcmp(options->source, "-") != 0 && !process_is_piped();
}

/* Goes on without the camera, for this reason, or fails. */
static int miss_camera(struct session *session, struct error *error)
{
    struct error name;
    char text[sizeof error->text];
    if (error->code == ERROR_NO_MEMORY)
        return -1;
    error_set(&name, "%s", session->options->source);
    text_hide_passwords(name.text); /* before half of one is cut off */
    if (!may_ask(session)) {
        explain_camera(name.text, error);
        return error_failed_with(error, ERROR_NO_CAMERA);
    }
    snprintf(text, sizeof text, "camera %.300s: %.600s", name.text, error->text);
    log_line(program_name, "%s", text);
    error->text[0] = '\0';
    choosing_welcome(session, "no camera", text);
    return 0;
}

static int open_source(struct session *session, struct error *error)
{
    const struct options *options = session->options;
    switch (options->input) {
    case INPUT_CAMERA:
        return source_open_camera(&session->source, options->source, &options->camera, NULL, error);
    case INPUT_VIDEO:
        return source_open_video(&session->source, options->source, NULL, error)
                   ? error_of(error, options->source)
                   : 0;
    default:
        return source_open_demo(&session->source, error);
    }
}

/* Shows that the first source is being opened, and can be closed meanwhile. Where drawing fails, it
 * fails again in the loop, which reports it. */
static int open_beside_window(struct session *session, struct error *error)
{
    struct opened opened = {
        .request = {.input = session->input, .camera = session->options->camera}};
    char *id = opened.request.id;
    struct view_menu menu = {.title = "one moment", .text = "The demo is being drawn."};
    struct error ignored;
    if (session->input == INPUT_CAMERA) {
        snprintf(id, sizeof opened.request.id, "%s", session->options->source);
        snprintf(menu.text, sizeof menu.text, "Camera %.300s is being opened.", id);
    }
    text_hide_passwords(menu.text);
    view_set_title(session->view, menu.title);
    view_show_menu(session->view, &menu);
    if (opening_begin(&session->opening, &opened.request, session_wake, session, error))
        return -1;
    bool drawn = false;
    while (!session->quit && !opening_take(&session->opening, &opened)) {
        enum view_request event = view_next(session->view, drawn ? -1 : 0);
        session->quit = event == VIEW_QUIT;
        if (event == VIEW_IDLE)
            view_draw(session->view, &ignored);
        drawn = event == VIEW_IDLE || (drawn && event != VIEW_REDRAW);
    }
    if (session->quit)
        return -1;
    session_set_title(session, NULL);
    session->source = opened.source;
    *error = opened.reason;
    return opened.source.read ? 0 : -1;
}

/* The window comes at once, unless the program may end without having shown anything. */
static int begin_source(struct session *session, struct error *error)
{
    bool camera = session->input == INPUT_CAMERA;
    bool shown = session->view && (camera ? may_ask(session) : session->input == INPUT_DEMO);
    int result = shown ? open_beside_window(session, error) : open_source(session, error);
    return result && camera && !session->quit ? miss_camera(session, error) : result;
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

static void stop_early(void *context)
{
    struct session *session = context;
    pipeline_end(session->pipeline);
    if (session->view)
        view_quit(session->view);
}

int session_end_results(struct session *session, const struct results_end *end, struct error *error)
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
    struct error error = {.text = ""};
    session_end_results(session, &(struct results_end){.summarize = true}, &error);
    setup_end_without_display(&error);
}

/* Ends the process without the thread that reads the source: its driver keeps it waiting. */
static void end_without_source(struct session *session, const struct results_end *end,
                               struct error *error)
{
    char text[sizeof session->source.name + 48];
    snprintf(text, sizeof text, "%s%s: does not answer; ended without it",
             session->input == INPUT_CAMERA ? "camera " : "", session->source.name);
    session_end_results(session, end, *error->text ? NULL : error);
    setup_end_at_once(text, EXIT_SUCCESS, error);
}

static int start(struct session *session, struct error *error)
{
    const struct options *options = session->options;
    bool alone = !session->shared;
    session->input = options->input;
    session->smoothing = options->smooth;
    session->adapting = options->adapt;
    if (setup_files(options, &session->files, error) ||
        (alone && setup_vision(options, &session->vision, error)) ||
        session_start_smoother(session, error))
        return -1;
    /* What a camera or a stream gives while a window is being opened would come too late. */
    if (alone)
        setup_view(options, SESSION_TITLE, true, &session->view, &session->missing);
    if (alone && session->view)
        view_on_loss(end_without_display, session);
    if (session->view && options->input == INPUT_VIDEO)
        session_set_title(session, options->source);
    session->results_of = (struct results_of){.options = &options->results,
                                              .source = &session->source,
                                              .program = program_name,
                                              .drawing = &options->drawing,
                                              .progress = &session->progress,
                                              .files = &session->files,
                                              .window = session->view != NULL,
                                              .film = options->input == INPUT_VIDEO,
                                              .quiet = options->quiet};
    /* Results may print where they can be seen: from then on Ctrl-C must end the run in order. */
    if (begin_source(session, error) ||
        (alone && (pipeline_create(&session->pipeline, error) ||
                   interrupt_watch(&session->interrupt, stop_early, session, error))) ||
        results_open(&session->results, &session->results_of, error))
        return -1;

    session->limit = options->max_frames;
    long frames = session->source.frames;
    if (session->limit > 0 && session->limit < frames)
        frames = session->limit;
    session->progress = (struct progress_bar){.terminal = STDERR_FILENO, .total = (double)frames};
    if (session->limit == 0 && options->input == INPUT_DEMO && !session->view)
        session->limit = DEMO_CYCLE;
    return session->source.read ? session_start_pipeline(session, error) : 0;
}

/* Fails where the frames have ended for a reason that is an error. */
static int conclude(struct session *session, enum source_status end, struct error *error)
{
    bool by_itself = end == SOURCE_END && !process_stopping();
    if (!session->source.read) /* the window says why not, and it was reported */
        return session->chosen || !by_itself ? 0 : error_set_code(error, ERROR_NO_CAMERA, "%s", "");
    if (end == SOURCE_FAILED)
        return -1;
    if (by_itself && session->input == INPUT_CAMERA && strcmp(session->source.name, "-") == 0)
        return error_set_code(
            error, ERROR_CAMERA_LOST,
            "camera %s: standard input has ended; restart the program that feeds it",
            session->source.name);
    if (by_itself && session->input == INPUT_CAMERA)
        return error_set_code(error, ERROR_CAMERA_LOST,
                              "camera %s: stopped delivering frames; plug it in again and restart",
                              session->source.name);
    if (by_itself && session->done == 0)
        return error_set(error, "%s: contains no video frames; try another file",
                         session->source.name);
    return 0;
}

static void log_details(const struct session *session, double seconds, long dropped)
{
    const struct statistics *statistics = &session->statistics;
    log_line(program_name, "%ld frames in %.2f s, %ld dropped, %.0f MB resident", session->done,
             seconds, dropped, (double)process_memory().resident / 1e6);
    for (int i = 0; i < STAGE_COUNT; i++) {
        if (statistics->count[i] > 0)
            log_line(program_name, "%s: median %.2f ms, 95th percentile %.2f ms, %.1f a second",
                     stage_names[i], statistics_quantile(statistics, (enum stage)i, 0.5),
                     statistics_quantile(statistics, (enum stage)i, 0.95),
                     statistics_rate(statistics, (enum stage)i));
    }
}

static void report_damage(const struct session *session, bool cut)
{
    const struct source *source = &session->source;
    long lost = source->lost, flawed = source->flawed;
    if (source->live || session->options->quiet)
        return;
    if (lost > 0)
        log_line(program_name, "%s: %ld frame%s could not be decoded and %s left out", source->name,
                 lost, lost == 1 ? "" : "s", lost == 1 ? "was" : "were");
    if (flawed > 0)
        log_line(program_name, "%s: %ld frame%s damaged; what could be decoded of %s is used",
                 source->name, flawed, flawed == 1 ? " is" : "s are", flawed == 1 ? "it" : "them");
    if (source->damaged && !cut)
        log_line(program_name, "%s: a part of the file is damaged; frames may be missing there",
                 source->name);
}

static int run_session(struct session *session, struct error *error)
{
    double begin = session->progress.begin = monotonic_now();
    int failed = live_loop(session, error);
    progress_bar_hide(&session->progress);
    double seconds = monotonic_now() - begin;
    if (session->quit && !session->shared)
        view_hide(session->view);
    bool early = session->quit || process_stopping() || failed;
    struct error failure = {.text = ""};
    if (early && !session->shared && !pipeline_ends(session->pipeline, monotonic_now() + patience))
        end_without_source(session,
                           &(struct results_end){.summarize = !failed,
                                                 .seconds = seconds,
                                                 .dropped = pipeline_dropped(session->pipeline)},
                           failed ? error : &failure);
    enum source_status source_end = pipeline_join(session->pipeline, &failure);
    if (failed)
        return -1;
    if (source_end == SOURCE_FAILED)
        *error = failure;

    int result = conclude(session, source_end, error);
    long dropped = pipeline_dropped(session->pipeline);
    /* A film that ends too early has summaries, too, of what could be read. */
    struct results_end end = {.whole = source_end != SOURCE_FRAME,
                              .summarize =
                                  result == 0 || (source_end == SOURCE_FAILED && session->done > 0),
                              .seconds = seconds,
                              .dropped = dropped};
    report_damage(session, source_end == SOURCE_FAILED);
    if (session_end_results(session, &end, result == 0 ? error : NULL) && result == 0)
        return -1;
    if (session->options->verbose)
        log_details(session, seconds, dropped);
    return result;
}

int session_run(struct session *session, struct error *error)
{
    if (start(session, error))
        return session->quit || process_stopping() ? 0 : -1;
    return run_session(session, error);
}

void session_free(struct session **session)
{
    struct session *ended = *session;
    if (ended->view && !ended->shared)
        view_hide(ended->view);
    opening_abandon(&ended->opening);
    camera_search_abandon(&ended->search);
    free(ended->cameras);
    if (!ended->shared)
        interrupt_free(&ended->interrupt);
    session_end_results(ended, &(struct results_end){0}, NULL);
    file_set_free(&ended->files);
    if (!ended->shared) {
        view_close(&ended->view);
        pipeline_free(&ended->pipeline);
    }
    source_close(&ended->source);
    expressions_smoother_close(&ended->smoother);
    if (!ended->shared)
        setup_end_vision(&ended->vision);
    free(ended);
    *session = NULL;
}
