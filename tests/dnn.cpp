#include "dnn.h"

#include <opencv2/dnn.hpp>

#include <cstdio>
#include <cstring>

int dnn_run(const char *path, const dnn_input *inputs, int input_count, int rows, const char *name,
            int columns, float *output, char text[DNN_TEXT_SIZE])
{
    try {
        cv::dnn::Net net = cv::dnn::readNetFromONNX(path);
        net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
        /* ThreadSanitizer does not see how OpenCV's threads wait for each other. */
        cv::setNumThreads(1);
        for (int i = 0; i < input_count; i++) {
            cv::Mat values(rows, inputs[i].columns, CV_32F);
            std::memcpy(values.data, inputs[i].values, values.total() * sizeof(float));
            net.setInput(values, inputs[i].name);
        }
        cv::Mat result = net.forward(name);
        if (result.dims != 2 || result.rows != rows || result.cols != columns ||
            result.type() != CV_32F || !result.isContinuous()) {
            std::snprintf(text, DNN_TEXT_SIZE, "%s: %d dimensions, %d x %d", name, result.dims,
                          result.rows, result.cols);
            return -1;
        }
        std::memcpy(output, result.data, result.total() * sizeof(float));
        return 0;
    } catch (const std::exception &failure) {
        std::snprintf(text, DNN_TEXT_SIZE, "%s", failure.what());
        return -1;
    }
}
