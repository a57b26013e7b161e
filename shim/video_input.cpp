#include "video_input.hpp"

#include "film_end.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <poll.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

extern "C" {
#include <libavdevice/avdevice.h>
#include <libavutil/opt.h>
}

/* Seconds in which a stream has to answer, and in which the next picture has to come; longer where
 * that may be in a playlist, which gets its parts one by one, each of them whole. */
static const double open_time = 5, stream_time = 3, device_time = 5, playlist_time = 20;

/* Containers that hold all of a video. A playlist, a list of parts or a description of a session
 * would open other files, or connections, in the name of the one that was named. */
static const char self_contained[] =
    "mov,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,live_flv,asf,ogg,gif,apng,mjpeg,mpjpeg,h264,"
    "hevc,m4v,av1,obu,ivf,vc1,h261,h263,yuv4mpegpipe,nut,dv,rm,mxf,wtv";
static const char *const leading[] = {"hls", "sdp"};

/* What a stream may use, and what one that is followed may: a playlist's parts may be encrypted. */
#define STREAM_PROTOCOLS "http,https,tls,tcp,udp,rtp,srtp,rtmp,rtmps,srt"
static const char followed_protocols[] = STREAM_PROTOCOLS ",crypto";
static thread_local bool led_on; /* what this thread opens, to what it must not use */

/* ---- Waiting ------------------------------------------------------------------------------- */

void Waiting::begin(double seconds)
{
    deadline_ = seconds > 0 ? Clock::now() + clock_ticks(seconds) : Clock::time_point::max();
}

bool Waiting::over() const
{
    return (patience_.ends != nullptr && patience_.ends(patience_.context) != 0) ||
           Clock::now() > deadline_;
}

AVIOInterruptCB Waiting::callback()
{
    return {[](void *waiting) { return static_cast<int>(static_cast<Waiting *>(waiting)->over()); },
            this};
}

/* ---- Opening ------------------------------------------------------------------------------- */

static bool starts_with(const char *text, const char *start)
{
    return std::strncmp(text, start, std::strlen(start)) == 0;
}

static bool is_leading(const AVInputFormat *format)
{
    return format != nullptr &&
           std::any_of(std::begin(leading), std::end(leading),
                       [format](const char *name) { return std::strcmp(format->name, name) == 0; });
}

static bool is_followed(void *connection)
{
    uint8_t *protocols = nullptr;
    const int code = av_opt_get(connection, "protocol_whitelist", 0, &protocols);
    const bool followed = code >= 0 && protocols != nullptr &&
                          std::strcmp(reinterpret_cast<char *>(protocols), followed_protocols) == 0;
    av_free(protocols);
    return followed;
}

/* FFmpeg prints nothing, but only its log tells that it has passed over what it could not read, or
 * made up what it could not decode. And until version 6, it follows redirects without being asked;
 * but it logs them first, and then the connection that is redirected may make no other, unless it
 * is followed. */
void VideoInput::log(void *context, int level, const char *format, va_list arguments)
{
    const bool of_format =
        context != nullptr && *static_cast<const AVClass **>(context) == avformat_get_class();
    static const char packet[] = "Packet "; /* corrupt, or mismatch: these are warnings only */
    static const char gap[] = "Continuity check failed for"; /* in MPEG-TS; logged for debugging */
    static const char ended[] = "File ended prematurely";    /* within one of Matroska's elements */
    auto *const input =
        of_format ? static_cast<VideoInput *>(static_cast<AVFormatContext *>(context)->opaque)
                  : nullptr;
    bool tells = level <= AV_LOG_ERROR || starts_with(format, packet);
    if (input != nullptr && !tells && starts_with(format, gap)) {
        va_list copy;
        va_copy(copy, arguments);
        tells = input->has_pictures(va_arg(copy, int));
        va_end(copy);
    }
    /* An end that was asked for is no damage. */
    if (input != nullptr && tells && !input->waiting_.over()) {
        input->damaged_ = true;
        input->ended_early_ = input->ended_early_ || starts_with(format, ended);
    }
    const bool of_decoder =
        context != nullptr && *static_cast<const AVClass **>(context) == avcodec_get_class();
    if (of_decoder && starts_with(format, "concealing ")) {
        auto *const concealed =
            static_cast<Concealed *>(static_cast<AVCodecContext *>(context)->opaque);
        if (concealed != nullptr)
            ++*concealed;
    }
    static const char header[] = "header='%s'", rtsp[] = "Status %d: Redirecting to";
    bool leads_on = starts_with(format, rtsp);
    if (starts_with(format, header)) {
        va_list copy;
        va_copy(copy, arguments);
        leads_on = strncasecmp(va_arg(copy, const char *), "Location:", 9) == 0;
        va_end(copy);
    }
    if (leads_on && context != nullptr && !is_followed(context)) {
        av_opt_set(context, "protocol_whitelist", "none", 0);
        led_on = true;
    }
    if (of_format && starts_with(format, "Format not on whitelist"))
        led_on = is_leading(static_cast<AVFormatContext *>(context)->iformat);
}

