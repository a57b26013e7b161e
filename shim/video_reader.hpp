/* Inside videos.so only: frames as they are shown, at the time at which they are shown. */
#ifndef VIDEO_READER_HPP
#define VIDEO_READER_HPP

#include "av_graph.hpp"
#include "film_time.hpp"
#include "ocv_modules.hpp"
#include "video_input.hpp"

#include <array>
#include <deque>

class Reader final : public VideoReader
{
  public:
    Reader(VideoInput::Kind kind, ocv_patience patience);

    void open(const std::string &name);
    void open_device(const std::string &path, const ocv_camera_options &options);

    double fps() const override;
    long frame_count() const override;
    bool read() override;
    const ocv_shot &shot() const override;
    ocv_losses losses() const override;

  private:
    void begin();
    void advance();
    double usual_step() const;
    double length();
    bool decode();
    void feed();
    void stamp();
    void filter();
    bool useless() const;
    using Appearance = std::array<int, 10>; /* all that a graph depends on */
    Appearance appearance() const;
    bool as_it_is() const;
    std::string chain() const;
    void make_graph();
    void show();
    void pace();

    VideoInput input_;
    bool live_, device_;
    AVStream *stream_ = nullptr;
    Concealed concealed_{0};
    Codec decoder_;
    Packet packet_;
    Frame decoded_, shown_;
    std::unique_ptr<Graph> graph_;
    Appearance appearance_ = {}; /* of the frames that the graph was made for */
    bool interlaced_ = false;    /* some frame was */
    bool held_ = false;          /* decoded_ waits for a new graph, until the old one is empty */
    bool ended_ = false;         /* nothing more will be decoded */
    bool begun_ = false;         /* the decoder has had a packet that is to be shown */
    double begin_ = NAN;         /* when that is, by the film's clock */
    bool fed_all_ = false;       /* and the last one */
    FilmTime timeline_;
    double time_ = 0;              /* of the newest decoded frame */
    Clock::time_point arrival_;    /* of the newest packet */
    Clock::time_point good_;       /* of the newest one that could be decoded */
    Clock::time_point paced_from_; /* when the first frame is due, as all go at their own pace */
    std::deque<ocv_shot> stamps_;  /* of the frames in the graph, without pictures */
    std::vector<uint8_t> upright_; /* the pixels, where FFmpeg has them bottom up */
    double usual_length_ = 0;      /* of the frame before; 0: none */
    ocv_shot shot_ = {};
    long lost_ = 0, flawed_ = 0;
    long last_flawed_ = 0; /* that frame, counted from 0 */
    long decoded_count_ = 0;
};

#endif
