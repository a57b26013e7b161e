#include "video_sound.hpp"

#include <cmath>

static const char not_written[] = "the sound cannot be written";

bool Sound::open(ocv_sound sound, const char *codec, const char *filters, AVFormatContext &output)
{
    input_.open(sound.film);
    const AVStream *const pictures = input_.choose(AVMEDIA_TYPE_VIDEO);
    start_ = sound.begin;
    from_ = input_.choose(AVMEDIA_TYPE_AUDIO);
    if (from_ == nullptr)
        return false;
    if (pictures != nullptr && pictures->start_time != AV_NOPTS_VALUE)
        start_ += seconds_of(pictures->start_time, pictures->time_base);
    for (unsigned i = 0; i < input_.format().nb_streams; i++) {
        if (input_.format().streams[i] != from_)
            input_.format().streams[i]->discard = AVDISCARD_ALL;
    }
    decoder_ = open_decoder(*from_, 1);

    if (decoder_->sample_fmt == AV_SAMPLE_FMT_NONE || decoder_->sample_rate <= 0)
        return false;
    /* async=1: silence where the film has none, so that sound stays with the pictures. */
    graph_ =
        std::make_unique<Graph>(*decoder_, std::string("aresample=async=1:first_pts=0,") + filters);
    open_encoder(codec, output);
    return true;
}

void Sound::open_encoder(const char *codec, AVFormatContext &output)
{
    const AVCodec *const kind = avcodec_find_encoder_by_name(codec);
    if (kind == nullptr)
        throw Failure{OCV_CANNOT, std::string("this FFmpeg has no ") + codec + "; try .avi"};
    encoder_ = allocated<Codec>(avcodec_alloc_context3(kind));
    graph_->describe(*encoder_);
    encoder_->bit_rate = 64000 * encoder_->ch_layout.nb_channels;
    if ((output.oformat->flags & AVFMT_GLOBALHEADER) != 0)
        encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    checked(avcodec_open2(encoder_.get(), kind, nullptr), OCV_CANNOT, not_written);
    graph_->set_frame_size(encoder_->frame_size);

    to_ = avformat_new_stream(&output, nullptr);
    if (to_ == nullptr)
        throw std::bad_alloc();
    output_ = &output;
    to_->time_base = encoder_->time_base;
    checked(avcodec_parameters_from_context(to_->codecpar, encoder_.get()), OCV_CANNOT,
            not_written);
}

/* Gives the graph what one more packet holds, or word of the end. What cannot be decoded is passed
 * over: the graph puts silence there. */
void Sound::decode()
{
    do
        read_all_ = !input_.read(packet_.get());
    while (!read_all_ && packet_->stream_index != from_->index);
    avcodec_send_packet(decoder_.get(), read_all_ ? nullptr : packet_.get());
    while (avcodec_receive_frame(decoder_.get(), frame_.get()) == 0) {
        const int64_t ticks = frame_->best_effort_timestamp;
        if (frame_->sample_rate != decoder_->sample_rate || ticks == AV_NOPTS_VALUE)
            continue;
        const double time = seconds_of(ticks, from_->time_base) - start_;
        frame_->pts = std::llround(time * frame_->sample_rate);
        if (frame_->pts + frame_->nb_samples > 0)
            graph_->push(frame_.get());
    }
    if (read_all_)
        graph_->push(nullptr);
}

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

void Sound::write_until(double time)
{
    while (written_ < time) {
        if (graph_->pull(frame_.get())) {
            encode(frame_.get());
            written_ =
                static_cast<double>(frame_->pts + frame_->nb_samples) / encoder_->sample_rate;
        } else if (read_all_) {
            break;
        } else {
            decode();
        }
    }
}

void Sound::finish(double time)
{
    write_until(time);
    encode(nullptr);
}
