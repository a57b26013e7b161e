#include "choosing.h"

#include "cameras.h"
#include "monotonic.h"
#include "take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often a menu looks for new cameras, seconds. */
static const double camera_check = 1;
/* How long the first menu waits for the cameras, so that none moves what is under the user's hand.
 */
static const double menu_wait = 0.2;

/* ---- The menu -------------------------------------------------------------------------------- */

static void offer(struct session *session, struct view_menu *menu, enum input input, const char *id,
                  const char *text)
{
    struct offer *offered = &session->offers[menu->count];
    offered->input = input;
    snprintf(offered->id, sizeof offered->id, "%s", id);
    snprintf(menu->choices[menu->count++], VIEW_CHOICE_SIZE, "%s", text);
}

static void name_choice(char text[VIEW_CHOICE_SIZE], const char *name, bool shown)
{
    snprintf(text, VIEW_CHOICE_SIZE, "%.64s%s", name, shown ? "  (shown)" : "");
}

static void offer_cameras(struct session *session, struct view_menu *menu)
{
    enum { ALL = VIEW_CHOICES - 3 }; /* up to three others follow */
    for (int i = 0; i < session->camera_count && i < ALL; i++) {
        const struct camera *camera = &session->cameras[i];
        char text[VIEW_CHOICE_SIZE];
        bool present = session->input == INPUT_CAMERA && session->source.read &&
                       cameras_same(session->source.name, camera->path);
        name_choice(text, camera->name, present);
        offer(session, menu, INPUT_CAMERA, camera->path, text);
    }
}

static void show_menu(struct session *session)
{
    const struct options *options = session->options;
    struct view_menu menu = {.stays = session->source.read == NULL};
    char demo[VIEW_CHOICE_SIZE];
    snprintf(menu.title, sizeof menu.title, "%s", session->menu_title);
    snprintf(menu.text, sizeof menu.text, "%s", session->menu_text);
    offer_cameras(session, &menu);
    if (menu.stays && options->input == INPUT_CAMERA)
        offer(session, &menu, INPUT_CAMERA, options->source, "try again");
    name_choice(demo, "play the demo", session->input == INPUT_DEMO && !menu.stays);
    offer(session, &menu, INPUT_DEMO, "", demo);
    offer(session, &menu, INPUT_VIDEO, "", "open a video...");
    view_show_menu(session->view, &menu);
    session->menu_due = 0;
}

static void describe_menu(struct session *session, const char *title, const char *text)
{
    snprintf(session->menu_title, sizeof session->menu_title, "%s", title);
    snprintf(session->menu_text, sizeof session->menu_text, "%s", text);
}

void choosing_welcome(struct session *session, const char *title, const char *reason)
{
    describe_menu(session, title, reason);
    session->cameras_checked = 0;
    if (session->cameras)
        show_menu(session);
    else
        session->menu_due = monotonic_now() + menu_wait;
}

/* Says what keeps this run to its source, if something does. */
static bool say_held(struct session *session)
{
    char text[80];
    const char *option = results_one_source(&session->results_of);
    if (option) {
        snprintf(text, sizeof text, "%s takes one source only; restart for another", option);
        view_say(session->view, text);
    }
    return option != NULL;
}

void choosing_menu(struct session *session)
{
    if (say_held(session))
        return;
    if (!view_has_menu(session->view)) {
        choosing_welcome(session, "what to show", "");
    } else if (session->source.read) { /* else the menu is all there is */
        view_show_menu(session->view, NULL);
    }
}

/* ---- Opening --------------------------------------------------------------------------------- */

static void begin_opening(struct session *session, enum input input, const char *id)
{
    struct opening_request request = {.input = input, .camera = session->options->camera};
    if (say_held(session))
        return;
    if (session->opening) {
        view_say(session->view, "still opening; one moment");
        return;
    }
    struct error error;
    snprintf(request.id, sizeof request.id, "%s", id);
    snprintf(request.present, sizeof request.present, "%s", session->source.name);
    if (input == INPUT_CAMERA)
        view_say(session->view, "opening the camera...");
    if (opening_begin(&session->opening, &request, session_wake, session, &error))
        view_say(session->view, error.text);
}

