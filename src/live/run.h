/* The program's modes. Each prints its results. After a failure the error's text is empty if
 * everything has been reported. */
#ifndef RUN_H
#define RUN_H

#include "error.h"
#include "options.h"

/* Pictures: each is tried, whatever happens to the others. */
int run_stills(const struct options *options, struct error *error);

/* Videos: each is tried, whatever happens to the others. */
int run_films(const struct options *options, struct error *error);

/* Camera, one video, and demo. */
int run_live(const struct options *options, struct error *error);

#endif
