#include "run.h"

#include "canvas.h"
#include "interrupt.h"
#include "jsonl.h"
#include "library_error.h"
#include "log.h"
#include "ocv.h"
#include "picture.h"
#include "picture_list.h"
#include "resources.h"
#include "setup.h"
#include "text_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct stills {
    const struct options *options;
    struct picture_list list;
    struct vision vision;
    struct file_set files; /* that are read, and the table */
    struct csv *csv;       /* NULL without --csv */
    struct canvas *canvas; /* NULL without --output */
    bool into_folder;      /* --output is a folder */
    struct view *view;     /* NULL when headless */
    struct interrupt *interrupt;
    struct frame frame;
    struct picture_file piped; /* standard input, until its turn has come */
    bool bars;                 /* below each line of text */
    bool failed;               /* some picture could not be done */
    bool found;                /* some picture has a face */
    bool abandoned;            /* the user has seen enough */
};

/* Reports what is wrong with one picture and goes on with the next. */
static void complain(struct stills *stills, const struct error *error)
{
    log_line(program_name, "%s", error->text);
    stills->failed = true;
}

/* ---- Annotated copies ------------------------------------------------------------------------ */

static int compare_bases(const void *a, const void *b)
{
    return strcmp(picture_list_base(*(char *const *)a), picture_list_base(*(char *const *)b));
}

/* Two pictures of one name cannot both go into the folder. */
static int check_names(const struct picture_list *list, struct error *error)
{
    size_t count = (size_t)list->count;
    char **sorted = malloc((count + 1) * sizeof *sorted);
    if (!sorted)
        return error_no_memory(error, "the list of pictures");
    memcpy(sorted, list->paths, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_bases);
    int result = 0;
    for (size_t i = 1; i < count && result == 0; i++) {
        if (compare_bases(&sorted[i - 1], &sorted[i]) == 0)
            result = error_set(error, "%s and %s have one name; copy them in two runs",
                               sorted[i - 1], sorted[i]);
    }
    free(sorted);
    return result;
}

static enum exit_status prepare_output(struct stills *stills, struct error *error)
{
    const char *output = stills->options->output;
    struct stat status;
    bool is_folder = stat(output, &status) == 0 && S_ISDIR(status.st_mode);
    stills->into_folder = is_folder || stills->list.count > 1 || stills->list.has_folder;
    if (!stills->into_folder && !ocv_can_encode(picture_ending(output))) {
        error_set(error, "%s: not an ending for a picture; use .png or .jpg", output);
        return STATUS_USAGE;
    }
    if (stills->into_folder && check_names(&stills->list, error))
        return STATUS_USAGE;
    if (stills->into_folder && !is_folder && mkdir(output, 0777)) {
        error_set(error, "%s: the folder cannot be made: %s; choose another", output,
                  strerror(errno));
        return STATUS_FAILED;
    }
    return canvas_create(&stills->canvas, resource_font(), error) ? STATUS_FAILED : STATUS_DONE;
}

static int output_path(struct stills *stills, const char *path, char *out, size_t size,
                       struct error *error)
{
    const char *output = stills->options->output;
    const char *base = picture_list_base(path);
    const char *ending = picture_ending(path);
    bool same = ocv_can_encode(ending);
    int stem = (int)(strlen(base) - strlen(ending));
    int length = stills->into_folder
                     ? snprintf(out, size, "%s/%.*s%s", output, stem, base, same ? ending : ".png")
                     : snprintf(out, size, "%s", output);
    if (length < 0 || (size_t)length >= size)
        return error_set(error, "%s: the name of its copy is too long; use a shorter path", path);
    return file_set_check_output(&stills->files, out, error);
}

static int write_copy(struct stills *stills, const char *path, struct error *error)
{
    char out[RESOURCE_PATH_SIZE];
    struct bgr_image annotated;
    if (output_path(stills, path, out, sizeof out, error) ||
        canvas_draw(stills->canvas, frame_bgr(&stills->frame), stills->frame.faces,
                    stills->frame.face_count, &annotated, error))
        return -1;
    return picture_write(out, annotated, error);
}

/* ---- Showing --------------------------------------------------------------------------------- */

/* Until a key is pressed or the window is closed. */
static int wait_for_key(struct stills *stills, struct error *error)
{
    enum view_request request = VIEW_REDRAW;
    while (request != VIEW_NEXT && request != VIEW_QUIT) {
        if (request == VIEW_REDRAW && view_draw(stills->view, error))
            return -1;
        request = view_next(stills->view, -1);
    }
    stills->abandoned = request == VIEW_QUIT;
    return 0;
}

static int show(struct stills *stills, int index, struct error *error)
{
    char title[512];
    snprintf(title, sizeof title, "%s (%d of %d) - any key: %s",
             picture_list_base(stills->list.paths[index]), index + 1, stills->list.count,
             index + 1 < stills->list.count ? "next" : "end");
    view_set_title(stills->view, title);
    view_set_picture(stills->view, frame_bgr(&stills->frame), stills->frame.faces,
                     stills->frame.face_count, 0);
    return wait_for_key(stills, error);
}

/* ---- One after the other --------------------------------------------------------------------- */