VideoInput::VideoInput(Kind kind, ocv_patience patience) : kind_(kind), waiting_(patience)
{
    av_log_set_callback(log);
}

VideoInput::~VideoInput()
{
    format_.reset();
    if (pipe_ != nullptr) {
        av_freep(&pipe_->buffer);
        avio_context_free(&pipe_);
    }
}

/* Waits in steps, so that the caller's patience is asked. */
int VideoInput::read_standard_input(void *opaque, uint8_t *bytes, int size)
{
    auto *const input = static_cast<VideoInput *>(opaque);
    for (;;) {
        pollfd descriptor = {STDIN_FILENO, POLLIN, 0};
        const int ready = poll(&descriptor, 1, 100);
        if (input->waiting_.over())
            return AVERROR_EXIT;
        if (ready <= 0)
            continue;
        const ssize_t count = ::read(STDIN_FILENO, bytes, static_cast<size_t>(size));
        if (count > 0)
            return static_cast<int>(count);
        if (count == 0)
            return AVERROR_EOF;
        if (errno != EINTR && errno != EAGAIN)
            return AVERROR(errno);
    }
}

void VideoInput::attach_standard_input()
{
    const int size = 1 << 16;
    auto *const buffer = static_cast<uint8_t *>(av_malloc(size));
    pipe_ = buffer == nullptr
                ? nullptr
                : avio_alloc_context(buffer, size, 0, this, read_standard_input, nullptr, nullptr);
    if (pipe_ == nullptr) {
        av_free(buffer);
        throw std::bad_alloc();
    }
    format_->pb = pipe_;
    format_->flags |= AVFMT_FLAG_CUSTOM_IO; /* or it would be ended as one of FFmpeg's */
}

/* FFmpeg would await thirty JPEGs before it believes that more are to come, and may take them for
 * something else even then. nullptr: it knows best. */
static const AVInputFormat *recognize(const uint8_t (&first)[3])
{
    const bool jpeg = first[0] == 0xFF && first[1] == 0xD8 && first[2] == 0xFF;
    return jpeg ? av_find_input_format("mjpeg") : nullptr;
}

const AVInputFormat *VideoInput::recognize_piped()
{
    uint8_t first[3] = {};
    avio_read(pipe_, first, sizeof first);
    if (avio_feof(pipe_) != 0)
        throw Failure{OCV_CANNOT,
                      "it ended before the first picture; check the program that writes "
                      "into the pipe"};
    avio_seek(pipe_, 0, SEEK_SET); /* within the buffer */
    return recognize(first);
}

/* To open one may wait for ever. */
static void refuse_fifo(const std::string &path)
{
    struct stat facts = {};
    if (stat(path.c_str(), &facts) == 0 && S_ISFIFO(facts.st_mode))
        throw Failure{OCV_CANNOT, "is a pipe; give - as its name and pipe it in"};
}

static const AVInputFormat *recognize_file(const std::string &path)
{
    uint8_t first[3] = {};
    std::ifstream(path, std::ios::binary).read(reinterpret_cast<char *>(first), sizeof first);
    return recognize(first);
}

void VideoInput::open(const std::string &name)
{
    Options options;
    std::string url = name;
    const bool piped = kind_ == PIPED_FILM || kind_ == PIPED_CAMERA;
    std::string formats = self_contained;
    std::string failure = "not a video, or damaged; try one that a video player opens";
    if (is_stream()) {
        failure = "no stream at this address; check the address and the network";
        formats += ",rtsp,rtp";
        options.set("rtsp_transport", "tcp");
        if (kind_ == STREAM) {
            options.set("max_redirects", "0").set("protocol_whitelist", STREAM_PROTOCOLS);
        } else {
            for (const char *const format : leading)
                formats += std::string(",") + format;
            options.set("protocol_whitelist", followed_protocols);
        }
    } else if (piped) {
        failure = "not a video that can be read from a pipe; write y4m, MJPEG or MPEG-TS into it";
        if (kind_ == PIPED_CAMERA) /* to measure the rate would hold the first frames back */
            options.set("fpsprobesize", "0");
    } else {
        url = file_name(name);
        path_ = name;
        refuse_fifo(name);
        options.set("protocol_whitelist", "file");
        if (film_is_cut(name))
            failure = "ends too early: nothing of it can be read; the rest is missing or damaged";
    }
    options.set("format_whitelist", formats);

    format_ = allocated<Input>(avformat_alloc_context());
    const AVInputFormat *known = piped || is_stream() ? nullptr : recognize_file(name);
    if (piped) {
        attach_standard_input();
        known = recognize_piped();
    }
    format_->interrupt_callback = waiting_.callback();
    waiting_.begin(kind_ == STREAM ? open_time : kind_ == FOLLOWED_STREAM ? playlist_time : 0);
    AVFormatContext *opening = format_.release(); /* it is freed where it cannot be opened */
    led_on = false;
    const int code = avformat_open_input(&opening, url.c_str(), known, options.address());
    if (kind_ == STREAM && led_on)
        failure = "leads to another address; if that is to be trusted, add --follow";
    checked(code, OCV_CANNOT, failure);
    format_.reset(opening);
    if (kind_ == PIPED_CAMERA && (format_->iformat->flags & AVFMT_NOTIMESTAMPS) != 0)
        format_->max_analyze_duration = AV_TIME_BASE / 2; /* there is nothing else in it */
    format_->opaque = this; /* for its log: from here on it speaks of packets */
    checked(avformat_find_stream_info(format_.get(), nullptr), OCV_CANNOT, failure);
}

