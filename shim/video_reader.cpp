#include "video_reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

static const AVRational microseconds = {1, 1000000};

/* ---- Opening ------------------------------------------------------------------------------- */

Reader::Reader(VideoInput::Kind kind, ocv_patience patience)
    : input_(kind, patience),
      live_(kind != VideoInput::FILE_ALONE && kind != VideoInput::PIPED_FILM),
      device_(kind == VideoInput::DEVICE), packet_(allocated<Packet>(av_packet_alloc())),
      decoded_(allocated<Frame>(av_frame_alloc())), shown_(allocated<Frame>(av_frame_alloc()))
{
}

void Reader::open(const std::string &name)
{
    input_.open(name);
    begin();
}

void Reader::open_device(const std::string &path, const ocv_camera_options &options)
{
    input_.open_device(path, options);
    begin();
}

void Reader::begin()
{
    stream_ = input_.choose(AVMEDIA_TYPE_VIDEO);
    if (stream_ == nullptr || (stream_->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0)
        throw Failure{OCV_CANNOT, "not a video: there are no moving pictures in it"};
    /* Threads that decode several frames at once would hold back a camera's. */
    decoder_ = open_decoder(*stream_, live_ ? 1 : 0, &concealed_);
    good_ = arrival_ = Clock::now();
}

double Reader::usual_step() const
{
    return 1 / (fps() > 0 ? fps() : OCV_USUAL_FPS);
}

/* The rate at which each frame has a place of its own, unless that is absurd, or else the mean. */
double Reader::fps() const
{
    const double mean = av_q2d(stream_->avg_frame_rate), whole = av_q2d(stream_->r_frame_rate);
    if (whole > 0 && whole <= 120 && !(mean > whole))
        return whole;
    return std::isfinite(mean) && mean > 0 && mean < 100000 ? mean : 0;
}

long Reader::frame_count() const
{
    if (stream_->nb_frames > 0)
        return static_cast<long>(stream_->nb_frames);
    const double mean = av_q2d(stream_->avg_frame_rate);
    return std::isfinite(mean) ? std::lround(std::min(input_.stated() * mean, 1e9)) : 0;
}

/* ---- Decoding ------------------------------------------------------------------------------ */

bool Reader::read()
{
    for (;;) {
        if (graph_ && graph_->pull(shown_.get()) && !stamps_.empty()) {
            show();
            if (input_.is_playlist())
                pace();
            return true;
        }
        if (held_)
            make_graph();
        else if (ended_)
            return false;
        else
            advance();
    }
}

/* Takes in one more frame, or the end. */
void Reader::advance()
{
    if (decode()) {
        filter();
        return;
    }
    ended_ = true;
    if (graph_)
        graph_->push(nullptr);
}

/* The next frame that can be decoded, with its time; false after the last one. */
bool Reader::decode()
{
    for (;;) {
        const int code = avcodec_receive_frame(decoder_.get(), decoded_.get());
        if (code == 0 && (decoded_->flags & AV_FRAME_FLAG_CORRUPT) == 0) {
            if (decoded_->decode_error_flags != 0) {
                flawed_++;
                last_flawed_ = decoded_count_;
            }
            decoded_count_++;
            stamp();
            return true;
        }
        if (code == AVERROR_EOF)
            return false;
        if (code == AVERROR(ENOMEM))
            throw std::bad_alloc();
        if (code != AVERROR(EAGAIN))
            lost_++;
        else if (fed_all_)
            return false;
        else
            feed();
    }
}

/* Whether a live source has given nothing that can be decoded for so long that it counts as lost.
 */
bool Reader::useless() const
{
    return live_ && !input_.is_playlist() && arrival_ > good_ + std::chrono::seconds(5);
}

/* Gives the decoder one packet, or word of the end. */
void Reader::feed()
{
    do {
        fed_all_ = useless() || !input_.read(packet_.get());
        arrival_ = Clock::now();
    } while (!fed_all_ && (packet_->stream_index != stream_->index || packet_->size == 0));
    if (!begun_ && !fed_all_ && VideoInput::is_shown(*packet_)) {
        begin_ = input_.time_of(*packet_);
        begun_ = true;
    }
    const int code = avcodec_send_packet(decoder_.get(), fed_all_ ? nullptr : packet_.get());
    if (code == AVERROR(ENOMEM))
        throw std::bad_alloc();
    if (code < 0 && code != AVERROR_EOF)
        lost_++;
}

static double in_seconds(Clock::time_point time)
{
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void Reader::stamp()
{
    const int64_t ticks = decoded_->best_effort_timestamp;
    const double stated = ticks == AV_NOPTS_VALUE ? NAN : seconds_of(ticks, stream_->time_base);
    ocv_shot stamp = {};
    if (decoded_count_ == 1) /* it may be shown before the first in the file */
        timeline_.begin(std::fmin(begin_, stated), input_.longest_step());
    time_ = std::max(timeline_.next(stated, usual_step()), time_);
    stamp.time = time_;
    stamp.duration = std::max(seconds_of(duration_of(*decoded_), stream_->time_base), 0.0);
    stamp.grabbed = in_seconds(arrival_);
    /* Drivers of cameras state when light fell on the sensor, by this clock or by another one. */
    if (device_ && stated > stamp.grabbed - 1 && stated < stamp.grabbed)
        stamp.grabbed = stated;
    good_ = arrival_;
    stamps_.push_back(stamp);
    decoded_->pts = std::llround(stamp.time * 1e6);
}

/* ---- Pixels as a player shows them --------------------------------------------------------- */

static bool is_interlaced(const AVFrame &frame)
{
#ifdef AV_FRAME_FLAG_INTERLACED
    return (frame.flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
    return frame.interlaced_frame != 0;
#endif
}

/* The nine numbers of the frame's or else of the stream's display matrix, or nullptr. */
static const int32_t *matrix_of(const AVFrame &frame, const AVStream &stream)
{
    const AVFrameSideData *const own = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
    if (own != nullptr)
        return reinterpret_cast<const int32_t *>(own->data);
#if LIBAVCODEC_VERSION_MAJOR >= 61
    const AVPacketSideData *const side =
        av_packet_side_data_get(stream.codecpar->coded_side_data,
                                stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return side == nullptr ? nullptr : reinterpret_cast<const int32_t *>(side->data);
#else
    return reinterpret_cast<const int32_t *>(
        av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr));
#endif
}

/* How pictures are turned and mirrored by this matrix, which takes (x, y) to (a x + c y, b x + d
 * y); by quarters of a turn, as players do. */
enum { SWAPS = 1, MIRRORS = 2, FLIPS = 4 };
static int turn_of(const int32_t *matrix)
{
    if (matrix == nullptr)
        return 0;
    const int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    const bool swaps = std::abs(b) + std::abs(c) > std::abs(a) + std::abs(d);
    return (swaps ? SWAPS : 0) | ((swaps ? c : a) < 0 ? MIRRORS : 0) |
           ((swaps ? b : d) < 0 ? FLIPS : 0);
}

/* The size at which pixels are square, and none is lost. What is left of making a size even counts
 * as square: nobody sees it, and to resample each frame would blur it. */
static void square(int &width, int &height, AVRational ratio)
{
    const double stated = av_q2d(ratio), most = 8, largest = 16384, least = 0.01;
    if (!(stated >= 1 / most && stated <= most) || std::abs(stated - 1) < least)
        return;
    if (stated > 1)
        width = static_cast<int>(std::lround(std::min(width * stated, largest)));
    else
        height = static_cast<int>(std::lround(std::min(height / stated, largest)));
}

static bool is_hdr(const AVFrame &frame)
{
    return frame.color_trc == AVCOL_TRC_SMPTE2084 || frame.color_trc == AVCOL_TRC_ARIB_STD_B67;
}

/* Brings the light of HDR film to that of a usual screen (Hable 2010), where this FFmpeg can. */
static std::string tone_mapping(const AVFrame &frame)
{
    if (!is_hdr(frame) || avfilter_get_by_name("zscale") == nullptr)
        return "";
    return "zscale=transfer=linear:npl=100,format=gbrpf32le,zscale=primaries=bt709,"
           "tonemap=hable:desat=0,zscale=transfer=bt709:matrix=bt709:range=tv,format=yuv420p,";
}

/* What an HDR film may leave unsaid. */
static void complete_hdr(AVFrame &frame, bool rgb)
{
    if (frame.color_primaries == AVCOL_PRI_UNSPECIFIED)
        frame.color_primaries = AVCOL_PRI_BT2020;
    if (frame.colorspace == AVCOL_SPC_UNSPECIFIED)
        frame.colorspace = rgb ? AVCOL_SPC_RGB : AVCOL_SPC_BT2020_NCL;
    if (frame.color_range == AVCOL_RANGE_UNSPECIFIED)
        frame.color_range = rgb ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
}

Reader::Appearance Reader::appearance() const
{
    const AVFrame &frame = *decoded_;
    return {frame.width,       frame.height,
            frame.format,      frame.sample_aspect_ratio.num,
            frame.colorspace,  frame.sample_aspect_ratio.den,
            frame.color_range, turn_of(matrix_of(frame, *stream_)),
            is_hdr(frame),     interlaced_};
}

/* The frame's pixels as they are, as one of image.h's forms; false: they are in none of them. */
static bool describe(const AVFrame &frame, image &picture)
{
    int rows = 1; /* of chroma for one that is taken */
    picture = {};
    switch (frame.format) {
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUV422P:
        rows = 2;
        picture.form = IMAGE_I420;
        break;
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUV420P:
        picture.form = IMAGE_I420;
        break;
    case AV_PIX_FMT_NV12:
        picture.form = IMAGE_NV12;
        break;
    case AV_PIX_FMT_YUYV422:
        picture.form = IMAGE_YUYV;
        break;
    case AV_PIX_FMT_BGR24:
        picture.form = IMAGE_BGR;
        break;
    default:
        return false;
    }
    picture.width = frame.width;
    picture.height = frame.height;
    picture.bt709 = frame.colorspace == AVCOL_SPC_BT709;
    picture.full = frame.color_range == AVCOL_RANGE_JPEG || frame.format == AV_PIX_FMT_YUVJ420P ||
                   frame.format == AV_PIX_FMT_YUVJ422P;
    for (int i = 0; i < IMAGE_PLANES; i++) {
        picture.planes[i] = frame.data[i];
        picture.strides[i] = static_cast<size_t>(std::abs(frame.linesize[i]) * (i > 0 ? rows : 1));
        if (frame.linesize[i] < 0)
            return false;
    }
    return picture.form == IMAGE_BGR || frame.colorspace == AVCOL_SPC_UNSPECIFIED ||
           frame.colorspace == AVCOL_SPC_BT709 || frame.colorspace == AVCOL_SPC_BT470BG ||
           frame.colorspace == AVCOL_SPC_SMPTE170M;
}

/* Whether frames like this one are shown with the pixels that they have. */
bool Reader::as_it_is() const
{
    int width = decoded_->width, height = decoded_->height;
    image ignored;
    square(width, height, decoded_->sample_aspect_ratio);
    return !interlaced_ && !is_hdr(*decoded_) && turn_of(matrix_of(*decoded_, *stream_)) == 0 &&
           width == decoded_->width && height == decoded_->height && describe(*decoded_, ignored);
}

std::string Reader::chain() const
{
    int width = decoded_->width, height = decoded_->height;
    const int turn = turn_of(matrix_of(*decoded_, *stream_));
    if (as_it_is())
        return "null";
    square(width, height, decoded_->sample_aspect_ratio);
    if ((turn & SWAPS) != 0)
        std::swap(width, height);
    return std::string(interlaced_ ? "bwdif=mode=send_frame:deint=interlaced," : "") +
           ((turn & SWAPS) != 0 ? "transpose=cclock_flip," : "") +
           ((turn & MIRRORS) != 0 ? "hflip," : "") + ((turn & FLIPS) != 0 ? "vflip," : "") +
           tone_mapping(*decoded_) + "scale=" + std::to_string(width) + ":" +
           std::to_string(height) + ":flags=bicubic,format=bgr24";
}

/* Gives the decoded frame to the graph, or keeps it until there is one for it. */
void Reader::filter()
{
    const AVPixFmtDescriptor *const format =
        av_pix_fmt_desc_get(static_cast<AVPixelFormat>(decoded_->format));
    const bool rgb = format != nullptr && (format->flags & AV_PIX_FMT_FLAG_RGB) != 0;
    if (is_hdr(*decoded_))
        complete_hdr(*decoded_, rgb);
    /* A local camera that does not state its colours has those of BT.601, as USB defines. */
    if (!rgb && !device_ && decoded_->colorspace == AVCOL_SPC_UNSPECIFIED &&
        is_bt709(decoded_->width, decoded_->height))
        decoded_->colorspace = AVCOL_SPC_BT709;
    decoded_->sample_aspect_ratio =
        av_guess_sample_aspect_ratio(&input_.format(), stream_, decoded_.get());
    interlaced_ = interlaced_ || is_interlaced(*decoded_);
    if (graph_ && appearance() == appearance_) {
        graph_->push(decoded_.get());
        return;
    }
    if (graph_)
        graph_->push(nullptr);
    held_ = true;
}

/* For frames like the one that is held. */
void Reader::make_graph()
{
    appearance_ = appearance();
    graph_ = std::make_unique<Graph>(*decoded_, microseconds, chain());
    held_ = false;
    graph_->push(decoded_.get());
}

/* How long the newest frame of a file is shown: until the next one, or the film's end. */
double Reader::length()
{
    while (stamps_.empty() && !ended_)
        advance();
    if (!stamps_.empty()) {
        const double least = 1e-6; /* of two at one time; 0 would say that nobody knows */
        usual_length_ = stamps_.front().time - shot_.time;
        return std::max(usual_length_, least);
    }
    const double longest = 60; /* that is believed */
    double rest =
        stream_->duration == AV_NOPTS_VALUE ? 0 : seconds_of(stream_->duration, stream_->time_base);
    rest = (input_.stated() > 0 ? std::min(rest, input_.stated()) : rest) - shot_.time;
    if (rest > 0 && rest < longest && !input_.cut())
        return rest;
    if (shot_.duration > 0)
        return shot_.duration;
    return usual_length_ > 0 ? usual_length_ : usual_step();
}

void Reader::show()
{
    const AVFrame &frame = *shown_;
    shot_ = stamps_.front();
    stamps_.pop_front();
    describe(frame, shot_.picture);
    if (!live_) {
        shot_.grabbed = in_seconds(Clock::now());
        shot_.duration = length();
    }
    if (frame.linesize[0] > 0)
        return;
    const size_t row = static_cast<size_t>(frame.width) * 3;
    upright_.resize(row * static_cast<size_t>(frame.height));
    for (int y = 0; y < frame.height; y++)
        std::memcpy(&upright_[static_cast<size_t>(y) * row],
                    frame.data[0] + static_cast<ptrdiff_t>(y) * frame.linesize[0], row);
    shot_.picture.planes[0] = upright_.data();
    shot_.picture.strides[0] = row;
}

/* A playlist has seconds of film at once, and then nothing for as long. */
void Reader::pace()
{
    const Clock::duration time = clock_ticks(shot_.time);
    paced_from_ = std::max(paced_from_, Clock::now() - time); /* later, after what came late */
    input_.wait_until(paced_from_ + time);
    shot_.grabbed = in_seconds(Clock::now());
}

const ocv_shot &Reader::shot() const
{
    return shot_;
}

ocv_losses Reader::losses() const
{
    /* Of a film that does not state its length, what spoilt a frame may have hidden others; and one
     * that ends in such a frame, or in some that were shown before it and read after it, is cut
     * within that one. */
    const long most_before = 3;
    /* With threads, FFmpeg may give a frame before it has marked it as concealed. */
    const long flawed = std::max(flawed_, concealed_ - lost_);
    const bool hides = flawed > 0 && input_.stated() <= 0;
    const bool ends_flawed =
        hides && flawed_ > 0 && decoded_count_ - last_flawed_ <= most_before + 1;
    const bool cut = ended_ && (input_.cut() || ends_flawed);
    return {lost_,
            flawed,
            input_.damaged() || hides,
            cut,
            std::max(input_.read_until(), time_),
            input_.stated()};
}
