/* Search with cascades against OpenCV's own: the same boxes, agreed on as often. */
#include "haar_reference.h"
#include "made_cascade.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WIDTH = 230, HEIGHT = 170, MOST = 20000 };

static char shortened[] = "/tmp/test_haar.XXXXXX";

static const char *cascade_path(const char *name, char path[static 256])
{
    static const char *const folders[] = {"/usr/share/opencv4", "/usr/local/share/opencv4",
                                          "/opt/homebrew/share/opencv4"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, 256, "%s/haarcascades/haarcascade_%s.xml", folders[i], name);
        if (access(path, R_OK) == 0)
            return path;
    }
    print_message("no haarcascade_%s.xml; install opencv-data\n", name);
    skip();
    return NULL;
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, size, file), size);
    text[size] = '\0';
    fclose(file);
    return text;
}

/* The cascade with its first stages alone, which let much more through; 0: as it is. */
static const char *shorten(const char *path, int stages)
{
    char *text = read_text(path), *at;
    if (stages == 0) {
        free(text);
        return path;
    }
    at = strstr(text, "<stages>");
    for (int i = 0; i <= stages; i++) {
        assert_non_null(at);
        at = strstr(at + 1, "<maxWeakCount>");
    }
    assert_non_null(at);
    const char *end = strstr(at, "</stages>");
    while (strncmp(at, "<_>", 3) != 0)
        at--;
    FILE *file = fopen(shortened, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, (size_t)(at - text), file), (size_t)(at - text));
    assert_true(fputs(end, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(text);
    return shortened;
}

/* Blots of many sizes on a slope, with noise, and a flat corner. */
static void draw(uint8_t *pixels)
{
    uint32_t seed = 7;
    int blots[60][4];
    for (int i = 0; i < 60; i++)
        for (int j = 0; j < 4; j++) {
            seed = seed * 1664525U + 1013904223U;
            blots[i][j] = (int)(seed >> 16) % (j == 0   ? WIDTH
                                               : j == 1 ? HEIGHT
                                               : j == 2 ? 40
                                                        : 180);
        }
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int value = 60 + x / 4;
            for (int i = 0; i < 60; i++) {
                int dx = x - blots[i][0], dy = y - blots[i][1];
                if (dx * dx + dy * dy < blots[i][2] * blots[i][2] / 4)
                    value = blots[i][3] + (x + y) / 8;
            }
            seed = seed * 1664525U + 1013904223U;
            value += (int)(seed >> 29);
            pixels[y * WIDTH + x] = (uint8_t)(x > 180 && y > 120 ? 90 : value);
        }
}

static int compare(const char *path, struct grey_image picture, const struct ocv_detection *how)
{
    static struct box expected[MOST], boxes[MOST];
    static int agreed[MOST], neighbours[MOST];
    struct ocv_detector *detector = NULL;
    int count = -1, right = haar_reference(path, picture, how, expected, agreed, MOST);
    assert_int_not_equal(right, -1);
    assert_int_equal(ocv_detector_open(&detector, path, NULL), OCV_OK);
    for (int twice = 0; twice < 2; twice++) { /* the second time in tables that hold something */
        assert_int_equal(
            ocv_detector_weigh(detector, picture, how, boxes, neighbours, MOST, &count, NULL),
            OCV_OK);
        assert_int_equal(count, right);
        assert_memory_equal(boxes, expected, (size_t)count * sizeof *boxes);
        assert_memory_equal(neighbours, agreed, (size_t)count * sizeof *agreed);
    }
    ocv_detector_close(&detector);
    return count;
}

/* Stumps, trees, and tilted features; few stages and all; steps of one pixel and two; parts of a
 * picture; one size alone, which is none of the steps. */
