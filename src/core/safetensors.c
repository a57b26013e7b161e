#include "safetensors.h"

#include "file.h"
#include "vectorize.h"

#include <cjson/cJSON.h>
#include <zlib.h>

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t type_sizes[] = {[TENSOR_F16] = 2, [TENSOR_F32] = 4};
static const char *const type_names[] = {[TENSOR_F16] = "F16", [TENSOR_F32] = "F32"};

/* In the header, as cJSON prints it; the digits stand between the quotes. */
enum { CRC_DIGITS = 8 };
static const char crc_key[] = "crc32", crc_entry[] = "\"crc32\":\"", crc_zeros[] = "00000000";

/* ---- Half precision -------------------------------------------------------------------------- */

uint16_t half_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000u;
    uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u); /* not a number */
    if (magnitude >= 0x477ff000u)
        return (uint16_t)(sign | 0x7c00u); /* rounds beyond 65504 */
    if (magnitude < 0x38800000u) {
        /* Subnormal: multiples of 2^-24; the addition rounds. */
        float shifted = fabsf(value) + 0.5f;
        uint32_t rounded;
        memcpy(&rounded, &shifted, sizeof rounded);
        return (uint16_t)(sign | (rounded - 0x3f000000u));
    }
    uint32_t odd = magnitude >> 13 & 1u;
    return (uint16_t)(sign | ((magnitude - 0x38000000u + 0xfffu + odd) >> 13));
}

float half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = half & 0x7fffu;
    uint32_t bits = (magnitude << 13) + (magnitude < 0x7c00u ? 0x38000000u : 0x70000000u);
    uint32_t of_subnormal;
    float value = (float)magnitude * 0x1p-24f;
    memcpy(&of_subnormal, &value, sizeof of_subnormal);
    bits = sign | (magnitude < 0x0400u ? of_subnormal : bits);
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- Reading --------------------------------------------------------------------------------- */

struct tensor_view {
    char name[48];
    enum tensor_type type;
    size_t rows, columns;
    size_t begin, end; /* offsets into the data */
    bool was_read;
};

struct safetensors {
    cJSON *header;
    const uint8_t *bytes, *data; /* the file, and the values at its end */
    size_t size, data_size;
    const char *file_name;
    size_t tensor_count;
    struct tensor_view tensors[SAFETENSORS_MAX_TENSORS];
};

static const char damaged[] = "get or train it again";

/* A JSON number that is a whole number from 0 to `limit`. */
static bool whole_number(const cJSON *item, size_t limit, size_t *value)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
        !(item->valuedouble <= (double)limit) || item->valuedouble != floor(item->valuedouble))
        return false;
    *value = (size_t)item->valuedouble;
    return true;
}

/* The fields of one entry; the caller says what is wrong. */
static bool parse_tensor(const cJSON *item, size_t data_size, struct tensor_view *view)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    int dimensions = cJSON_GetArraySize(shape);
    if (!cJSON_IsString(type) || !cJSON_IsArray(shape) || !cJSON_IsArray(offsets) ||
        cJSON_GetArraySize(offsets) != 2 || dimensions < 1 || dimensions > 2 ||
        strlen(item->string) >= sizeof view->name)
        return false;
    if (strcmp(type->valuestring, type_names[TENSOR_F16]) == 0)
        view->type = TENSOR_F16;
    else if (strcmp(type->valuestring, type_names[TENSOR_F32]) == 0)
        view->type = TENSOR_F32;
    else
        return false;
    view->rows = 1;
    if (dimensions == 2 && !whole_number(cJSON_GetArrayItem(shape, 0), data_size, &view->rows))
        return false;
    if (!whole_number(cJSON_GetArrayItem(shape, dimensions - 1), data_size, &view->columns) ||
        !whole_number(cJSON_GetArrayItem(offsets, 0), data_size, &view->begin) ||
        !whole_number(cJSON_GetArrayItem(offsets, 1), data_size, &view->end))
        return false;
    if (view->rows == 0 || view->columns == 0 || view->begin > view->end ||
        view->columns > data_size / view->rows)
        return false;
    strcpy(view->name, item->string);
    return view->rows * view->columns <= data_size / type_sizes[view->type] &&
           view->rows * view->columns * type_sizes[view->type] == view->end - view->begin;
}

