/* A form of results: what each file of this folder gives to the table in results.c. */
#ifndef RESULTS_FORM_H
#define RESULTS_FORM_H

#include "results.h"

#include <stddef.h>

/* A field of struct results_options; of size 0: none, which nobody asks for. */
struct results_field {
    size_t at, size;
};
#define RESULTS_FIELD(field)                                                                       \
    {                                                                                              \
        offsetof(struct results_options, field), sizeof((struct results_options *)0)->field        \
    }

struct results_form {
    const char *option; /* that asks for it; NULL: none, lines for who gave none */
    bool pictures;      /* only of pictures */
    bool one_source;    /* only of a camera or video, and it cannot go on with another */
    struct results_field wanted;
    /* Asks for the picture's colours, which are otherwise out of date (frame_set_grey). */
    struct results_field colours;
    /* As in results.h, on a state of the form's own, which close frees. `open` must call
     * results_claim for each file before it creates it. */
    int (*open)(void **state, const struct results_of *of, struct error *error);
    int (*add)(void *state, const char *name, const struct frame *frame, struct error *error);
    int (*close)(void *state, const struct results_end *end, struct error *error);
};

/* Refuses an output that is an input or another output, and adds it to the files. */
int results_claim(struct file_set *files, const char *path, struct error *error);

extern const struct results_form video_form, copies_form, csv_form, jsonl_form, text_form,
    report_form, osc_form, lsl_form, serve_form;

#endif
