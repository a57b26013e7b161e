/* From a frame with boxes to the expression of each face. One thread at a time. */
#ifndef RECOGNIZER_H
#define RECOGNIZER_H

#include "frame.h"
#include "labels.h"

#include <stdbool.h>

/* Below this probability of the best label it is not shown: "uncertain". The models are calibrated,
 * so that such a label would be wrong more often than right. */
#define RECOGNIZER_UNCERTAIN 0.5

struct face {
    int id;                           /* 1, 2, ... */
    struct box box;                   /* as detected: may leave the picture */
    bool held;                        /* expected here, but not found in this frame */
    bool smoothed;                    /* probabilities are smoothed over time */
    bool calibrated;                  /* corrected for this person */
    bool uncertain;                   /* no label is probable enough to be shown */
    int label;                        /* the one to show, 0 .. LABEL_COUNT-1 */
    float probabilities[LABEL_COUNT]; /* to show; sum to 1 */
    float raw[LABEL_COUNT];           /* the network's answer; sum to 1 */
    const uint8_t
        *crop; /* what the network saw, FACE_SIDE x FACE_SIDE; until the next run; or NULL */
};

/* The most probable label, 0 .. LABEL_COUNT-1. */
int face_best(const struct face *face);
int labels_best(const float probabilities[LABEL_COUNT]);

struct recognizer;

/* Fails on a model that is missing, damaged, or not for the seven expressions. */
int recognizer_open(struct recognizer **recognizer, const char *model_path, struct error *error);
void recognizer_close(struct recognizer **recognizer);

/* Fills faces[0 .. frame->box_count-1] in the order of the boxes, all in one batch: as single
 * pictures, so that probabilities, raw and label tell the same. Held faces have none of them. */
void recognizer_run(struct recognizer *recognizer, const struct frame *frame,
                    struct face faces[FRAME_MAX_FACES]);

/* Which parts of the face's crop speak for its label, and which against it, as in explain.h. The
 * face must come from the latest run and not be held. */
int recognizer_explain(struct recognizer *recognizer, const struct face *face,
                       float map[FACE_SIDE * FACE_SIDE], struct error *error);

#endif
