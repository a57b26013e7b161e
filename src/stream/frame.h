/* A picture that owns its pixels, as they came and in grey, with the faces found in it. It is what
 * travels from thread to thread. */
#ifndef FRAME_H
#define FRAME_H

#include "error.h"
#include "expressions.h"
#include "image.h"

struct frame {
    struct image picture; /* in `pixels`, as it came; out of date after frame_set_grey */
    uint8_t *pixels;
    uint8_t *grey;                        /* height x width bytes, without padding */
    size_t pixel_capacity, grey_capacity; /* bytes */
    int width, height;
    long index;               /* 0 for the first frame of the source */
    double time;              /* seconds since the first frame, by the source's own clock */
    double duration;          /* seconds on screen; 0 where unknown, as for live sources */
    double clock;             /* wall-clock time of arrival, Unix seconds; 0 unless live */
    double grabbed;           /* when it came, or was due where it is paced; monotonic seconds */
    double detection_seconds; /* how long its detection took; 0: none since the last frame */
    int face_count;
    struct expressions_face faces[EXPRESSIONS_MAX_FACES]; /* their boxes may leave the picture */
};

/* Copies the picture and makes its grey version; the frame then has no faces. A frame starts as
 * all zeros, grows as needed and is ended by frame_free. */
int frame_set(struct frame *frame, const struct image *picture, struct error *error);
/* The same without the colours, where nothing is drawn. */
int frame_set_grey(struct frame *frame, const struct image *picture, struct error *error);
/* Copies the grey pixels of another frame, and its time. */
int frame_copy_grey(struct frame *frame, const struct frame *from, struct error *error);
void frame_swap(struct frame *a, struct frame *b);
void frame_free(struct frame *frame);

/* The grey version, as the library takes it. */
struct expressions_picture frame_grey(const struct frame *frame);

/* When the frame of a live source came, in ISO 8601 with the zone, such as
 * 2026-02-28T09:30:00.125+01:00; empty for other sources. */
enum { FRAME_CLOCK_SIZE = 64 };
void frame_clock(const struct frame *frame, char text[FRAME_CLOCK_SIZE]);

/* The part of the face's box inside the picture. */
struct expressions_box frame_clip(const struct frame *frame, const struct expressions_face *face);

/* The face with this id, and the one with the widest box; NULL: there is none. */
const struct expressions_face *faces_find(const struct expressions_face *faces, int count, int id);
const struct expressions_face *faces_largest(const struct expressions_face *faces, int count);

/* The name of what the face shows, or "uncertain". */
const char *face_name(const struct expressions_face *face);
/* The same as people read it: "happy 93 %", or the two candidates, "surprise or happy?". */
enum { FACE_WORDS_SIZE = 24 };
void face_words(const struct expressions_face *face, char words[FACE_WORDS_SIZE]);

#endif
