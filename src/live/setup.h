/* What stills and live share at their start. */
#ifndef SETUP_H
#define SETUP_H

#include "csv.h"
#include "detector.h"
#include "exit_status.h"
#include "options.h"
#include "recognizer.h"
#include "view.h"

extern const char program_name[];

/* The model's path: the user's, or the one that comes with the program. */
int setup_model_path(const struct options *options, char *path, size_t size, struct error *error);

/* Opens both; on failure neither stays open. */
enum exit_status setup_vision(const struct options *options, struct recognizer **recognizer,
                              struct detector **detector, struct error *error);

/* Begins the table of --csv, unless it is an input itself. *csv is NULL without --csv. */
int setup_csv(const struct options *options, struct csv **csv, struct error *error);

/* Opens a window where there is a display and the user wants one; says on stderr where the program
 * goes without. *view is NULL then. */
void setup_view(const struct options *options, const char *title, bool live, struct view **view);

/* Refuses an output that is the input file itself. */
int setup_check_output(const char *input, const char *output, struct error *error);

#endif
