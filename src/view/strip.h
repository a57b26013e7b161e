/* The last ten seconds of one face's probabilities, as a strip of stacked colours. */
#ifndef STRIP_H
#define STRIP_H

#include "frame.h"
#include "paint.h"

#define STRIP_SECONDS 10.0

enum { STRIP_SAMPLES = 1024 };

/* All zeros at first. */
struct strip {
    int face;  /* whose: its id; 0: nobody's */
    int count; /* samples so far, at most STRIP_SAMPLES */
    int next;  /* where the next one goes */
    double times[STRIP_SAMPLES];
    float probabilities[STRIP_SAMPLES][EXPRESSIONS_LABEL_COUNT];
};

/* Begins anew with this face. */
void strip_choose(struct strip *strip, int id);

/* Adds what the chosen face shows at `time`, in seconds of the source. Where it is gone, the
 * largest face is chosen. */
void strip_add(struct strip *strip, const struct expressions_face *faces, int count, double time);

/* The newest sample that is at least `age` seconds older than the newest of all; NULL if there is
 * none. */
const float *strip_at(const struct strip *strip, double age);

/* Its w and h, given the height of an em. */
SDL_Rect strip_size(SDL_Rect area, int em);
void strip_draw(const struct strip *strip, struct paint *paint, SDL_Rect place, int em);

#endif
