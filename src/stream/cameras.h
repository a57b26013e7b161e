/* The cameras of this computer. */
#ifndef CAMERAS_H
#define CAMERAS_H

#include "error.h"

#include <stdbool.h>

enum { CAMERAS_MAX = 64, CAMERA_MAX_SIZES = 16, CAMERA_PATH_SIZE = 512 };

struct camera {
    int number;                     /* set by cameras_find only; --camera takes it, too */
    char path[CAMERA_PATH_SIZE];    /* "/dev/video0", or as the user named it */
    char lasting[CAMERA_PATH_SIZE]; /* "/dev/v4l/by-id/...", the same after replugging; or empty */
    char name[64];                  /* "Integrated Webcam", as the driver calls it */
    int size_count;
    int widths[CAMERA_MAX_SIZES], heights[CAMERA_MAX_SIZES]; /* pixels, smallest first */
};

/* Finds the cameras, in the order of their numbers, and returns how many there are; the caller
 * frees *cameras. Devices that give no pictures, such as the metadata half of a webcam or a bare
 * sensor, are left out. */
int cameras_find(struct camera **cameras);

/* Whether the user has named a device that gives a sensor's raw data, as those of a Raspberry Pi's
 * own camera do: another program has to make pictures of it. `reason` then says how. */
bool cameras_is_raw(const char *id, struct error *reason);

/* The camera that the user named by number or path; false if there is none, and *camera stays. */
bool cameras_get(const char *id, struct camera *camera);

/* Whether both name the same device. */
bool cameras_same(const char *id, const char *other);

/* Why this camera cannot be opened, as far as the system says: missing, forbidden, busy, or not a
 * camera at all. False if the system does not say. */
bool cameras_diagnose(const char *id, struct error *reason);

#endif
