/* Inside videos.so only: FFmpeg's structs with their ends, and its error codes as Failures. */
#ifndef AV_HPP
#define AV_HPP

#include "ocv_guard.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
}

#include <atomic>
#include <cerrno>
#include <memory>
#include <new>
#include <string>

template <typename Struct, void (*end)(Struct **)> struct AvEnd {
    void operator()(Struct *ended) const
    {
        end(&ended);
    }
};

using Packet = std::unique_ptr<AVPacket, AvEnd<AVPacket, av_packet_free>>;
using Frame = std::unique_ptr<AVFrame, AvEnd<AVFrame, av_frame_free>>;
using Codec = std::unique_ptr<AVCodecContext, AvEnd<AVCodecContext, avcodec_free_context>>;
using Input = std::unique_ptr<AVFormatContext, AvEnd<AVFormatContext, avformat_close_input>>;
using FilterGraph = std::unique_ptr<AVFilterGraph, AvEnd<AVFilterGraph, avfilter_graph_free>>;

/* What was allocated, or std::bad_alloc. */
template <typename Owner> Owner allocated(typename Owner::pointer made)
{
    if (made == nullptr)
        throw std::bad_alloc();
    return Owner(made);
}

/* The code itself if it is not an error; a Failure with this code and text where it is one. */
inline int checked(int code, enum ocv_code failure, const std::string &text)
{
    if (code == AVERROR(ENOMEM))
        throw std::bad_alloc();
    if (code < 0)
        throw Failure{failure, text};
    return code;
}

/* Options for an open function, which takes out those that it knows. */
class Options
{
  public:
    Options() = default;
    ~Options()
    {
        av_dict_free(&dictionary_);
    }
    Options(const Options &) = delete;
    Options &operator=(const Options &) = delete;

    Options &set(const char *name, const std::string &value)
    {
        av_dict_set(&dictionary_, name, value.c_str(), 0);
        return *this;
    }
    AVDictionary **address()
    {
        return &dictionary_;
    }

  private:
    AVDictionary *dictionary_ = nullptr;
};

inline double seconds_of(int64_t ticks, AVRational base)
{
    return static_cast<double>(ticks) * av_q2d(base);
}

/* How long this frame is shown, in ticks of its stream, as its packet states it; 0: not stated. */
inline int64_t duration_of(const AVFrame &frame)
{
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    return frame.duration;
#else
    return frame.pkt_duration;
#endif
}

/* Whether players assume BT.709 for a picture of this size, where nothing is stated. */
inline bool is_bt709(int width, int height)
{
    return width >= 1280 || height > 576;
}

/* FFmpeg takes what stands before a colon for a protocol; this keeps it from doing so. */
inline std::string file_name(const std::string &path)
{
    return "file:" + path;
}

/* Frames that a decoder has completed by guess; its own threads count them. */
using Concealed = std::atomic<long>;

/* Opens the decoder of a stream with so many threads; 0: as many as there are cores. Frames that
 * lack what they build on come out too, with AV_FRAME_FLAG_CORRUPT. */
Codec open_decoder(const AVStream &stream, int threads, Concealed *concealed);

#endif
