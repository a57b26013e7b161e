/* Activation functions of hidden and output units. */
#ifndef ACTIVATION_H
#define ACTIVATION_H

#include "real.h"

#include <stddef.h>

enum activation { ACTIVATION_SIGMOID, ACTIVATION_TANH, ACTIVATION_RELU, ACTIVATION_COUNT };
enum output_activation { OUTPUT_SOFTMAX, OUTPUT_SIGMOID, OUTPUT_ACTIVATION_COUNT };

/* "sigmoid", "tanh", "relu"; "softmax", "sigmoid" */
extern const char *const activation_names[ACTIVATION_COUNT];
extern const char *const output_activation_names[OUTPUT_ACTIVATION_COUNT];

/* values (rows x columns) = g(values + biases), biases[columns] or NULL, in place. */
void activation_apply(enum activation activation, const real *biases, real *values, int rows,
                      int columns);

/* The same for the output units: softmax of each row, or sigmoid of each value. */
void output_apply(enum output_activation output, const real *biases, real *values, int rows,
                  int columns);

#endif
