/* Each face's probabilities over time: smoothed, and named without flicker. One thread at a time.
 */
#ifndef SMOOTHER_H
#define SMOOTHER_H

#include "expressions.h"
#include "labels.h"

#include <stdbool.h>

/* Below this probability of the best label it is not shown: "uncertain". The models are calibrated,
 * so that such a label would be wrong more often than right. */
#define SMOOTHER_UNCERTAIN 0.5

/* How much better another label must be before it is shown instead, and how far the best one must
 * rise above SMOOTHER_UNCERTAIN before it is shown again. */
#define SMOOTHER_MARGIN 0.05

/* How long a neutral face is held to calibrate, in seconds of the source. */
#define SMOOTHER_CALIBRATION 2.0

struct smoother_slot {
    int id; /* of the face; 0: free slot */
    double time;
    float raw[LABEL_COUNT], smoothed[LABEL_COUNT];
    int label;
    bool uncertain;
    enum expressions_calibration state;
    double collect_end; /* when the collection ends */
    int collected;      /* answers */
    double
        offset[LABEL_COUNT]; /* of log-probabilities; while collecting, the sum of the answers' */
};

/* All zeros at first, but for `seconds`. */
struct smoother {
    double seconds; /* time constant; 0 shows raw values */
    struct smoother_slot slots[EXPRESSIONS_MAX_FACES];
};

/* Takes the faces of one frame, which the recognizer has filled, and completes them: with p the
 * network's answer, dt the time since the face's last frame and tau the time constant,
 *
 *     s += (1 - exp(-dt / tau)) (p - s)
 *
 * which makes the result independent of the frame rate. A held face keeps its values. Faces that
 * do not come any more are forgotten. */
void smoother_run(struct smoother *smoother, struct expressions_face *faces, int count,
                  double time);

/* Begins to collect the answers to this face for SMOOTHER_CALIBRATION seconds, during which the
 * person looks neutral; afterwards the offset in log-probabilities that makes their mean the
 * distribution of a clearly neutral face corrects each answer p of this face,
 *
 *     p_k exp(offset_k) / sum over j of p_j exp(offset_j)
 *
 * until the face is lost, or this is called with `on` false. Returns -1 where there is no such
 * face. */
int smoother_calibrate(struct smoother *smoother, int id, bool on);

#endif
