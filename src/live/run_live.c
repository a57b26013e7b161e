#include "run.h"

#include "cameras.h"
#include "demo.h"
#include "library_error.h"
#include "live.h"
#include "log.h"
#include "monotonic.h"
#include "picture.h"
#include "resources.h"
#include "setup.h"
#include "text.h"
#include "timeline_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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

static enum exit_status open_source(struct live *live, struct error *error)
{
    const struct options *options = live->options;
    switch (options->input) {
    case INPUT_CAMERA:
        if (source_open_camera(&live->source, options->source, options->width, options->height,
                               options->fps, error)) {
            if (error->code == ERROR_NO_MEMORY)
                return STATUS_FAILED;
            explain_camera(options->source, error);
            return STATUS_NO_CAMERA;
        }
        return STATUS_DONE;
    case INPUT_VIDEO:
        if (source_open_video(&live->source, options->source, error)) {
            error_of(error, options->source);
            return STATUS_FAILED;
        }
        return STATUS_DONE;
    default:
        return source_open_demo(&live->source, error) ? STATUS_FAILED : STATUS_DONE;
    }
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

static void stop_early(void *context)
{
    struct live *live = context;
    pipeline_end(live->pipeline);
    if (live->view)
        view_quit(live->view);
}

static void wake_view(void *context)
{
    struct live *live = context;
    view_wake(live->view);
}

/* From the capture thread. */
static void on_loss(void *context, const struct error *reason)
{
    const struct live *live = context;
    if (live->options->quiet)
        return;
    if (reason)
        log_line(program_name, "%s", reason->text);
    else
        log_line(program_name, "%s: is back", live->source.name);
}

static int check_output(const char *output, struct file_set *files, struct error *error)
{
    static const char *const endings[] = {".mp4", ".mkv", ".webm", ".avi", ".gif"};
    const char *ending = picture_ending(output);
    bool known = false;
    if (strcmp(output, "-") == 0)
        return isatty(STDOUT_FILENO) == 1
                   ? error_set(error, "--output -: standard output is the terminal; pipe it on")
                   : file_set_check_output(files, "/dev/stdout", error);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        known = known || strcasecmp(ending, endings[i]) == 0;
    if (!known)
        return error_set(
            error, "%s: not an ending for a video; use .mp4, .mkv, .webm, .avi or .gif", output);
    return file_set_check_output(files, output, error);
}

static enum exit_status prepare_output(struct live *live, struct error *error)
{
    const struct options *options = live->options;
    if (check_output(options->output, &live->files, error))
        return STATUS_USAGE;
    if (recorder_create(&live->recorder, options->output, resource_font(), &live->source, error))
        return STATUS_FAILED;
    return STATUS_DONE;
}

int live_start_pipeline(struct live *live, struct error *error)
{
    const struct options *options = live->options;
    struct pipeline_settings settings = {.source = &live->source,
                                         .detector = live->vision.detector,
                                         .beside = live->view && live->source.live,
                                         .grey = !live->view && !options->output,
                                         .paced = live->view && !live->source.live,
                                         .wake = live->view ? wake_view : NULL,
                                         .lost = options->exit_on_loss ? NULL : on_loss,
                                         .context = live};
    return pipeline_start(live->pipeline, &settings, error);
}

int live_start_smoother(struct live *live, struct error *error)
{
    struct expressions_error why;
    expressions_smoother_close(&live->smoother);
    return expressions_smoother_open(&live->smoother, live->smoothing, &why) ||
                   expressions_adapt(live->smoother, live->adapting, &why)
               ? library_failed(error, &why)
               : 0;
}

static enum exit_status start(struct live *live, struct error *error)
{
    const struct options *options = live->options;
    enum exit_status status =
        setup_files(options, &live->files, error) ? STATUS_FAILED : STATUS_DONE;
    if (status == STATUS_DONE)
        status = setup_vision(options, &live->vision, error);
    if (status == STATUS_DONE)
        status = live_start_smoother(live, error) ? STATUS_FAILED : STATUS_DONE;
    /* What a camera or a stream gives while a window is being opened would come too late. */
    if (status == STATUS_DONE)
        setup_view(options, "Expressions", true, &live->view);
    if (status == STATUS_DONE)
        status = open_source(live, error);
    if (status == STATUS_DONE && setup_csv(options, &live->files, &live->csv, error))
        status = STATUS_FAILED;
    if (status == STATUS_DONE && options->output)
        status = prepare_output(live, error);
    if (status == STATUS_DONE && options->report && timeline_report_open(options->report, error))
        status = STATUS_FAILED;
    if (status != STATUS_DONE)
        return status;

