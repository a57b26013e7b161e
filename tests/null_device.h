/* A device that takes all that is written: one of the test's own where its user may make one, since
 * code that breaks could take away the system's. Needs _XOPEN_SOURCE 700. */
#ifndef NULL_DEVICE_H
#define NULL_DEVICE_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path of `null` in this folder, or /dev/null; it stays until the next call. */
static inline const char *null_device(const char *folder)
{
    static char path[2048];
    struct stat status;
    snprintf(path, sizeof path, "%s/null", folder);
    unlink(path);
    if (stat("/dev/null", &status) == 0 && mknod(path, S_IFCHR | 0600, status.st_rdev) == 0) {
        int descriptor = open(path, O_WRONLY); /* refused where a file system has no devices */
        if (descriptor >= 0) {
            close(descriptor);
            return path;
        }
        unlink(path);
    }
    return "/dev/null";
}

#endif
