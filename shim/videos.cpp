#include "video_reader.hpp"
#include "video_writer.hpp"

static std::unique_ptr<VideoReader> open_reader(VideoInput::Kind kind, const std::string &name,
                                                ocv_patience patience)
{
    auto made = std::make_unique<Reader>(kind, patience);
    made->open(name);
    return made;
}

static std::unique_ptr<VideoReader>
open_device(const std::string &path, const ocv_camera_options &options, ocv_patience patience)
{
    auto made = std::make_unique<Reader>(VideoInput::DEVICE, patience);
    made->open_device(path, options);
    return made;
}

static std::unique_ptr<VideoReader> open_stream(const std::string &address, bool follow,
                                                ocv_patience patience)
{
    return open_reader(follow ? VideoInput::FOLLOWED_STREAM : VideoInput::STREAM, address,
                       patience);
}

static std::unique_ptr<VideoReader> open_input(bool live, ocv_patience patience)
{
    return open_reader(live ? VideoInput::PIPED_CAMERA : VideoInput::PIPED_FILM, "-", patience);
}

static std::unique_ptr<VideoReader> open_file(const std::string &path, ocv_patience patience)
{
    return open_reader(VideoInput::FILE_ALONE, path, patience);
}

static std::unique_ptr<VideoWriter> open_writer(const std::string &path, int width, int height,
                                                double fps, ocv_sound sound)
{
    return std::make_unique<Writer>(path, width, height, fps, sound);
}

const Videos expressions_videos = {VERSION,    open_device, open_stream,
                                   open_input, open_file,   open_writer};
