/* Inside the shim only: how C++ stays inside. */
#ifndef OCV_GUARD_HPP
#define OCV_GUARD_HPP

#include "ocv.h"

#include <opencv2/core.hpp>

#include <string>
#include <utility>

/* Thrown by the shim's own code where the world fails; becomes the C caller's code and text.
 * Exported, so that it is the same type in the modules, which throw it too. */
struct __attribute__((visibility("default"))) Failure {
    enum ocv_code code;
    std::string text;
};

/* While one lives, what the libraries print from this thread is dropped. */
class Hush
{
  public:
    Hush() noexcept;
    ~Hush();
    Hush(const Hush &) = delete;
    Hush &operator=(const Hush &) = delete;
};

/* Turns the exception being handled into code and text; call it in a catch block. */
enum ocv_code explain_exception(struct error *error) noexcept;

/* Runs `work`, from which nothing is thrown any further. */
template <typename Work> enum ocv_code guarded(struct error *error, Work &&work) noexcept
{
    const Hush hush;
    try {
        std::forward<Work>(work)();
        return OCV_OK;
    } catch (...) {
        return explain_exception(error);
    }
}

/* Runs `work` on input that OpenCV may refuse: its refusal is OCV_CANNOT with this text. */
template <typename Work> auto or_cannot(const char *text, Work &&work)
{
    try {
        return std::forward<Work>(work)();
    } catch (const cv::Exception &exception) {
        if (exception.code == cv::Error::StsNoMem)
            throw;
        throw Failure{OCV_CANNOT, text};
    }
}

/* Throws a Failure with the system's reason where `path` is missing, unreadable or a directory. */
void require_readable(const std::string &path);

/* The caller's pixels as a matrix, without a copy. The caller's data is only read. */
cv::Mat as_matrix(struct bgr_image picture);
cv::Mat as_matrix(struct grey_image picture);
/* The matrix's pixels; it must be 8-bit with three channels, or empty. */
struct bgr_image as_image(const cv::Mat &matrix) noexcept;

#endif
