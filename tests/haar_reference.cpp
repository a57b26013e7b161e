#include "haar_reference.h"

#include <opencv2/objdetect.hpp>

#include <algorithm>
#include <tuple>
#include <vector>

int haar_reference(const char *path, struct grey_image picture, const struct ocv_detection *how,
                   struct box *boxes, int *neighbours, int capacity)
{
    try {
        /* ThreadSanitizer does not see how OpenCV's threads wait for each other. */
        cv::setNumThreads(1);
        cv::CascadeClassifier cascade(path);
        const cv::Mat pixels(picture.height, picture.width, CV_8UC1,
                             const_cast<uint8_t *>(picture.pixels), picture.stride);
        std::vector<cv::Rect> found;
        std::vector<int> counts;
        cascade.detectMultiScale(pixels, found, counts, how->scale_factor, how->min_neighbours, 0,
                                 cv::Size(how->min_side, how->min_side),
                                 cv::Size(how->max_side, how->max_side));
        std::vector<std::tuple<int, int, int, int, cv::Rect>> sorted;
        for (size_t i = 0; i < found.size(); i++)
            sorted.emplace_back(-found[i].area(), found[i].y, found[i].x, counts[i], found[i]);
        std::sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
            return std::make_tuple(std::get<0>(a), std::get<1>(a), std::get<2>(a), std::get<3>(a)) <
                   std::make_tuple(std::get<0>(b), std::get<1>(b), std::get<2>(b), std::get<3>(b));
        });
        const int count = std::min(capacity, static_cast<int>(sorted.size()));
        for (int i = 0; i < count; i++) {
            const cv::Rect &box = std::get<4>(sorted[static_cast<size_t>(i)]);
            boxes[i] = {box.x, box.y, box.width, box.height};
            neighbours[i] = std::get<3>(sorted[static_cast<size_t>(i)]);
        }
        return count;
    } catch (const std::exception &) {
        return -1;
    }
}
