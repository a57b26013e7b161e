/* Pictures of numbers, drawn by the program gnuplot. */
#ifndef GNUPLOT_H
#define GNUPLOT_H

/* Runs gnuplot in `folder` with the script, at most 4096 bytes, as its input; what it says is
 * dropped. 0 where it ended well, -1 otherwise, also where there is no gnuplot. */
int gnuplot_run(const char *folder, const char *script);

#endif
