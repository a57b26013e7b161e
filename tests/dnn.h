/* OpenCV's reader of ONNX files, for tests in C. */
#ifndef DNN_H
#define DNN_H

#ifdef __cplusplus
extern "C" {
#endif

enum { DNN_TEXT_SIZE = 512 };

/* One of the graph's inputs, by its name: rows x columns values. */
struct dnn_input {
    const char *name;
    const float *values;
    int columns;
};

/* Reads the file and runs it on `rows` rows; fills output (rows x columns) with its value of that
 * name. -1 and a text where it cannot. */
int dnn_run(const char *path, const struct dnn_input *inputs, int input_count, int rows,
            const char *name, int columns, float *output, char text[DNN_TEXT_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
