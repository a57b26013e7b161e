/* Inside the shim only: grey and colours of pictures of luma and chroma. */
#ifndef LUMA_CHROMA_HPP
#define LUMA_CHROMA_HPP

#include "image.h"

#include <opencv2/core.hpp>

/* Into width x height bytes, rows `stride` bytes apart. */
void make_grey(const struct image &picture, uint8_t *grey, size_t stride);
/* Into a matrix of the picture's size: blue, green, red and, where there is a fourth channel, 255.
 */
void make_bgr(const struct image &picture, cv::Mat &out);

#endif
