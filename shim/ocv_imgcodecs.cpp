#include "ocv_guard.hpp"
#include "ocv_modules.hpp"
#include "picture_header.hpp"
#include "plain_picture.h"

#include <opencv2/imgcodecs.hpp>

#include <climits>
#include <memory>
#include <vector>

struct ocv_picture {
    cv::Mat pixels;
};

/* Whether a JPEG file lacks its end marker. libjpeg takes such a file and makes up the rest. */
static bool is_cut_jpeg(const uint8_t *bytes, size_t size)
{
    if (size < 2 || bytes[0] != 0xFF || bytes[1] != 0xD8)
        return false;
    size_t at = 2;
    while (at + 1 < size) {
        const uint8_t marker = bytes[at + 1];
        const bool in_scan = marker == 0x00 || (marker >= 0xD0 && marker <= 0xD7);
        if (bytes[at] != 0xFF || marker == 0xFF)
            at += 1;
        else if (marker == 0xD9)
            return false;
        else if (in_scan || at + 3 >= size)
            at += 2;
        else
            at += 2 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]);
    }
    return true;
}

static void require_reasonable(uint64_t width, uint64_t height)
{
    const uint64_t most = OCV_MAX_MEGAPIXELS * uint64_t{1000000};
    if (height > 0 && width > most / height)
        throw Failure{OCV_CANNOT, std::to_string(width) + "x" + std::to_string(height) +
                                      " is more than " + std::to_string(OCV_MAX_MEGAPIXELS) +
                                      " megapixels; make it smaller first"};
}

static cv::Mat decode(const uint8_t *bytes, size_t size)
{
    static const char unreadable[] = "not a picture or damaged; try one that an image viewer opens";
    if (size == 0)
        throw Failure{OCV_CANNOT, "empty; try one that an image viewer opens"};
    if (size > INT_MAX)
        throw Failure{OCV_CANNOT, "larger than 2 GiB; try a smaller one"};
    if (is_cut_jpeg(bytes, size))
        throw Failure{OCV_CANNOT, "the end is missing; copy it again from where it came"};
    const PictureSize stated = picture_size(bytes, size);
    if (stated.width == 0 || stated.height == 0)
        throw Failure{OCV_CANNOT, unreadable};
    require_reasonable(stated.width, stated.height);
    cv::Mat plain(static_cast<int>(stated.height), static_cast<int>(stated.width), CV_8UC3);
    if (plain_picture_decode(bytes, size, plain.data, plain.cols, plain.rows))
        return plain;
    plain.release();
    const cv::Mat file(1, static_cast<int>(size), CV_8UC1, const_cast<uint8_t *>(bytes));
    cv::Mat pixels = or_cannot(unreadable, [&] { return codecs().decode(file, cv::IMREAD_COLOR); });
    if (pixels.empty() || pixels.type() != CV_8UC3)
        throw Failure{OCV_CANNOT, unreadable};
    require_reasonable(static_cast<uint64_t>(pixels.cols), static_cast<uint64_t>(pixels.rows));
    return pixels;
}

enum ocv_code ocv_picture_decode(struct ocv_picture **picture, const uint8_t *bytes, size_t size,
                                 struct ocv_error *error)
{
    return guarded(error, [&] { *picture = new ocv_picture{decode(bytes, size)}; });
}

struct bgr_image ocv_picture_view(const struct ocv_picture *picture)
{
    return as_image(picture->pixels);
}

void ocv_picture_close(struct ocv_picture **picture)
{
    delete *picture;
    *picture = nullptr;
}

static void encode(const cv::Mat &pixels, const std::string &extension, ocv_sink sink,
                   void *context)
{
    const std::string unwritable =
        "OpenCV cannot write this picture as " + extension + "; try .png or .jpg";
    std::vector<uchar> bytes;
    const bool encoded = or_cannot(unwritable.c_str(), [&] {
        return codecs().can_encode(extension) && codecs().encode(extension, pixels, bytes, {});
    });
    if (!encoded)
        throw Failure{OCV_CANNOT, unwritable};
    if (sink(context, bytes.data(), bytes.size()) != 0)
        throw Failure{OCV_CANNOT, "cannot be written"};
}

enum ocv_code ocv_encode_bgr(struct bgr_image picture, const char *extension, ocv_sink sink,
                             void *context, struct ocv_error *error)
{
    return guarded(error, [&] { encode(as_matrix(picture), extension, sink, context); });
}

enum ocv_code ocv_encode_grey(struct grey_image picture, const char *extension, ocv_sink sink,
                              void *context, struct ocv_error *error)
{
    return guarded(error, [&] { encode(as_matrix(picture), extension, sink, context); });
}

enum ocv_code ocv_jpeg_grey(struct grey_image picture, int quality, uint8_t *out,
                            struct ocv_error *error)
{
    return guarded(error, [&] {
        std::vector<uchar> bytes;
        codecs().encode(".jpg", as_matrix(picture), bytes, {cv::IMWRITE_JPEG_QUALITY, quality});
        cv::Mat target(picture.height, picture.width, CV_8UC1, out);
        codecs().decode(bytes, cv::IMREAD_GRAYSCALE).copyTo(target);
    });
}

int ocv_can_encode(const char *extension)
{
    bool can = true; /* where that is not known, encoding will say why */
    guarded(nullptr, [&] {
        const Codecs &known = codecs();
        can = false;
        can = known.can_encode(extension);
    });
    return can ? 1 : 0;
}
