#include "resting.h"

#include <math.h>
#include <string.h>

/* What a clearly neutral face gets: this much neutral, the rest in equal parts. */
static const double neutral_share = 0.7;
/* No label is made more than e^2 times as probable by a calibration, or less. */
static const double largest_offset = 2;
static const float smallest_probability = 1e-4f;

/* Adaptation: the step of a median is step / t nats a second after t seconds of calm, t at most
 * `memory`; the correction follows with the time constant `slow`, in seconds; a gap counts as
 * `longest` seconds. */
static const double step = 2, memory = 60, slow = 5, longest = 0.5;
static const double log_lean = -2.2; /* a ninth of neutral, for anything else at rest */
/* How much of the correction is given up for each nat that it would exceed RESTING_MOST by. */
static const double giving_up = 5;
/* From here on a correction is worth reporting. */
static const double told = 0.1;

enum { HAPPY = 3, SURPRISE = 5, NEUTRAL = 6 };

static double log_probability(float probability)
{
    return log((double)fmaxf(probability, smallest_probability));
}

void resting_calibrate(struct resting *resting, bool on, double time)
{
    resting->calibrating = on;
    resting->calibrated = false;
    resting->calibration_end = time + RESTING_CALIBRATION;
    resting->collected = 0;
    memset(resting->offset, 0, sizeof resting->offset);
}

void resting_forget(struct resting *resting)
{
    resting->calm = 0;
    memset(resting->lean, 0, sizeof resting->lean);
}

static void collect(struct resting *resting, const float *answer, double time)
{
    for (int k = 0; k < LABEL_COUNT; k++)
        resting->offset[k] += log_probability(answer[k]);
    resting->collected++;
    if (time < resting->calibration_end)
        return;
    for (int k = 0; k < LABEL_COUNT; k++) {
        double aim = k == NEUTRAL ? neutral_share : (1 - neutral_share) / (LABEL_COUNT - 1);
        double offset = log(aim) - resting->offset[k] / resting->collected;
        resting->offset[k] = fmin(fmax(offset, -largest_offset), largest_offset);
    }
    resting->calibrating = false;
    resting->calibrated = true;
}

static bool may_lean(int label)
{
    return label != HAPPY && label != SURPRISE && label != NEUTRAL;
}

static double log_odds(const float *answer, int label)
{
    return log_probability(answer[label]) - log_probability(answer[NEUTRAL]);
}

static void adapt(struct resting *resting, const float *answer, double dt)
{
    if (answer[HAPPY] + answer[SURPRISE] > 0.5f)
        return;
    bool first = resting->calm <= 0;
    resting->calm += fmax(dt, 1e-6);
    double most = step * dt / fmin(fmax(resting->calm, 1), memory);
    for (int k = 0; k < LABEL_COUNT; k++) {
        if (!may_lean(k))
            continue;
        double odds = log_odds(answer, k);
        double *median = &resting->median[k];
        *median = first ? odds : *median + fmin(fmax(odds - *median, -most), most);
        if (resting->calm < RESTING_CALM)
            continue;
        double aim = *median - log_lean;
        aim = fmax(fmin(aim, RESTING_MOST - giving_up * (aim - RESTING_MOST)), 0);
        resting->lean[k] -= expm1(-dt / slow) * (aim - resting->lean[k]);
    }
}

static void take_back(const struct resting *resting, const float *answer, double *offset)
{
    for (int k = 0; k < LABEL_COUNT; k++) {
        double beyond = fmin(fmax((log_odds(answer, k) - resting->median[k]) / RESTING_FADE, 0), 1);
        offset[k] = may_lean(k) ? -resting->lean[k] * (1 - beyond) : 0;
    }
}

static void shift(const double *offset, float *answer)
{
    double sum = 0;
    double weights[LABEL_COUNT];
    for (int k = 0; k < LABEL_COUNT; k++) {
        weights[k] = exp(log_probability(answer[k]) + offset[k]);
        sum += weights[k];
    }
    for (int k = 0; k < LABEL_COUNT; k++)
        answer[k] = (float)(weights[k] / sum);
}

void resting_correct(struct resting *resting, float answer[LABEL_COUNT], double time, double dt,
                     bool adapting)
{
    if (resting->calibrating)
        collect(resting, answer, time);
    if (adapting)
        adapt(resting, answer, fmin(fmax(dt, 0), longest));
    if (resting->calibrated) {
        shift(resting->offset, answer);
    } else if (resting_state(resting) == EXPRESSIONS_ADAPTED) {
        double offset[LABEL_COUNT];
        take_back(resting, answer, offset);
        shift(offset, answer);
    }
}

enum expressions_calibration resting_state(const struct resting *resting)
{
    if (resting->calibrating)
        return EXPRESSIONS_COLLECTING;
    if (resting->calibrated)
        return EXPRESSIONS_CALIBRATED;
    for (int k = 0; k < LABEL_COUNT; k++) {
        if (resting->lean[k] > told)
            return EXPRESSIONS_ADAPTED;
    }
    return EXPRESSIONS_PLAIN;
}
