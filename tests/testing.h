/* What the tests of src/core share: cmocka with all that it needs, comparison of numbers, random
 * inputs, and a folder of the test's own under TMPDIR for the files it makes. */
#ifndef TESTING_H
#define TESTING_H

#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For ocv_setup: ThreadSanitizer does not see how OpenCV's own threads wait for each other. */
#ifdef __SANITIZE_THREAD__
enum { TEST_OPENCV_THREADS = 1 };
#else
enum { TEST_OPENCV_THREADS = 2 };
#endif

enum { TEST_PATH_SIZE = 1024 };

/* Also fails if either is not a number. */
static inline void expect_close(double value, double expected, double tolerance, const char *what)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%s: %.9g, expected %.9g within %g", what, value, expected, tolerance);
}

/* An error's text: one line that contains `name` and `reason`. */
static inline void expect_text(const char *text, const char *name, const char *reason)
{
    if (!strstr(text, name) || !strstr(text, reason) || strpbrk(text, "\r\n"))
        fail_msg("expected one line with \"%s\" and \"%s\": %s", name, reason, text);
}

/* Adds to a text that has `size` bytes, which must do. */
static inline void append_text(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static inline void append_text(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    int added = vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
    assert_true(added >= 0 && used + (size_t)added < size);
}

/* Where functions that are called next have their variables, there are slashes then: nothing that
 * they fail to set is right by chance. */
static __attribute__((noinline, unused)) void dirty_stack(void)
{
    volatile char bytes[1 << 15];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = '/';
    (void)bytes[0];
}

/* How many descriptors are open; tests need but the first few of those that there may be. */
static inline int open_descriptors(void)
{
    int count = 0;
    for (int i = 0; i < 256; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

/* Ends the program: in whatever thread this is, nothing after it could be believed. */
static inline int expect_no_code(int code, const char *what)
{
    if (code) {
        fprintf(stderr, "%s: %s\n", what, strerror(code));
        abort();
    }
    return code;
}

/* FNV-1a of 32 bits, further from the sum of what came before; CHECKSUM_OF_NOTHING at first. */
#define CHECKSUM_OF_NOTHING 2166136261U
static inline uint32_t checksum(uint32_t sum, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ at[i]) * 16777619U;
    return sum;
}

/* Uniform in low .. high. */
static inline int between(struct rng *rng, int low, int high)
{
    return low + (int)rng_below(rng, (uint64_t)(high - low + 1));
}

static inline void fill_noise(struct rng *rng, uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pixels[i] = (uint8_t)rng_next(rng);
}

static inline char *test_folder(void)
{
    static char folder[TEST_PATH_SIZE];
    return folder;
}

/* The path of a file in the folder; it stays until the next call. */
static inline const char *in_folder(const char *name)
{
    static char path[2 * TEST_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    return path;
}

static inline int make_folder(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    snprintf(test_folder(), TEST_PATH_SIZE, "%s/test_core.XXXXXX", parent ? parent : "/tmp");
    return mkdtemp(test_folder()) ? 0 : -1;
}

/* Of a process's own folders: "fd" of the files it has open, "task" of its threads. */
static inline int count_own(const char *what)
{
    char path[32];
    int count = -2; /* "." and ".." */
    snprintf(path, sizeof path, "/proc/self/%s", what);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* How many files are in the folder; removes them if asked to. */
static inline int count_files(int remove_them)
{
    int count = 0;
    DIR *folder = opendir(test_folder());
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (remove_them && remove(in_folder(entry->d_name)) != 0)
            count = -1;
    }
    closedir(folder);
    return count;
}

static inline int empty_folder(void **state)
{
    (void)state;
    return count_files(1) >= 0 ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    return empty_folder(state) < 0 ? -1 : rmdir(test_folder());
}

/* A new file each time: some file systems wait for the disk where an old one is cut to nothing. */
static inline void write_bytes(const char *path, const void *bytes, size_t size)
{
    remove(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* The file's bytes and a closing zero; the caller frees them. */
static inline uint8_t *read_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long length = ftell(file);
    assert_true(length >= 0);
    rewind(file);
    uint8_t *bytes = calloc((size_t)length + 1, 1);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (size_t)length, file);
    assert_int_equal(*size, length);
    fclose(file);
    return bytes;
}

/* A file of test_folder holds just this text. */
static inline void expect_file(const char *name, const char *expected)
{
    size_t size;
    uint8_t *text = read_bytes(in_folder(name), &size);
    assert_string_equal((const char *)text, expected);
    free(text);
}

#endif
