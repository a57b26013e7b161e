/* Annotated copies of pictures: one file for one picture, else a folder. */
#include "results_form.h"

#include "canvas.h"
#include "log.h"
#include "ocv.h"
#include "picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096 };

struct copies {
    const struct results_of *of;
    struct canvas *canvas;
    bool failed; /* one of them */
};

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool into_folder(const struct results_of *of)
{
    return of->pictures->count > 1 || of->pictures->has_folder || is_folder(of->options->output);
}

/* Where the copy of the picture goes: in a folder it has the picture's name, and its format where
 * that can be written. */
static int copy_path(const struct results_of *of, const char *picture, char path[PATH_SIZE],
                     struct error *error)
{
    const char *base = picture_list_base(picture), *ending = picture_ending(picture);
    int stem = (int)(strlen(base) - strlen(ending));
    int length = into_folder(of) ? snprintf(path, PATH_SIZE, "%s/%.*s%s", of->options->output, stem,
                                            base, ocv_can_encode(ending) ? ending : ".png")
                                 : snprintf(path, PATH_SIZE, "%s", of->options->output);
    return length >= 0 && length < PATH_SIZE
               ? 0
               : error_set_code(error, ERROR_USAGE,
                                "%s: the name of its copy is too long; use a shorter path",
                                picture);
}

struct copy {
    char *path;
    const char *picture;
};

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct copy *)a)->path, ((const struct copy *)b)->path);
}

static int list_copies(const struct results_of *of, struct copy *copies, struct error *error)
{
    char path[PATH_SIZE];
    for (int i = 0; i < of->pictures->count; i++) {
        copies[i].picture = of->pictures->paths[i];
        if (copy_path(of, copies[i].picture, path, error))
            return -1;
        copies[i].path = strdup(path);
        if (!copies[i].path)
            return error_no_memory(error, "the list of copies");
    }
    return 0;
}

static int check_copies(const struct results_of *of, struct copy *copies, struct error *error)
{
    int count = of->pictures->count;
    if (list_copies(of, copies, error))
        return -1;
    qsort(copies, (size_t)count, sizeof *copies, compare_paths);
    for (int i = 0; i < count; i++) {
        if (i > 0 && strcmp(copies[i - 1].path, copies[i].path) == 0)
            return error_set_code(error, ERROR_USAGE,
                                  "%s and %s have one name; copy them in two runs",
                                  copies[i - 1].picture, copies[i].picture);
        if (file_set_check_output(of->files, copies[i].path, error))
            return -1;
    }
    for (int i = 0; i < count; i++) {
        if (file_set_add(of->files, copies[i].path, error))
            return -1;
    }
    return 0;
}

static int check(const struct results_of *of, struct error *error)
{
    const char *output = of->options->output;
    int count = of->pictures->count;
    if (!into_folder(of) && !ocv_can_encode(picture_ending(output)))
        return error_set_code(error, ERROR_USAGE,
                              "%s: not an ending for a picture; use .png or .jpg", output);
    struct copy *copies = calloc((size_t)count, sizeof *copies);
    if (!copies)
        return error_no_memory(error, "the list of copies");
    int result = check_copies(of, copies, error);
    for (int i = 0; i < count; i++)
        free(copies[i].path);
    free(copies);
    return result;
}

static int open_copies(void **state, const struct results_of *of, struct error *error)
{
    if (check(of, error))
        return -1;
    const char *output = of->options->output;
    if (into_folder(of) && !is_folder(output) && mkdir(output, 0777))
        return error_set(error, "%s: the folder cannot be made: %s; choose another", output,
                         strerror(errno));
    struct copies *copies = calloc(1, sizeof *copies);
    if (!copies)
        return error_no_memory(error, "the copies");
    copies->of = of;
    if (canvas_create(&copies->canvas, of->font_path, error)) {
        free(copies);
        return -1;
    }
    *state = copies;
    return 0;
}

static int write_copy(struct copies *copies, const char *name, const struct frame *frame,
                      struct error *error)
{
    char path[PATH_SIZE];
    struct bgr_image annotated;
    return copy_path(copies->of, name, path, error) ||
                   canvas_draw(copies->canvas, &frame->picture, frame->faces, frame->face_count,
                               &annotated, error) ||
                   picture_write(path, annotated, error)
               ? -1
               : 0;
}

/* If one fails, the others are still made. */
static int add(void *state, const char *name, const struct frame *frame, struct error *error)
{
    struct copies *copies = state;
    if (write_copy(copies, name, frame, error)) {
        log_line(copies->of->program, "%s", error->text);
        copies->failed = true;
    }
    return 0;
}

static int close_copies(void *state, const struct results_end *end, struct error *error)
{
    struct copies *copies = state;
    bool failed = copies->failed;
    (void)end;
    canvas_free(&copies->canvas);
    free(copies);
    return failed ? error_set(error, "%s", "") : 0;
}

const struct results_form copies_form = {.option = "--output",
                                         .pictures = true,
                                         .colours = RESULTS_FIELD(output),
                                         .wanted = RESULTS_FIELD(output),
                                         .open = open_copies,
                                         .add = add,
                                         .close = close_copies};
