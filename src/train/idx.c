/* IDX files, the format of MNIST (LeCun, Cortes & Burges): big-endian magic number and sizes, then
 * bytes; plain or compressed by gzip. */
#include "readers.h"

#include "dataset.h"

#include <zlib.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAGIC_LABELS = 0x0801, /* bytes, one dimension */
    MAGIC_IMAGES = 0x0803, /* bytes, three dimensions */
    MAX_PICTURES = 10000000
};

/* folder/name, or folder/name.gz where only that exists. */
static int find_file(const char *folder, const char *name, char path[PATH_MAX])
{
    static const char *const endings[] = {"", ".gz"};
    for (int i = 0; i < 2; i++) {
        int length = snprintf(path, PATH_MAX, "%s/%s%s", folder, name, endings[i]);
        if (length < PATH_MAX && access(path, F_OK) == 0)
            return 0;
    }
    return -1;
}

bool idx_is_folder(const char *path)
{
    char found[PATH_MAX];
    return find_file(path, "train-images-idx3-ubyte", found) == 0 ||
           find_file(path, "t10k-images-idx3-ubyte", found) == 0;
}

static int read_exactly(gzFile file, const char *path, void *bytes, size_t size,
                        struct error *error)
{
    uint8_t *next = bytes;
    while (size > 0) {
        unsigned chunk = size < (1u << 20) ? (unsigned)size : 1u << 20;
        int got = gzread(file, next, chunk);
        if (got <= 0)
            return error_set(error, "%s: %s; get the file again", path,
                             got < 0 ? "damaged compressed data" : "is cut short");
        next += got;
        size -= (size_t)got;
    }
    return 0;
}

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Opens folder/name and reads its header: sizes[dimensions]. */
static gzFile open_idx(const char *folder, const char *name, uint32_t magic, int dimensions,
                       uint32_t *sizes, char path[PATH_MAX], struct error *error)
{
    uint8_t header[16];
    if (find_file(folder, name, path) < 0) {
        error_set(error, "%s: has no %s or %s.gz; put all four IDX files there", folder, name,
                  name);
        return NULL;
    }
    gzFile file = gzopen(path, "rb");
    if (!file) {
        error_set(error, "%s: cannot be opened; check its permissions", path);
        return NULL;
    }
    if (read_exactly(file, path, header, 4 + 4 * (size_t)dimensions, error) < 0) {
        gzclose(file);
        return NULL;
    }
    if (big_endian(header) != magic) {
        error_set(error, "%s: begins with %08x, an IDX file of this kind with %08x; get it again",
                  path, (unsigned)big_endian(header), (unsigned)magic);
        gzclose(file);
        return NULL;
    }
    for (int i = 0; i < dimensions; i++)
        sizes[i] = big_endian(header + 4 + 4 * i);
    return file;
}

/* Nothing may follow, and a compressed file must be whole to its checksum. */
static int check_end(gzFile file, const char *path, struct error *error)
{
    uint8_t more;
    int code, got = gzread(file, &more, 1);
    gzerror(file, &code);
    if (got < 0 || code != Z_OK)
        return error_set(error, "%s: damaged compressed data; get the file again", path);
    if (got > 0)
        return error_set(error, "%s: is longer than its header says; get the file again", path);
    return 0;
}

/* Whether the file can hold so many bytes, before memory for them is taken: deflate packs at most
 * 1032 into one. */
static bool can_hold(const char *path, size_t bytes)
{
    enum { MOST_PACKED = 1032 };
    struct stat status;
    return stat(path, &status) == 0 && bytes / MOST_PACKED <= (size_t)status.st_size;
}

