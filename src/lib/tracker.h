/* Which face of this frame is which face of earlier frames: identity, and boxes without jitter;
 * and where faces are looked for in the next frame.
 *
 * Each side and centre of a box runs through a One Euro filter (Casiez, Roussel & Vogel 2012): a
 * low-pass whose cutoff rises with speed. A box at rest does not tremble, and one that moves
 * evenly, however fast, lags behind by less than TRACK_LAG of its side. Times are in seconds, those
 * of the source, so that the result does not depend on how fast frames are worked through. One
 * thread at a time. */
#ifndef TRACKER_H
#define TRACKER_H

#include "cuts.h"
#include "detector.h"
#include "grey_frame.h"

#include <stdbool.h>

#define TRACK_LAG    0.02
#define TRACK_HOLD   0.5  /* seconds that a face which is not found is kept */
#define TRACK_DENIED 0.15 /* and shown, where its place does not look like a face any more */

struct track_axis {
    double raw;   /* as measured last, pixels; while the face is missed, as expected */
    double value; /* filtered */
    double speed; /* pixels a second */
};

struct track {
    int id;       /* 0 until the face is found a second time: false alarms rarely repeat */
    bool skipped; /* set before an update: its face was not looked for this time */
    bool found;   /* in the last frame */
    bool denied;  /* its place did not look like a face when it was looked for last */
    double seen;  /* when it was found last */
    struct track_axis x, y, side; /* centre and side */
};

/* All zeros at first. */
struct tracker {
    int count;
    struct track tracks[EXPRESSIONS_MAX_FACES]; /* in the order in which they came */
    int last_id;
    bool started;
    double time; /* of the last update */
};

/* Where the track's face will be if it goes on moving as it does. */
struct box track_expect(const struct tracker *tracker, const struct track *track, double time);

/* Gives the boxes found at `time`, EXPRESSIONS_MAX_FACES at most, to the tracks: the nearest pairs
 * first, where each track is expected. Boxes that belong to none begin tracks; tracks that have not
 * been seen for TRACK_HOLD end. What is found in the very first frame counts at once. */
void tracker_update(struct tracker *tracker, const struct box *boxes, int count, double time);

/* The tracks that count and have not been denied for TRACK_DENIED, as faces with box, id and held,
 * each moved on to `time` as it moves, by TRACK_HOLD at most. Those that have left a picture of
 * this size are left out. Returns how many they are, `capacity` at most. */
int tracker_faces(const struct tracker *tracker, int width, int height, double time,
                  struct expressions_face *faces, int capacity);

/* ---- Live detection -------------------------------------------------------------------------- */

/* Each known face is sought in a small window around where it is expected, in every frame, and new
 * faces in the whole reduced frame, a range of face sizes at a time, so that no frame takes much
 * longer than another. */

/* Within this time, in seconds of the source, all face sizes have had their turn: the first for
 * FOLLOWER_NEW after a cut, the last once the scene is older and all known faces are found. */
#define FOLLOWER_CUT   0.05
#define FOLLOWER_ROUND 0.1
#define FOLLOWER_CALM  0.25
#define FOLLOWER_NEW   0.15

/* How many known faces are looked for in a frame; where there are more, they take turns. */
enum { FOLLOWER_LOOKS = 4 };

/* All zeros at first, except the detector, which is not owned. */
struct follower {
    struct detector *detector;
    struct tracker tracker;
    int first;         /* of the tracks, to be looked for next */
    int range;         /* of sizes, whose turn is next */
    double turns;      /* ranges due; a fraction is carried over */
    int width, height; /* of the last frame */
    struct cuts cuts;
    double cut; /* when the scene began that is shown */
};

/* Updates the tracks by what is found in the frame; its boxes are scratch. A frame of another size
 * than the last one, or after a cut, is a new scene: what is found in it counts at once, and its
 * faces get new ids. */
int follower_run(struct follower *follower, struct grey_frame *frame, struct error *error);

/* The same with the boxes that are in the frame already; does not look at its pixels. */
void follower_take(struct follower *follower, const struct grey_frame *frame);

#endif
