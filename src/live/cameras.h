/* The cameras of this computer. */
#ifndef CAMERAS_H
#define CAMERAS_H

struct camera {
    char path[32]; /* "/dev/video0" */
    char name[64]; /* "Integrated Webcam", as the driver says it */
};

enum { CAMERAS_MAX = 64 };

/* Fills cameras[] in the order of their numbers and returns how many there are. Devices that give
 * no pictures, such as the metadata half of a webcam, are left out. */
int cameras_find(struct camera cameras[CAMERAS_MAX]);

#endif
