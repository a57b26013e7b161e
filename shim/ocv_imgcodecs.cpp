#include "ocv_guard.hpp"
#include "ocv_modules.hpp"
#include "picture_header.h"
#include "plain_picture.h"

#include <opencv2/imgcodecs.hpp>

#include <climits>
#include <memory>
#include <vector>

struct ocv_picture {
    cv::Mat pixels;
    bool mended;
};

/* Whether a JPEG file lacks its end marker. libjpeg takes such a file and makes up the rest. */
static bool is_cut_jpeg(const uint8_t *bytes, size_t size)
{
    if (size < 2 || bytes[0] != 0xFF || bytes[1] != 0xD8)
        return false;
    size_t at = 2;
    while (at + 1 < size) {
        const uint8_t marker = bytes[at + 1];
        if (bytes[at] != 0xFF || marker == 0xFF)
            at += 1;
        else if (marker == 0xD9)
            return false;
        else if (jpeg_marker_is_alone(marker) || at + 3 >= size)
            at += 2;
        else
            at += 2 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]);
    }
    return true;
}

static void require_reasonable(uint64_t width, uint64_t height)
{
    const uint64_t most = OCV_MAX_MEGAPIXELS * uint64_t{1000000};
    if (width > most / height)
        throw Failure{OCV_CANNOT, std::to_string(width) + "x" + std::to_string(height) +
                                      " is more than " + std::to_string(OCV_MAX_MEGAPIXELS) +
                                      " megapixels; make it smaller first"};
}

/* By one of the eight orientations of EXIF: the camera turned, and perhaps mirrored. */
static cv::Mat turned_upright(cv::Mat pixels, int orientation)
{
    enum { BOTH = -1, ROWS = 0, COLUMNS = 1 };
    if (orientation >= 5) {
        cv::Mat transposed;
        cv::transpose(pixels, transposed);
        pixels = transposed;
    }
    if (orientation == 2 || orientation == 6)
        cv::flip(pixels, pixels, COLUMNS);
    else if (orientation == 3 || orientation == 7)
        cv::flip(pixels, pixels, BOTH);
    else if (orientation == 4 || orientation == 8)
        cv::flip(pixels, pixels, ROWS);
    return pixels;
}

static cv::Mat decode(const uint8_t *bytes, size_t size)
{
    static const char unreadable[] =
        "damaged, or not a picture of a supported format; convert it to PNG or JPEG";
    const stated_size stated = picture_stated_size(bytes, size);
    if (stated.width == 0 || stated.height == 0)
        throw Failure{OCV_CANNOT, unreadable};
    require_reasonable(stated.width, stated.height);
    if (!picture_chunks_fit(bytes, size))
        throw Failure{OCV_CANNOT, unreadable};
    cv::Mat plain(static_cast<int>(stated.height), static_cast<int>(stated.width), CV_8UC3);
    if (plain_picture_decode(bytes, size, plain.data, plain.cols, plain.rows))
        return plain;
    plain.release();
    const cv::Mat file(1, static_cast<int>(size), CV_8UC1, const_cast<uint8_t *>(bytes));
    const int flags = cv::IMREAD_COLOR |
                      (picture_states_orientation(bytes, size) ? cv::IMREAD_IGNORE_ORIENTATION : 0);
    cv::Mat pixels = or_cannot(unreadable, [&] { return codecs().decode(file, flags); });
    if (pixels.empty() || pixels.type() != CV_8UC3)
        throw Failure{OCV_CANNOT, unreadable};
    require_reasonable(static_cast<uint64_t>(pixels.cols), static_cast<uint64_t>(pixels.rows));
    return pixels;
}

/* A JPEG file that lacks its end marker alone gets one. */
static ocv_picture *decode_upright(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        throw Failure{OCV_CANNOT, "empty; try one that an image viewer opens"};
    if (size > INT_MAX - 2)
        throw Failure{OCV_CANNOT, "larger than 2 GiB; try a smaller one"};
    if (const char *foreign = picture_foreign(bytes, size))
        throw Failure{OCV_CANNOT, foreign};
    const int orientation = picture_orientation(bytes, size);
    if (!is_cut_jpeg(bytes, size))
        return new ocv_picture{turned_upright(decode(bytes, size), orientation), false};
    if (!plain_jpeg_is_whole(bytes, size))
        throw Failure{OCV_CANNOT, "the end is missing; copy it again from its source"};
    std::vector<uint8_t> mended(bytes, bytes + size);
    mended.insert(mended.end(), {0xFF, 0xD9});
    return new ocv_picture{turned_upright(decode(mended.data(), mended.size()), orientation), true};
}

enum ocv_code ocv_picture_decode(struct ocv_picture **picture, const uint8_t *bytes, size_t size,
                                 struct error *error)
{
    return guarded(error, [&] { *picture = decode_upright(bytes, size); });
}

const char *ocv_picture_note(const struct ocv_picture *picture)
{
    return picture->mended ? "the end marker is missing; read anyway" : nullptr;
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
                             void *context, struct error *error)
{
    return guarded(error, [&] { encode(as_matrix(picture), extension, sink, context); });
}

enum ocv_code ocv_encode_grey(struct grey_image picture, const char *extension, ocv_sink sink,
                              void *context, struct error *error)
{
    return guarded(error, [&] { encode(as_matrix(picture), extension, sink, context); });
}

enum ocv_code ocv_jpeg_grey(struct grey_image picture, int quality, uint8_t *out,
                            struct error *error)
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
