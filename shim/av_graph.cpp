#include "av_graph.hpp"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
#include <libavutil/mem.h>
}

static const char no_filters[] = "FFmpeg cannot convert it; install a complete build of FFmpeg";

static AVFilterContext *make_filter(AVFilterGraph *graph, const char *name, const char *arguments)
{
    AVFilterContext *made = nullptr;
    checked(avfilter_graph_create_filter(&made, avfilter_get_by_name(name), name, arguments,
                                         nullptr, graph),
            OCV_FAILED, no_filters);
    return made;
}

static void set_parameters(AVFilterContext *source, const AVFrame &picture, AVRational time_base)
{
    AVBufferSrcParameters *const parameters = av_buffersrc_parameters_alloc();
    if (parameters == nullptr)
        throw std::bad_alloc();
    parameters->format = picture.format;
    parameters->width = picture.width;
    parameters->height = picture.height;
    parameters->time_base = time_base;
#if LIBAVFILTER_VERSION_MAJOR >= 10
    parameters->color_space = picture.colorspace;
    parameters->color_range = picture.color_range;
#endif
    const int code = av_buffersrc_parameters_set(source, parameters);
    av_free(parameters);
    checked(code, OCV_FAILED, no_filters);
}

Graph::Graph(const AVFrame &picture, AVRational time_base, const std::string &chain)
    : graph_(allocated<FilterGraph>(avfilter_graph_alloc()))
{
    source_ = avfilter_graph_alloc_filter(graph_.get(), avfilter_get_by_name("buffer"), "in");
    if (source_ == nullptr)
        throw std::bad_alloc();
    set_parameters(source_, picture, time_base);
    checked(avfilter_init_str(source_, nullptr), OCV_FAILED, no_filters);
    sink_ = make_filter(graph_.get(), "buffersink", nullptr);
    link(chain);
}

static std::string layout_of(const AVFrame &sound)
{
    AVChannelLayout usual = {};
    av_channel_layout_default(&usual, sound.ch_layout.nb_channels);
    char text[64];
    const bool known = sound.ch_layout.order != AV_CHANNEL_ORDER_UNSPEC;
    av_channel_layout_describe(known ? &sound.ch_layout : &usual, text, sizeof text);
    return text;
}

Graph::Graph(const AVFrame &sound, const std::string &chain)
    : graph_(allocated<FilterGraph>(avfilter_graph_alloc()))
{
    const std::string rate = std::to_string(sound.sample_rate);
    const std::string arguments = "time_base=1/" + rate + ":sample_rate=" + rate +
                                  ":sample_fmt=" + std::to_string(sound.format) +
                                  ":channel_layout=" + layout_of(sound);
    source_ = make_filter(graph_.get(), "abuffer", arguments.c_str());
    sink_ = make_filter(graph_.get(), "abuffersink", nullptr);
    link(chain);
}

void Graph::link(const std::string &chain)
{
    AVFilterInOut *first = avfilter_inout_alloc();
    AVFilterInOut *last = avfilter_inout_alloc();
    int code = AVERROR(ENOMEM);
    if (first != nullptr && last != nullptr) {
        *first = {av_strdup("in"), source_, 0, nullptr};
        *last = {av_strdup("out"), sink_, 0, nullptr};
        code = avfilter_graph_parse_ptr(graph_.get(), chain.c_str(), &last, &first, nullptr);
    }
    avfilter_inout_free(&first);
    avfilter_inout_free(&last);
    checked(code, OCV_FAILED, no_filters);
    checked(avfilter_graph_config(graph_.get(), nullptr), OCV_FAILED, no_filters);
}

void Graph::push(AVFrame *frame)
{
    checked(av_buffersrc_add_frame_flags(source_, frame, 0), OCV_FAILED, no_filters);
}

bool Graph::pull(AVFrame *frame)
{
    av_frame_unref(frame);
    const int code = av_buffersink_get_frame(sink_, frame);
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
        return false;
    checked(code, OCV_FAILED, no_filters);
    return true;
}

AVRational Graph::time_base() const
{
    return av_buffersink_get_time_base(sink_);
}

void Graph::describe(AVCodecContext &encoder) const
{
    encoder.pix_fmt = static_cast<AVPixelFormat>(av_buffersink_get_format(sink_));
    encoder.width = av_buffersink_get_w(sink_);
    encoder.height = av_buffersink_get_h(sink_);
}
