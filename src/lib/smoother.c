#include "smoother.h"

#include <math.h>
#include <string.h>

static struct smoother_slot *find(struct smoother *smoother, int id)
{
    for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++) {
        if (smoother->slots[i].id == id)
            return &smoother->slots[i];
    }
    return NULL;
}

static void forget_absent(struct smoother *smoother, const struct expressions_face *faces,
                          int count)
{
    for (int s = 0; s < EXPRESSIONS_MAX_FACES; s++) {
        bool present = false;
        for (int i = 0; i < count; i++)
            present = present || faces[i].id == smoother->slots[s].id;
        if (!present)
            smoother->slots[s].id = 0;
    }
}

/* A face that the frames which came here never showed is given no preference. */
static struct smoother_slot *find_or_begin(struct smoother *smoother,
                                           const struct expressions_face *face, double time)
{
    struct smoother_slot *slot = find(smoother, face->id);
    if (slot)
        return slot;
    slot = find(smoother, 0);
    *slot = (struct smoother_slot){.id = face->id, .time = time};
    for (int k = 0; k < LABEL_COUNT; k++)
        slot->raw[k] = face->held ? 1.0f / LABEL_COUNT : face->raw[k];
    memcpy(slot->smoothed, slot->raw, sizeof slot->smoothed);
    slot->label = predicted_class(slot->smoothed, LABEL_COUNT);
    slot->uncertain = (double)slot->smoothed[slot->label] < SMOOTHER_UNCERTAIN;
    return slot;
}

/* What a clearly neutral face gets: this much neutral, the rest in equal parts. */
static const double neutral_share = 0.7;
/* No label is made more than e^2 times as probable, or less. */
static const double largest_offset = 2;
static const float smallest_probability = 1e-4f;
enum { NEUTRAL = 6 };

static double log_probability(float probability)
{
    return log((double)fmaxf(probability, smallest_probability));
}

static void collect(struct smoother_slot *slot, const float *raw, double time)
{
    for (int k = 0; k < LABEL_COUNT; k++)
        slot->offset[k] += log_probability(raw[k]);
    slot->collected++;
    if (time < slot->collect_end)
        return;
    for (int k = 0; k < LABEL_COUNT; k++) {
        double aim = k == NEUTRAL ? neutral_share : (1 - neutral_share) / (LABEL_COUNT - 1);
        double offset = log(aim) - slot->offset[k] / slot->collected;
        slot->offset[k] = fmin(fmax(offset, -largest_offset), largest_offset);
    }
    slot->state = EXPRESSIONS_CALIBRATED;
}

static void correct(const struct smoother_slot *slot, const float *raw, float *corrected)
{
    double sum = 0;
    double weights[LABEL_COUNT];
    for (int k = 0; k < LABEL_COUNT; k++) {
        weights[k] = exp(log_probability(raw[k]) + slot->offset[k]);
        sum += weights[k];
    }
    for (int k = 0; k < LABEL_COUNT; k++)
        corrected[k] = (float)(weights[k] / sum);
}

static void smooth(struct smoother_slot *slot, const float *answer, double dt, double seconds)
{
    float share = seconds > 0 ? (float)-expm1(-fmax(dt, 0) / seconds) : 1;
    for (int k = 0; k < LABEL_COUNT; k++)
        slot->smoothed[k] =
            seconds > 0 ? slot->smoothed[k] + share * (answer[k] - slot->smoothed[k]) : answer[k];
}

static void choose_label(struct smoother_slot *slot)
{
    const float *p = slot->smoothed;
    int best = predicted_class(p, LABEL_COUNT);
    if (best != slot->label && (double)(p[best] - p[slot->label]) > SMOOTHER_MARGIN)
        slot->label = best;
    double above = (double)p[best] - SMOOTHER_UNCERTAIN;
    slot->uncertain = slot->uncertain ? above < SMOOTHER_MARGIN : above < 0;
}

static void take_answer(struct smoother_slot *slot, const float *raw, double time, double seconds)
{
    float answer[LABEL_COUNT];
    memcpy(slot->raw, raw, sizeof slot->raw);
    memcpy(answer, raw, sizeof answer);
    if (slot->state == EXPRESSIONS_COLLECTING)
        collect(slot, raw, time);
    if (slot->state == EXPRESSIONS_CALIBRATED)
        correct(slot, raw, answer);
    smooth(slot, answer, time - slot->time, seconds);
    slot->time = time;
    choose_label(slot);
}

int smoother_calibrate(struct smoother *smoother, int id, bool on)
{
    struct smoother_slot *slot = find(smoother, id);
    if (!slot)
        return -1;
    slot->state = on ? EXPRESSIONS_COLLECTING : EXPRESSIONS_PLAIN;
    slot->collect_end = slot->time + SMOOTHER_CALIBRATION;
    slot->collected = 0;
    memset(slot->offset, 0, sizeof slot->offset);
    return 0;
}

void smoother_run(struct smoother *smoother, struct expressions_face *faces, int count, double time)
{
    forget_absent(smoother, faces, count);
    for (int i = 0; i < count; i++) {
        struct expressions_face *face = &faces[i];
        struct smoother_slot *slot = find_or_begin(smoother, face, time);
        if (!face->held) {
            take_answer(slot, face->raw, time, smoother->seconds);
        }
        memcpy(face->raw, slot->raw, sizeof face->raw);
        memcpy(face->probabilities, slot->smoothed, sizeof face->probabilities);
        face->label = slot->label;
        face->uncertain = slot->uncertain;
        face->calibration = (int)slot->state;
        face->smoothed = smoother->seconds > 0 || slot->state == EXPRESSIONS_CALIBRATED;
    }
}
