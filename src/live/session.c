#include "session.h"

#include "file.h"
#include "library_error.h"
#include "log.h"
#include "process.h"

#include <stdio.h>
#include <string.h>

/* Between two searches for faces with --eco; boxes move on as expected meanwhile. */
static const double eco_seconds = 0.2;

void session_wake(void *context)
{
    struct session *session = context;
    view_wake(session->view);
}

void session_set_title(struct session *session, const char *film)
{
    char title[300];
    bool named = film && strcmp(film, "-") != 0;
    snprintf(title, sizeof title, "%.250s - %s", named ? file_base(film) : "", SESSION_TITLE);
    view_set_title(session->view, named ? title : SESSION_TITLE);
}

/* From the capture thread. */
static void on_loss(void *context, const struct error *reason)
{
    const struct session *session = context;
    if (session->options->quiet)
        return;
    if (reason)
        log_line(program_name, "%s", reason->text);
    else
        log_line(program_name, "camera %s: is back", session->source.name);
}

int session_start_pipeline(struct session *session, struct error *error)
{
    const struct options *options = session->options;
    struct pipeline_settings settings = {
        .source = &session->source,
        .detector = session->vision.detector,
        .decoupled = (session->view || options->eco) && session->source.live,
        .look_seconds = options->eco ? eco_seconds : 0,
        .grey = !session->view && !results_want_colours(session->results),
        .paced = session->view && !session->source.live,
        .wake = session->view ? session_wake : NULL,
        .lost = options->exit_on_loss ? NULL : on_loss,
        .context = session};
    if (session->source.live)
        process_ask_for_priority(); /* somebody is watching, or waits for what is sent */
    return pipeline_start(session->pipeline, &settings, error);
}

int session_start_smoother(struct session *session, struct error *error)
{
    struct expressions_smoother_settings settings = EXPRESSIONS_SMOOTHER_DEFAULTS;
    settings.seconds = session->smoothing;
    settings.adapt = session->adapting;
    struct expressions_error why;
    expressions_smoother_close(&session->smoother);
    return expressions_smoother_open(&session->smoother, &settings, &why)
               ? library_failed(error, &why)
               : 0;
}
