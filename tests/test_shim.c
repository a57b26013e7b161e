/* The OpenCV shim on made-up pictures, and on real ones where they are to be had. */
#include "ocv.h"
#include "plain_picture.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#if defined(__has_feature)
#define CLANG_SANITIZES (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define CLANG_SANITIZES 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || CLANG_SANITIZES
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define CASCADE_NAME "haarcascades/haarcascade_frontalface_default.xml"
#define DATASETS     SOURCE_DIR "/../shared/datasets"

/* ---- Made-up pictures and files ------------------------------------------------------------ */

static char folder[] = "/tmp/test_shim.XXXXXX";

static const char *in_folder(char path[static 256], const char *name)
{
    snprintf(path, 256, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *path, const void *bytes, size_t size)
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

static int append(void *context, const void *bytes, size_t size)
{
    struct bytes *all = context;
    all->data = realloc(all->data, all->size + size);
    assert_non_null(all->data);
    memcpy(all->data + all->size, bytes, size);
    all->size += size;
    return 0;
}

static struct bytes read_file(const char *path)
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

/* Smooth, so that lossy codecs keep it; the three channels differ. */
static uint8_t smooth(int x, int y, int channel)
{
    return (uint8_t)(127.5 + 100 * sin(0.05 * x + 0.9 * channel) * cos(0.04 * y));
}

/* width x height with `gap` bytes between the rows; free .pixels through `memory`. */
static struct bgr_image made_up(int width, int height, size_t gap, uint8_t **memory)
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

static const uint8_t *at(struct bgr_image image, int x, int y)
{
    return image.pixels + (size_t)y * image.stride + (size_t)x * 3;
}

static int largest_difference(struct bgr_image a, struct bgr_image b)
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

static struct bytes encoded(int width, int height, const char *extension)
{
    uint8_t *memory;
    const struct bgr_image image = made_up(width, height, 5, &memory);
    struct bytes file = {NULL, 0};
    assert_int_equal(ocv_encode_bgr(image, extension, append, &file, NULL), OCV_OK);
    free(memory);
    return file;
}

/* Decodes what must not be decodable and checks the answer. */
static void refuse_picture(const uint8_t *bytes, size_t size)
{
    struct ocv_picture *picture = NULL;
    struct error error = {.text = ""};
    assert_int_equal(ocv_picture_decode(&picture, bytes, size, &error), OCV_CANNOT);
    assert_null(picture);
    assert_int_equal(error.code, ERROR_OTHER);
    assert_true(strlen(error.text) > 10);
    assert_null(strchr(error.text, '\n'));
    assert_int_equal(ocv_picture_decode(&picture, bytes, size, NULL), OCV_CANNOT);
}

/* ---- Still pictures ------------------------------------------------------------------------ */

static void test_version(void **state)
{
    (void)state;
    int major = 0, minor = 0;
    assert_int_equal(sscanf(ocv_version(), "%d.%d", &major, &minor), 2);
    assert_true(major >= 4);
}

static void round_trip(const char *extension, int tolerance)
{
    uint8_t *memory;
    const struct bgr_image image = made_up(61, 47, 7, &memory);
    struct bytes file = {NULL, 0};
    assert_int_equal(ocv_encode_bgr(image, extension, append, &file, NULL), OCV_OK);
    struct ocv_picture *picture = NULL;
    assert_int_equal(ocv_picture_decode(&picture, file.data, file.size, NULL), OCV_OK);
    const struct bgr_image back = ocv_picture_view(picture);
    assert_int_equal(back.width, 61);
    assert_int_equal(back.height, 47);
    assert_in_range(largest_difference(image, back), 0, tolerance);
    ocv_picture_close(&picture);
    assert_null(picture);
    ocv_picture_close(&picture);
    free(file.data);
    free(memory);
}

static void test_pictures_come_back(void **state)
{
    (void)state;
    static const struct {
        const char *extension;
        int tolerance;
    } formats[] = {{".png", 0}, {".bmp", 0},  {".jpg", 12}, {".webp", 60},
                   {".tif", 0}, {".jp2", 60}, {".ppm", 0}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (ocv_can_encode(formats[i].extension))
            round_trip(formats[i].extension, formats[i].tolerance);
}

static void test_grey_pictures_become_colour(void **state)
{
    (void)state;
    uint8_t pixels[20 * 10];
    for (int i = 0; i < 200; i++)
        pixels[i] = (uint8_t)i;
    const struct grey_image image = {pixels, 16, 10, 20};
    struct bytes file = {NULL, 0};
    assert_int_equal(ocv_encode_grey(image, ".png", append, &file, NULL), OCV_OK);
    struct ocv_picture *picture = NULL;
    assert_int_equal(ocv_picture_decode(&picture, file.data, file.size, NULL), OCV_OK);
    const struct bgr_image view = ocv_picture_view(picture);
    assert_int_equal(view.width, 16);
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 16; x++)
            for (int c = 0; c < 3; c++)
                assert_int_equal(at(view, x, y)[c], pixels[y * 20 + x]);
    ocv_picture_close(&picture);
    free(file.data);
}

static void decodes_to(const void *bytes, size_t size, int blue, int green, int red)
{
    struct ocv_picture *picture = NULL;
    assert_int_equal(ocv_picture_decode(&picture, bytes, size, NULL), OCV_OK);
    const struct bgr_image view = ocv_picture_view(picture);
    assert_int_equal(view.width, 1);
    assert_int_equal(view.height, 1);
    assert_int_equal(view.pixels[0], blue);
    assert_int_equal(view.pixels[1], green);
    assert_int_equal(view.pixels[2], red);
    ocv_picture_close(&picture);
}

static void test_deep_and_transparent_pictures(void **state)
{
    (void)state;
    static const char deep[] = "P6\n1 1\n65535\n\x80\x00\x40\x00\x20\x00";
    decodes_to(deep, sizeof deep - 1, 0x20, 0x40, 0x80);
    static const uint8_t transparent[] = {
        /* a PNG of 1x1 with red, green, blue, alpha */
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48,
        0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00,
        0x00, 0x1F, 0x15, 0xC4, 0x89, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x44, 0x41, 0x54, 0x78,
        0x9C, 0x63, 0x68, 0x70, 0x50, 0x48, 0x00, 0x00, 0x03, 0x65, 0x01, 0x41, 0x56, 0xDB,
        0x77, 0x5C, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82};
    decodes_to(transparent, sizeof transparent, 0x20, 0x40, 0x80);
}

static void refuse_by_header(const void *bytes, size_t size, const char *reason)
{
    struct ocv_picture *picture = NULL;
    struct error error = {.text = ""};
    assert_int_equal(ocv_picture_decode(&picture, bytes, size, &error), OCV_CANNOT);
    if (!strstr(error.text, reason))
        fail_msg("expected \"%s\": %s", reason, error.text);
}

/* ---- Orientation -------------------------------------------------------------------------------
 */

enum { TURNED_WIDTH = 64, TURNED_HEIGHT = 32, EXIF_SIZE = 32 };

/* EXIF data that hold nothing but the orientation, 1 to 8, in either byte order. */
static void write_exif(uint8_t exif[EXIF_SIZE], uint8_t orientation, bool little)
{
    const uint8_t big[EXIF_SIZE] = {'E', 'x', 'i', 'f',  0, 0, 'M', 'M', 0, 42, 0, 0,          0, 8,
                                    0,   1,   1,   0x12, 0, 3, 0,   0,   0, 1,  0, orientation};
    const uint8_t small[EXIF_SIZE] = {'E', 'x', 'i', 'f', 0, 0, 'I',         'I',  42,
                                      0,   8,   0,   0,   0, 1, 0,           0x12, 1,
                                      3,   0,   1,   0,   0, 0, orientation, 0};
    memcpy(exif, little ? small : big, EXIF_SIZE);
}

static void append_number(struct bytes *file, uint32_t value, int width, bool little)
{
    for (int i = 0; i < width; i++) {
        const uint8_t byte = (uint8_t)(value >> 8 * (little ? i : width - 1 - i));
        append(file, &byte, 1);
    }
}

/* `jpeg` with another segment for applications, as Photoshop writes it, and one of EXIF. */
static struct bytes jpeg_with_exif(struct bytes jpeg, const uint8_t *exif, bool second)
{
    static const char xmp[] = "http://ns.adobe.com/xap/1.0/\0<x/>";
    struct bytes file = {NULL, 0};
    append(&file, jpeg.data, 2);
    if (second) {
        append_number(&file, 0xFFE1, 2, false);
        append_number(&file, 2 + sizeof xmp, 2, false);
        append(&file, xmp, sizeof xmp);
    }
    append_number(&file, 0xFFE1, 2, false);
    append_number(&file, 2 + EXIF_SIZE, 2, false);
    append(&file, exif, EXIF_SIZE);
    append(&file, jpeg.data + 2, jpeg.size - 2);
    return file;
}

/* `png` with a chunk of EXIF data behind its header, or before its end. */
static struct bytes png_with_exif(struct bytes png, const uint8_t *exif, bool behind)
{
    const size_t at = behind ? png.size - 12 : 33;
    struct bytes file = {NULL, 0}, chunk = {NULL, 0};
    append(&chunk, "eXIf", 4);
    append(&chunk, exif + 6, EXIF_SIZE - 6);
    append(&file, png.data, at);
    append_number(&file, EXIF_SIZE - 6, 4, false);
    append(&file, chunk.data, chunk.size);
    append_number(&file, (uint32_t)crc32(0, chunk.data, (unsigned)chunk.size), 4, false);
    append(&file, png.data + at, png.size - at);
    free(chunk.data);
    return file;
}

/* `webp` in the extended format, with a chunk of EXIF data; some programs leave its name out. */
static struct bytes webp_with_exif(struct bytes webp, const uint8_t *exif, bool named)
{
    const size_t skipped = named ? 0 : 6, pixels = webp.size - 12;
    struct bytes file = {NULL, 0};
    append(&file, "RIFF", 4);
    append_number(&file, (uint32_t)(4 + 18 + pixels + 8 + EXIF_SIZE - skipped), 4, true);
    append(&file, "WEBPVP8X", 8);
    append_number(&file, 10, 4, true);
    append_number(&file, 8, 4, true); /* there is EXIF */
    append_number(&file, TURNED_WIDTH - 1, 3, true);
    append_number(&file, TURNED_HEIGHT - 1, 3, true);
    append(&file, webp.data + 12, pixels);
    append(&file, "EXIF", 4);
    append_number(&file, (uint32_t)(EXIF_SIZE - skipped), 4, true);
    append(&file, exif + skipped, EXIF_SIZE - skipped);
    return file;
}

/* The stored picture is blue top left, green top right, red bottom left, black bottom right. EXIF
 * 2.3 says at which side of the upright one its row 0 and its column 0 are. */
static void expect_turned(struct bytes file, int orientation, const char *what)
{
    struct ocv_picture *picture = NULL;
    struct error error = {.text = ""};
    if (ocv_picture_decode(&picture, file.data, file.size, &error) != OCV_OK)
        fail_msg("%s, orientation %d: %s", what, orientation, error.text);
    const struct bgr_image view = ocv_picture_view(picture);
    const bool swapped = orientation >= 5;
    assert_int_equal(view.width, swapped ? TURNED_HEIGHT : TURNED_WIDTH);
    assert_int_equal(view.height, swapped ? TURNED_WIDTH : TURNED_HEIGHT);
    static const bool right[] = {0, 1, 1, 0, 0, 1, 1, 0}, bottom[] = {0, 0, 1, 1, 0, 0, 1, 1};
    const bool at_right = right[orientation - 1], at_bottom = bottom[orientation - 1];
    const int x = at_right ? view.width - 4 : 3, y = at_bottom ? view.height - 4 : 3;
    const int far_x = view.width - 1 - x, far_y = view.height - 1 - y;
    const uint8_t *corner = at(view, x, y), *opposite = at(view, far_x, far_y);
    const uint8_t *along = swapped ? at(view, x, far_y) : at(view, far_x, y);
    const uint8_t *down = swapped ? at(view, far_x, y) : at(view, x, far_y);
    if (!(corner[0] > 180 && corner[1] < 80 && along[1] > 180 && along[0] < 80 && down[2] > 180 &&
          down[1] < 80 && opposite[0] < 80 && opposite[1] < 80 && opposite[2] < 80))
        fail_msg("%s, orientation %d: not upright", what, orientation);
    ocv_picture_close(&picture);
    free(file.data);
}

static void test_exif_orientation_is_honoured(void **state)
{
    (void)state;
    static const char *const colours[2][2] = {{"\xFF\0\0", "\0\xFF\0"}, {"\0\0\xFF", "\0\0\0"}};
    uint8_t pixels[TURNED_HEIGHT][TURNED_WIDTH][3], exif[EXIF_SIZE];
    for (int y = 0; y < TURNED_HEIGHT; y++)
        for (int x = 0; x < TURNED_WIDTH; x++)
            memcpy(pixels[y][x], colours[y >= TURNED_HEIGHT / 2][x >= TURNED_WIDTH / 2], 3);
    const struct bgr_image image = {&pixels[0][0][0], TURNED_WIDTH, TURNED_HEIGHT,
                                    TURNED_WIDTH * 3};
    struct bytes jpeg = {NULL, 0}, png = {NULL, 0}, webp = {NULL, 0};
    assert_int_equal(ocv_encode_bgr(image, ".jpg", append, &jpeg, NULL), OCV_OK);
    assert_int_equal(ocv_encode_bgr(image, ".png", append, &png, NULL), OCV_OK);
    assert_int_equal(ocv_encode_bgr(image, ".webp", append, &webp, NULL), OCV_OK);
    for (int orientation = 1; orientation <= 8; orientation++) {
        for (int other = 0; other < 2; other++) {
            write_exif(exif, (uint8_t)orientation, other);
            expect_turned(jpeg_with_exif(jpeg, exif, other), orientation, "JPEG");
            expect_turned(png_with_exif(png, exif, other), orientation, "PNG");
            expect_turned(webp_with_exif(webp, exif, other), orientation, "WebP");
        }
    }
    write_exif(exif, 9, false); /* there is no such orientation */
    expect_turned(webp_with_exif(webp, exif, true), 1, "WebP");
    write_exif(exif, 6, false);
    struct bytes short_one = webp_with_exif(webp, exif, true);
    short_one.data[short_one.size - EXIF_SIZE - 4] = 16; /* bytes that the chunk has: too few */
    expect_turned(short_one, 1, "WebP");
    exif[14] = 200; /* more entries than there is room for: but the one that counts is there */
    expect_turned(webp_with_exif(webp, exif, true), 6, "WebP");
    free(jpeg.data);
    free(png.data);
    free(webp.data);
}

/* ---- What viewers open all the same -------------------------------------------------------------
 */

static void expect_noted(struct bytes file, bool noted, const char *what)
{
    struct ocv_picture *picture = NULL;
    struct error error = {.text = ""};
    if (ocv_picture_decode(&picture, file.data, file.size, &error) != OCV_OK)
        fail_msg("%s: %s", what, error.text);
    if ((ocv_picture_note(picture) != NULL) != noted)
        fail_msg("%s: %s", what, noted ? "not said" : "said for nothing");
    ocv_picture_close(&picture);
}

static void test_jpeg_ends_as_viewers_take_them(void **state)
{
    (void)state;
    static const char trailer[] = "\xFF\x01SEFH\0\0\1\xFF\xC4\0\2maker\xFF\xC8\0\0SEFT";
    struct bytes jpeg = encoded(97, 61, ".jpg"), file = {NULL, 0};
    expect_noted(jpeg, false, "whole");
    append(&file, jpeg.data, jpeg.size);
    append(&file, trailer, sizeof trailer);
    expect_noted(file, false, "with a trailer");
    expect_noted((struct bytes){jpeg.data, jpeg.size - 2}, true, "without its end marker");
    file.size = jpeg.size - 2;
    append(&file, trailer, sizeof trailer);
    expect_noted(file, true, "with a trailer in place of its end marker");
    struct ocv_picture *picture = NULL;
    for (size_t missing = 40; missing < jpeg.size - 2; missing += 40)
        assert_int_equal(ocv_picture_decode(&picture, jpeg.data, jpeg.size - missing, NULL),
                         OCV_CANNOT);
    free(file.data);
    free(jpeg.data);
}

static void test_other_formats_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *name, *advice;
    } files[] = {
        {"GIF89a\1\0\1\0", 10, "a GIF", "--video"},
        {"\0\0\0\x18"
         "ftypheic\0\0\0\0mif1",
         20, "a HEIC picture", "heif-convert"},
        {"\0\0\0\x18"
         "ftypmif1\0\0\0\0heic",
         20, "a HEIC picture", "heif-convert"},
        {"\0\0\0\x18"
         "ftypavif\0\0\0\0mif1",
         20, "an AVIF picture", "avifdec"},
        {"\xFF\x0A\0\0\0\0\0\0\0\0\0\0", 12, "a JPEG XL picture", "djxl"},
        {"\0\0\0\x0CJXL \r\n\x87\n", 12, "a JPEG XL picture", "djxl"},
        {"RIFF\x20\0\0\0WEBPVP8X\x0A\0\0\0\2\0\0\0\1\0\0\1\0\0ANIM", 34, "an animated WebP", "PNG"},
        {"\0\0\0\x18"
         "ftypisom\0\0\0\0mp42",
         20, "a film", "--video"},
        {"RIFF\0\0\0\0AVI LIST", 16, "a film", "--video"},
        {"%PDF-1.4\n", 9, "a PDF document", "export"},
        {"\0\0\0\x18"
         "ftyphevx\0\0\0\0mif1",
         20, "a HEIC picture", "heif-convert"},
        {"<?xml version='1.0'?><svg/>", 27, "a drawing in SVG", "export it as PNG"},
        {"\x76\x2F\x31\x01\2\0\0\0", 8, "an OpenEXR picture", "PNG"},
        {"\0\0\1\0\1\0\x10\x10", 8, "an icon", "PNG"},
        {"\0\0\0\x18"
         "ftypmsf1\0\0\0\0hevc",
         20, "a HEIC picture", "heif-convert"},
        {"\0\0\0\x18"
         "ftypcrx \0\0\0\1crx ",
         20, "a camera's raw picture", "darktable-cli"},
        {"FUJIFILMCCD-RAW 0201", 20, "a camera's raw picture", "darktable-cli"},
        {"IIU\0\x18\0\0\0", 8, "a camera's raw picture", "darktable-cli"},
        {"8BPS\0\1\0\0", 8, "a Photoshop file", "export it as PNG"},
        {"\x1A\x45\xDF\xA3\x9F\x42\x86\x81", 8, "a film", "--video"},
        {"IIRO\b\0\0\0", 8, "a camera's raw picture", "darktable-cli"},
        {"II*\0\x10\0\0\0CR\2\0", 12, "a camera's raw picture", "darktable-cli"},
        {"<svg xmlns='http://www.w3.org/2000/svg'/>", 41, "a drawing in SVG", "export it as PNG"},
        {"Dear reader, this is a letter.", 30, "no picture of a kind", "PNG or JPEG"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        refuse_by_header(files[i].bytes, files[i].size, files[i].name);
        refuse_by_header(files[i].bytes, files[i].size, files[i].advice);
    }
}

