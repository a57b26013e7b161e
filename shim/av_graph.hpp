/* Inside videos.so only: one of FFmpeg's filter graphs with one input and one output. */
#ifndef AV_GRAPH_HPP
#define AV_GRAPH_HPP

#include "av.hpp"

class Graph
{
  public:
    /* For pictures like this one; its pts count `time_base`. `chain` in FFmpeg's notation. */
    Graph(const AVFrame &picture, AVRational time_base, const std::string &chain);
    /* For sound like this; its pts count samples. */
    Graph(const AVFrame &sound, const std::string &chain);

    /* The frame is taken over and left empty; nullptr: no further one will come. */
    void push(AVFrame *frame);
    /* False where another frame has to be pushed first, or nothing is left. */
    bool pull(AVFrame *frame);
    /* Of the frames that come out. */
    AVRational time_base() const;
    /* Tells an encoder of pictures what comes out. */
    void describe(AVCodecContext &encoder) const;

  private:
    void link(const std::string &chain);

    FilterGraph graph_;
    AVFilterContext *source_ = nullptr;
    AVFilterContext *sink_ = nullptr;
};

#endif
