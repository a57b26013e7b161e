#include "ocv_guard.hpp"
#include "ocv_modules.hpp"

#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <strings.h>
#include <sys/stat.h>
#include <system_error>
#include <vector>

struct ocv_video {
    std::unique_ptr<Capture> capture;
    int turn = 0;  /* degrees clockwise that make a frame upright: 0, 90, 180 or 270 */
    cv::Mat raw;   /* as the backend gives it */
    cv::Mat frame; /* upright 8-bit BGR; may share raw's pixels */
    std::chrono::steady_clock::time_point grabbed;
};

struct ocv_writer {
    std::unique_ptr<Writer> video;
    cv::Size size;      /* of the caller's frames */
    cv::Size even_size; /* of the file's */
    cv::Mat padded;
};

/* FFmpeg takes what stands before a colon for a protocol; this keeps it from doing so. */
static std::string ffmpeg_name(const std::string &path)
{
    return "file:" + path;
}

static constexpr int fourcc(const char (&name)[5])
{
    return name[0] | name[1] << 8 | name[2] << 16 | name[3] << 24;
}

enum ocv_code ocv_video_prepare(struct ocv_error *error)
{
    return guarded(error, [] { videos(); });
}

/* ---- Cameras and streams ------------------------------------------------------------------- */

static bool is_index(const std::string &id)
{
    return !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
}

static std::unique_ptr<Capture> open_stream(const std::string &url)
{
    auto opened = videos().open_capture(
        url, cv::CAP_FFMPEG,
        {cv::CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv::CAP_PROP_READ_TIMEOUT_MSEC, 3000});
    if (!opened)
        throw Failure{OCV_CANNOT, "no stream there; check the address and the network"};
    return opened;
}

static std::unique_ptr<Capture> open_device(const std::string &id)
{
#ifdef __linux__
    const std::string path = is_index(id) ? "/dev/video" + id : id;
    require_readable(path);
    auto opened = videos().open_capture(path, cv::CAP_V4L2, {});
#else
    auto opened = videos().open_capture(id, cv::CAP_ANY, {});
#endif
    if (!opened)
        throw Failure{OCV_CANNOT, "no camera, or another program uses it; close that program"};
    return opened;
}

/* Wishes only: what a camera refuses stays as it was. */
static void ask_device(Capture &capture, int width, int height, double fps)
{
    /* Beyond this size USB carries 30 uncompressed frames a second no more. */
    if (width > 640 || height > 480)
        capture.set(cv::CAP_PROP_FOURCC, fourcc("MJPG"));
    if (width > 0 && height > 0) {
        capture.set(cv::CAP_PROP_FRAME_WIDTH, width);
        capture.set(cv::CAP_PROP_FRAME_HEIGHT, height);
    }
    if (fps > 0)
        capture.set(cv::CAP_PROP_FPS, fps);
    /* One buffer is read while the other is filled; more would only hold older frames. */
    capture.set(cv::CAP_PROP_BUFFERSIZE, 2);
}

enum ocv_code ocv_camera_open(struct ocv_video **video, const char *id, int width, int height,
                              double fps, struct ocv_error *error)
{
    return guarded(error, [&] {
        auto opened = std::make_unique<ocv_video>();
        if (std::string(id).find("://") != std::string::npos) {
            opened->capture = open_stream(id);
        } else {
            opened->capture = open_device(id);
            ask_device(*opened->capture, width, height, fps);
        }
        *video = opened.release();
    });
}

/* ---- Video files --------------------------------------------------------------------------- */

/* OpenCV 4.6 states the angle, and turns frames, the wrong way round (OpenCV's issue 22088), and
 * 4.11 turns none unless told to, so the shim turns them itself. */
static int clockwise_turn(Capture &capture)
{
    if (!capture.set(cv::CAP_PROP_ORIENTATION_AUTO, 0))
        return 0;
    const int angle = cvRound(capture.get(cv::CAP_PROP_ORIENTATION_META));
    const bool reversed = cv::getVersionMajor() == 4 && cv::getVersionMinor() == 6;
    return reversed ? (360 - angle) % 360 : angle;
}

static cv::Mat turned(const cv::Mat &pixels, int turn)
{
    cv::Mat upright = pixels;
    if (turn == 90)
        cv::rotate(pixels, upright, cv::ROTATE_90_CLOCKWISE);
    else if (turn == 180)
        cv::rotate(pixels, upright, cv::ROTATE_180);
    else if (turn == 270)
        cv::rotate(pixels, upright, cv::ROTATE_90_COUNTERCLOCKWISE);
    return upright;
}

/* Containers that hold all of a video. A playlist, a list of parts or a description of a session
 * would open other files, or connections, in the name of the file that was named. */
static const char self_contained[] =
    "protocol_whitelist;file|format_whitelist;"
    "mov,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,live_flv,asf,ogg,gif,apng,mjpeg,h264,hevc,m4v,"
    "av1,obu,ivf,vc1,h261,h263,yuv4mpegpipe,nut,dv,rm,mxf,wtv";

/* While one lives, FFmpeg opens a file in this way and no other. */
class FilesAlone
{
  public:
    FilesAlone()
    {
        if (const char *const value = getenv(name))
            before_ = std::make_unique<std::string>(value);
        setenv(name, self_contained, 1);
    }

    ~FilesAlone()
    {
        if (before_)
            setenv(name, before_->c_str(), 1);
        else
            unsetenv(name);
    }

    FilesAlone(const FilesAlone &) = delete;
    FilesAlone &operator=(const FilesAlone &) = delete;

