/* The Haar cascades that search for faces: one, and others that OpenCV ships beside it. */
#ifndef CASCADES_H
#define CASCADES_H

#include "cascade_files.h"
#include "error.h"
#include "ocv.h"

struct cascades {
    struct ocv_detector *open[CASCADE_COUNT]; /* NULL before it is needed, or where there is none */
    char *paths[CASCADE_COUNT];               /* NULL where there is none, or it is open */
};

/* Opens the first one, which `path` names. Where that is the default one, here or in another
 * folder, the others are looked for beside it. To be ended with cascades_close, after an error too.
 */
int cascades_open(struct cascades *cascades, const char *path, struct error *error);
/* Opens one that is not open yet, since reading it takes a while; nothing where there is none.
 * Different ones may be opened by different threads at once. */
int cascades_need(struct cascades *cascades, enum cascade which, struct error *error);
void cascades_close(struct cascades *cascades);

#endif
