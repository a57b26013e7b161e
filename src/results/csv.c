#include "csv.h"

#include "file.h"
#include "results_form.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct csv {
    FILE *file;
    bool begun; /* the names of the columns are written */
    long half;  /* where a row begins that could not be written as a whole; -1: none */
    char path[4096];
};

static bool is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

static int complain(const struct csv *csv, struct error *error)
{
    if (is_standard(csv->path))
        return error_unwritten(error);
    return error_set(error, "%.500s: cannot be written: %s; %s", csv->path, strerror(errno),
                     file_advice(errno));
}

static void write_header(FILE *file)
{
    fprintf(file, "source,frame,time,width,height,id,box_x,box_y,box_width,box_height,face,"
                  "emotion,label,confidence");
    for (int raw = 0; raw < 2; raw++) {
        for (int i = 0; i < EXPRESSIONS_LABEL_COUNT; i++)
            fprintf(file, ",%s%s", raw ? "raw_" : "", expressions_label_name(i));
    }
    fprintf(file, ",clock\n");
}

static int begin_table(struct csv *csv)
{
    csv->begun = true;
    write_header(csv->file);
    return fflush(csv->file);
}

/* Leaves a file as it was. */
static FILE *open_file(const char *path)
{
    int fd = file_open_fifo(path);
    if (fd < 0 && errno == ESPIPE)
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && !file)
        close(fd);
    return file;
}

int csv_open(struct csv **csv, const char *path, struct error *error)
{
    struct csv *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the table");
    snprintf(made->path, sizeof made->path, "%s", path);
    made->half = -1;
    made->file = is_standard(path) ? stdout : open_file(path);
    struct stat status = {0};
    bool earlier = made->file && made->file != stdout && fstat(fileno(made->file), &status) == 0 &&
                   status.st_size > 0;
    if (!made->file || (!earlier && begin_table(made))) {
        complain(made, error);
        if (S_ISREG(status.st_mode))
            remove(path); /* never a device, such as /dev/full */
        csv_close(&made);
        return -1;
    }
    *csv = made;
    return 0;
}

/* Within quotes, quotes are doubled. */
static void write_text(FILE *file, const char *text)
{
    fprintf(file, "\"%s", strchr("=+-@", *text) && *text ? "./" : "");
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void write_face(FILE *file, const struct frame *frame, const struct expressions_face *face)
{
    struct expressions_box box = frame_clip(frame, face);
    fprintf(file, ",%ld,%.3f,%d,%d,%d,%d,%d,%d,%d,%.4f,%s,%s,%.4f", frame->index, frame->time,
            frame->width, frame->height, face->id, box.x, box.y, box.width, box.height,
            (double)face->score, expressions_label_name(face->label), face_name(face),
            (double)face->probabilities[face->label]);
    for (int i = 0; i < EXPRESSIONS_LABEL_COUNT; i++)
        fprintf(file, ",%.4f", (double)face->probabilities[i]);
    for (int i = 0; i < EXPRESSIONS_LABEL_COUNT; i++) {
        if (face->smoothed)
            fprintf(file, ",%.4f", (double)face->raw[i]);
        else
            fputc(',', file);
    }
    char clock[FRAME_CLOCK_SIZE];
    frame_clock(frame, clock);
    fprintf(file, ",%s\n", clock);
}

int csv_write(struct csv *csv, const char *source, const struct frame *frame, struct error *error)
{
    if (!csv->begun && (ftruncate(fileno(csv->file), 0) || begin_table(csv))) {
        csv->half = 0;
        return complain(csv, error);
    }
    if (frame->face_count == 0)
        return 0;
    char *name = text_utf8(source);
    if (!name)
        return error_no_memory(error, "a result");
    text_tame(name);
    int failed = 0;
    long begin = -1;
    for (int i = 0; i < frame->face_count && !failed; i++) {
        begin = csv->file == stdout ? -1 : ftell(csv->file);
        write_text(csv->file, name);
        write_face(csv->file, frame, &frame->faces[i]);
        failed = fflush(csv->file);
    }
    csv->half = failed ? begin : -1;
    free(name);
    return failed ? complain(csv, error) : 0;
}

/* Removes half a row; after fclose, which tries once more to write the rest. */
static void close_file(struct csv *csv)
{
    int fd = csv->half >= 0 ? dup(fileno(csv->file)) : -1;
    if (csv->file != stdout)
        fclose(csv->file);
    if (fd < 0)
        return;
    int code = ftruncate(fd, csv->half);
    (void)code; /* the failed write was reported already */
    close(fd);
}

void csv_close(struct csv **csv)
{
    if ((*csv)->file)
        close_file(*csv);
    free(*csv);
    *csv = NULL;
}

/* ---- As results ------------------------------------------------------------------------------ */

static int open_csv(void **state, const struct results_of *of, struct error *error)
{
    const char *path = of->options->csv;
    struct csv *csv;
    if (file_set_claim(of->files, is_standard(path) ? "/dev/stdout" : path, error) ||
        csv_open(&csv, path, error))
        return -1;
    /* Now that it exists, it is known by device and inode, too. */
    if (file_set_add(of->files, path, error)) {
        csv_close(&csv);
        return -1;
    }
    *state = csv;
    return 0;
}

static int add(void *state, const char *name, const struct frame *frame, struct error *error)
{
    return csv_write(state, name, frame, error);
}

static int close_csv(void *state, const struct results_end *end, struct error *error)
{
    struct csv *csv = state;
    (void)end;
    (void)error; /* each row was flushed */
    csv_close(&csv);
    return 0;
}

const struct results_form csv_form = {.option = "--csv",
                                      .to_stdout = STDOUT_IF_DASH,
                                      .wanted = RESULTS_FIELD(csv),
                                      .open = open_csv,
                                      .add = add,
                                      .close = close_csv};
