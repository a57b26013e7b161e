#include "ocv_modules.hpp"

#include <opencv2/videoio.hpp>

namespace
{

struct OpenCVCapture final : Capture {
    cv::VideoCapture capture;

    bool grab() override
    {
        return capture.grab();
    }
    bool retrieve(cv::Mat &frame) override
    {
        return capture.retrieve(frame);
    }
    bool set(int property, double value) override
    {
        return capture.set(property, value);
    }
    double get(int property) const override
    {
        return capture.get(property);
    }
};

struct OpenCVWriter final : Writer {
    cv::VideoWriter video;

    void write(const cv::Mat &frame) override
    {
        video.write(frame);
    }
};

std::unique_ptr<Capture> open_capture(const std::string &name, int backend,
                                      const std::vector<int> &parameters)
{
    const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
    auto made = std::make_unique<OpenCVCapture>();
    const bool opened = is_number ? made->capture.open(std::stoi(name), backend, parameters)
                                  : made->capture.open(name, backend, parameters);
    return opened ? std::move(made) : nullptr;
}

std::unique_ptr<Writer> open_writer(const std::string &name, int backend, int codec, double fps,
                                    cv::Size size)
{
    auto made = std::make_unique<OpenCVWriter>();
    return made->video.open(name, backend, codec, fps, size) ? std::move(made) : nullptr;
}

} // namespace

const Videos expressions_videos = {VERSION, open_capture, open_writer};
