#include "video_writer.hpp"

#include "file.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <strings.h>
#include <system_error>

/* What browsers and players of our day open, by the ending of the name. */
struct VideoKind {
    const char *ending, *muxer, *codec;
    const char *options; /* of codec and muxer, in FFmpeg's notation */
    const char *filters; /* to what the codec takes */
    const char *sound;   /* its encoder; nullptr: there can be none */
    int ticks;           /* in a second; 0: frames follow each other at one rate */
    double fewest;       /* seconds between two frames; those in between are left out */
};

#define TAGGED "colorspace=bt709:color_primaries=bt709:color_trc=bt709:color_range=tv:"
static const char bt709[] =
    "scale=flags=bicubic:out_color_matrix=bt709:out_range=tv,format=yuv420p";

static const char bt601[] =
    "scale=flags=bicubic:out_color_matrix=bt601:out_range=tv,format=yuv420p";

/* A file that is not ended, because of a crash, can be played except for its last second or two:
 * its parts can be read one by one. B-frames would save little and hold frames back. */
static const VideoKind kinds[] = {
    {".mp4", "mp4", "libx264",
     "preset=veryfast:crf=21:bf=0:rc-lookahead=10:" TAGGED "movflags=delay_moov+default_base_moof:"
     "frag_duration=1000000",
     bt709, "aac", 90000, 0},
    {".mkv", "matroska", "libx264",
     "preset=veryfast:crf=21:bf=0:rc-lookahead=10:" TAGGED "cluster_time_limit=1000", bt709, "aac",
     1000, 0},
    {".webm", "webm", "libvpx-vp9",
     "deadline=realtime:cpu-used=7:row-mt=1:crf=30:b=0:" TAGGED "cluster_time_limit=1000", bt709,
     "libopus", 1000, 0},
    {".avi", "avi", "mjpeg", "flags=+qscale:global_quality=354",
     "scale=flags=bicubic:out_color_matrix=bt601:out_range=pc,format=yuvj420p", "pcm_s16le", 0, 0},
    {".gif", "gif", "gif", "",
     "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1", nullptr, 100, 0.05},
    {"-", "yuv4mpegpipe", "wrapped_avframe", "", bt601, nullptr, 0, 0}};

/* ---- Opening ------------------------------------------------------------------------------- */

static const VideoKind &kind_for(const std::string &path)
{
    const size_t dot = path.rfind('.');
    const std::string ending = path == "-"                ? path
                               : dot == std::string::npos ? ""
                                                          : path.substr(dot);
    for (const VideoKind &kind : kinds) {
        if (strcasecmp(ending.c_str(), kind.ending) == 0)
            return kind;
    }
    throw Failure{OCV_CANNOT, "not a video extension; use .mp4, .mkv, .webm, .avi or .gif"};
}

void OutputEnd::operator()(AVFormatContext *output) const
{
    avio_closep(&output->pb);
    avformat_free_context(output);
}

static Output make_output(const char *muxer, const std::string &url)
{
    AVFormatContext *made = nullptr;
    checked(avformat_alloc_output_context2(&made, nullptr, muxer, url.c_str()), OCV_CANNOT,
            "FFmpeg was built without this format; try another extension");
    return Output(made);
}

/* The codecs store colour for each 2x2 pixels; a GIF has a palette. */
static int even(int side, const VideoKind &kind)
{
    return side + (kind.ticks == 100 ? 0 : side % 2);
}

Writer::Writer(const std::string &path, int width, int height, double fps, ocv_sound sound)
    : kind_(kind_for(path)), path_(path), filtered_(allocated<Frame>(av_frame_alloc())),
      packet_(allocated<Packet>(av_packet_alloc())),
      output_(make_output(kind_.muxer, path == "-" ? "pipe:1" : file_name(path)))
{
    const AVRational rate = av_d2q(fps, 100000);
    time_base_ = kind_.ticks > 0 ? AVRational{1, kind_.ticks} : av_inv_q(rate);
    take_size(width, height);
    /* y4m cannot say which colours it has. */
    const bool untold = kind_.filters == bt601 && is_bt709(picture_->width, picture_->height);
    filters_ = untold ? bt709 : kind_.filters;
    graph_ = std::make_unique<Graph>(*picture_, time_base_, filters_);
    open_encoder(fps);
    if (sound.film != nullptr)
        open_sound(sound);
    open_file();
}

void Writer::take_size(int width, int height)
{
    picture_ = allocated<Frame>(av_frame_alloc());
    picture_->format = AV_PIX_FMT_BGR24;
    picture_->width = even(width, kind_);
    picture_->height = even(height, kind_);
    checked(av_frame_get_buffer(picture_.get(), 0), OCV_FAILED, "the picture's size is impossible");
    width_ = width;
    height_ = height;
}

