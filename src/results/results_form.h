/* A form of results: what each file of this room gives to the table in results.c. */
#ifndef RESULTS_FORM_H
#define RESULTS_FORM_H

#include "results.h"

struct results_form {
    bool colours; /* looks at the picture in colour, not only at the answers */
    bool (*wanted)(const struct results_of *of);
    /* Adds to of->files what will be written, after a look that it is not there; NULL: no files. */
    int (*check)(const struct results_of *of, struct error *error);
    /* The rest is as in results.h, on a state of the form's own, which close frees. */
    int (*open)(void **state, const struct results_of *of, struct error *error);
    int (*add)(void *state, const char *name, const struct frame *frame, struct error *error);
    int (*close)(void *state, const struct results_end *end, struct error *error);
};

/* Refuses an output that is an input or another output, and adds it to the files. */
int results_claim(struct file_set *files, const char *path, struct error *error);

extern const struct results_form video_form, copies_form, csv_form, jsonl_form, text_form,
    report_form, osc_form, lsl_form;

#endif
