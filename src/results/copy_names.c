#include "copy_names.h"

#include "file.h"
#include "picture_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int copy_path(const struct copy_names *names, const char *input, char path[COPY_PATH_SIZE],
              struct error *error)
{
    const char *base = file_base(input), *ending = picture_ending(input);
    int stem = (int)(strlen(base) - strlen(ending));
    const char *kept = !names->keeps || names->keeps(ending) ? ending : names->otherwise;
    int length = names->folder
                     ? snprintf(path, COPY_PATH_SIZE, "%s/%.*s%s", names->output, stem, base, kept)
                     : snprintf(path, COPY_PATH_SIZE, "%s", names->output);
    return length >= 0 && length < COPY_PATH_SIZE
               ? 0
               : error_set_code(error, ERROR_USAGE,
                                "%s: the name of its copy is too long; use a shorter path", input);
}

struct copy {
    char *path;
    const char *input;
};

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct copy *)a)->path, ((const struct copy *)b)->path);
}

static int list_copies(const struct copy_names *names, const struct input_list *inputs,
                       struct copy *copies, struct error *error)
{
    char path[COPY_PATH_SIZE];
    for (int i = 0; i < inputs->count; i++) {
        copies[i].input = inputs->paths[i];
        if (copy_path(names, copies[i].input, path, error))
            return -1;
        copies[i].path = strdup(path);
        if (!copies[i].path)
            return error_no_memory(error, "the list of copies");
    }
    return 0;
}

static int claim_copies(struct copy *copies, int count, struct file_set *files, struct error *error)
{
    qsort(copies, (size_t)count, sizeof *copies, compare_paths);
    for (int i = 0; i < count; i++) {
        if (i > 0 && strcmp(copies[i - 1].path, copies[i].path) == 0)
            return error_set_code(
                error, ERROR_USAGE,
                "%s and %s would get the same output name; process them in two runs",
                copies[i - 1].input, copies[i].input);
        if (file_set_claim(files, copies[i].path, error))
            return -1;
    }
    return 0;
}

/* Before the files in it are claimed: a path in a missing folder cannot be identified. */
static int make_folder(const struct copy_names *names, bool *made, struct error *error)
{
    *made = names->folder && !file_is_folder(names->output);
    return *made && mkdir(names->output, 0777)
               ? error_set(error, "%s: the folder cannot be created: %s; choose another",
                           names->output, strerror(errno))
               : 0;
}

int copy_names_claim(const struct copy_names *names, const struct input_list *inputs,
                     struct file_set *files, struct error *error)
{
    struct copy *copies = calloc((size_t)inputs->count, sizeof *copies);
    if (!copies)
        return error_no_memory(error, "the list of copies");
    bool made = false;
    int result = list_copies(names, inputs, copies, error) || make_folder(names, &made, error) ||
                         claim_copies(copies, inputs->count, files, error)
                     ? -1
                     : 0;
    for (int i = 0; i < inputs->count; i++)
        free(copies[i].path);
    free(copies);
    if (result && made)
        rmdir(names->output);
    return result;
}
