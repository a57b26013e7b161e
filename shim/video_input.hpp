/* Inside videos.so only: an opened file, stream or camera, from which packets are read. */
#ifndef VIDEO_INPUT_HPP
#define VIDEO_INPUT_HPP

#include "av.hpp"

#include <chrono>
#include <cstdarg>

using Clock = std::chrono::steady_clock;

inline Clock::duration clock_ticks(double seconds)
{
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

/* Waiting for packets ends with the caller's patience, or when nothing has come for a while. */
class Waiting
{
  public:
    explicit Waiting(ocv_patience patience) : patience_(patience)
    {
    }
    /* Starts waiting for so many seconds; 0: as long as it takes. */
    void begin(double seconds);
    bool over() const;
    /* For FFmpeg; *this must stay where it is. */
    AVIOInterruptCB callback();

  private:
    ocv_patience patience_;
    Clock::time_point deadline_ = Clock::time_point::max();
};

class VideoInput
{
  public:
    /* A stream that is followed may lead to other addresses. */
    enum Kind { FILE_ALONE, PIPED_FILM, PIPED_CAMERA, STREAM, FOLLOWED_STREAM, DEVICE };

    VideoInput(Kind kind, ocv_patience patience);
    VideoInput(const VideoInput &) = delete;
    VideoInput &operator=(const VideoInput &) = delete;
    ~VideoInput();

    /* A file, standard input or a stream; throws a Failure. */
    void open(const std::string &name);
    /* A camera of this computer; the options are wishes. */
    void open_device(const std::string &path, const ocv_camera_options &wanted);

    AVFormatContext &format() const
    {
        return *format_;
    }
    /* The best stream of this type, or nullptr. */
    AVStream *choose(AVMediaType type);

    /* Waits for the next packet; false at the end, of whatever kind: see `cut`. */
    bool read(AVPacket *packet);
    bool is_playlist() const;
    /* Ends early with the caller's patience. */
    void wait_until(Clock::time_point time) const;
    /* When a packet is shown, in seconds by the file's clock; NAN: not stated. The first picture's
     * is what the film begins with: FFmpeg's own start_time may be off by the sound's delay. */
    double time_of(const AVPacket &packet) const;
    /* Whether it is to be shown: others are there for what comes after them. */
    static bool is_shown(const AVPacket &packet)
    {
        return packet.size > 0 && (packet.flags & AV_PKT_FLAG_DISCARD) == 0;
    }
    /* The end came too early: within a packet, by an error, or before the time that was stated. */
    bool cut() const;
    bool damaged() const /* some part of the file could not be read */
    {
        return damaged_;
    }
    double read_until() const;   /* seconds of the file, from its beginning */
    double stated() const;       /* how long the file says that it is; 0: it does not say */
    double longest_step() const; /* between two frames, or two pieces of sound, in seconds */

  private:
    bool is_stream() const;
    void attach_standard_input();
    const AVInputFormat *recognize_piped();
    static void log(void *context, int level, const char *format, va_list arguments);
    static int read_standard_input(void *opaque, uint8_t *bytes, int size);
    bool has_pictures(int pid) const;
    void note(const AVPacket &packet);
    bool lacks_indexed() const;
    bool has_rest() const;

    Kind kind_;
    Waiting waiting_;
    AVIOContext *pipe_ = nullptr;
    Input format_;
    bool failed_ = false;     /* reading ended with an error */
    bool broken_off_ = false; /* the last packet was not whole */
    bool ended_early_ = false;
    bool damaged_ = false;
    std::string path_; /* of a file */
    double read_until_ = 0;
    int64_t known_until_ = 0; /* the byte behind the last packet */
};

#endif
