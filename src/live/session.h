/* A running camera, video or demo: what session_run.c sets up and live_loop.c works through.
 * Belongs to the main thread, or to a worker of run_films.c; while the pipeline runs, its threads
 * have source and detector. */
#ifndef SESSION_H
#define SESSION_H

#include "camera_search.h"
#include "interrupt.h"
#include "opening.h"
#include "options.h"
#include "pipeline.h"
#include "progress_bar.h"
#include "recorder.h"
#include "results.h"
#include "setup.h"
#include "statistics.h"
#include "view.h"

/* What the menu offers. */
struct offer {
    enum input input;
    char id[OPENING_NAME_SIZE]; /* as in struct opening_request */
};

struct session {
    const struct options *options;
    bool shared;          /* vision, pipeline, interrupt and view belong to run_films.c, which also
                           * handles a display that goes away */
    enum input input;     /* what the source is: by the options, or chosen in the window */
    struct source source; /* all zeros: there is none yet, and the window offers some */
    bool chosen;          /* in the window: if it is a film, the program outlives it */
    struct opening *opening; /* NULL: nothing is being opened */
    struct offer offers[VIEW_CHOICES];
    char menu_title[64], menu_text[1024];
    double menu_due; /* when it comes even if no cameras are known, monotonic seconds; 0: never */
    struct camera_search *search; /* NULL: there is none */
    struct camera *cameras;       /* as they were last found; NULL: not yet */
    int camera_count;
    double cameras_checked; /* when, monotonic seconds; 0: they are to be looked for now */
    struct vision vision;
    struct file_set files; /* that are read and written */
    struct statistics statistics;
    struct expressions_smoother *smoother;
    double smoothing; /* its time, seconds */
    bool adapting;    /* to resting faces */
    struct pipeline *pipeline;
    struct interrupt *interrupt;
    struct view *view;    /* NULL when headless */
    struct error missing; /* why there is none */
    struct results *results;
    struct results_of results_of; /* what they are of */
    struct recorder *take;        /* what the key `r` records; NULL: nothing */
    const struct frame *frame;    /* the latest, until the next one is taken; NULL: none yet */
    struct progress_bar progress;
    long limit; /* frames; 0: none */
    long done;
    int calibrating; /* id of the face that has begun; 0: none */
    bool paused;
    bool quit;         /* the user wants to end */
    double last_frame; /* when it was taken, monotonic seconds */
    bool silent;       /* no signal is shown */
};

/* Forgets what the faces have shown so far. */
int session_start_smoother(struct session *session, struct error *error);

/* For threads that have something for the main one: wakes it. `context` is the session. */
void session_wake(void *context);

#define SESSION_TITLE "Expressions" /* of the window */

/* Sets it: with the name of the film, unless there is none (NULL, or -). */
void session_set_title(struct session *session, const char *film);

/* Starts the threads that read the source and find the faces. */
int session_start_pipeline(struct session *session, struct error *error);

#endif