/* ---- Plain files, which OpenCV is not asked for ------------------------------------------------
 */

enum { PLAIN_WIDTH = 97, PLAIN_HEIGHT = 61 };

static bool is_plain(struct bytes file)
{
    static uint8_t pixels[PLAIN_WIDTH * PLAIN_HEIGHT * 3];
    return plain_picture_decode(file.data, file.size, pixels, PLAIN_WIDTH, PLAIN_HEIGHT);
}

/* `jpeg` with bytes that belong to nothing, over which libjpeg goes with a warning. */
static struct bytes with_stray_bytes(struct bytes jpeg)
{
    struct bytes file = {NULL, 0};
    const size_t at = 4 + ((size_t)jpeg.data[4] << 8 | jpeg.data[5]); /* behind the first segment */
    append(&file, jpeg.data, at);
    append(&file, "\0", 2);
    append(&file, jpeg.data + at, jpeg.size - at);
    return file;
}

static void compare_with_opencv(struct bytes jpeg)
{
    struct bytes odd = with_stray_bytes(jpeg);
    struct ocv_picture *plain = NULL, *by_opencv = NULL;
    assert_true(is_plain(jpeg));
    assert_false(is_plain(odd));
    assert_int_equal(ocv_picture_decode(&plain, jpeg.data, jpeg.size, NULL), OCV_OK);
    assert_int_equal(ocv_picture_decode(&by_opencv, odd.data, odd.size, NULL), OCV_OK);
    const struct bgr_image a = ocv_picture_view(plain), b = ocv_picture_view(by_opencv);
    assert_int_equal(b.width, PLAIN_WIDTH);
    assert_int_equal(b.height, PLAIN_HEIGHT);
    assert_int_equal(largest_difference(a, b), 0);
    ocv_picture_close(&plain);
    ocv_picture_close(&by_opencv);
    free(odd.data);
}

