#include "run.h"

#include "cameras.h"
#include "capture.h"
#include "dated_name.h"
#include "demo.h"
#include "interrupt.h"
#include "jsonl.h"
#include "log.h"
#include "mailbox.h"
#include "monotonic.h"
#include "picture.h"
#include "recorder.h"
#include "resources.h"
#include "setup.h"
#include "smoother.h"
#include "statistics.h"
#include "text_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A video that states no rate is shown at this one. */
static const double usual_fps = 25;

struct live {
    const struct options *options;
    struct source source;
    struct detector *detector;
    struct follower follower;
    struct statistics statistics;
    struct recognizer *recognizer;
    struct smoother smoother;
    struct mailbox *mailbox;
    struct interrupt *interrupt;
    struct view *view;         /* NULL when headless */
    struct recorder *recorder; /* NULL without --output */
    struct recorder *take;     /* what the key `r` records; NULL: nothing */
    struct csv *csv;           /* NULL without --csv */
    struct capture *capture;
    struct face faces[FRAME_MAX_FACES];
    struct tally tally;
    long limit; /* frames; 0: none */
    long done;
    bool paused;
};

/* ---- Sources --------------------------------------------------------------------------------- */

/* One line: what is wrong, the cameras that do exist, and what works without one. */
static void explain_camera(const char *id, struct error *error)
{
    struct camera cameras[CAMERAS_MAX];
    int count = cameras_find(cameras);
    char list[600] = "none";
    size_t used = 0;
    for (int i = 0; i < count && used + 110 < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s (%s)", i ? ", " : "",
                                 cameras[i].path, cameras[i].name);
    struct error reason = *error;
    error_set(error, "camera %.100s: %.200s; cameras here: %s; try ./expressions --demo", id,
              reason.text, list);
}

static enum exit_status open_source(struct live *live, struct error *error)
{
    const struct options *options = live->options;
    char faces[RESOURCE_PATH_SIZE];
    switch (options->input) {
    case INPUT_CAMERA:
        if (source_open_camera(&live->source, options->source, options->width, options->height,
                               options->fps, error)) {
            explain_camera(options->source, error);
            return STATUS_NO_CAMERA;
        }
        return STATUS_DONE;
    case INPUT_VIDEO:
        if (source_open_video(&live->source, options->source, error)) {
            struct error reason = *error;
            error_set(error, "%.500s: %.500s", options->source, reason.text);
            return STATUS_FAILED;
        }
        return STATUS_DONE;
    default:
        return resource_find("datasets/mean_faces.png", faces, error) ||
                       source_open_demo(&live->source, faces, error)
                   ? STATUS_FAILED
                   : STATUS_DONE;
    }
}

/* ---- Each frame ------------------------------------------------------------------------------ */

static int report(struct live *live, const struct frame *frame, struct error *error)
{
    const struct options *options = live->options;
    if (live->csv &&
        csv_write(live->csv, live->source.name, frame, live->faces, frame->box_count, error))
        return -1;
    if (options->json)
        return jsonl_write(stdout, live->source.name, frame, live->faces, frame->box_count, error);
    if (!live->view && text_report_frame(stdout, &live->tally, frame, live->faces))
        return error_set(error, "the results cannot be written; check where they go");
    return 0;
}

static void end_take(struct live *live, const struct error *reason)
{
    char text[sizeof reason->text];
    if (reason)
        snprintf(text, sizeof text, "recording ended: %.900s", reason->text);
    else
        snprintf(text, sizeof text, "saved %.900s", recorder_path(live->take));
    recorder_close(&live->take);
    view_set_recording(live->view, -1);
    view_say(live->view, text);
}

/* A recording that fails ends, the program goes on. */
static void go_on_with_take(struct live *live, const struct frame *frame)
{
    struct error error;
    if (recorder_add(live->take, frame, live->faces, &error))
        end_take(live, &error);
    else
        view_set_recording(live->view, recorder_seconds(live->take));
}

static int process(struct live *live, const struct frame *frame, struct error *error)
{
    double begin = monotonic_now();
    recognizer_run(live->recognizer, frame, live->faces);
    statistics_add(&live->statistics, STAGE_RECOGNITION, monotonic_now() - begin);
    statistics_add(&live->statistics, STAGE_DETECTION, frame->detection);
    smoother_run(&live->smoother, live->faces, frame->box_count, frame->time);
    if (report(live, frame, error))
        return -1;
    if (live->recorder && recorder_add(live->recorder, frame, live->faces, error))
        return -1;
    if (live->take)
        go_on_with_take(live, frame);
    live->done++;
    return live->view ? view_set_picture(live->view, frame_bgr(frame), live->faces,
                                         frame->box_count, frame->time, error)
                      : 0;
}

