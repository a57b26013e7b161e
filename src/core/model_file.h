/* The names of what model files hold, which exported ONNX files use too. */
#ifndef MODEL_FILE_H
#define MODEL_FILE_H

#include "model.h"

#include <stddef.h>

enum {
    MODEL_FILE_PREFIX_SIZE = 24,
    MODEL_FILE_NAME_SIZE = 48,
    MODEL_FILE_CLASSES_SIZE = MODEL_MAX_CLASSES * MODEL_CLASS_NAME_SIZE,
    MODEL_FILE_NOTES = 6,
    MODEL_FILE_MAX_BYTES = 256 << 20,
    MODEL_FILE_MAX_WEIGHTS = (MODEL_FILE_MAX_BYTES - (16 << 20)) / 2 /* beside all else */
};

/* The values of the keys "format" and "format_version". */
#define MODEL_FILE_FORMAT  "expressions-mlp"
#define MODEL_FILE_VERSION "3"

/* A text of `struct model_notes` and its key in the file. */
struct model_file_note {
    const char *key;
    size_t offset;
};

extern const struct model_file_note model_file_notes[MODEL_FILE_NOTES];

/* The prefixes of the keys and tensors of the aligner, of the verifier, and of a network:
 * "networks.0." */
#define MODEL_FILE_ALIGNER  "aligner."
#define MODEL_FILE_VERIFIER "verifier."

const char *model_file_prefix(char prefix[MODEL_FILE_PREFIX_SIZE], int network);

/* The tensor `part`, "weight" or "bias", of a layer. */
void model_file_tensor(char name[MODEL_FILE_NAME_SIZE], const char *prefix, int layer,
                       const char *part);

/* The names of the classes, with commas between them. */
const char *model_file_classes(char classes[MODEL_FILE_CLASSES_SIZE], const struct model *model);

#endif