static bool overlaps(const struct tensor_view *a, const struct tensor_view *b)
{
    return a->begin < b->end && b->begin < a->end;
}

static int parse_entries(struct safetensors *file, struct error *error)
{
    size_t used = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, file->header)
    {
        if (strcmp(item->string, "__metadata__") == 0)
            continue;
        if (file->tensor_count == SAFETENSORS_MAX_TENSORS)
            return error_set(error,
                             "%s: more than %d tensors; this is not a model for this program",
                             file->file_name, SAFETENSORS_MAX_TENSORS);
        struct tensor_view *view = &file->tensors[file->tensor_count];
        if (!parse_tensor(item, file->data_size, view))
            return error_set(error,
                             "%s: tensor \"%.40s\" has a type, shape or place that does not fit a "
                             "file of this length; %s",
                             file->file_name, item->string, damaged);
        for (size_t i = 0; i < file->tensor_count; i++)
            if (overlaps(view, &file->tensors[i]))
                return error_set(error, "%s: tensor \"%.40s\" overlaps another; %s",
                                 file->file_name, item->string, damaged);
        used += view->end - view->begin;
        file->tensor_count++;
    }
    if (used != file->data_size)
        return error_set(error, "%s: holds %zu bytes of values, its header lists %zu; %s",
                         file->file_name, file->data_size, used, damaged);
    return 0;
}

/* Whether lists and objects are nested no deeper than in a header: the parser calls itself for
 * each, on a stack that may be small. */
static bool is_shallow(const char *json, size_t size)
{
    enum { DEEPEST = 8 };
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < size && depth <= DEEPEST; i++) {
        if (json[i] == '"')
            quoted = !quoted;
        else if (quoted)
            i += json[i] == '\\';
        else
            depth += (json[i] == '{' || json[i] == '[') - (json[i] == '}' || json[i] == ']');
    }
    return depth <= DEEPEST;
}

int safetensors_parse(struct safetensors **file, const uint8_t *bytes, size_t size,
                      const char *name, struct error *error)
{
    uint64_t header_size = 0;
    for (int i = 0; i < 8 && size >= 8; i++)
        header_size |= (uint64_t)bytes[i] << (8 * i);
    if (size < 8 || header_size < 2 || header_size > SAFETENSORS_MAX_HEADER)
        return error_set(error, "%s: not a safetensors file; name a model made by ./train_fer",
                         name);
    if (header_size > size - 8)
        return error_set(error, "%s: cut off within its header; %s", name, damaged);
    struct safetensors *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, name);
    made->file_name = name;
    made->bytes = bytes;
    made->size = size;
    made->data = bytes + 8 + header_size;
    made->data_size = size - 8 - (size_t)header_size;
    errno = 0;
    if (is_shallow((const char *)bytes + 8, (size_t)header_size))
        made->header = cJSON_ParseWithLength((const char *)bytes + 8, (size_t)header_size);
    int result;
    if (!made->header && errno == ENOMEM)
        result = error_no_memory(error, name);
    else if (!cJSON_IsObject(made->header))
        result = error_set(error, "%s: its header is not JSON; %s", name, damaged);
    else
        result = parse_entries(made, error);
    if (result < 0) {
        safetensors_free(&made);
        return -1;
    }
    *file = made;
    return 0;
}

void safetensors_free(struct safetensors **file)
{
    if (*file) {
        cJSON_Delete((*file)->header);
        free(*file);
        *file = NULL;
    }
}

const char *safetensors_metadata(const struct safetensors *file, const char *key)
{
    const cJSON *table = cJSON_GetObjectItemCaseSensitive(file->header, "__metadata__");
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(table, key));
}

