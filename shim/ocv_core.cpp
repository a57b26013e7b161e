#include "ocv_guard.hpp"

#include "file.h"

#include <opencv2/core/utils/logger.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

static thread_local int hush_depth;

Hush::Hush() noexcept
{
    hush_depth++;
}

Hush::~Hush()
{
    hush_depth--;
}

#ifdef __GLIBC__
static ssize_t write_unless_hushed(void *, const char *bytes, size_t size)
{
    return hush_depth > 0 ? static_cast<ssize_t>(size) : write(STDERR_FILENO, bytes, size);
}

/* libpng, libjpeg and OpenCV's camera code print with fprintf(stderr, ...) and have no switch. */
static void filter_stderr()
{
    const cookie_io_functions_t functions = {nullptr, write_unless_hushed, nullptr, nullptr};
    static FILE *const filter = fopencookie(nullptr, "w", functions);
    if (filter == nullptr)
        return;
    setvbuf(filter, nullptr, _IONBF, 0);
    stderr = filter;
}
#else
static void filter_stderr()
{
}
#endif

void ocv_setup(int threads)
{
    guarded(nullptr, [&] {
        filter_stderr();
        std::cerr.rdbuf(nullptr); /* imdecode reports damaged files there */
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        setenv("OPENCV_OPENCL_RUNTIME", "disabled", 1);
        cv::setNumThreads(threads);
    });
}

const char *ocv_version(void)
{
    return CV_VERSION;
}

static enum ocv_code report(struct error *error, enum ocv_code code, const std::string &text)
{
    if (error == nullptr)
        return code;
    error_format(error, "%s", text.c_str());
    error->code = code == OCV_NO_MEMORY ? ERROR_NO_MEMORY
                  : code == OCV_CLOSED  ? ERROR_CLOSED_PIPE
                                        : ERROR_OTHER;
    return code;
}

enum ocv_code explain_exception(struct error *error) noexcept
{
    static const char no_memory[] = "out of memory; close other programs or try a smaller one";
    try {
        throw;
    } catch (const Failure &failure) {
        return report(error, failure.code, failure.text);
    } catch (const cv::Exception &exception) {
        if (exception.code == cv::Error::StsNoMem)
            return report(error, OCV_NO_MEMORY, no_memory);
        return report(error, OCV_FAILED, "OpenCV: " + exception.err);
    } catch (const std::bad_alloc &) {
        return report(error, OCV_NO_MEMORY, no_memory);
    } catch (const std::exception &exception) {
        return report(error, OCV_FAILED, exception.what());
    } catch (...) {
        return report(error, OCV_FAILED, "unknown C++ exception");
    }
}

void require_readable(const std::string &path)
{
    struct stat status;
    int reason = 0;
    if (stat(path.c_str(), &status) != 0 || access(path.c_str(), R_OK) != 0)
        reason = errno;
    else if (S_ISDIR(status.st_mode))
        reason = EISDIR;
    if (reason != 0)
        throw Failure{OCV_CANNOT,
                      std::generic_category().message(reason) + "; " + file_advice(reason)};
}

cv::Mat as_matrix(struct bgr_image picture)
{
    return cv::Mat(picture.height, picture.width, CV_8UC3, const_cast<uint8_t *>(picture.pixels),
                   picture.stride);
}

cv::Mat as_matrix(struct grey_image picture)
{
    return cv::Mat(picture.height, picture.width, CV_8UC1, const_cast<uint8_t *>(picture.pixels),
                   picture.stride);
}

struct bgr_image as_image(const cv::Mat &matrix) noexcept
{
    return {matrix.data, matrix.cols, matrix.rows, matrix.step[0]};
}
