#include "activation.h"

#include <math.h>

const char *const activation_names[ACTIVATION_COUNT] = {"sigmoid", "tanh", "relu"};
const char *const output_activation_names[OUTPUT_ACTIVATION_COUNT] = {"softmax", "sigmoid"};

#ifdef REAL_IS_DOUBLE
#define real_exp  exp
#define real_tanh tanh
#else
#define real_exp  expf
#define real_tanh tanhf
#endif

static void add_biases(const real *biases, real *values, int rows, int columns)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            values[(size_t)r * (size_t)columns + (size_t)c] += biases[c];
}

static void sigmoid(real *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = 1 / (1 + real_exp(-values[i]));
}

void activation_apply(enum activation activation, const real *biases, real *values, int rows,
                      int columns)
{
    size_t count = (size_t)rows * (size_t)columns;
    if (biases)
        add_biases(biases, values, rows, columns);
    switch (activation) {
    case ACTIVATION_SIGMOID:
        sigmoid(values, count);
        break;
    case ACTIVATION_TANH:
        for (size_t i = 0; i < count; i++)
            values[i] = real_tanh(values[i]);
        break;
    default:
        for (size_t i = 0; i < count; i++)
            values[i] = values[i] > 0 ? values[i] : 0;
        break;
    }
}

static void softmax(real *row, int columns)
{
    real largest = row[0], sum = 0;
    for (int c = 1; c < columns; c++)
        largest = row[c] > largest ? row[c] : largest;
    for (int c = 0; c < columns; c++) {
        row[c] = real_exp(row[c] - largest);
        sum += row[c];
    }
    for (int c = 0; c < columns; c++)
        row[c] /= sum;
}

void output_apply(enum output_activation output, const real *biases, real *values, int rows,
                  int columns)
{
    if (biases)
        add_biases(biases, values, rows, columns);
    if (output == OUTPUT_SIGMOID) {
        sigmoid(values, (size_t)rows * (size_t)columns);
        return;
    }
    for (int r = 0; r < rows; r++)
        softmax(values + (size_t)r * (size_t)columns, columns);
}
