#include "film_end.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace
{

class File
{
  public:
    explicit File(const std::string &path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC))
    {
        struct stat status;
        if (descriptor_ >= 0 && fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode))
            size_ = static_cast<uint64_t>(status.st_size);
    }
    ~File()
    {
        if (descriptor_ >= 0)
            close(descriptor_);
    }
    File(const File &) = delete;
    File &operator=(const File &) = delete;

    uint64_t size() const
    {
        return size_;
    }
    /* What is there, without what would lie behind the end. */
    std::vector<uint8_t> bytes(uint64_t at, size_t count) const
    {
        std::vector<uint8_t> read(count);
        const ssize_t got =
            at < size_ ? pread(descriptor_, read.data(), count, static_cast<off_t>(at)) : 0;
        read.resize(got > 0 ? static_cast<size_t>(got) : 0);
        return read;
    }
    bool has(uint64_t at, const void *text, size_t count) const
    {
        const std::vector<uint8_t> read = bytes(at, count);
        return read.size() == count && std::memcmp(read.data(), text, count) == 0;
    }
    /* Numbers of so many bytes; 0 behind the end. */
    uint64_t big(uint64_t at, size_t count) const
    {
        uint64_t number = 0;
        for (const uint8_t byte : bytes(at, count))
            number = number << 8 | byte;
        return number;
    }
    uint64_t little(uint64_t at, size_t count) const
    {
        const std::vector<uint8_t> read = bytes(at, count);
        uint64_t number = 0;
        for (size_t i = read.size(); i > 0; i--)
            number = number << 8 | read[i - 1];
        return number;
    }

  private:
    int descriptor_;
    uint64_t size_ = 0;
};

/* ISO/IEC 14496-12, 4.2: boxes, each with its size. Bytes that are no box are not part of a film in
 * one piece that ends before them; in a film in fragments, they are damage that hides the rest. */
bool cuts_boxes(const File &file)
{
    uint64_t at = 0;
    bool in_fragments = false;
    while (at + 8 <= file.size()) {
        in_fragments = in_fragments || file.has(at + 4, "moof", 4);
        uint64_t size = file.big(at, 4);
        if (size == 1)
            size = file.big(at + 8, 8);
        if (size < 8 || size > UINT64_MAX - at)
            return in_fragments && (size > 0 || file.big(file.size() - 8, 8) != 0);
        at += size;
    }
    return at > file.size();
}

/* RFC 8794: elements, each with its size, unless it goes on until the next of its kind. */
bool cuts_elements(const File &file)
{
    uint64_t at = 0;
    while (at < file.size() && file.big(at, 1) != 0) {
        const auto length = [&file](uint64_t place) {
            const uint64_t first = file.big(place, 1);
            size_t bytes = 1;
            while (bytes < 8 && (first & 0x80u >> (bytes - 1)) == 0)
                bytes++;
            return bytes;
        };
        const size_t id = length(at), bytes = length(at + id);
        const uint64_t unknown = (UINT64_C(1) << 7 * bytes) - 1;
        const uint64_t size = file.big(at + id, bytes) & unknown;
        at += id + bytes;
        if (size != unknown)
            at += size;
    }
    return at > file.size();
}

/* The RIFF chunks of an .avi, one after the other. A recorder that was killed left their sizes 0.
 */
bool cuts_chunks(const File &file)
{
    uint64_t at = 0;
    while (file.has(at, "RIFF", 4))
        at += 8 + file.little(at + 4, 4);
    return at > file.size();
}

/* ASF's file properties hold the file's size, unless it was broadcast. */
bool cuts_asf(const File &file)
{
    static const uint8_t properties[] = {0xA1, 0xDC, 0xAB, 0x8C, 0x47, 0xA9, 0xCF, 0x11,
                                         0x8E, 0xE4, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65};
    const uint64_t end = std::min(file.little(16, 8), file.size());
    uint64_t size;
    for (uint64_t at = 30; at + 24 <= end; at += size) {
        size = file.little(at + 16, 8);
        if (file.has(at, properties, sizeof properties))
            return (file.little(at + 88, 4) & 1) == 0 && file.little(at + 40, 8) > file.size();
        if (size < 24 || size > end)
            break;
    }
    return false;
}

