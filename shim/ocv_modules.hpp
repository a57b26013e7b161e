/* Inside the shim only: the parts of OpenCV that bring two hundred further libraries, each behind a
 * table of what the shim asks of it. ocv_linked.cpp has them as libraries like any other;
 * `expressions` has ocv_loaded.cpp in its place, so that it starts without them and loads each when
 * it is needed. */
#ifndef OCV_MODULES_HPP
#define OCV_MODULES_HPP

#include <opencv2/core.hpp>

#include <memory>
#include <string>
#include <vector>

/* Pictures: pictures.cpp */
struct Codecs {
    const char *version; /* of Expressions */
    cv::Mat (*decode)(cv::InputArray file, int flags);
    bool (*encode)(const cv::String &extension, cv::InputArray pixels, std::vector<uchar> &file,
                   const std::vector<int> &parameters);
    bool (*can_encode)(const cv::String &extension);
};

/* Videos and cameras: videos.cpp. The members of a cv::VideoCapture and of a cv::VideoWriter. */
struct Capture {
    virtual ~Capture() = default;
    virtual bool grab() = 0;
    virtual bool retrieve(cv::Mat &frame) = 0;
    virtual bool set(int property, double value) = 0;
    virtual double get(int property) const = 0;
};

struct Writer {
    virtual ~Writer() = default;
    virtual void write(const cv::Mat &frame) = 0;
};

struct Videos {
    const char *version;
    /* Nothing where it cannot be opened. A name of digits is a camera's number. */
    std::unique_ptr<Capture> (*open_capture)(const std::string &name, int backend,
                                             const std::vector<int> &parameters);
    std::unique_ptr<Writer> (*open_writer)(const std::string &name, int backend, int codec,
                                           double fps, cv::Size size);
};

/* Throw a Failure where the part cannot be loaded. */
const Codecs &codecs();
const Videos &videos();

/* What a module exports. */
extern "C" {
extern __attribute__((visibility("default"))) const Codecs expressions_codecs;
extern __attribute__((visibility("default"))) const Videos expressions_videos;
}

#endif
