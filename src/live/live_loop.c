#include "live_loop.h"

#include "choosing.h"
#include "explanation.h"
#include "library_error.h"
#include "monotonic.h"
#include "process.h"
#include "smoothing_step.h"
#include "take.h"

#include <stdio.h>

/* A camera that gives no frame for this long has no signal. Seconds. */
static const double longest_silence = 2;
/* How often signal and cameras are checked. */
static const int check_ms = 250;
/* The same while a menu waits for cameras. */
static const int menu_check_ms = 50;

/* The face of the latest frame with this id, or NULL. */
static const struct expressions_face *find_face(const struct session *session, int id)
{
    const struct frame *frame = session->frame;
    return frame ? faces_find(frame->faces, frame->face_count, id) : NULL;
}

static void follow_calibration(struct session *session)
{
    const struct expressions_face *face = find_face(session, session->calibrating);
    if (face && face->calibration == EXPRESSIONS_COLLECTING)
        return;
    session->calibrating = 0;
    view_say(session->view,
             face ? "calibrated; the same key undoes it" : "not calibrated: the face was lost");
}

static void calibrate(struct session *session)
{
    const struct expressions_face *face = find_face(session, view_chosen(session->view));
    bool by_hand = face && (face->calibration == EXPRESSIONS_COLLECTING ||
                            face->calibration == EXPRESSIONS_CALIBRATED);
    bool begins = face && !by_hand && session->calibrating != face->id;
    if (begins)
        begins = expressions_calibrate(session->smoother, face->id, NULL) == EXPRESSIONS_OK;
    else if (face)
        expressions_uncalibrate(session->smoother, face->id, NULL);
    session->calibrating = begins ? face->id : 0;
    view_say(session->view, begins ? "look neutral for two seconds"
                            : face ? "calibration undone"
                                   : "no face to calibrate");
}

static int recognize(struct session *session, struct frame *frame, struct error *error)
{
    struct expressions_picture picture = frame_grey(frame);
    struct expressions_error why;
    double begin = monotonic_now();
    if (expressions_recognize(session->vision.recognizer, &picture, frame->faces, frame->face_count,
                              &why))
        return library_failed(error, &why);
    double end = monotonic_now();
    statistics_add(&session->statistics, STAGE_RECOGNITION, end, end - begin);
    if (frame->detection_seconds > 0)
        statistics_add(&session->statistics, STAGE_DETECTION, end, frame->detection_seconds);
    if (expressions_smooth(session->smoother, frame->time, frame->faces, frame->face_count, &why))
        return library_failed(error, &why);
    session->frame = frame;
    return 0;
}

static int process(struct session *session, struct frame *frame, struct error *error)
{
    if (recognize(session, frame, error))
        return -1;
    if (session->calibrating)
        follow_calibration(session);
    if (results_add(session->results, session->source.name, frame, error))
        return -1;
    setup_report_missing(&session->missing);
    if (session->take)
        take_add(session, frame);
    if (session->view && explanation_show(&session->vision, session->view, frame, error))
        return -1;
    session->done++;
    session->last_frame = monotonic_now();
    if (session->view)
        view_set_picture(session->view, &frame->picture, frame->faces, frame->face_count,
                         frame->time);
    return 0;
}

static bool is_finished(const struct session *session)
{
    return pipeline_done(session->pipeline) ||
           (session->limit > 0 && session->done >= session->limit);
}

static int loop_headless(struct session *session, struct error *error)
{
    while (!is_finished(session)) {
        struct frame *frame = pipeline_wait(session->pipeline);
        if (frame && process(session, frame, error))
            return -1;
        double now = monotonic_now();
        if (frame)
            statistics_add(&session->statistics, STAGE_LATENCY, now, now - frame->grabbed);
        if (!session->options->quiet)
            progress_bar_update(&session->progress, (double)session->done, NULL);
    }
    return 0;
}

static void change_smoothing(struct session *session, int direction)
{
    char text[64];
    session->smoothing = smoothing_step(session->smoothing, direction);
    expressions_smoother_set(session->smoother, session->smoothing, NULL);
    snprintf(text, sizeof text, "smoothing %.1f s%s", session->smoothing,
             session->smoothing > 0 ? "" : ": raw values");
    view_say(session->view, text);
}

static void toggle_adapting(struct session *session)
{
    session->adapting = !session->adapting;
    expressions_adapt(session->smoother, session->adapting, NULL);
    view_say(session->view, session->adapting
                                ? "adapting to faces at rest, after ten seconds of each"
                                : "not adapting to faces at rest");
}

/* What concerns the picture, and means nothing where there is none. */
static void obey_picture(struct session *session, enum view_request request)
{
    switch (request) {
    case VIEW_PAUSE:
        session->paused = !session->paused;
        view_set_paused(session->view, session->paused);
        break;
    case VIEW_RECORD:
        if (session->take)
            take_end(session, NULL);
        else
            take_begin(session);
        break;
    case VIEW_CALIBRATE:
        calibrate(session);
        break;
    case VIEW_ADAPT:
        toggle_adapting(session);
        break;
    case VIEW_SMOOTHER:
    case VIEW_SHARPER:
        change_smoothing(session, request == VIEW_SMOOTHER ? 1 : -1);
        break;
    default:
        break;
    }
}