  private:
    static constexpr const char *name = "OPENCV_FFMPEG_CAPTURE_OPTIONS";
    std::unique_ptr<std::string> before_;
};

enum ocv_code ocv_video_open(struct ocv_video **video, const char *path, struct ocv_error *error)
{
    return guarded(error, [&] {
        require_readable(path);
        const FilesAlone files_alone;
        auto opened = std::make_unique<ocv_video>();
        opened->capture = videos().open_capture(ffmpeg_name(path), cv::CAP_FFMPEG, {});
        if (!opened->capture)
            throw Failure{OCV_CANNOT, "not a video or damaged; try one that a video player opens"};
        opened->turn = clockwise_turn(*opened->capture);
        *video = opened.release();
    });
}

/* A property as the source states it; 0 for the many ways in which backends say "unknown". */
static double stated(const struct ocv_video *video, int property)
{
    double value = 0;
    guarded(nullptr, [&] { value = video->capture->get(property); });
    return std::isfinite(value) && value > 0 && value < 1e9 ? value : 0;
}

double ocv_video_fps(const struct ocv_video *video)
{
    return stated(video, cv::CAP_PROP_FPS);
}

long ocv_video_frame_count(const struct ocv_video *video)
{
    return std::lround(stated(video, cv::CAP_PROP_FRAME_COUNT));
}

static cv::Mat to_bgr(const cv::Mat &raw)
{
    cv::Mat pixels = raw;
    if (raw.depth() != CV_8U)
        raw.convertTo(pixels, CV_8U, raw.depth() == CV_16U ? 1.0 / 256 : 1.0);
    if (pixels.channels() == 1)
        cv::cvtColor(pixels, pixels, cv::COLOR_GRAY2BGR);
    else if (pixels.channels() == 4)
        cv::cvtColor(pixels, pixels, cv::COLOR_BGRA2BGR);
    CV_Assert(pixels.type() == CV_8UC3);
    return pixels;
}

enum ocv_code ocv_video_read(struct ocv_video *video, struct ocv_error *error)
{
    return guarded(error, [&] {
        const bool came = video->capture->grab();
        video->grabbed = std::chrono::steady_clock::now();
        if (!came || !video->capture->retrieve(video->raw) || video->raw.empty())
            throw Failure{OCV_END, "no further frame"};
        video->frame = turned(to_bgr(video->raw), video->turn);
    });
}

double ocv_video_grabbed(const struct ocv_video *video)
{
    return std::chrono::duration<double>(video->grabbed.time_since_epoch()).count();
}

struct bgr_image ocv_video_view(const struct ocv_video *video)
{
    return as_image(video->frame);
}

void ocv_video_close(struct ocv_video **video)
{
    const Hush hush;
    delete *video;
    *video = nullptr;
}

/* ---- Writing video ------------------------------------------------------------------------- */

/* The codec for the ending of `path`: one that any FFmpeg can write into that container. */
static int codec_for(const std::string &path)
{
    const size_t dot = path.rfind('.');
    const std::string ending = dot == std::string::npos ? "" : path.substr(dot);
    if (strcasecmp(ending.c_str(), ".avi") == 0)
        return fourcc("MJPG");
    if (strcasecmp(ending.c_str(), ".mp4") == 0 || strcasecmp(ending.c_str(), ".mkv") == 0)
        return fourcc("mp4v");
    throw Failure{OCV_CANNOT, "not an ending for a video; use .mp4, .mkv or .avi"};
}

/* MPEG-4 counts time in at most 65535 ticks a second. */
static double representable(double fps)
{
    const double steps = fps < 65 ? 1000 : 100;
    return std::round(fps * steps) / steps;
}

static void require_writable(const char *path)
{
    FILE *const file = std::fopen(path, "ab");
    if (file == nullptr)
        throw Failure{OCV_CANNOT, std::generic_category().message(errno)};
    std::fclose(file);
}

enum ocv_code ocv_writer_open(struct ocv_writer **writer, const char *path, int width, int height,
                              double fps, struct ocv_error *error)
{
    return guarded(error, [&] {
        const int codec = codec_for(path);
        CV_Assert(width > 0 && height > 0 && std::isfinite(fps) && fps > 0);
        require_writable(path);
        auto opened = std::make_unique<ocv_writer>();
        opened->size = cv::Size(width, height);
        /* Both codecs store colour for each 2x2 pixels. */
        opened->even_size = cv::Size(width + width % 2, height + height % 2);
        opened->video = videos().open_writer(ffmpeg_name(path), cv::CAP_FFMPEG, codec,
                                             representable(fps), opened->even_size);
        if (!opened->video) {
            struct stat status;
            if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
                std::remove(path); /* never a device */
            throw Failure{OCV_CANNOT, "FFmpeg cannot write a video of this size; try .avi or a "
                                      "smaller one"};
        }
        *writer = opened.release();
    });
}

enum ocv_code ocv_writer_write(struct ocv_writer *writer, struct bgr_image frame,
                               struct ocv_error *error)
{
    return guarded(error, [&] {
        const cv::Mat pixels = as_matrix(frame);
        CV_Assert(pixels.size() == writer->size);
        cv::copyMakeBorder(pixels, writer->padded, 0, writer->even_size.height - frame.height, 0,
                           writer->even_size.width - frame.width, cv::BORDER_REPLICATE);
        writer->video->write(writer->padded);
    });
}

void ocv_writer_close(struct ocv_writer **writer)
{
    const Hush hush;
    delete *writer;
    *writer = nullptr;
}