void choosing_choice(struct session *session)
{
    const struct offer *chosen = &session->offers[view_choice(session->view)];
    if (session->source.read)
        view_show_menu(session->view, NULL);
    begin_opening(session, chosen->input, chosen->id);
}

void choosing_video(struct session *session, const char *path)
{
    begin_opening(session, INPUT_VIDEO, path);
}

void choosing_next_camera(struct session *session)
{
    begin_opening(session, INPUT_CAMERA, "");
}

/* ---- Going on with it ------------------------------------------------------------------------ */

static void forget(struct session *session)
{
    struct error ignored;
    pipeline_join(session->pipeline, &ignored);
    if (session->take)
        take_end(session, NULL);
    source_close(&session->source);
    session->frame = NULL;
    session->calibrating = 0;
    session->paused = false;
    session->silent = false;
    view_set_paused(session->view, false);
    view_set_signal(session->view, true);
}

static int show_source(struct session *session, const struct opened *opened, struct error *error)
{
    const struct options *options = session->options;
    forget(session);
    session->source = opened->source;
    session->input = opened->request.input;
    session->chosen = true;
    if (session_start_smoother(session, error))
        return -1;
    session->last_frame = monotonic_now();
    session_set_title(session, session->input == INPUT_VIDEO ? opened->title : NULL);
    view_set_mirrored(session->view,
                      options->mirror_chosen ? options->mirror : session->input == INPUT_CAMERA);
    view_show_menu(session->view, NULL);
    session->menu_due = 0;
    view_say(session->view, opened->title);
    return session_start_pipeline(session, error);
}

void choosing_leave(struct session *session, const struct error *reason)
{
    forget(session);
    session_set_title(session, NULL);
    view_forget_picture(session->view);
    choosing_welcome(session, *reason->text ? "the video has ended early" : "the end",
                     reason->text);
}

static bool differ(const struct session *session, const struct camera *cameras, int count)
{
    bool same = count == session->camera_count;
    for (int i = 0; same && i < count; i++)
        same = strcmp(cameras[i].path, session->cameras[i].path) == 0 &&
               strcmp(cameras[i].name, session->cameras[i].name) == 0;
    return !same;
}

/* While there is a menu: begins to look for cameras now and then. What was found is offered, and
 * where there is no source, a camera that was plugged in since the menu appeared is announced. */
static bool look_for_cameras(struct session *session)
{
    struct camera *cameras;
    int count, before = session->camera_count;
    double now = monotonic_now();
    bool waiting = session->menu_due > 0, again = session->cameras_checked > 0;
    bool wanted = waiting || view_has_menu(session->view);
    if (!camera_search_take(&session->search, &cameras, &count)) {
        if (wanted && now - session->cameras_checked >= camera_check)
            camera_search_begin(&session->search, session_wake, session);
        if (waiting && now >= session->menu_due)
            show_menu(session);
        return waiting && session->menu_due == 0;
    }
    bool changes = waiting || (wanted && differ(session, cameras, count));
    free(session->cameras);
    session->cameras = cameras;
    session->camera_count = count;
    session->cameras_checked = now;
    if (!changes)
        return false;
    if (!session->source.read && again && count > before)
        describe_menu(session, "new camera", "It has just been plugged in.");
    show_menu(session);
    return true;
}

bool choosing_follow(struct session *session, int *failed, struct error *error)
{
    struct opened opened;
    *failed = 0;
    /* A driver may keep the thread that reads the present source, but not the window. */
    bool waits = opening_succeeded(session->opening) && !pipeline_ends(session->pipeline, 0);
    if (waits || !opening_take(&session->opening, &opened))
        return look_for_cameras(session);
    if (!opened.source.read)
        opening_name_reason(&opened);
    if (opened.source.read) {
        *failed = show_source(session, &opened, error);
    } else if (!*opened.reason.text) {
        return true; /* nothing was chosen in a dialog */
    } else if (session->source.read) {
        view_say(session->view, opened.reason.text);
    } else {
        choosing_welcome(session, opened.request.input == INPUT_CAMERA ? "no camera" : "not opened",
                         opened.reason.text);
    }
    return true;
}
