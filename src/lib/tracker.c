#include "tracker.h"

#include "internal.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- Tracks ---------------------------------------------------------------------------------- */

/* Cutoff frequencies in Hz. The steady lag at a speed of v sides a second is
 * v / (2 pi (rest + rise v)) < 1 / (2 pi rise) sides. */
static const double rest_cutoff = 1.0;
static const double speed_cutoff = 2.0;
static const double two_pi = 6.28318530717958648;
static const double cutoff_rise = 1 / (6.28318530717958648 * TRACK_LAG);

/* A box may lie this far from where it was expected: the distance of the centres, in sides of the
 * face, plus the logarithm of the ratio of sizes. It needs no overlap, which fast small faces do
 * not have. */
static const double farthest = 0.8;

struct pair {
    int track, box;
    double distance;
};

static double share(double dt, double cutoff)
{
    return 1 - exp(-two_pi * cutoff * dt);
}

static void axis_start(struct track_axis *axis, double raw)
{
    *axis = (struct track_axis){.raw = raw, .value = raw};
}

static void axis_follow(struct track_axis *axis, double raw, double dt, double side)
{
    axis->speed += share(dt, speed_cutoff) * ((raw - axis->raw) / dt - axis->speed);
    double cutoff = rest_cutoff + cutoff_rise * fabs(axis->speed) / side;
    axis->value += share(dt, cutoff) * (raw - axis->value);
    axis->raw = raw;
}

static void axis_coast(struct track_axis *axis, double dt)
{
    axis->raw += axis->speed * dt;
    axis->value += axis->speed * dt;
}

static struct box square(double x, double y, double side)
{
    int length = (int)lround(side);
    return (struct box){(int)lround(x - side / 2), (int)lround(y - side / 2), length, length};
}

struct box track_expect(const struct tracker *tracker, const struct track *track, double time)
{
    double dt = time - tracker->time;
    return square(track->x.raw + track->x.speed * dt, track->y.raw + track->y.speed * dt,
                  track->side.raw);
}

static double centre_x(struct box box)
{
    return box.x + box.width / 2.0;
}

static double centre_y(struct box box)
{
    return box.y + box.height / 2.0;
}

static double distance_between(struct box expected, struct box found)
{
    double dx = centre_x(found) - centre_x(expected);
    double dy = centre_y(found) - centre_y(expected);
    double ratio = (double)found.width / expected.width;
    return hypot(dx, dy) / fmax(expected.width, found.width) + fabs(log(ratio));
}

/* The nearest track and box that are both without partner; false where all are too far. */
static bool find_nearest(const struct tracker *tracker, const struct box *expected,
                         const struct box *boxes, int count, const bool *taken,
                         struct pair *nearest)
{
    nearest->distance = farthest;
    bool any = false;
    for (int t = 0; t < tracker->count; t++) {
        for (int b = 0; b < count && !tracker->tracks[t].found; b++) {
            double distance = taken[b] ? INFINITY : distance_between(expected[t], boxes[b]);
            if (distance < nearest->distance) {
                *nearest = (struct pair){t, b, distance};
                any = true;
            }
        }
    }
    return any;
}

static void follow(struct tracker *tracker, struct track *track, struct box box, double time)
{
    double dt = fmax(time - tracker->time, 1e-3);
    double side = track->side.value;
    axis_follow(&track->x, centre_x(box), dt, side);
    axis_follow(&track->y, centre_y(box), dt, side);
    axis_follow(&track->side, box.width, dt, side);
    track->found = true;
    track->denied = false;
    track->seen = time;
    if (track->id == 0)
        track->id = ++tracker->last_id;
}

/* Once the cascade misses a whole face, it may find one in a part of it. Denied tracks do not
 * count: nothing there looks like a face any more. */
static bool covers_known(const struct tracker *tracker, struct box box)
{
    for (int t = 0; t < tracker->count; t++) {
        const struct track *track = &tracker->tracks[t];
        if (track->denied)
            continue;
        double apart = fmax(fabs(centre_x(box) - track->x.raw), fabs(centre_y(box) - track->y.raw));
        if (apart < fmax(track->side.raw, box.width) / 2)
            return true;
    }
    return false;
}

static void begin_track(struct tracker *tracker, struct box box, double time)
{
    if (tracker->count == EXPRESSIONS_MAX_FACES || covers_known(tracker, box))
        return;
    struct track *track = &tracker->tracks[tracker->count++];
    *track = (struct track){.found = true, .seen = time};
    axis_start(&track->x, centre_x(box));
    axis_start(&track->y, centre_y(box));
    axis_start(&track->side, box.width);
    if (!tracker->started)
        track->id = ++tracker->last_id;
}

