/* Pictures of numbers, drawn by the program gnuplot. */
#ifndef GNUPLOT_H
#define GNUPLOT_H

#include "error.h"

/* Runs gnuplot in `folder` with the script, at most 4096 bytes, as its input; what it prints, a
 * picture, becomes the file `name` there, whole or not at all. The script names no output, and
 * nothing in it comes from outside. */
int gnuplot_draw(const char *folder, const char *script, const char *name, struct error *error);

#endif
