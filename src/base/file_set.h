/* The files that a run reads, so that it overwrites none of them, under whatever name. */
#ifndef FILE_SET_H
#define FILE_SET_H

#include "error.h"

/* All zeros at first. */
struct file_set {
    void *root; /* of a search tree, see tsearch */
};

/* Adds a regular file or a folder, or a place where one may be created, also through a link that
 * leads nowhere yet. All else, such as devices, is ignored: it cannot be overwritten. `path` may be
 * NULL, which adds nothing. */
int file_set_add(struct file_set *set, const char *path, struct error *error);

/* Adds what a folder holds, also through links, and what the folders in it hold, `depth` levels
 * down. What is no folder adds nothing. */
int file_set_add_folder(struct file_set *set, const char *path, int depth, struct error *error);

/* Fails if `path` is in the set, under this name or another. */
int file_set_check_output(const struct file_set *set, const char *path, struct error *error);

/* file_set_check_output, then file_set_add. */
int file_set_claim(struct file_set *set, const char *path, struct error *error);

void file_set_free(struct file_set *set);

#endif
