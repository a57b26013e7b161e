/* Colours, sizes and places of pixels, against their formulas; errors as codes and texts. */
#include "shim_testing.h"

static void set_up(void)
{
    ocv_setup(2);
}

/* Whatever OPENCV_LOG_LEVEL says, which ctest sets. */
static void test_setup(void **state)
{
    (void)state;
    expect_silence(set_up);
    const char *opencl = getenv("OPENCV_OPENCL_RUNTIME");
    assert_string_equal(opencl ? opencl : "", "disabled");
#ifdef __GLIBC__
    assert_int_equal(fileno(stderr), -1);
#endif
}

static void test_version(void **state)
{
    (void)state;
    int major = 0, minor = 0;
    assert_int_equal(sscanf(ocv_version(), "%d.%d", &major, &minor), 2);
    assert_true(major >= 4);
}

/* ---- Colour and size ----------------------------------------------------------------------- */

static void test_grey_is_the_weighted_sum(void **state)
{
    (void)state;
    uint8_t *memory;
    const struct bgr_image image = made_up(37, 23, 4, &memory);
    uint8_t grey[23][40];
    memset(grey, 0xAB, sizeof grey);
    assert_int_equal(ocv_bgr_to_grey(image, &grey[0][0], 40, NULL), OCV_OK);
    for (int y = 0; y < 23; y++) {
        for (int x = 0; x < 37; x++) {
            const uint8_t *bgr = at(image, x, y);
            const double sum = 0.114 * bgr[0] + 0.587 * bgr[1] + 0.299 * bgr[2];
            assert_true(fabs(grey[y][x] - sum) <= 1.0);
        }
        for (int x = 37; x < 40; x++)
            assert_int_equal(grey[y][x], 0xAB);
    }
    free(memory);
}

/* ---- Luma and chroma ------------------------------------------------------------------------ */

enum { YUV_WIDTH = 37, YUV_HEIGHT = 23, YUV_STRIDE = 80 };

/* Luma, and both chroma in turn; a block of 2x2 pixels has one chroma. */
struct yuv {
    uint8_t y[YUV_HEIGHT][YUV_STRIDE], packed[YUV_HEIGHT][YUV_STRIDE];
    uint8_t both[YUV_HEIGHT / 2 + 1][YUV_STRIDE];
    uint8_t cb[YUV_HEIGHT / 2 + 1][YUV_STRIDE], cr[YUV_HEIGHT / 2 + 1][YUV_STRIDE];
    double bgr[YUV_HEIGHT][YUV_WIDTH][3];
    bool possible[YUV_HEIGHT][YUV_WIDTH]; /* a screen can show the colour */
};

/* By the definitions in BT.601 and BT.709: Cb = (B - Y) / (2 - 2 Kb), Cr = (R - Y) / (2 - 2 Kr). */
static bool colour_of(int y, int cb, int cr, bool bt709, bool full, double bgr[3])
{
    const double kr = bt709 ? 0.2126 : 0.299, kb = bt709 ? 0.0722 : 0.114;
    const double luma = full ? y : (y - 16) * 255 / 219.0, chroma = full ? 1 : 255 / 224.0;
    bgr[0] = luma + (cb - 128) * chroma * (2 - 2 * kb);
    bgr[2] = luma + (cr - 128) * chroma * (2 - 2 * kr);
    bgr[1] = (luma - kr * bgr[2] - kb * bgr[0]) / (1 - kr - kb);
    return fmin(fmin(bgr[0], bgr[1]), bgr[2]) >= 0 && fmax(fmax(bgr[0], bgr[1]), bgr[2]) <= 255;
}

