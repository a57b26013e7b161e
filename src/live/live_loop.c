#include "live.h"

#include "cameras.h"
#include "dated_name.h"
#include "jsonl.h"
#include "monotonic.h"
#include "resources.h"

#include <SDL_events.h>
#include <stdio.h>

/* A camera that gives no frame for so long has no signal. */
static const double longest_silence = 2;
static const int signal_check_ms = 250;

static int report(struct live *live, const struct frame *frame, struct error *error)
{
    const struct options *options = live->options;
    if (live->csv &&
        csv_write(live->csv, live->source.name, frame, live->faces, frame->box_count, error))
        return -1;
    if (options->json)
        return jsonl_write(stdout, live->source.name, frame, live->faces, frame->box_count, error);
    if (!live->view && text_report_frame(stdout, &live->tally, frame, live->faces, &live->progress))
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

static void follow_calibration(struct live *live)
{
    enum smoother_state state = smoother_state(&live->smoother, live->calibrating);
    if (state == SMOOTHER_COLLECTING)
        return;
    live->calibrating = 0;
    view_say(live->view, state == SMOOTHER_CALIBRATED ? "calibrated; c undoes it"
                                                      : "not calibrated: the face was lost");
}

static void calibrate(struct live *live)
{
    int id = view_chosen(live->view);
    smoother_calibrate(&live->smoother, id, live->time);
    bool begun = smoother_state(&live->smoother, id) == SMOOTHER_COLLECTING;
    live->calibrating = begun ? id : 0;
    view_say(live->view, begun ? "look neutral for two seconds" : "no calibration");
}

static int explain(struct live *live, int count, struct error *error)
{
    float map[FACE_SIDE * FACE_SIDE];
    for (int i = 0; i < count; i++) {
        const struct face *face = &live->faces[i];
        if (face->id == view_chosen(live->view) && !face->held)
            return recognizer_explain(live->recognizer, face, map, error) ||
                           view_set_explanation(live->view, face->id, map, error)
                       ? -1
                       : 0;
    }
    return 0;
}

static int process(struct live *live, const struct frame *frame, struct error *error)
{
    double begin = monotonic_now();
    recognizer_run(live->recognizer, frame, live->faces);
    statistics_add(&live->statistics, STAGE_RECOGNITION, monotonic_now() - begin);
    statistics_add(&live->statistics, STAGE_DETECTION, frame->detection);
    smoother_run(&live->smoother, live->faces, frame->box_count, frame->time);
    if (live->calibrating)
        follow_calibration(live);
    live->time = frame->time;
    if (timeline_add(&live->timeline, live->faces, frame->box_count, frame->time, error) ||
        report(live, frame, error))
        return -1;
    if (live->recorder && recorder_add(live->recorder, frame, live->faces, error))
        return -1;
    if (live->take)
        go_on_with_take(live, frame);
    if (live->view && view_wants_explanation(live->view) && explain(live, frame->box_count, error))
        return -1;
    live->done++;
    live->last_frame = monotonic_now();
    return live->view ? view_set_picture(live->view, frame_bgr(frame), live->faces,
                                         frame->box_count, frame->time, error)
                      : 0;
}

static bool is_finished(const struct live *live)
{
    return pipeline_done(live->pipeline) || (live->limit > 0 && live->done >= live->limit);
}

static int loop_headless(struct live *live, struct error *error)
{
    while (!is_finished(live)) {
        const struct frame *frame = pipeline_wait(live->pipeline);
        if (frame && process(live, frame, error))
            return -1;
        if (frame)
            statistics_add(&live->statistics, STAGE_LATENCY, monotonic_now() - frame->grabbed);
        if (!live->options->quiet)
            progress_bar_update(&live->progress, live->done);
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

/* The camera after the present one, by number. */
static const struct camera *find_next(const struct live *live, const struct camera *cameras,
                                      int count)
{
    int present = -1;
    for (int i = 0; i < count; i++) {
        if (cameras_same(live->source.name, cameras[i].path))
            present = i;
    }
    bool other = count > (present >= 0 ? 1 : 0);
    return other ? &cameras[(present + 1) % count] : NULL;
}

/* Leaves the present camera for another one; goes on with it where the other cannot be opened. */
static int switch_camera(struct live *live, const struct camera *camera, struct error *error)
{
    const struct options *options = live->options;
    struct error reason;
    char text[sizeof reason.text];
    struct source opened;
    if (source_open_camera(&opened, camera->path, options->width, options->height, options->fps,
                           &reason)) {
        snprintf(text, sizeof text, "%.100s: %.800s", camera->path, reason.text);
        view_say(live->view, text);
        return 0;
    }
    pipeline_join(live->pipeline, &reason);
    source_close(&live->source);
    live->source = opened;
    live->smoother = (struct smoother){.seconds = live->smoother.seconds};
    if (live->take)
        end_take(live, NULL);
    live->last_frame = monotonic_now();
    snprintf(text, sizeof text, "%.100s %.100s", camera->path, camera->name);
    view_say(live->view, text);
    return live_start_pipeline(live, error);
}

static int next_camera(struct live *live, struct error *error)
{
    struct camera cameras[CAMERAS_MAX];
    int count = cameras_find(cameras);
    const struct camera *next = find_next(live, cameras, count);
    if (live->options->input != INPUT_CAMERA)
        view_say(live->view, "this is no camera");
    else if (live->recorder)
        view_say(live->view, "--output holds one camera; start again for another");
    else if (!next)
        view_say(live->view, "there is no other camera");
    else
        return switch_camera(live, next, error);
    return 0;
}

static int obey(struct live *live, enum view_request request, struct error *error)
{
    switch (request) {
    case VIEW_PAUSE:
        live->paused = !live->paused;
        live->last_frame = monotonic_now();
        view_set_paused(live->view, live->paused);
        break;
    case VIEW_RECORD:
        if (live->take)
            end_take(live, NULL);
        else
            begin_take(live);
        break;
    case VIEW_CALIBRATE:
        calibrate(live);
        break;
    case VIEW_NEXT_CAMERA:
        return next_camera(live, error);
    case VIEW_SMOOTHER:
    case VIEW_SHARPER:
        change_smoothing(live, request == VIEW_SMOOTHER ? 1 : -1);
        break;
    default:
        break;
    }
    return 0;
}

/* Handles what has happened so far. */
static int handle_events(struct live *live, bool *redraw, struct error *error)
{
    SDL_Event event;
    if (!view_wait(live->view, &event, live->source.live ? signal_check_ms : -1)) {
        *redraw = true;
        return 0;
    }
    do {
        enum view_request request = view_handle(live->view, &event);
        live->quit = live->quit || request == VIEW_QUIT;
        if (obey(live, request, error))
            return -1;
        *redraw = *redraw || request != VIEW_NOTHING;
    } while (!live->quit && SDL_PollEvent(&event));
    return 0;
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
             view_rate(live->view), pipeline_dropped(live->pipeline),
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

/* True when what is shown has to change. */
static bool check_signal(struct live *live)
{
    bool waiting = live->source.live && !live->paused && live->done > 0;
    bool silent = waiting && monotonic_now() - live->last_frame > longest_silence;
    if (silent == live->silent)
        return false;
    live->silent = silent;
    view_set_signal(live->view, !silent);
    if (!silent)
        view_say(live->view, "the camera is back");
    return true;
}

static int loop_window(struct live *live, struct error *error)
{
    bool redraw = false;
    while (!is_finished(live)) {
        if (handle_events(live, &redraw, error))
            return -1;
        if (live->quit)
            return 0;
        const struct frame *frame = live->paused ? NULL : pipeline_take(live->pipeline);
        if (frame && process(live, frame, error))
            return -1;
        redraw = check_signal(live) || redraw;
        if ((frame || redraw) && draw(live, frame, error))
            return -1;
        redraw = false;
    }
    return 0;
}

int live_loop(struct live *live, struct error *error)
{
    return live->view ? loop_window(live, error) : loop_headless(live, error);
}
