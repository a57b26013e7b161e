#include "track.h"

#include <math.h>

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
    int length = (int)lround(fmax(side, 1));
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
    double side = fmax(track->side.value, 1);
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
    count = count < EXPRESSIONS_MAX_FACES ? count : EXPRESSIONS_MAX_FACES;
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
