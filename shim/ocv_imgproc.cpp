#include "luma_chroma.hpp"
#include "ocv_guard.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>

enum ocv_code ocv_colours_to_grey(const uint8_t *pixels, int width, int height, size_t stride,
                                  enum ocv_colours colours, uint8_t *grey, size_t grey_stride,
                                  struct error *error)
{
    static const int conversions[] = {cv::COLOR_BGR2GRAY, cv::COLOR_RGB2GRAY, cv::COLOR_BGRA2GRAY,
                                      cv::COLOR_RGBA2GRAY};
    return guarded(error, [&] {
        const bool alpha = colours == OCV_BGRA || colours == OCV_RGBA;
        const cv::Mat in(height, width, alpha ? CV_8UC4 : CV_8UC3, const_cast<uint8_t *>(pixels),
                         stride);
        cv::Mat out(height, width, CV_8UC1, grey, grey_stride);
        cv::cvtColor(in, out, conversions[colours]);
    });
}

enum ocv_code ocv_bgr_to_grey(struct bgr_image picture, uint8_t *grey, size_t grey_stride,
                              struct error *error)
{
    return ocv_colours_to_grey(picture.pixels, picture.width, picture.height, picture.stride,
                               OCV_BGR, grey, grey_stride, error);
}

enum ocv_code ocv_image_to_grey(const struct image *picture, uint8_t *grey, size_t grey_stride,
                                struct error *error)
{
    if (picture->form == IMAGE_BGR)
        return ocv_bgr_to_grey(image_bgr(picture), grey, grey_stride, error);
    return guarded(error, [&] { make_grey(*picture, grey, grey_stride); });
}

enum ocv_code ocv_image_to_bgr(const struct image *picture, uint8_t *bgr, size_t stride,
                               struct error *error)
{
    return guarded(error, [&] {
        cv::Mat out(picture->height, picture->width, CV_8UC3, bgr, stride);
        if (picture->form == IMAGE_BGR)
            as_matrix(image_bgr(picture)).copyTo(out);
        else
            make_bgr(*picture, out);
    });
}

enum ocv_code ocv_resize_grey(struct grey_image picture, uint8_t *out, int width, int height,
                              struct error *error)
{
    return guarded(error, [&] {
        /* INTER_AREA averages only where both axes shrink, so shrinking goes first. */
        const cv::Size smaller(std::min(width, picture.width), std::min(height, picture.height));
        cv::Mat averaged;
        cv::resize(as_matrix(picture), averaged, smaller, 0, 0, cv::INTER_AREA);
        cv::Mat target(height, width, CV_8UC1, out);
        cv::resize(averaged, target, target.size(), 0, 0, cv::INTER_LINEAR);
    });
}

/* The picture, with 2x2 pixels averaged as often as it stays at least of this size. */
static cv::Mat halved(cv::Mat pixels, int width, int height)
{
    while (pixels.cols >= 2 * width && pixels.rows >= 2 * height) {
        /* An odd row or column is left out: only exact halves are fast. */
        const cv::Size half(pixels.cols / 2, pixels.rows / 2);
        cv::Mat averaged;
        cv::resize(pixels(cv::Rect(0, 0, 2 * half.width, 2 * half.height)), averaged, half, 0, 0,
                   cv::INTER_AREA);
        pixels = averaged;
    }
    return pixels;
}

enum ocv_code ocv_shrink_grey(struct grey_image picture, uint8_t *out, int width, int height,
                              struct error *error)
{
    return guarded(error, [&] {
        CV_Assert(width <= picture.width && height <= picture.height);
        cv::Mat target(height, width, CV_8UC1, out);
        cv::resize(halved(as_matrix(picture), width, height), target, target.size(), 0, 0,
                   cv::INTER_LINEAR);
    });
}

enum ocv_code ocv_image_to_screen(const struct image *picture, uint8_t *out, size_t out_stride,
                                  int width, int height, int mirrored, struct error *error)
{
    return guarded(error, [&] {
        cv::Mat target(height, width, CV_8UC4, out, out_stride), pixels;
        if (picture->form == IMAGE_BGR) {
            pixels = as_matrix(image_bgr(picture));
        } else {
            const bool same = picture->width == width && picture->height == height;
            pixels = same ? target : cv::Mat(picture->height, picture->width, CV_8UC4);
            make_bgr(*picture, pixels);
        }
        pixels = halved(pixels, width, height);
        if (pixels.size() != target.size()) {
            cv::Mat resized;
            cv::resize(pixels, resized, target.size(), 0, 0, cv::INTER_LINEAR);
            pixels = resized;
        }
        if (pixels.channels() == 3)
            cv::cvtColor(pixels, target, cv::COLOR_BGR2BGRA);
        else if (pixels.data != target.data)
            pixels.copyTo(target);
        if (mirrored)
            cv::flip(target, target, 1);
    });
}

enum ocv_code ocv_warp_grey(struct grey_image picture, const double map[6], uint8_t *out, int width,
                            int height, struct error *error)
{
    return guarded(error, [&] {
        const cv::Matx23d matrix(map);
        cv::Mat target(height, width, CV_8UC1, out);
        cv::warpAffine(as_matrix(picture), target, matrix, target.size(),
                       cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
    });
}

enum ocv_code ocv_pad_grey(struct grey_image picture, int top, int bottom, int left, int right,
                           uint8_t *out, struct error *error)
{
    return guarded(error, [&] {
        cv::Mat target(picture.height + top + bottom, picture.width + left + right, CV_8UC1, out);
        cv::copyMakeBorder(as_matrix(picture), target, top, bottom, left, right,
                           cv::BORDER_REPLICATE);
    });
}
