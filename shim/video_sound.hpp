/* Inside videos.so only: the sound of a film, for a copy of it. */
#ifndef VIDEO_SOUND_HPP
#define VIDEO_SOUND_HPP

#include "av_graph.hpp"
#include "video_input.hpp"

class Sound
{
  public:
    /* Opens the sound of a film for a stream of `output`, encoded by `codec`; false where
     * it has none. `filters`: what the codec wants of the samples. */
    bool open(ocv_sound sound, const char *codec, const char *filters, AVFormatContext &output);

    /* Writes what is heard until `time`, seconds from the first frame. */
    void write_until(double time);
    /* Writes what is heard until then, and ends the stream. */
    void finish(double time);

  private:
    void open_encoder(const char *codec, AVFormatContext &output);
    void decode();
    void encode(AVFrame *frame);

    VideoInput input_{VideoInput::FILE_ALONE, {nullptr, nullptr}};
    AVStream *from_ = nullptr, *to_ = nullptr;
    AVFormatContext *output_ = nullptr;
    Codec decoder_, encoder_;
    std::unique_ptr<Graph> graph_;
    Packet packet_ = allocated<Packet>(av_packet_alloc());
    Frame frame_ = allocated<Frame>(av_frame_alloc());
    double start_ = 0;      /* of the pictures, in seconds of the film */
    double written_ = 0;    /* seconds */
    bool read_all_ = false; /* there is no more of it */
};

#endif
