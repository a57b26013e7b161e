#include "cameras.h"

#include <stdio.h>

#ifdef __linux__
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void add_size(struct camera *camera, int width, int height)
{
    int at = 0;
    for (; at < camera->size_count; at++) {
        if (camera->widths[at] == width && camera->heights[at] == height)
            return;
        if ((long)camera->widths[at] * camera->heights[at] > (long)width * height)
            break;
    }
    if (camera->size_count == CAMERA_MAX_SIZES)
        return;
    for (int i = camera->size_count++; i > at; i--) {
        camera->widths[i] = camera->widths[i - 1];
        camera->heights[i] = camera->heights[i - 1];
    }
    camera->widths[at] = width;
    camera->heights[at] = height;
}

static void ask_sizes(int device, struct camera *camera)
{
    for (unsigned f = 0; f < 32; f++) {
        struct v4l2_fmtdesc format = {.index = f, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
        if (ioctl(device, VIDIOC_ENUM_FMT, &format) < 0)
            return;
        for (unsigned s = 0; s < 64; s++) {
            struct v4l2_frmsizeenum size = {.index = s, .pixel_format = format.pixelformat};
            if (ioctl(device, VIDIOC_ENUM_FRAMESIZES, &size) < 0)
                break;
            if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
                add_size(camera, (int)size.stepwise.max_width, (int)size.stepwise.max_height);
                break;
            }
            add_size(camera, (int)size.discrete.width, (int)size.discrete.height);
        }
    }
}

static bool same_device(const char *path, const char *other)
{
    struct stat a, b;
    return stat(path, &a) == 0 && stat(other, &b) == 0 && S_ISCHR(a.st_mode) &&
           S_ISCHR(b.st_mode) && a.st_rdev == b.st_rdev;
}

/* The link in by-id that leads to the device: it keeps its name when the numbers change. */
static void find_lasting(struct camera *camera)
{
    static const char folder_name[] = "/dev/v4l/by-id";
    DIR *folder = opendir(folder_name);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char link[CAMERA_PATH_SIZE];
        snprintf(link, sizeof link, "%s/%s", folder_name, entry->d_name);
        if (same_device(link, camera->path))
            memcpy(camera->lasting, link, sizeof link);
    }
    closedir(folder);
}

static bool gives_pictures(const struct v4l2_capability *facts)
{
    unsigned abilities =
        facts->capabilities & V4L2_CAP_DEVICE_CAPS ? facts->device_caps : facts->capabilities;
    return abilities & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE);
}

/* A device that is part of a media pipeline, which libcamera sets up, or that gives a sensor's
 * mosaics (Bayer). The descriptions of formats are the kernel's own. */
static bool gives_raw(int device, const struct v4l2_capability *facts)
{
    const char *driver = (const char *)facts->driver;
    if ((facts->device_caps & V4L2_CAP_IO_MC) || !(facts->capabilities & V4L2_CAP_VIDEO_CAPTURE) ||
        strcmp(driver, "bcm2835-isp") == 0 || strcmp(driver, "pispbe") == 0)
        return true;
    struct v4l2_fmtdesc format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    while (ioctl(device, VIDIOC_ENUM_FMT, &format) == 0) {
        if (!strstr((const char *)format.description, "Bayer"))
            return false;
        format.index++;
    }
    return format.index > 0;
}

static int open_capture(const char *path, struct v4l2_capability *facts)
{
    int device = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (device >= 0 && (ioctl(device, VIDIOC_QUERYCAP, facts) < 0 || !gives_pictures(facts))) {
        close(device);
        return -1;
    }
    return device;
}

static bool ask(const char *path, struct camera *camera)
{
    struct v4l2_capability facts;
    int device = open_capture(path, &facts);
    if (device < 0)
        return false;
    bool answered = !gives_raw(device, &facts);
    if (answered) {
        *camera = (struct camera){0};
        snprintf(camera->path, sizeof camera->path, "%s", path);
        snprintf(camera->name, sizeof camera->name, "%s", (const char *)facts.card);
        ask_sizes(device, camera);
        find_lasting(camera);
    }
    close(device);
    return answered;
}

