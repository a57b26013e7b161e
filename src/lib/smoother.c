#include "smoother.h"

#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How much better another label must be before it is named as one of two. */
static const double margin = 0.05;

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

void smoother_best_two(const float probabilities[LABEL_COUNT], int pair[2])
{
    pair[0] = predicted_class(probabilities, LABEL_COUNT);
    pair[1] = pair[0] == 0;
    for (int k = 0; k < LABEL_COUNT; k++) {
        if (k != pair[0] && probabilities[k] > probabilities[pair[1]])
            pair[1] = k;
    }
}

static void sort_pair(struct smoother_slot *slot)
{
    int first = slot->pair[0];
    if (slot->shown[slot->pair[1]] <= slot->shown[first])
        return;
    slot->pair[0] = slot->pair[1];
    slot->pair[1] = first;
}

/* The best two, the better one first; once the label names them, they are kept for a while, and
 * until another one is clearly better than one of them, or the second than the first. */
static void choose_pair(struct smoother_slot *slot, bool named, double time)
{
    int best[2];
    const float *p = slot->shown;
    smoother_best_two(p, best);
    if (!named) {
        memcpy(slot->pair, best, sizeof best);
        return;
    }
    for (int i = 0; i < 2 && time - slot->belief.since >= BELIEF_SHORTEST; i++) {
        int weaker = p[slot->pair[1]] < p[slot->pair[0]];
        bool paired = best[i] == slot->pair[0] || best[i] == slot->pair[1];
        if (!paired && (double)(p[best[i]] - p[slot->pair[weaker]]) > margin) {
            slot->pair[weaker] = best[i];
            sort_pair(slot);
            slot->belief.since = time;
        }
    }
    if (time - slot->belief.since >= BELIEF_SHORTEST &&
        (double)(p[slot->pair[1]] - p[slot->pair[0]]) > margin) {
        sort_pair(slot);
        slot->belief.since = time;
    }
}

static float lesser(float a, float b)
{
    return a < b ? a : b;
}

/* The label has at least one half; where it has less, the others make room in proportion. */
static void raise_label(float *p, int label)
{
    const float half = (float)BELIEF_UNCERTAIN;
    if (p[label] >= half)
        return;
    float others = (1 - half) / (1 - p[label]);
    for (int k = 0; k < LABEL_COUNT; k++)
        p[k] = k == label ? half : others * p[k];
}

/* No label has more than the second candidate except the first, which has less than one half. */
static void raise_pair(float *p, const int pair[2])
{
    const float below_half = (float)BELIEF_UNCERTAIN - 1e-4f, even = 1.0f / LABEL_COUNT;
    float *first = &p[pair[0]], *second = &p[pair[1]];
    float most = lesser(*first, *second), excess = 0;
    for (int k = 0; k < LABEL_COUNT; k++) {
        if (k == pair[0] || k == pair[1] || p[k] <= most)
            continue;
        excess += p[k] - most;
        p[k] = most;
    }
    *first += excess / 2;
    *second += excess / 2;
    if (*second > *first)
        *first = *second = (*first + *second) / 2;
    if (*first <= below_half)
        return;
    float too_much = (*first - below_half) / (*first - even);
    for (int k = 0; k < LABEL_COUNT; k++)
        p[k] += too_much * (even - p[k]);
}

/* Words stay for a while, and wait for evidence: until they change, what is shown must not
 * contradict them. */
static void agree_with_words(struct smoother_slot *slot)
{
    if (slot->belief.label == BELIEF_NONE)
        raise_pair(slot->shown, slot->pair);
    else
        raise_label(slot->shown, slot->belief.label);
}

/* The weight of a face that the verifier is not at all sure of: the aligner makes up for most of
 * what is wrong with an ill-fitting box. */
static const double unverified = 0.6;

/* How well the face was seen, 0 .. 1: the exponents with which the network's answers to PublicTest
 * are worth most after the faces were turned and moved out of their boxes, by the verifier's score,
 * where there is one; made small; or blurred as by motion within 1/30 s. */
