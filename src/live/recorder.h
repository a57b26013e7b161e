/* The annotated video. One thread at a time. */
#ifndef RECORDER_H
#define RECORDER_H

#include "canvas.h"

#include <stdbool.h>

struct recorder;

/* Nothing is written before the first frame. `fps`: of the file; 0 where the source states none. */
int recorder_create(struct recorder **recorder, const char *path, const char *font_path, double fps,
                    bool live, struct error *error);

/* Appends the frame with its faces. A live source's frames are repeated or left out so that the
 * video runs as fast as the world did; a gap of more than two seconds is left out. Where the disk
 * is nearly full it fails, while what is recorded can still be ended as a whole file. */
int recorder_add(struct recorder *recorder, const struct frame *frame,
                 const struct expressions_face *faces, struct error *error);

/* How much has been written, in seconds of the video. */
double recorder_seconds(const struct recorder *recorder);
const char *recorder_path(const struct recorder *recorder);

/* Ends the file. */
void recorder_close(struct recorder **recorder);

#endif
