/* Annotated copies of pictures: one file for one picture, else a folder. */
#include "results_form.h"

#include "canvas.h"
#include "copy_names.h"
#include "file.h"
#include "log.h"
#include "ocv.h"
#include "picture_file.h"

#include <stdlib.h>

struct copies {
    const struct results_of *of;
    struct copy_names names;
    struct canvas *canvas;
    bool failed; /* one of them */
};

static struct copy_names names_of(const struct results_of *of)
{
    const char *output = of->options->output;
    bool folder = of->pictures->count > 1 || of->pictures->has_folder || file_is_folder(output);
    return (struct copy_names){output, folder, ocv_can_encode, ".png"};
}

static int open_copies(void **state, const struct results_of *of, struct error *error)
{
    struct copy_names names = names_of(of);
    if (!names.folder && !ocv_can_encode(picture_ending(names.output)))
        return error_set_code(error, ERROR_USAGE, "%s: not a picture extension; use .png or .jpg",
                              names.output);
    if (copy_names_claim(&names, of->pictures, of->files, error))
        return -1;
    struct copies *copies = calloc(1, sizeof *copies);
    if (!copies)
        return error_no_memory(error, "the copies");
    copies->of = of;
    copies->names = names;
    if (canvas_create(&copies->canvas, of->drawing, error)) {
        free(copies);
        return -1;
    }
    *state = copies;
    return 0;
}

static int write_copy(struct copies *copies, const char *name, const struct frame *frame,
                      struct error *error)
{
    char path[COPY_PATH_SIZE];
    struct bgr_image annotated;
    return copy_path(&copies->names, name, path, error) ||
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
