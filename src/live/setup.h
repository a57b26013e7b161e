/* What the modes (run.h) need at their start. */
#ifndef SETUP_H
#define SETUP_H

#include "expressions.h"
#include "file_set.h"
#include "input_list.h"
#include "options.h"
#include "view.h"

extern const char program_name[];

/* Once, before the first matrix product, for this many threads that compute at once. Where there is
 * too little memory for that, says so and ends the process. */
void setup_blas(int threads);

/* The files that each thread but the first has open at once: its input, copy and spool, and for a
 * moment a cascade, the model, or a temporary file. */
enum { SETUP_FILES = 6 };

/* The number of threads for `count` inputs: what the options say, at most `count`, and no more than
 * the limit on open files allows. */
int setup_threads(const struct options *options, int count);

/* Loads the user's model, or the one that comes with the program. */
int setup_model(const struct options *options, struct expressions_model **model,
                struct error *error);

/* What finds faces and names what they show. All zeros at first. */
struct vision {
    struct expressions_model *model;
    struct expressions_recognizer *recognizer;
    struct expressions_detector *detector;
};

/* Opens all of it, and loads what videos and cameras need; setup_end_vision ends it, also after a
 * failure. */
int setup_vision(const struct options *options, struct vision *vision, struct error *error);
void setup_end_vision(struct vision *vision);

/* For another thread: opens a detector, and a recognizer for the model in *vision; false where that
 * fails. setup_end_vision ends both, also then, and the model unless it is NULL by then. */
bool setup_another(const struct options *options, struct vision *vision);

/* Opens a window where there is a display and the user wants one; else *view, NULL at first, stays
 * so. Where the user is to know why, *missing, empty at first, says it to setup_report_missing. */
void setup_view(const struct options *options, const char *title, bool live, struct view **view,
                struct error *missing);
/* Reports once why there is no window. Call it after the first results, so that a refused option is
 * the only message. */
void setup_report_missing(struct error *missing);

/* Ends the process where something keeps it from ending in order. `failure` says what could not be
 * saved; where its text is empty, all was: then `reason` is printed, and this is the status. */
_Noreturn void setup_end_at_once(const char *reason, int status, const struct error *failure);
/* The same, for the end of what view_on_loss is given. */
_Noreturn void setup_end_without_display(const struct error *failure);

/* Lists what the options name. What cannot be read is reported, and makes this fail. */
int setup_list(const struct options *options, struct input_list *list);
/* Names the files of another kind in the folders; to be called once nothing is refused any more. */
void setup_report_skipped(const struct options *options, const struct input_list *list);

/* The file that is read for this name: standard input's where it is "-". */
const char *setup_input(const char *path);

/* Adds what the options name for reading, except pictures. The caller ends the set with
 * file_set_free. */
int setup_files(const struct options *options, struct file_set *files, struct error *error);

#endif