/* A track that was skipped stays as it was, found or missed. */
static void coast_or_end(struct tracker *tracker, const bool *missed, double time)
{
    int kept = 0;
    for (int t = 0; t < tracker->count; t++) {
        struct track track = tracker->tracks[t];
        if (!track.found && !track.skipped && (track.id == 0 || time - track.seen > TRACK_HOLD))
            continue;
        if (!track.found) {
            axis_coast(&track.x, time - tracker->time);
            axis_coast(&track.y, time - tracker->time);
            track.found = track.skipped && !missed[t];
        }
        track.skipped = false;
        tracker->tracks[kept++] = track;
    }
    tracker->count = kept;
}

void tracker_update(struct tracker *tracker, const struct box *boxes, int count, double time)
{
    struct box expected[EXPRESSIONS_MAX_FACES];
    bool taken[EXPRESSIONS_MAX_FACES] = {false};
    bool missed[EXPRESSIONS_MAX_FACES];
    for (int t = 0; t < tracker->count; t++) {
        expected[t] = track_expect(tracker, &tracker->tracks[t], time);
        missed[t] = !tracker->tracks[t].found;
        tracker->tracks[t].found = false;
    }
    struct pair nearest;
    while (find_nearest(tracker, expected, boxes, count, taken, &nearest)) {
        follow(tracker, &tracker->tracks[nearest.track], boxes[nearest.box], time);
        taken[nearest.box] = true;
    }
    coast_or_end(tracker, missed, time);
    for (int b = 0; b < count; b++) {
        if (!taken[b])
            begin_track(tracker, boxes[b], time);
    }
    tracker->started = true;
    tracker->time = time;
}

int tracker_faces(const struct tracker *tracker, int width, int height, double time,
                  struct expressions_face *faces, int capacity)
{
    double ahead = fmin(fmax(time - tracker->time, 0), TRACK_HOLD);
    int count = 0;
    for (int t = 0; t < tracker->count && count < capacity; t++) {
        const struct track *track = &tracker->tracks[t];
        struct box box = square(track->x.value + track->x.speed * ahead,
                                track->y.value + track->y.speed * ahead, track->side.value);
        struct box inside = box_clip(box, width, height);
        bool gone = !track->found && track->denied && time - track->seen > TRACK_DENIED;
        if (track->id == 0 || gone || inside.width <= 0 || inside.height <= 0)
            continue;
        faces[count++] = (struct expressions_face){
            .box = {box.x, box.y, box.width, box.height}, .id = track->id, .held = !track->found};
    }
    return count;
}

/* ---- Live detection -------------------------------------------------------------------------- */

/* In seconds. */
static double time_for_a_round(const struct follower *follower, double time)
{
    const struct tracker *tracker = &follower->tracker;
    bool found = tracker->count > 0;
    for (int t = 0; t < tracker->count; t++)
        found = found && tracker->tracks[t].found;
    bool new = time - follower->cut < FOLLOWER_NEW;
    return new ? FOLLOWER_CUT : found ? FOLLOWER_CALM : FOLLOWER_ROUND;
}

/* How many ranges are due in this frame: all in the first one. */
static int ranges_due(struct follower *follower, double time)
{
    if (!follower->tracker.started)
        return DETECTOR_RANGES;
    double since = fmax(time - follower->tracker.time, 0);
    double share = since / time_for_a_round(follower, time);
    follower->turns = fmin(follower->turns + share * DETECTOR_RANGES, DETECTOR_RANGES);
    int due = (int)follower->turns;
    follower->turns -= due;
    return due;
}

/* Where the cascade is silent, the verifier decides whether the face is still there: tilted or
 * turned too far for the cascade, or gone. */
static int look_for_track(struct follower *follower, struct grey_frame *frame, struct track *track,
                          struct error *error)
{
    struct detector *detector = follower->detector;
    struct box expected = track_expect(&follower->tracker, track, frame->time);
    int known = frame->box_count;
    if (track->id == 0)
        return detector_confirm(detector, frame, expected, error);
    if (detector_look(detector, frame, expected, error))
        return -1;
    if (frame->box_count > known || !detector_has_verifier(detector))
        return 0;
    float score = detector_verify(detector, frame, expected);
    track->denied = score < DETECTOR_NEW;
    if (score >= DETECTOR_SILENT)
        detector_add(frame, expected, score);
    return 0;
}

