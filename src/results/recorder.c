#include "recorder.h"

#include "canvas.h"
#include "file.h"
#include "log.h"
#include "ocv.h"
#include "picture_file.h"
#include "results_form.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* A longer gap, of a camera that was lost or paused, is left out: else an hour of one picture would
 * be written at once, and the window would freeze meanwhile. Seconds. */
static const double longest_gap = 2;

/* FFmpeg does not say when a disk is full, and ending a file takes room: a video ends earlier. */
enum { LEAST_ROOM = 16 << 20 };

struct recorder {
    char path[4096];
    char film[1024]; /* whose sound goes with it; empty: none */
    struct canvas *canvas;
    struct ocv_writer *writer; /* NULL before the first frame */
    double fps;
    bool live;
    double start; /* what the video calls 0, by the source's time */
    double end;   /* of the last frame, by the video's time */
};

int recorder_can_write(const char *ending)
{
    static const char *const endings[] = {".mp4", ".mkv", ".webm", ".avi", ".gif"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (strcasecmp(endings[i], ending) == 0)
            return 1;
    }
    return 0;
}

/* Of a file that is begun, `ulimit -f` counts what it has. Only files need room. */
static int check_room(const char *path, bool begun, struct error *error)
{
    struct stat status;
    bool exists = stat(path, &status) == 0;
    if (strcmp(path, "-") == 0 || (exists && !S_ISREG(status.st_mode)))
        return 0;
    uint64_t size = begun && exists ? (uint64_t)status.st_size : 0;
    if (file_limit() < size + LEAST_ROOM)
        return error_set(
            error, "%s: `ulimit -f` allows less than %d MB more, too little to go on; raise it",
            path, LEAST_ROOM >> 20);
    if (file_space(path) < LEAST_ROOM)
        return error_set(error,
                         "%s: less than %d MB are free there, too little to go on; free some space",
                         path, LEAST_ROOM >> 20);
    return 0;
}

int recorder_create(struct recorder **recorder, const char *path, const struct drawing *drawing,
                    const struct source *source, struct error *error)
{
    /* Before another output of the run replaces a file */
    if ((strcmp(path, "-") != 0 && file_check_output(path, error)) ||
        check_room(path, false, error))
        return -1;
    struct recorder *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the video");
    if (canvas_create(&made->canvas, drawing, error)) {
        free(made);
        return -1;
    }
    snprintf(made->path, sizeof made->path, "%s", path);
    snprintf(made->film, sizeof made->film, "%s", source->film ? source->name : "");
    made->fps = source->fps > 0 ? source->fps : OCV_USUAL_FPS;
    made->live = source->live;
    *recorder = made;
    return 0;
}

/* Leaves `writer` NULL where the program was told to end before a FIFO had a reader. */
static int open_writer(struct recorder *recorder, const struct frame *frame, struct error *error)
{
    int fifo = file_open_fifo(recorder->path); /* its reader waits until FFmpeg opens it, too */
    if (fifo < 0 && errno == EINTR)
        return 0;
    struct ocv_sound sound = {*recorder->film ? recorder->film : NULL, frame->time};
    enum ocv_code code = ocv_writer_open(&recorder->writer, recorder->path, frame->width,
                                         frame->height, recorder->fps, sound, error);
    if (fifo >= 0)
        close(fifo);
    if (code != OCV_OK)
        return error_of(error, recorder->path);
    recorder->start = frame->time;
    return 0;
}

int recorder_add(struct recorder *recorder, const struct frame *frame, struct error *error)
{
    if (check_room(recorder->path, recorder->writer, error))
        return -1;
    if (!recorder->writer && open_writer(recorder, frame, error))
        return -1;
    if (!recorder->writer)
        return 0;
    struct bgr_image annotated;
    if (canvas_draw(recorder->canvas, &frame->picture, frame->faces, frame->face_count, &annotated,
                    error))
        return -1;
    double duration = frame->duration > 0 ? frame->duration : 1 / recorder->fps;
    double gap = frame->time - recorder->start - recorder->end;
    if (recorder->live && gap > longest_gap)
        recorder->start += gap;
    double time = frame->time - recorder->start;
    if (ocv_writer_write(recorder->writer, annotated, time, duration, error) != OCV_OK)
        return error_of(error, recorder->path);
    recorder->end = time + duration;
    return 0;
}

double recorder_seconds(const struct recorder *recorder)
{
    return recorder->end;
}

const char *recorder_path(const struct recorder *recorder)
{
    return recorder->path;
}

int recorder_close(struct recorder **recorder, bool whole, struct error *error)
{
    struct recorder *closed = *recorder;
    int result = 0;
    if (!closed)
        return 0;
    if (ocv_writer_close(&closed->writer, whole, error) != OCV_OK)
        result = error_of(error, closed->path);
    canvas_free(&closed->canvas);
    free(closed);
    *recorder = NULL;
    return result;
}

/* ---- As results ------------------------------------------------------------------------------ */

struct video {
    const struct results_of *of;
    struct recorder *recorder;
};

static int check(const struct results_of *of, struct error *error)
{
    const char *output = of->options->output;
    if (strcmp(output, "-") == 0)
        return isatty(STDOUT_FILENO) == 1
                   ? error_set_code(error, ERROR_USAGE,
                                    "--output -: standard output is a terminal; pipe it to a "
                                    "program, or name a file")
                   : file_set_claim(of->files, "/dev/stdout", error);
    if (!recorder_can_write(picture_ending(output)))
        return error_set_code(error, ERROR_USAGE,
                              "%s: not a video extension; use .mp4, .mkv, .webm, .avi or .gif",
                              output);
    return file_set_claim(of->files, output, error);
}

static int open_video(void **state, const struct results_of *of, struct error *error)
{
    if (check(of, error))
        return -1;
    struct video *video = calloc(1, sizeof *video);
    if (!video)
        return error_no_memory(error, "the video");
    video->of = of;
    if (recorder_create(&video->recorder, of->options->output, of->drawing, of->source, error)) {
        free(video);
        return -1;
    }
    *state = video;
    return 0;
}

static int add(void *state, const char *name, const struct frame *frame, struct error *error)
{
    struct video *video = state;
    (void)name;
    return recorder_add(video->recorder, frame, error);
}

static int close_video(void *state, const struct results_end *end, struct error *error)
{
    struct video *video = state;
    struct ocv_writer *writer = video->recorder->writer;
    const char *note = writer ? ocv_writer_note(writer) : NULL; /* what it lacks, as the sound */
    if (note && !video->of->quiet)
        log_line(video->of->program, "%s: %s", recorder_path(video->recorder), note);
    int result = recorder_close(&video->recorder, end->whole, error);
    free(video);
    return result;
}

const struct results_form video_form = {.option = "--output",
                                        .to_stdout = STDOUT_IF_DASH,
                                        .one_source = true,
                                        .colours = RESULTS_FIELD(output),
                                        .wanted = RESULTS_FIELD(output),
                                        .open = open_video,
                                        .add = add,
                                        .close = close_video};
