/* Each face's probabilities over time: smoothed, and named without flicker. One thread at a time.
 */
#ifndef SMOOTHER_H
#define SMOOTHER_H

#include "recognizer.h"

/* Below this probability of the best label, the network is taken to be undecided. */
#define SMOOTHER_UNCERTAIN 0.35
/* How much better another label must be before it is shown instead, and how far the best one must
 * rise above SMOOTHER_UNCERTAIN before it is shown again. */
#define SMOOTHER_MARGIN 0.05

struct smoother_slot {
    int id; /* of the face; 0: free slot */
    double time;
    float raw[LABEL_COUNT], smoothed[LABEL_COUNT];
    int label;
    bool uncertain;
};

/* All zeros at first, but for `seconds`. */
struct smoother {
    double seconds; /* time constant; 0 shows raw values */
    struct smoother_slot slots[FRAME_MAX_FACES];
};

/* Takes the faces of one frame, which the recognizer has filled, and completes them: with p the
 * network's answer, dt the time since the face's last frame and tau the time constant,
 *
 *     s += (1 - exp(-dt / tau)) (p - s)
 *
 * which makes the result independent of the frame rate. A held face keeps its values. Faces that
 * do not come any more are forgotten. */
void smoother_run(struct smoother *smoother, struct face *faces, int count, double time);

/* The time constant that the keys `+` (direction 1) and `-` (direction -1) lead to. */
double smoother_step(double seconds, int direction);

#endif