static int made_up_yuv(struct yuv *yuv, bool bt709, bool full)
{
    unsigned noise = 7;
    int possible = 0;
    for (int y = 0; y < YUV_HEIGHT; y++)
        for (int x = 0; x < YUV_WIDTH + 1; x++) {
            uint8_t *cb = &yuv->cb[y / 2][x / 2], *cr = &yuv->cr[y / 2][x / 2];
            noise = noise * 1103515245u + 12345u;
            yuv->y[y][x] = (uint8_t)(16 + (noise >> 16) % 220);
            if (y % 2 == 0 && x % 2 == 0) {
                *cb = (uint8_t)(78 + (noise >> 8) % 100);
                *cr = (uint8_t)(78 + (noise >> 24) % 100);
            }
            yuv->both[y / 2][x / 2 * 2] = *cb;
            yuv->both[y / 2][x / 2 * 2 + 1] = *cr;
            yuv->packed[y][2 * x] = yuv->y[y][x];
            yuv->packed[y][2 * x + 1] = x % 2 ? *cr : *cb;
            if (x == YUV_WIDTH)
                continue;
            yuv->possible[y][x] = colour_of(yuv->y[y][x], *cb, *cr, bt709, full, yuv->bgr[y][x]);
            possible += yuv->possible[y][x];
        }
    return possible;
}

static void compare_pixels(const struct yuv *yuv, struct image image)
{
    uint8_t grey[YUV_HEIGHT][YUV_WIDTH + 3], bgr[YUV_HEIGHT][(YUV_WIDTH + 1) * 3];
    memset(grey, 0xAB, sizeof grey);
    memset(bgr, 0xAB, sizeof bgr);
    assert_int_equal(ocv_image_to_grey(&image, grey[0], sizeof *grey, NULL), OCV_OK);
    assert_int_equal(ocv_image_to_bgr(&image, bgr[0], sizeof *bgr, NULL), OCV_OK);
    for (int y = 0; y < YUV_HEIGHT; y++) {
        for (int x = 0; x < YUV_WIDTH; x++) {
            const double *colour = yuv->bgr[y][x];
            const double sum = 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2];
            assert_true(!yuv->possible[y][x] || fabs(grey[y][x] - sum) <= 1);
            for (int c = 0; c < 3; c++)
                assert_true(fabs(bgr[y][x * 3 + c] - fmin(fmax(colour[c], 0), 255)) <= 1);
        }
        assert_int_equal(grey[y][YUV_WIDTH], 0xAB);
        assert_int_equal(bgr[y][YUV_WIDTH * 3], 0xAB);
    }
}

static void luma_and_compare(bool bt709, bool full)
{
    struct yuv yuv;
    assert_true(made_up_yuv(&yuv, bt709, full) > YUV_WIDTH * YUV_HEIGHT / 4);
    const struct image images[] = {
        {.form = IMAGE_I420, .planes = {yuv.y[0], yuv.cb[0], yuv.cr[0]}},
        {.form = IMAGE_NV12, .planes = {yuv.y[0], yuv.both[0]}},
        {.form = IMAGE_YUYV, .planes = {yuv.packed[0]}},
    };
    for (size_t i = 0; i < sizeof images / sizeof *images; i++) {
        struct image image = images[i];
        image.width = YUV_WIDTH;
        image.height = YUV_HEIGHT;
        image.bt709 = bt709;
        image.full = full;
        for (int plane = 0; plane < IMAGE_PLANES; plane++)
            image.strides[plane] = YUV_STRIDE;
        compare_pixels(&yuv, image);
    }
}

static void test_luma_and_chroma_are_grey_and_colours(void **state)
{
    (void)state;
    luma_and_compare(false, false);
    luma_and_compare(false, true);
    luma_and_compare(true, false);
    luma_and_compare(true, true);
}

/* The share of source pixels [i, i+1) that target pixel `t` of `target` covers. */
static double covered(int i, int t, int source, int target)
{
    const double from = (double)t * source / target, to = (double)(t + 1) * source / target;
    return fmax(0, fmin(to, i + 1) - fmax(from, i)) / (to - from);
}

/* The weight of source pixel `i` in target pixel `t` where an axis grows. */
static double interpolated(int i, int t, int source, int target)
{
    const double centre = fmin(fmax((t + 0.5) * source / target - 0.5, 0), source - 1);
    return fmax(0, 1 - fabs(centre - i));
}

