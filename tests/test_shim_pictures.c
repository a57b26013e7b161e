/* Still pictures: decoded, encoded, refused. */
#include "plain_picture.h"
#include "shim_testing.h"

#include <limits.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <zlib.h>

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

/* ---- Orientation ----------------------------------------------------------------------------- */

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
            struct bytes turned = jpeg_with_exif(jpeg, exif, other);
            expect_turned(with_stray_bytes(turned), orientation, "JPEG, by OpenCV");
            free(turned.data);
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

/* ---- What viewers open all the same ---------------------------------------------------------- */

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
    /* A byte of the pixels that looks like the beginning of a marker, right before the last one. */
    file.size = 0;
    append(&file, jpeg.data, jpeg.size - 2);
    append(&file, "\xFF\0\xFF\xD9", 4);
    expect_noted(file, false, "with a zero byte before its end marker");
    /* What a segment holds, such as a smaller picture, does not end this one. */
    file.size = 2;
    append(&file, "\xFF\xE1\0\6ab\xFF\xD9\xFF\xE2\0\6\xFF\xD9\xFF\xD9", 16);
    append(&file, jpeg.data + 2, jpeg.size - 2);
    expect_noted(file, false, "with segments");
    file.size -= 2;
    expect_noted(file, true, "with segments, without its end marker");
    free(file.data);
    free(jpeg.data);
}

/* Which they are, and by which bytes, is tested in test_picture_header. */
static void test_other_formats_are_named(void **state)
{
    (void)state;
    refuse_by_header("GIF89a\1\0\1\0", 10, "a GIF, which is read as a film; name it with --video");
    refuse_by_header("#?RADIANCE\n\n-Y 1 +X 1\n", 23, "a Radiance picture, which is not supported");
    refuse_by_header("Dear reader, this is a letter.", 30,
                     "damaged, or not a picture of a supported format; convert it to PNG or JPEG");
}

/* ---- Plain files, which OpenCV is not asked for ---------------------------------------------- */

enum { PLAIN_WIDTH = 97, PLAIN_HEIGHT = 61 };

