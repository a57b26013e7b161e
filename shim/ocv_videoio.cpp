#include "file.h"
#include "ocv_guard.hpp"
#include "ocv_modules.hpp"

#include <cmath>
#include <sys/stat.h>

struct ocv_video {
    std::unique_ptr<VideoReader> reader;
};

struct ocv_writer {
    std::string path;
    std::unique_ptr<VideoWriter> video;
};

enum ocv_code ocv_video_prepare(struct error *error)
{
    return guarded(error, [] { videos(); });
}

/* ---- Reading ------------------------------------------------------------------------------- */

static bool is_index(const std::string &id)
{
    return !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
}

static std::unique_ptr<VideoReader>
open_camera(const std::string &id, const ocv_camera_options &options, ocv_patience patience)
{
    if (id == "-")
        return videos().open_input(true, patience);
    if (id.find("://") != std::string::npos)
        return videos().open_stream(id, options.follow != 0, patience);
#ifdef __linux__
    const std::string path = is_index(id) ? "/dev/video" + id : id;
    require_readable(path);
#else
    const std::string path = id;
#endif
    return videos().open_device(path, options, patience);
}

enum ocv_code ocv_camera_open(struct ocv_video **video, const char *id,
                              struct ocv_camera_options options, struct ocv_patience patience,
                              struct error *error)
{
    return guarded(error, [&] { *video = new ocv_video{open_camera(id, options, patience)}; });
}

enum ocv_code ocv_video_open(struct ocv_video **video, const char *path,
                             struct ocv_patience patience, struct error *error)
{
    return guarded(error, [&] {
        const std::string name = path;
        if (name != "-")
            require_readable(name);
        *video = new ocv_video{name == "-" ? videos().open_input(false, patience)
                                           : videos().open_file(name, patience)};
    });
}

double ocv_video_fps(const struct ocv_video *video)
{
    return video->reader->fps();
}

long ocv_video_frame_count(const struct ocv_video *video)
{
    return video->reader->frame_count();
}

enum ocv_code ocv_video_read(struct ocv_video *video, struct error *error)
{
    return guarded(error, [&] {
        if (!video->reader->read())
            throw Failure{OCV_END, "no further frame"};
    });
}

struct ocv_shot ocv_video_shot(const struct ocv_video *video)
{
    return video->reader->shot();
}

struct ocv_losses ocv_video_losses(const struct ocv_video *video)
{
    return video->reader->losses();
}

void ocv_video_close(struct ocv_video **video)
{
    const Hush hush;
    delete *video;
    *video = nullptr;
}

/* ---- Writing ------------------------------------------------------------------------------- */

enum ocv_code ocv_writer_open(struct ocv_writer **writer, const char *path, int width, int height,
                              double fps, struct ocv_sound sound, struct error *error)
{
    return guarded(error, [&] {
        CV_Assert(width > 0 && height > 0 && std::isfinite(fps) && fps > 0);
        *writer = new ocv_writer{path, videos().open_writer(path, width, height, fps, sound)};
    });
}

enum ocv_code ocv_writer_write(struct ocv_writer *writer, struct bgr_image frame, double time,
                               double duration, struct error *error)
{
    return guarded(error, [&] {
        CV_Assert(std::isfinite(time) && time >= 0 && std::isfinite(duration));
        writer->video->write(frame, time, duration);
    });
}

const char *ocv_writer_note(const struct ocv_writer *writer)
{
    const std::string &note = writer->video->note();
    return note.empty() ? nullptr : note.c_str();
}

/* Where that is not possible, such as on a full disk, the file stays as it is, and can be played
 * too. */
static void put_index_first(const ocv_writer &writer)
{
    struct file_writer *copy = nullptr;
    struct stat status;
    struct error ignored;
    if (stat(writer.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
        file_writer_open(&copy, writer.path.c_str(), &ignored) != 0)
        return;
    try {
        if (file_writer_set_mode(copy, status.st_mode & 0777) == 0) {
            writer.video->copy_with_index_first(file_writer_temporary(copy));
            file_writer_commit(&copy, &ignored);
        }
    } catch (...) {
    }
    file_writer_discard(&copy);
}

enum ocv_code ocv_writer_close(struct ocv_writer **writer, int whole, struct error *error)
{
    if (*writer == nullptr)
        return OCV_OK;
    const enum ocv_code code = guarded(error, [&] {
        if ((*writer)->video->finish(whole != 0))
            put_index_first(**writer);
    });
    const Hush hush;
    delete *writer;
    *writer = nullptr;
    return code;
}