static int read_images(struct dataset *d, const char *folder, const char *name, uint32_t *count,
                       struct error *error)
{
    char path[PATH_MAX];
    uint32_t sizes[3];
    gzFile file = open_idx(folder, name, MAGIC_IMAGES, 3, sizes, path, error);
    if (!file)
        return -1;
    int result = 0;
    bool first = d->count == 0;
    if (sizes[0] < 1 || sizes[0] > MAX_PICTURES || sizes[1] < FEATURES_MIN_SIDE ||
        sizes[1] > FEATURES_MAX_SIDE || sizes[2] < FEATURES_MIN_SIDE ||
        sizes[2] > FEATURES_MAX_SIDE)
        result = error_set(error, "%s: %u pictures of %ux%u; sides of %d to %d are possible", path,
                           sizes[0], sizes[2], sizes[1], FEATURES_MIN_SIDE, FEATURES_MAX_SIDE);
    else if (!first && ((int)sizes[1] != d->height || (int)sizes[2] != d->width))
        result = error_set(error, "%s: pictures of %ux%u, but those of train are %dx%d", path,
                           sizes[2], sizes[1], d->width, d->height);
    else if (!can_hold(path, (size_t)sizes[0] * sizes[1] * sizes[2]))
        result = error_set(error, "%s: is cut short; get the file again", path);
    if (result == 0) {
        d->height = (int)sizes[1];
        d->width = (int)sizes[2];
        size_t area = (size_t)sizes[1] * sizes[2], held = (size_t)d->count * area;
        uint8_t *pixels = realloc(d->pixels, held + sizes[0] * area);
        if (!pixels) {
            result = error_no_memory(error, path);
        } else {
            d->pixels = pixels;
            result = read_exactly(file, path, pixels + held, sizes[0] * area, error);
        }
    }
    if (result == 0)
        result = check_end(file, path, error);
    gzclose(file);
    *count = sizes[0];
    return result;
}

static int read_labels(struct dataset *d, const char *folder, const char *name, uint32_t count,
                       enum split split, struct error *error)
{
    char path[PATH_MAX];
    uint32_t size;
    gzFile file = open_idx(folder, name, MAGIC_LABELS, 1, &size, path, error);
    if (!file)
        return -1;
    size_t held = (size_t)d->count;
    int result = 0;
    if (size != count)
        result = error_set(error, "%s: %u labels for %u pictures; get the files again", path, size,
                           count);
    if (result == 0) {
        uint8_t *labels = realloc(d->labels, held + count);
        d->labels = labels ? labels : d->labels;
        uint8_t *splits = realloc(d->splits, held + count);
        d->splits = splits ? splits : d->splits;
        result = labels && splits ? read_exactly(file, path, labels + held, count, error)
                                  : error_no_memory(error, path);
    }
    if (result == 0)
        result = check_end(file, path, error);
    gzclose(file);
    for (size_t i = held; result == 0 && i < held + count; i++) {
        if (d->labels[i] >= MODEL_MAX_CLASSES)
            return error_set(error, "%s: label %d of picture %zu is over %d; get the file again",
                             path, d->labels[i], i - held + 1, MODEL_MAX_CLASSES - 1);
        d->splits[i] = (uint8_t)split;
    }
    if (result == 0)
        d->count += (int)count;
    return result;
}

int idx_load(struct dataset *d, const char *path, struct error *error)
{
    uint32_t count;
    d->source = DATA_IDX;
    if (read_images(d, path, "train-images-idx3-ubyte", &count, error) < 0 ||
        read_labels(d, path, "train-labels-idx1-ubyte", count, SPLIT_TRAINING, error) < 0 ||
        read_images(d, path, "t10k-images-idx3-ubyte", &count, error) < 0 ||
        read_labels(d, path, "t10k-labels-idx1-ubyte", count, SPLIT_TEST, error) < 0)
        return -1;
    d->class_count = 2;
    for (int i = 0; i < d->count; i++)
        d->class_count = d->labels[i] >= d->class_count ? d->labels[i] + 1 : d->class_count;
    for (int k = 0; k < d->class_count; k++)
        snprintf(d->class_names[k], sizeof d->class_names[k], "%d", k);
    dataset_hold_out(d);
    return 0;
}
