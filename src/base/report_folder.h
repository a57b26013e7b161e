/* A folder of tables, and of pictures that gnuplot draws of them. */
#ifndef REPORT_FOLDER_H
#define REPORT_FOLDER_H

#include "error.h"
#include "file_set.h"

#include <stdio.h>

enum { REPORT_PATH_SIZE = 4096 };

/* The path of the file `name` in the folder. */
int report_path(char path[REPORT_PATH_SIZE], const char *folder, const char *name,
                struct error *error);

/* Fails if one of the files that will be there is read or written otherwise in this run. A link is
 * replaced by a file; what it leads to is left alone. */
int report_folder_claim(const char *folder, const char *const *names, size_t count,
                        struct file_set *files, struct error *error);

/* Creates the folder if it is missing, and checks that the file `name` can be written there. */
int report_folder_open(const char *folder, const char *name, struct error *error);

/* A text that is collected in memory. */
struct report_text {
    FILE *stream;
    char *bytes;
    size_t size;
};

int report_text_open(struct report_text *text, struct error *error);

/* The text becomes the file `name` in the folder. */
int report_text_close(struct report_text *text, const char *folder, const char *name,
                      struct error *error);

/* How a gnuplot script begins: tables have commas; the picture's size in pixels, as texts. */
#define REPORT_SCRIPT(width, height)                                                               \
    "set datafile separator ','\n"                                                                 \
    "set terminal pngcairo size " width "," height " font 'DejaVu Sans,11' noenhanced\n"

/* The text is gnuplot's script, whose picture becomes the file `name` in the folder. */
int report_text_draw(struct report_text *text, const char *folder, const char *name,
                     struct error *error);

#endif