bool cuts_gif(const File &file)
{
    uint64_t end = file.size();
    while (end > 0 && file.big(end - 1, 1) == 0)
        end--;
    return file.big(end - 1, 1) != 0x3B;
}

/* Pictures in JPEG, one after the other. */
bool cuts_jpegs(const File &file)
{
    uint64_t end = file.size();
    while (end > 0 && std::strchr("\r\n", static_cast<int>(file.big(end - 1, 1))) != nullptr)
        end--;
    return file.big(end - 2, 2) != 0xFFD9;
}

/* MPEG-TS packets: plain, with a time before them, or with a checksum behind them. */
bool cuts_packets(const File &file, uint64_t size)
{
    return file.size() % size != 0;
}

/* The last page of an Ogg file (RFC 3533). */
bool cuts_page(const File &file)
{
    const uint64_t longest = 27 + 255 + 255 * 255;
    const uint64_t begin = file.size() - std::min(file.size(), longest);
    const std::vector<uint8_t> tail = file.bytes(begin, longest);
    static const char mark[] = {'O', 'g', 'g', 'S'};
    const auto found = std::find_end(tail.begin(), tail.end(), mark, mark + sizeof mark);
    if (found == tail.end())
        return false;
    const uint64_t page = begin + static_cast<uint64_t>(found - tail.begin());
    const uint64_t segments = file.big(page + 26, 1);
    uint64_t end = page + 27 + segments;
    for (const uint8_t segment : file.bytes(page + 27, segments))
        end += segment;
    return end > file.size();
}

/* The last packet of an MPEG program stream. */
bool cuts_pack(const File &file)
{
    const uint64_t longest = 6 + 65535;
    const uint64_t begin = file.size() - std::min(file.size(), longest);
    const std::vector<uint8_t> tail = file.bytes(begin, longest);
    for (size_t i = tail.size() < 4 ? 0 : tail.size() - 3; i-- > 0;) {
        if (tail[i] != 0 || tail[i + 1] != 0 || tail[i + 2] != 1 || tail[i + 3] < 0xB9)
            continue;
        const uint64_t at = begin + i, header = 12;
        if (tail[i + 3] < 0xBB)
            return tail[i + 3] == 0xBA && at + header > file.size();
        return at + 6 + file.big(at + 4, 2) > file.size();
    }
    return false;
}

} // namespace

bool film_is_cut(const std::string &path)
{
    const File file(path);
    static const uint8_t asf[] = {0x30, 0x26, 0xB2, 0x75}, ebml[] = {0x1A, 0x45, 0xDF, 0xA3},
                         pack[] = {0, 0, 1, 0xBA}, jpeg[] = {0xFF, 0xD8, 0xFF};
    for (const char *const box : {"ftyp", "moov", "mdat", "wide", "free", "skip"}) {
        if (file.has(4, box, 4))
            return cuts_boxes(file);
    }
    if (file.has(0, ebml, sizeof ebml))
        return cuts_elements(file);
    if (file.has(0, "RIFF", 4))
        return cuts_chunks(file);
    if (file.has(0, asf, sizeof asf))
        return cuts_asf(file);
    if (file.has(0, "GIF8", 4))
        return cuts_gif(file);
    if (file.has(0, "OggS", 4))
        return cuts_page(file);
    if (file.has(0, pack, sizeof pack))
        return cuts_pack(file);
    if (file.has(0, jpeg, sizeof jpeg))
        return cuts_jpegs(file);
    for (const uint64_t size : {188u, 192u, 204u}) {
        const uint64_t mark = size == 192 ? 4 : 0;
        if (file.has(mark, "G", 1) && file.has(mark + size, "G", 1) &&
            file.has(mark + 2 * size, "G", 1) && file.has(mark + 3 * size, "G", 1))
            return cuts_packets(file, size);
    }
    return false;
}
