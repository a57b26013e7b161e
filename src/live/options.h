/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "drawing.h"
#include "error.h"
#include "expressions.h"
#include "results.h"

#include <stdbool.h>
#include <stdio.h>

enum command {
    COMMAND_RUN,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_LIST_CAMERAS,
    COMMAND_MODEL_INFO
};

enum input { INPUT_NONE, INPUT_CAMERA, INPUT_IMAGES, INPUT_VIDEO, INPUT_DEMO };

struct options {
    enum command command;
    enum input input;
    const char *source; /* camera or (the first) video; "-": standard input */
    char **inputs;      /* input_count pictures or videos, or folders of them */
    int input_count;
    struct results_options results;
    struct drawing drawing; /* over pictures */
    const char *model;      /* NULL: the one that comes with the program */
    bool prior_chosen;
    float prior[EXPRESSIONS_LABEL_COUNT]; /* where prior_chosen */
    const char *cascade;                  /* NULL: the system's */
    struct ocv_camera_options camera;     /* what to ask the camera for */
    double smooth;  /* how long clear answers take to change a label, seconds; 0: no smoothing */
    bool adapt;     /* to faces at rest */
    int max_frames; /* 0: no limit; of videos, for each */
    int threads;    /* for pictures and videos, at least 1 */
    bool headless, quiet, verbose;
    bool eco;           /* looks for faces less often, to save power */
    bool exit_on_loss;  /* of the camera */
    bool mirror;        /* the window shows a mirror image */
    bool mirror_chosen; /* by an option; otherwise it depends on the input */
};

/* Texts point into argv. Fails on a wrong command line. The caller frees the options with
 * options_free. */
int options_parse(struct options *options, int argc, char *argv[], struct error *error);
void options_free(struct options *options);

void options_help(FILE *out);

#endif
