/* What is wrong with an option that getopt_long refuses. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "error.h"

#include <getopt.h>

/* Names `word`, the argument that getopt_long was at, the option that may have been meant, and why
 * it was refused; returns -1. `code` is what getopt_long returned, ':' or '?'. */
int arguments_refuse(const struct option *options, int code, const char *word, struct error *error);

#endif
