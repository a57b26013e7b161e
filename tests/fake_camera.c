#define _GNU_SOURCE
/* Cameras for programs that run with this library in LD_PRELOAD: what the kernel would answer for
 * /dev/video0 .. 4, with real memory behind it, so that the whole path through FFmpeg is walked.
 *
 *     /dev/video0  "Fake Webcam", also /dev/v4l/by-id/usb-Fake_Webcam; gives frames of 160x120,
 *                  640x480 or 1280x720
 *     /dev/video1  its other half, which gives no pictures
 *     /dev/video2  "Fake Busy", which another program uses; gives any size up to 1920x1080
 *     /dev/video3  forbidden
 *     /dev/video4  "Fake Second", which says neither sizes nor a lasting name
 *
 * An empty file of the name in FAKE_GONE unplugs the first and the last; one that is not empty puts
 * "Fake Other" in their place. Each try to open them meanwhile adds a line to the file FAKE_TRIES.
 * Their drivers keep whoever opens them waiting while there is a file of the name in FAKE_STALL.
 *
 * The first is another camera where these are set:
 *
 *     FAKE_FORMAT  the four letters of its pixel format, such as MJPG; YUYV otherwise
 *     FAKE_SIZE    its only size, such as 333x251
 *     FAKE_LATER   its size from frame 16 on; a program that asked for the first gets spoilt frames
 *     FAKE_FRAMES  a folder with the frames 1, 2, ... in files of these names; an empty one is
 *                  marked as spoilt, and after the last one there are no more
 *     FAKE_DRIVER  its driver's name, and its own; rp1-cfe has pipelines that others set up
 *
 * FAKE_CAMERAS is how many of them there are at all.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { CAMERAS = 5, WEBCAM = 0, METADATA, BUSY, FORBIDDEN, SECOND };
enum { BUFFER_SIZE = 1280 * 720 * 2, MAX_BUFFERS = 8, FIRST_FD = 900 };

static const char by_id[] = "/dev/v4l/by-id";
static const char lasting[] = "/dev/v4l/by-id/usb-Fake_Webcam";
static const char *const names[] = {"Fake Webcam", "Fake Webcam", "Fake Busy", "", "Fake Second"};
static const unsigned sizes[][2] = {{640, 480}, {160, 120}, {1280, 720}};

enum presence { PRESENT, GONE, REPLACED };

/* A process streams from one camera at a time. */
static struct stream {
    enum presence opened; /* what was there then */
    unsigned given;       /* frames so far */
    double due;           /* of the next one, monotonic seconds */
    unsigned width, height, count;
    struct v4l2_fract step; /* from frame to frame, as it says */
    bool queued[MAX_BUFFERS];
    unsigned next;
} streams[CAMERAS];

int open64(const char *path, int flags, ...);
int stat64(const char *restrict path, struct stat64 *restrict out);

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static enum presence presence_of(int number)
{
    int (*real_stat)(const char *, struct stat *) = real("stat");
    const char *mark = getenv("FAKE_GONE"), *count = getenv("FAKE_CAMERAS");
    struct stat facts;
    if (count && number >= atoi(count))
        return GONE;
    if ((number != WEBCAM && number != SECOND) || !mark || real_stat(mark, &facts))
        return PRESENT;
    return facts.st_size > 0 ? REPLACED : GONE;
}

/* The number of the camera that this path leads to; -1: another file. */
static int number_of(const char *path)
{
    if (strcmp(path, lasting) == 0)
        return WEBCAM;
    if (strncmp(path, "/dev/video", 10) != 0 || strlen(path) != 11)
        return -1;
    int number = path[10] - '0';
    return number < 0 || number >= CAMERAS ? -1 : number;
}

/* The same, of a camera that is there. */
static int find(const char *path)
{
    int number = number_of(path);
    enum presence presence = number < 0 ? GONE : presence_of(number);
    bool there = presence == PRESENT || (presence == REPLACED && strcmp(path, lasting) != 0);
    return there ? number : -1;
}

