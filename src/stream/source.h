/* Where frames come from: a camera, a video file, or the built-in demo, behind one struct. A test
 * can fill in its own. */
#ifndef SOURCE_H
#define SOURCE_H

#include "error.h"
#include "image.h"
#include "ocv.h"

#include <stdatomic.h>
#include <stdbool.h>

enum source_status {
    SOURCE_FRAME, /* a frame was read */
    SOURCE_END,   /* there are no more */
    SOURCE_FAILED /* the error says why */
};

struct source {
    char name[1024]; /* as the user named it, without passwords (text.h) */
    bool live;       /* frames come at their own pace, whether anyone takes them or not */
    bool film;       /* a file, which has sound */
    double fps;      /* frames a second; 0 where unknown */
    long frames;     /* in all; 0 where unknown */
    double grabbed;  /* when the last frame came, monotonic seconds; 0: when it was read */
    double duration; /* how long the last frame is shown, seconds; 0: not known */
    long lost;       /* frames so far that could not be decoded */
    long flawed;     /* frames so far that could be decoded only in part */
    bool damaged;    /* more may be missing where the file could not be read */
    void *state;

    /* Waits for the next frame. *picture belongs to the source and lives until its next call;
     * *time is in seconds since the first frame, by the source's own clock, and never goes back. A
     * file that ends too early fails there. */
    enum source_status (*read)(struct source *source, struct image *picture, double *time,
                               struct error *error);
    /* Opens the same device or stream once more, after its read has ended or failed; NULL where an
     * end is final. On failure it may be tried again. Time still counts from the very first frame.
     */
    int (*reopen)(struct source *source, struct error *error);
    /* From any thread: a read that waits ends soon, and so does every later one. May be NULL. */
    void (*stop)(struct source *source);
    void (*close)(struct source *source);
};

/* "-" is standard input. Both may take long; another thread can end that by setting *abandoned,
 * which may be NULL. */
int source_open_camera(struct source *source, const char *id,
                       const struct ocv_camera_options *options, const atomic_bool *abandoned,
                       struct error *error);
int source_open_video(struct source *source, const char *path, const atomic_bool *abandoned,
                      struct error *error);
int source_open_demo(struct source *source, struct error *error);
/* Does nothing to a source that is all zeros. */
void source_close(struct source *source);

#endif