VECTOR_CLONES static void read_halves(const uint8_t *restrict p, size_t count,
                                      float *restrict values)
{
    for (size_t i = 0; i < count; i++)
        values[i] = half_to_float((uint16_t)(p[2 * i] | p[2 * i + 1] << 8));
}

static void read_floats(const uint8_t *restrict p, size_t count, float *restrict values)
{
    for (size_t i = 0; i < count; i++, p += 4) {
        uint32_t bits = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
        memcpy(&values[i], &bits, sizeof values[i]);
    }
}

static bool all_finite(const float *values, size_t count)
{
    bool finite = true;
    for (size_t i = 0; i < count; i++)
        finite &= (bool)isfinite(values[i]);
    return finite;
}

int safetensors_read(struct safetensors *file, const char *tensor, size_t rows, size_t columns,
                     float *values, struct error *error)
{
    struct tensor_view *view = NULL;
    for (size_t i = 0; i < file->tensor_count && !view; i++)
        if (strcmp(file->tensors[i].name, tensor) == 0)
            view = &file->tensors[i];
    if (!view)
        return error_set(error, "%s: has no tensor \"%s\"; %s", file->file_name, tensor, damaged);
    if (view->rows != rows || view->columns != columns)
        return error_set(error, "%s: %s is %zux%zu but the metadata says %zux%zu; %s",
                         file->file_name, tensor, view->rows, view->columns, rows, columns,
                         damaged);
    if (view->type == TENSOR_F16)
        read_halves(file->data + view->begin, rows * columns, values);
    else
        read_floats(file->data + view->begin, rows * columns, values);
    if (!all_finite(values, rows * columns))
        return error_set(error, "%s: %s holds a value that is not a finite number; %s",
                         file->file_name, tensor, damaged);
    view->was_read = true;
    return 0;
}

/* Where the digits of the file's own CRC are, 0 if there are none as safetensors_write puts
 * them. */
static size_t find_crc(const uint8_t *bytes, size_t header_end)
{
    size_t length = sizeof crc_entry - 1;
    for (size_t at = 8; at + length + CRC_DIGITS < header_end; at++)
        if (memcmp(bytes + at, crc_entry, length) == 0)
            return at + length;
    return 0;
}

static int check_crc(const struct safetensors *file, struct error *error)
{
    const char *stated = safetensors_metadata(file, crc_key);
    if (!stated)
        return 0;
    size_t header_end = file->size - file->data_size, at = find_crc(file->bytes, header_end);
    char digits[CRC_DIGITS + 1] = "";
    if (at > 0) {
        uLong crc = crc32_z(0, file->bytes, at);
        crc = crc32_z(crc, (const Bytef *)crc_zeros, CRC_DIGITS);
        at += CRC_DIGITS;
        snprintf(digits, sizeof digits, "%08" PRIx32,
                 (uint32_t)crc32_z(crc, file->bytes + at, file->size - at));
    }
    if (strcmp(digits, stated) == 0)
        return 0;
    return error_set(
        error,
        "%s: has changed since it was written: damaged, or changed by another program, "
        "which has to leave out \"crc32\"; %s",
        file->file_name, damaged);
}

int safetensors_check_whole(const struct safetensors *file, struct error *error)
{
    for (size_t i = 0; i < file->tensor_count; i++)
        if (!file->tensors[i].was_read)
            return error_set(error,
                             "%s: holds a tensor \"%s\" that its metadata does not mention; %s",
                             file->file_name, file->tensors[i].name, damaged);
    return check_crc(file, error);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static size_t tensor_bytes(const struct tensor *t)
{
    return (t->rows ? t->rows : 1) * t->columns * type_sizes[t->type];
}

static bool add_entry(cJSON *header, const struct tensor *t, size_t begin)
{
    cJSON *entry = cJSON_AddObjectToObject(header, t->name);
    bool complete = entry && cJSON_AddStringToObject(entry, "dtype", type_names[t->type]);
    cJSON *shape = complete ? cJSON_AddArrayToObject(entry, "shape") : NULL;
    cJSON *offsets = shape ? cJSON_AddArrayToObject(entry, "data_offsets") : NULL;
    if (!offsets)
        return false;
    if (t->rows)
        complete = cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)t->rows));
    return complete && cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)t->columns)) &&
           cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)begin)) &&
           cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)(begin + tensor_bytes(t))));
}

