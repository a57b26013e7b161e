/* Where the answers of a run go: files, and standard output. The same for pictures and for cameras
 * and videos: open, add each picture or frame with its faces, close. The table in results.c lists
 * the forms. One thread at a time. */
#ifndef RESULTS_H
#define RESULTS_H

#include "file_set.h"
#include "frame.h"
#include "picture_list.h"
#include "progress_bar.h"
#include "source.h"

#include <stdbool.h>

/* What the user asked for. Texts belong to the caller; NULL: not wanted. */
struct results_options {
    bool json;          /* JSON Lines on standard output */
    bool words;         /* lines for people on standard output */
    const char *csv;    /* file */
    const char *output; /* annotated copies: file, or folder for pictures; "-": standard output */
    const char *report; /* folder */
    const char *osc;    /* HOST:PORT */
    const char *lsl;    /* name of the stream */
    const char *serve;  /* PORT or HOST:PORT */
    bool serve_video;   /* serve the pictures, too */
};

/* What the results are of. Everything that this points to must stay until results_close. */
struct results_of {
    const struct results_options *options;
    const struct source *source;         /* NULL: pictures */
    const struct picture_list *pictures; /* NULL: a source */
    const char *program;                 /* its name in messages */
    const char *font_path;
    struct progress_bar *progress; /* erased before anything is printed; NULL: none */
    struct file_set *files;        /* all that is read; results_claim adds what is written */
    bool window;                   /* a window shows each frame's faces, so no lines need to */
    bool film;                     /* a video file: print the summary even with a window */
    bool quiet;                    /* no summaries and notes for people */
};

struct results;

/* Whether an option asks for any form, which nobody may want to wait for. */
bool results_wanted(const struct results_of *of);

/* The option of a form that holds one source only; NULL: there is none. */
const char *results_one_source(const struct results_of *of);

/* Opens every form that is wanted. Fails if an output is also an input or another output. A name
 * that makes no sense fails with ERROR_USAGE. */
int results_open(struct results **results, const struct results_of *of, struct error *error);

/* Whether any form needs the picture in colour. */
bool results_want_colours(const struct results *results);

/* `name`: the picture's, or the source's. A copy of a picture that cannot be written is reported on
 * stderr; results_close then fails. */
int results_add(struct results *results, const char *name, const struct frame *frame,
                struct error *error);

struct results_end {
    bool whole;     /* the source ended of its own accord */
    bool summarize; /* write summaries and reports: nothing failed */
    double seconds; /* how long the work took */
    long dropped;   /* frames that were not looked at */
};

/* Closes all forms and frees the results; files are completed whatever `end` says. Fails if one
 * cannot be completed or has failed before; the error's text is empty if that was reported
 * already. */
int results_close(struct results **results, const struct results_end *end, struct error *error);

#endif