static int report(struct stills *stills, const char *path, struct error *error)
{
    int count = stills->frame.face_count;
    if (stills->csv &&
        csv_write(stills->csv, path, &stills->frame, stills->frame.faces, count, error))
        return -1;
    if (stills->options->json)
        return jsonl_write(stdout, path, &stills->frame, stills->frame.faces, count, error);
    if (text_report_still(stdout, path, &stills->frame, stills->frame.faces, stills->bars))
        return error_unwritten(error);
    return 0;
}

static int look(struct stills *stills, struct error *error)
{
    struct frame *frame = &stills->frame;
    struct expressions_picture picture = frame_picture(frame);
    struct expressions_error why;
    if (expressions_detect(stills->vision.detector, &picture, frame->faces, EXPRESSIONS_MAX_FACES,
                           &frame->face_count, &why) ||
        expressions_recognize(stills->vision.recognizer, &picture, frame->faces, frame->face_count,
                              &why))
        return library_failed(error, &why);
    return 0;
}

/* What fails for this picture is told and remembered; -1 means that none can follow. */
static int do_picture(struct stills *stills, int index, struct error *error)
{
    const char *path = stills->list.paths[index];
    struct error problem;
    const char *note = NULL;
    bool piped = stills->piped.bytes && strcmp(path, "-") == 0;
    if (piped ? picture_decode(&stills->piped, &stills->frame, &note, &problem)
              : picture_read(path, &stills->frame, &note, &problem)) {
        complain(stills, &problem);
        return 0;
    }
    if (note && !stills->options->quiet)
        log_line(program_name, "%s: %s", path, note);
    if (look(stills, &problem)) {
        struct error named;
        error_set(&named, "%.400s: %.600s", path, problem.text);
        complain(stills, &named);
        return 0;
    }
    stills->found = stills->found || stills->frame.face_count > 0;
    if (report(stills, path, error))
        return -1;
    if (stills->canvas && write_copy(stills, path, &problem))
        complain(stills, &problem);
    return stills->view ? show(stills, index, error) : 0;
}

static enum exit_status do_all(struct stills *stills, struct error *error)
{
    int count = stills->list.count;
    if (stills->options->max_frames && stills->options->max_frames < count)
        count = (int)stills->options->max_frames;
    for (int i = 0; i < count && !stills->abandoned; i++) {
        if (do_picture(stills, i, error))
            return STATUS_FAILED;
        stills->abandoned = stills->abandoned || interrupt_came(stills->interrupt);
    }
    if (stills->failed)
        return STATUS_FAILED;
    return stills->found || stills->abandoned ? STATUS_DONE : STATUS_NO_FACE;
}

static void ask_to_quit(void *context)
{
    struct stills *stills = context;
    if (stills->view)
        view_quit(stills->view);
}

/* No output is an input, nor the same as another output. */
static int check_files(struct stills *stills, struct error *error)
{
    for (int i = 0; i < stills->list.count; i++) {
        const char *path = stills->list.paths[i];
        if (file_set_add(&stills->files, setup_input(path), error))
            return -1;
    }
    return setup_files(stills->options, &stills->files, error);
}

/* Before signals are watched for, as it may wait. A failure is told in its turn. */
static void take_piped(struct stills *stills)
{
    struct error ignored;
    for (int i = 0; i < stills->list.count; i++) {
        if (strcmp(stills->list.paths[i], "-") == 0)
            picture_load("-", &stills->piped, &ignored);
    }
}

static enum exit_status start(struct stills *stills, struct error *error)
{
    const struct options *options = stills->options;
    for (int i = 0; i < options->image_count; i++) {
        struct error problem;
        if (picture_list_add(&stills->list, options->images[i], &problem))
            complain(stills, &problem);
    }
    if (check_files(stills, error))
        return STATUS_FAILED;
    take_piped(stills);
    if (stills->list.skipped > 0 && !options->quiet)
        log_line(program_name, "passed over in folders, no pictures by their names: %s (%d)",
                 stills->list.skipped_names, stills->list.skipped);
    enum exit_status status = STATUS_DONE;
    if (stills->list.count > 0 && options->output)
        status = prepare_output(stills, error);
    if (status == STATUS_DONE)
        status = setup_vision(options, &stills->vision, error);
    if (status == STATUS_DONE && setup_csv(options, &stills->files, &stills->csv, error))
        status = STATUS_FAILED;
    if (status == STATUS_DONE && stills->list.count > 0)
        setup_view(options, program_name, false, &stills->view);
    if (status == STATUS_DONE && interrupt_watch(&stills->interrupt, ask_to_quit, stills, error))
        status = STATUS_FAILED;
    stills->bars = isatty(STDOUT_FILENO) == 1;
    return status;
}

enum exit_status run_stills(const struct options *options, struct error *error)
{
    struct stills *stills = calloc(1, sizeof *stills);
    if (!stills) {
        error_no_memory(error, "the pictures");
        return STATUS_FAILED;
    }
    stills->options = options;
    enum exit_status status = start(stills, error);
    if (status == STATUS_DONE)
        status = do_all(stills, error);
    interrupt_free(&stills->interrupt);
    view_close(&stills->view);
    canvas_free(&stills->canvas);
    csv_close(&stills->csv);
    setup_end_vision(&stills->vision);
    picture_list_free(&stills->list);
    file_set_free(&stills->files);
    frame_free(&stills->frame);
    free(stills->piped.bytes);
    free(stills);
    return status;
}
