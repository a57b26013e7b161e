/* A form of results: the options that ask for it, and what its file gives to the table in
 * results.c. */
#ifndef RESULTS_FORM_H
#define RESULTS_FORM_H

#include "file_set.h"
#include "frame.h"
#include "input_list.h"
#include "progress_bar.h"
#include "source.h"

#include <stdbool.h>
#include <stddef.h>

/* What the user asked for. Texts belong to the caller; NULL: not wanted. */
struct results_options {
    bool json;           /* JSON Lines on standard output */
    bool words;          /* lines for people on standard output */
    const char *csv;     /* file */
    const char *output;  /* annotated copies: file, or folder for pictures; "-": standard output */
    const char *report;  /* folder */
    const char *osc;     /* HOST:PORT */
    const char *lsl;     /* name of the stream */
    const char *serve;   /* PORT or HOST:PORT */
    bool serve_video;    /* serve the pictures, too */
    struct spool *spool; /* keeps the answers for a later results_add */
};

struct drawing;

/* What the results are of. Everything that this points to must stay until results_close. */
struct results_of {
    const struct results_options *options;
    const struct source *source;       /* NULL: pictures */
    const struct input_list *pictures; /* NULL: a source */
    const char *program;               /* its name in messages */
    const struct drawing *drawing;     /* on annotated copies; NULL: there are none */
    struct progress_bar *progress;     /* erased before anything is printed; NULL: none */
    struct file_set *files;            /* all that is read; file_set_claim adds what is written */
    bool window;                       /* a window shows each frame's faces, so no lines need to */
    bool film;                         /* a video file: print the summary even with a window */
    bool quiet;                        /* no summaries and notes for people */
};

struct results_end {
    bool whole;     /* the source came to an end or failed: it was not stopped */
    bool summarize; /* write summaries and reports: nothing failed */
    double seconds; /* how long the work took */
    long dropped;   /* frames that were not looked at */
};

/* A field of struct results_options; of size 0: none, which nobody asks for. */
struct results_field {
    size_t at, size;
};
#define RESULTS_FIELD(field)                                                                       \
    {                                                                                              \
        offsetof(struct results_options, field), sizeof((struct results_options *)0)->field        \
    }

/* When a form has standard output for itself. */
enum results_stdout { STDOUT_NEVER, STDOUT_ALWAYS, STDOUT_IF_DASH };

/* What a form can be of, from most to least: everything; all but pictures; one camera, video or the
 * demo, while it runs. */
enum results_sources { SOURCES_ALL, SOURCES_MOVING, SOURCES_ONE_LIVE };

struct results_form {
    const char *option; /* that asks for it; NULL: it comes unasked */
    bool pictures;      /* only of pictures */
    bool one_source;    /* only of a camera or video, and it cannot go on with another */
    enum results_sources sources;
    enum results_stdout to_stdout; /* _IF_DASH: `wanted` is a text, and is "-" */
    struct results_field wanted;
    /* Asks for the picture's colours, which are otherwise out of date (frame_set_grey). */
    struct results_field colours;
    /* As results_check, where it is wanted; NULL: there is nothing to check. */
    int (*check)(const struct results_options *options, struct error *error);
    /* As in results.h, on a state of the form's own, which close frees. `open` must call
     * file_set_claim for each file before it creates it. */
    int (*open)(void **state, const struct results_of *of, struct error *error);
    int (*add)(void *state, const char *name, const struct frame *frame, struct error *error);
    int (*close)(void *state, const struct results_end *end, struct error *error);
};

extern const struct results_form video_form, copies_form, csv_form, jsonl_form, text_form,
    report_form, osc_form, lsl_form, serve_form, spool_form;

#endif
