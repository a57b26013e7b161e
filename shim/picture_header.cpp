#include "picture_header.h"

#include "exif.h"

#include <algorithm>
#include <cctype>
#include <cstring>

namespace
{

/* A file's bytes; what would lie beyond its end is 0. */
class Bytes
{
  public:
    Bytes(const uint8_t *bytes, size_t size, bool big_endian = true) noexcept
        : bytes_(bytes), size_(size), big_endian_(big_endian)
    {
    }

    size_t size() const noexcept
    {
        return size_;
    }

    uint64_t number(uint64_t at, unsigned width) const noexcept
    {
        uint64_t value = 0;
        for (unsigned i = 0; i < width; i++) {
            const uint64_t place = at + (big_endian_ ? i : width - 1 - i);
            value = value << 8 | (place < size_ ? bytes_[place] : 0u);
        }
        return value;
    }

    bool has(uint64_t at, const char *text, size_t length) const noexcept
    {
        return at <= size_ && length <= size_ - at && std::memcmp(bytes_ + at, text, length) == 0;
    }

    /* Of the EXIF data there, which may end before `length`. */
    int orientation(uint64_t at, uint64_t length) const noexcept
    {
        return exif_orientation(bytes_ + at, std::min<uint64_t>(length, size_ - at));
    }

    /* The same bytes in the other order. */
    Bytes little_endian() const noexcept
    {
        return Bytes(bytes_, size_, false);
    }

  private:
    const uint8_t *bytes_;
    size_t size_;
    bool big_endian_;
};

stated_size size_of_jpeg(const Bytes &file) noexcept
{
    uint64_t at = 2;
    while (at + 9 < file.size()) {
        const uint64_t marker = file.number(at + 1, 1);
        if (file.number(at, 1) != 0xFF || marker == 0xFF)
            at += 1;
        else if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
                 marker != 0xCC)
            return {file.number(at + 7, 2), file.number(at + 5, 2)};
        else if (jpeg_marker_is_alone(marker))
            at += 2;
        else
            at += 2 + file.number(at + 2, 2);
    }
    return {0, 0};
}

stated_size size_of_bmp(const Bytes &file) noexcept
{
    const Bytes little = file.little_endian();
    if (little.number(14, 4) == 12)
        return {little.number(18, 2), little.number(20, 2)};
    const uint64_t height = little.number(22, 4); /* negative where the rows run downwards */
    return {little.number(18, 4), std::min(height, (uint64_t{1} << 32) - height)};
}

stated_size size_of_webp(const Bytes &file) noexcept
{
    const Bytes little = file.little_endian();
    if (file.has(12, "VP8 ", 4))
        return {little.number(26, 2) & 0x3FFF, little.number(28, 2) & 0x3FFF};
    if (file.has(12, "VP8L", 4)) {
        const uint64_t sides = little.number(21, 4);
        return {1 + (sides & 0x3FFF), 1 + (sides >> 14 & 0x3FFF)};
    }
    if (file.has(12, "VP8X", 4))
        return {1 + little.number(24, 3), 1 + little.number(27, 3)};
    return {0, 0};
}

/* The first directory's entries for width and height, of two or four bytes. */
stated_size size_of_tiff(const Bytes &file) noexcept
{
    enum { WIDTH = 256, HEIGHT = 257, SHORT = 3, ENTRY = 12 };
    stated_size found = {0, 0};
    const uint64_t directory = file.number(4, 4), count = file.number(directory, 2);
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t at = directory + 2 + i * ENTRY, tag = file.number(at, 2);
        const uint64_t value = file.number(at + 8, file.number(at + 2, 2) == SHORT ? 2 : 4);
        if (tag == WIDTH)
            found.width = std::max(found.width, value);
        else if (tag == HEIGHT)
            found.height = std::max(found.height, value);
    }
    return found;
}

/* Of the codestream, which alone counts: the size and place of its reference grid. */
stated_size size_of_codestream(const Bytes &file, uint64_t at) noexcept
{
    if (!file.has(at, "\xFF\x4F\xFF\x51", 4))
        return {0, 0};
    const uint64_t right = file.number(at + 8, 4), bottom = file.number(at + 12, 4);
    const uint64_t left = file.number(at + 16, 4), top = file.number(at + 20, 4);
    if (right <= left || bottom <= top)
        return {0, 0};
    return {right - left, bottom - top};
}

