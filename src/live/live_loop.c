#include "live.h"

#include "cameras.h"
#include "dated_name.h"
#include "jsonl.h"
#include "library_error.h"
#include "monotonic.h"
#include "resources.h"
#include "smoothing_step.h"

#include <stdio.h>
#include <stdlib.h>

/* A camera that gives no frame for so long has no signal. */
static const double longest_silence = 2;
static const int signal_check_ms = 250;

static int report(struct live *live, const struct frame *frame, struct error *error)
{
    const struct options *options = live->options;
    if (live->csv &&
        csv_write(live->csv, live->source.name, frame, frame->faces, frame->face_count, error))
        return -1;
    if (options->json)
        return jsonl_write(stdout, live->source.name, frame, frame->faces, frame->face_count,
                           error);
    if (!live->view && options->words &&
        text_report_frame(stdout, &live->tally, frame, frame->faces, &live->progress))
        return error_unwritten(error);
    return 0;
}

static void end_take(struct live *live, const struct error *reason)
{
    struct error failure;
    char text[sizeof failure.text];
    snprintf(text, sizeof text, "saved %.900s", recorder_path(live->take));
    if (recorder_close(&live->take, false, &failure) && !reason)
        reason = &failure;
    if (reason)
        snprintf(text, sizeof text, "recording ended: %.900s", reason->text);
    view_set_recording(live->view, -1);
    view_say(live->view, text);
}

/* A recording that fails ends, the program goes on. */
static void go_on_with_take(struct live *live, const struct frame *frame)
{
    struct error error;
    if (recorder_add(live->take, frame, frame->faces, &error))
        end_take(live, &error);
    else
        view_set_recording(live->view, recorder_seconds(live->take));
}

/* The face of the latest frame with this id, or NULL. */
static const struct expressions_face *find_face(const struct live *live, int id)
{
    const struct frame *frame = live->frame;
    for (int i = 0; frame && id > 0 && i < frame->face_count; i++) {
        if (frame->faces[i].id == id)
            return &frame->faces[i];
    }
    return NULL;
}

static void follow_calibration(struct live *live)
{
    const struct expressions_face *face = find_face(live, live->calibrating);
    if (face && face->calibration == EXPRESSIONS_COLLECTING)
        return;
    live->calibrating = 0;
    view_say(live->view, face ? "calibrated; c undoes it" : "not calibrated: the face was lost");
}

static void calibrate(struct live *live)
{
    const struct expressions_face *face = find_face(live, view_chosen(live->view));
    bool by_hand = face && (face->calibration == EXPRESSIONS_COLLECTING ||
                            face->calibration == EXPRESSIONS_CALIBRATED);
    bool begins = face && !by_hand && live->calibrating != face->id;
    if (begins)
        begins = expressions_calibrate(live->smoother, face->id, NULL) == EXPRESSIONS_OK;
    else if (face)
        expressions_uncalibrate(live->smoother, face->id, NULL);
    live->calibrating = begins ? face->id : 0;
    view_say(live->view, begins ? "look neutral for two seconds" : "no calibration");
}

static int explain(struct live *live, struct error *error)
{
    const struct expressions_face *face = find_face(live, view_chosen(live->view));
    struct expressions_recognizer *recognizer = live->vision.recognizer;
    struct expressions_error why;
    if (!face || face->held)
        return 0;
    const uint8_t *crop = expressions_latest_crop(recognizer, (int)(face - live->frame->faces));
    if (expressions_explain(recognizer, crop, face->label, live->explanation, &why))
        return library_failed(error, &why);
    return view_set_explanation(live->view, face->id, live->explanation, error);
}

static int look(struct live *live, struct frame *frame, struct error *error)
{
    struct expressions_picture picture = frame_picture(frame);
    struct expressions_error why;
    double begin = monotonic_now();
    if (expressions_recognize(live->vision.recognizer, &picture, frame->faces, frame->face_count,
                              &why))
        return library_failed(error, &why);
    statistics_add(&live->statistics, STAGE_RECOGNITION, monotonic_now() - begin);
    statistics_add(&live->statistics, STAGE_DETECTION, frame->detection);
    if (expressions_smooth(live->smoother, frame->time, frame->faces, frame->face_count, &why))
        return library_failed(error, &why);
    live->frame = frame;
    return 0;
}

static int process(struct live *live, struct frame *frame, struct error *error)
{
    if (look(live, frame, error))
        return -1;
    if (live->calibrating)
        follow_calibration(live);
    if ((live->summed_up && timeline_add(&live->timeline, frame, error)) ||
        report(live, frame, error))
        return -1;
    if (live->recorder && recorder_add(live->recorder, frame, frame->faces, error))
        return -1;
    if (live->take)
        go_on_with_take(live, frame);
    if (live->view && view_wants_explanation(live->view) && explain(live, error))
        return -1;
    live->done++;
    live->last_frame = monotonic_now();
    if (live->view)
        view_set_picture(live->view, frame_bgr(frame), frame->faces, frame->face_count,
                         frame->time);
    return 0;
}

