/* The annotated video. One thread at a time. */
#ifndef RECORDER_H
#define RECORDER_H

#include "frame.h"
#include "source.h"

#include <stdbool.h>

struct drawing;
struct recorder;

/* Whether videos with this ending, such as ".mp4", can be written. */
int recorder_can_write(const char *ending);

/* Nothing is written before the first frame, but a path that cannot be written to, or a disk nearly
 * full, is reported now. A film's sound is copied too. */
int recorder_create(struct recorder **recorder, const char *path, const struct drawing *drawing,
                    const struct source *source, struct error *error);

/* Appends the frame with its faces, at its own time; of a live source, a gap of more than two
 * seconds is left out. Where the disk is nearly full it fails, while what is recorded can still be
 * ended as a whole file. */
int recorder_add(struct recorder *recorder, const struct frame *frame, struct error *error);

/* How much has been written, in seconds of the video. */
double recorder_seconds(const struct recorder *recorder);
const char *recorder_path(const struct recorder *recorder);

/* Completes the file; fails if that cannot be written. whole: the source has ended, so its sound is
 * written to the end, too. */
int recorder_close(struct recorder **recorder, bool whole, struct error *error);

#endif