/* The header's text, to be freed, or NULL. */
static char *make_header(const struct tensor *tensors, size_t tensor_count,
                         const struct metadata_entry *metadata, size_t metadata_count)
{
    char *text = NULL;
    cJSON *header = cJSON_CreateObject();
    cJSON *table = cJSON_AddObjectToObject(header, "__metadata__");
    bool complete = table != NULL;
    for (size_t i = 0; complete && i < metadata_count; i++)
        complete = cJSON_AddStringToObject(table, metadata[i].key, metadata[i].value);
    complete = complete && cJSON_AddStringToObject(table, crc_key, crc_zeros);
    size_t offset = 0;
    for (size_t i = 0; complete && i < tensor_count; i++) {
        complete = add_entry(header, &tensors[i], offset);
        offset += tensor_bytes(&tensors[i]);
    }
    if (complete)
        text = cJSON_PrintUnformatted(header);
    cJSON_Delete(header);
    return text;
}

/* What is written, or only summed up. */
struct output {
    struct file_writer *writer; /* NULL: the CRC alone */
    uLong crc;
};

static void put(struct output *output, const void *bytes, size_t size)
{
    if (output->writer)
        file_writer_append(output->writer, bytes, size);
    else
        output->crc = crc32_z(output->crc, bytes, size);
}

static void put_values(struct output *output, const struct tensor *t)
{
    uint8_t chunk[4096];
    size_t used = 0, count = (t->rows ? t->rows : 1) * t->columns;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        if (t->type == TENSOR_F16)
            bits = half_from_float(t->values[i]);
        else
            memcpy(&bits, &t->values[i], sizeof bits);
        for (size_t b = 0; b < type_sizes[t->type]; b++)
            chunk[used++] = (uint8_t)(bits >> (8 * b));
        if (used == sizeof chunk || i == count - 1) {
            put(output, chunk, used);
            used = 0;
        }
    }
}

static void put_file(struct output *output, const char *header, const struct tensor *tensors,
                     size_t tensor_count)
{
    size_t length = strlen(header);
    size_t padded = (length + 7) / 8 * 8; /* the values begin at a multiple of 8 bytes */
    uint8_t prefix[8];
    for (int i = 0; i < 8; i++)
        prefix[i] = (uint8_t)((uint64_t)padded >> (8 * i));
    put(output, prefix, sizeof prefix);
    put(output, header, length);
    put(output, "       ", padded - length);
    for (size_t i = 0; i < tensor_count; i++)
        put_values(output, &tensors[i]);
}

int safetensors_write(const char *path, const struct tensor *tensors, size_t tensor_count,
                      const struct metadata_entry *metadata, size_t metadata_count,
                      struct error *error)
{
    assert(tensor_count <= SAFETENSORS_MAX_TENSORS);
    struct output output = {NULL, 0};
    char digits[CRC_DIGITS + 1];
    struct file_writer *writer;
    if (file_writer_open(&writer, path, error) < 0)
        return -1;
    char *header = make_header(tensors, tensor_count, metadata, metadata_count);
    if (!header) {
        file_writer_discard(&writer);
        return error_no_memory(error, path);
    }
    put_file(&output, header, tensors, tensor_count);
    snprintf(digits, sizeof digits, "%08" PRIx32, (uint32_t)output.crc);
    memcpy(strstr(header, crc_entry) + sizeof crc_entry - 1, digits, CRC_DIGITS);
    output.writer = writer;
    put_file(&output, header, tensors, tensor_count);
    cJSON_free(header);
    return file_writer_commit(&writer, error);
}