static Input try_device(const std::string &path, Options &options, const AVIOInterruptCB &callback)
{
#ifdef __linux__
    const char *const name = "v4l2";
#else
    const char *const name = "avfoundation";
#endif
    avdevice_register_all();
    const AVInputFormat *const driver = av_find_input_format(name);
    if (driver == nullptr)
        throw Failure{OCV_CANNOT, "FFmpeg was built without cameras; install its libavdevice"};
    AVFormatContext *opening = avformat_alloc_context();
    if (opening == nullptr)
        throw std::bad_alloc();
    opening->flags |= AVFMT_FLAG_NONBLOCK; /* a camera that stalls must not hold the thread */
    opening->interrupt_callback = callback;
    const int code = avformat_open_input(&opening, path.c_str(), driver, options.address());
    return Input(code < 0 ? nullptr : opening);
}

/* Width, height and fps are requests: what a camera refuses is not asked for again. */
void VideoInput::open_device(const std::string &path, const ocv_camera_options &wanted)
{
    /* Beyond this size USB no longer carries 30 uncompressed frames a second. */
    std::vector<std::string> formats = {""}, rates = {""};
    if (wanted.width > 640 || wanted.height > 480)
        formats.insert(formats.begin(), "mjpeg");
    if (wanted.fps > 0)
        rates.insert(rates.begin(), std::to_string(wanted.fps));
    for (const std::string &format : formats) {
        for (const std::string &rate : rates) {
            Options options;
            if (wanted.width > 0 && wanted.height > 0)
                options.set("video_size",
                            std::to_string(wanted.width) + "x" + std::to_string(wanted.height));
            if (!format.empty())
                options.set("input_format", format);
            if (!rate.empty())
                options.set("framerate", rate);
            format_ = try_device(path, options, waiting_.callback());
            if (format_)
                return;
        }
    }
    throw Failure{OCV_CANNOT, "no camera, or another program uses it; close that program"};
}

