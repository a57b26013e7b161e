/* Live detection: looks for each known face in a small window around where it is expected, in
 * every frame, and for new faces in the whole reduced frame, a range of face sizes at a time, so
 * that no frame takes much longer than another. One thread at a time. */
#ifndef FOLLOWER_H
#define FOLLOWER_H

#include "cuts.h"
#include "detector.h"
#include "track.h"

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