static void test_plain_pictures_are_what_opencv_makes_of_them(void **state)
{
    (void)state;
    uint8_t grey[PLAIN_WIDTH * PLAIN_HEIGHT];
    for (int i = 0; i < PLAIN_WIDTH * PLAIN_HEIGHT; i++)
        grey[i] = (uint8_t)(i * i / 7);
    struct bytes colour = encoded(PLAIN_WIDTH, PLAIN_HEIGHT, ".jpg"), without = {NULL, 0};
    const struct grey_image image = {grey, PLAIN_WIDTH, PLAIN_HEIGHT, PLAIN_WIDTH};
    assert_int_equal(ocv_encode_grey(image, ".jpg", append, &without, NULL), OCV_OK);
    compare_with_opencv(colour);
    compare_with_opencv(without);
    struct bytes png = encoded(PLAIN_WIDTH, PLAIN_HEIGHT, ".png");
    assert_true(is_plain(png));
    free(png.data);
    free(colour.data);
    free(without.data);
}

static void test_what_is_not_plain(void **state)
{
    (void)state;
    struct bytes jpeg = encoded(PLAIN_WIDTH, PLAIN_HEIGHT, ".jpg");
    for (size_t size = 1; size < jpeg.size - 2; size += 7)
        assert_false(is_plain((struct bytes){jpeg.data, size}));
    struct bytes png = encoded(PLAIN_WIDTH, PLAIN_HEIGHT, ".png");
    for (size_t size = 1; size < png.size; size += 7)
        assert_false(is_plain((struct bytes){png.data, size}));
    png.data[png.size / 2] ^= 1;
    assert_false(is_plain(png));
    free(png.data);
    struct bytes other = encoded(PLAIN_WIDTH + 1, PLAIN_HEIGHT, ".jpg");
    assert_false(is_plain(other));
    free(other.data);
    free(jpeg.data);
}

static void test_damaged_pictures_are_refused(void **state)
{
    (void)state;
    refuse_picture((const uint8_t *)"", 0);
    refuse_picture((const uint8_t *)"this is a text, not a picture\n", 30);
    static const char *const extensions[] = {".png", ".jpg", ".bmp"};
    for (int i = 0; i < 3; i++) {
        struct bytes file = encoded(64, 64, extensions[i]);
        refuse_picture(file.data, file.size / 2);
        refuse_picture(file.data, 20);
        refuse_picture(file.data, 2);
        free(file.data);
    }
}

/* A BMP file's header for a picture that is not there. */
static void bmp_header(uint8_t header[54], uint32_t width, uint32_t height)
{
    memset(header, 0, 54);
    memcpy(header, "BM", 2);
    header[10] = 54;
    header[14] = 40;
    for (int i = 0; i < 4; i++) {
        header[18 + i] = (uint8_t)(width >> 8 * i);
        header[22 + i] = (uint8_t)(height >> 8 * i);
    }
    header[26] = 1;
    header[28] = 24;
}

/* A height below 0 says that the rows run downwards. */
static void test_bmp_rows_run_both_ways(void **state)
{
    (void)state;
    enum { WIDTH = 4, HEIGHT = 2, ROW = 3 * WIDTH };
    for (int downwards = 0; downwards < 2; downwards++) {
        uint8_t file[54 + HEIGHT * ROW];
        struct ocv_picture *picture = NULL;
        struct error error = {.text = ""};
        bmp_header(file, WIDTH, downwards ? (uint32_t)-HEIGHT : HEIGHT);
        memset(file + 54, 10, ROW);
        memset(file + 54 + ROW, 20, ROW);
        if (ocv_picture_decode(&picture, file, sizeof file, &error) != OCV_OK)
            fail_msg("%s", error.text);
        struct bgr_image view = ocv_picture_view(picture);
        assert_true(view.width == WIDTH && view.height == HEIGHT);
        assert_int_equal(view.pixels[0], downwards ? 10 : 20);
        ocv_picture_close(&picture);
    }
}

static void test_huge_headers(void **state)
{
    (void)state;
    uint8_t header[54];
    bmp_header(header, 0x7FFFFFFF, 0x7FFFFFFF);
    refuse_picture(header, sizeof header);
    bmp_header(header, 1000000, 1000000);
    refuse_picture(header, sizeof header);
    bmp_header(header, 0, 0);
    refuse_picture(header, sizeof header);
}