static void obey(struct session *session, enum view_request request)
{
    switch (request) {
    case VIEW_NEXT_CAMERA:
        choosing_next_camera(session);
        break;
    case VIEW_MENU:
        choosing_menu(session);
        break;
    case VIEW_CHOICE:
        choosing_choice(session);
        break;
    case VIEW_DROP:
        choosing_video(session, view_dropped(session->view));
        break;
    default:
        if (session->source.read)
            obey_picture(session, request);
    }
}

/* Handles what has happened so far. */
static bool handle_events(struct session *session)
{
    bool redraw = false;
    bool changes = session->source.live || !session->source.read || session->opening;
    int longest = session->menu_due > 0 ? menu_check_ms : changes ? check_ms : -1;
    while (!session->quit) {
        enum view_request request = view_next(session->view, longest);
        if (request == VIEW_IDLE)
            break;
        session->quit = request == VIEW_QUIT;
        obey(session, request);
        redraw = redraw || request != VIEW_NOTHING;
        longest = 0;
    }
    return redraw;
}

static void show_statistics(struct session *session)
{
    const struct statistics *statistics = &session->statistics;
    char text[400];
    snprintf(text, sizeof text,
             "%.1f fps, %ld dropped\n"
             "latency %.0f ms\n95 %% under %.0f ms\n"
             "detection %.1f ms, %.0f/s\nrecognition %.1f ms\ndrawing %.1f ms\n"
             "memory %.0f MB\nsmoothing %.1f s%s",
             view_rate(session->view), pipeline_dropped(session->pipeline),
             statistics_quantile(statistics, STAGE_LATENCY, 0.5),
             statistics_quantile(statistics, STAGE_LATENCY, 0.95),
             statistics_quantile(statistics, STAGE_DETECTION, 0.5),
             statistics_rate(statistics, STAGE_DETECTION),
             statistics_quantile(statistics, STAGE_RECOGNITION, 0.5),
             statistics_quantile(statistics, STAGE_DRAWING, 0.5),
             (double)process_memory().resident / 1e6, session->smoothing,
             session->adapting ? ", adapting" : "");
    view_set_statistics(session->view, text);
}

/* What the network sees of each face; of held ones nothing. */
static int show_inputs(struct session *session, struct error *error)
{
    const struct frame *frame = session->frame;
    const uint8_t *crops[EXPRESSIONS_MAX_FACES];
    for (int i = 0; i < frame->face_count; i++)
        crops[i] = expressions_latest_crop(session->vision.recognizer, i);
    return view_set_inputs(session->view, crops, error);
}

static int draw(struct session *session, const struct frame *fresh, struct error *error)
{
    if (view_wants_statistics(session->view) && session->frame && show_inputs(session, error))
        return -1;
    /* Numbers that change at each frame cannot be read. */
    if (view_wants_statistics(session->view) && session->done % 10 == 1)
        show_statistics(session);
    double begin = monotonic_now();
    if (view_draw(session->view, error))
        return -1;
    double end = monotonic_now();
    statistics_add(&session->statistics, STAGE_DRAWING, end, end - begin);
    if (fresh)
        statistics_add(&session->statistics, STAGE_LATENCY, end, end - fresh->grabbed);
    return 0;
}

/* True when what is shown has to change. */
static bool check_signal(struct session *session)
{
    bool waiting = session->source.live && !session->paused && session->done > 0;
    bool silent = waiting && monotonic_now() - session->last_frame > longest_silence;
    if (silent == session->silent)
        return false;
    session->silent = silent;
    view_set_signal(session->view, !silent);
    if (!silent)
        view_say(session->view, "the camera is back");
    return true;
}

/* After a film that was opened in the window, others can be opened; when any other source ends, so
 * does the program. */
static bool leave(struct session *session)
{
    struct error reason = {.text = ""};
    bool another = session->chosen && session->input == INPUT_VIDEO;
    if (!another || process_stopping() || (session->limit > 0 && session->done >= session->limit))
        return false;
    pipeline_join(session->pipeline, &reason);
    choosing_leave(session, &reason);
    return true;
}

static int loop_window(struct session *session, struct error *error)
{
    for (;;) {
        bool stays = session->source.read && !opening_succeeded(session->opening);
        bool ended = stays && is_finished(session);
        if (ended && !leave(session))
            return 0;
        bool redraw = handle_events(session) || ended;
        if (session->quit)
            return 0;
        int failed;
        redraw = choosing_follow(session, &failed, error) || redraw;
        if (failed)
            return -1;
        bool takes = session->source.read && !session->paused;
        struct frame *frame = takes ? pipeline_take(session->pipeline) : NULL;
        if (frame && process(session, frame, error))
            return -1;
        redraw = check_signal(session) || redraw;
        if ((frame || redraw) && draw(session, frame, error))
            return -1;
    }
}

int live_loop(struct session *session, struct error *error)
{
    return session->view ? loop_window(session, error) : loop_headless(session, error);
}
