#include "follower.h"

#include <math.h>
#include <string.h>

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