/* Adds a line to the file FAKE_TRIES. */
static void note_try(void)
{
    int (*next)(const char *, int, ...) = real("open");
    const char *path = getenv("FAKE_TRIES");
    int file = path ? next(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (file >= 0 && write(file, "\n", 1) == 1)
        close(file);
}

/* What is set in the environment for this camera, or this. */
static const char *setting(int number, const char *name, const char *usual)
{
    const char *set = number == WEBCAM ? getenv(name) : NULL;
    return set ? set : usual;
}

static unsigned pixel_format(int number)
{
    const char *letters = setting(number, "FAKE_FORMAT", "YUYV");
    return v4l2_fourcc((unsigned)letters[0], (unsigned)letters[1], (unsigned)letters[2],
                       (unsigned)letters[3]);
}

static bool is_later(int number)
{
    return *setting(number, "FAKE_LATER", "") && streams[number].given >= 15;
}

/* Whether it has one size only, and which. */
static bool only_size(int number, unsigned *width, unsigned *height)
{
    const char *name = is_later(number) ? "FAKE_LATER" : "FAKE_SIZE";
    return sscanf(setting(number, name, ""), "%ux%u", width, height) == 2;
}

static int open_camera(int number)
{
    if (number == FORBIDDEN) {
        errno = EACCES;
        return -1;
    }
    int memory = memfd_create("camera", MFD_CLOEXEC);
    if (memory < 0 || ftruncate(memory, (off_t)MAX_BUFFERS * BUFFER_SIZE))
        return -1;
    int device = fcntl(memory, F_DUPFD_CLOEXEC, FIRST_FD + 20 * number);
    close(memory);
    /* One that was plugged in since knows nothing of what was set. */
    enum presence presence = presence_of(number);
    if (streams[number].width == 0 || streams[number].opened != presence)
        streams[number] = (struct stream){.width = sizes[0][0], .height = sizes[0][1]};
    streams[number].opened = presence;
    return device;
}

static void stall(void)
{
    int (*real_access)(const char *, int) = real("access");
    const char *mark = getenv("FAKE_STALL");
    while (mark && real_access(mark, F_OK) == 0)
        usleep(10000);
}

static int open_any(const char *name, const char *path, int flags, mode_t mode)
{
    int (*next)(const char *, int, ...) = real(name);
    int number = find(path);
    if (number_of(path) >= 0 && presence_of(number_of(path)) != PRESENT)
        note_try();
    if (number_of(path) >= 0)
        stall();
    return number >= 0 ? open_camera(number) : next(path, flags, mode);
}

#define MODE_OF(flags)                                                                             \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list rest;                                                                              \
        va_start(rest, flags);                                                                     \
        mode = va_arg(rest, mode_t);                                                               \
        va_end(rest);                                                                              \
    }