    if (pipeline_create(&live->pipeline, live->source.live, error) ||
        interrupt_watch(&live->interrupt, stop_early, live, error))
        return STATUS_FAILED;
    live->limit = options->max_frames;
    live->progress.frames = live->source.frames;
    if (live->limit > 0 && live->limit < live->progress.frames)
        live->progress.frames = live->limit;
    if (live->limit == 0 && options->input == INPUT_DEMO && !live->view)
        live->limit = DEMO_CYCLE;
    return live_start_pipeline(live, error) ? STATUS_FAILED : STATUS_DONE;
}

static void tell_losses(const struct live *live)
{
    long lost = live->source.lost;
    const char *note = live->recorder ? recorder_note(live->recorder) : NULL;
    if (live->options->quiet)
        return;
    if (lost > 0 && !live->source.live)
        log_line(program_name, "%s: %ld frame%s could not be decoded and %s left out",
                 live->source.name, lost, lost == 1 ? "" : "s", lost == 1 ? "is" : "are");
    if (note)
        log_line(program_name, "%s: %s", recorder_path(live->recorder), note);
}

/* Ends what is recorded; what went wrong before is told rather than what goes wrong here. */
static enum exit_status end_recordings(struct live *live, enum source_status end,
                                       enum exit_status status, struct error *error)
{
    struct error failure;
    bool failed = recorder_close(&live->take, false, &failure) != 0;
    failed = recorder_close(&live->recorder, end != SOURCE_FRAME, &failure) != 0 || failed;
    if (!failed || status != STATUS_DONE)
        return status;
    *error = failure;
    return STATUS_FAILED;
}

/* Why the frames have ended, as a status. */
static enum exit_status conclude(struct live *live, enum source_status end, struct error *error)
{
    bool by_itself = end == SOURCE_END && !interrupt_came(live->interrupt);
    if (end == SOURCE_FAILED)
        return STATUS_FAILED;
    if (by_itself && live->options->input == INPUT_CAMERA && strcmp(live->source.name, "-") == 0) {
        error_set(error, "camera %s: no more pictures come from standard input", live->source.name);
        return STATUS_CAMERA_LOST;
    }
    if (by_itself && live->options->input == INPUT_CAMERA) {
        error_set(error, "camera %s: gives no pictures any more; plug it in and start again",
                  live->source.name);
        return STATUS_CAMERA_LOST;
    }
    if (by_itself && live->done == 0) {
        error_set(error, "%s: there is no frame in it; try another video", live->source.name);
        return STATUS_FAILED;
    }
    return STATUS_DONE;
}

static void log_details(const struct live *live, double seconds, long dropped)
{
    const struct statistics *statistics = &live->statistics;
    log_line(program_name, "%ld frames in %.2f s, %ld dropped, %.0f MB resident", live->done,
             seconds, dropped, statistics_resident_megabytes());
    for (int i = 0; i < STAGE_COUNT; i++) {
        if (statistics->count[i] > 0)
            log_line(program_name, "%s: median %.2f ms, 95th percentile %.2f ms", stage_names[i],
                     statistics_quantile(statistics, (enum stage)i, 0.5),
                     statistics_quantile(statistics, (enum stage)i, 0.95));
    }
}

/* Who showed what is told of headless work, and of every video. */
static bool tells_faces(const struct live *live)
{
    const struct options *options = live->options;
    return options->words && !options->quiet && (!live->view || options->input == INPUT_VIDEO);
}

/* Where stdout is not for JSON: of headless work, and of every video. */
static int print_summary(const struct live *live, double seconds, long dropped)
{
    const struct options *options = live->options;
    if (!options->words || options->quiet)
        return 0;
    if (!live->view && text_report_summary(stdout, &live->tally, seconds, dropped))
        return -1;
    return tells_faces(live) ? timeline_print(stdout, &live->timeline) : 0;
}

/* What is told of the whole. */
static int tell(const struct live *live, double seconds, struct error *error)
{
    const struct options *options = live->options;
    if (options->report && timeline_report_write(&live->timeline, options->report, error))
        return -1;
    if (print_summary(live, seconds, pipeline_dropped(live->pipeline)))
        return error_unwritten(error);
    return 0;
}

/* Where the display goes away, the process ends inside Xlib: what it has made is ended first. */
static void end_without_display(void *context)
{
    struct live *live = context;
    struct error error;
    error_set(&error, "the display has gone away; what was recorded until then is whole");
    if (end_recordings(live, SOURCE_FRAME, STATUS_DONE, &error) == STATUS_DONE) {
        struct error failure;
        if (tell(live, 0, &failure))
            error = failure;
    }
    log_line(program_name, "%s", error.text);
    fflush(stdout);
    _Exit(STATUS_FAILED);
}

static enum exit_status run(struct live *live, struct error *error)
{
    double begin = monotonic_now();
    live->summed_up = live->options->report || tells_faces(live);
    if (live->view)
        view_on_loss(end_without_display, live);
    int result = live_loop(live, error);
    double seconds = monotonic_now() - begin;
    struct error failure;
    enum source_status end = pipeline_join(live->pipeline, &failure);
    if (result)
        return STATUS_FAILED;
    if (end == SOURCE_FAILED)
        *error = failure;

    enum exit_status status = conclude(live, end, error);
    progress_bar_hide(&live->progress);
    tell_losses(live);
    status = end_recordings(live, end, status, error);
    /* Of a film that ends too early, what could be read is told as of any other. */
    bool told = status == STATUS_DONE || (end == SOURCE_FAILED && live->done > 0);
    if (told && tell(live, seconds, &failure)) {
        *error = status == STATUS_DONE ? failure : *error;
        return STATUS_FAILED;
    }
    if (live->options->verbose)
        log_details(live, seconds, pipeline_dropped(live->pipeline));
    return status;
}

enum exit_status run_live(const struct options *options, struct error *error)
{
    struct live *live = calloc(1, sizeof *live);
    if (!live) {
        error_no_memory(error, "the frames");
        return STATUS_FAILED;
    }
    live->options = options;
    live->smoothing = options->smooth;
    live->adapting = options->adapt;
    enum exit_status status = start(live, error);
    if (status == STATUS_DONE)
        status = run(live, error);
    interrupt_free(&live->interrupt);
    end_recordings(live, SOURCE_FRAME, STATUS_FAILED, NULL);
    csv_close(&live->csv);
    file_set_free(&live->files);
    timeline_free(&live->timeline);
    view_close(&live->view);
    pipeline_free(&live->pipeline);
    source_close(&live->source);
    expressions_smoother_close(&live->smoother);
    setup_end_vision(&live->vision);
    free(live);
    return status;
}
