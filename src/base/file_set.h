/* The files that a run reads, so that it writes over none of them, by whatever name. */
#ifndef FILE_SET_H
#define FILE_SET_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

struct file_identity {
    uint64_t device, inode;
    uint64_t name; /* 0, or a hash of the name of what is not there yet: the folder is meant then */
};

/* All zeros at first. */
struct file_set {
    struct file_identity *identities;
    int count, capacity;
    bool sorted;
};

/* Adds a regular file, or a place where one may come to be; all else, such as devices, is passed
 * over: it cannot be lost. `path` may be NULL, which adds nothing. */
int file_set_add(struct file_set *set, const char *path, struct error *error);

/* Fails where `path` is in the set, by this name or another. */
int file_set_check_output(struct file_set *set, const char *path, struct error *error);

void file_set_free(struct file_set *set);

#endif