/* From box to box to the codestream. */
stated_size size_of_jp2(const Bytes &file) noexcept
{
    uint64_t at = 0;
    while (at + 8 < file.size()) {
        const uint64_t length = file.number(at, 4);
        const uint64_t header = length == 1 ? 16 : 8;
        const uint64_t box = length == 1 ? file.number(at + 8, 8) : length;
        if (file.has(at + 4, "jp2c", 4))
            return size_of_codestream(file, at + header);
        if (box < header || box > file.size() - at)
            break;
        at += box;
    }
    return {0, 0};
}

/* "P6\n# comment\n640 480\n"; no side is said to have more than 32 bits. */
stated_size size_of_pnm(const Bytes &file) noexcept
{
    uint64_t sides[2] = {0, 0}, at = 2;
    for (uint64_t &side : sides) {
        for (bool comment = false; at < file.size(); at++) {
            const int letter = static_cast<int>(file.number(at, 1));
            comment = comment ? letter != '\n' : letter == '#';
            if (!comment && std::isspace(letter) == 0)
                break;
        }
        for (; std::isdigit(static_cast<int>(file.number(at, 1))) != 0; at++)
            side = std::min<uint64_t>(side * 10 + (file.number(at, 1) - '0'), UINT32_MAX);
    }
    return {sides[0], sides[1]};
}

bool is_jpeg(const Bytes &file) noexcept
{
    return file.has(0, "\xFF\xD8\xFF", 3);
}

bool is_png(const Bytes &file) noexcept
{
    return file.has(0, "\x89PNG\r\n\x1A\n", 8);
}

bool is_webp(const Bytes &file) noexcept
{
    return file.has(0, "RIFF", 4) && file.has(8, "WEBP", 4);
}

/* The segments before the picture; there may be others of the same number. */
int orientation_of_jpeg(const Bytes &file) noexcept
{
    uint64_t at = 2;
    while (at + 4 < file.size()) {
        const uint64_t marker = file.number(at + 1, 1), length = file.number(at + 2, 2);
        if (file.number(at, 1) != 0xFF || marker == 0xFF)
            at += 1;
        else if (marker == 0xDA || marker == 0xD9)
            break;
        else if (marker == 0xE1 && file.has(at + 4, "Exif\0\0", 6))
            return file.orientation(at + 4, length - 2);
        else
            at += 2 + length;
    }
    return 1;
}

/* The chunk of that name, behind or before the pixels. */
int orientation_of_png(const Bytes &file) noexcept
{
    for (uint64_t at = 8; at + 12 < file.size(); at += 12 + file.number(at, 4)) {
        if (file.has(at + 4, "eXIf", 4))
            return file.orientation(at + 8, file.number(at, 4));
    }
    return 1;
}

int orientation_of_webp(const Bytes &file) noexcept
{
    const Bytes little = file.little_endian();
    for (uint64_t at = 12; at + 8 < file.size(); at += 8 + (little.number(at + 4, 4) + 1) / 2 * 2) {
        if (file.has(at, "EXIF", 4))
            return file.orientation(at + 8, little.number(at + 4, 4));
    }
    return 1;
}

} // namespace

bool jpeg_marker_is_alone(uint64_t marker)
{
    return marker <= 1 || (marker >= 0xD0 && marker <= 0xD7);
}

int picture_orientation(const uint8_t *bytes, size_t size)
{
    const Bytes file(bytes, size);
    return is_jpeg(file)   ? orientation_of_jpeg(file)
           : is_png(file)  ? orientation_of_png(file)
           : is_webp(file) ? orientation_of_webp(file)
                           : 1;
}

bool picture_states_orientation(const uint8_t *bytes, size_t size)
{
    const Bytes file(bytes, size);
    return is_jpeg(file) || is_png(file) || is_webp(file);
}

