#include "ocv_modules.hpp"

#include <opencv2/imgcodecs.hpp>

const Codecs expressions_codecs = {VERSION, cv::imdecode, cv::imencode, cv::haveImageWriter};
