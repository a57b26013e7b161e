#include "video_sound.hpp"

#include <algorithm>
#include <cmath>

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/samplefmt.h>
}

static const char not_written[] = "the sound cannot be written";

/* A rate that every encoder used here takes. */
static const int copied_rate = 48000;

/* What the film's clock shows with its first picture, which need not be the first in the file. */
static double begin_of(const std::string &film)
{
    const int most_before = 17; /* that a codec decodes before the one that is shown first */
    VideoInput input(VideoInput::FILE_ALONE, {nullptr, nullptr});
    input.open(film);
    const AVStream *const pictures = input.choose(AVMEDIA_TYPE_VIDEO);
    const Packet packet = allocated<Packet>(av_packet_alloc());
    double begin = NAN;
    for (int seen = 0; seen < most_before && pictures != nullptr && input.read(packet.get());) {
        if (packet->stream_index == pictures->index && VideoInput::is_shown(*packet)) {
            begin = std::fmin(begin, input.time_of(*packet));
            seen++;
        }
    }
    return std::isfinite(begin) ? begin : 0;
}

bool Sound::open(ocv_sound sound)
{
    input_.open(sound.film);
    from_ = input_.choose(AVMEDIA_TYPE_AUDIO);
    if (from_ == nullptr)
        return false;
    const double start = begin_of(sound.film) + sound.begin;
    timeline_.begin(start, input_.longest_step());
    if (sound.begin > 0) /* where it cannot be done, all before is read and dropped */
        av_seek_frame(&input_.format(), from_->index,
                      std::llround(start / av_q2d(from_->time_base)), AVSEEK_FLAG_BACKWARD);
    for (unsigned i = 0; i < input_.format().nb_streams; i++) {
        if (input_.format().streams[i] != from_)
            input_.format().streams[i]->discard = AVDISCARD_ALL;
    }
    decoder_ = open_decoder(*from_, 1, nullptr);
    return true;
}

void Sound::add_stream(const char *encoder, AVFormatContext &output)
{
    const AVCodec *const kind = avcodec_find_encoder_by_name(encoder);
    if (kind == nullptr)
        throw Failure{OCV_CANNOT,
                      std::string("FFmpeg was built without ") + encoder + "; try .avi"};
    encoder_ = allocated<Codec>(avcodec_alloc_context3(kind));
    encoder_->sample_fmt = kind->id == AV_CODEC_ID_AAC ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_S16;
    encoder_->sample_rate = copied_rate;
    encoder_->time_base = {1, copied_rate};
    av_channel_layout_default(&encoder_->ch_layout,
                              from_->codecpar->ch_layout.nb_channels == 1 ? 1 : 2);
    encoder_->bit_rate = 64000 * encoder_->ch_layout.nb_channels;
    if ((output.oformat->flags & AVFMT_GLOBALHEADER) != 0)
        encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    checked(avcodec_open2(encoder_.get(), kind, nullptr), OCV_CANNOT, not_written);

    to_ = avformat_new_stream(&output, nullptr);
    if (to_ == nullptr)
        throw std::bad_alloc();
    output_ = &output;
    checked(avcodec_parameters_from_context(to_->codecpar, encoder_.get()), OCV_CANNOT,
            not_written);
}

/* ---- Reading ------------------------------------------------------------------------------- */

/* The next sound that can be decoded; false after the last one. */
bool Sound::decode()
{
    for (;;) {
        const int code = avcodec_receive_frame(decoder_.get(), decoded_.get());
        if (code == AVERROR(ENOMEM))
            throw std::bad_alloc();
        if (code == 0 && decoded_->sample_rate > 0 && decoded_->nb_samples > 0)
            return true;
        if (code == AVERROR_EOF || (code != 0 && read_all_))
            return false;
        if (code != AVERROR(EAGAIN))
            continue;
        do
            read_all_ = !input_.read(packet_.get());
        while (!read_all_ && packet_->stream_index != from_->index);
        avcodec_send_packet(decoder_.get(), read_all_ ? nullptr : packet_.get());
    }
}

