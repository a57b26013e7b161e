#include "luma_chroma.hpp"

#include "vectorize.h"

#include <cmath>
#include <vector>

/* The definitions are those of ITU-R BT.601 and BT.709: luma is Kr R + Kg G + Kb B, and chroma
 * (B - luma) / (2 - 2 Kb) and (R - luma) / (2 - 2 Kr). */

/* What each step of Cb and Cr adds to luma in a channel. */
struct Chroma {
    double cb, cr;
};

struct Weights {
    Chroma blue, green, red;
    Chroma grey; /* as OpenCV makes it of BGR: the luma of BT.601 */
};

static Weights weights_of(const image &picture)
{
    const double kr = picture.bt709 ? 0.2126 : 0.299, kb = picture.bt709 ? 0.0722 : 0.114;
    const double kg = 1 - kr - kb, step = picture.full ? 1 : 255 / 224.0;
    const double blue = step * (2 - 2 * kb), red = step * (2 - 2 * kr);
    const Chroma green = {-blue * kb / kg, -red * kr / kg};
    const Chroma grey = {0.114 * blue + 0.587 * green.cb, 0.299 * red + 0.587 * green.cr};
    return {{blue, 0}, green, {0, red}, grey};
}

/* Goes through the rows of a picture of luma and chroma. */
class Rows
{
  public:
    explicit Rows(const image &picture)
        : picture_(picture), packed_(picture.form == IMAGE_YUYV),
          luma_(packed_ ? static_cast<size_t>(picture.width) : 0)
    {
    }

    /* Whether this row has other chroma than the one before. */
    bool is_first(int row) const
    {
        return packed_ || row % 2 == 0;
    }
    const uint8_t *luma(int row);
    /* What chroma adds to the luma of each pixel in a channel, in parts of 32. */
    void chroma(int row, const Chroma &channel, std::vector<int16_t> &offsets) const;

  private:
    const uint8_t *plane(int i, int row) const
    {
        return picture_.planes[i] + static_cast<size_t>(row) * picture_.strides[i];
    }

    const image &picture_;
    bool packed_;
    std::vector<uint8_t> luma_; /* of a row whose bytes lie apart */
};

const uint8_t *Rows::luma(int row)
{
    const uint8_t *const first = plane(0, row);
    for (size_t x = 0; x < luma_.size(); x++)
        luma_[x] = first[2 * x];
    return packed_ ? luma_.data() : first;
}

/* What chroma adds to each pair of pixels. */
VECTOR_CLONES static void weigh(const uint8_t *__restrict cb, const uint8_t *__restrict cr,
                                size_t step, size_t count, int of_cb, int of_cr,
                                int16_t *__restrict offsets)
{
    const auto add = [=](size_t pair, size_t at) {
        const int sum = (cb[at] - 128) * of_cb + (cr[at] - 128) * of_cr;
        offsets[2 * pair] = offsets[2 * pair + 1] = static_cast<int16_t>((sum + 128) >> 8);
    };
    for (size_t i = 0; step == 1 && i < count; i++)
        add(i, i);
    for (size_t i = 0; step > 1 && i < count; i++)
        add(i, i * step);
}

void Rows::chroma(int row, const Chroma &channel, std::vector<int16_t> &offsets) const
{
    const bool planar = picture_.form == IMAGE_I420;
    const uint8_t *const cb = packed_ ? plane(0, row) + 1 : plane(1, row / 2);
    const uint8_t *const cr = planar ? plane(2, row / 2) : cb + (packed_ ? 2 : 1);
    const size_t step = planar ? 1 : packed_ ? 4 : 2;
    const int parts = 8192;
    const int of_cb = static_cast<int>(std::lround(channel.cb * parts));
    const int of_cr = static_cast<int>(std::lround(channel.cr * parts));
    weigh(cb, cr, step, offsets.size() / 2, of_cb, of_cr, offsets.data());
}

/* One channel of a row, from luma and what is added to it. 16 bits hold all of it, so that
 * many pixels go through a register at once. */
VECTOR_CLONES static void mix(const uint8_t *__restrict luma, const int16_t *__restrict added,
                              int width, bool full, uint8_t *__restrict out)
{
    const auto low = static_cast<int16_t>(full ? 0 : 16);
    const auto gain = static_cast<int16_t>(full ? 0 : 42); /* 256 (255 / 219 - 1) */
    for (int x = 0; x < width; x++) {
        const auto above = static_cast<int16_t>(luma[x] - low);
        const auto grown = static_cast<int16_t>(above * 32 + ((above * gain) >> 3) + 16);
        const auto sum = static_cast<int16_t>(static_cast<int16_t>(grown + added[x]) >> 5);
        out[x] = static_cast<uint8_t>(sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
}

/* For pairs of pixels, so that an odd width has room for its last one. */
static std::vector<int16_t> offsets_for(const image &picture)
{
    return std::vector<int16_t>((static_cast<size_t>(picture.width) + 1) / 2 * 2);
}

void make_grey(const image &picture, uint8_t *grey, size_t stride)
{
    const Chroma channel = weights_of(picture).grey;
    std::vector<int16_t> offsets = offsets_for(picture);
    Rows rows(picture);
    for (int row = 0; row < picture.height; row++) {
        if (picture.bt709 && rows.is_first(row)) /* in BT.601, chroma adds nothing */
            rows.chroma(row, channel, offsets);
        mix(rows.luma(row), offsets.data(), picture.width, picture.full,
            grey + static_cast<size_t>(row) * stride);
    }
}

void make_bgr(const image &picture, cv::Mat &out)
{
    const Weights weights = weights_of(picture);
    const Chroma channels[] = {weights.blue, weights.green, weights.red};
    std::vector<int16_t> offsets[3];
    cv::Mat mixed[4];
    Rows rows(picture);
    for (cv::Mat &channel : mixed)
        channel = cv::Mat(1, picture.width, CV_8UC1, cv::Scalar(255));
    for (std::vector<int16_t> &added : offsets)
        added = offsets_for(picture);
    for (int row = 0; row < picture.height; row++) {
        const uint8_t *const luma = rows.luma(row);
        for (int i = 0; i < 3; i++) {
            if (rows.is_first(row))
                rows.chroma(row, channels[i], offsets[i]);
            mix(luma, offsets[i].data(), picture.width, picture.full, mixed[i].data);
        }
        cv::merge(mixed, static_cast<size_t>(out.channels()), out.row(row));
    }
}
