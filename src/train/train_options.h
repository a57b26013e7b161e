/* The command line of train_fer. */
#ifndef TRAIN_OPTIONS_H
#define TRAIN_OPTIONS_H

#include "folds.h"
#include "training.h"

#include <stdio.h>

enum action {
    ACTION_TRAIN,
    ACTION_EVALUATE,
    ACTION_EXPORT_ONNX,
    ACTION_MEAN_FACES,
    ACTION_HELP,
    ACTION_VERSION
};

/* Texts point into argv or are constants. */
struct train_options {
    enum action action;
    struct recipe recipe;
    const char *data;
    const char *ferplus;     /* NULL where none was named */
    const char *backgrounds; /* NULL where none were named */
    const char *output;
    const char *model; /* of --evaluate and --export-onnx */
    const char *word;  /* an argument without an option, or NULL */
    const char *onnx;  /* FILE of --export-onnx, else NULL */
    const char *mean_faces;
    const char *split;  /* NULL where none was named */
    const char *resume; /* NULL for a new training */
    const char *report; /* NULL for none */
    int folds;          /* of --folds, 0 without */
    bool json, skip_bad;
    bool recipe_given; /* whether an option of the recipe, other than --threads, was given */
    bool data_given, output_given, augment_given, webcam_given, align_given, verifier_given,
        prior_given;
};

/* Fills `options`, or says what is wrong with the command line. */
int train_options_parse(struct train_options *options, int argc, char **argv, struct error *error);

void train_options_print_help(FILE *out);

#endif
