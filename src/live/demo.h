/* The built-in moving face: the mean face of each expression, morphing from one to the next while
 * it drifts over a frame. Made without a clock and without random numbers: frame n is always the
 * same. */
#ifndef DEMO_H
#define DEMO_H

#include "error.h"
#include "image.h"

enum {
    DEMO_WIDTH = 640,
    DEMO_HEIGHT = 480,
    DEMO_FPS = 30,
    DEMO_REST = 22, /* frames that rest at an expression */
    DEMO_MORPH = 8, /* frames on the way to the next one */
    DEMO_LEAD = 6,  /* frames of the first expression's rest that lie before the first frame */
    DEMO_CYCLE = 7 * (DEMO_REST + DEMO_MORPH)
};

struct demo;

/* Reads the seven 48x48 faces, side by side in label order. */
int demo_open(struct demo **demo, const char *mean_faces_path, struct error *error);
void demo_close(struct demo **demo);

/* The next frame, without end: DEMO_WIDTH x DEMO_HEIGHT; it lives until the next call. *time is
 * in seconds since the first frame. */
struct bgr_image demo_next(struct demo *demo, double *time);

#endif
