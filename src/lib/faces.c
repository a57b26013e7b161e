/* An example of libexpressions: who shows what in a video that comes in as YUV4MPEG2, with a line
 * for each change.
 *
 *     cc faces.c $(pkg-config --cflags --libs expressions) -o faces
 *     ffmpeg -v error -i film.mp4 -f yuv4mpegpipe -pix_fmt yuv420p - | ./faces
 *
 * An argument names another model than the installed one. */
#include <expressions.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct video {
    int width, height;
    double seconds; /* of a frame */
    uint8_t *luma;  /* width x height bytes: its Y plane, which is all that faces need */
};

/* The first line: YUV4MPEG2 W640 H480 F30:1 ..., with a letter for each property. */
static int open_video(struct video *video, FILE *in)
{
    char line[512], *next = line;
    int rate = 0, scale = 0;
    if (!fgets(line, sizeof line, in) || strncmp(line, "YUV4MPEG2 ", 10) != 0)
        return -1;
    while ((next = strchr(next, ' ')) != NULL) {
        next++;
        if (*next == 'W')
            video->width = atoi(next + 1);
        else if (*next == 'H')
            video->height = atoi(next + 1);
        else if (*next == 'F')
            sscanf(next + 1, "%d:%d", &rate, &scale);
        else if (*next == 'C' && strncmp(next, "C420", 4) != 0)
            return -1;
    }
    if (video->width < 1 || video->width > EXPRESSIONS_MAX_SIDE || video->height < 1 ||
        video->height > EXPRESSIONS_MAX_SIDE || rate < 1 || scale < 1)
        return -1;
    video->seconds = (double)scale / rate;
    video->luma = malloc((size_t)video->width * (size_t)video->height);
    return video->luma ? 0 : -1;
}

/* 1: there is a frame; 0: there is none any more. */
static int read_frame(struct video *video, FILE *in)
{
    char line[512];
    size_t luma = (size_t)video->width * (size_t)video->height;
    size_t colour = 2 * (((size_t)video->width + 1) / 2) * (((size_t)video->height + 1) / 2);
    if (!fgets(line, sizeof line, in) || strncmp(line, "FRAME", 5) != 0 ||
        fread(video->luma, 1, luma, in) != luma)
        return 0;
    while (colour > 0 && fgetc(in) != EOF)
        colour--;
    return colour == 0;
}

/* The handles of one stream. */
struct stream {
    struct expressions_model *model;
    struct expressions_recognizer *recognizer;
    struct expressions_detector *detector;
    struct expressions_tracker *tracker;
    struct expressions_smoother *smoother;
};

static int open_stream(struct stream *stream, const char *model, struct expressions_error *error)
{
    struct expressions_tracker_settings tracking = EXPRESSIONS_TRACKER_DEFAULTS;
    if (expressions_model_open(&stream->model, model, NULL, error) ||
        expressions_recognizer_open(&stream->recognizer, stream->model, error) ||
        expressions_detector_open(&stream->detector, NULL, error) ||
        expressions_detector_set_verifier(stream->detector, stream->model, error) ||
        expressions_smoother_open(&stream->smoother, NULL, error))
        return -1;
    tracking.detector = stream->detector;
    return expressions_tracker_open(&stream->tracker, &tracking, error) ? -1 : 0;
}

static void close_stream(struct stream *stream)
{
    expressions_tracker_close(&stream->tracker);
    expressions_smoother_close(&stream->smoother);
    expressions_detector_close(&stream->detector);
    expressions_recognizer_close(&stream->recognizer);
    expressions_model_close(&stream->model);
}

static void print_changes(const struct expressions_face *faces, int count, double time)
{
    static int shown[1000]; /* the label of each face, plus 1; 0: none yet */
    for (int i = 0; i < count; i++) {
        const struct expressions_face *face = &faces[i];
        if (face->uncertain || face->id >= 1000 || shown[face->id] == face->label + 1)
            continue;
        shown[face->id] = face->label + 1;
        printf("%7.2f s  face %d: %s\n", time, face->id, expressions_label_name(face->label));
    }
}

static int follow(struct stream *stream, struct video *video, FILE *in,
                  struct expressions_error *error)
{
    struct expressions_face faces[EXPRESSIONS_MAX_FACES];
    struct expressions_picture picture = {video->luma, video->width, video->height,
                                          (size_t)video->width, EXPRESSIONS_Y};
    int count;
    for (double time = 0; read_frame(video, in); time += video->seconds) {
        if (expressions_track(stream->tracker, &picture, time, NULL, 0, faces,
                              EXPRESSIONS_MAX_FACES, &count, error) ||
            expressions_recognize(stream->recognizer, &picture, faces, count, error) ||
            expressions_smooth(stream->smoother, time, faces, count, error))
            return -1;
        print_changes(faces, count, time);
    }
    return 0;
}

int main(int argc, char *argv[])
{
    struct video video = {0};
    struct stream stream = {0};
    struct expressions_error error = {EXPRESSIONS_FAILED, "not YUV4MPEG2 with 4:2:0 colours"};
    int failed = open_video(&video, stdin) ||
                 open_stream(&stream, argc > 1 ? argv[1] : NULL, &error) ||
                 follow(&stream, &video, stdin, &error);
    if (failed)
        fprintf(stderr, "faces: %s\n", error.text);
    close_stream(&stream);
    free(video.luma);
    return failed;
}
