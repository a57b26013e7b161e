/* The safetensors format: 8 bytes little-endian header length, a JSON header of tensor names,
 * types, shapes and offsets with a `__metadata__` table of texts, then the raw little-endian
 * values without gaps (https://github.com/huggingface/safetensors). Here: F16 and F32, one or two
 * dimensions. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include "error.h"

#include <stddef.h>
#include <stdint.h>

enum { SAFETENSORS_MAX_TENSORS = 256, SAFETENSORS_MAX_HEADER = 1 << 20 };

enum tensor_type { TENSOR_F16, TENSOR_F32 };

/* ---- Reading --------------------------------------------------------------------------------- */

struct safetensors;

/* Parses a file's bytes, which must outlive the handle. Every length is checked against `size`
 * before it is used. Error texts begin with `name`. */
int safetensors_parse(struct safetensors **file, const uint8_t *bytes, size_t size,
                      const char *name, struct error *error);
void safetensors_free(struct safetensors **file);

/* A text of the metadata, or NULL. It lives as long as the handle. */
const char *safetensors_metadata(const struct safetensors *file, const char *key);

/* Copies the tensor into values[rows * columns], F16 widened. Fails if the name is missing, if the
 * shape is not (rows, columns), or (columns) where rows is 1, or if a value is not finite. */
int safetensors_read(struct safetensors *file, const char *tensor, size_t rows, size_t columns,
                     float *values, struct error *error);

/* Fails if a tensor was never read, since the metadata then does not mention it, or if a byte of
 * the file has changed since safetensors_write: the metadata holds its CRC-32 as "crc32", computed
 * with zeros in place of the eight digits. Files from other programs may have none. */
int safetensors_check_whole(const struct safetensors *file, struct error *error);

/* ---- Writing --------------------------------------------------------------------------------- */

/* What to write; `values` are the caller's. */
struct tensor {
    char name[48];
    enum tensor_type type;
    size_t rows, columns; /* rows 0: one dimension of `columns` */
    const float *values;
};

struct metadata_entry {
    const char *key, *value;
};

/* Writes the file whole or not at all. */
int safetensors_write(const char *path, const struct tensor *tensors, size_t tensor_count,
                      const struct metadata_entry *metadata, size_t metadata_count,
                      struct error *error);

/* IEEE 754 half precision: to the nearest, ties to even; beyond its range infinity. */
uint16_t half_from_float(float value);
float half_to_float(uint16_t half);

#endif