static bool is_plain(struct bytes file)
{
    static uint8_t pixels[PLAIN_WIDTH * PLAIN_HEIGHT * 3];
    return plain_picture_decode(file.data, file.size, pixels, PLAIN_WIDTH, PLAIN_HEIGHT);
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

static void put_chunk(struct bytes *png, const char *name, struct bytes content)
{
    struct bytes chunk = {NULL, 0};
    append(&chunk, name, 4);
    append(&chunk, content.data, content.size);
    append_number(png, (uint32_t)content.size, 4, false);
    append(png, chunk.data, chunk.size);
    append_number(png, (uint32_t)crc32(0, chunk.data, (unsigned)chunk.size), 4, false);
    free(chunk.data);
}

struct png_kind {
    uint8_t depth, colours; /* as the header has them */
    bool interlaced, see_through, plain;
};

/* Bytes of the rows, each with one that says how it is filtered; of the seven passes of Adam7, if
 * it is interlaced. */
static size_t size_of_rows(struct png_kind kind, int width, int height)
{
    static const int channels[] = {1, 0, 3, 1, 2, 0, 4};
    static const int passes[][4] = {{0, 0, 1, 1}, {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8},
                                    {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    size_t size = 0;
    for (int i = kind.interlaced ? 1 : 0; i < (kind.interlaced ? 8 : 1); i++) {
        const int columns = (width - passes[i][0] + passes[i][2] - 1) / passes[i][2];
        const int rows = (height - passes[i][1] + passes[i][3] - 1) / passes[i][3];
        size += (size_t)(rows * (1 + (columns * channels[kind.colours] * kind.depth + 7) / 8));
    }
    return size;
}

/* A black picture. */
static struct bytes made_png(struct png_kind kind, int width, int height)
{
    const size_t size = size_of_rows(kind, width, height);
    uint8_t *const rows = calloc(size, 1);
    uLongf length = compressBound(size);
    struct bytes png = {NULL, 0}, header = {NULL, 0}, data = {malloc(length), 0};
    assert_true(rows && data.data);
    assert_int_equal(compress(data.data, &length, rows, size), Z_OK);
    data.size = length;
    append(&png, "\x89PNG\r\n\x1A\n", 8);
    append_number(&header, (uint32_t)width, 4, false);
    append_number(&header, (uint32_t)height, 4, false);
    append(&header, (const uint8_t[]){kind.depth, kind.colours, 0, 0, kind.interlaced}, 5);
    put_chunk(&png, "IHDR", header);
    if (kind.colours == 3)
        put_chunk(&png, "PLTE", (struct bytes){rows, 3});
    if (kind.see_through)
        put_chunk(&png, "tRNS", (struct bytes){rows, kind.colours == 2 ? 6 : 2});
    put_chunk(&png, "IDAT", data);
    put_chunk(&png, "IEND", (struct bytes){rows, 0});
    free(header.data);
    free(data.data);
    free(rows);
    return png;
}

static void test_which_png_files_are_plain(void **state)
{
    (void)state;
    static const struct png_kind kinds[] = {
        {8, 0, false, false, true},   {8, 2, false, false, true},  {4, 0, false, false, false},
        {16, 0, false, false, false}, {8, 0, true, false, false},  {8, 0, false, true, false},
        {16, 2, false, false, false}, {8, 2, true, false, false},  {8, 2, false, true, false},
        {8, 3, false, false, false},  {8, 4, false, false, false}, {8, 6, false, false, false}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct bytes png = made_png(kinds[i], PLAIN_WIDTH, PLAIN_HEIGHT);
        struct ocv_picture *picture = NULL;
        if (is_plain(png) != kinds[i].plain)
            fail_msg("kind %zu: %s", i, kinds[i].plain ? "not plain" : "plain");
        assert_int_equal(ocv_picture_decode(&picture, png.data, png.size, NULL), OCV_OK);
        const struct bgr_image view = ocv_picture_view(picture);
        assert_true(view.width == PLAIN_WIDTH && view.height == PLAIN_HEIGHT);
        ocv_picture_close(&picture);
        free(png.data);
    }
    for (int i = 1; i < 4; i++) { /* of another size than is asked for */
        const int width = PLAIN_WIDTH + i % 2, height = PLAIN_HEIGHT + i / 2;
        struct bytes png = made_png(kinds[1], width, height), jpeg = encoded(width, height, ".jpg");
        assert_false(is_plain(png));
        assert_false(is_plain(jpeg));
        free(png.data);
        free(jpeg.data);
    }
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
    refuse_by_header("", 0, "empty; try one that an image viewer opens");
    refuse_by_header("\xFF", 1, "damaged, or not a picture");
    refuse_by_header("\xFF\xD8", 2, "the end is missing");
    refuse_by_header("\xFF\xD8\xFF", 3, "the end is missing");
    refuse_by_header("x\xD8yz", 4, "damaged, or not a picture");
    refuse_by_header("\xFFxyz", 4, "damaged, or not a picture");
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

/* By nothing but what its header says: the largest picture, and sizes that are one too large. */
static void test_sizes_are_limited_by_headers(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height;
        const char *said;
    } sizes[] = {
        {11000, 10000, "damaged, or not a picture of a supported format"},
        {11001, 10000, "11001x10000 is more than 110 megapixels; make it smaller first"},
        {110000001, 1, "110000001x1 is more than 110 megapixels; make it smaller first"},
        {11000, 10001, "11000x10001 is more than 110 megapixels; make it smaller first"},
        {0x7FFFFFFF, 0x7FFFFFFF, "2147483647x2147483647 is more than 110 megapixels"},
        {0, 1, "damaged, or not a picture of a supported format"},
        {1, 0, "damaged, or not a picture of a supported format"},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t header[54];
        bmp_header(header, sizes[i].width, sizes[i].height);
        refuse_by_header(header, sizeof header, sizes[i].said);
    }
}

/* Pages that are never touched. */
static void test_two_gigabytes_are_too_large(void **state)
{
    (void)state;
    const size_t most = (size_t)INT_MAX - 2;
    const int zeros = open("/dev/zero", O_RDONLY);
    uint8_t *bytes = mmap(NULL, most + 1, PROT_READ, MAP_PRIVATE, zeros, 0);
    close(zeros);
    if (bytes == MAP_FAILED) {
        print_message("no room for two gigabytes\n");
        skip();
    }
    refuse_by_header(bytes, most, "damaged, or not a picture of a supported format");
    refuse_by_header(bytes, most + 1, "larger than 2 GiB; try a smaller one");
    assert_int_equal(munmap(bytes, most + 1), 0);
}

/* The most memory that the process has had, KiB; 0 where Linux does not say. */
static long peak(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long kib = 0;
    while (status && kib == 0 && fgets(line, sizeof line, status))
        if (strncmp(line, "VmPeak:", 7) == 0)
            kib = strtol(line + 7, NULL, 10);
    if (status)
        fclose(status);
    return kib;
}

/* libpng would set aside what a chunk states to hold. */
static void test_chunks_set_no_memory_aside(void **state)
{
    (void)state;
    static const uint8_t chunk[] = {0x70, 0, 0, 0, 'e', 'X', 'I', 'f', 'M', 'M', 0, 42};
    struct bytes png = encoded(61, 47, ".png"), file = {NULL, 0};
    append(&file, png.data, 33);
    append(&file, chunk, sizeof chunk);
    append(&file, png.data + 33, png.size - 33);
    const long before = peak();
    refuse_picture(file.data, file.size);
    assert_in_range(peak() - before, 0, 1024 * 1024);
    free(png.data);
    free(file.data);
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
}

static void test_libraries_print_nothing(void **state)
{
    (void)state;
    expect_silence(provoke_messages);
}

int main(void)
{
    ocv_setup(2);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pictures_come_back),
        cmocka_unit_test(test_grey_pictures_become_colour),
        cmocka_unit_test(test_deep_and_transparent_pictures),
        cmocka_unit_test(test_exif_orientation_is_honoured),
        cmocka_unit_test(test_jpeg_ends_as_viewers_take_them),
        cmocka_unit_test(test_other_formats_are_named),
        cmocka_unit_test(test_plain_pictures_are_what_opencv_makes_of_them),
        cmocka_unit_test(test_which_png_files_are_plain),
        cmocka_unit_test(test_what_is_not_plain),
        cmocka_unit_test(test_damaged_pictures_are_refused),
        cmocka_unit_test(test_bmp_rows_run_both_ways),
        cmocka_unit_test(test_huge_headers),
        cmocka_unit_test(test_pictures_too_large_are_not_decoded),
        cmocka_unit_test(test_sizes_are_limited_by_headers),
        cmocka_unit_test(test_two_gigabytes_are_too_large),
        cmocka_unit_test(test_chunks_set_no_memory_aside),
        cmocka_unit_test(test_memory_that_runs_out),
        cmocka_unit_test(test_encoding_that_fails),
        cmocka_unit_test(test_libraries_print_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
