/* A camera or video being opened in a thread of its own, so that the window goes on meanwhile.
 * Everything here is the main thread's. */
#ifndef OPENING_H
#define OPENING_H

#include "beside.h"
#include "options.h"
#include "source.h"

#include <stdatomic.h>

enum { OPENING_NAME_SIZE = 1024 };

/* What is to be opened. */
struct opening_request {
    enum input input;             /* INPUT_CAMERA, INPUT_VIDEO or INPUT_DEMO */
    char id[OPENING_NAME_SIZE];   /* camera or video; empty: the next camera, or what the user
                                   * chooses in a dialog */
    const char *present;          /* the camera that the next one comes after; it must last */
    struct camera_options camera; /* what to ask a camera for */
};

/* What came of it: a source, or the reason for none, which is empty where the user wants none. */
struct opened {
    struct opening_request request; /* with the id that was opened */
    struct source source;           /* all zeros: none */
    char title[256];                /* a camera's path and name, or a video's name */
    struct error reason;
};

/* All zeros at first. */
struct opening {
    bool busy; /* until opening_take or opening_abandon */
    atomic_bool done, abandoned;
    struct beside thread;
    struct opened opened;
    void (*wake)(void *context);
    void *context;
};

/* It must not be busy. `wake` is called from the thread when there is something to take. */
void opening_begin(struct opening *opening, const struct opening_request *request,
                   void (*wake)(void *context), void *context);
/* Whether it has come to an end; the source is the caller's then. */
bool opening_take(struct opening *opening, struct opened *opened);
/* Gives up, which may take a moment, and closes what was opened. */
void opening_abandon(struct opening *opening);

#endif
