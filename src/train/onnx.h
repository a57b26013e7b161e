/* A model as an ONNX file (https://onnx.ai): its perceptrons, for programs that read that format.
 *
 * The graph begins at the vectors, since ONNX has no operators for alignment and HOG:
 *
 *     inputs    networks.0.patches (B x D), networks.1.windows ...: the vector that network reads,
 *               named by its feature kind (see feature_vector.h); B is free
 *     output    probabilities (B x K): the mean over the networks, each row sums to 1
 *
 * To take the model's mean over a crop and its mirror image, the caller passes two rows and
 * averages them. The metadata names the classes, and says whether the model wants that mean. */
#ifndef ONNX_H
#define ONNX_H

#include "error.h"
#include "model.h"

/* Writes operator set 11, IR version 6, weights as 32-bit floats; the same model gives the same
 * bytes. The file appears whole or not at all. */
int onnx_export(const struct model *model, const char *path, struct error *error);

#endif
