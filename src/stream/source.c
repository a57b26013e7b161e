#include "source.h"

#include "cameras.h"
#include "demo.h"
#include "ocv.h"
#include "process.h"
#include "text.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct video_state {
    struct ocv_video *video; /* NULL while a camera is lost */
    atomic_bool stopped;
    const atomic_bool *abandoned; /* while it is being opened; NULL: nobody asks */
    char id[1024];                /* cameras: what to open again */
    char camera_name[64];         /* by its driver, the same on reopening; empty: unknown */
    struct ocv_camera_options options;
    double start; /* of a live source, monotonic seconds; 0: no frame yet */
    double time;  /* of the last frame */
};

static int is_stopped(void *context)
{
    struct video_state *state = context;
    return atomic_load(&state->stopped) || (state->abandoned && atomic_load(state->abandoned));
}

static struct ocv_patience patience_of(struct video_state *state)
{
    return (struct ocv_patience){is_stopped, state};
}

static void stop_video(struct source *source)
{
    struct video_state *state = source->state;
    atomic_store(&state->stopped, true);
}

/* The end of a file, or what is missing there. */
static enum source_status end_video(const struct source *source, struct error *error)
{
    const struct video_state *state = source->state;
    struct ocv_losses losses = ocv_video_losses(state->video);
    if (source->live || !losses.cut || atomic_load(&state->stopped))
        return SOURCE_END;
    char length[64] = "";
    if (losses.stated > losses.read_until + 0.1)
        snprintf(length, sizeof length, " of %.1f", losses.stated);
    error_set(error, "%s: ends too early: %.1f%s s could be read; the rest is missing or damaged",
              source->name, losses.read_until, length);
    return SOURCE_FAILED;
}

static enum source_status read_video(struct source *source, struct image *picture, double *time,
                                     struct error *error)
{
    struct video_state *state = source->state;
    enum ocv_code code = ocv_video_read(state->video, error);
    struct ocv_losses losses = ocv_video_losses(state->video);
    source->lost = losses.frames;
    source->flawed = losses.flawed;
    source->damaged = losses.damaged;
    if (code == OCV_END)
        return end_video(source, error);
    if (code != OCV_OK) {
        error_of(error, source->name);
        return SOURCE_FAILED;
    }
    struct ocv_shot shot = ocv_video_shot(state->video);
    source->grabbed = shot.grabbed;
    source->duration = shot.duration;
    if (state->start <= 0)
        state->start = shot.grabbed;
    *picture = shot.picture;
    state->time = fmax(source->live ? shot.grabbed - state->start : shot.time, state->time);
    *time = state->time;
    return SOURCE_FRAME;
}

static void close_video(struct source *source)
{
    struct video_state *state = source->state;
    ocv_video_close(&state->video);
    free(state);
}

static struct video_state *make_state(const atomic_bool *abandoned, struct error *error)
{
    struct video_state *state = calloc(1, sizeof *state);
    if (!state) {
        error_no_memory(error, "the video source");
        return NULL;
    }
    state->abandoned = abandoned;
    return state;
}

static void fill_source(struct source *source, const char *name, bool live,
                        struct video_state *state)
{
    state->abandoned = NULL;
    *source = (struct source){.live = live, .state = state, .read = read_video};
    source->fps = ocv_video_fps(state->video);
    source->frames = live ? 0 : ocv_video_frame_count(state->video);
    source->stop = stop_video;
    source->close = close_video;
    snprintf(source->name, sizeof source->name, "%s", name);
    if (live)
        text_hide_passwords(source->name);
}

/* A number may belong to another camera after replugging. */
static bool is_same_camera(const struct video_state *state)
{
    struct camera camera;
    return !*state->camera_name ||
           (cameras_get(state->id, &camera) && strcmp(camera.name, state->camera_name) == 0);
}

static int reopen_camera(struct source *source, struct error *error)
{
    struct video_state *state = source->state;
    ocv_video_close(&state->video);
    if (!is_same_camera(state))
        return error_set(error, "%s: the camera is not there; plug it in again", source->name);
    if (ocv_camera_open(&state->video, state->id, state->options, patience_of(state), error) !=
        OCV_OK)
        return error_of(error, source->name);
    return 0;
}

int source_open_camera(struct source *source, const char *id,
                       const struct ocv_camera_options *options, const atomic_bool *abandoned,
                       struct error *error)
{
    bool piped = strcmp(id, "-") == 0;
    if (piped ? process_check_input(error) : cameras_is_raw(id, error))
        return -1;
    struct video_state *state = make_state(abandoned, error);
    if (!state)
        return -1;
    if (ocv_camera_open(&state->video, id, *options, patience_of(state), error) != OCV_OK) {
        free(state);
        if (!piped)
            cameras_diagnose(id, error);
        return -1;
    }
    fill_source(source, id, true, state);
    if (piped)
        return 0; /* what has ended there does not come back */
    struct camera camera = {0};
    cameras_get(id, &camera); /* or it stays nameless */
    snprintf(state->id, sizeof state->id, "%s", *camera.lasting ? camera.lasting : id);
    memcpy(state->camera_name, camera.name, sizeof state->camera_name);
    state->options = *options;
    source->reopen = reopen_camera;
    return 0;
}

int source_open_video(struct source *source, const char *path, const atomic_bool *abandoned,
                      struct error *error)
{
    bool piped = strcmp(path, "-") == 0;
    if (piped && process_check_input(error))
        return -1;
    if (strstr(path, "://") && access(path, F_OK) < 0)
        return error_set(error, "the address of a stream, not a file; use --camera");
    struct video_state *state = make_state(abandoned, error);
    if (!state)
        return -1;
    if (ocv_video_open(&state->video, path, patience_of(state), error) != OCV_OK) {
        free(state);
        return -1;
    }
    fill_source(source, path, false, state);
    source->film = !piped;
    return 0;
}

static enum source_status read_demo(struct source *source, struct image *picture, double *time,
                                    struct error *error)
{
    (void)error;
    *picture = image_of(demo_next(source->state, time));
    return SOURCE_FRAME;
}

static void close_demo(struct source *source)
{
    struct demo *demo = source->state;
    demo_close(&demo);
}

int source_open_demo(struct source *source, struct error *error)
{
    struct demo *demo = NULL;
    if (demo_open(&demo, error))
        return -1;
    *source = (struct source){.name = "demo",
                              .fps = DEMO_FPS,
                              .duration = 1.0 / DEMO_FPS,
                              .state = demo,
                              .read = read_demo};
    source->close = close_demo;
    return 0;
}

void source_close(struct source *source)
{
    if (source->close)
        source->close(source);
    *source = (struct source){0};
}