int open(const char *path, int flags, ...)
{
    MODE_OF(flags)
    return open_any("open", path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE_OF(flags)
    return open_any("open64", path, flags, mode);
}

int access(const char *path, int mode)
{
    int (*next)(const char *, int) = real("access");
    int number = find(path);
    if (number == FORBIDDEN)
        errno = EACCES;
    return number >= 0 ? -(number == FORBIDDEN) : next(path, mode);
}

int stat(const char *restrict path, struct stat *restrict out)
{
    int (*next)(const char *, struct stat *) = real("stat");
    int number = find(path);
    if (number < 0)
        return next(path, out);
    *out = (struct stat){.st_mode = S_IFCHR | 0660, .st_rdev = makedev(81, (unsigned)number)};
    return 0;
}

int stat64(const char *restrict path, struct stat64 *restrict out)
{
    return stat(path, (struct stat *)(void *)out); /* the same on 64 bits */
}

/* The folder of lasting names is that in FAKE_BY_ID. */
DIR *opendir(const char *path)
{
    DIR *(*next)(const char *) = real("opendir");
    const char *folder = getenv("FAKE_BY_ID");
    return next(folder && strcmp(path, by_id) == 0 ? folder : path);
}

/* ---- What a driver answers ------------------------------------------------------------------- */

static int query(int number, struct v4l2_capability *facts)
{
    unsigned ability = number == METADATA ? V4L2_CAP_META_CAPTURE : V4L2_CAP_VIDEO_CAPTURE;
    *facts = (struct v4l2_capability){.device_caps = ability | V4L2_CAP_STREAMING};
    facts->capabilities =
        V4L2_CAP_DEVICE_CAPS | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING;
    snprintf((char *)facts->driver, sizeof facts->driver, "%s",
             setting(number, "FAKE_DRIVER", "fake"));
    if (strcmp((char *)facts->driver, "rp1-cfe") == 0)
        facts->device_caps |= V4L2_CAP_IO_MC;
    snprintf((char *)facts->card, sizeof facts->card, "%s",
             presence_of(number) == REPLACED ? "Fake Other"
                                             : setting(number, "FAKE_DRIVER", names[number]));
    return 0;
}

/* The kernel describes formats in words; of those that are used here, it is only these that matter.
 */
static int enumerate_formats(int number, struct v4l2_fmtdesc *description)
{
    if (description->index > 0)
        return EINVAL;
    const char *letters = setting(number, "FAKE_FORMAT", "YUYV");
    bool bayer = strcmp(letters, "RGGB") == 0 || strcmp(letters, "pRAA") == 0;
    description->pixelformat = pixel_format(number);
    snprintf((char *)description->description, sizeof description->description, "%s",
             bayer ? "8-bit Bayer RGRG/GBGB" : letters);
    return 0;
}

static int enumerate_sizes(int number, struct v4l2_frmsizeenum *size)
{
    size->type = V4L2_FRMSIZE_TYPE_DISCRETE;
    if (only_size(number, &size->discrete.width, &size->discrete.height))
        return size->index == 0 ? 0 : EINVAL;
    if (number == BUSY) {
        size->type = V4L2_FRMSIZE_TYPE_STEPWISE;
        size->stepwise.max_width = 1920;
        size->stepwise.max_height = 1080;
        return 0;
    }
    if (number == SECOND || size->index >= sizeof sizes / sizeof *sizes)
        return EINVAL;
    size->discrete.width = sizes[size->index][0];
    size->discrete.height = sizes[size->index][1];
    return 0;
}

/* Takes the size that was asked for where there is such a one, and the only format. */
static int format(int number, struct v4l2_format *asked, bool set)
{
    struct stream *stream = &streams[number];
    struct v4l2_pix_format *pixels = &asked->fmt.pix;
    for (size_t i = 0; set && i < sizeof sizes / sizeof *sizes; i++) {
        if (sizes[i][0] == pixels->width && sizes[i][1] == pixels->height) {
            stream->width = pixels->width;
            stream->height = pixels->height;
        }
    }
    only_size(number, &stream->width, &stream->height);
    *pixels = (struct v4l2_pix_format){.width = stream->width,
                                       .height = stream->height,
                                       .pixelformat = pixel_format(number),
                                       .field = V4L2_FIELD_NONE,
                                       .bytesperline = stream->width * 2,
                                       .sizeimage = stream->width * stream->height * 2};
    return 0;
}

static int request(struct stream *stream, struct v4l2_requestbuffers *buffers)
{
    if (buffers->count > MAX_BUFFERS)
        buffers->count = MAX_BUFFERS;
    stream->count = buffers->count;
    memset(stream->queued, 0, sizeof stream->queued);
    return 0;
}

/* Grey: brighter from left to right. Returns the number of bytes; -1: they cannot be written. */
static ssize_t draw_frame(int device, const struct stream *stream, off_t at)
{
    static uint8_t line[1280 * 2];
    for (unsigned x = 0; x < stream->width; x++) {
        line[2 * x] = (uint8_t)(16 + 200 * x / stream->width);
        line[2 * x + 1] = 128;
    }
    for (unsigned y = 0; y < stream->height; y++, at += stream->width * 2)
        if (pwrite(device, line, stream->width * 2, at) < 0)
            return -1;
    return stream->width * stream->height * 2;
}

/* The frame of this number, from a file; -1: there is none. */
static ssize_t read_frame(int device, const char *folder, unsigned frame, off_t at)
{
    static uint8_t bytes[BUFFER_SIZE];
    char path[4096];
    snprintf(path, sizeof path, "%s/%u", folder, frame);
    int (*next)(const char *, int, ...) = real("open");
    int file = next(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    ssize_t size = read(file, bytes, sizeof bytes);
    close(file);
    return size > 0 ? pwrite(device, bytes, (size_t)size, at) : size;
}

/* Whether a thirtieth of a second has gone by since the last frame. */
static bool is_due(struct stream *stream)
{
    const double interval = 0.033;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
    if (seconds < stream->due)
        return false;
    stream->due = seconds + interval;
    return true;
}

/* Gives a frame, or says that there is none yet, as drivers do to callers that do not wait. */
static int give_frame(int device, int number, struct v4l2_buffer *buffer)
{
    struct stream *stream = &streams[number];
    const char *folder = setting(number, "FAKE_FRAMES", NULL);
    if (presence_of(number) != stream->opened)
        return ENODEV;
    if (!is_due(stream))
        return EAGAIN;
    for (unsigned i = 0; i < stream->count; i++) {
        unsigned index = (stream->next + i) % stream->count;
        if (!stream->queued[index])
            continue;
        off_t at = (off_t)index * BUFFER_SIZE;
        ssize_t size = folder ? read_frame(device, folder, stream->given + 1, at)
                              : draw_frame(device, stream, at);
        if (size < 0)
            return folder ? EAGAIN : EIO;
        stream->queued[index] = false;
        stream->next = (index + 1) % stream->count;
        buffer->index = index;
        buffer->length = BUFFER_SIZE;
        buffer->bytesused = (unsigned)size;
        unsigned width = stream->width, height = stream->height;
        only_size(number, &width, &height);
        bool other = width != stream->width || height != stream->height;
        buffer->flags = size > 0 && !other ? 0 : V4L2_BUF_FLAG_ERROR;
        stream->given += !other;
        return 0;
    }
    return EAGAIN;
}

/* Takes any rate that is asked for, and 30 frames a second until then. */
static void pace(struct stream *stream, struct v4l2_captureparm *asked, bool set)
{
    if (set)
        stream->step = asked->timeperframe;
    asked->capability = V4L2_CAP_TIMEPERFRAME;
    asked->timeperframe = stream->step.numerator ? stream->step : (struct v4l2_fract){1, 30};
}

static int answer(int device, int number, unsigned long command, void *argument)
{
    struct stream *stream = &streams[number];
    struct v4l2_buffer *buffer = argument;
    if (presence_of(number) == GONE)
        return ENODEV;
    switch (command) {
    case VIDIOC_QUERYCAP:
        return query(number, argument);
    case VIDIOC_ENUM_FMT:
        return enumerate_formats(number, argument);
    case VIDIOC_G_INPUT:
        *(int *)argument = 0;
        return 0;
    case VIDIOC_ENUMINPUT:
        return ((struct v4l2_input *)argument)->index == 0 ? 0 : EINVAL;
    case VIDIOC_ENUM_FRAMESIZES:
        return enumerate_sizes(number, argument);
    case VIDIOC_G_FMT:
    case VIDIOC_S_FMT:
        return number == METADATA ? EINVAL : format(number, argument, command == VIDIOC_S_FMT);
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM:
        pace(stream, &((struct v4l2_streamparm *)argument)->parm.capture, command == VIDIOC_S_PARM);
        return 0;
    case VIDIOC_REQBUFS:
        return number == BUSY ? EBUSY : request(stream, argument);
    case VIDIOC_QUERYBUF:
        buffer->length = BUFFER_SIZE;
        buffer->m.offset = buffer->index * BUFFER_SIZE;
        return 0;
    case VIDIOC_QBUF:
        if (buffer->index >= stream->count)
            return EINVAL;
        stream->queued[buffer->index] = true;
        return 0;
    case VIDIOC_DQBUF:
        return give_frame(device, number, buffer);
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF:
        return 0;
    default:
        return ENOTTY;
    }
}

int ioctl(int device, unsigned long command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    int number = (device - FIRST_FD) / 20;
    if (device < FIRST_FD || number >= CAMERAS) {
        int (*next)(int, unsigned long, ...) = real("ioctl");
        return next(device, command, argument);
    }
    errno = answer(device, number, command, argument);
    return errno ? -1 : 0;
}
