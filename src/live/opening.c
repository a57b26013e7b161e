#include "opening.h"

#include "cameras.h"
#include "errand.h"
#include "file.h"
#include "file_chooser.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opening {
    struct errand errand;
    struct opened opened;
};

static int open_camera(struct opening *opening, const char *id, const char *name)
{
    struct opened *opened = &opening->opened;
    snprintf(opened->title, sizeof opened->title, "%.180s %.60s", id, name);
    text_hide_passwords(opened->title);
    if (id != opened->request.id)
        snprintf(opened->request.id, sizeof opened->request.id, "%s", id);
    return source_open_camera(&opened->source, id, &opened->request.camera,
                              &opening->errand.abandoned, &opened->reason);
}

/* The first camera after the present one, by number, that can be opened; where there is none, why
 * the last could not. */
static void open_next(struct opening *opening)
{
    struct opened *opened = &opening->opened;
    struct camera *cameras;
    int count = cameras_find(&cameras);
    int present = -1;
    for (int i = 0; i < count; i++) {
        if (*opened->request.present && cameras_same(opened->request.present, cameras[i].path))
            present = i;
    }
    int others = present < 0 ? count : count - 1;
    bool found = false;
    if (others == 0)
        error_set(&opened->reason, "there is no other camera");
    for (int i = 1; i <= others && !found && !atomic_load(&opening->errand.abandoned); i++) {
        const struct camera *camera = &cameras[(present + i) % count];
        found = open_camera(opening, camera->path, camera->name) == 0;
    }
    free(cameras);
}

static void open_named(struct opening *opening)
{
    struct camera camera = {0};
    cameras_get(opening->opened.request.id, &camera);
    open_camera(opening, opening->opened.request.id, camera.name);
}

static void open_video(struct opening *opening)
{
    struct opened *opened = &opening->opened;
    char *id = opened->request.id;
    if (!*id && file_chooser_ask(id, sizeof opened->request.id, &opening->errand.abandoned,
                                 &opened->reason))
        return;
    if (!*id)
        return;
    snprintf(opened->title, sizeof opened->title, "%.250s", file_base(id));
    source_open_video(&opened->source, id, &opening->errand.abandoned, &opened->reason);
}

static void open_requested(void *context)
{
    struct opening *opening = context;
    struct opened *opened = &opening->opened;
    if (opened->request.input == INPUT_VIDEO) {
        open_video(opening);
    } else if (opened->request.input == INPUT_DEMO) {
        snprintf(opened->title, sizeof opened->title, "demo");
        source_open_demo(&opened->source, &opened->reason);
    } else if (*opened->request.id) {
        open_named(opening);
    } else {
        open_next(opening);
    }
    if (opened->source.read)
        opened->reason.text[0] = '\0';
}

static void close_opened(void *context)
{
    struct opening *opening = context;
    source_close(&opening->opened.source);
}

int opening_begin(struct opening **opening, const struct opening_request *request,
                  void (*wake)(void *context), void *context, struct error *error)
{
    struct opening *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "another source");
    made->errand = (struct errand){open_requested, close_opened, wake, context, .settled = false};
    made->opened.request = *request;
    errand_begin(&made->errand);
    *opening = made;
    return 0;
}

bool opening_succeeded(struct opening *opening)
{
    return opening && atomic_load(&opening->errand.settled) && opening->opened.source.read;
}

bool opening_take(struct opening **opening, struct opened *opened)
{
    if (!*opening || !errand_done(&(*opening)->errand))
        return false;
    *opened = (*opening)->opened;
    free(*opening);
    *opening = NULL;
    return true;
}

void opening_abandon(struct opening **opening)
{
    if (*opening)
        errand_abandon(&(*opening)->errand);
    *opening = NULL;
}

void opening_name_reason(struct opened *opened)
{
    const char *id = opened->request.id;
    if (!*id || !*opened->reason.text)
        return;
    error_of(&opened->reason, opened->request.input == INPUT_VIDEO ? opened->title : id);
    text_hide_passwords(opened->reason.text);
}
