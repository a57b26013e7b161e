/* What the tests of the shim share: made-up pictures, files in a folder of the test's own, real
 * data. */
#ifndef SHIM_TESTING_H
#define SHIM_TESTING_H

#include "ocv.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- Files ------------------------------------------------------------------------------- */

static char folder[] = "/tmp/test_shim.XXXXXX";

static inline const char *in_folder(char path[static 256], const char *name)
{
    snprintf(path, 256, "%s/%s", folder, name);
    return path;
}

static inline void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

struct bytes {
    uint8_t *data;
    size_t size;
};

static inline int append(void *context, const void *bytes, size_t size)
{
    struct bytes *all = context;
    all->data = realloc(all->data, all->size + size);
    assert_non_null(all->data);
    memcpy(all->data + all->size, bytes, size);
    all->size += size;
    return 0;
}

static inline struct bytes read_file(const char *path)
{
    struct bytes all = {NULL, 0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t block[4096];
    for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;)
        append(&all, block, got);
    fclose(file);
    return all;
}

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static inline int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* Of the real data; without it the test is skipped. */
static inline const char *real(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, SOURCE_DIR "/../shared/datasets/%s", name);
    if (access(path, R_OK) != 0) {
        print_message("%s is not there\n", path);
        skip();
    }
    return path;
}

/* ---- Pictures ---------------------------------------------------------------------------- */

/* Smooth, so that lossy codecs keep it; the three channels differ. */
static inline uint8_t smooth(int x, int y, int channel)
{
    return (uint8_t)(127.5 + 100 * sin(0.05 * x + 0.9 * channel) * cos(0.04 * y));
}

/* width x height with `gap` bytes between the rows; free .pixels through `memory`. */
static inline struct bgr_image made_up(int width, int height, size_t gap, uint8_t **memory)
{
    const size_t stride = (size_t)width * 3 + gap;
    *memory = malloc(stride * (size_t)height);
    assert_non_null(*memory);
    memset(*memory, 0xEE, stride * (size_t)height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                (*memory)[(size_t)y * stride + (size_t)(x * 3 + c)] = smooth(x, y, c);
    return (struct bgr_image){*memory, width, height, stride};
}

static inline const uint8_t *at(struct bgr_image image, int x, int y)
{
    return image.pixels + (size_t)y * image.stride + (size_t)x * 3;
}

static inline int largest_difference(struct bgr_image a, struct bgr_image b)
{
    int largest = 0;
    for (int y = 0; y < b.height; y++)
        for (int x = 0; x < b.width; x++)
            for (int c = 0; c < 3; c++) {
                const int difference = abs(at(a, x, y)[c] - at(b, x, y)[c]);
                largest = difference > largest ? difference : largest;
            }
    return largest;
}

static inline struct bytes encoded(int width, int height, const char *extension)
{
    uint8_t *memory;
    const struct bgr_image image = made_up(width, height, 5, &memory);
    struct bytes file = {NULL, 0};
    assert_int_equal(ocv_encode_bgr(image, extension, append, &file, NULL), OCV_OK);
    free(memory);
    return file;
}

/* ---- Silence ----------------------------------------------------------------------------- */

/* What the libraries would say of `provoke` goes nowhere. */
static inline void expect_silence(void (*provoke)(void))
{
    char path[256];
    const int kept_out = dup(STDOUT_FILENO), kept_err = dup(STDERR_FILENO);
    const int file = open(in_folder(path, "printed"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(kept_out >= 0 && kept_err >= 0 && file >= 0);
    fflush(NULL);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    provoke();
    fprintf(stderr, "ours");
    fflush(NULL);
    dup2(kept_out, STDOUT_FILENO);
    dup2(kept_err, STDERR_FILENO);
    close(kept_out);
    close(kept_err);
    close(file);
    struct bytes printed = read_file(path);
    append(&printed, "", 1);
    assert_string_equal((const char *)printed.data, "ours");
    free(printed.data);
    unlink(path);
}

#endif