static double seen(const struct smoother_slot *slot, const struct expressions_face *face, double dt)
{
    double score = face->score > 0 ? (double)face->score : 1;
    double worth = unverified + (1 - unverified) * score;
    double side = face->box.width;
    if (side <= 0 || slot->box.width <= 0 || dt <= 0)
        return worth;
    double dx = face->box.x - slot->box.x + (face->box.width - slot->box.width) / 2.0;
    double dy = face->box.y - slot->box.y + (face->box.height - slot->box.height) / 2.0;
    double speed = hypot(dx, dy) / side / dt; /* sides a second */
    return worth * fmin(side / 18, 1) / (1 + speed * speed / 100);
}

static void take_answer(struct smoother *smoother, struct smoother_slot *slot,
                        const struct expressions_face *face, const float *raw, double time)
{
    float answer[LABEL_COUNT];
    bool first = !slot->belief.begun;
    bool named = !first && slot->belief.label == BELIEF_NONE; /* the pair, as it stands */
    double dt = first ? 0 : time - slot->time;
    memcpy(slot->raw, raw, sizeof slot->raw);
    memcpy(answer, raw, sizeof answer);
    resting_correct(&slot->resting, answer, time, dt, smoother->adapt);
    belief_take(&slot->belief, answer, seen(slot, face, dt), time, smoother->seconds);
    belief_shown(&slot->belief, slot->shown);
    slot->time = time;
    slot->box = face->box;
    slot->score = face->score;
    choose_pair(slot, named && smoother->seconds > 0 && slot->belief.label == BELIEF_NONE, time);
    if (smoother->seconds > 0)
        agree_with_words(slot);
}

/* A held face that no earlier frame showed begins with equal probabilities. */
static struct smoother_slot *begin_slot(struct smoother *smoother,
                                        const struct expressions_face *face, double time)
{
    float nothing[LABEL_COUNT];
    struct smoother_slot *slot = find(smoother, 0);
    *slot = (struct smoother_slot){.id = face->id};
    for (int k = 0; k < LABEL_COUNT; k++)
        nothing[k] = 1.0f / LABEL_COUNT;
    take_answer(smoother, slot, face, face->held ? nothing : face->raw, time);
    return slot;
}

static void complete(const struct smoother *smoother, const struct smoother_slot *slot,
                     struct expressions_face *face)
{
    int label = slot->belief.label;
    int other = slot->pair[slot->pair[0] == label];
    face->score = slot->score;
    memcpy(face->raw, slot->raw, sizeof face->raw);
    memcpy(face->probabilities, slot->shown, sizeof face->probabilities);
    face->uncertain = label == BELIEF_NONE;
    face->label = face->uncertain ? slot->pair[0] : label;
    face->second = face->uncertain ? slot->pair[1] : other;
    face->calibration = (int)resting_state(&slot->resting);
    face->smoothed = smoother->seconds > 0 || memcmp(slot->raw, slot->shown, sizeof slot->raw) != 0;
}

void smoother_run(struct smoother *smoother, struct expressions_face *faces, int count, double time)
{
    forget_absent(smoother, faces, count);
    for (int i = 0; i < count; i++) {
        struct smoother_slot *slot = find(smoother, faces[i].id);
        if (!slot)
            slot = begin_slot(smoother, &faces[i], time);
        else if (!faces[i].held)
            take_answer(smoother, slot, &faces[i], faces[i].raw, time);
        complete(smoother, slot, &faces[i]);
    }
}

int smoother_calibrate(struct smoother *smoother, int id, bool on)
{
    struct smoother_slot *slot = find(smoother, id);
    if (!slot)
        return -1;
    resting_calibrate(&slot->resting, on, slot->time);
    return 0;
}

void smoother_adapt(struct smoother *smoother, bool on)
{
    smoother->adapt = on;
    for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++)
        resting_forget(&smoother->slots[i].resting);
}

