/* The command line of train_fer. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "trainer.h"

#include <stdio.h>

enum action { ACTION_TRAIN, ACTION_EVALUATE, ACTION_MEAN_FACES, ACTION_HELP, ACTION_VERSION };

/* Texts point into argv or are constants. */
struct options {
    enum action action;
    struct recipe recipe;
    const char *data;
    const char *ferplus; /* NULL where none was named */
    const char *output;
    const char *model; /* of --evaluate */
    const char *mean_faces;
    enum split split;
    bool json;
};

/* Fills `options`, or says what is wrong with the command line. */
int options_parse(struct options *options, int argc, char **argv, struct error *error);

void options_print_help(FILE *out);

#endif
