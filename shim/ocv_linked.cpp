#include "ocv_modules.hpp"

const Codecs &codecs()
{
    return expressions_codecs;
}

const Videos &videos()
{
    return expressions_videos;
}