static void resize_and_compare(int width, int height, int to_width, int to_height)
{
    uint8_t source[64 * 64], out[64 * 64];
    unsigned noise = 1;
    for (size_t i = 0; i < sizeof source; i++)
        source[i] = (uint8_t)((noise = noise * 1103515245u + 12345u) >> 16);
    const struct grey_image image = {source, width, height, 64};
    assert_int_equal(ocv_resize_grey(image, out, to_width, to_height, NULL), OCV_OK);
    for (int y = 0; y < to_height; y++)
        for (int x = 0; x < to_width; x++) {
            double sum = 0;
            for (int j = 0; j < height; j++)
                for (int i = 0; i < width; i++)
                    sum += source[j * 64 + i] *
                           (to_width < width ? covered(i, x, width, to_width)
                                             : interpolated(i, x, width, to_width)) *
                           (to_height < height ? covered(j, y, height, to_height)
                                               : interpolated(j, y, height, to_height));
            assert_true(fabs(out[y * to_width + x] - sum) < 1.6);
        }
}

static void test_resize_averages_or_interpolates(void **state)
{
    (void)state;
    resize_and_compare(64, 64, 32, 32);
    resize_and_compare(61, 47, 23, 19);
    resize_and_compare(28, 28, 48, 48);
    resize_and_compare(60, 20, 31, 33);
    resize_and_compare(17, 53, 40, 26);
    resize_and_compare(30, 30, 30, 30);
    resize_and_compare(1, 1, 8, 8);
}

/* A smooth picture stays what it is, and a pattern finer than the result's pixels becomes grey. */
static void shrink_and_compare(int width, int height, int to_width, int to_height)
{
    uint8_t smooth[64 * 64], fine[64 * 64], out[64 * 64];
    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 64; x++) {
            smooth[y * 64 + x] = (uint8_t)(20 + 160 * x / width + 60 * y / height);
            fine[y * 64 + x] = (x + y) % 2 ? 250 : 0;
        }
    const struct grey_image image = {smooth, width, height, 64};
    assert_int_equal(ocv_shrink_grey(image, out, to_width, to_height, NULL), OCV_OK);
    for (int y = 0; y < to_height; y++)
        for (int x = 0; x < to_width; x++) {
            const double value = 20 + 160 * (x + 0.5) / to_width + 60 * (y + 0.5) / to_height;
            assert_true(fabs(out[y * to_width + x] - value) < 12);
        }
    const struct grey_image pattern = {fine, width, height, 64};
    assert_int_equal(ocv_shrink_grey(pattern, out, to_width, to_height, NULL), OCV_OK);
    for (int i = 0; i < to_width * to_height; i++)
        if (width >= 2 * to_width && height >= 2 * to_height)
            assert_in_range(out[i], 124, 126);
}

static void test_shrink_averages(void **state)
{
    (void)state;
    shrink_and_compare(64, 64, 32, 32);
    shrink_and_compare(61, 47, 23, 19);
    shrink_and_compare(63, 63, 9, 9);
    shrink_and_compare(50, 30, 50, 30);
    shrink_and_compare(50, 30, 40, 11);
    shrink_and_compare(64, 33, 1, 1);
    uint8_t pixel = 7, out[2];
    struct error error;
    assert_int_equal(ocv_shrink_grey((struct grey_image){&pixel, 1, 1, 1}, out, 2, 1, &error),
                     OCV_FAILED);
}

