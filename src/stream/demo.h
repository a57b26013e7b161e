/* The built-in demo: a drawn person before a wall shows the seven expressions, one after the other.
 * Made without a clock, files or random numbers: frame n is always the same. */
#ifndef DEMO_H
#define DEMO_H

#include "error.h"
#include "image.h"

enum {
    DEMO_WIDTH = 640,
    DEMO_HEIGHT = 480,
    DEMO_FPS = 30,
    DEMO_REST = 54,  /* frames that rest at an expression; the first is happy */
    DEMO_MORPH = 12, /* frames on the way to the next one */
    DEMO_CYCLE = 7 * (DEMO_REST + DEMO_MORPH)
};

struct demo;

/* Fails where memory is short. */
int demo_open(struct demo **demo, struct error *error);
void demo_close(struct demo **demo);

/* The next frame, without end: DEMO_WIDTH x DEMO_HEIGHT; it lives until the next call. *time is
 * in seconds since the first frame. */
struct bgr_image demo_next(struct demo *demo, double *time);
/* Skips the next frames. */
void demo_skip(struct demo *demo, int frames);

#endif
