#include "follower.h"
#include "internal.h"
#include "smoother.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)EXPRESSIONS_MAX_FACES == (int)FRAME_MAX_FACES, "a stream's faces");

struct expressions_stream {
    struct expressions_recognizer *recognizer;
    struct follower follower; /* without detector where the caller brings the boxes */
    struct smoother smoother;
    struct grey_copy grey;
    double time; /* of the last frame */
};

enum expressions_status expressions_stream_open(struct expressions_stream **stream,
                                                struct expressions_recognizer *recognizer,
                                                struct expressions_detector *detector,
                                                double seconds, struct expressions_error *error)
{
    if (!stream || !recognizer)
        return fail_argument(error, "there is no recognizer, or no place for the stream");
    if (!(seconds >= 0 && seconds <= 60))
        return fail_argument(error, "the time constant is not 0 .. 60 seconds");
    struct expressions_stream *made = calloc(1, sizeof *made);
    if (!made)
        return fail(error, EXPRESSIONS_NO_MEMORY, "no memory for the stream");
    made->recognizer = recognizer;
    made->follower.detector = detector ? detector->detector : NULL;
    made->smoother.seconds = seconds;
    made->time = -INFINITY;
    *stream = made;
    return EXPRESSIONS_OK;
}

void expressions_stream_close(struct expressions_stream **stream)
{
    if (!stream || !*stream)
        return;
    free((*stream)->grey.pixels);
    free(*stream);
    *stream = NULL;
}

/* Brings the frame's boxes, found or given, to the tracks. */
static enum expressions_status follow(struct expressions_stream *stream, struct frame *frame,
                                      const struct expressions_box *boxes, int count,
                                      struct expressions_error *error)
{
    struct error why;
    if (!boxes) {
        if (follower_run(&stream->follower, frame, &why))
            return fail_with(error, EXPRESSIONS_FAILED, &why);
        return EXPRESSIONS_OK;
    }
    struct box given[FRAME_MAX_FACES];
    for (int i = 0; i < count; i++)
        given[i] = (struct box){boxes[i].x, boxes[i].y, boxes[i].width, boxes[i].height};
    tracker_update(&stream->follower.tracker, given, count, frame->time);
    tracker_fill(&stream->follower.tracker, frame);
    return EXPRESSIONS_OK;
}

/* Held faces are not looked at: the smoother keeps what they showed. */
static void recognize(struct expressions_recognizer *recognizer, const struct frame *frame,
                      struct face *faces)
{
    struct grey_image grey = frame_grey(frame);
    struct box asked[FRAME_MAX_FACES];
    int count = 0;
    for (int i = 0; i < frame->box_count; i++) {
        faces[i] =
            (struct face){.id = frame->ids[i], .box = frame->boxes[i], .held = frame->held[i]};
        if (!frame->held[i])
            asked[count++] = frame->boxes[i];
    }
    recognize_batch(recognizer, &grey, asked, count);
    for (int i = 0, answer = 0; i < frame->box_count; i++) {
        if (!faces[i].held)
            memcpy(faces[i].raw, recognizer->answers[answer++], sizeof faces[i].raw);
    }
}

static struct expressions_face outward(const struct face *face)
{
    struct expressions_face out = {
        .box = {face->box.x, face->box.y, face->box.width, face->box.height},
        .id = face->id,
        .label = face->label,
        .held = face->held,
        .uncertain = face->uncertain};
    memcpy(out.probabilities, face->probabilities, sizeof out.probabilities);
    memcpy(out.raw, face->raw, sizeof out.raw);
    return out;
}

static enum expressions_status check(const struct expressions_stream *stream, double time,
                                     const struct expressions_box *boxes, int box_count,
                                     struct expressions_error *error)
{
    if (!isfinite(time) || time < stream->time)
        return fail_argument(error, "the time is no number, or lies before the last frame's");
    if (!boxes && !stream->follower.detector)
        return fail_argument(error, "there are no boxes, and the stream has no detector");
    if (boxes && box_count > EXPRESSIONS_MAX_FACES)
        return fail_argument(error, "there are more than 64 boxes");
    return boxes ? check_boxes(boxes, box_count, error) : EXPRESSIONS_OK;
}

enum expressions_status expressions_stream_next(struct expressions_stream *stream,
                                                const struct expressions_picture *picture,
                                                double time, const struct expressions_box *boxes,
                                                int box_count, struct expressions_face *faces,
                                                int capacity, int *count,
                                                struct expressions_error *error)
{
    if (!stream || !count || capacity < 0 || (capacity > 0 && !faces))
        return fail_argument(error, "there is no stream, or no place for the faces");
    struct grey_image grey;
    enum expressions_status status = check_picture(picture, error);
    if (status == EXPRESSIONS_OK)
        status = check(stream, time, boxes, box_count, error);
    if (status == EXPRESSIONS_OK)
        status = to_grey(picture, true, &stream->grey, &grey, error);
    if (status != EXPRESSIONS_OK)
        return status;
    struct frame frame = {
        .grey = stream->grey.pixels, .width = grey.width, .height = grey.height, .time = time};
    status = follow(stream, &frame, boxes, box_count, error);
    if (status != EXPRESSIONS_OK)
        return status;
    stream->time = time;
    struct face found[FRAME_MAX_FACES];
    recognize(stream->recognizer, &frame, found);
    smoother_run(&stream->smoother, found, frame.box_count, time);
    *count = frame.box_count < capacity ? frame.box_count : capacity;
    for (int i = 0; i < *count; i++)
        faces[i] = outward(&found[i]);
    return EXPRESSIONS_OK;
}