static int look_for_known(struct follower *follower, struct grey_frame *frame, struct error *error)
{
    struct tracker *tracker = &follower->tracker;
    int looks = tracker->count < FOLLOWER_LOOKS ? tracker->count : FOLLOWER_LOOKS;
    for (int t = 0; t < tracker->count; t++)
        tracker->tracks[t].skipped = true;
    for (int i = 0; i < looks; i++) {
        struct track *track = &tracker->tracks[(follower->first + i) % tracker->count];
        track->skipped = false;
        if (look_for_track(follower, frame, track, error))
            return -1;
    }
    follower->first = tracker->count > 0 ? (follower->first + looks) % tracker->count : 0;
    return 0;
}

/* Looks for new faces in sizes of the range whose turn it is. What the first frame of a scene shows
 * counts at once, so it is confirmed at once too, and before other ranges are searched: a false
 * face would hide a true one from them. */
static int scan(struct follower *follower, struct grey_frame *frame, struct error *error)
{
    struct box found[EXPRESSIONS_MAX_FACES];
    int known = frame->box_count, range = follower->range;
    follower->range = (range + 1) % DETECTOR_RANGES;
    if (detector_scan(follower->detector, frame, range, error))
        return -1;
    if (follower->tracker.started)
        return 0;
    int count = frame->box_count - known;
    memcpy(found, frame->boxes + known, (size_t)count * sizeof *found);
    frame->box_count = known;
    for (int i = 0; i < count; i++) {
        if (detector_confirm(follower->detector, frame, found[i], error))
            return -1;
    }
    return 0;
}

static void begin_scene(struct follower *follower, const struct grey_frame *frame, bool cut)
{
    if (!cut && follower->width == frame->grey.width && follower->height == frame->grey.height)
        return;
    follower->tracker = (struct tracker){.last_id = follower->tracker.last_id};
    follower->width = frame->grey.width;
    follower->height = frame->grey.height;
    follower->cut = frame->time;
}

void follower_take(struct follower *follower, const struct grey_frame *frame)
{
    begin_scene(follower, frame, false);
    tracker_update(&follower->tracker, frame->boxes, frame->box_count, frame->time);
}

int follower_run(struct follower *follower, struct grey_frame *frame, struct error *error)
{
    struct tracker *tracker = &follower->tracker;
    double time = frame->time;
    frame->box_count = 0;
    begin_scene(follower, frame, cuts_look(&follower->cuts, &frame->grey));
    if (look_for_known(follower, frame, error))
        return -1;
    for (int due = ranges_due(follower, time); due > 0; due--) {
        if (scan(follower, frame, error))
            return -1;
    }
    if (!tracker->started && frame->box_count == 0 && detector_has_verifier(follower->detector) &&
        detector_find_sure(follower->detector, frame, error))
        return -1;
    tracker_update(tracker, frame->boxes, frame->box_count, time);
    frame->box_count = 0;
    return 0;
}

/* ---- The library's functions ----------------------------------------------------------------- */

struct expressions_tracker {
    struct expressions_detector *detector; /* NULL where the caller brings the boxes */
    struct follower follower;
    struct grey_copy grey;
    double time;          /* of the last frame */
    pthread_mutex_t lock; /* guards what follows: how the last frame ended */
    struct tracker latest;
    int width, height; /* of that frame, pixels */
};

/* These calls fail only by a mistake of ours. */
static void lock(struct expressions_tracker *tracker)
{
    int code = pthread_mutex_lock(&tracker->lock);
    assert(code == 0);
    (void)code;
}

static void unlock(struct expressions_tracker *tracker)
{
    int code = pthread_mutex_unlock(&tracker->lock);
    assert(code == 0);
    (void)code;
}

enum expressions_status
expressions_tracker_open(struct expressions_tracker **tracker,
                         const struct expressions_tracker_settings *settings,
                         struct expressions_error *error)
{
    static const struct expressions_tracker_settings defaults = EXPRESSIONS_TRACKER_DEFAULTS;
    if (!tracker)
        return fail_null(error, "tracker");
    if (!settings)
        settings = &defaults;
    enum expressions_status status = CHECK_SETTINGS(settings, error);
    if (status != EXPRESSIONS_OK)
        return status;
    struct expressions_tracker *made = calloc(1, sizeof *made);
    if (!made || pthread_mutex_init(&made->lock, NULL)) {
        free(made);
        return fail_no_memory(error, "the tracker");
    }
    made->detector = settings->detector;
    made->follower.detector = made->detector ? made->detector->detector : NULL;
    made->time = -INFINITY;
    *tracker = made;
    return EXPRESSIONS_OK;
}