/* A picture whose colours rise evenly, shown in any size: they still do. */
static void show_and_compare(int width, int height, int to_width, int to_height, int mirrored)
{
    uint8_t picture[64 * 64 * 3], out[80 * 80 * 4];
    memset(out, 99, sizeof out);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *pixel = picture + (y * 64 + x) * 3;
            pixel[0] = (uint8_t)(240 * (x + 0.5) / width);
            pixel[1] = (uint8_t)(240 * (y + 0.5) / height);
            pixel[2] = 77;
        }
    const struct image image = image_of((struct bgr_image){picture, width, height, 64 * 3});
    assert_int_equal(ocv_image_to_screen(&image, out, 80 * 4, to_width, to_height, mirrored, NULL),
                     OCV_OK);
    for (int y = 0; y < to_height; y++) {
        for (int x = 0; x < to_width; x++) {
            const uint8_t *pixel = out + (y * 80 + x) * 4;
            const double across = (mirrored ? to_width - 1 - x : x) + 0.5;
            const double tolerance = 2 + 240.0 / (width < height ? width : height);
            assert_true(fabs(pixel[0] - 240 * across / to_width) < tolerance);
            assert_true(fabs(pixel[1] - 240 * (y + 0.5) / to_height) < tolerance);
            assert_int_equal(pixel[2], 77);
            assert_int_equal(pixel[3], 255);
        }
        for (int x = to_width; x < 80; x++)
            assert_int_equal(out[(y * 80 + x) * 4], 99);
    }
}

static void test_to_screen(void **state)
{
    (void)state;
    for (int mirrored = 0; mirrored < 2; mirrored++) {
        show_and_compare(64, 48, 64, 48, mirrored);
        show_and_compare(64, 48, 80, 60, mirrored);
        show_and_compare(63, 47, 31, 23, mirrored);
        show_and_compare(61, 64, 20, 79, mirrored);
        show_and_compare(64, 64, 1, 1, mirrored);
    }
}

/* Luma and chroma, in any size: as the colours that they stand for. */
static void test_luma_and_chroma_to_screen(void **state)
{
    (void)state;
    enum { LINE = YUV_WIDTH * 4 };
    static const int sizes[][2] = {
        {YUV_WIDTH, YUV_HEIGHT}, {YUV_WIDTH, 11}, {18, YUV_HEIGHT}, {18, 11}, {9, 5}, {30, 20}};
    struct yuv yuv;
    made_up_yuv(&yuv, false, false);
    const struct image image = {.form = IMAGE_I420,
                                .width = YUV_WIDTH,
                                .height = YUV_HEIGHT,
                                .planes = {yuv.y[0], yuv.cb[0], yuv.cr[0]},
                                .strides = {YUV_STRIDE, YUV_STRIDE, YUV_STRIDE}};
    uint8_t bgr[YUV_HEIGHT * YUV_WIDTH * 3], out[YUV_HEIGHT * LINE], expected[YUV_HEIGHT * LINE];
    assert_int_equal(ocv_image_to_bgr(&image, bgr, YUV_WIDTH * 3, NULL), OCV_OK);
    const struct image colours =
        image_of((struct bgr_image){bgr, YUV_WIDTH, YUV_HEIGHT, YUV_WIDTH * 3});
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        const int *size = sizes[i / 2], mirrored = i % 2;
        memset(out, 99, sizeof out);
        memset(expected, 99, sizeof expected);
        assert_int_equal(ocv_image_to_screen(&image, out, LINE, size[0], size[1], mirrored, NULL),
                         OCV_OK);
        assert_int_equal(
            ocv_image_to_screen(&colours, expected, LINE, size[0], size[1], mirrored, NULL),
            OCV_OK);
        for (size_t k = 0; k < sizeof out; k++)
            assert_in_range(out[k], expected[k] - (expected[k] > 0), expected[k] + 1);
    }
}

static void test_pad_repeats_the_edge(void **state)
{
    (void)state;
    uint8_t source[5 * 8], out[(5 + 3 + 4) * (6 + 1 + 2)];
    for (int i = 0; i < 40; i++)
        source[i] = (uint8_t)(i * 5);
    const struct grey_image image = {source, 6, 5, 8};
    assert_int_equal(ocv_pad_grey(image, 3, 4, 1, 2, out, NULL), OCV_OK);
    for (int y = 0; y < 12; y++)
        for (int x = 0; x < 9; x++) {
            const int from_y = y < 3 ? 0 : y - 3 > 4 ? 4 : y - 3;
            const int from_x = x < 1 ? 0 : x - 1 > 5 ? 5 : x - 1;
            assert_int_equal(out[y * 9 + x], source[from_y * 8 + from_x]);
        }
}

