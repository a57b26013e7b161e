/* Annotated copies of pictures, drawn without a window or display. One thread at a time may use a
 * canvas. */
#ifndef CANVAS_H
#define CANVAS_H

#include "drawing.h"
#include "frame.h"

struct canvas;

int canvas_create(struct canvas **canvas, const struct drawing *drawing, struct error *error);
void canvas_free(struct canvas **canvas);

/* The picture, at its own size, with what is drawn over it. *annotated belongs to the canvas and
 * lives until its next call. */
int canvas_draw(struct canvas *canvas, const struct image *picture,
                const struct expressions_face *faces, int count, struct bgr_image *annotated,
                struct error *error);

#endif