static void test_the_same_windows_pass(void **state)
{
    (void)state;
    static uint8_t pixels[WIDTH * HEIGHT];
    static const struct {
        const char *name;
        int stages;
        struct ocv_detection how;
        int width, height, least; /* boxes at least */
    } cases[] = {
        {"frontalface_default", 2, {1.1, 0, 0, 0}, WIDTH, HEIGHT, 10000},
        {"frontalface_default", 6, {1.2, 0, 0, 0}, WIDTH, HEIGHT, 500},
        {"frontalface_default", 4, {1.15, 2, 30, 80}, WIDTH, HEIGHT, 5},
        {"frontalface_default", 3, {1.05, 12, 40, 0}, 97, 98, 1},
        {"frontalface_default", 2, {1.3, 0, 45, 45}, 80, 79, 30},
        {"frontalface_default", 1, {1.1, 0, 0, 0}, 24, 24, 0},
        {"frontalface_default", 1, {1.1, 0, 0, 0}, 24, 150, 1},
        {"frontalface_default", 1, {1.1, 0, 0, 0}, 200, 24, 1},
        {"frontalface_default", 1, {1.1, 0, 0, 0}, 25, 26, 0},
        {"frontalface_default", 0, {1.1, 0, 0, 0}, WIDTH, HEIGHT, 1},
        {"frontalface_alt2", 2, {1.1, 0, 0, 0}, WIDTH, HEIGHT, 10000},
        {"frontalface_alt2", 4, {1.1, 3, 0, 0}, WIDTH, HEIGHT, 1},
        {"frontalface_alt2", 10, {1.1, 1, 0, 0}, WIDTH, HEIGHT, 10}, /* three within others */
        {"profileface", 2, {1.1, 1, 0, 0}, WIDTH, HEIGHT, 5},
        {"eye_tree_eyeglasses", 2, {1.1, 0, 0, 0}, WIDTH, HEIGHT, 10000},
        {"eye_tree_eyeglasses", 4, {1.3, 0, 0, 0}, 131, 160, 1000},
        {"upperbody", 5, {1.2, 0, 0, 0}, WIDTH, HEIGHT, 2000},
        {"fullbody", 4, {1.2, 1, 0, 0}, WIDTH, HEIGHT, 1},
        {"smile", 1, {1.2, 2, 0, 0}, WIDTH, HEIGHT, 1},
    };
    draw(pixels);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[256];
        struct grey_image part = {pixels + WIDTH + 3, cases[i].width - 3, cases[i].height - 1,
                                  WIDTH};
        if (cases[i].width < WIDTH)
            part = (struct grey_image){pixels + 5 * WIDTH + 40, cases[i].width, cases[i].height,
                                       WIDTH};
        const char *whole = cascade_path(cases[i].name, path);
        int count = compare(shorten(whole, cases[i].stages), part, &cases[i].how);
        assert_in_range(count, cases[i].least, MOST - 1);
    }
}

static void put_square(uint8_t *pixels, int x, int y, int side, uint8_t even, uint8_t odd)
{
    for (int i = 0; i < side; i++)
        for (int k = 0; k < side; k++)
            pixels[(y + i) * WIDTH + x + k] = (i + k) % 2 ? odd : even;
}

/* A cascade that takes all for a face which is not flat. A chequered square, which a picture half
 * as large does not show any more, moves away from a white one: the small faces around it are part
 * of the larger ones around that, till they lie too far outside. */
static void test_groups_within_others(void **state)
{
    (void)state;
    static uint8_t pixels[WIDTH * HEIGHT];
    static const struct ocv_detection how = {2, 1, 0, 100};
    const struct grey_image picture = {pixels, WIDTH, HEIGHT, WIDTH};
    enum { X = WIDTH / 2, Y = HEIGHT / 2, NEAR = 52, FAR = 61 };
    write_cascade(shortened, (struct cascade){24, 24, "0 -1 0 0.", "0. 0.",
                                              "<_>0 0 24 24 -1.</_><_>0 0 24 12 2.</_>", 0, 0, ""});
    for (int way = 0; way < 4; way++)
        for (int far = NEAR; far <= FAR; far++) {
            const int offset = way % 2 ? far : -far;
            memset(pixels, 128, sizeof pixels);
            put_square(pixels, X, Y, 8, 255, 255);
            put_square(pixels, way < 2 ? X + offset : X, way < 2 ? Y : Y + offset, 4, 255, 0);
            const int count = compare(shortened, picture, &how);
            if (far == NEAR || far == FAR)
                assert_int_equal(count, far == NEAR ? 2 : 3);
        }
}

static int prepare(void **state)
{
    (void)state;
    ocv_setup(1);
    int file = mkstemp(shortened);
    return file < 0 ? -1 : close(file);
}

static int clean(void **state)
{
    (void)state;
    return unlink(shortened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_same_windows_pass),
                                       cmocka_unit_test(test_groups_within_others)};
    return cmocka_run_group_tests(tests, prepare, clean);
}
