/* Where the copies of files go: into one file, or by the files' own names into a folder. */
#ifndef COPY_NAMES_H
#define COPY_NAMES_H

#include "file_set.h"
#include "input_list.h"

#include <stdbool.h>

enum { COPY_PATH_SIZE = 4096 };

struct copy_names {
    const char *output; /* the file, or the folder */
    bool folder;
    int (*keeps)(const char *ending); /* whether a copy may end so; NULL: any ending */
    const char *otherwise;            /* the ending it gets otherwise */
};

/* The path of the copy of `input`. */
int copy_path(const struct copy_names *names, const char *input, char path[COPY_PATH_SIZE],
              struct error *error);

/* Fails where the copies of two inputs have one name, or a copy would overwrite one of `files`;
 * adds the copies to `files`. Makes the folder where it is missing. A name that makes no sense
 * fails with ERROR_USAGE. */
int copy_names_claim(const struct copy_names *names, const struct input_list *inputs,
                     struct file_set *files, struct error *error);

#endif
