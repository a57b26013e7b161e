#include "cascade_files.h"

const char *const cascade_files[CASCADE_COUNT] = {
    HAAR_CASCADE,
    HAAR_CASCADES "/haarcascade_frontalface_alt2.xml",
    HAAR_CASCADES "/haarcascade_profileface.xml",
};
