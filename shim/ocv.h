/* All that Expressions asks of OpenCV, and of FFmpeg for videos and cameras, as a C API.
 *
 * A function that can fail returns an `enum ocv_code`; on anything but OCV_OK, `error` (which may
 * be NULL) holds what that is among error.h's codes and one line of text, and outputs are
 * untouched. The text says why and what to do; the caller puts the thing's name before it.
 * No C++ exception leaves the shim. Handles are opaque, made by an `open` or `decode` function and
 * ended by a `close` function that takes the handle's address, sets it to NULL and accepts NULL.
 * Pixel buffers belong to the caller, except those of decoded pictures and frames, which the handle
 * keeps. One handle may be used by one thread at a time; different handles by different threads at
 * once.
 *
 * Pictures are the plain structs of image.h. */
#ifndef OCV_H
#define OCV_H

#include "error.h"
#include "image.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Not error.h's codes: those know no end of a film, and come only where an error is asked for. */
enum ocv_code {
    OCV_OK = 0,
    OCV_END,       /* no further frame: end of the file, or the camera is gone */
    OCV_CANNOT,    /* cannot be opened, read or written */
    OCV_CLOSED,    /* the reader of the pipe that is written to has closed it */
    OCV_NO_MEMORY, /* memory ran out */
    OCV_FAILED     /* any other OpenCV error */
};

/* Once, before any other call and any other thread: OpenCV works with `threads` threads, and it and
 * the libraries below it print nothing of their own after this. To that end the variable `stderr`
 * becomes an unbuffered stream onto the same descriptor, which drops what is printed inside the
 * shim's functions; fileno(stderr) is -1 then, STDERR_FILENO is as before. */
void ocv_setup(int threads);

/* "4.6.0" */
const char *ocv_version(void);

/* ---- Still pictures ------------------------------------------------------------------------ */

struct ocv_picture;

/* Larger pictures are refused: read, turned and copied, they would take more than a gigabyte. */
enum { OCV_MAX_MEGAPIXELS = 110 };

/* Decodes a file's bytes, JPEG, PNG, WebP, BMP, TIFF, JPEG 2000 or PNM, turned upright by its EXIF
 * orientation. Other formats, and films, are refused by name. A JPEG file may lack its end marker.
 * 16-bit pictures become 8-bit, grey and transparent ones colour. A picture that is too large is
 * refused by its header, before memory is taken for it. */
enum ocv_code ocv_picture_decode(struct ocv_picture **picture, const uint8_t *bytes, size_t size,
                                 struct error *error);
/* What is odd about a picture that could be read all the same, or NULL. */
const char *ocv_picture_note(const struct ocv_picture *picture);
/* The picture's pixels; they belong to the handle and live as long as it. */
struct bgr_image ocv_picture_view(const struct ocv_picture *picture);
void ocv_picture_close(struct ocv_picture **picture);

/* Takes bytes in the order of the file; returns 0, or -1 to stop. */
typedef int (*ocv_sink)(void *context, const void *bytes, size_t size);

/* Encodes in the format of `extension` (".png", ".jpg", ...). */
enum ocv_code ocv_encode_bgr(struct bgr_image picture, const char *extension, ocv_sink sink,
                             void *context, struct error *error);
enum ocv_code ocv_encode_grey(struct grey_image picture, const char *extension, ocv_sink sink,
                              void *context, struct error *error);

/* What is left of a picture after JPEG at `quality` (0..100): out, width x height bytes. */
enum ocv_code ocv_jpeg_grey(struct grey_image picture, int quality, uint8_t *out,
                            struct error *error);

/* Whether OpenCV can write a file with this ending: 1 or 0. */
int ocv_can_encode(const char *extension);

/* ---- Colour and size ----------------------------------------------------------------------- */

/* How the bytes of a pixel follow each other; A is passed over. */
enum ocv_colours { OCV_BGR, OCV_RGB, OCV_BGRA, OCV_RGBA };

/* grey: width x height bytes, rows `grey_stride` bytes apart. */
enum ocv_code ocv_colours_to_grey(const uint8_t *pixels, int width, int height, size_t stride,
                                  enum ocv_colours colours, uint8_t *grey, size_t grey_stride,
                                  struct error *error);
