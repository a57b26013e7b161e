/* The Haar cascades that search for faces: one, and others that OpenCV ships beside it. */
#ifndef CASCADES_H
#define CASCADES_H

#include "error.h"
#include "ocv.h"

enum cascade {
    CASCADE_FIRST,   /* the one that was asked for */
    CASCADE_SECOND,  /* haarcascade_frontalface_alt2.xml, which errs less than the default one */
    CASCADE_PROFILE, /* haarcascade_profileface.xml, which knows profiles to one side */
    CASCADE_COUNT
};

struct cascades {
    struct ocv_detector *open[CASCADE_COUNT]; /* NULL before it is needed, or where there is none */
    char *paths[CASCADE_COUNT];               /* NULL where there is none, or it is open */
};

/* Opens the first one. Where that is haarcascade_frontalface_default.xml, the others are looked for
 * in its folder. To be ended with cascades_close, after an error too. */
int cascades_open(struct cascades *cascades, const char *path, struct error *error);
/* Opens one that is not open yet, since reading it takes a while; nothing where there is none.
 * Different ones may be opened by different threads at once. */
int cascades_need(struct cascades *cascades, enum cascade which, struct error *error);
void cascades_close(struct cascades *cascades);

#endif