/* A file has one size. Frames of another one, from a camera that was turned or a film of several
 * parts, are put into it as a whole, with black beside them. */
void Writer::fit(int width, int height)
{
    graph_->push(nullptr);
    encode_filtered();
    if (!fitted_)
        note_ += (note_.empty() ? "" : "; ") + std::string("frames that are not ") +
                 std::to_string(width_) + "x" + std::to_string(height_) + " are scaled to fit";
    fitted_ = true;
    take_size(width, height);
    const std::string size =
        std::to_string(encoder_->width) + ":" + std::to_string(encoder_->height);
    graph_ = std::make_unique<Graph>(
        *picture_, time_base_,
        "scale=" + size + ":force_original_aspect_ratio=decrease:flags=bicubic,pad=" + size +
            ":-1:-1,setsar=1," + filters_);
}

/* A copy without sound is better than none, but not without a word. */
void Writer::open_sound(ocv_sound sound)
{
    auto opened = std::make_unique<Sound>();
    try {
        if (!opened->open(sound))
            return;
    } catch (const Failure &failure) {
        note_ = "the sound is left out: " + failure.text;
        return;
    }
    if (kind_.sound == nullptr) {
        note_ = "the sound is left out: this format has none; use .mp4, .mkv or .webm";
        return;
    }
    opened->add_stream(kind_.sound, *output_);
    sound_ = std::move(opened);
}

void Writer::open_encoder(double fps)
{
    const AVCodec *const codec = avcodec_find_encoder_by_name(kind_.codec);
    if (codec == nullptr)
        throw Failure{OCV_CANNOT,
                      std::string("FFmpeg was built without ") + kind_.codec + "; try .avi"};
    av_dict_parse_string(options_.address(), kind_.options, "=", ":", 0);
    encoder_ = allocated<Codec>(avcodec_alloc_context3(codec));
    graph_->describe(*encoder_);
    encoder_->time_base = time_base_;
    encoder_->framerate = av_d2q(fps, 100000);
    encoder_->gop_size = static_cast<int>(std::clamp(std::lround(2 * fps), 1L, 600L));
    if ((output_->oformat->flags & AVFMT_GLOBALHEADER) != 0)
        encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    checked(avcodec_open2(encoder_.get(), codec, options_.address()), OCV_CANNOT,
            "a video of this size cannot be written; try .avi or a smaller one");
    stream_ = avformat_new_stream(output_.get(), nullptr);
    if (stream_ == nullptr)
        throw std::bad_alloc();
    stream_->time_base = time_base_;
    stream_->avg_frame_rate = encoder_->framerate;
    checked(avcodec_parameters_from_context(stream_->codecpar, encoder_.get()), OCV_CANNOT,
            "the video's parameters cannot be written");
}

/* The file is touched last, when all else has been found possible. */
void Writer::open_file()
{
    const int opened = avio_open(&output_->pb, output_->url, AVIO_FLAG_WRITE);
    if (opened < 0)
        fail(opened);
    output_->flags |= AVFMT_FLAG_FLUSH_PACKETS;
    output_->max_interleave_delta =
        AV_TIME_BASE; /* sound that has ended is not waited for longer */
    const int written = avformat_write_header(output_.get(), options_.address());
    if (written < 0)
        fail(written);
}

void Writer::fail(int code) const
{
    if (code == AVERROR(ENOMEM))
        throw std::bad_alloc();
    const int system = AVUNERROR(code);
    const std::string why =
        system > 0 && system < 4096
            ? std::generic_category().message(system) + "; " + file_advice(system)
            : "FFmpeg cannot write it; choose another file";
    throw Failure{system == EPIPE ? OCV_CLOSED : OCV_CANNOT, why};
}

/* ---- Writing ------------------------------------------------------------------------------- */

/* Copies the pixels; what makes the sides even repeats the edge. */
void Writer::set_pixels(struct bgr_image frame)
{
    checked(av_frame_make_writable(picture_.get()), OCV_FAILED, "the picture cannot be copied");
    const size_t row = static_cast<size_t>(width_) * 3;
    for (int y = 0; y < picture_->height; y++) {
        const uint8_t *const from =
            frame.pixels + static_cast<size_t>(std::min(y, height_ - 1)) * frame.stride;
        uint8_t *const to = picture_->data[0] + static_cast<ptrdiff_t>(y) * picture_->linesize[0];
        std::memcpy(to, from, row);
        if (picture_->width > width_)
            std::memcpy(to + row, from + row - 3, 3);
    }
}