enum ocv_code ocv_bgr_to_grey(struct bgr_image picture, uint8_t *grey, size_t grey_stride,
                              struct error *error);
/* Of any form. Grey is made of luma alone where that is the same: within one level of the colours'
 * grey, except for colours that no screen can show. */
enum ocv_code ocv_image_to_grey(const struct image *picture, uint8_t *grey, size_t grey_stride,
                                struct error *error);
enum ocv_code ocv_image_to_bgr(const struct image *picture, uint8_t *bgr, size_t stride,
                               struct error *error);
/* out: width x height bytes without padding; shrinking averages areas, enlarging interpolates. */
enum ocv_code ocv_resize_grey(struct grey_image picture, uint8_t *out, int width, int height,
                              struct error *error);
/* The same, faster and coarser: averages 2x2 pixels as often as it can, and interpolates for the
 * rest. Neither side may grow. */
enum ocv_code ocv_shrink_grey(struct grey_image picture, uint8_t *out, int width, int height,
                              struct error *error);
/* out: width x height bytes without padding; out(x, y) = picture(map[0] x + map[1] y + map[2],
 * map[3] x + map[4] y + map[5]), interpolated, the picture's edge repeated around it. */
enum ocv_code ocv_warp_grey(struct grey_image picture, const double map[6], uint8_t *out, int width,
                            int height, struct error *error);
/* out: width x height pixels of four bytes, blue, green, red and 255, rows `out_stride` bytes
 * apart; resized as by ocv_shrink_grey, or interpolated, and left-right mirrored where asked. */
enum ocv_code ocv_image_to_screen(const struct image *picture, uint8_t *out, size_t out_stride,
                                  int width, int height, int mirrored, struct error *error);
/* out: (width + left + right) x (height + top + bottom) bytes without padding; the picture with
 * its edge repeated around it. */
enum ocv_code ocv_pad_grey(struct grey_image picture, int top, int bottom, int left, int right,
                           uint8_t *out, struct error *error);

/* ---- Cameras, streams and video files (FFmpeg) --------------------------------------------- */

struct ocv_video;

/* Loads the libraries for all of this, which takes a while; otherwise the first call that needs
 * them does. May run in a thread of its own. */
enum ocv_code ocv_video_prepare(struct error *error);

/* Asked at least ten times a second by the thread that waits for a source: anything but 0 ends its
 * wait, and the source. `ends` may be NULL. */
struct ocv_patience {
    int (*ends)(void *context);
    void *context;
};

/* What a camera is asked for; 0 leaves the choice to it. */
struct ocv_camera_options {
    int width, height; /* pixels */
    double fps;
    int follow; /* a stream's address may lead to others: by a redirect, a playlist (HLS) or a
                 * description of a session (SDP). Without it, one that does cannot be opened */
};

/* A camera by index ("0"), device path ("/dev/video2", "/dev/v4l/by-id/..."), stream URL, or "-":
 * standard input. */
enum ocv_code ocv_camera_open(struct ocv_video **video, const char *id,
                              struct ocv_camera_options options, struct ocv_patience patience,
                              struct error *error);
/* A video file that holds all of the video: neither playlists nor anything else that would open
 * other files or connections. "-" is standard input. */
enum ocv_code ocv_video_open(struct ocv_video **video, const char *path,
                             struct ocv_patience patience, struct error *error);

/* Of sources that state no rate. */
#define OCV_USUAL_FPS 25.0

/* Frames a second, by the shortest interval where they are unevenly spaced, and number of frames,
 * as the source states them; 0 where it does not. */
double ocv_video_fps(const struct ocv_video *video);
long ocv_video_frame_count(const struct ocv_video *video);

/* Waits for the next frame and decodes it into the handle; what cannot be decoded is passed over
 * and counted. OCV_END after the last one. */
enum ocv_code ocv_video_read(struct ocv_video *video, struct error *error);

/* A frame as a player shows it: upright, with square pixels (one side grows where a file's are off
 * by more than one per cent), deinterlaced, in the colours that the file states. The size may
 * change from frame to frame. */
