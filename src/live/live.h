/* A running camera, video or demo: what run_live.c sets up and live_loop.c works through. Belongs
 * to the main thread; while the pipeline runs, its threads have source and detector. */
#ifndef LIVE_H
#define LIVE_H

#include "csv.h"
#include "interrupt.h"
#include "options.h"
#include "pipeline.h"
#include "progress_bar.h"
#include "recorder.h"
#include "setup.h"
#include "statistics.h"
#include "text_report.h"
#include "timeline.h"
#include "view.h"

struct live {
    const struct options *options;
    struct source source;
    struct vision vision;
    struct file_set files; /* that are read, and the table */
    struct statistics statistics;
    struct expressions_smoother *smoother;
    double smoothing; /* its time, seconds */
    bool adapting;    /* to resting faces */
    struct pipeline *pipeline;
    struct interrupt *interrupt;
    struct view *view;         /* NULL when headless */
    struct recorder *recorder; /* NULL without --output */
    struct recorder *take;     /* what the key `r` records; NULL: nothing */
    struct csv *csv;           /* NULL without --csv */
    const struct frame *frame; /* the latest, until the next one is taken; NULL: none yet */
    struct tally tally;
    bool summed_up; /* at the end: the timeline is collected */
    struct timeline timeline;
    struct progress_bar progress;
    long limit; /* frames; 0: none */
    long done;
    int calibrating; /* id of the face that has begun; 0: none */
    bool paused;
    bool quit;                                  /* the user has seen enough */
    double last_frame;                          /* when it was taken, monotonic seconds */
    bool silent;                                /* no signal is shown */
    float explanation[EXPRESSIONS_CROP_PIXELS]; /* of the chosen face */
};

/* Forgets what the faces have shown so far. */
int live_start_smoother(struct live *live, struct error *error);

/* Reads, and finds the faces, in threads of its own from now on. */
int live_start_pipeline(struct live *live, struct error *error);

/* Works through the frames until there are none, or the user has seen enough. */
int live_loop(struct live *live, struct error *error);

#endif
