#include "follower.h"
#include "internal.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct expressions_tracker {
    struct expressions_detector *detector; /* NULL where the caller brings the boxes */
    struct follower follower;
    struct grey_copy grey;
    double time;          /* of the last frame */
    pthread_mutex_t lock; /* guards what follows: how the last frame ended */
    struct tracker latest;
    int width, height; /* of that frame, pixels */
};

/* These calls fail only by a mistake of ours. */
static void lock(struct expressions_tracker *tracker)
{
    int code = pthread_mutex_lock(&tracker->lock);
    assert(code == 0);
    (void)code;
}

static void unlock(struct expressions_tracker *tracker)
{
    int code = pthread_mutex_unlock(&tracker->lock);
    assert(code == 0);
    (void)code;
}

enum expressions_status
expressions_tracker_open(struct expressions_tracker **tracker,
                         const struct expressions_tracker_settings *settings,
                         struct expressions_error *error)
{
    static const struct expressions_tracker_settings defaults = EXPRESSIONS_TRACKER_DEFAULTS;
    if (!tracker)
        return fail_null(error, "tracker");
    if (!settings)
        settings = &defaults;
    enum expressions_status status = CHECK_SETTINGS(settings, error);
    if (status != EXPRESSIONS_OK)
        return status;
    struct expressions_tracker *made = calloc(1, sizeof *made);
    if (!made || pthread_mutex_init(&made->lock, NULL)) {
        free(made);
        return fail(error, EXPRESSIONS_NO_MEMORY, "no memory for the tracker");
    }
    made->detector = settings->detector;
    made->follower.detector = made->detector ? made->detector->detector : NULL;
    made->time = -INFINITY;
    *tracker = made;
    return EXPRESSIONS_OK;
}

void expressions_tracker_close(struct expressions_tracker **tracker)
{
    if (!tracker || !*tracker)
        return;
    pthread_mutex_destroy(&(*tracker)->lock);
    free((*tracker)->grey.pixels);
    free(*tracker);
    *tracker = NULL;
}

static enum expressions_status check(const struct expressions_tracker *tracker, double time,
                                     const struct expressions_box *boxes, int box_count,
                                     struct expressions_error *error)
{
    enum expressions_status status = check_time(time, error);
    if (status != EXPRESSIONS_OK)
        return status;
    if (time < tracker->time)
        return fail_argument(error, "`time` is %g, before the last frame's, %g", time,
                             tracker->time);
    if (!boxes && !tracker->detector)
        return fail_argument(error, "`boxes` is NULL, and the tracker has no detector");
    if (boxes && box_count > EXPRESSIONS_MAX_FACES)
        return fail_argument(error, "`box_count` is %d; at most %d are followed", box_count,
                             EXPRESSIONS_MAX_FACES);
    return boxes ? check_boxes(boxes, box_count, "box_count", error) : EXPRESSIONS_OK;
}

/* Brings the frame's boxes, found or given, to the tracks. */
static enum expressions_status follow(struct expressions_tracker *tracker,
                                      const struct expressions_picture *picture, double time,
                                      const struct expressions_box *boxes, int count,
                                      struct expressions_error *error)
{
    struct grey_frame frame = {.time = time};
    if (boxes) {
        frame.grey.width = picture->width;
        frame.grey.height = picture->height;
        frame.box_count = count;
        for (int i = 0; i < count; i++)
            frame.boxes[i] = to_box(boxes[i]);
        follower_take(&tracker->follower, &frame);
        return EXPRESSIONS_OK;
    }
    struct error why;
    enum expressions_status status = to_grey(picture, &tracker->grey, &frame.grey, error);
    if (status == EXPRESSIONS_OK && follower_run(&tracker->follower, &frame, &why))
        return fail_with(error, EXPRESSIONS_FAILED, &why);
    return status;
}

static void publish(struct expressions_tracker *tracker, const struct expressions_picture *picture)
{
    lock(tracker);
    tracker->latest = tracker->follower.tracker;
    tracker->width = picture->width;
    tracker->height = picture->height;
    unlock(tracker);
}

enum expressions_status expressions_track(struct expressions_tracker *tracker,
                                          const struct expressions_picture *picture, double time,
                                          const struct expressions_box *boxes, int box_count,
                                          struct expressions_face *faces, int capacity, int *count,
                                          struct expressions_error *error)
{
    if (!tracker)
        return fail_null(error, "tracker");
    enum expressions_status status = check_place(faces, capacity, count, error);
    if (status == EXPRESSIONS_OK)
        status = check_picture(picture, error);
    if (status == EXPRESSIONS_OK)
        status = check(tracker, time, boxes, box_count, error);
    if (status == EXPRESSIONS_OK)
        status = follow(tracker, picture, time, boxes, box_count, error);
    if (status != EXPRESSIONS_OK)
        return status;
    tracker->time = time;
    publish(tracker, picture);
    *count = tracker_faces(&tracker->follower.tracker, picture->width, picture->height, time, faces,
                           capacity);
    return EXPRESSIONS_OK;
}

enum expressions_status expressions_expect(struct expressions_tracker *tracker,
                                           const struct expressions_picture *picture, double time,
                                           struct expressions_face *faces, int capacity, int *count,
                                           struct expressions_error *error)
{
    if (!tracker)
        return fail_null(error, "tracker");
    enum expressions_status status = check_place(faces, capacity, count, error);
    if (status == EXPRESSIONS_OK)
        status = check_time(time, error);
    if (status == EXPRESSIONS_OK)
        status = check_picture(picture, error);
    if (status != EXPRESSIONS_OK)
        return status;
    *count = 0;
    lock(tracker);
    if (tracker->width == picture->width && tracker->height == picture->height)
        *count =
            tracker_faces(&tracker->latest, picture->width, picture->height, time, faces, capacity);
    unlock(tracker);
    return EXPRESSIONS_OK;
}
