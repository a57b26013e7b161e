#include "ocv_guard.hpp"

#include <opencv2/objdetect.hpp>

#include <algorithm>
#include <memory>
#include <tuple>
#include <vector>

struct ocv_detector {
    cv::CascadeClassifier cascade;
};

enum ocv_code ocv_detector_open(struct ocv_detector **detector, const char *cascade_path,
                                struct ocv_error *error)
{
    return guarded(error, [&] {
        static const char unreadable[] =
            "not a Haar cascade; take one from Debian's package opencv-data";
        require_readable(cascade_path);
        auto opened = std::make_unique<ocv_detector>();
        if (!or_cannot(unreadable, [&] { return opened->cascade.load(cascade_path); }))
            throw Failure{OCV_CANNOT, unreadable};
        *detector = opened.release();
    });
}

enum ocv_code ocv_detector_detect(struct ocv_detector *detector, struct grey_image picture,
                                  const struct ocv_detection *how, struct box *boxes, int capacity,
                                  int *count, struct ocv_error *error)
{
    return guarded(error, [&] {
        std::vector<cv::Rect> found;
        detector->cascade.detectMultiScale(
            as_matrix(picture), found, how->scale_factor, how->min_neighbours, 0,
            cv::Size(how->min_side, how->min_side), cv::Size(how->max_side, how->max_side));
        /* Equal sizes are ordered by place: OpenCV's threads answer in any order. */
        std::sort(found.begin(), found.end(), [](const cv::Rect &a, const cv::Rect &b) {
            return std::make_tuple(-a.area(), a.y, a.x) < std::make_tuple(-b.area(), b.y, b.x);
        });
        *count = std::min(capacity, static_cast<int>(found.size()));
        for (int i = 0; i < *count; i++) {
            const cv::Rect &face = found[static_cast<size_t>(i)];
            boxes[i] = {face.x, face.y, face.width, face.height};
        }
    });
}

void ocv_detector_close(struct ocv_detector **detector)
{
    delete *detector;
    *detector = nullptr;
}