/* A sound picture of 400 megapixels in 50 MB: it would take 1.2 GB. */
static void test_pictures_too_large_are_not_decoded(void **state)
{
    (void)state;
    enum { SIDE = 20000, SIZE = 15 + SIDE * SIDE / 8 };
    struct rusage usage;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        uint8_t *bytes = calloc(SIZE, 1);
        struct ocv_picture *picture = NULL;
        struct error error;
        memcpy(bytes, "P4\n20000 20000\n", 15);
        _exit(ocv_picture_decode(&picture, bytes, SIZE, &error) == OCV_CANNOT &&
                      strstr(error.text, "20000x20000 is more than 110 megapixels")
                  ? 0
                  : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    assert_in_range(usage.ru_maxrss, 1, 400 * 1024); /* KiB */
}

/* By nothing but what their headers say. */
static void test_sizes_are_read_from_headers(void **state)
{
    (void)state;
    static const char jpeg[] = "\xFF\xD8\xFF\xE0\0\4ab\xFF\xC2\0\21\10\xC3\x50\x27\x10\3"
                               "abcdefghi\xFF\xD9";
    static const char png[] = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x27\x10\0\0\xC3\x50\10";
    static const char webp[] = "RIFF\30\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\xFF\xFF\0\xFF\xFF\0";
    static const char tiff[] =
        "MM\0*\0\0\0\10\0\2\1\0\0\4\0\0\0\1\0\0\xC3\x50\1\1\0\3\0\0\0\1\x27\x10\0\0";
    static const char jp2[] = "\0\0\0\14jP  "
                              "\r\n\x87\n\0\0\0\0jp2c\xFF\x4F\xFF\x51\0\x2F\0\0\0\0\x27\x20\0\0\xC3"
                              "\x60\0\0\0\20\0\0\0\20";
    static const char pnm[] = "P6 #\n# 1 1\n 10000\t50000 255\n";
#define REFUSED(bytes, size) refuse_by_header(bytes, sizeof bytes - 1, size " is more than 110")
    REFUSED(jpeg, "10000x50000");
    REFUSED(png, "10000x50000");
    REFUSED(webp, "65536x65536");
    REFUSED(tiff, "50000x10000");
    REFUSED(jp2, "10000x50000");
    REFUSED(pnm, "10000x50000");
    /* Formats that hardly anybody has, and whose sizes nobody checks. */
    static const char radiance[] = "#?RADIANCE\n\n-Y 1 +X 1\n", sun[] = "\x59\xA6\x6A\x95\0\0\0\1",
                      pam[] = "P7\nHEIGHT 1\nWIDTH 1\nENDHDR\n";
    refuse_by_header(radiance, sizeof radiance - 1, "a Radiance picture, which is not read here");
    refuse_by_header(sun, sizeof sun - 1, "a Sun raster, which is not read here");
    refuse_by_header(pam, sizeof pam - 1, "a PAM picture, which is not read here");
    /* What OpenCV hands to libraries that open further files is not a picture here. */
    static const char nitf[] = "NITF02.10", dicom[] = "\0\0\0\0DICM", exr[] = "\x76\x2f\x31\x01";
    refuse_by_header(nitf, sizeof nitf - 1, "damaged, or no picture");
    refuse_by_header(dicom, sizeof dicom - 1, "damaged, or no picture");
    refuse_by_header(exr, sizeof exr - 1, "an OpenEXR picture");
}

static void test_memory_that_runs_out(void **state)
{
    (void)state;
    if (SANITIZED) {
        print_message("no limit on memory under this sanitizer\n");
        skip();
    }
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {1 << 29, 1 << 29};
        uint8_t header[54];
        struct ocv_picture *picture = NULL;
        struct error error = {.text = ""};
        bmp_header(header, 10400, 10400);
        const int limited = setrlimit(RLIMIT_AS, &limit);
        const enum ocv_code code = ocv_picture_decode(&picture, header, sizeof header, &error);
        _exit(limited == 0 && code == OCV_NO_MEMORY && error.code == ERROR_NO_MEMORY ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int refuse(void *context, const void *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return -1;
}

static void test_encoding_that_fails(void **state)
{
    (void)state;
    uint8_t pixel[3] = {1, 2, 3};
    const struct bgr_image image = {pixel, 1, 1, 3};
    struct bytes file = {NULL, 0};
    struct error error = {.text = ""};
    assert_int_equal(ocv_encode_bgr(image, ".txt", append, &file, &error), OCV_CANNOT);
    assert_non_null(strstr(error.text, ".txt"));
    assert_int_equal(ocv_encode_bgr(image, "", append, &file, NULL), OCV_CANNOT);
    assert_null(file.data);
    assert_int_equal(ocv_encode_bgr(image, ".png", refuse, NULL, &error), OCV_CANNOT);
    assert_int_equal(ocv_can_encode(".png"), 1);
    assert_int_equal(ocv_can_encode(".JPG"), 1);
    assert_int_equal(ocv_can_encode(".txt"), 0);
    assert_int_equal(ocv_can_encode(""), 0);
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
    for (int i = 0; i < to_width * to_height && width >= 2 * to_width; i++)
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

/* ---- Video --------------------------------------------------------------------------------- */

enum { VIDEO_FRAMES = 12 };

static const struct ocv_patience patient;
static const struct ocv_sound silent;

/* Frame i is the made-up picture seen through a window that wanders by 2 pixels a frame. */
static struct bgr_image window(struct bgr_image wide, int width, int i)
{
    return (struct bgr_image){wide.pixels + i * 6, width, wide.height, wide.stride};
}

static void write_video(const char *path, int width, int height)
{
    uint8_t *memory;
    const struct bgr_image wide = made_up(width + 2 * VIDEO_FRAMES, height, 0, &memory);
    struct ocv_writer *writer = NULL;
    assert_int_equal(ocv_writer_open(&writer, path, width, height, 12.5, silent, NULL), OCV_OK);
    for (int i = 0; i < VIDEO_FRAMES; i++)
        assert_int_equal(ocv_writer_write(writer, window(wide, width, i), i / 12.5, 1 / 12.5, NULL),
                         OCV_OK);
    struct error error = {.text = ""};
    assert_int_equal(ocv_writer_close(&writer, 1, &error), OCV_OK);
    assert_null(writer);
    assert_int_equal(ocv_writer_close(&writer, 1, NULL), OCV_OK);
    free(memory);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The newest frame's colours; free .pixels through `memory`. */
static struct bgr_image shown(const struct ocv_video *video, uint8_t **memory)
{
    const struct ocv_shot shot = ocv_video_shot(video);
    const size_t stride = (size_t)shot.picture.width * 3;
    *memory = malloc(stride * (size_t)shot.picture.height);
    assert_non_null(*memory);
    assert_int_equal(ocv_image_to_bgr(&shot.picture, *memory, stride, NULL), OCV_OK);
    return (struct bgr_image){*memory, shot.picture.width, shot.picture.height, stride};
}

/* How far the newest frame's grey lies from that of these colours, in the mean. */
static double grey_distance(const struct ocv_video *video, struct bgr_image expected)
{
    const struct ocv_shot shot = ocv_video_shot(video);
    const size_t width = (size_t)shot.picture.width, height = (size_t)shot.picture.height;
    double sum = 0;
    uint8_t *grey = malloc(width * height);
    assert_non_null(grey);
    assert_int_equal(ocv_image_to_grey(&shot.picture, grey, width, NULL), OCV_OK);
    for (int y = 0; y < expected.height; y++)
        for (int x = 0; x < expected.width; x++) {
            const uint8_t *bgr = at(expected, x, y);
            sum += fabs(grey[(size_t)y * width + (size_t)x] -
                        (0.114 * bgr[0] + 0.587 * bgr[1] + 0.299 * bgr[2]));
        }
    free(grey);
    return sum / expected.width / expected.height;
}

static void video_round_trip(const char *path, int width, int height)
{
    write_video(path, width, height);
    uint8_t *memory, *copy;
    const struct bgr_image wide = made_up(width + 2 * VIDEO_FRAMES, height, 0, &memory);
    struct ocv_video *video = NULL;
    assert_int_equal(ocv_video_open(&video, path, patient, NULL), OCV_OK);
    assert_null(ocv_video_shot(video).picture.planes[0]);
    assert_true(fabs(ocv_video_fps(video) - 12.5) < 0.01);
    assert_int_equal(ocv_video_frame_count(video), VIDEO_FRAMES);
    for (int i = 0; i < VIDEO_FRAMES; i++) {
        const double before = now();
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        assert_true(ocv_video_shot(video).grabbed >= before &&
                    ocv_video_shot(video).grabbed <= now());
        const struct bgr_image view = shown(video, &copy);
        assert_int_equal(view.width, width + width % 2);
        assert_int_equal(view.height, height + height % 2);
        const struct bgr_image inside = {view.pixels, width, height, view.stride};
        assert_in_range(largest_difference(window(wide, width, i), inside), 0, 40);
        assert_true(grey_distance(video, window(wide, width, i)) < 2);
        free(copy);
    }
    struct error error = {.text = ""};
    assert_int_equal(ocv_video_read(video, &error), OCV_END);
    assert_int_equal(error.code, ERROR_OTHER);
    assert_int_equal(ocv_video_read(video, NULL), OCV_END);
    ocv_video_close(&video);
    assert_null(video);
    ocv_video_close(&video);
    free(memory);
    unlink(path);
}

static void test_videos_come_back(void **state)
{
    (void)state;
    const int here = open(".", O_RDONLY);
    assert_true(here >= 0);
    assert_int_equal(chdir(folder), 0); /* a colon is special only in a relative path */
    video_round_trip("even.mp4", 96, 64);
    video_round_trip("even.mkv", 96, 64);
    video_round_trip("even.AVI", 96, 64);
    video_round_trip("wide.mp4", 1280, 64); /* BT.709 */
    video_round_trip("wide.avi", 1280, 64);
    video_round_trip("odd.mp4", 33, 17);
    video_round_trip("odd.mkv", 33, 17);
    video_round_trip("odd.avi", 33, 17);
    video_round_trip("pixel.mp4", 1, 1);
    video_round_trip("http:colon.mp4", 32, 32);
    assert_int_equal(fchdir(here), 0);
    close(here);
}

/* Gives the video of `file` a display matrix {a, b, c, d} and looks at the first frame, which is
 * 96x64 as stored: the pixel that must stand at (4, 4) is the one stored at (x, y). */
static void turn_and_compare(struct bytes file, const int matrix[4], int width, int x, int y)
{
    char path[256];
    size_t header = 0; /* of the track: its matrix stands 44 bytes after its name */
    while (header + 80 < file.size && memcmp(file.data + header, "tkhd", 4) != 0)
        header++;
    assert_true(header + 80 < file.size);
    uint8_t bytes[36] = {[32] = 0x40};
    for (int i = 0; i < 4; i++) {
        bytes[(i + i / 2) * 4] = matrix[i] < 0 ? 0xFF : 0;
        bytes[(i + i / 2) * 4 + 1] = (uint8_t)matrix[i];
    }
    memcpy(file.data + header + 44, bytes, sizeof bytes);
    write_file(in_folder(path, "turned.mp4"), file.data, file.size);
    struct ocv_video *video = NULL;
    assert_int_equal(ocv_video_open(&video, path, patient, NULL), OCV_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
    uint8_t *memory;
    const struct bgr_image view = shown(video, &memory);
    assert_int_equal(view.width, width);
    assert_int_equal(view.height, 96 + 64 - width);
    for (int c = 0; c < 3; c++)
        assert_true(abs(at(view, 4, 4)[c] - smooth(x + 4, y, c)) < 25);
    free(memory);
    ocv_video_close(&video);
    unlink(path);
}

static void test_video_rotation_is_honoured(void **state)
{
    (void)state;
    char path[256];
    write_video(in_folder(path, "stored.mp4"), 96, 64);
    struct bytes file = read_file(path);
    turn_and_compare(file, (const int[]){1, 0, 0, 1}, 96, 4, 4);
    turn_and_compare(file, (const int[]){0, 1, -1, 0}, 64, 4, 59);
    turn_and_compare(file, (const int[]){-1, 0, 0, -1}, 96, 91, 59);
    turn_and_compare(file, (const int[]){0, -1, 1, 0}, 64, 91, 4);
    /* Mirrored, as front cameras write. */
    turn_and_compare(file, (const int[]){-1, 0, 0, 1}, 96, 91, 4);
    turn_and_compare(file, (const int[]){1, 0, 0, -1}, 96, 4, 59);
    turn_and_compare(file, (const int[]){0, 1, 1, 0}, 64, 4, 4);
    turn_and_compare(file, (const int[]){0, -1, -1, 0}, 64, 91, 59);
    free(file.data);
    unlink(path);
}

static void refuse_writer(const char *path, int width, const char *hint)
{
    struct ocv_writer *writer = NULL;
    struct error error = {.text = ""};
    assert_int_equal(ocv_writer_open(&writer, path, width, 16, 25, silent, &error), OCV_CANNOT);
    assert_null(writer);
    assert_non_null(strstr(error.text, hint));
    assert_int_not_equal(access(path, F_OK), 0);
}

/* That frames of other sizes were fitted into a film is noted once. */
static void test_other_sizes_are_noted_once(void **state)
{
    (void)state;
    char path[256];
    uint8_t *memory;
    struct bgr_image wide = made_up(64, 48, 0, &memory), high = wide;
    struct ocv_writer *writer = NULL;
    high.width = 32;
    in_folder(path, "sizes.mkv");
    assert_int_equal(ocv_writer_open(&writer, path, 64, 48, 25, silent, NULL), OCV_OK);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(ocv_writer_write(writer, i % 2 ? high : wide, i / 25.0, 1 / 25.0, NULL),
                         OCV_OK);
        if (i == 0)
            assert_null(ocv_writer_note(writer));
        else
            assert_string_equal(ocv_writer_note(writer),
                                "frames of another size than 64x48 are fitted into it");
    }
    assert_int_equal(ocv_writer_close(&writer, 1, NULL), OCV_OK);
    assert_int_equal(remove(path), 0);
    free(memory);
}

static void test_videos_that_cannot_be_written(void **state)
{
    (void)state;
    char path[256];
    refuse_writer(in_folder(path, "film.txt"), 16, ".mp4, .mkv, .webm, .avi or .gif");
    refuse_writer(in_folder(path, "film"), 16, ".mp4, .mkv, .webm, .avi or .gif");
    refuse_writer(in_folder(path, "missing/film.mp4"), 16, "No such file");
    refuse_writer(in_folder(path, "film.mp4"), 100000, "size");
    struct ocv_writer *writer = NULL;
    assert_int_equal(ocv_writer_open(&writer, path, 16, 16, 0, silent, NULL), OCV_FAILED);
}

static void refuse_video(const char *path, const char *hint)
{
    struct ocv_video *video = NULL;
    struct error error = {.text = ""};
    assert_int_equal(ocv_video_open(&video, path, patient, &error), OCV_CANNOT);
    assert_null(video);
    assert_non_null(strstr(error.text, hint));
}

static void test_videos_that_cannot_be_read(void **state)
{
    (void)state;
    char path[256];
    refuse_video(in_folder(path, "missing.mp4"), "No such file");
    refuse_video(folder, "directory");
    write_file(in_folder(path, "text.mp4"), "this is a text\n", 15);
    refuse_video(path, "not a video");
    write_file(path, "", 0);
    refuse_video(path, "not a video");
    write_video(in_folder(path, "text.mp4"), 96, 64);
    struct bytes file = read_file(path);
    write_file(path, file.data, 200);
    refuse_video(path, "not a video");
    free(file.data);
    unlink(path);
}

static void refuse_camera(const char *id)
{
    struct ocv_video *video = NULL;
    struct error error = {.text = ""};
    assert_int_equal(ocv_camera_open(&video, id, 1280, 720, 30, patient, &error), OCV_CANNOT);
    assert_null(video);
    assert_true(strlen(error.text) > 10);
}

/* That is free: what was opened has been closed. */
static int lowest_descriptor(void)
{
    const int found = dup(STDERR_FILENO);
    assert_true(found >= 0);
    close(found);
    return found;
}

/* Containers of which nothing, or not much, can be shown: those that end within a part are cut, by
 * the sizes that they state; the others are damaged. Between the beginning and the end there may be
 * more bytes than are searched. */
static void expect_cut(bool cut, const void *begin, size_t size, size_t between, const char *end,
                       size_t end_size)
{
    char path[256];
    struct bytes file = {NULL, 0}, filling = {calloc(between + 1, 1), between};
    struct ocv_video *video = NULL;
    struct error error = {.text = ""};
    append(&file, begin, size);
    append(&file, filling.data, filling.size);
    append(&file, end, end_size);
    write_file(in_folder(path, "part"), file.data, file.size);
    const int next = lowest_descriptor();
    bool told;
    if (ocv_video_open(&video, path, patient, &error) == OCV_OK) {
        while (ocv_video_read(video, NULL) == OCV_OK)
            continue;
        told = ocv_video_losses(video).cut;
        ocv_video_close(&video);
    } else {
        told = strstr(error.text, "ends too early") != NULL;
    }
    if (told != cut)
        fail_msg("%.20s", error.text);
    assert_int_equal(lowest_descriptor(), next);
    unlink(path);
    free(filling.data);
    free(file.data);
}

#define ENDS(cut, text) expect_cut(cut, text, sizeof text - 1, 0, "", 0)
#define ENDS_FAR(cut, begin, between, end)                                                         \
    expect_cut(cut, begin, sizeof begin - 1, between, end, sizeof end - 1)

static void test_boxes_that_are_cut(void **state)
{
    (void)state;
#define FTYP "\0\0\0\20ftypisom\0\0\0\0"
#define MOOF "\0\0\0\x09moof."
    /* What the first one may be; their ends; sizes of 64 bits */
    ENDS(true, FTYP "\0\0\0\x09mdat");
    ENDS(false, FTYP "\0\0\0\x08mdat");
    ENDS(true, "\0\0\0\x20mdat....");
    ENDS(true, "\0\0\0\x08wide\0\0\0\x20mdat....");
    ENDS(true, "\0\0\0\40free....");
    ENDS(true, "\0\0\0\x20skip....");
    ENDS(false, FTYP "\0\0\0\x01mdat\0\0\0\0\0\0\0\x18........");
    ENDS(true, FTYP "\0\0\0\x01mdat\0\0\0\0\0\0\0\x19........");
    ENDS(false, FTYP "\0\0\0\x01mdat\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF........");
    /* What follows the last box: no part of a whole film, damage between fragments, unless it is
     * what a file system filled up */
    ENDS(false, FTYP "\0\0\0\x08mdat\0\0\0\x03........");
    ENDS(true, FTYP MOOF "\0\0\0\x08mdat\0\0\0\x03........");
    ENDS(true, FTYP MOOF "\0\0\0\x08mdat\0\0\0\x03\0\0\0\0\0\0\0\0");
    ENDS(true, FTYP MOOF "\0\0\0\x01mdat\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0");
    ENDS(true, FTYP MOOF "\0\0\0\x08mdat\0\0\0\0............");
    ENDS(true, FTYP MOOF "\0\0\0\x08mdat\0\0\0\0\0\0\0\0\0.......");
    ENDS(false, FTYP MOOF "\0\0\0\x08mdat\0\0\0\0....\0\0\0\0\0\0\0\0");
    ENDS(false, FTYP MOOF "\0\0\0\x08mdat\0\0\0\0\0\0\0\0\0\0\0\0");
}

static void test_elements_and_chunks_that_are_cut(void **state)
{
    (void)state;
#define EBML "\x1A\x45\xDF\xA3\x80"
    /* Elements, also those of which the size is not known yet */
    ENDS(false, EBML "\x18\x53\x80\x67\x82..");
    ENDS(true, EBML "\x18\x53\x80\x67\x83..");
    ENDS(false, EBML "\x18\x53\x80\x67\x40\x02..");
    ENDS(true, EBML "\x18\x53\x80\x67\x40\x03..");
    ENDS(false, EBML "\x18\x53\x80\x67\x01\0\0\0\0\0\0\x02..");
    ENDS(true, EBML "\x18\x53\x80\x67\x01\0\0\0\0\0\0\x03..");
    ENDS(false, EBML "\x18\x53\x80\x67\xFF\xEC\x81.");
    ENDS(true, EBML "\x18\x53\x80\x67\xFF\xEC\x82.");
    ENDS(false, EBML "\x18\x53\x80\x67\x82..\0.");
    /* Chunks, which a recorder that was killed left at 0 */
    ENDS(true, "RIFF\x05\0\0\0AVI ");
    ENDS(false, "RIFF\x04\0\0\0AVI ");
    ENDS(false, "RIFF\0\0\0\0AVI ");
    ENDS(false, "RIFF\x04\0\0\0AVI RIFF\x04\0\0\0AVIX");
    ENDS(true, "RIFF\x04\0\0\0AVI RIFF\x05\0\0\0AVIX");
    ENDS_FAR(false, "RIFF\4\1\0\0AVI ", 256, "");
    ENDS_FAR(true, "RIFF\5\1\0\0AVI ", 256, "");
}

static void test_asf_that_is_cut(void **state)
{
    (void)state;
#define ASF        "\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\0\xAA\0\x62\xCE\x6C"
#define PROPERTIES "\xA1\xDC\xAB\x8C\x47\xA9\xCF\x11\x8E\xE4\0\xC0\x0C\x20\x53\x65"
#define ZEROS_16   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define FACTS(size, flags)                                                                         \
    PROPERTIES "\x68\0\0\0\0\0\0\0" ZEROS_16 size "\0\0\0\0\0\0\0" ZEROS_16 ZEROS_16               \
               "\0\0\0\0\0\0\0\0" flags "\0\0\0............"
    /* The size of the whole file, unless it was broadcast: 134 bytes are there */
    ENDS(true, ASF "\x86\0\0\0\0\0\0\0\1\0\0\0\1\2" FACTS("\x87", "\2"));
    ENDS(false, ASF "\x86\0\0\0\0\0\0\0\1\0\0\0\1\2" FACTS("\x86", "\2"));
    ENDS(false, ASF "\x86\0\0\0\0\0\0\0\1\0\0\0\1\2" FACTS("\x87", "\3"));
    /* Behind an object of another kind, one of no size, one that is too long, and the header */
    ENDS(true,
         ASF "\x9E\0\0\0\0\0\0\0\1\0\0\0\1\2" ZEROS_16 "\x18\0\0\0\0\0\0\0" FACTS("\xFF", "\2"));
    ENDS(false,
         ASF "\xFF\0\0\0\0\0\0\0\1\0\0\0\1\2" ZEROS_16 "\0\0\0\0\0\0\0\0" FACTS("\xFF", "\2"));
    ENDS(false, ASF "\xFF\0\0\0\0\0\0\0\1\0\0\0\1\2" ZEROS_16 ZEROS_16);
    ENDS(false, ASF "\x1E\0\0\0\0\0\0\0\1\0\0\0\1\2" FACTS("\xFF", "\2"));
}

static void test_pictures_in_a_row_that_are_cut(void **state)
{
    (void)state;
#define GIF "GIF89a\1\0\1\0\0\0\0"
    ENDS(false, GIF ";");
    ENDS(false, GIF ";\0\0\0");
    ENDS(true, GIF);
    ENDS(true, GIF ";,");
    ENDS(true, GIF ";,\0\0");
    struct bytes jpeg = encoded(32, 32, ".jpg");
    expect_cut(false, jpeg.data, jpeg.size, 0, "", 0);
    expect_cut(false, jpeg.data, jpeg.size, 0, "\r\n\r\n", 4);
    expect_cut(true, jpeg.data, jpeg.size, 0, "\r\n\xFF\xD8\xFF", 5);
    expect_cut(true, jpeg.data, jpeg.size, 0, "\xFF\xD8\xFF\r\n", 5);
    free(jpeg.data);
    ENDS(true, "\xFF\xD8\xFF");
    ENDS(false, "\xFF\xD8\xFF\xD9");
}

static void test_packets_that_are_cut(void **state)
{
    (void)state;
    /* Those of broadcasts are of one size, and marked; with a time before each, the mark follows */
    static const size_t sizes[] = {188, 192, 204};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        enum { PACKETS = 4 };
        char packets[PACKETS * 204 + 1] = "";
        for (size_t packet = 0; packet < PACKETS; packet++)
            packets[packet * sizes[i] + (sizes[i] == 192 ? 4 : 0)] = 'G';
        expect_cut(false, packets, PACKETS * sizes[i], 0, "", 0);
        expect_cut(true, packets, PACKETS * sizes[i], 0, "G", 1);
        packets[(PACKETS - 1) * sizes[i] + (sizes[i] == 192 ? 4 : 0)] = 'g';
        expect_cut(false, packets, PACKETS * sizes[i], 0, "G", 1);
    }
    /* Packets of a broadcast's multiplex, and the pack before them */
#define PACK "\0\0\1\xBA\x44\0\4\0\4\1\0\3"
    ENDS(true, "\0\0\1\xBA\x44\0\4\0");
    ENDS(true, "\0\0\1\xBA\x44\0\4\0\4\1\0");
    ENDS(false, PACK);
    ENDS(true, PACK "\0\0\1\xE0\0\5....");
    ENDS(false, PACK "\0\0\1\xE0\0\4....");
    ENDS(true, PACK "\0\0\1\xBB\0\5....");
    ENDS(false, PACK "\0\0\1\xE0\0\5....\0\0\1\xB9");
    ENDS(true, PACK "\0\0\1\xE0\0\5.\0\0\1");
    ENDS(true, PACK "\0\0\1\xE0\0\5\0\0\1\xB8");
    ENDS_FAR(true, PACK, 70000, "\0\0\1\xE0\0\5....");
    ENDS_FAR(false, PACK, 70000, "\0\0\1\xE0\0\4....");
    ENDS_FAR(false, PACK, 70000, ".");
    /* A page: the sizes of its segments */
#define PAGE "OggS\0\2" ZEROS_16 "\0\0\0\0\2"
    ENDS(false, PAGE "\2\3.....");
    ENDS(true, PAGE "\2\3....");
    ENDS(true, PAGE "\2\3....." PAGE "\2\3....");
    ENDS(true, PAGE "\2");
    ENDS_FAR(true, PAGE, 70000, PAGE "\2\3....");
    ENDS_FAR(false, PAGE, 70000, PAGE "\2\3.....");
    ENDS_FAR(false, PAGE "\2\3....", 70000, "");
}

static void test_cameras_that_are_not_there(void **state)
{
    (void)state;
    refuse_camera("97");
    refuse_camera("99999999999999999999");
    refuse_camera("/dev/video97");
    refuse_camera("/dev/null");
    refuse_camera(folder);
    refuse_camera("");
    refuse_camera("rtsp://127.0.0.1:1/none");
    refuse_camera("http://127.0.0.1:1/none");
}

/* ---- Haar detection ------------------------------------------------------------------------ */

static const struct ocv_detection usual = {1.1, 5, 0, 0};

static const char *find_cascade(void)
{
    static const char *const paths[] = {"/usr/share/opencv4/" CASCADE_NAME,
                                        "/usr/local/share/opencv4/" CASCADE_NAME,
                                        "/opt/homebrew/share/opencv4/" CASCADE_NAME};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (access(paths[i], R_OK) == 0)
            return paths[i];
    }
    print_message("no Haar cascade; install opencv-data\n");
    skip();
    return NULL;
}

static struct ocv_detector *open_detector(void)
{
    struct ocv_detector *detector = NULL;
    assert_int_equal(ocv_detector_open(&detector, find_cascade(), NULL), OCV_OK);
    return detector;
}

static void test_no_face_in_blank_pictures(void **state)
{
    (void)state;
    struct ocv_detector *detector = open_detector();
    static uint8_t pixels[240 * 320];
    memset(pixels, 90, sizeof pixels);
    static const int sides[][2] = {{320, 240}, {24, 24}, {10, 10}, {320, 1}, {1, 1}};
    for (int i = 0; i < 5; i++) {
        const struct grey_image image = {pixels, sides[i][0], sides[i][1], 320};
        struct box boxes[4];
        int count = -1;
        assert_int_equal(ocv_detector_detect(detector, image, &usual, NULL, boxes, 4, &count, NULL),
                         OCV_OK);
        assert_int_equal(count, 0);
    }
    const struct ocv_detection wrong = {1.0, 5, 0, 0};
    const struct grey_image image = {pixels, 320, 240, 320};
    struct box boxes[1];
    int count = -1;
    struct error error = {.text = ""};
    assert_int_equal(ocv_detector_detect(detector, image, &wrong, NULL, boxes, 1, &count, &error),
                     OCV_FAILED);
    assert_int_equal(count, -1);
    ocv_detector_close(&detector);
    assert_null(detector);
    ocv_detector_close(&detector);
}

static void refuse_cascade(const char *path)
{
    struct ocv_detector *detector = NULL;
    struct error error = {.text = ""};
    assert_int_equal(ocv_detector_open(&detector, path, &error), OCV_CANNOT);
    assert_null(detector);
    assert_true(strlen(error.text) > 10);
    assert_null(strchr(error.text, '\n'));
}

static void test_cascades_that_are_none(void **state)
{
    (void)state;
    static const char other[] =
        "<?xml version=\"1.0\"?>\n<opencv_storage><a>1</a></opencv_storage>";
    char path[256];
    refuse_cascade(in_folder(path, "missing.xml"));
    refuse_cascade(folder);
    in_folder(path, "cascade.xml");
    write_file(path, "", 0);
    refuse_cascade(path);
    write_file(path, "not a cascade\n", 14);
    refuse_cascade(path);
    write_file(path, other, sizeof other - 1);
    refuse_cascade(path);
    unlink(path);
}

/* Writes `text` with the first `old` behind `where` replaced by `new`. */
static void write_replaced(const char *path, const char *text, const char *where, const char *old,
                           const char *new)
{
    const char *from = strstr(text, where);
    const char *place = from ? strstr(from, old) : NULL;
    if (!place)
        fail_msg("no %s behind %s", old, where);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(text, 1, (size_t)(place - text), file);
    fputs(new, file);
    fputs(place + strlen(old), file);
    assert_int_equal(fclose(file), 0);
}

/* OpenCV would follow these numbers wherever they lead. */
static void test_cascades_that_lie(void **state)
{
    (void)state;
    static const struct {
        const char *where, *old, *new;
    } cases[] = {
        {"<internalNodes>", "0 -1 0 ", "0 -1 99999999 "},
        {"<internalNodes>", "0 -1 0 ", "0 -1 -1 "},
        {"<internalNodes>", "0 -1 0 ", "0 -1 .5 "},
        {"<internalNodes>", "0 -1 0 ", "0 -2 0 "},
        {"<internalNodes>", "0 -1 0 ", "1 -1 0 "},
        {"<internalNodes>", "0 -1 0 ", "0 -1 "},
        {"<internalNodes>", "0 -1 0 ", ""},
        {"<leafValues>", "</leafValues>", " 1.</leafValues>"},
        {"<rects>", "6 4 12 9 ", "16 4 12 9 "},
        {"<rects>", "6 4 12 9 ", "6 4 12 99999999 "},
        {"<rects>", "6 4 12 9 ", "-6 4 12 9 "},
        {"<rects>", "6 4 12 9 ", "6 4 12 "},
        {"<rects>", "</rects>", "<_>1 1 1 1 1.</_><_>1 1 1 1 1.</_></rects>"},
        {"<cascade", "<height>24<", "<height>2000000000<"},
        {"<cascade", "<width>24<", "<width>0<"},
        {"<cascade", "<maxCatCount>0<", "<maxCatCount>256<"},
        {"<cascade", ">HAAR<", ">LBP<"},
    };
    char path[256];
    struct ocv_detector *detector = NULL;
    FILE *file = fopen(find_cascade(), "rb");
    char *text = calloc(1 << 21, 1);
    assert_non_null(file);
    assert_non_null(text);
    assert_in_range(fread(text, 1, (1 << 21) - 1, file), 100000, (1 << 21) - 2);
    fclose(file);
    in_folder(path, "cascade.xml");
    write_replaced(path, text, "<cascade", "<cascade", "<cascade");
    assert_int_equal(ocv_detector_open(&detector, path, NULL), OCV_OK);
    ocv_detector_close(&detector);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_replaced(path, text, cases[i].where, cases[i].old, cases[i].new);
        refuse_cascade(path);
    }
    for (const char *const *name = (const char *const[]){"<a>", "<_>", NULL}; *name; name++) {
        enum { DEEP = 200000 }; /* more than a stack holds */
        static const char head[] = "<?xml version=\"1.0\"?>\n<opencv_storage><a>";
        const size_t length = strlen(*name);
        char *deep = malloc(sizeof head + DEEP * length);
        assert_non_null(deep);
        memcpy(deep, head, sizeof head - 1);
        for (size_t i = 0; i < DEEP; i++)
            memcpy(deep + sizeof head - 1 + i * length, *name, length);
        write_file(path, deep, sizeof head - 1 + DEEP * length);
        free(deep);
        refuse_cascade(path);
    }
    free(text);
    unlink(path);
}

/* A node leads to nodes that stand behind it and to leaves, never back: OpenCV would go round for
 * ever. */
static void test_trees_that_lead_back(void **state)
{
    (void)state;
    static const char sound[] = "1 2 0 .1 2 -1 0 0. -2 -3 0 0.";
    static const char before[] =
        "<?xml version=\"1.0\"?><opencv_storage><cascade><stageType>BOOST</stageType>"
        "<featureType>HAAR</featureType><height>8</height><width>8</width><stageParams>"
        "<maxWeakCount>1</maxWeakCount></stageParams><featureParams><maxCatCount>0</maxCatCount>"
        "</featureParams><stageNum>1</stageNum><stages><_><maxWeakCount>1</maxWeakCount>"
        "<stageThreshold>-1.</stageThreshold><weakClassifiers><_><internalNodes>";
    static const char after[] =
        "</internalNodes><leafValues>1. -1. .5 .2</leafValues></_></weakClassifiers></_></stages>"
        "<features><_><rects><_>0 0 8 8 -1.</_><_>0 2 8 4 2.</_></rects><tilted>0</tilted></_>"
        "</features></cascade></opencv_storage>";
    static const char *const unsound[] = {
        "1 2 0 .1 1 -1 0 0. -2 -3 0 0.",  /* to itself */
        "1 2 0 .1 2 1 0 0. -2 -3 0 0.",   /* to itself, on the other side */
        "1 2 0 .1 2 -1 0 0. 1 -3 0 0.",   /* to the one before */
        "1 2 0 .1 2 -1 0 0. -2 2 0 0.",   /* to itself, at the end */
        "1 2 0 .1 2 -1 0 0. -2 3 0 0.",   /* to the node behind the last */
        "1 2 0 .1 2 -1 0 0. -2 -4 0 0.",  /* to the leaf behind the last */
        "1 2 0 .1 2 -1 1 0. -2 -3 0 0.",  /* to the feature behind the last */
        "1 2 0 .1 2 -1 -1 0. -2 -3 0 0.", /* before the first */
    };
    char path[256], text[2048];
    struct ocv_detector *detector = NULL;
    in_folder(path, "cascade.xml");
    snprintf(text, sizeof text, "%s%s%s", before, sound, after);
    write_file(path, text, strlen(text));
    assert_int_equal(ocv_detector_open(&detector, path, NULL), OCV_OK);
    ocv_detector_close(&detector);
    for (size_t i = 0; i < sizeof unsound / sizeof *unsound; i++) {
        snprintf(text, sizeof text, "%s%s%s", before, unsound[i], after);
        write_file(path, text, strlen(text));
        refuse_cascade(path);
    }
    unlink(path);
}

/* ---- Silence ------------------------------------------------------------------------------- */

static void provoke_messages(void)
{
    test_damaged_pictures_are_refused(NULL);
    test_huge_headers(NULL);
    struct bytes jpeg = encoded(64, 64, ".jpg"); /* decodes with a warning */
    memset(jpeg.data + jpeg.size - 100, 0x55, 90);
    struct ocv_picture *picture = NULL;
    assert_int_equal(ocv_picture_decode(&picture, jpeg.data, jpeg.size, NULL), OCV_OK);
    ocv_picture_close(&picture);
    free(jpeg.data);
    test_videos_that_cannot_be_read(NULL);
    test_videos_that_cannot_be_written(NULL);
    test_cameras_that_are_not_there(NULL);
    test_cascades_that_are_none(NULL);
}

static void test_libraries_print_nothing(void **state)
{
    (void)state;
    char path[256];
    const int kept_out = dup(STDOUT_FILENO), kept_err = dup(STDERR_FILENO);
    const int file = open(in_folder(path, "printed"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(kept_out >= 0 && kept_err >= 0 && file >= 0);
    fflush(NULL);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    provoke_messages();
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

/* ---- Real pictures ------------------------------------------------------------------------- */

static const char *real(const char *path)
{
    if (access(path, R_OK) != 0) {
        print_message("%s is not there\n", path);
        skip();
    }
    return path;
}

static void test_faces_in_a_photograph(void **state)
{
    (void)state;
    struct bytes file = read_file(real(DATASETS "/clips/solvay-1927.jpg"));
    struct ocv_detector *detector = open_detector();
    struct ocv_picture *picture = NULL;
    assert_int_equal(ocv_picture_decode(&picture, file.data, file.size, NULL), OCV_OK);
    const struct bgr_image view = ocv_picture_view(picture);
    uint8_t *grey = malloc((size_t)view.width * (size_t)view.height);
    assert_non_null(grey);
    assert_int_equal(ocv_bgr_to_grey(view, grey, (size_t)view.width, NULL), OCV_OK);
    const struct grey_image image = {grey, view.width, view.height, (size_t)view.width};
    struct box boxes[64];
    int count = 0;
    assert_int_equal(ocv_detector_detect(detector, image, &usual, NULL, boxes, 64, &count, NULL),
                     OCV_OK);
    assert_in_range(count, 5, 64);
    for (int i = 1; i < count; i++)
        assert_true(boxes[i].width * boxes[i].height <= boxes[i - 1].width * boxes[i - 1].height);
    struct box largest[2];
    int two = 0;
    assert_int_equal(ocv_detector_detect(detector, image, &usual, NULL, largest, 2, &two, NULL),
                     OCV_OK);
    assert_int_equal(two, 2);
    assert_memory_equal(largest, boxes, sizeof largest);
    free(grey);
    ocv_picture_close(&picture);
    ocv_detector_close(&detector);
    free(file.data);
}

static void test_every_frame_of_a_clip(void **state)
{
    (void)state;
    struct ocv_video *video = NULL;
    assert_int_equal(ocv_video_open(&video, real(DATASETS "/clips/one-face.mp4"), patient, NULL),
                     OCV_OK);
    const long stated = ocv_video_frame_count(video);
    assert_true(stated > 10);
    long frames = 0;
    while (ocv_video_read(video, NULL) == OCV_OK)
        frames++;
    assert_true(labs(frames - stated) <= 2);
    ocv_video_close(&video);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    ocv_setup(2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_pictures_come_back),
        cmocka_unit_test(test_grey_pictures_become_colour),
        cmocka_unit_test(test_deep_and_transparent_pictures),
        cmocka_unit_test(test_exif_orientation_is_honoured),
        cmocka_unit_test(test_jpeg_ends_as_viewers_take_them),
        cmocka_unit_test(test_other_formats_are_named),
        cmocka_unit_test(test_plain_pictures_are_what_opencv_makes_of_them),
        cmocka_unit_test(test_what_is_not_plain),
        cmocka_unit_test(test_damaged_pictures_are_refused),
        cmocka_unit_test(test_bmp_rows_run_both_ways),
        cmocka_unit_test(test_huge_headers),
        cmocka_unit_test(test_pictures_too_large_are_not_decoded),
        cmocka_unit_test(test_sizes_are_read_from_headers),
        cmocka_unit_test(test_memory_that_runs_out),
        cmocka_unit_test(test_encoding_that_fails),
        cmocka_unit_test(test_grey_is_the_weighted_sum),
        cmocka_unit_test(test_luma_and_chroma_are_grey_and_colours),
        cmocka_unit_test(test_resize_averages_or_interpolates),
        cmocka_unit_test(test_shrink_averages),
        cmocka_unit_test(test_to_screen),
        cmocka_unit_test(test_pad_repeats_the_edge),
        cmocka_unit_test(test_warp_follows_the_map_and_repeats_the_edge),
        cmocka_unit_test(test_jpeg_loses_more_at_lower_quality),
        cmocka_unit_test(test_exceptions_become_codes),
        cmocka_unit_test(test_videos_come_back),
        cmocka_unit_test(test_video_rotation_is_honoured),
        cmocka_unit_test(test_other_sizes_are_noted_once),
        cmocka_unit_test(test_videos_that_cannot_be_written),
        cmocka_unit_test(test_videos_that_cannot_be_read),
        cmocka_unit_test(test_boxes_that_are_cut),
        cmocka_unit_test(test_elements_and_chunks_that_are_cut),
        cmocka_unit_test(test_asf_that_is_cut),
        cmocka_unit_test(test_pictures_in_a_row_that_are_cut),
        cmocka_unit_test(test_packets_that_are_cut),
        cmocka_unit_test(test_cameras_that_are_not_there),
        cmocka_unit_test(test_no_face_in_blank_pictures),
        cmocka_unit_test(test_cascades_that_are_none),
        cmocka_unit_test(test_cascades_that_lie),
        cmocka_unit_test(test_trees_that_lead_back),
        cmocka_unit_test(test_libraries_print_nothing),
        cmocka_unit_test(test_faces_in_a_photograph),
        cmocka_unit_test(test_every_frame_of_a_clip),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
