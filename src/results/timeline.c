#include "timeline.h"

#include "ocv.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

void timeline_free(struct timeline *timeline)
{
    free(timeline->stretches);
    *timeline = (struct timeline){0};
}

/* ---- Collecting ------------------------------------------------------------------------------ */

static int begin_stretch(struct timeline *timeline, int face, int label, double start,
                         size_t *index, struct error *error)
{
    if (timeline->count == timeline->capacity) {
        size_t capacity = timeline->capacity ? 2 * timeline->capacity : 64;
        struct stretch *grown = realloc(timeline->stretches, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(error, "the summary");
        timeline->stretches = grown;
        timeline->capacity = capacity;
    }
    assert(timeline->stretches);
    *index = timeline->count++;
    timeline->stretches[*index] = (struct stretch){face, label, start, start};
    return 0;
}

static struct stretch *find_running(const struct timeline *timeline, int face, size_t *index)
{
    for (int i = 0; i < timeline->present; i++) {
        if (timeline->faces[i] == face) {
            *index = timeline->running[i];
            return &timeline->stretches[*index];
        }
    }
    return NULL;
}

/* How long the frame is shown, as far as that is known before the next one. */
static double length_of(struct timeline *timeline, const struct frame *frame)
{
    bool first = timeline->step <= 0;
    /* How long the first frame lasts is not known before the second one comes. */
    double step = first ? 1.0 / OCV_USUAL_FPS : frame->time - timeline->time;
    timeline->step = step > 0 ? step : timeline->step;
    return frame->duration > 0 ? frame->duration : timeline->step;
}

int timeline_add(struct timeline *timeline, const struct frame *frame, struct error *error)
{
    size_t running[EXPRESSIONS_MAX_FACES];
    double end = frame->time + length_of(timeline, frame);
    for (int i = 0; i < frame->face_count; i++) {
        const struct expressions_face *face = &frame->faces[i];
        int label = face->uncertain ? TIMELINE_UNCERTAIN : face->label;
        struct stretch *stretch = find_running(timeline, face->id, &running[i]);
        if ((!stretch || stretch->label != label) &&
            begin_stretch(timeline, face->id, label, frame->time, &running[i], error))
            return -1;
        timeline->stretches[running[i]].end = end;
    }
    timeline->present = frame->face_count;
    timeline->time = frame->time;
    for (int i = 0; i < frame->face_count; i++) {
        timeline->faces[i] = frame->faces[i].id;
        timeline->running[i] = running[i];
    }
    return 0;
}

/* ---- Summing up ------------------------------------------------------------------------------ */

const char *timeline_name(int label)
{
    return label == TIMELINE_UNCERTAIN ? "uncertain" : expressions_label_name(label);
}

/* A tracker counts its faces from 1, so that their numbers can be places in a table. */
static size_t places_needed(const struct timeline *timeline)
{
    int most = 0;
    for (size_t s = 0; s < timeline->count; s++)
        most = timeline->stretches[s].face > most ? timeline->stretches[s].face : most;
    return (size_t)most + 1;
}

struct timeline_total *timeline_totals(const struct timeline *timeline, size_t *count)
{
    struct timeline_total *totals = calloc(timeline->count + 1, sizeof *totals);
    size_t *places = calloc(places_needed(timeline), sizeof *places); /* in totals[], from 1 */
    *count = 0;
    for (size_t s = 0; totals && places && s < timeline->count; s++) {
        const struct stretch *stretch = &timeline->stretches[s];
        size_t *place = &places[stretch->face];
        if (*place == 0) {
            *place = ++*count;
            totals[*place - 1].face = stretch->face;
        }
        struct timeline_total *total = &totals[*place - 1];
        total->all += stretch->end - stretch->start;
        total->seconds[stretch->label] += stretch->end - stretch->start;
    }
    if (!places) {
        free(totals);
        totals = NULL;
    }
    free(places);
    return totals;
}

static double find_limit(const struct timeline_total *totals, size_t count)
{
    for (size_t t = 0; t < count; t++) {
        if (totals[t].all >= TIMELINE_BRIEF)
            return TIMELINE_BRIEF;
    }
    return 0;
}

static void print_total(FILE *out, const struct timeline_total *total)
{
    bool printed[TIMELINE_SHOWN] = {false};
    fprintf(out, "face %d, %.1f s:", total->face, total->all);
    const char *comma = "";
    for (int n = 0; n < TIMELINE_SHOWN; n++) {
        int most = -1;
        for (int k = 0; k < TIMELINE_SHOWN; k++) {
            if (!printed[k] && (most < 0 || total->seconds[k] > total->seconds[most]))
                most = k;
        }
        printed[most] = true;
        double share = 100 * total->seconds[most] / total->all;
        if (share <= 0.5)
            break;
        fprintf(out, "%s %s %.0f %%", comma, timeline_name(most), share);
        comma = ",";
    }
    fprintf(out, "\n");
}

int timeline_print(FILE *out, const struct timeline *timeline)
{
    size_t count;
    size_t brief = 0;
    struct timeline_total *totals = timeline_totals(timeline, &count);
    if (!totals)
        return -1;
    double limit = find_limit(totals, count);
    for (size_t t = 0; t < count; t++) {
        if (totals[t].all >= limit)
            print_total(out, &totals[t]);
        else
            brief++;
    }
    if (brief > 0)
        fprintf(out, "%zu more for less than %g s each\n", brief, TIMELINE_BRIEF);
    free(totals);
    return fflush(out) || ferror(out) ? -1 : 0;
}
