#include "belief.h"

#include <math.h>
#include <string.h>

/* Seconds that an expression lasts on average. */
static const double dwell = 4;
/* e: an answer multiplies the odds of two labels by 1.02 / 0.02 at most. */
static const double least = 0.02;
/* Another label is shown once it is this many times as probable as the present one. */
static const double sure = 16;
/* Independent looks that it takes to get there against a belief of long standing. */
static const double looks_to_change = 3.2;
/* Time constant, in seconds, of the averages that are shown. */
static const double shown_memory = 1.5;

/* A mouth that opens and closes several times a second speaks. It seems open above, closed below
 * these probabilities of surprise; openings are forgotten with the time constant in seconds; more
 * than `talk` of them are speech. */
static const double seems_open = 0.5, seems_closed = 0.25;
static const double openings_memory = 0.7;
static const double talk = 1.3;
enum { SURPRISE = 5 };

static double lesser(double a, double b)
{
    return a < b ? a : b;
}

static int best_state(const struct belief *belief)
{
    int best = 0;
    for (int k = 1; k < BELIEF_STATES; k++) {
        if (belief->state[k] > belief->state[best])
            best = k;
    }
    return best;
}

static void begin_belief(struct belief *belief, double time)
{
    *belief = (struct belief){.begun = true, .time = time, .since = time};
    for (int k = 0; k < BELIEF_STATES; k++)
        belief->state[k] = 1.0 / BELIEF_STATES;
}

/* How much of the answer counts while the face speaks: nothing of it that is an open mouth. */
static double listen(struct belief *belief, double surprise, double dt)
{
    belief->openings *= exp(-dt / openings_memory);
    if (belief->open ? surprise < seems_closed : surprise > seems_open) {
        belief->open = !belief->open;
        belief->openings += belief->open;
    }
    return belief->openings > talk ? 1 - surprise : 1;
}

static void predict(struct belief *belief, double dt)
{
    double stays = exp(-dt * BELIEF_STATES / (BELIEF_STATES - 1) / dwell);
    for (int k = 0; k < BELIEF_STATES; k++)
        belief->state[k] = stays * belief->state[k] + (1 - stays) / BELIEF_STATES;
}

static void weigh_answer(struct belief *belief, const float *answer, double looks)
{
    double sum = 0;
    double best = (double)answer[predicted_class(answer, LABEL_COUNT)];
    for (int k = 0; k < BELIEF_STATES; k++) {
        double likelihood = k == BELIEF_NONE
                                ? (1 - best) * BELIEF_UNCERTAIN / (1 - BELIEF_UNCERTAIN)
                                : (double)answer[k];
        belief->state[k] *= pow(likelihood + least, looks);
        sum += belief->state[k];
    }
    for (int k = 0; k < BELIEF_STATES; k++)
        belief->state[k] /= sum;
}

static void remember(struct belief *belief, const float *answer, double looks, double look_time)
{
    double keep = exp(-looks * look_time / shown_memory);
    for (int k = 0; k < BELIEF_STATES; k++) {
        double weight = looks * belief->state[k];
        belief->looks[k] = keep * belief->looks[k] + weight;
        for (int i = 0; i < LABEL_COUNT; i++)
            belief->sums[k][i] = keep * belief->sums[k][i] + weight * (double)answer[i];
    }
}

void belief_take(struct belief *belief, const float answer[LABEL_COUNT], double seen, double time,
                 double seconds)
{
    bool first = !belief->begun || seconds <= 0;
    double look_time = seconds / looks_to_change;
    double looks = 1;
    if (first) {
        begin_belief(belief, time);
        belief->open = (double)answer[SURPRISE] > seems_open;
    } else {
        double dt = time - belief->time;
        if (dt <= 0)
            return;
        predict(belief, dt);
        looks = lesser(dt / look_time, 1) * seen * listen(belief, (double)answer[SURPRISE], dt);
    }
    belief->time = time;
    weigh_answer(belief, answer, looks);
    remember(belief, answer, looks, look_time);
    int best = best_state(belief);
    bool changes = belief->state[best] > sure * belief->state[belief->label] &&
                   time - belief->since >= BELIEF_SHORTEST;
    if (first || changes) {
        belief->label = best;
        belief->since = time;
    }
}

void belief_shown(const struct belief *belief, float shown[LABEL_COUNT])
{
    double mean[LABEL_COUNT] = {0};
    for (int k = 0; k < BELIEF_STATES; k++)
        for (int i = 0; i < LABEL_COUNT; i++)
            mean[i] += belief->state[k] * belief->sums[k][i] / belief->looks[k];
    for (int i = 0; i < LABEL_COUNT; i++)
        shown[i] = (float)mean[i];
}
