/* A person drawn by code, head and shoulders, whose face moves by its muscles. */
#ifndef PORTRAIT_H
#define PORTRAIT_H

#include <stdint.h>

enum {
    PORTRAIT_WIDTH = 528,
    PORTRAIT_HEIGHT = 480,
    PORTRAIT_SCALE = 105, /* pixels in half the width of the face */
    PORTRAIT_X = 264,     /* the pixel between the eyes */
    PORTRAIT_Y = 172
};

struct portrait;

/* NULL: no memory. */
struct portrait *portrait_open(void);
void portrait_close(struct portrait **portrait);

/* Moves the muscles: units[ACTION_UNIT_COUNT] of face_relief.h. Returns pixels[PORTRAIT_HEIGHT]
 * [PORTRAIT_WIDTH][4], BGRA with premultiplied alpha; they live until the next call. */
const uint8_t *portrait_paint(struct portrait *portrait, const float *units);

#endif
