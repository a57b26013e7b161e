/* Which face of this frame is which face of earlier frames: identity, and boxes without jitter.
 *
 * Each side and centre of a box runs through a One Euro filter (Casiez, Roussel & Vogel 2012): a
 * low-pass whose cutoff rises with speed. A box at rest does not tremble, and one that moves
 * evenly, however fast, lags behind by less than TRACK_LAG of its side. Times are in seconds, those
 * of the source, so that the result does not depend on how fast frames are worked through. One
 * thread at a time. */
#ifndef TRACK_H
#define TRACK_H

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

/* Gives the boxes found at `time` to the tracks: the nearest pairs first, where each track is
 * expected. Boxes that belong to none begin tracks; tracks that have not been seen for TRACK_HOLD
 * end. What is found in the very first frame counts at once. */
void tracker_update(struct tracker *tracker, const struct box *boxes, int count, double time);

/* The tracks that count and have not been denied for TRACK_DENIED, as faces with box, id and held,
 * each moved on to `time` as it moves, by TRACK_HOLD at most. Those that have left a picture of
 * this size are left out. Returns how many they are, `capacity` at most. */
int tracker_faces(const struct tracker *tracker, int width, int height, double time,
                  struct expressions_face *faces, int capacity);

#endif