int cameras_find(struct camera **cameras)
{
    struct camera *found = calloc(CAMERAS_MAX, sizeof *found);
    int count = 0;
    for (int i = 0; found && i < CAMERAS_MAX; i++) {
        char path[sizeof found->path];
        snprintf(path, sizeof path, "/dev/video%d", i);
        if (ask(path, &found[count]))
            found[count++].number = i;
    }
    *cameras = found;
    return count;
}

/* False for the address of a stream. */
static bool find_path(const char *id, char path[CAMERA_PATH_SIZE])
{
    if (strstr(id, "://"))
        return false;
    bool is_number = *id && strspn(id, "0123456789") == strlen(id);
    int length = snprintf(path, CAMERA_PATH_SIZE, "%s%s", is_number ? "/dev/video" : "", id);
    return length > 0 && length < CAMERA_PATH_SIZE;
}

bool cameras_get(const char *id, struct camera *camera)
{
    char path[CAMERA_PATH_SIZE];
    return find_path(id, path) && ask(path, camera);
}

bool cameras_is_raw(const char *id, struct error *reason)
{
    char path[CAMERA_PATH_SIZE];
    struct v4l2_capability facts;
    int device = find_path(id, path) ? open_capture(path, &facts) : -1;
    bool raw = device >= 0 && gives_raw(device, &facts);
    if (device >= 0)
        close(device);
    if (raw)
        error_set(reason, "it gives a sensor's raw data; on a Raspberry Pi, pipe pictures in: "
                          "rpicam-vid -n -t 0 --codec mjpeg -o - | ./expressions --camera -");
    return raw;
}

bool cameras_same(const char *id, const char *other)
{
    char path[CAMERA_PATH_SIZE], other_path[CAMERA_PATH_SIZE];
    return find_path(id, path) && find_path(other, other_path) && same_device(path, other_path);
}

static const char *explain_open(int code)
{
    switch (code) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return "there is no such camera; plug it in or name another";
    case EACCES:
    case EPERM:
        return "no permission to use it; add yourself to the group video and log in again";
    case EBUSY:
        return "another program uses it; close that program";
    default:
        return NULL;
    }
}

/* A device that streams to another program refuses to set up buffers. */
static bool is_busy(int device)
{
    struct v4l2_requestbuffers buffers = {
        .count = 1, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    return ioctl(device, VIDIOC_REQBUFS, &buffers) < 0 && errno == EBUSY;
}

bool cameras_diagnose(const char *id, struct error *reason)
{
    char path[CAMERA_PATH_SIZE];
    if (!find_path(id, path))
        return false;
    int device = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    const char *text = NULL;
    if (device < 0) {
        text = explain_open(errno);
    } else {
        struct v4l2_capability facts;
        if (ioctl(device, VIDIOC_QUERYCAP, &facts) < 0 || !gives_pictures(&facts))
            text = "it is not a camera; name another";
        else if (is_busy(device))
            text = explain_open(EBUSY);
        close(device);
    }
    if (text)
        error_set(reason, "%s", text);
    return text != NULL;
}
#else
int cameras_find(struct camera **cameras)
{
    *cameras = NULL;
    return 0;
}

bool cameras_get(const char *id, struct camera *camera)
{
    (void)id;
    (void)camera;
    return false;
}

bool cameras_is_raw(const char *id, struct error *reason)
{
    (void)id;
    (void)reason;
    return false;
}

bool cameras_same(const char *id, const char *other)
{
    (void)id;
    (void)other;
    return false;
}

bool cameras_diagnose(const char *id, struct error *reason)
{
    (void)id;
    (void)reason;
    return false;
}
#endif
