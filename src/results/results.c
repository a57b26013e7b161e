#include "results.h"

#include <stdlib.h>
#include <string.h>

/* Forms get each frame in this order and are closed in reverse, so that summaries are printed after
 * the videos are complete. */
static const struct results_form *const forms[] = {
    &csv_form, &jsonl_form, &text_form,  &report_form, &osc_form,
    &lsl_form, &serve_form, &video_form, &copies_form, &spool_form,
};

enum { FORM_COUNT = sizeof forms / sizeof forms[0] };

struct results {
    void *states[FORM_COUNT];
    bool open[FORM_COUNT];
    bool colours;
};

static bool asks(const struct results_options *options, struct results_field field)
{
    static const char nothing[sizeof(const char *)];
    return memcmp((const char *)options + field.at, nothing, field.size) != 0;
}

static bool is_wanted(const struct results_form *form, const struct results_of *of)
{
    bool fits = (!form->pictures || (of->pictures && of->pictures->count > 0)) &&
                (!form->one_source || of->source);
    return fits && asks(of->options, form->wanted);
}

bool results_wanted(const struct results_of *of)
{
    bool wanted = false;
    for (int i = 0; i < FORM_COUNT; i++)
        wanted = wanted || (forms[i]->option && is_wanted(forms[i], of));
    return wanted;
}

/* The option of a wanted form that is of these or of fewer. */
static const char *find_limited(const struct results_options *options, enum results_sources sources)
{
    const char *option = NULL;
    for (int i = 0; i < FORM_COUNT && !option; i++)
        option = forms[i]->sources >= sources && asks(options, forms[i]->wanted) ? forms[i]->option
                                                                                 : NULL;
    return option;
}

const char *results_moving(const struct results_options *options)
{
    return find_limited(options, SOURCES_MOVING);
}

const char *results_live(const struct results_options *options)
{
    return find_limited(options, SOURCES_ONE_LIVE);
}

static bool takes_stdout(const struct results_form *form, const struct results_options *options)
{
    const char *text;
    if (form->to_stdout == STDOUT_NEVER || !asks(options, form->wanted))
        return false;
    if (form->to_stdout == STDOUT_ALWAYS)
        return true;
    memcpy(&text, (const char *)options + form->wanted.at, sizeof text);
    return strcmp(text, "-") == 0;
}

int results_check_stdout(const struct results_options *options, bool *taken, struct error *error)
{
    const struct results_form *first = NULL;
    for (int i = 0; i < FORM_COUNT; i++) {
        if (!takes_stdout(forms[i], options))
            continue;
        if (first)
            return error_set(error,
                             "%s%s and %s%s would mix on standard output; name a file instead of -",
                             first->option, first->to_stdout == STDOUT_IF_DASH ? " -" : "",
                             forms[i]->option, forms[i]->to_stdout == STDOUT_IF_DASH ? " -" : "");
        first = forms[i];
    }
    *taken = first != NULL;
    return 0;
}

const char *results_one_source(const struct results_of *of)
{
    const char *option = NULL;
    for (int i = 0; i < FORM_COUNT && !option; i++)
        option = forms[i]->one_source && is_wanted(forms[i], of) ? forms[i]->option : NULL;
    return option;
}

int results_check(const struct results_options *options, struct error *error)
{
    for (int i = 0; i < FORM_COUNT; i++) {
        if (forms[i]->check && asks(options, forms[i]->wanted) && forms[i]->check(options, error))
            return -1;
    }
    return 0;
}

int results_open(struct results **results, const struct results_of *of, struct error *error)
{
    struct results *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the results");
    for (int i = 0; i < FORM_COUNT; i++) {
        if (!is_wanted(forms[i], of))
            continue;
        if (forms[i]->open(&made->states[i], of, error)) {
            results_close(&made, &(struct results_end){0}, NULL);
            return -1;
        }
        made->open[i] = true;
        made->colours = made->colours || asks(of->options, forms[i]->colours);
    }
    *results = made;
    return 0;
}

bool results_want_colours(const struct results *results)
{
    return results->colours;
}

int results_add(struct results *results, const char *name, const struct frame *frame,
                struct error *error)
{
    for (int i = 0; i < FORM_COUNT; i++) {
        if (results->open[i] && forms[i]->add(results->states[i], name, frame, error))
            return -1;
    }
    return 0;
}

int results_close(struct results **results, const struct results_end *end, struct error *error)
{
    struct results *closed = *results;
    struct results_end now = *end;
    struct error failure;
    int result = 0;
    for (int i = FORM_COUNT - 1; closed && i >= 0; i--) {
        if (!closed->open[i] || forms[i]->close(closed->states[i], &now, &failure) == 0)
            continue;
        if (result == 0 && error)
            *error = failure;
        result = -1;
        now.summarize = false;
    }
    free(closed);
    *results = NULL;
    return result;
}
