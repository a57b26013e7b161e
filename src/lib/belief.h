/* What one face shows, as far as its answers over time tell: a hidden Markov model.
 *
 * A face shows one of the seven expressions, or none that the network can name, and keeps to it for
 * some seconds: expressions last from half a second to four (Ekman 2003). The probability of each,
 * given all answers so far, follows from the last one by the forward algorithm (Rabiner 1989;
 * Bishop 2006, 13.2.2), in continuous time: over dt seconds without an answer
 *
 *     b_k <- s b_k + (1 - s) / 8,    s = exp(-dt 8/7 / dwell)
 *
 * and with an answer p, which stands for the likelihoods,
 *
 *     b_k <- b_k (p_k + e)^n / sum,    for none: (1 - max p) u / (1 - u) in place of p_k
 *
 * u is the probability below which a label is not named, so that a steady p leads to `none` where
 * its best is less than u. e bounds what one answer can say. n is how many independent looks the
 * answer is worth: frames follow each other so closely that they repeat each other's errors, hence
 * n is dt over the time in which the errors change, at most 1, times how well the face is seen. So
 * the result depends on the time alone, not on the number of frames in it.
 *
 * Unmistakable answers change a label within `seconds`, whatever was there before; answers that
 * fluctuate add up to little and change nothing. */
#ifndef BELIEF_H
#define BELIEF_H

#include "labels.h"

#include <stdbool.h>

/* The best label is not named if its probability is below this. The models are calibrated, so such
 * a label would be wrong more often than right. */
#define BELIEF_UNCERTAIN 0.5

/* Every label is shown for at least this long, seconds. */
#define BELIEF_SHORTEST 0.4

enum { BELIEF_NONE = LABEL_COUNT, BELIEF_STATES };

/* All zeros at first. */
struct belief {
    bool begun;
    double time;                             /* of the last answer */
    double state[BELIEF_STATES];             /* b; sums to 1 */
    double sums[BELIEF_STATES][LABEL_COUNT]; /* of lately given answers, by what the face was taken
                                                to show then, weighted by looks */
    double looks[BELIEF_STATES];             /* the weights' own sums */
    int label;                               /* the one to show, or BELIEF_NONE */
    double since;    /* when it came up; for BELIEF_NONE, when the labels named in its place last
                        changed */
    bool open;       /* the mouth, as it seems */
    double openings; /* how often it has opened lately */
};

/* The next answer, a distribution, `seen` (0 .. 1) of its worth, at `time`; seconds: how long
 * unmistakable answers take to change the label. 0: this answer alone counts. An answer that comes
 * no later than the last one changes nothing. */
void belief_take(struct belief *belief, const float answer[LABEL_COUNT], double seen, double time,
                 double seconds);

/* How probable each expression is, sums to 1: the means of the latest answers, one for each state
 * that the face was in when they came, weighted by how probable that state is now. */
void belief_shown(const struct belief *belief, float shown[LABEL_COUNT]);

#endif
