/* Inside videos.so only: the sound of a film, for a copy of it. */
#ifndef VIDEO_SOUND_HPP
#define VIDEO_SOUND_HPP

#include "av_graph.hpp"
#include "film_time.hpp"
#include "video_input.hpp"

class Sound
{
  public:
    /* Opens the film; false where it has no sound. Throws a Failure where it cannot be decoded. */
    bool open(ocv_sound sound);
    /* Makes the stream of a copy for it, which this encoder writes. */
    void add_stream(const char *encoder, AVFormatContext &output);

    /* Writes what is heard until `time`, seconds from the first frame of the copy. */
    void write_until(double time);
    /* Writes what is heard until then, and ends the stream. */
    void finish(double time);

  private:
    bool decode();
    void hold();
    Frame silence() const;
    void make_graph(const AVFrame &frame);
    void push(AVFrame *frame, double time);
    void feed();
    bool write_pulled();
    void encode(AVFrame *frame);

    VideoInput input_{VideoInput::FILE_ALONE, {nullptr, nullptr}};
    AVStream *from_ = nullptr, *to_ = nullptr;
    AVFormatContext *output_ = nullptr;
    Codec decoder_, encoder_;
    std::unique_ptr<Graph> graph_;
    std::string kind_; /* of sound that the graph was made for */
    Packet packet_ = allocated<Packet>(av_packet_alloc());
    Frame decoded_ = allocated<Frame>(av_frame_alloc()),
          filtered_ = allocated<Frame>(av_frame_alloc());
    FilmTime timeline_;
    double step_ = 0;       /* how long the newest decoded frame lasts; seconds, as all below */
    double begin_ = 0;      /* when it is heard */
    double fed_ = 0;        /* how far the graph has been fed */
    double written_ = 0;    /* how far the encoder has */
    bool held_ = false;     /* decoded_ has not been given to the graph yet */
    bool read_all_ = false; /* there is no more of it */
    bool ended_ = false;    /* nor in the graph */
};

#endif