/* ---- The library's functions ----------------------------------------------------------------- */

struct expressions_smoother {
    struct smoother smoother;
};

static enum expressions_status check_seconds(double seconds, struct expressions_error *error)
{
    if (seconds >= 0 && seconds <= 60)
        return EXPRESSIONS_OK;
    return isfinite(seconds) ? fail_argument(error, "`seconds` is %g; it must be 0 .. 60", seconds)
                             : fail_argument(error, "`seconds` is not finite");
}

enum expressions_status
expressions_smoother_open(struct expressions_smoother **smoother,
                          const struct expressions_smoother_settings *settings,
                          struct expressions_error *error)
{
    static const struct expressions_smoother_settings defaults = EXPRESSIONS_SMOOTHER_DEFAULTS;
    if (!smoother)
        return fail_null(error, "smoother");
    if (!settings)
        settings = &defaults;
    enum expressions_status status = CHECK_SETTINGS(settings, error);
    if (status == EXPRESSIONS_OK)
        status = check_seconds(settings->seconds, error);
    if (status != EXPRESSIONS_OK)
        return status;
    struct expressions_smoother *made = calloc(1, sizeof *made);
    if (!made)
        return fail_no_memory(error, "the smoother");
    made->smoother.seconds = settings->seconds;
    smoother_adapt(&made->smoother, settings->adapt != 0);
    *smoother = made;
    return EXPRESSIONS_OK;
}

void expressions_smoother_close(struct expressions_smoother **smoother)
{
    if (!smoother)
        return;
    free(*smoother);
    *smoother = NULL;
}

enum expressions_status expressions_smoother_set(struct expressions_smoother *smoother,
                                                 double seconds, struct expressions_error *error)
{
    if (!smoother)
        return fail_null(error, "smoother");
    enum expressions_status status = check_seconds(seconds, error);
    if (status == EXPRESSIONS_OK)
        smoother->smoother.seconds = seconds;
    return status;
}

enum expressions_status expressions_smooth(struct expressions_smoother *smoother, double time,
                                           struct expressions_face *faces, int count,
                                           struct expressions_error *error)
{
    if (!smoother)
        return fail_null(error, "smoother");
    enum expressions_status status = check_faces(faces, count, error);
    if (status == EXPRESSIONS_OK)
        status = check_time(time, error);
    if (status != EXPRESSIONS_OK)
        return status;
    if (count > EXPRESSIONS_MAX_FACES)
        return fail_argument(error, "`count` is %d; at most %d are smoothed", count,
                             EXPRESSIONS_MAX_FACES);
    for (int i = 0; i < count; i++) {
        if (faces[i].id < 1)
            return fail_argument(error, "`faces[%d].id` is %d, which no tracker gives", i,
                                 faces[i].id);
    }
    smoother_run(&smoother->smoother, faces, count, time);
    return EXPRESSIONS_OK;
}

static enum expressions_status calibrate(struct expressions_smoother *smoother, int id, bool on,
                                         struct expressions_error *error)
{
    if (!smoother)
        return fail_null(error, "smoother");
    if (id < 1 || smoother_calibrate(&smoother->smoother, id, on))
        return fail_argument(error, "`id` is %d, which no face of the latest frame has", id);
    return EXPRESSIONS_OK;
}

enum expressions_status expressions_calibrate(struct expressions_smoother *smoother, int id,
                                              struct expressions_error *error)
{
    return calibrate(smoother, id, true, error);
}

enum expressions_status expressions_uncalibrate(struct expressions_smoother *smoother, int id,
                                                struct expressions_error *error)
{
    return calibrate(smoother, id, false, error);
}

enum expressions_status expressions_adapt(struct expressions_smoother *smoother, int on,
                                          struct expressions_error *error)
{
    if (!smoother)
        return fail_null(error, "smoother");
    smoother_adapt(&smoother->smoother, on != 0);
    return EXPRESSIONS_OK;
}
