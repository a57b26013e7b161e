/* The pictures or videos named on the command line, folders replaced by what is in them. */
#ifndef INPUT_LIST_H
#define INPUT_LIST_H

#include "error.h"

#include <stdbool.h>

/* What kind of files. */
struct input_kind {
    const char *one, *many;     /* in messages */
    const char *const *endings; /* of those that are taken from folders, ended by NULL */
};

extern const struct input_kind picture_files, video_files;

/* All zeros at first, but for `kind`. */
struct input_list {
    const struct input_kind *kind;
    char **paths;
    int count, capacity;
    bool has_folder; /* a folder was named */
    int skipped;     /* other files in folders, going by their names; litter does not count */
    char skipped_names[400];
};

/* Adds a path: of a folder, the files of the kind, known by their endings, in the order of their
 * names; anything else as it is. Fails on a folder that cannot be read or has none of them. */
int input_list_add(struct input_list *list, const char *path, struct error *error);
void input_list_free(struct input_list *list);

#endif
