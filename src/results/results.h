/* Where the answers of a run go: files, and standard output. The same for pictures and for cameras
 * and videos: open, add each picture or frame with its faces, close. The table in results.c lists
 * the forms. One thread at a time. */
#ifndef RESULTS_H
#define RESULTS_H

#include "results_form.h"

struct results;

/* Whether an option asks for any form: then something may be waiting for results. */
bool results_wanted(const struct results_of *of);

/* The option of a wanted form that is not of pictures, and of one that is of one running source
 * only; NULL: there is none. */
const char *results_moving(const struct results_options *options);
const char *results_live(const struct results_options *options);

/* Whether a form has standard output for itself. Fails where two would. */
int results_check_stdout(const struct results_options *options, bool *taken, struct error *error);

/* The option of a form that holds one source only; NULL: there is none. */
const char *results_one_source(const struct results_of *of);

/* Checks what can be checked before anything is opened: whether addresses make sense. */
int results_check(const struct results_options *options, struct error *error);

/* Opens every form that is wanted. Fails if an output is also an input or another output. A name
 * that makes no sense fails with ERROR_USAGE. */
int results_open(struct results **results, const struct results_of *of, struct error *error);

/* Whether any form needs the picture in colour. */
bool results_want_colours(const struct results *results);

/* `name`: the picture's, or the source's. A copy of a picture that cannot be written is reported on
 * stderr; results_close then fails. */
int results_add(struct results *results, const char *name, const struct frame *frame,
                struct error *error);

/* Closes all forms and frees the results; files are completed whatever `end` says. Fails if one
 * cannot be completed or has failed before; the error's text is empty if that was reported
 * already. */
int results_close(struct results **results, const struct results_end *end, struct error *error);

#endif
