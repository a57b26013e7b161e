/* A picture that owns its pixels, in colour and in grey, with the face boxes found in it. It is
 * what travels from thread to thread. */
#ifndef FRAME_H
#define FRAME_H

#include "error.h"
#include "image.h"

#include <stdbool.h>

enum { FRAME_MAX_FACES = 64 };

struct frame {
    uint8_t *bgr;  /* height x width x 3 bytes, without padding; stale in a frame set grey */
    uint8_t *grey; /* height x width bytes, without padding */
    size_t bgr_capacity, grey_capacity; /* bytes */
    int width, height;
    long index;       /* 0 for the first frame of the source */
    double time;      /* seconds since the first frame */
    double grabbed;   /* when it came: from a camera, or was due in a file; monotonic seconds */
    double detection; /* how long its detection took, seconds */
    int box_count;
    struct box boxes[FRAME_MAX_FACES]; /* square, may leave the picture */
    int ids[FRAME_MAX_FACES];          /* of the faces, 1, 2, ...; the same from frame to frame */
    bool held[FRAME_MAX_FACES];        /* not found in this frame, but expected there */
};

/* Copies the picture and makes its grey version; the frame then has no boxes. A frame starts as
 * all zeros, grows as needed and is ended by frame_free. */
int frame_set(struct frame *frame, struct bgr_image picture, struct error *error);
/* The same without the colours: for who shows nothing. */
int frame_set_grey(struct frame *frame, struct bgr_image picture, struct error *error);
/* Copies the grey pixels of another frame, its index and its times. */
int frame_copy_grey(struct frame *frame, const struct frame *from, struct error *error);
void frame_swap(struct frame *a, struct frame *b);
void frame_free(struct frame *frame);

struct bgr_image frame_bgr(const struct frame *frame);
struct grey_image frame_grey(const struct frame *frame);

/* The part of the box inside the picture. */
struct box frame_clip(const struct frame *frame, struct box box);

#endif