struct ocv_shot {
    struct image picture; /* belongs to the handle and lives until its next call */
    double time;     /* seconds since the source's first frame, by its own clock; never less than
                      * the frame before */
    double duration; /* how long it is shown, seconds; 0: a live source, which does not know */
    double grabbed;  /* when it came, before it was decoded: seconds of the monotonic clock */
};

/* The newest frame; without pixels before the first one. */
struct ocv_shot ocv_video_shot(const struct ocv_video *video);

/* What a source did not give. */
struct ocv_losses {
    long frames;       /* that could not be decoded */
    long flawed;       /* that could be in part, and were given */
    int damaged;       /* some of the file could not be read: perhaps more frames are missing */
    int cut;           /* its end came too early; to be asked after OCV_END */
    double read_until; /* where that was, seconds */
    double stated;     /* how long it should have been; 0: not stated */
};

struct ocv_losses ocv_video_losses(const struct ocv_video *video);
void ocv_video_close(struct ocv_video **video);

/* ---- Writing video ------------------------------------------------------------------------- */

struct ocv_writer;

/* The sound that goes with the frames. */
struct ocv_sound {
    const char *film; /* whose it is; NULL: none */
    double begin;     /* where in the film the first frame is, seconds after the film's own */
};

/* The file ending chooses what is written: H.264 in .mp4 and .mkv, VP9 in .webm, JPEG in .avi, or
 * .gif; "-" is y4m on standard output. All but a GIF have even sizes: an odd width or height grows
 * by one pixel, which repeats the edge. fps: the rate of .avi and y4m, a hint for the others, whose
 * frames keep their times. An earlier file is only touched once all else has been found possible.
 * What has been written can be played, except for the last two seconds, even if the process is
 * killed. */
enum ocv_code ocv_writer_open(struct ocv_writer **writer, const char *path, int width, int height,
                              double fps, struct ocv_sound sound, struct error *error);
/* A frame of another size than the writer's is fitted into it, with black beside it. `time` in
 * seconds, from 0 on. In a file of one rate, a frame before the last one's end is left out, and the
 * last one is repeated until a later one; a GIF leaves out frames that come too soon. */
enum ocv_code ocv_writer_write(struct ocv_writer *writer, struct bgr_image frame, double time,
                               double duration, struct error *error);
/* What the file lacks of what it should hold, or NULL; the text belongs to the handle. */
const char *ocv_writer_note(const struct ocv_writer *writer);
/* Ends the file. whole: the film has come to its end, and what is left of its sound is written. */
enum ocv_code ocv_writer_close(struct ocv_writer **writer, int whole, struct error *error);

/* ---- Haar detection (Viola & Jones 2001) ---------------------------------------------------- */

struct ocv_detector;

struct ocv_detection {
    double scale_factor; /* step between sizes, > 1 */
    int min_neighbours;  /* raw answers that must agree */
    int min_side;        /* smallest face, pixels; 0: the cascade's own */
    int max_side;        /* largest face, pixels; 0: the picture's */
};

/* Square blocks of a picture, row by row; those at its right and lower edge may be cut off. */
struct ocv_blocks {
    const uint8_t *marked; /* 1: this one is, 0: it is not */
    int across, down;      /* how many */
    int side;              /* pixels */
};

enum ocv_code ocv_detector_open(struct ocv_detector **detector, const char *cascade_path,
                                struct error *error);
/* Fills boxes[0 .. *count-1], at most `capacity`, largest first. With `only`, faces that touch none
 * of the marked blocks are left out. */
enum ocv_code ocv_detector_detect(struct ocv_detector *detector, struct grey_image picture,
                                  const struct ocv_detection *how, const struct ocv_blocks *only,
                                  struct box *boxes, int capacity, int *count, struct error *error);
/* The same, all of them, and in neighbours[0 .. *count-1] how many raw answers agreed on each box.
 */
enum ocv_code ocv_detector_weigh(struct ocv_detector *detector, struct grey_image picture,
                                 const struct ocv_detection *how, struct box *boxes,
                                 int *neighbours, int capacity, int *count, struct error *error);
void ocv_detector_close(struct ocv_detector **detector);

#ifdef __cplusplus
}
#endif

#endif
