#include "ocv_guard.hpp"

#include <opencv2/objdetect.hpp>

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>
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
    return ocv_detector_weigh(detector, picture, how, boxes, nullptr, capacity, count, error);
}

enum ocv_code ocv_detector_weigh(struct ocv_detector *detector, struct grey_image picture,
                                 const struct ocv_detection *how, struct box *boxes,
                                 int *neighbours, int capacity, int *count, struct ocv_error *error)
{
    return guarded(error, [&] {
        std::vector<cv::Rect> found;
        std::vector<int> weights;
        detector->cascade.detectMultiScale(
            as_matrix(picture), found, weights, how->scale_factor, how->min_neighbours, 0,
            cv::Size(how->min_side, how->min_side), cv::Size(how->max_side, how->max_side));
        std::vector<std::pair<cv::Rect, int>> faces;
        for (size_t i = 0; i < found.size(); i++)
            faces.emplace_back(found[i], weights[i]);
        /* Equal sizes are ordered by place: OpenCV's threads answer in any order. */
        std::sort(faces.begin(), faces.end(), [](const auto &a, const auto &b) {
            const cv::Rect &p = a.first, &q = b.first;
            return std::make_tuple(-p.area(), p.y, p.x, a.second) <
                   std::make_tuple(-q.area(), q.y, q.x, b.second);
        });
        *count = std::min(capacity, static_cast<int>(faces.size()));
        for (int i = 0; i < *count; i++) {
            const auto &[face, agreed] = faces[static_cast<size_t>(i)];
            boxes[i] = {face.x, face.y, face.width, face.height};
            if (neighbours)
                neighbours[i] = agreed;
        }
    });
}

void ocv_detector_close(struct ocv_detector **detector)
{
    delete *detector;
    *detector = nullptr;
}
