/* What the network makes of one person's resting face, and its answers corrected by that.
 *
 * Some people look sad or angry to the network when they are calm. Two ways lead to a correction,
 * which is an offset of each label's log-probability:
 *
 *     p_k exp(offset_k) / sum over j of p_j exp(offset_j)
 *
 * Calibration: the person holds a neutral face for RESTING_CALIBRATION seconds, and the offsets
 * make the mean of these answers the distribution of a clearly neutral face.
 *
 * Adaptation, for angry, disgust, fear and sad alone: of all answers that are no smile and no
 * surprise, the median m_k of x_k = log(p_k / p_neutral) is followed by stochastic approximation
 * (Robbins & Monro 1951). After RESTING_CALM seconds of such answers, what a resting face leans to
 * beyond a ninth of neutral is slowly taken for its own, c_k <= RESTING_MOST, and taken back from
 * answers like those at rest:
 *
 *     offset_k = -c_k (1 - (x_k - m_k) / RESTING_FADE), the bracket limited to 0 .. 1
 *
 * So a face that shows clearly more than at rest is believed as it is, and happy, surprise and
 * neutral keep their proportions. One that seems plainly sad all the time, whose median would need
 * more than RESTING_MOST, is believed too: it cannot be told from a sad person. */
#ifndef RESTING_H
#define RESTING_H

#include "expressions.h"
#include "labels.h"

#include <stdbool.h>

#define RESTING_CALIBRATION 2.0
#define RESTING_CALM        10.0
#define RESTING_MOST        3.0
#define RESTING_FADE        0.1 /* nats: true expressions are seldom nearer to the resting face */

/* All zeros at first. Times are in seconds of the source. */
struct resting {
    bool calibrating, calibrated; /* on request; adaptation pauses meanwhile */
    double calibration_end;
    int collected;              /* answers; meanwhile `offset` is the sum of their logarithms */
    double offset[LABEL_COUNT]; /* of the calibration */
    double calm;                /* seconds of calm answers so far */
    double median[LABEL_COUNT]; /* of log(p_k / p_neutral) in them */
    double lean[LABEL_COUNT];   /* c of the adaptation */
};

/* Begins a calibration, or stops correcting by one. */
void resting_calibrate(struct resting *resting, bool on, double time);

/* Ends adaptation; what was learned is forgotten. */
void resting_forget(struct resting *resting);

/* Takes an answer that came `dt` seconds after the last one and replaces it by the corrected one.
 */
void resting_correct(struct resting *resting, float answer[LABEL_COUNT], double time, double dt,
                     bool adapting);

enum expressions_calibration resting_state(const struct resting *resting);

#endif
