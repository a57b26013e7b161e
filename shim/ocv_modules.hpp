/* Inside the shim only: what brings two hundred further libraries, each part behind a table of what
 * the shim asks of it. ocv_linked.cpp has them as libraries like any other; `expressions` has
 * ocv_loaded.cpp in its place, so that it starts without them and loads each when it is needed. */
#ifndef OCV_MODULES_HPP
#define OCV_MODULES_HPP

#include "ocv.h"

#include <opencv2/core.hpp>

#include <memory>
#include <string>
#include <vector>

/* Pictures, by OpenCV: pictures.cpp */
struct Codecs {
    const char *version; /* of Expressions */
    cv::Mat (*decode)(cv::InputArray file, int flags);
    bool (*encode)(const cv::String &extension, cv::InputArray pixels, std::vector<uchar> &file,
                   const std::vector<int> &parameters);
    bool (*can_encode)(const cv::String &extension);
};

/* Videos and cameras, by FFmpeg: videos.cpp. Their functions throw what ocv_guard.hpp explains. */
struct VideoReader {
    virtual ~VideoReader() = default;
    virtual double fps() const = 0;
    virtual long frame_count() const = 0;
    /* False after the last frame. */
    virtual bool read() = 0;
    virtual const ocv_shot &shot() const = 0; /* the newest frame */
    virtual ocv_losses losses() const = 0;
};

struct VideoWriter {
    virtual ~VideoWriter() = default;
    virtual void write(struct bgr_image frame, double time, double duration) = 0;
    /* Whether players would seek better in a copy with the index first. */
    virtual bool finish(bool whole) = 0;
    virtual void copy_with_index_first(const std::string &to) const = 0; /* after that */
    virtual const std::string &note() const = 0;                         /* empty: none */
};

struct Videos {
    const char *version;
    std::unique_ptr<VideoReader> (*open_device)(const std::string &path,
                                                const ocv_camera_options &options,
                                                ocv_patience patience);
    std::unique_ptr<VideoReader> (*open_stream)(const std::string &address, bool follow,
                                                ocv_patience patience);
    std::unique_ptr<VideoReader> (*open_input)(bool live,
                                               ocv_patience patience); /* standard input */
    std::unique_ptr<VideoReader> (*open_file)(const std::string &path, ocv_patience patience);
    std::unique_ptr<VideoWriter> (*open_writer)(const std::string &path, int width, int height,
                                                double fps, ocv_sound sound);
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
