#include "take.h"

#include "dated_name.h"

#include <stdio.h>

/* Matroska takes whatever a camera delivers, and is playable even after a crash. */
void take_begin(struct session *session)
{
    char name[DATED_NAME_SIZE];
    struct error error;
    dated_name(name, ".mkv");
    if (recorder_create(&session->take, name, &session->options->drawing, &session->source, &error))
        view_say(session->view, error.text);
}

void take_add(struct session *session, const struct frame *frame)
{
    struct error error;
    if (recorder_add(session->take, frame, &error))
        take_end(session, &error);
    else
        view_set_recording(session->view, recorder_seconds(session->take));
}

void take_end(struct session *session, const struct error *reason)
{
    struct error failure;
    char text[sizeof failure.text];
    if (recorder_seconds(session->take) > 0)
        snprintf(text, sizeof text, "saved %.900s", recorder_path(session->take));
    else
        snprintf(text, sizeof text, "nothing was recorded");
    if (recorder_close(&session->take, false, &failure) && !reason)
        reason = &failure;
    if (reason)
        snprintf(text, sizeof text, "recording ended: %.900s", reason->text);
    view_set_recording(session->view, -1);
    view_say(session->view, text);
}
