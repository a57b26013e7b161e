/* OpenCV's own search with a cascade, for tests in C. */
#ifndef HAAR_REFERENCE_H
#define HAAR_REFERENCE_H

#include "ocv.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As ocv_detector_weigh, with the cascade at this path; -1 where it cannot. */
int haar_reference(const char *path, struct grey_image picture, const struct ocv_detection *how,
                   struct box *boxes, int *neighbours, int capacity);

#ifdef __cplusplus
}
#endif

#endif
