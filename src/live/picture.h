/* Picture files in and out. */
#ifndef PICTURE_H
#define PICTURE_H

#include "frame.h"

#include <stdbool.h>

/* Decodes the file into `frame`, as frame 0 at time 0. */
int picture_read(const char *path, struct frame *frame, struct error *error);

/* Encodes by the file ending; the file appears whole or not at all. */
int picture_write(const char *path, struct bgr_image picture, struct error *error);

/* Whether the name ends like a picture file. */
bool picture_has_name(const char *path);

/* The ending with its dot, or "" where there is none; points into `path`. */
const char *picture_ending(const char *path);

#endif
