/* Picture files in and out. */
#ifndef PICTURE_FILE_H
#define PICTURE_FILE_H

#include "frame.h"

#include <stdbool.h>

/* The bytes of a picture: a file's, or standard input's where `path` is "-". picture_decode or the
 * caller frees them. */
struct picture_file {
    const char *path;
    uint8_t *bytes;
    size_t size;
};

int picture_load(const char *path, struct picture_file *file, struct error *error);

/* Decodes them into `frame`, as frame 0 at time 0, and frees them. *note, unless `note` is NULL,
 * says what is odd about the picture, or is NULL; the text is a constant. */
int picture_decode(struct picture_file *file, struct frame *frame, const char **note,
                   struct error *error);

/* Both steps. */
int picture_read(const char *path, struct frame *frame, const char **note, struct error *error);

/* Encodes by the file ending; the file appears whole or not at all. */
int picture_write(const char *path, struct bgr_image picture, struct error *error);

/* The ending with its dot, or "" where there is none; points into `path`. */
const char *picture_ending(const char *path);

#endif
