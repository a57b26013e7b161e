/* The colours of the drawn face: skin, eyes, brows and mouth in the light of a room. Lengths as in
 * face_relief.h. */
#ifndef FACE_SKIN_H
#define FACE_SKIN_H

#include "face_relief.h"

/* Linear light, mostly 0..1. */
struct colour {
    float r, g, b;
};

extern const struct colour skin_colour, hair_colour;

/* A place on the face. */
struct spot {
    float x, y;       /* x is negative on the left */
    float half_width; /* face_half_width here */
    float pixel;      /* the size of a pixel */
    float nx, ny, nz; /* the relief's normal, of length 1, nz towards the viewer */
};

struct colour face_colour(const struct face_shape *s, const struct spot *p);

/* What falls on a surface with this normal: a window on the left, a lamp on the right, the room. */
struct colour light_on(float nx, float ny, float nz);

struct colour dim(struct colour colour, float factor);
struct colour mix(struct colour a, struct colour b, float share); /* share 1: b */
struct colour product(struct colour a, struct colour b);

/* How much of a pixel lies inside an edge; `inside`: how far inside its middle is. */
float cover(float inside, float pixel);

#endif
