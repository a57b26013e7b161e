/* Inside videos.so only: one of FFmpeg's filter graphs with one input and one output. */
#ifndef AV_GRAPH_HPP
#define AV_GRAPH_HPP

#include "av.hpp"

class Graph
{
  public:
    /* For pictures like this one; its pts count `time_base`. `chain` in FFmpeg's notation. */
    Graph(const AVFrame &picture, AVRational time_base, const std::string &chain);
    /* For sound as this decoder gives it; its pts count samples. */
    Graph(const AVCodecContext &decoder, const std::string &chain);

    /* The frame is taken over and left empty; nullptr: no further one will come. */
    void push(AVFrame *frame);
    /* False where another frame has to be pushed first, or nothing is left. */
    bool pull(AVFrame *frame);
    /* Of the frames that come out. */
    AVRational time_base() const;
    /* Tells an encoder what comes out. */
    void describe(AVCodecContext &encoder) const;
    /* Sound: how many samples each frame shall have; 0: as they come. */
    void set_frame_size(int samples);

  private:
    void link(const std::string &chain);

    FilterGraph graph_;
    AVFilterContext *source_ = nullptr;
    AVFilterContext *sink_ = nullptr;
};

#endif
