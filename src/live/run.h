/* The two ways of working. Each prints its results, returns the exit status, and leaves in *error
 * the line that explains a failure, or an empty text if everything has been reported. */
#ifndef RUN_H
#define RUN_H

#include "error.h"
#include "exit_status.h"
#include "options.h"

/* Pictures: every one is done, whatever happens to the others. */
enum exit_status run_stills(const struct options *options, struct error *error);

/* Camera, video and demo. */
enum exit_status run_live(const struct options *options, struct error *error);

#endif
