/* A camera or video, opened beside the window (errand.h). */
#ifndef OPENING_H
#define OPENING_H

#include "options.h"
#include "source.h"

#include <stdbool.h>

enum { OPENING_NAME_SIZE = 1024 };

/* What is to be opened. */
struct opening_request {
    enum input input;                 /* INPUT_CAMERA, INPUT_VIDEO or INPUT_DEMO */
    char id[OPENING_NAME_SIZE];       /* camera or video; empty: the next camera, or what the user
                                       * chooses in a dialog */
    char present[OPENING_NAME_SIZE];  /* the camera that the next one comes after; empty: none */
    struct ocv_camera_options camera; /* what to ask a camera for */
};

/* What came of it: a source, or the reason for none, which is empty where the user wants none. */
struct opened {
    struct opening_request request; /* with the id that was tried last */
    struct source source;           /* all zeros: none */
    char title[256];                /* a camera's path and name, or a video's name */
    struct error reason;
};

struct opening;

/* *opening is NULL, and is not while it goes on. `wake` is called from a thread when there is
 * something to take. */
int opening_begin(struct opening **opening, const struct opening_request *request,
                  void (*wake)(void *context), void *context, struct error *error);
/* Whether there is a source to take. */
bool opening_succeeded(struct opening *opening);
/* Whether it has come to an end; the source is the caller's then. */
bool opening_take(struct opening **opening, struct opened *opened);
/* Gives up, without waiting for long. */
void opening_abandon(struct opening **opening);

/* Puts the name of what could not be opened before the reason, without a password. */
void opening_name_reason(struct opened *opened);

#endif
