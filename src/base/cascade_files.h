/* OpenCV's Haar cascades for faces, which come with the system: where they are, fixed at build
 * time. */
#ifndef CASCADE_FILES_H
#define CASCADE_FILES_H

enum cascade {
    CASCADE_FIRST,   /* the default one, in whose place another may be named */
    CASCADE_SECOND,  /* errs less than the default one */
    CASCADE_PROFILE, /* knows profiles to one side */
    CASCADE_COUNT
};

extern const char *const cascade_files[CASCADE_COUNT];

#endif
