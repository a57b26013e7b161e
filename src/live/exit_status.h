/* The exit statuses that scripts may rely on. */
#ifndef EXIT_STATUS_H
#define EXIT_STATUS_H

enum exit_status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,      /* unreadable file, no memory, ... */
    STATUS_USAGE = 2,       /* wrong options */
    STATUS_NO_FACE = 3,     /* stills: no face in any of them */
    STATUS_NO_CAMERA = 4,   /* the camera cannot be opened */
    STATUS_CAMERA_LOST = 5, /* the camera went away */
    STATUS_BAD_MODEL = 6    /* missing, damaged or unsuited model file */
};

#endif