void Writer::write(struct bgr_image frame, double time, double duration)
{
    const int64_t due = std::llround(time / av_q2d(time_base_));
    if (kind_.fewest > 0 && last_ >= 0 &&
        time < static_cast<double>(last_) * av_q2d(time_base_) + kind_.fewest - 1e-6)
        return;
    if (sound_)
        sound_->write_until(time);
    end_ = time + duration;
    repeat_until(due);
    if (frame.width != width_ || frame.height != height_)
        fit(frame.width, frame.height);
    if (kind_.ticks == 0) {
        set_pixels(frame);
        while (last_ < due)
            push(last_ + 1);
        return;
    }
    set_pixels(frame);
    const int64_t ticks = std::max(due, last_ + 1);
    durations_[ticks] = std::max<int64_t>(std::llround(duration / av_q2d(time_base_)), 1);
    push(ticks);
}

/* At one rate, the newest picture stands until this time. */
void Writer::repeat_until(int64_t ticks)
{
    while (kind_.ticks == 0 && last_ >= 0 && last_ + 1 < ticks)
        push(last_ + 1);
}

/* Encodes the picture as the one of this time. */
void Writer::push(int64_t ticks)
{
    Frame copy = allocated<Frame>(av_frame_clone(picture_.get()));
    copy->pts = ticks;
    graph_->push(copy.get());
    encode_filtered();
    last_ = ticks;
}

void Writer::encode_filtered()
{
    while (graph_->pull(filtered_.get())) {
        filtered_->pts = av_rescale_q(filtered_->pts, graph_->time_base(), time_base_);
        encode(filtered_.get());
    }
}

/* nullptr: the end. */
void Writer::encode(AVFrame *frame)
{
    checked(avcodec_send_frame(encoder_.get(), frame), OCV_FAILED, "a frame cannot be encoded");
    while (avcodec_receive_packet(encoder_.get(), packet_.get()) == 0) {
        const auto found = durations_.find(packet_->pts);
        packet_->duration = found == durations_.end() ? 1 : found->second;
        if (found != durations_.end())
            durations_.erase(found);
        packet_->stream_index = stream_->index;
        av_packet_rescale_ts(packet_.get(), time_base_, stream_->time_base);
        const int code = av_interleaved_write_frame(output_.get(), packet_.get());
        if (code < 0)
            fail(code);
    }
}

/* ---- The end ------------------------------------------------------------------------------- */

/* Writes the same packets once more. FFmpeg does not read how long the last picture is shown. */
void Writer::copy_with_index_first(const std::string &to) const
{
    AVFormatContext *opening = nullptr;
    checked(avformat_open_input(&opening, file_name(path_).c_str(), nullptr, nullptr), OCV_CANNOT,
            "");
    const Input input(opening);
    const Output output = make_output("mp4", file_name(to));
    for (unsigned i = 0; i < input->nb_streams; i++) {
        AVStream *const stream = avformat_new_stream(output.get(), nullptr);
        if (stream == nullptr)
            throw std::bad_alloc();
        checked(avcodec_parameters_copy(stream->codecpar, input->streams[i]->codecpar), OCV_CANNOT,
                "");
        stream->time_base = input->streams[i]->time_base;
    }
    checked(avio_open(&output->pb, output->url, AVIO_FLAG_WRITE), OCV_CANNOT, "");
    Options options;
    options.set("movflags", "faststart");
    checked(avformat_write_header(output.get(), options.address()), OCV_CANNOT, "");
    const Packet packet = allocated<Packet>(av_packet_alloc());
    int code;
    while ((code = av_read_frame(input.get(), packet.get())) >= 0) {
        const unsigned index = static_cast<unsigned>(packet->stream_index);
        const AVRational base = input->streams[index]->time_base;
        if (input->streams[index]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
            packet->duration =
                std::max<int64_t>(std::llround(end_ / av_q2d(base)) - packet->pts, 1);
        av_packet_rescale_ts(packet.get(), base, output->streams[index]->time_base);
        checked(av_interleaved_write_frame(output.get(), packet.get()), OCV_CANNOT, "");
    }
    checked(code == AVERROR_EOF ? 0 : code, OCV_CANNOT, "");
    checked(av_write_trailer(output.get()), OCV_CANNOT, "");
    checked(avio_closep(&output->pb), OCV_CANNOT, "");
}

bool Writer::finish(bool whole)
{
    repeat_until(std::llround(end_ / av_q2d(time_base_)));
    graph_->push(nullptr);
    encode_filtered();
    encode(nullptr);
    if (sound_)
        sound_->finish(whole ? INFINITY : end_);
    int code = av_write_trailer(output_.get());
    const int closed = avio_closep(&output_->pb);
    code = code < 0 ? code : closed;
    if (code < 0)
        fail(code);
    return std::strcmp(kind_.muxer, "mp4") == 0;
}
