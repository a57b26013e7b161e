/* The pictures named on the command line, folders replaced by what is in them. */
#ifndef PICTURE_LIST_H
#define PICTURE_LIST_H

#include "error.h"

#include <stdbool.h>

struct picture_list {
    char **paths;
    int count, capacity;
    bool has_folder; /* a folder was named */
    int skipped;     /* other files in folders, going by their names; litter does not count */
    char skipped_names[400];
};

/* Adds a path: a folder's pictures in the order of their names, known by their endings; anything
 * else as it is. Fails on a folder that cannot be read or has no picture in it. */
int picture_list_add(struct picture_list *list, const char *path, struct error *error);
void picture_list_free(struct picture_list *list);

/* The name without its folders; points into `path`. */
const char *picture_list_base(const char *path);

#endif