static bool is_finished(const struct live *live)
{
    return pipeline_done(live->pipeline) || (live->limit > 0 && live->done >= live->limit);
}

static int loop_headless(struct live *live, struct error *error)
{
    while (!is_finished(live)) {
        struct frame *frame = pipeline_wait(live->pipeline);
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
    live->smoothing = smoothing_step(live->smoothing, direction);
    expressions_smoother_set(live->smoother, live->smoothing, NULL);
    snprintf(text, sizeof text, "smoothing %.1f s%s", live->smoothing,
             live->smoothing > 0 ? "" : ": raw values");
    view_say(live->view, text);
}

static void toggle_adapting(struct live *live)
{
    live->adapting = !live->adapting;
    expressions_adapt(live->smoother, live->adapting, NULL);
    view_say(live->view, live->adapting ? "adapts to faces at rest, after ten seconds of each"
                                        : "does not adapt to faces at rest");
}

/* Matroska takes all that a camera may do, and what was written is playable even after a crash. */
static void begin_take(struct live *live)
{
    char name[DATED_NAME_SIZE];
    struct error error;
    dated_name(name, ".mkv");
    if (recorder_create(&live->take, name, resource_font(), &live->source, &error))
        view_say(live->view, error.text);
}

/* Leaves the present camera for another one that was opened. */
static int switch_camera(struct live *live, const struct camera *camera,
                         const struct source *opened, struct error *error)
{
    struct error reason;
    char text[256];
    pipeline_join(live->pipeline, &reason);
    source_close(&live->source);
    live->source = *opened;
    live->frame = NULL;
    live->calibrating = 0;
    if (live_start_smoother(live, error))
        return -1;
    if (live->take)
        end_take(live, NULL);
    live->last_frame = monotonic_now();
    snprintf(text, sizeof text, "%.100s %.100s", camera->path, camera->name);
    view_say(live->view, text);
    return live_start_pipeline(live, error);
}

/* To the first camera after the present one, by number, that can be opened; where there is none,
 * says why the last could not. */
static int try_others(struct live *live, const struct camera *cameras, int count,
                      struct error *error)
{
    const struct options *options = live->options;
    struct source opened;
    struct error reason;
    char text[sizeof reason.text];
    int present = -1;
    for (int i = 0; i < count; i++) {
        if (cameras_same(live->source.name, cameras[i].path))
            present = i;
    }
    int others = present < 0 ? count : count - 1;
    if (others == 0)
        view_say(live->view, "there is no other camera");
    for (int i = 1; i <= others; i++) {
        const struct camera *camera = &cameras[(present + i) % count];
        if (source_open_camera(&opened, camera->path, options->width, options->height, options->fps,
                               &reason) == 0)
            return switch_camera(live, camera, &opened, error);
        snprintf(text, sizeof text, "%.100s: %.800s", camera->path, reason.text);
        view_say(live->view, text);
    }
    return 0;
}

static int next_camera(struct live *live, struct error *error)
{
    if (live->options->input == INPUT_CAMERA && !live->recorder) {
        struct camera *cameras;
        int count = cameras_find(&cameras), result = try_others(live, cameras, count, error);
        free(cameras);
        return result;
    }
    view_say(live->view, live->recorder ? "--output holds one camera; start again for another"
                                        : "this is no camera");
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
    case VIEW_ADAPT:
        toggle_adapting(live);
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
    int longest = live->source.live ? signal_check_ms : -1;
    while (!live->quit) {
        enum view_request request = view_next(live->view, longest);
        if (request == VIEW_IDLE)
            break;
        live->quit = request == VIEW_QUIT;
        if (obey(live, request, error))
            return -1;
        *redraw = *redraw || request != VIEW_NOTHING;
        longest = 0;
    }
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
             "memory %.0f MB\nsmoothing %.1f s%s",
             view_rate(live->view), pipeline_dropped(live->pipeline),
             statistics_quantile(statistics, STAGE_LATENCY, 0.5),
             statistics_quantile(statistics, STAGE_LATENCY, 0.95),
             statistics_quantile(statistics, STAGE_DETECTION, 0.5),
             statistics_quantile(statistics, STAGE_RECOGNITION, 0.5),
             statistics_quantile(statistics, STAGE_DRAWING, 0.5), statistics_resident_megabytes(),
             live->smoothing, live->adapting ? ", adapting" : "");
    view_set_statistics(live->view, text);
}

/* What the network sees of each face; of held ones nothing. */
static int show_inputs(struct live *live, struct error *error)
{
    const struct frame *frame = live->frame;
    const uint8_t *crops[EXPRESSIONS_MAX_FACES];
    for (int i = 0; i < frame->face_count; i++)
        crops[i] = expressions_latest_crop(live->vision.recognizer, i);
    return view_set_inputs(live->view, crops, error);
}

static int draw(struct live *live, const struct frame *fresh, struct error *error)
{
    if (view_wants_statistics(live->view) && live->frame && show_inputs(live, error))
        return -1;
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
        struct frame *frame = live->paused ? NULL : pipeline_take(live->pipeline);
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