bool picture_chunks_fit(const uint8_t *bytes, size_t size)
{
    const Bytes file(bytes, size);
    bool fit = true;
    for (uint64_t at = is_png(file) ? 8 : size;
         fit && at + 8 <= size && !file.has(at + 4, "IEND", 4); at += 12 + file.number(at, 4))
        fit = file.number(at, 4) <= size - at - 8 || file.has(at + 4, "IDAT", 4);
    return fit;
}

const char *picture_foreign(const uint8_t *bytes, size_t size)
{
    static const char heic[] = "a HEIC picture, which is not supported; convert it to JPEG first, "
                               "such as with heif-convert";
    static const char avif[] = "an AVIF picture, which is not supported; convert it to PNG first, "
                               "such as with avifdec";
    static const char jxl[] = "a JPEG XL picture, which is not supported; convert it to PNG first, "
                              "such as with djxl";
    static const char raw[] = "a camera's raw picture, which is not supported; convert it to JPEG "
                              "first, such as with darktable-cli";
    static const char svg[] = "a drawing in SVG, which is not supported; export it as PNG first";
    static const char film[] = "a film; read it with --video";
    static const struct {
        uint64_t at;
        const char *begin;
        size_t length;
        const char *text;
    } known[] = {
        {0, "GIF8", 4, "a GIF, which is read as a film; name it with --video"},
        {4, "ftyphei", 7, heic},
        {4, "ftyphev", 7, heic},
        {4, "ftypmif1", 8, heic},
        {4, "ftypmsf1", 8, heic},
        {4, "ftypavi", 7, avif},
        {4, "ftypcrx ", 8, raw},
        {0, "FUJIFILM", 8, raw},
        {8, "CR\2", 3, raw},
        {0, "IIRO", 4, raw},
        {0, "IIU\0", 4, raw},
        {0, "<svg", 4, svg},
        {0, "<?xml", 5, svg},
        {0, "\x76\x2F\x31\x01", 4,
         "an OpenEXR picture, which is not supported; convert it to PNG first"},
        {0, "\0\0\1\0", 4, "an icon, which is not supported; convert it to PNG first"},
        {0, "\xFF\x0A", 2, jxl},
        {4, "JXL \r\n\x87\n", 8, jxl},
        {0, "\x59\xA6\x6A\x95", 4, "a Sun raster, which is not supported; convert it to PNG first"},
        {0, "#?RADIANCE", 10,
         "a Radiance picture, which is not supported; convert it to PNG first"},
        {0, "P7\n", 3, "a PAM picture, which is not supported; convert it to PNG first"},
        {0, "8BPS", 4, "a Photoshop file, which is not supported; export it as PNG first"},
        {0, "%PDF", 4, "a PDF document, which is not supported; export its pictures first"},
        {4, "ftyp", 4, film},
        {0, "\x1A\x45\xDF\xA3", 4, film},
    };
    const Bytes file(bytes, size);
    for (const auto &format : known) {
        if (file.has(format.at, format.begin, format.length))
            return format.text;
    }
    if (file.has(0, "RIFF", 4) && file.has(8, "AVI ", 4))
        return film;
    if (is_webp(file) && file.has(12, "VP8X", 4) && (file.number(20, 1) & 0x02) != 0)
        return "an animated WebP, which is not supported; save one picture of it as PNG first, "
               "such "
               "as with webpmux";
    return nullptr;
}

stated_size picture_stated_size(const uint8_t *bytes, size_t size)
{
    const Bytes file(bytes, size);
    if (is_jpeg(file))
        return size_of_jpeg(file);
    if (is_png(file))
        return {file.number(16, 4), file.number(20, 4)};
    if (file.has(0, "BM", 2))
        return size_of_bmp(file);
    if (is_webp(file))
        return size_of_webp(file);
    if (file.has(0, "II*\0", 4))
        return size_of_tiff(file.little_endian());
    if (file.has(0, "MM\0*", 4))
        return size_of_tiff(file);
    if (file.has(0, "\xFF\x4F\xFF\x51", 4))
        return size_of_codestream(file, 0);
    if (file.has(4, "jP  \r\n\x87\n", 8))
        return size_of_jp2(file);
    if (size > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6')
        return size_of_pnm(file);
    return {0, 0};
}