static void test_warp_follows_the_map_and_repeats_the_edge(void **state)
{
    (void)state;
    uint8_t source[5 * 8], out[7 * 9];
    for (int i = 0; i < 40; i++)
        source[i] = (uint8_t)(i * 5);
    const struct grey_image image = {source, 6, 5, 8};
    /* Mirrored, moved by whole pixels, turned by a right angle; x' and y' by x, y and 1. */
    static const double maps[][6] = {
        {-1, 0, 5, 0, 1, 0}, {1, 0, -2, 0, 1, -1}, {0, 1, 0, -1, 0, 4}};
    for (size_t m = 0; m < sizeof maps / sizeof *maps; m++) {
        const double *map = maps[m];
        assert_int_equal(ocv_warp_grey(image, map, out, 9, 7, NULL), OCV_OK);
        for (int y = 0; y < 7; y++)
            for (int x = 0; x < 9; x++) {
                int from_x = (int)(map[0] * x + map[1] * y + map[2]);
                int from_y = (int)(map[3] * x + map[4] * y + map[5]);
                from_x = from_x < 0 ? 0 : from_x > 5 ? 5 : from_x;
                from_y = from_y < 0 ? 0 : from_y > 4 ? 4 : from_y;
                assert_int_equal(out[y * 9 + x], source[from_y * 8 + from_x]);
            }
    }
}

static void test_jpeg_loses_more_at_lower_quality(void **state)
{
    (void)state;
    uint8_t source[30 * 32], out[30 * 24];
    const int qualities[] = {100, 90, 30};
    int distance[3] = {0};
    for (int i = 0; i < 30 * 32; i++)
        source[i] = (uint8_t)(i % 32 < 24 ? 8 * (i % 32) + (i * 37) % 23 : 255);
    const struct grey_image image = {source, 24, 30, 32};
    for (int q = 0; q < 3; q++) {
        assert_int_equal(ocv_jpeg_grey(image, qualities[q], out, NULL), OCV_OK);
        for (int p = 0; p < 30 * 24; p++)
            distance[q] += abs(out[p] - source[p / 24 * 32 + p % 24]);
    }
    assert_in_range(distance[0], 0, 2 * 30 * 24);
    assert_true(distance[1] > distance[0] && distance[2] > distance[1]);
    assert_in_range(distance[2], 0, 20 * 30 * 24);
    struct error error;
    assert_int_equal(ocv_jpeg_grey((struct grey_image){source, 0, 0, 0}, 30, out, &error),
                     OCV_FAILED);
}

static void test_exceptions_become_codes(void **state)
{
    (void)state;
    uint8_t out[4];
    const struct grey_image nothing = {NULL, 0, 0, 0};
    struct error error = {.text = ""};
    assert_int_equal(ocv_resize_grey(nothing, out, 2, 2, &error), OCV_FAILED);
    assert_int_equal(error.code, ERROR_OTHER);
    assert_non_null(strstr(error.text, "OpenCV"));
    assert_null(strchr(error.text, '\n'));
    assert_int_equal(ocv_resize_grey(nothing, out, 2, 2, NULL), OCV_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_setup), /* before all others */
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_grey_is_the_weighted_sum),
        cmocka_unit_test(test_luma_and_chroma_are_grey_and_colours),
        cmocka_unit_test(test_resize_averages_or_interpolates),
        cmocka_unit_test(test_shrink_averages),
        cmocka_unit_test(test_to_screen),
        cmocka_unit_test(test_luma_and_chroma_to_screen),
        cmocka_unit_test(test_pad_repeats_the_edge),
        cmocka_unit_test(test_warp_follows_the_map_and_repeats_the_edge),
        cmocka_unit_test(test_jpeg_loses_more_at_lower_quality),
        cmocka_unit_test(test_exceptions_become_codes),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
