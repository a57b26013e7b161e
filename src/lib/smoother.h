/* Each face's answers over time: corrected for the person (resting), then followed (belief). One
 * thread at a time. */
#ifndef SMOOTHER_H
#define SMOOTHER_H

#include "belief.h"
#include "expressions.h"
#include "resting.h"

struct smoother_slot {
    int id; /* of the face; 0: free slot */
    double time;
    struct expressions_box box; /* in the last frame in which it was found */
    float score;                /* how sure the verifier was of it then */
    float raw[LABEL_COUNT], shown[LABEL_COUNT];
    int pair[2]; /* the two labels to name where none is sure */
    struct resting resting;
    struct belief belief;
};

/* All zeros at first, except `seconds`. */
struct smoother {
    double seconds; /* how long clear answers take to change a label; 0: no smoothing */
    bool adapt;     /* to resting faces */
    struct smoother_slot slots[EXPRESSIONS_MAX_FACES];
};

/* Takes the faces of one frame, which the recognizer has filled, and completes them. A held face
 * keeps its values. Faces that no longer appear are forgotten. */
void smoother_run(struct smoother *smoother, struct expressions_face *faces, int count,
                  double time);

/* Begins a calibration of this face, or undoes it (see resting.h). Returns -1 if no face has this
 * id. */
int smoother_calibrate(struct smoother *smoother, int id, bool on);

/* Begins to adapt to all faces at rest, or forgets what was learned of them. */
void smoother_adapt(struct smoother *smoother, bool on);

/* The most probable label and the next; of equally probable ones the first. */
void smoother_best_two(const float probabilities[LABEL_COUNT], int pair[2]);

#endif