/* A second of it, like the decoded frame. */
Frame Sound::silence() const
{
    Frame made = allocated<Frame>(av_frame_alloc());
    made->format = decoded_->format;
    made->sample_rate = made->nb_samples = decoded_->sample_rate;
    checked(av_channel_layout_copy(&made->ch_layout, &decoded_->ch_layout), OCV_FAILED,
            not_written);
    checked(av_frame_get_buffer(made.get(), 0), OCV_FAILED, not_written);
    av_samples_set_silence(made->extended_data, 0, made->nb_samples, made->ch_layout.nb_channels,
                           static_cast<AVSampleFormat>(made->format));
    return made;
}

/* For sound like this. async: small gaps are filled, and what overlaps is cut, so that sound stays
 * with the pictures. */
void Sound::make_graph(const AVFrame &frame)
{
    char layout[64];
    av_channel_layout_describe(&encoder_->ch_layout, layout, sizeof layout);
    const long first = std::lround(written_ * frame.sample_rate);
    std::string chain = "aresample=async=1:first_pts=" + std::to_string(first) +
                        ",aformat=sample_rates=" + std::to_string(copied_rate) +
                        ":sample_fmts=" + av_get_sample_fmt_name(encoder_->sample_fmt) +
                        ":channel_layouts=" + layout;
    if (encoder_->frame_size > 0)
        chain += ",asetnsamples=" + std::to_string(encoder_->frame_size);
    graph_ = std::make_unique<Graph>(frame, chain);
}

/* Gives the graph, one that takes it, what is heard at `time`. */
void Sound::push(AVFrame *frame, double time)
{
    const std::string kind = std::to_string(frame->sample_rate) + " " +
                             std::to_string(frame->format) + " " +
                             std::to_string(frame->ch_layout.nb_channels);
    if (kind != kind_) {
        if (graph_) {
            graph_->push(nullptr);
            while (write_pulled())
                ;
        }
        make_graph(*frame);
        kind_ = kind;
    }
    frame->pts = std::llround(time * frame->sample_rate);
    fed_ = time + static_cast<double>(frame->nb_samples) / frame->sample_rate;
    graph_->push(frame);
}

/* Decodes what comes next, or says that there is nothing. */
void Sound::hold()
{
    held_ = decode();
    if (held_) {
        const int64_t ticks = decoded_->best_effort_timestamp;
        const double stated = ticks == AV_NOPTS_VALUE ? NAN : seconds_of(ticks, from_->time_base);
        begin_ = timeline_.next(stated, step_);
        step_ = static_cast<double>(decoded_->nb_samples) / decoded_->sample_rate;
        held_ = begin_ + step_ > 0;
        return;
    }
    ended_ = true;
    if (graph_)
        graph_->push(nullptr);
}

/* A longer gap than that is filled bit by bit, since the graph has all that it is given in memory.
 */
void Sound::feed()
{
    const double longest_gap = 1;
    if (!held_) {
        hold();
    } else if (begin_ > fed_ + longest_gap) {
        push(silence().get(), fed_);
    } else {
        held_ = false;
        push(decoded_.get(), begin_);
    }
}

/* ---- Writing ------------------------------------------------------------------------------- */

/* Gives the encoder a frame, or nullptr at the end, and writes what it makes of it. */
void Sound::encode(AVFrame *frame)
{
    checked(avcodec_send_frame(encoder_.get(), frame), OCV_FAILED, not_written);
    while (avcodec_receive_packet(encoder_.get(), packet_.get()) == 0) {
        packet_->stream_index = to_->index;
        av_packet_rescale_ts(packet_.get(), encoder_->time_base, to_->time_base);
        checked(av_interleaved_write_frame(output_, packet_.get()), OCV_CANNOT, not_written);
    }
}

/* Writes a frame that the graph has ready; false where it has none. */
bool Sound::write_pulled()
{
    if (!graph_ || !graph_->pull(filtered_.get()))
        return false;
    encode(filtered_.get());
    written_ = static_cast<double>(filtered_->pts + filtered_->nb_samples) / copied_rate;
    return true;
}

void Sound::write_until(double time)
{
    while (written_ < time) {
        if (write_pulled())
            continue;
        if (ended_)
            break;
        feed();
    }
}

void Sound::finish(double time)
{
    write_until(time);
    encode(nullptr);
}
