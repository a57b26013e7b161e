#include "source.h"

#include "cameras.h"
#include "demo.h"
#include "monotonic.h"
#include "ocv.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* For a video that does not state its rate. */
static const double usual_fps = 25;

struct video_state {
    struct ocv_video *video; /* NULL while a camera is lost */
    char id[1024];           /* cameras: what to open again */
    char camera_name[64];    /* its driver's name, which must be the same then; empty: unknown */
    int width, height;       /* wishes */
    double fps;
    double start; /* monotonic */
    long frames;
};

static enum source_status read_video(struct source *source, struct bgr_image *picture, double *time,
                                     struct error *error)
{
    struct video_state *state = source->state;
    struct ocv_error failure;
    enum ocv_code code = ocv_video_read(state->video, &failure);
    if (code == OCV_END)
        return SOURCE_END;
    if (code != OCV_OK) {
        error_set(error, "%s: %s", source->name, failure.text);
        return SOURCE_FAILED;
    }
    source->grabbed = ocv_video_grabbed(state->video);
    if (state->frames == 0)
        state->start = source->grabbed;
    *picture = ocv_video_view(state->video);
    *time = source->live ? source->grabbed - state->start
                         : (double)state->frames / (source->fps > 0 ? source->fps : usual_fps);
    state->frames++;
    return SOURCE_FRAME;
}

static void close_video(struct source *source)
{
    struct video_state *state = source->state;
    ocv_video_close(&state->video);
    free(state);
}

static int make_video_source(struct source *source, const char *name, bool live,
                             struct ocv_video *video, struct error *error)
{
    struct video_state *state = calloc(1, sizeof *state);
    if (!state)
        return error_no_memory(error, "the video source");
    state->video = video;
    *source = (struct source){.live = live, .state = state, .read = read_video};
    source->fps = ocv_video_fps(video);
    source->frames = live ? 0 : ocv_video_frame_count(video);
    source->close = close_video;
    snprintf(source->name, sizeof source->name, "%s", name);
    if (live)
        text_hide_passwords(source->name);
    return 0;
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
    struct ocv_error failure;
    ocv_video_close(&state->video);
    if (!is_same_camera(state))
        return error_set(error, "%s: the camera is not there; plug it in again", source->name);
    if (ocv_camera_open(&state->video, state->id, state->width, state->height, state->fps,
                        &failure) != OCV_OK)
        return error_set(error, "%s: %s", source->name, failure.text);
    return 0;
}

int source_open_camera(struct source *source, const char *id, int width, int height, double fps,
                       struct error *error)
{
    struct ocv_video *video = NULL;
    struct ocv_error failure;
    if (ocv_camera_open(&video, id, width, height, fps, &failure) != OCV_OK)
        return cameras_diagnose(id, error) ? -1 : error_set(error, "%s", failure.text);
    if (make_video_source(source, id, true, video, error)) {
        ocv_video_close(&video);
        return -1;
    }
    struct video_state *state = source->state;
    struct camera camera = {0};
    bool known = cameras_get(id, &camera);
    snprintf(state->id, sizeof state->id, "%s", *camera.lasting ? camera.lasting : id);
    if (known)
        memcpy(state->camera_name, camera.name, sizeof state->camera_name);
    state->width = width;
    state->height = height;
    state->fps = fps;
    source->reopen = reopen_camera;
    return 0;
}

int source_open_video(struct source *source, const char *path, struct error *error)
{
    struct ocv_video *video = NULL;
    struct ocv_error failure;
    if (ocv_video_open(&video, path, &failure) != OCV_OK)
        return error_set(error, "%s", failure.text);
    if (make_video_source(source, path, false, video, error)) {
        ocv_video_close(&video);
        return -1;
    }
    return 0;
}

static enum source_status read_demo(struct source *source, struct bgr_image *picture, double *time,
                                    struct error *error)
{
    (void)error;
    *picture = demo_next(source->state, time);
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
    *source = (struct source){.name = "demo", .fps = DEMO_FPS, .state = demo, .read = read_demo};
    source->close = close_demo;
    return 0;
}

void source_close(struct source *source)
{
    if (source->close)
        source->close(source);
    *source = (struct source){0};
}
