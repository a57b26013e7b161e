#include "cameras.h"

#include <stdio.h>

#ifdef __linux__
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool ask(const char *path, struct camera *camera)
{
    int device = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (device < 0)
        return false;
    struct v4l2_capability facts = {0};
    bool answered = ioctl(device, VIDIOC_QUERYCAP, &facts) == 0;
    close(device);
    unsigned abilities =
        facts.capabilities & V4L2_CAP_DEVICE_CAPS ? facts.device_caps : facts.capabilities;
    if (!answered || !(abilities & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)))
        return false;
    snprintf(camera->path, sizeof camera->path, "%s", path);
    snprintf(camera->name, sizeof camera->name, "%s", (const char *)facts.card);
    return true;
}

int cameras_find(struct camera cameras[CAMERAS_MAX])
{
    int count = 0;
    for (int i = 0; i < CAMERAS_MAX; i++) {
        char path[sizeof cameras->path];
        snprintf(path, sizeof path, "/dev/video%d", i);
        if (ask(path, &cameras[count]))
            count++;
    }
    return count;
}
#else
int cameras_find(struct camera cameras[CAMERAS_MAX])
{
    (void)cameras;
    return 0;
}
#endif