void expressions_tracker_close(struct expressions_tracker **tracker)
{
    if (!tracker || !*tracker)
        return;
    pthread_mutex_destroy(&(*tracker)->lock);
    free((*tracker)->grey.pixels);
    free(*tracker);
    *tracker = NULL;
}

static enum expressions_status check_frame(const struct expressions_tracker *tracker, double time,
                                           const struct expressions_box *boxes, int box_count,
                                           struct expressions_error *error)
{
    enum expressions_status status = check_time(time, error);
    if (status != EXPRESSIONS_OK)
        return status;
    if (time < tracker->time)
        return fail_argument(error, "`time` is %g, before the last frame's, %g", time,
                             tracker->time);
    if (!boxes && box_count != 0)
        return fail_argument(error, "`boxes` is NULL, but `box_count` is %d", box_count);
    if (!boxes && !tracker->detector)
        return fail_argument(error, "`boxes` is NULL, and the tracker has no detector");
    if (box_count > EXPRESSIONS_MAX_FACES)
        return fail_argument(error, "`box_count` is %d; at most %d are followed", box_count,
                             EXPRESSIONS_MAX_FACES);
    return check_boxes(boxes, box_count, "box_count", error);
}

/* Brings the frame's boxes, found or given, to the tracks. */
static enum expressions_status take_frame(struct expressions_tracker *tracker,
                                          const struct expressions_picture *picture, double time,
                                          const struct expressions_box *boxes, int count,
                                          struct expressions_error *error)
{
    struct grey_frame frame = {.time = time};
    if (boxes) {
        frame.grey.width = picture->width;
        frame.grey.height = picture->height;
        frame.box_count = count;
        for (int i = 0; i < count; i++)
            frame.boxes[i] = to_box(boxes[i]);
        follower_take(&tracker->follower, &frame);
        return EXPRESSIONS_OK;
    }
    struct error why;
    enum expressions_status status = to_grey(picture, &tracker->grey, &frame.grey, error);
    if (status == EXPRESSIONS_OK && follower_run(&tracker->follower, &frame, &why))
        return fail_with(error, &why);
    return status;
}

static void publish(struct expressions_tracker *tracker, const struct expressions_picture *picture)
{
    lock(tracker);
    tracker->latest = tracker->follower.tracker;
    tracker->width = picture->width;
    tracker->height = picture->height;
    unlock(tracker);
}

enum expressions_status expressions_track(struct expressions_tracker *tracker,
                                          const struct expressions_picture *picture, double time,
                                          const struct expressions_box *boxes, int box_count,
                                          struct expressions_face *faces, int capacity, int *count,
                                          struct expressions_error *error)
{
    if (!tracker)
        return fail_null(error, "tracker");
    enum expressions_status status = check_place(faces, capacity, count, error);
    if (status == EXPRESSIONS_OK)
        status = check_picture(picture, error);
    if (status == EXPRESSIONS_OK)
        status = check_frame(tracker, time, boxes, box_count, error);
    if (status == EXPRESSIONS_OK)
        status = take_frame(tracker, picture, time, boxes, box_count, error);
    if (status != EXPRESSIONS_OK)
        return status;
    tracker->time = time;
    publish(tracker, picture);
    *count = tracker_faces(&tracker->follower.tracker, picture->width, picture->height, time, faces,
                           capacity);
    return EXPRESSIONS_OK;
}

enum expressions_status expressions_expect(struct expressions_tracker *tracker,
                                           const struct expressions_picture *picture, double time,
                                           struct expressions_face *faces, int capacity, int *count,
                                           struct expressions_error *error)
{
    if (!tracker)
        return fail_null(error, "tracker");
    enum expressions_status status = check_place(faces, capacity, count, error);
    if (status == EXPRESSIONS_OK)
        status = check_time(time, error);
    if (status == EXPRESSIONS_OK)
        status = check_picture(picture, error);
    if (status != EXPRESSIONS_OK)
        return status;
    *count = 0;
    lock(tracker);
    if (tracker->width == picture->width && tracker->height == picture->height)
        *count =
            tracker_faces(&tracker->latest, picture->width, picture->height, time, faces, capacity);
    unlock(tracker);
    return EXPRESSIONS_OK;
}
