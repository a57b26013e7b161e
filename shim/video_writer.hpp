/* Inside videos.so only: a video file as it is written. */
#ifndef VIDEO_WRITER_HPP
#define VIDEO_WRITER_HPP

#include "av_graph.hpp"
#include "ocv_modules.hpp"
#include "video_sound.hpp"

#include <map>

struct VideoKind;

struct OutputEnd {
    void operator()(AVFormatContext *output) const;
};
using Output = std::unique_ptr<AVFormatContext, OutputEnd>;

class Writer final : public VideoWriter
{
  public:
    Writer(const std::string &path, int width, int height, double fps, ocv_sound sound);

    void write(struct bgr_image frame, double time, double duration) override;
    bool finish(bool whole) override;
    void copy_with_index_first(const std::string &to) const override;
    const std::string &note() const override
    {
        return note_;
    }

  private:
    void take_size(int width, int height);
    void fit(int width, int height);
    void open_encoder(double fps);
    void open_sound(ocv_sound sound);
    void open_file();
    void set_pixels(struct bgr_image frame);
    void push(int64_t ticks);
    void encode_filtered();
    void repeat_until(int64_t ticks);
    void encode(AVFrame *frame);
    [[noreturn]] void fail(int code) const;

    const VideoKind &kind_;
    std::string path_, note_;
    std::string filters_; /* to what the codec takes */
    int width_, height_;  /* of the caller's frames */
    AVRational time_base_;
    Frame picture_, filtered_;
    Packet packet_;
    std::unique_ptr<Graph> graph_;
    Codec encoder_;
    std::unique_ptr<Sound> sound_; /* before output_, whose stream it fills */
    Output output_;
    AVStream *stream_ = nullptr;
    Options options_;
    std::map<int64_t, int64_t> durations_; /* by pts, of frames in the encoder; ticks */
    int64_t last_ = -1;                    /* pts of the newest frame */
    double end_ = 0;                       /* of the newest frame, seconds */
    bool fitted_ = false;                  /* some frame had another size */
};

#endif