/* Whether pictures have this number among the streams of MPEG-TS. */
bool VideoInput::has_pictures(int pid) const
{
    for (unsigned i = 0; i < format_->nb_streams; i++) {
        const AVStream &stream = *format_->streams[i];
        if (stream.id == pid && stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
            return true;
    }
    return false;
}

bool VideoInput::is_stream() const
{
    return kind_ == STREAM || kind_ == FOLLOWED_STREAM;
}

bool VideoInput::is_playlist() const
{
    return std::strcmp(format_->iformat->name, "hls") == 0;
}

AVStream *VideoInput::choose(AVMediaType type)
{
    const int best = av_find_best_stream(format_.get(), type, -1, -1, nullptr, 0);
    return best < 0 ? nullptr : format_->streams[best];
}

Codec open_decoder(const AVStream &stream, int threads, Concealed *concealed)
{
    const AVCodecParameters &what = *stream.codecpar;
    const AVCodec *const codec = avcodec_find_decoder(what.codec_id);
    const std::string failure = std::string(avcodec_get_name(what.codec_id)) +
                                " cannot be decoded; convert it to " +
                                (what.codec_type == AVMEDIA_TYPE_AUDIO ? "AAC" : "H.264");
    if (codec == nullptr)
        throw Failure{OCV_CANNOT, failure};
    Codec decoder = allocated<Codec>(avcodec_alloc_context3(codec));
    checked(avcodec_parameters_to_context(decoder.get(), stream.codecpar), OCV_CANNOT, failure);
    decoder->pkt_timebase = stream.time_base;
    decoder->thread_count = threads;
    decoder->opaque = concealed;
    decoder->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT; /* to be counted */
    checked(avcodec_open2(decoder.get(), codec, nullptr), OCV_CANNOT, failure);
    return decoder;
}

/* ---- Reading ------------------------------------------------------------------------------- */

/* What the demuxer of cameras needs: it never waits by itself. */
static void wait_a_little()
{
    const timespec interval = {0, 2000000};
    nanosleep(&interval, nullptr);
}

void VideoInput::wait_until(Clock::time_point time) const
{
    while (Clock::now() < time && !waiting_.over())
        wait_a_little();
}

bool VideoInput::read(AVPacket *packet)
{
    enum { MOST_ERRORS = 100 }; /* in a row; then the file is given up */
    waiting_.begin(is_playlist()     ? playlist_time
                   : is_stream()     ? stream_time
                   : kind_ == DEVICE ? device_time
                                     : 0);
    for (int errors = 0; errors < MOST_ERRORS;) {
        av_packet_unref(packet);
        const int code = av_read_frame(format_.get(), packet);
        if (code >= 0) {
            note(*packet);
            known_until_ = format_->pb == nullptr ? 0 : avio_tell(format_->pb);
            return true;
        }
        if (code == AVERROR(ENOMEM))
            throw std::bad_alloc();
        failed_ = code != AVERROR_EOF;
        if (!failed_ || code == AVERROR_EXIT || code == AVERROR(ENODEV) || waiting_.over())
            return false;
        if (code == AVERROR(EAGAIN) && kind_ == DEVICE)
            wait_a_little();
        else
            errors++;
    }
    return false;
}

double VideoInput::time_of(const AVPacket &packet) const
{
    return packet.pts == AV_NOPTS_VALUE
               ? NAN
               : seconds_of(packet.pts, format_->streams[packet.stream_index]->time_base);
}

void VideoInput::note(const AVPacket &packet)
{
    const AVStream &stream = *format_->streams[packet.stream_index];
    broken_off_ = (packet.flags & AV_PKT_FLAG_CORRUPT) != 0;
    const int64_t begin = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
    if (begin == AV_NOPTS_VALUE)
        return;
    double end = seconds_of(begin + std::max<int64_t>(packet.duration, 0), stream.time_base);
    if (format_->start_time != AV_NOPTS_VALUE)
        end -= seconds_of(format_->start_time, av_get_time_base_q());
    if (std::isfinite(end))
        read_until_ = std::max(read_until_, end);
}

/* Whether the file's own index names a packet that lies behind the file's end. */
bool VideoInput::lacks_indexed() const
{
    const int64_t size = format_->pb == nullptr ? -1 : avio_size(format_->pb);
    for (unsigned i = 0; i < format_->nb_streams; i++) {
        AVStream *const stream = format_->streams[i];
        const AVIndexEntry *const last =
            avformat_index_get_entry(stream, avformat_index_get_entries_count(stream) - 1);
        if (size > 0 && last != nullptr && last->pos + last->size > size)
            return true;
    }
    return false;
}

/* FFmpeg passes over the rest of a y4m film that holds no whole frame. */
bool VideoInput::has_rest() const
{
    return std::strcmp(format_->iformat->name, "yuv4mpegpipe") == 0 &&
           avio_tell(format_->pb) > known_until_;
}

bool VideoInput::cut() const
{
    /* Files state their length to a frame or so, and some round it. */
    const double missing = stated() - read_until_;
    return failed_ || broken_off_ || ended_early_ || lacks_indexed() || has_rest() ||
           missing > std::max(1.0, 0.01 * stated()) || (!path_.empty() && film_is_cut(path_));
}

double VideoInput::read_until() const
{
    return read_until_;
}

double VideoInput::stated() const
{
    const bool known = format_->duration != AV_NOPTS_VALUE && format_->duration > 0 &&
                       format_->duration_estimation_method == AVFMT_DURATION_FROM_STREAM;
    if (!known)
        return 0;
    /* These count from the clock's 0, wherever the film begins; others from where it begins. */
    static const char *const by_clock[] = {"mov", "matroska", "asf"};
    int64_t length = format_->duration;
    for (const char *const name : by_clock) {
        if (starts_with(format_->iformat->name, name) && format_->start_time != AV_NOPTS_VALUE)
            length -= std::max<int64_t>(format_->start_time, 0);
    }
    return std::max(seconds_of(length, av_get_time_base_q()), 0.0);
}

/* Broadcasts set their clocks as they like, and players take a larger step there for a new clock;
 * other films may stand still for long, but not for longer than they say that they last. */
double VideoInput::longest_step() const
{
    const double broadcast = 10, any = 3600;
    const bool sets_clock = (format_->iformat->flags & AVFMT_TS_DISCONT) != 0;
    return sets_clock ? broadcast : stated() > 0 ? std::clamp(stated(), broadcast, any) : any;
}