static bool is_finished(const struct live *live)
{
    return mailbox_done(live->mailbox) || (live->limit > 0 && live->done >= live->limit);
}

static int loop_headless(struct live *live, struct error *error)
{
    while (!is_finished(live)) {
        const struct frame *frame = mailbox_wait(live->mailbox);
        if (frame && process(live, frame, error))
            return -1;
    }
    return 0;
}

static void change_smoothing(struct live *live, int direction)
{
    char text[64];
    live->smoother.seconds = smoother_step(live->smoother.seconds, direction);
    snprintf(text, sizeof text, "smoothing %.1f s%s", live->smoother.seconds,
             live->smoother.seconds > 0 ? "" : ": raw values");
    view_say(live->view, text);
}

/* Matroska: what was written is playable even after a crash. */
static void begin_take(struct live *live)
{
    char name[DATED_NAME_SIZE];
    struct error error;
    dated_name(name, ".mkv");
    if (recorder_create(&live->take, name, resource_font(), live->source.fps, live->source.live,
                        &error))
        view_say(live->view, error.text);
}

static void obey(struct live *live, enum view_request request)
{
    switch (request) {
    case VIEW_PAUSE:
        live->paused = !live->paused;
        view_set_paused(live->view, live->paused);
        break;
    case VIEW_RECORD:
        if (live->take)
            end_take(live, NULL);
        else
            begin_take(live);
        break;
    case VIEW_SMOOTHER:
    case VIEW_SHARPER:
        change_smoothing(live, request == VIEW_SMOOTHER ? 1 : -1);
        break;
    default:
        break;
    }
}

/* Handles what has happened so far; false when the user wants to end. */
static bool handle_events(struct live *live, bool *redraw)
{
    SDL_Event event;
    if (!view_wait(live->view, &event)) {
        *redraw = true;
        return true;
    }
    do {
        enum view_request request = view_handle(live->view, &event);
        if (request == VIEW_QUIT)
            return false;
        obey(live, request);
        *redraw = *redraw || request != VIEW_NOTHING;
    } while (SDL_PollEvent(&event));
    return true;
}

static void show_statistics(struct live *live)
{
    const struct statistics *statistics = &live->statistics;
    char text[400];
    snprintf(text, sizeof text,
             "%.1f fps, %ld dropped\n"
             "latency %.0f ms, 95 %% under %.0f ms\n"
             "detection %.1f ms\nrecognition %.1f ms\ndrawing %.1f ms\n"
             "memory %.0f MB\nsmoothing %.1f s",
             view_rate(live->view), mailbox_dropped(live->mailbox),
             statistics_quantile(statistics, STAGE_LATENCY, 0.5),
             statistics_quantile(statistics, STAGE_LATENCY, 0.95),
             statistics_quantile(statistics, STAGE_DETECTION, 0.5),
             statistics_quantile(statistics, STAGE_RECOGNITION, 0.5),
             statistics_quantile(statistics, STAGE_DRAWING, 0.5), statistics_resident_megabytes(),
             live->smoother.seconds);
    view_set_statistics(live->view, text);
}

static int draw(struct live *live, const struct frame *fresh, struct error *error)
{
    /* Numbers that change at each frame cannot be read. */
    if (view_wants_statistics(live->view) && live->done % 10 == 1)
        show_statistics(live);
    double begin = monotonic_now();
    if (view_draw(live->view, error))
        return -1;
    double end = monotonic_now();
    statistics_add(&live->statistics, STAGE_DRAWING, end - begin);
    if (fresh)
        statistics_add(&live->statistics, STAGE_LATENCY, end - fresh->grabbed);
    return 0;
}

