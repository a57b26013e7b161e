/* Where the answers of a run go: files, and standard output. The same for pictures and for cameras
 * and videos: open, add each picture or frame with its faces, close. What there is stands in the
 * table of results.c. One thread at a time. */
#ifndef RESULTS_H
#define RESULTS_H

#include "file_set.h"
#include "frame.h"
#include "picture_list.h"
#include "progress_bar.h"
#include "source.h"

#include <stdbool.h>

/* What the user asks for. Texts belong to the caller; NULL: not wanted. */
struct results_wishes {
    bool json;          /* JSON Lines on standard output */
    bool words;         /* lines for people there */
    const char *csv;    /* file */
    const char *output; /* annotated copies: file, or folder for pictures; "-": standard output */
    const char *report; /* folder */
    const char *osc;    /* HOST:PORT */
    const char *lsl;    /* name of the stream */
    const char *serve;  /* PORT or HOST:PORT */
    bool serve_video;   /* pictures, too */
};

/* What the results are of. Everything that this points to lasts until results_close. */
struct results_of {
    const struct results_wishes *wishes;
    const struct source *source;         /* NULL: pictures */
    const struct picture_list *pictures; /* NULL: a source */
    const char *program;                 /* its name in messages */
    const char *font_path;
    struct progress_bar *progress; /* hidden before lines are printed; NULL for pictures */
    struct file_set *files;        /* all that is read; what is written is added */
    bool window;                   /* there is one: people see each frame's faces there */
    bool film;                     /* who showed what is told all the same */
    bool quiet;                    /* notes are not wanted */
};

struct results;

/* None is begun before it is known to be no input, and no output that was begun. A name that cannot
 * be meant so has the code ERROR_USAGE. */
int results_open(struct results **results, const struct results_of *of, struct error *error);

/* Whether any of them shows the picture's colours. */
bool results_want_colours(const struct results *results);

/* `name`: the picture's, or the source's. A copy of one picture that cannot be written is told on
 * stderr and fails the end only. */
int results_add(struct results *results, const char *name, const struct frame *frame,
                struct error *error);

struct results_end {
    bool whole;     /* the source came to its end by itself */
    bool told;      /* what is told of the whole is wanted: it did not fail */
    double seconds; /* that the work took */
    long dropped;   /* frames that nobody saw */
};

/* Ends them all and frees; files are ended whatever `end` says. Fails where one cannot be, or had
 * failed before; the error's text is empty where that was told. */
int results_close(struct results **results, const struct results_end *end, struct error *error);

#endif
