/* Picture files in and out. */
#ifndef PICTURE_H
#define PICTURE_H

#include "frame.h"

#include <stdbool.h>

/* Decodes the file into `frame`, as frame 0 at time 0. *note, unless `note` is NULL, says what
 * is odd about it, or is NULL; the text is a constant. */
int picture_read(const char *path, struct frame *frame, const char **note, struct error *error);

/* Encodes by the file ending; the file appears whole or not at all. */
int picture_write(const char *path, struct bgr_image picture, struct error *error);

/* Whether the name ends like a picture file, of a format that is read or of one that viewers open.
 */
bool picture_has_name(const char *path);

/* The ending with its dot, or "" where there is none; points into `path`. */
const char *picture_ending(const char *path);

#endif