static int loop_window(struct live *live, struct error *error)
{
    bool redraw = false;
    while (!is_finished(live) && handle_events(live, &redraw)) {
        const struct frame *frame = live->paused ? NULL : mailbox_take(live->mailbox);
        if (frame && process(live, frame, error))
            return -1;
        if ((frame || redraw) && draw(live, frame, error))
            return -1;
        redraw = false;
    }
    return 0;
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

static void stop_capture(void *context)
{
    struct live *live = context;
    mailbox_stop(live->mailbox);
    SDL_Event event = {.type = SDL_QUIT};
    SDL_PushEvent(&event);
}

static void wake_view(void *view)
{
    view_wake(view);
}

static enum exit_status prepare_output(struct live *live, struct error *error)
{
    static const char *const endings[] = {".mp4", ".mkv", ".avi"};
    const struct options *options = live->options;
    const char *ending = picture_ending(options->output);
    bool known = false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        known = known || strcasecmp(ending, endings[i]) == 0;
    if (!known) {
        error_set(error, "%s: not an ending for a video; use .mp4, .mkv or .avi", options->output);
        return STATUS_USAGE;
    }
    if (options->input == INPUT_VIDEO &&
        setup_check_output(options->source, options->output, error))
        return STATUS_USAGE;
    if (recorder_create(&live->recorder, options->output, resource_font(), live->source.fps,
                        live->source.live, error))
        return STATUS_FAILED;
    return STATUS_DONE;
}

static int start_capture(struct live *live, struct error *error)
{
    live->follower.detector = live->detector;
    double fps = live->source.fps > 0 ? live->source.fps : usual_fps;
    bool paced = live->view && !live->source.live;
    struct capture_settings settings = {.source = &live->source,
                                        .follower = &live->follower,
                                        .mailbox = live->mailbox,
                                        .pace = paced ? fps : 0,
                                        .wake = live->view ? wake_view : NULL,
                                        .context = live->view};
    return capture_start(&live->capture, &settings, error);
}

static enum exit_status start(struct live *live, struct error *error)
{
    const struct options *options = live->options;
    enum exit_status status = setup_vision(options, &live->recognizer, &live->detector, error);
    if (status == STATUS_DONE)
        status = open_source(live, error);
    if (status == STATUS_DONE && options->output)
        status = prepare_output(live, error);
    if (status == STATUS_DONE && setup_csv(options, &live->csv, error))
        status = STATUS_FAILED;
    if (status != STATUS_DONE)
        return status;

    enum mailbox_mode mode = live->source.live ? MAILBOX_NEWEST : MAILBOX_EVERY;
    if (mailbox_create(&live->mailbox, mode, error) ||
        interrupt_watch(&live->interrupt, stop_capture, live, error))
        return STATUS_FAILED;
    setup_view(options, "Expressions", true, &live->view);
    live->limit = options->max_frames;
    if (live->limit == 0 && options->input == INPUT_DEMO && !live->view)
        live->limit = DEMO_CYCLE;
    return start_capture(live, error) ? STATUS_FAILED : STATUS_DONE;
}

/* Why the frames have ended, as a status. */
static enum exit_status conclude(struct live *live, enum source_status end, struct error *error)
{
    bool by_itself = end == SOURCE_END && !interrupt_came(live->interrupt);
    if (end == SOURCE_FAILED)
        return STATUS_FAILED;
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
    log_line(program_name, "%ld frames in %.1f s, %ld dropped, %.0f MB resident", live->done,
             seconds, dropped, statistics_resident_megabytes());
    for (int i = 0; i < STAGE_COUNT; i++) {
        if (statistics->count[i] > 0)
            log_line(program_name, "%s: median %.2f ms, 95th percentile %.2f ms", stage_names[i],
                     statistics_quantile(statistics, (enum stage)i, 0.5),
                     statistics_quantile(statistics, (enum stage)i, 0.95));
    }
}

static enum exit_status run(struct live *live, struct error *error)
{
    double begin = monotonic_now();
    int result = live->view ? loop_window(live, error) : loop_headless(live, error);
    double seconds = monotonic_now() - begin;
    mailbox_stop(live->mailbox);
    struct error capture_error;
    enum source_status end = capture_join(&live->capture, &capture_error);
    if (result)
        return STATUS_FAILED;
    if (end == SOURCE_FAILED)
        *error = capture_error;

    enum exit_status status = conclude(live, end, error);
    const struct options *options = live->options;
    long dropped = mailbox_dropped(live->mailbox);
    if (!live->view && !options->json && !options->quiet && status == STATUS_DONE &&
        text_report_summary(stdout, &live->tally, seconds, dropped)) {
        error_set(error, "the results cannot be written; check where they go");
        return STATUS_FAILED;
    }
    if (options->verbose)
        log_details(live, seconds, dropped);
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
    live->smoother.seconds = options->smooth;
    enum exit_status status = start(live, error);
    if (status == STATUS_DONE)
        status = run(live, error);
    interrupt_free(&live->interrupt);
    recorder_close(&live->recorder);
    recorder_close(&live->take);
    csv_close(&live->csv);
    view_close(&live->view);
    mailbox_free(&live->mailbox);
    source_close(&live->source);
    detector_close(&live->detector);
    recognizer_close(&live->recognizer);
    free(live);
    return status;
}
