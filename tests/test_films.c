#define _XOPEN_SOURCE 700 /* S_ISVTX */ /* NOLINT: names of this kind are POSIX's to give */
/* Films as they are read and copied, made here in Matroska: when each picture is shown, pixels that
 * are not square, what is lost; and the sound of a copy, sample by sample. */
#include "null_device.h"
#include "ocv.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIDE = 16, RATE = 48000, MS = RATE / 1000, PICTURE = 40 /* ms */ };

static char folder[] = "/tmp/test_films.XXXXXX", film_path[64], copy_path[64];

struct bytes {
    uint8_t *data;
    size_t size;
};

static int append(void *context, const void *bytes, size_t size)
{
    struct bytes *all = context;
    all->data = realloc(all->data, all->size + size + 1);
    assert_non_null(all->data);
    memcpy(all->data + all->size, bytes, size);
    all->size += size;
    return 0;
}

/* ---- Making films -------------------------------------------------------------------------- */

struct film {
    int rate, channels; /* of its sound; 0: it has none */
    struct bytes clusters;
    int width, height;             /* SIDE where they are 0 */
    int shown_width, shown_height; /* 0: the same */
    int seconds;                   /* that it is said to last; 0: not said */
    bool unsteady;                 /* how long each picture lasts is not said */
    bool yuyv;                     /* pictures in this form, not compressed */
    bool indexed;                  /* by an index, before its parts */
    uint32_t behind;               /* the end: bytes from there to what the index names */
};

static void put_big(struct bytes *to, uint32_t value, int width)
{
    while (width-- > 0)
        append(to, &(uint8_t){(uint8_t)(value >> 8 * width)}, 1);
}

/* An element of Matroska, whose content is given up. */
static void put(struct bytes *to, uint32_t id, struct bytes content)
{
    put_big(to, id, id > 0xFFFFFF ? 4 : id > 0xFFFF ? 3 : id > 0xFF ? 2 : 1);
    put_big(to, 0x10000000 | (uint32_t)content.size, 4);
    append(to, content.data, content.size);
    free(content.data);
}

static void put_number(struct bytes *to, uint32_t id, uint32_t value)
{
    struct bytes content = {NULL, 0};
    put_big(&content, value, 4);
    put(to, id, content);
}

static void put_float(struct bytes *to, uint32_t id, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(to, id, bits);
}

static void put_text(struct bytes *to, uint32_t id, const char *text)
{
    struct bytes content = {NULL, 0};
    append(&content, text, strlen(text));
    put(to, id, content);
}

/* What is shown (track 1) or heard (track 2) from this millisecond on. */
static void put_block(struct film *film, uint8_t track, int64_t ms, struct bytes content)
{
    struct bytes cluster = {NULL, 0}, time = {NULL, 0}, block = {NULL, 0};
    append(&block, (const uint8_t[]){0x80 | track, 0, 0, 0x80}, 4);
    append(&block, content.data, content.size);
    free(content.data);
    put_big(&time, (uint32_t)(ms >> 32), 4);
    put_big(&time, (uint32_t)ms, 4);
    put(&cluster, 0xE7, time);
    put(&cluster, 0xA3, block);
    put(&film->clusters, 0x1F43B675, cluster);
}

static void put_grey(struct film *film, int64_t ms, uint8_t grey, bool coloured)
{
    const int width = film->width ? film->width : SIDE, height = film->height ? film->height : SIDE;
    const size_t size = (size_t)width * (size_t)height;
    struct bytes jpeg = {NULL, 0};
    uint8_t *pixels = malloc(size * 3);
    assert_non_null(pixels);
    memset(pixels, grey, size * 3);
    const struct bgr_image bgr = {pixels, width, height, (size_t)width * 3};
    const struct grey_image plain = {pixels, width, height, (size_t)width};
    assert_int_equal(coloured ? ocv_encode_bgr(bgr, ".jpg", append, &jpeg, NULL)
                              : ocv_encode_grey(plain, ".jpg", append, &jpeg, NULL),
                     OCV_OK);
    free(pixels);
    put_block(film, 1, ms, jpeg);
}

static void put_picture(struct film *film, int64_t ms)
{
    put_grey(film, ms, 100, true);
}

/* No two milliseconds sound alike, nor do two channels. */
static int16_t sample(int number, int channel)
{
    return (int16_t)(number * 7 % 20011 - 10000 + 101 * channel);
}

static void put_sound(struct film *film, int from_ms, int to_ms)
{
    struct bytes content = {NULL, 0};
    for (int i = from_ms * (film->rate / 1000); i < to_ms * (film->rate / 1000); i++)
        for (int channel = 0; channel < film->channels; channel++)
            append(&content, &(int16_t){sample(i, channel)}, 2);
    put_block(film, 2, from_ms, content);
}

/* As put_sound, in blocks of 20 ms. */
static void put_long_sound(struct film *film, int from_ms, int to_ms)
{
    for (int ms = from_ms; ms < to_ms; ms += 20)
        put_sound(film, ms, ms + 20);
}

/* Two points, of which FFmpeg wants no fewer. It ends with the second one's place in the segment,
 * which is filled in when the film is whole. */
static void put_index(struct bytes *segment)
{
    struct bytes index = {NULL, 0};
    for (uint32_t i = 0; i < 2; i++) {
        struct bytes point = {NULL, 0}, place = {NULL, 0};
        put_number(&place, 0xF7, 1);
        put_number(&place, 0xF1, 0);
        put_number(&point, 0xB3, i * 1000);
        put(&point, 0xB7, place);
        put(&index, 0xBB, point);
    }
    put(segment, 0x1C53BB6B, index);
}

static void write_film(struct film *film)
{
    struct bytes all = {NULL, 0}, head = {NULL, 0}, segment = {NULL, 0}, info = {NULL, 0};
    struct bytes tracks = {NULL, 0}, track[2] = {{NULL, 0}}, facts[2] = {{NULL, 0}};
    put_text(&head, 0x4282, "matroska");
    put(&all, 0x1A45DFA3, head);
    put_number(&info, 0x2AD7B1, 1000000); /* nanoseconds in a tick */
    if (film->seconds > 0)
        put_float(&info, 0x4489, (float)film->seconds * 1000);
    put(&segment, 0x1549A966, info);
    put_number(&facts[0], 0xB0, (uint32_t)(film->width ? film->width : SIDE));
    put_number(&facts[0], 0xBA, (uint32_t)(film->height ? film->height : SIDE));
    if (film->yuyv)
        put_text(&facts[0], 0x2EB524, "YUY2");
    if (film->shown_width > 0) {
        put_number(&facts[0], 0x54B0, (uint32_t)film->shown_width);
        put_number(&facts[0], 0x54BA, (uint32_t)film->shown_height);
    }
    if (film->channels > 0) {
        put_float(&facts[1], 0xB5, (float)film->rate);
        put_number(&facts[1], 0x9F, (uint32_t)film->channels);
        put_number(&facts[1], 0x6264, 16);
    }
    if (!film->unsteady)
        put_number(&track[0], 0x23E383, PICTURE * 1000000); /* that a picture lasts, nanoseconds */
    for (uint32_t i = 0; i < 2 && facts[i].data; i++) {
        put_number(&track[i], 0xD7, i + 1);
        put_number(&track[i], 0x73C5, i + 1);
        put_number(&track[i], 0x83, i + 1);
        put_text(&track[i], 0x86,
                 i == 1       ? "A_PCM/INT/LIT"
                 : film->yuyv ? "V_UNCOMPRESSED"
                              : "V_MJPEG");
        put(&track[i], i == 0 ? 0xE0 : 0xE1, facts[i]);
        put(&tracks, 0xAE, track[i]);
    }
    put(&segment, 0x1654AE6B, tracks);
    if (film->indexed)
        put_index(&segment);
    const size_t index_end = segment.size;
    append(&segment, film->clusters.data, film->clusters.size);
    for (int i = 1; film->indexed && i <= 4; i++)
        segment.data[index_end - (size_t)i] =
            (uint8_t)((segment.size + film->behind) >> 8 * (i - 1));
    free(film->clusters.data);
    film->clusters = (struct bytes){NULL, 0};
    put(&all, 0x18538067, segment);
    FILE *file = fopen(film_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(all.data, 1, all.size, file), all.size);
    assert_int_equal(fclose(file), 0);
    free(all.data);
}

/* ---- Reading them ---------------------------------------------------------------------------- */

static struct ocv_video *open_film(void)
{
    const struct ocv_patience patient = {NULL, NULL};
    struct ocv_video *video = NULL;
    struct error error = {.text = ""};
    if (ocv_video_open(&video, film_path, patient, &error) != OCV_OK)
        fail_msg("%s", error.text);
    return video;
}

struct moment {
    double time, duration;
};

/* The film is written, and its pictures are shown then, so long. */
static void expect_moments(struct film *film, const struct moment *moments)
{
    write_film(film);
    struct ocv_video *video = open_film();
    for (; moments->duration > 0; moments++) {
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        const struct ocv_shot shot = ocv_video_shot(video);
        if (fabs(shot.time - moments->time) > 1e-9 ||
            fabs(shot.duration - moments->duration) > 1e-9)
            fail_msg("at %g for %g, not at %g for %g", shot.time, shot.duration, moments->time,
                     moments->duration);
    }
    assert_int_equal(ocv_video_read(video, NULL), OCV_END);
    const struct ocv_losses losses = ocv_video_losses(video);
    assert_int_equal(losses.frames + losses.flawed + losses.damaged + losses.cut, 0);
    ocv_video_close(&video);
}

#define MOMENTS(film, ...) expect_moments(film, (const struct moment[]){__VA_ARGS__, {0, 0}})

/* What is lost of it. */
static struct ocv_losses read_all(int frames)
{
    struct ocv_video *video = open_film();
    for (int i = 0; i < frames; i++)
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
    assert_int_equal(ocv_video_read(video, NULL), OCV_END);
    const struct ocv_losses losses = ocv_video_losses(video);
    ocv_video_close(&video);
    return losses;
}

/* ---- Copying them -------------------------------------------------------------------------- */

static mode_t copy_mode = 0640;
static double copy_rate = 1000.0 / PICTURE; /* as stated; the pictures have their own times */

/* The copy as bytes: so many pictures, with the film's sound from `begin` seconds on. */
static struct bytes copy(const char *ending, double begin, int pictures, int whole)
{
    static const uint8_t pixels[SIDE * SIDE * 3];
    const struct bgr_image picture = {pixels, SIDE, SIDE, SIDE * 3};
    const struct ocv_sound sound = {film_path, begin};
    const double step = PICTURE / 1000.0;
    struct ocv_writer *writer = NULL;
    struct error error = {.text = ""};
    snprintf(copy_path, sizeof copy_path, "%s/copy.%s", folder, ending);
    if (ocv_writer_open(&writer, copy_path, SIDE, SIDE, copy_rate, sound, &error) != OCV_OK)
        fail_msg("%s", error.text);
    assert_null(ocv_writer_note(writer));
    for (int i = 0; i < pictures; i++)
        assert_int_equal(ocv_writer_write(writer, picture, i * step, step, NULL), OCV_OK);
    if (ocv_writer_close(&writer, whole, &error) != OCV_OK)
        fail_msg("%s", error.text);
    struct bytes all = {NULL, 0};
    uint8_t block[4096];
    FILE *file = fopen(copy_path, "rb");
    assert_non_null(file);
    for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;)
        append(&all, block, got);
    fclose(file);
    struct stat status;
    assert_int_equal(stat(copy_path, &status), 0);
    assert_int_equal(status.st_mode & 07777, copy_mode);
    unlink(copy_path);
    return all;
}

static uint32_t little(const uint8_t *at, int width)
{
    return width == 0 ? 0 : *at | little(at + 1, width - 1) << 8;
}

/* NULL: not there. */
static const uint8_t *find(struct bytes file, const char *mark)
{
    for (size_t i = 0; i + strlen(mark) <= file.size; i++)
        if (memcmp(file.data + i, mark, strlen(mark)) == 0)
            return file.data + i;
    return NULL;
}

/* What a copy as .avi sounds like. */
static struct bytes heard(double begin, int pictures, int whole, int channels)
{
    struct bytes file = copy("avi", begin, pictures, whole), sound = {NULL, 0};
    const uint8_t *format = find(file, "auds");
    assert_non_null(format);
    while (memcmp(format, "strf", 4) != 0)
        format++;
    assert_int_equal(little(format + 8, 2), 1); /* PCM */
    assert_int_equal(little(format + 10, 2), channels);
    assert_int_equal(little(format + 12, 4), RATE);
    assert_int_equal(little(format + 22, 2), 16);
    size_t at = (size_t)(find(file, "movi") - file.data) + 4;
    while (at + 8 <= file.size && memcmp(file.data + at, "idx1", 4) != 0) {
        const uint32_t size = little(file.data + at + 4, 4);
        if (memcmp(file.data + at, "01wb", 4) == 0)
            append(&sound, file.data + at + 8, size);
        at += 8 + size + size % 2;
    }
    free(file.data);
    return sound;
}

/* A part of a copy: so many milliseconds of the film from this one on, or silence. */
struct part {
    int from, length;
};
enum { SILENCE = -1 };

static void expect(struct bytes sound, int channels, const struct part *parts)
{
    int at = 0;
    for (; parts->length > 0; parts++)
        for (int i = 0; i < parts->length * MS; i++)
            for (int channel = 0; channel < channels; channel++, at++) {
                if ((size_t)at * 2 + 2 > sound.size)
                    fail_msg("ends after sample %d", at);
                const int16_t got = (int16_t)little(sound.data + at * 2, 2);
                const int16_t wanted =
                    parts->from == SILENCE ? 0 : sample(parts->from * MS + i, channel);
                if (got != wanted)
                    fail_msg("sample %d is %d, not %d", at, got, wanted);
            }
    assert_int_equal(sound.size, at * 2);
    free(sound.data);
}

#define EXPECT(sound, channels, ...)                                                               \
    expect(sound, channels, (const struct part[]){__VA_ARGS__, {0, 0}})

/* ---- When pictures are shown --------------------------------------------------------------- */

static void put_pictures(struct film *film, const int *moments)
{
    for (; *moments >= 0; moments++)
        put_picture(film, *moments);
}

#define PICTURES(film, ...) put_pictures(film, (const int[]){__VA_ARGS__, -1})

static void test_times(void **state)
{
    (void)state;
    struct film film = {.seconds = 0};
    /* From the first picture on; two at one time. */
    PICTURES(&film, 1000, 1040, 1200, 1200);
    MOMENTS(&film, {0, 0.04}, {0.04, 0.16}, {0.2, 1e-6}, {0.2, 0.04});
    /* A little back, which is nothing; and once far ahead, or back */
    PICTURES(&film, 0, 40, 80, 60, 120, 3700000, 200, 10, 280);
    MOMENTS(&film, {0, 0.04}, {0.04, 0.04}, {0.08, 1e-6}, {0.08, 0.04}, {0.12, 0.04}, {0.16, 0.04},
            {0.2, 0.04}, {0.24, 0.04}, {0.28, 0.04});
    /* A clock that is set */
    PICTURES(&film, 500, 540, 3700000, 3700040, 3700120);
    MOMENTS(&film, {0, 0.04}, {0.04, 0.04}, {0.08, 0.04}, {0.12, 0.08}, {0.2, 0.04});
    /* The last one as long as that before, where nothing says how long; or by the rate */
    film.unsteady = true;
    PICTURES(&film, 0, 40, 120);
    MOMENTS(&film, {0, 0.04}, {0.04, 0.08}, {0.12, 0.08});
    film.unsteady = false;
    PICTURES(&film, 0, 0);
    MOMENTS(&film, {0, 1e-6}, {0, 0.04});
    PICTURES(&film, 500, 540, 580, 0, 40, 80);
    MOMENTS(&film, {0, 0.04}, {0.04, 0.04}, {0.08, 0.04}, {0.12, 0.04}, {0.16, 0.04}, {0.2, 0.04});
}

/* The longest step is as long as the film says that it lasts, and at least 10 s. */
static void test_long_steps(void **state)
{
    (void)state;
    struct film film = {.seconds = 20};
    PICTURES(&film, 0, 40, 19500);
    MOMENTS(&film, {0, 0.04}, {0.04, 19.46}, {19.5, 0.04});
    PICTURES(&film, 0, 40, 20500, 120, 19960);
    MOMENTS(&film, {0, 0.04}, {0.04, 0.04}, {0.08, 0.04}, {0.12, 19.84}, {19.96, 0.04});
    film.seconds = 5;
    PICTURES(&film, 0, 9900);
    MOMENTS(&film, {0, 9.9}, {9.9, 0.04});
    PICTURES(&film, 0, 10100, 80);
    MOMENTS(&film, {0, 0.04}, {0.04, 0.04}, {0.08, 0.04});
}

/* ---- Pixels as they are shown -------------------------------------------------------------- */

static void test_pixels_are_square(void **state)
{
    (void)state;
    static const struct {
        int width, height, shown_width, shown_height, expected_width, expected_height;
    } cases[] = {
        {16, 16, 0, 0, 16, 16},           {16, 16, 32, 16, 32, 16},
        {16, 16, 16, 32, 16, 32},         {16, 16, 128, 16, 128, 16},
        {16, 16, 16, 128, 16, 128},                                  /* eight times are believed */
        {16, 16, 130, 16, 16, 16},        {16, 16, 16, 130, 16, 16}, /* more are not */
        {300, 16, 302, 16, 300, 16},      {300, 16, 304, 16, 304, 16}, /* what anybody might see */
        {16, 300, 16, 302, 16, 300},      {16, 300, 16, 304, 16, 304},
        {3000, 16, 24000, 16, 16384, 16}, {16, 3000, 16, 24000, 16, 16384},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct film film = {.width = cases[i].width,
                            .height = cases[i].height,
                            .shown_width = cases[i].shown_width,
                            .shown_height = cases[i].shown_height};
        put_picture(&film, 0);
        write_film(&film);
        struct ocv_video *video = open_film();
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        const struct image picture = ocv_video_shot(video).picture;
        if (picture.width != cases[i].expected_width || picture.height != cases[i].expected_height)
            fail_msg("row %zu: %dx%d", i, picture.width, picture.height);
        ocv_video_close(&video);
    }
}

static void test_grey_films(void **state)
{
    (void)state;
    for (int coloured = 0; coloured < 2; coloured++) {
        struct film film = {.seconds = 0};
        uint8_t bgr[SIDE * SIDE * 3];
        put_grey(&film, 0, 90, coloured);
        write_film(&film);
        struct ocv_video *video = open_film();
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        const struct image picture = ocv_video_shot(video).picture;
        assert_int_equal(ocv_image_to_bgr(&picture, bgr, SIDE * 3, NULL), OCV_OK);
        for (size_t i = 0; i < sizeof bgr; i++)
            assert_in_range(bgr[i], 88, 92);
        ocv_video_close(&video);
    }
}

/* Each picture as it is, and each at its time. */
static void test_pictures_change_within_a_film(void **state)
{
    (void)state;
    static const struct {
        int side;
        bool coloured;
    } pictures[] = {{SIDE, true},      {SIDE, true},  {2 * SIDE, true}, {2 * SIDE, false},
                    {2 * SIDE, false}, {SIDE, false}, {SIDE, true}};
    enum { COUNT = sizeof pictures / sizeof *pictures };
    struct film film = {.seconds = 0};
    for (int i = 0; i < COUNT; i++) {
        film.width = film.height = pictures[i].side;
        put_grey(&film, (int64_t)i * PICTURE, (uint8_t)(100 + i * 10), pictures[i].coloured);
    }
    write_film(&film);
    struct ocv_video *video = open_film();
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        const struct ocv_shot shot = ocv_video_shot(video);
        assert_int_equal(shot.picture.width, pictures[i].side);
        assert_int_equal(shot.picture.height, pictures[i].side);
        assert_in_range(shot.picture.planes[0][0], 98 + i * 10, 102 + i * 10);
        assert_true(fabs(shot.time - i * PICTURE / 1000.0) < 1e-9);
    }
    assert_int_equal(ocv_video_read(video, NULL), OCV_END);
    ocv_video_close(&video);
}

/* Shown as the camera wrote them. */
static void test_forms_that_are_kept(void **state)
{
    (void)state;
    struct film film = {.yuyv = true};
    struct bytes pixels = {NULL, 0};
    for (int i = 0; i < SIDE * SIDE * 2; i++)
        append(&pixels, &(uint8_t){(uint8_t)(100 + i % 50)}, 1);
    uint8_t expected[SIDE * SIDE * 2];
    memcpy(expected, pixels.data, sizeof expected);
    put_block(&film, 1, 0, pixels);
    write_film(&film);
    struct ocv_video *video = open_film();
    assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
    const struct image picture = ocv_video_shot(video).picture;
    assert_int_equal(picture.form, IMAGE_YUYV);
    for (size_t y = 0; y < SIDE; y++)
        assert_memory_equal(picture.planes[0] + y * picture.strides[0], expected + y * SIDE * 2,
                            SIDE * 2);
    ocv_video_close(&video);
}

/* A list of RIFF, whose content is given up; without a kind: a chunk. */
static void put_riff(struct bytes *to, const char *name, const char *kind, struct bytes content)
{
    const uint32_t size = (uint32_t)(strlen(kind) + content.size);
    append(to, name, 4);
    for (int i = 0; i < 4; i++)
        append(to, &(uint8_t){(uint8_t)(size >> 8 * i)}, 1);
    append(to, kind, strlen(kind));
    append(to, content.data, content.size);
    free(content.data);
}

/* AVI that is not compressed has its last row first, and rows of whole words. */
static void test_rows_that_run_upwards(void **state)
{
    (void)state;
    enum { WIDTH = 5, HEIGHT = 3, ROW = 16 };
    static const uint8_t main_header[56] = {[1] = 0x9C, [16] = 1, [24] = 1, WIDTH, [36] = HEIGHT};
    static const uint8_t stream_header[56] = {'v', 'i', 'd', 's', [20] = 1, [24] = 25, [32] = 1};
    static const uint8_t format[40] = {
        40, [4] = WIDTH, [8] = HEIGHT, [12] = 1, [14] = 24, [20] = ROW * HEIGHT};
    struct bytes stream = {NULL, 0}, header = {NULL, 0}, pixels = {NULL, 0}, frames = {NULL, 0},
                 all = {NULL, 0}, part = {NULL, 0}, file = {NULL, 0};
    append(&part, stream_header, sizeof stream_header);
    put_riff(&stream, "strh", "", part);
    part = (struct bytes){NULL, 0};
    append(&part, format, sizeof format);
    put_riff(&stream, "strf", "", part);
    part = (struct bytes){NULL, 0};
    append(&part, main_header, sizeof main_header);
    put_riff(&header, "avih", "", part);
    put_riff(&header, "LIST", "strl", stream);
    for (int i = 0; i < ROW * HEIGHT; i++)
        append(&pixels, &(uint8_t){(uint8_t)(5 * i)}, 1);
    put_riff(&frames, "00db", "", pixels);
    put_riff(&all, "LIST", "hdrl", header);
    put_riff(&all, "LIST", "movi", frames);
    put_riff(&file, "RIFF", "AVI ", all);
    FILE *to = fopen(film_path, "wb");
    assert_non_null(to);
    assert_int_equal(fwrite(file.data, 1, file.size, to), file.size);
    assert_int_equal(fclose(to), 0);
    free(file.data);

    struct ocv_video *video = open_film();
    assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
    const struct image picture = ocv_video_shot(video).picture;
    assert_int_equal(picture.form, IMAGE_BGR);
    assert_true(picture.width == WIDTH && picture.height == HEIGHT);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH * 3; x++)
            assert_int_equal(picture.planes[0][(size_t)y * picture.strides[0] + (size_t)x],
                             5 * ((HEIGHT - 1 - y) * ROW + x));
    ocv_video_close(&video);
}

/* ---- What is lost -------------------------------------------------------------------------- */

static void test_losses(void **state)
{
    (void)state;
    struct film film = {.seconds = 0};
    struct bytes garbage = {NULL, 0};
    append(&garbage, "garbage", 7);
    put_picture(&film, 0);
    put_block(&film, 1, 40, garbage);
    put_picture(&film, 80);
    write_film(&film);
    struct ocv_losses losses = read_all(2);
    assert_int_equal(losses.frames, 1);
    assert_int_equal(losses.flawed + losses.damaged + losses.cut, 0);
    assert_true(losses.stated == 0);
    struct ocv_video *video = open_film();
    assert_int_equal(ocv_video_frame_count(video), 0);
    ocv_video_close(&video);

    /* A film is cut where more is missing than a second, or one in a hundred, wherever its clock
     * begins. */
    static const struct {
        int seconds, first, last;
        bool cut;
    } cases[] = {{102, 100000, 101000, false}, {102, 100000, 100900, true}, {20, 0, 19000, false},
                 {20, 0, 18900, true},         {400, 0, 396500, false},     {400, 0, 395500, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        film.seconds = cases[i].seconds;
        PICTURES(&film, cases[i].first, cases[i].last);
        write_film(&film);
        losses = read_all(2);
        assert_int_equal(losses.cut, cases[i].cut);
        const double first = cases[i].first / 1000.0;
        assert_true(fabs(losses.stated - (film.seconds - first)) < 1e-6);
        assert_true(fabs(losses.read_until - (cases[i].last + PICTURE) / 1000.0 + first) < 1e-6);
    }
    video = open_film();
    assert_int_equal(ocv_video_frame_count(video), 400 * 1000 / PICTURE);
    assert_true(fabs(ocv_video_fps(video) - 1000.0 / PICTURE) < 1e-6);
    ocv_video_close(&video);

    /* Where its clock begins anew, the last picture counts. */
    film.seconds = 20;
    PICTURES(&film, 500, 540, 580, 0, 40, 80, 120);
    write_film(&film);
    losses = read_all(7);
    assert_int_equal(losses.cut, 1);
    assert_true(fabs(losses.read_until - 6 * PICTURE / 1000.0) < 1e-6);

    /* Where its index names what is not there any more. */
    film.seconds = 0;
    film.indexed = true;
    for (film.behind = 0; film.behind < 2; film.behind++) {
        PICTURES(&film, 0, 40);
        write_film(&film);
        assert_int_equal(read_all(2).cut, film.behind);
    }
    film.indexed = false;

    /* Within its last packet. */
    PICTURES(&film, 0, 40);
    write_film(&film);
    struct stat status;
    assert_int_equal(stat(film_path, &status), 0);
    assert_int_equal(truncate(film_path, status.st_size - 1), 0);
    video = open_film();
    while (ocv_video_read(video, NULL) == OCV_OK)
        continue;
    assert_int_equal(ocv_video_losses(video).cut, 1);
    ocv_video_close(&video);
}

/* A film that pauses has the rate at which each picture has a place of its own; one whose pictures
 * come at any time has none, and no absurd one. */
static void test_rates(void **state)
{
    (void)state;
    enum { COUNT = 50, PAUSE = 75 * PICTURE };
    for (int uneven = 0; uneven < 2; uneven++) {
        struct film film = {.unsteady = true};
        for (int i = 0; i < COUNT; i++)
            put_picture(&film, uneven ? i * i : i * PICTURE + (i < COUNT / 2 ? 0 : PAUSE));
        write_film(&film);
        struct ocv_video *video = open_film();
        assert_true(fabs(ocv_video_fps(video) - (uneven ? 0 : 1000.0 / PICTURE)) < 1e-6);
        ocv_video_close(&video);
    }
}

/* ---- What FFmpeg answers seldom ------------------------------------------------------------- */

/* FFmpeg's names for these errors are macros of its own headers. */
enum {
    NONE_YET = -EAGAIN,
    NO_MEMORY = -ENOMEM,
    UNPLUGGED = -ENODEV,
    END = -0x20464F45,
    INVALID = -0x41444E49,
    ENOUGH = -0x54495845
};

/* The first of these answers of the decoder becomes the second one, once. */
static struct {
    int from, to;
} answer;
static bool has_no_encoder, has_no_sticky_bit, keeps_modes;
static int asked_for_mode; /* so often, while it keeps them */

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __real_avcodec_receive_frame(void *decoder, void *frame);
int __wrap_avcodec_receive_frame(void *decoder, void *frame);
const void *__real_avcodec_find_encoder_by_name(const char *name);
const void *__wrap_avcodec_find_encoder_by_name(const char *name);

/* What FFmpeg logs as a frame is decoded, once. */
static struct {
    bool of_file;
    int level;
    const char *text;
    int number;
} said;
static void *opened; /* the file that was opened last */

void av_log(void *context, int level, const char *format, ...);

int __wrap_avcodec_receive_frame(void *decoder, void *frame)
{
    const int code = __real_avcodec_receive_frame(decoder, frame);
    if (said.text && code == 0) {
        av_log(said.of_file ? opened : decoder, said.level, said.text, said.number);
        said.text = NULL;
    }
    if (answer.to == 0 || code != answer.from)
        return code;
    const int changed = answer.to;
    answer.to = 0;
    return changed;
}

const void *__wrap_avcodec_find_encoder_by_name(const char *name)
{
    return has_no_encoder && strcmp(name, "aac") == 0 ? NULL
                                                      : __real_avcodec_find_encoder_by_name(name);
}

int __wrap_fchmod(int fd, mode_t mode)
{
    if (keeps_modes) {
        asked_for_mode++;
        return 0;
    }
    if (!has_no_sticky_bit || !(mode & S_ISVTX))
        return __real_fchmod(fd, mode);
    errno = EPERM;
    return -1;
}

static void test_what_ffmpeg_answers_seldom(void **state)
{
    (void)state;
    struct film film = {.rate = RATE, .channels = 1};
    PICTURES(&film, 0, 40, 80);
    put_block(&film, 2, 0, (struct bytes){calloc(MS, 200), MS * 200});
    write_film(&film);
    struct error error = {.text = ""};
    struct ocv_video *video = open_film();
    answer.from = 0, answer.to = NO_MEMORY;
    assert_int_equal(ocv_video_read(video, &error), OCV_NO_MEMORY);
    ocv_video_close(&video);

    answer.from = 0, answer.to = INVALID;
    struct ocv_losses losses = read_all(2);
    assert_int_equal(losses.frames, 1);
    assert_int_equal(losses.flawed + losses.damaged + losses.cut, 0);

    /* One that waits for more behind the end. */
    answer.from = END, answer.to = NONE_YET;
    assert_int_equal(read_all(3).frames, 0);
    assert_int_equal(answer.to, 0);

    has_no_encoder = true;
    struct ocv_writer *writer = NULL;
    snprintf(copy_path, sizeof copy_path, "%s/copy.mp4", folder);
    assert_int_equal(ocv_writer_open(&writer, copy_path, SIDE, SIDE, 25,
                                     (struct ocv_sound){film_path, 0}, &error),
                     OCV_CANNOT);
    assert_string_equal(error.text, "FFmpeg was built without aac; try .avi");
    has_no_encoder = false;
}

/* So many packets from here, this is answered in their place, so often. */
static struct {
    int after, code, times;
    int calls;
    int seconds; /* that each takes, by the clock of the shim */
} packets;

/* std::chrono::steady_clock::now(), nanoseconds. */
int64_t __real__ZNSt6chrono3_V212steady_clock3nowEv(void);
int64_t __wrap__ZNSt6chrono3_V212steady_clock3nowEv(void);

int64_t __wrap__ZNSt6chrono3_V212steady_clock3nowEv(void)
{
    return __real__ZNSt6chrono3_V212steady_clock3nowEv() +
           (int64_t)1000000000 * packets.seconds * packets.calls;
}

int __real_av_read_frame(void *film, void *packet);
int __wrap_av_read_frame(void *film, void *packet);

int __wrap_av_read_frame(void *film, void *packet)
{
    packets.calls++;
    if (packets.times == 0 || packets.after-- > 0)
        return __real_av_read_frame(film, packet);
    packets.after = 0;
    packets.times--;
    return packets.code;
}

/* What cannot be read is passed over, up to a hundred times in a row. Who has unplugged the camera,
 * or wants no more, does not wait for that. */
static void test_what_cannot_be_read(void **state)
{
    (void)state;
    enum { FOR_EVER = 1000000 };
    static const struct {
        int code, times, frames, calls; /* beside those that are answered by FFmpeg */
        bool cut;
    } rows[] = {
        {INVALID, 1, 3, 1, false},         {INVALID, 99, 3, 99, false},
        {INVALID, FOR_EVER, 1, 100, true}, {END, FOR_EVER, 1, 1, false},
        {UNPLUGGED, FOR_EVER, 1, 1, true}, {ENOUGH, FOR_EVER, 1, 1, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct film film = {.seconds = 0};
        PICTURES(&film, 0, 40, 80);
        write_film(&film);
        struct ocv_video *video = open_film();
        int frames = 0;
        packets.after = 1;
        packets.code = rows[i].code;
        packets.times = rows[i].times;
        packets.calls = 0;
        while (ocv_video_read(video, NULL) == OCV_OK)
            frames++;
        packets.times = 0;
        const bool cut = ocv_video_losses(video).cut;
        const int answered = frames + (frames == 3); /* word of the end */
        if (frames != rows[i].frames || packets.calls - answered != rows[i].calls ||
            cut != rows[i].cut)
            fail_msg("row %zu: %d pictures, %d calls, cut: %d", i, frames, packets.calls, cut);
        ocv_video_close(&video);
    }
}

/* What FFmpeg is asked to open, which then fails. */
static FILE *asked;
static bool is_camera; /* the film, for whoever asks for a camera */

struct option {
    char *key, *value;
};

int __real_avformat_open_input(void **context, const char *url, const void *format, void **options);
int __wrap_avformat_open_input(void **context, const char *url, const void *format, void **options);
void avformat_free_context(void *context);
struct option *av_dict_get(const void *options, const char *key, const struct option *before,
                           int flags);

int __wrap_avformat_open_input(void **context, const char *url, const void *format, void **options)
{
    enum { ANY = 2 };
    if (!asked) {
        const int code = is_camera ? __real_avformat_open_input(context, film_path, NULL, NULL)
                                   : __real_avformat_open_input(context, url, format, options);
        opened = *context;
        return code;
    }
    fputs(url, asked);
    for (struct option *one = NULL; (one = av_dict_get(*options, "", one, ANY));) {
        const size_t length = strlen(one->value);
        fprintf(asked, " %s=%s", one->key, one->value + (length > 80 ? length - 9 : 0));
    }
    fputc('\n', asked);
    avformat_free_context(*context);
    *context = NULL;
    return INVALID;
}

/* Losses that FFmpeg's log alone tells of. */
static void test_what_ffmpeg_logs(void **state)
{
    (void)state;
    enum { ERROR = 16, WARNING = 24, DEBUG = 48 };
    static const struct {
        bool of_file;
        int level;
        const char *text;
        int number, seconds, flawed, damaged, cut;
    } rows[] = {
        {false, ERROR, "concealing %d errors", 3, 0, 1, 1, 0},
        {false, WARNING, "concealing %d errors", 3, 1, 1, 0, 0},
        {false, ERROR, "errors: %d", 3, 0, 0, 0, 0},
        {true, ERROR, "concealing %d errors", 3, 0, 0, 1, 0},
        {true, WARNING, "errors: %d", 3, 0, 0, 0, 0},
        {true, WARNING, "Packet corrupt %d", 3, 0, 0, 1, 0},
        {true, WARNING, "File ended prematurely at %d", 3, 0, 0, 0, 0},
        {true, ERROR, "File ended prematurely at %d", 3, 0, 0, 1, 1},
        {true, DEBUG, "Continuity check failed for pid %d", 0, 0, 0, 1, 0},
        {true, DEBUG, "Continuity check failed for pid %d", 77, 0, 0, 0, 0},
        {false, DEBUG, "Continuity check failed for pid %d", 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct film film = {.seconds = rows[i].seconds};
        PICTURES(&film, 0, 40, 80);
        write_film(&film);
        said.of_file = rows[i].of_file;
        said.level = rows[i].level;
        said.text = rows[i].text;
        said.number = rows[i].number;
        const struct ocv_losses losses = read_all(3);
        assert_null(said.text);
        if (losses.frames != 0 || losses.flawed != rows[i].flawed ||
            losses.damaged != rows[i].damaged || losses.cut != rows[i].cut)
            fail_msg("row %zu: %ld lost, %ld flawed, damaged %d, cut %d", i, losses.frames,
                     losses.flawed, losses.damaged, losses.cut);
    }
}

/* What a camera refuses is not asked for again: the rate first, then the form. */
static void test_what_cameras_are_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        struct ocv_camera_options options;
        const char *asked;
    } rows[] = {
        {"/dev/null", {0, 0, 0, 0}, "/dev/null\n"},
        {"/dev/null", {0, 480, 0, 0}, "/dev/null\n"},
        {"/dev/null", {640, 0, 0, 0}, "/dev/null\n"},
        {"/dev/null",
         {640, 480, 30, 0},
         "/dev/null video_size=640x480 framerate=30.000000\n"
         "/dev/null video_size=640x480\n"},
        {"/dev/null",
         {641, 480, 0, 0},
         "/dev/null video_size=641x480 input_format=mjpeg\n"
         "/dev/null video_size=641x480\n"},
        {"/dev/null",
         {640, 481, 12.5, 0},
         "/dev/null video_size=640x481 input_format=mjpeg framerate=12.500000\n"
         "/dev/null video_size=640x481 input_format=mjpeg\n"
         "/dev/null video_size=640x481 framerate=12.500000\n"
         "/dev/null video_size=640x481\n"},
        {"rtsp://127.0.0.1/x",
         {640, 480, 30, 0},
         "rtsp://127.0.0.1/x rtsp_transport=tcp max_redirects=0 "
         "protocol_whitelist=http,https,tls,tcp,udp,rtp,srtp,rtmp,rtmps,srt "
         "format_whitelist=,rtsp,rtp\n"},
        {"rtsp://127.0.0.1/x",
         {640, 480, 30, 1},
         "rtsp://127.0.0.1/x rtsp_transport=tcp "
         "protocol_whitelist=http,https,tls,tcp,udp,rtp,srtp,rtmp,rtmps,srt,crypto "
         "format_whitelist=p,hls,sdp\n"},
    };
    const struct ocv_patience patient = {NULL, NULL};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ocv_video *video = NULL;
        struct error error = {.text = ""};
        char *text = NULL;
        size_t size = 0;
        asked = open_memstream(&text, &size);
        assert_int_equal(ocv_camera_open(&video, rows[i].id, rows[i].options, patient, &error),
                         OCV_CANNOT);
        fclose(asked);
        asked = NULL;
        assert_string_equal(text, rows[i].asked);
        assert_string_equal(error.text,
                            *rows[i].id == '/'
                                ? "no camera, or another program uses it; close that program"
                                : "no stream at this address; check the address and the network");
        free(text);
    }
}

/* ---- Cameras, played by films --------------------------------------------------------------- */

static struct ocv_video *open_camera(const char *id)
{
    const struct ocv_patience patient = {NULL, NULL};
    struct ocv_video *video = NULL;
    struct error error = {.text = ""};
    is_camera = *id == '/';
    if (ocv_camera_open(&video, id, (struct ocv_camera_options){0}, patient, &error) != OCV_OK)
        fail_msg("%s", error.text);
    is_camera = false;
    return video;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Of a local camera it is believed when light fell on the sensor, unless that was by another clock.
 */
static void test_when_cameras_see(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        int ms; /* from now */
        bool believed;
    } rows[] = {{"/dev/null", -100, true},
                {"/dev/null", -1500, false},
                {"/dev/null", 60000, false},
                {"-", -100, false}};
    const int kept = dup(STDIN_FILENO);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct film film = {.seconds = 0};
        const double before = now(), stated = floor(1000 * before) / 1000 + rows[i].ms / 1000.0;
        put_picture(&film, (int64_t)llround(1000 * stated));
        write_film(&film);
        const int from = open(film_path, O_RDONLY);
        assert_true(from >= 0);
        dup2(from, STDIN_FILENO);
        close(from);
        struct ocv_video *video = open_camera(rows[i].id);
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        const double grabbed = ocv_video_shot(video).grabbed;
        if (rows[i].believed ? fabs(grabbed - stated) > 1e-6 : grabbed < before || grabbed > now())
            fail_msg("row %zu: %.3f, stated %.3f", i, grabbed, stated);
        ocv_video_close(&video);
    }
    dup2(kept, STDIN_FILENO);
    close(kept);
}

/* Every wait for the next picture is as long, however long ago the camera was opened; then it is
 * lost. */
static void test_how_long_cameras_may_take(void **state)
{
    (void)state;
    enum { FOR_EVER = 1000000, COUNT = 8 };
    static const struct {
        const char *id;
        int code, seconds; /* of one wait, by calls of a second each */
    } rows[] = {{"/dev/null", NONE_YET, 5}, {"rtsp://127.0.0.1/x", INVALID, 3}};
    is_camera = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct ocv_patience patient = {NULL, NULL};
        struct ocv_video *video = NULL;
        struct film film = {.seconds = 0};
        for (int k = 0; k < COUNT; k++)
            put_picture(&film, (int64_t)k * PICTURE);
        write_film(&film);
        assert_int_equal(
            ocv_camera_open(&video, rows[i].id, (struct ocv_camera_options){0}, patient, NULL),
            OCV_OK);
        packets.calls = 0;
        packets.seconds = 1;
        packets.code = rows[i].code;
        for (int k = 0; k < COUNT - 1; k++) {
            packets.after = 0;
            packets.times = 2; /* two seconds without a picture */
            assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        }
        packets.calls = 0;
        packets.times = FOR_EVER;
        assert_int_equal(ocv_video_read(video, NULL), OCV_END);
        assert_in_range(packets.calls, rows[i].seconds, rows[i].seconds + 1);
        packets.times = packets.seconds = 0;
        ocv_video_close(&video);
    }
    is_camera = false;
}

/* Large pictures that do not state their colours have those of television, but for a camera's. */
static void test_colours_that_are_not_stated(void **state)
{
    (void)state;
    static const struct {
        int width, height;
        bool camera, bt709;
    } rows[] = {{1280, 16, false, true},
                {1278, 16, false, false},
                {1280, 16, true, false},
                {1278, 16, true, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct film film = {.width = rows[i].width, .height = rows[i].height, .yuyv = true};
        const size_t size = (size_t)rows[i].width * (size_t)rows[i].height * 2;
        put_block(&film, 1, 0, (struct bytes){calloc(size, 1), size});
        write_film(&film);
        struct ocv_video *video = rows[i].camera ? open_camera("/dev/null") : open_film();
        assert_int_equal(ocv_video_read(video, NULL), OCV_OK);
        if (ocv_video_shot(video).picture.bt709 != rows[i].bt709)
            fail_msg("row %zu", i);
        ocv_video_close(&video);
    }
}

/* ---- Each of FFmpeg's calls fails in turn -----------------------------------------------------
 */

static int until; /* so many calls from here, one fails; 0: none */
static const char *failed;

static bool fails(const char *call)
{
    if (until == 1)
        failed = call;
    return until > 0 && --until == 0;
}

#define WRAP(type, failure, name, parameters, arguments)                                           \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(#name) ? failure : __real_##name arguments;                                   \
    }

WRAP(int, INVALID, avformat_alloc_output_context2,
     (void **made, const void *format, const char *name, const char *file),
     (made, format, name, file))
WRAP(int, INVALID, avcodec_open2, (void *context, const void *codec, void **options),
     (context, codec, options))
WRAP(int, INVALID, avcodec_parameters_from_context, (void *to, const void *from), (to, from))
WRAP(int, INVALID, avcodec_parameters_to_context, (void *to, const void *from), (to, from))
WRAP(int, INVALID, avio_open, (void **file, const char *url, int flags), (file, url, flags))
WRAP(int, INVALID, avformat_write_header, (void *film, void **options), (film, options))
WRAP(int, INVALID, av_interleaved_write_frame, (void *film, void *packet), (film, packet))
WRAP(int, INVALID, av_write_trailer, (void *film), (film))
WRAP(int, INVALID, avcodec_send_frame, (void *encoder, const void *frame), (encoder, frame))
WRAP(int, INVALID, av_frame_get_buffer, (void *frame, int align), (frame, align))
WRAP(int, INVALID, av_frame_make_writable, (void *frame), (frame))
WRAP(int, INVALID, avfilter_graph_create_filter,
     (void **made, const void *kind, const char *name, const char *arguments, void *opaque,
      void *graph),
     (made, kind, name, arguments, opaque, graph))
WRAP(int, INVALID, avfilter_init_str, (void *filter, const char *arguments), (filter, arguments))
WRAP(int, INVALID, avfilter_graph_parse_ptr,
     (void *graph, const char *chain, void **in, void **out, void *log),
     (graph, chain, in, out, log))
WRAP(int, INVALID, avfilter_graph_config, (void *graph, void *log), (graph, log))
WRAP(int, INVALID, av_buffersrc_add_frame_flags, (void *source, void *frame, int flags),
     (source, frame, flags))
WRAP(int, INVALID, av_channel_layout_copy, (void *to, const void *from), (to, from))
WRAP(int, INVALID, avformat_find_stream_info, (void *film, void **options), (film, options))
WRAP(void *, NULL, avformat_new_stream, (void *film, const void *codec), (film, codec))
WRAP(void *, NULL, avcodec_alloc_context3, (const void *codec), (codec))
WRAP(void *, NULL, av_frame_alloc, (void), ())
WRAP(void *, NULL, av_packet_alloc, (void), ())
WRAP(void *, NULL, av_frame_clone, (const void *frame), (frame))
WRAP(void *, NULL, avformat_alloc_context, (void), ())
WRAP(void *, NULL, avfilter_graph_alloc, (void), ())

/* What was written may be lost even then. */
int __real_avio_closep(void **file);
int __wrap_avio_closep(void **file);
int __wrap_avio_closep(void **file)
{
    const bool is_lost = *file && fails("avio_closep");
    const int code = __real_avio_closep(file);
    return is_lost ? INVALID : code;
}

/* A copy with its sound, and what is lost of it; false: something was said. */
static bool copy_and_read(struct error *error)
{
    static const uint8_t pixels[SIDE * SIDE * 3];
    const struct bgr_image picture = {pixels, SIDE, SIDE, SIDE * 3};
    const struct ocv_sound sound = {film_path, 0};
    const struct ocv_patience patient = {NULL, NULL};
    struct ocv_writer *writer = NULL;
    struct ocv_video *video = NULL;
    bool well = ocv_writer_open(&writer, copy_path, SIDE, SIDE, 25, sound, error) == OCV_OK;
    for (int i = 0; well && i < 2; i++)
        well = ocv_writer_write(writer, picture, i * 0.04, 0.04, error) == OCV_OK;
    const char *note = writer ? ocv_writer_note(writer) : NULL;
    if (note && !*error->text)
        snprintf(error->text, sizeof error->text, "%s", note);
    if (writer)
        well = (ocv_writer_close(&writer, 1, error) == OCV_OK && !note) && well;
    well = well && ocv_video_open(&video, copy_path, patient, error) == OCV_OK;
    enum ocv_code code = OCV_OK;
    while (well && code == OCV_OK)
        code = ocv_video_read(video, error);
    if (video) {
        const struct ocv_losses losses = ocv_video_losses(video);
        well = well && code == OCV_END && losses.frames + losses.flawed + losses.damaged == 0;
    }
    ocv_video_close(&video);
    unlink(copy_path);
    return well;
}

/* It is said each time, and nothing is left behind. */
static void test_calls_that_fail(void **state)
{
    (void)state;
    static const char *const endings[] = {"mkv", "avi"};
    for (int i = 0; i < 2; i++) {
        struct film film = {.rate = RATE, .channels = 2};
        PICTURES(&film, 0, 40);
        put_long_sound(&film, 0, 80);
        write_film(&film);
        snprintf(copy_path, sizeof copy_path, "%s/copy.%s", folder, endings[i]);
        int calls = 0;
        for (bool done = false; !done; calls++) {
            struct error error = {.text = ""};
            until = calls + 1;
            const bool well = copy_and_read(&error);
            done = until > 0;
            until = 0;
            if (well != done || (!well && !*error.text))
                fail_msg("%s, call %d, of %s: \"%s\"", endings[i], calls, failed, error.text);
        }
        assert_true(calls > 50);
    }
}

/* ---- Sound --------------------------------------------------------------------------------- */

static void test_sound_goes_with_the_pictures(void **state)
{
    (void)state;
    struct film film = {.rate = RATE, .channels = 1};
    put_long_sound(&film, 500, 1000);
    for (int ms = 1000; ms < 1400; ms += PICTURE) {
        put_picture(&film, ms);
        put_long_sound(&film, ms, ms + PICTURE);
    }
    put_long_sound(&film, 1400, 2000);
    write_film(&film);
    EXPECT(heard(0, 10, 1, 1), 1, {1000, 1000});
    EXPECT(heard(0.2, 5, 1, 1), 1, {1200, 800});
    EXPECT(heard(0.07, 5, 1, 1), 1, {1070, 930});
    /* Not to its end: as long as the pictures, to a block. */
    EXPECT(heard(0, 10, 0, 1), 1, {1000, 400});
    EXPECT(heard(0.2, 5, 0, 1), 1, {1200, 200});
}

static void test_sound_has_holes(void **state)
{
    (void)state;
    struct film film = {.rate = RATE, .channels = 1};
    put_picture(&film, 0);
    put_long_sound(&film, 300, 600);
    put_long_sound(&film, 900, 1000);
    put_long_sound(&film, 4500, 4600);
    put_sound(&film, 4490, 4700); /* the first 110 ms have been heard, or overlap */
    put_long_sound(&film, 4700, 4800);
    write_film(&film);
    EXPECT(heard(0, 1, 1, 1), 1, {SILENCE, 300}, {300, 300}, {SILENCE, 300}, {900, 100},
           {SILENCE, 3500}, {4500, 300});
}

static void test_channels_and_rates(void **state)
{
    (void)state;
    struct film film = {.rate = RATE, .channels = 2};
    put_picture(&film, 0);
    put_long_sound(&film, 0, 500);
    write_film(&film);
    EXPECT(heard(0, 1, 1, 2), 2, {0, 500});
    film = (struct film){.rate = RATE, .channels = 6};
    put_picture(&film, 0);
    put_long_sound(&film, 0, 500);
    write_film(&film);
    struct bytes sound = heard(0, 1, 1, 2);
    assert_int_equal(sound.size, 500 * MS * 2 * 2);
    free(sound.data);
    film = (struct film){.rate = RATE / 2, .channels = 1};
    put_picture(&film, 0);
    put_long_sound(&film, 0, 500);
    write_film(&film);
    sound = heard(0, 1, 1, 1);
    assert_in_range(sound.size, (500 - 1) * MS * 2, 500 * MS * 2);
    free(sound.data);
}

static void test_one_without_the_other(void **state)
{
    (void)state;
    struct film film = {.rate = RATE, .channels = 0};
    put_picture(&film, 0);
    write_film(&film);
    struct bytes file = copy("avi", 0, 1, 1);
    assert_null(find(file, "auds"));
    free(file.data);
    film = (struct film){.rate = RATE, .channels = 1};
    put_long_sound(&film, 0, 500);
    write_film(&film);
    EXPECT(heard(0, 1, 1, 1), 1, {0, 500});
}

/* A picture that is read late may be the first that is shown. */
static void test_first_picture(void **state)
{
    (void)state;
    struct film film = {.rate = RATE, .channels = 1};
    put_long_sound(&film, 0, 2000);
    for (int i = 0; i < 18; i++) /* the 17th begins at 0.4 s, the 18th at 0.2 s */
        put_picture(&film, i == 16 ? 400 : i == 17 ? 200 : 800 + i * PICTURE);
    write_film(&film);
    EXPECT(heard(0, 1, 1, 1), 1, {400, 1600});
}

static void test_compressed_sound(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 2; channels++) {
        struct film film = {.rate = RATE, .channels = channels};
        put_picture(&film, 0);
        put_long_sound(&film, 0, 500);
        write_film(&film);
        struct bytes file = copy("mp4", 0, 1, 1);
        assert_null(find(file, "moof")); /* the index of the parts, which one before all replaces */
        assert_true(find(file, "moov") < find(file, "mdat"));
        const uint8_t *const mean = find(file, "esds") + 30;
        uint32_t bits = 0; /* a second */
        for (int i = 0; i < 4; i++)
            bits = bits << 8 | mean[i];
        assert_in_range(bits, 58000 * channels, 70000 * channels);
        free(file.data);
    }
}

/* Players jump to pictures that stand alone: there is one every two seconds. */
static void test_pictures_that_stand_alone(void **state)
{
    (void)state;
    static const uint8_t numbers[] = {0, 0, 0, 0, 0, 0,  0, 3, 0, 0,
                                      0, 1, 0, 0, 0, 51, 0, 0, 0, 101};
    struct film film = {.rate = RATE, .channels = 0};
    put_picture(&film, 0);
    write_film(&film);
    struct bytes file = copy("mp4", 0, 120, 1);
    const uint8_t *list = find(file, "stss");
    assert_non_null(list);
    assert_memory_equal(list + 4, numbers, sizeof numbers);
    free(file.data);

    /* Or after 600, where the rate is not to be believed. */
    static const uint8_t two[] = {0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 2, 89};
    copy_rate = 90000;
    file = copy("mp4", 0, 602, 1);
    copy_rate = 1000.0 / PICTURE;
    list = find(file, "stss");
    assert_non_null(list);
    assert_memory_equal(list + 4, two, sizeof two);
    free(file.data);
}

/* How long a picture lasts, in nanoseconds, which is how Matroska states a rate. */
static void test_rates_are_stated(void **state)
{
    (void)state;
    struct film film = {.rate = RATE, .channels = 0};
    put_picture(&film, 0);
    write_film(&film);
    struct bytes file = copy("mkv", 0, 2, 1);
    assert_non_null(find(file, "\x23\xE3\x83\x84\x02\x62\x5A"));
    free(file.data);
}

/* On the file systems of memory cards, where a file has no sticky bit; and over a file that may be
 * run. */
static void test_index_is_first(void **state)
{
    (void)state;
    struct film film = {.rate = RATE, .channels = 1};
    PICTURES(&film, 0, 40, 80);
    put_long_sound(&film, 0, 120);
    write_film(&film);
    for (int i = 0; i < 2; i++) {
        has_no_sticky_bit = i == 0;
        if (i == 1) {
            copy_mode = 0750;
            int fd = creat(copy_path, copy_mode);
            assert_true(fd >= 0);
            close(fd);
        }
        struct bytes file = copy("mp4", 0, 3, 1);
        assert_null(find(file, "moof"));
        free(file.data);
    }
    copy_mode = 0640;
}

/* What is no file, behind a link, has no index to be put first, and stays as it is. */
static void test_copies_into_nothing(void **state)
{
    (void)state;
    static const uint8_t pixels[SIDE * SIDE * 3];
    const struct bgr_image picture = {pixels, SIDE, SIDE, SIDE * 3};
    const struct ocv_sound silent = {NULL, 0};
    struct ocv_writer *writer = NULL;
    snprintf(copy_path, sizeof copy_path, "%s/copy.mp4", folder);
    assert_int_equal(symlink(null_device(folder), copy_path), 0);
    keeps_modes = true;
    assert_int_equal(ocv_writer_open(&writer, copy_path, SIDE, SIDE, 25, silent, NULL), OCV_OK);
    assert_int_equal(ocv_writer_write(writer, picture, 0, 0.04, NULL), OCV_OK);
    assert_int_equal(ocv_writer_close(&writer, 1, NULL), OCV_OK);
    assert_int_equal(asked_for_mode, 0);
    keeps_modes = false;
    assert_int_equal(unlink(copy_path), 0);
}

/* What has been written can be played before the file is ended, but for its last two seconds; and
 * for one more, where the film's sound has ended. */
static void test_copies_that_are_not_ended(void **state)
{
    (void)state;
    static const char *const endings[] = {"mp4", "mkv", "webm", "mkv"};
    static const uint8_t pixels[SIDE * SIDE * 3];
    const struct bgr_image picture = {pixels, SIDE, SIDE, SIDE * 3};
    const struct ocv_patience patient = {NULL, NULL};
    enum { RATE_OF_PICTURES = 25, SECONDS = 4 };
    struct film film = {.rate = RATE, .channels = 1};
    put_picture(&film, 0);
    put_long_sound(&film, 0, 100);
    write_film(&film);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const int has_sound = i == 3, lacking = has_sound ? 3 : 2; /* seconds */
        const struct ocv_sound sound = {has_sound ? film_path : NULL, 0};
        struct ocv_writer *writer = NULL;
        struct ocv_video *video = NULL;
        int seen = 0;
        snprintf(copy_path, sizeof copy_path, "%s/copy.%s", folder, endings[i]);
        assert_int_equal(
            ocv_writer_open(&writer, copy_path, SIDE, SIDE, RATE_OF_PICTURES, sound, NULL), OCV_OK);
        for (int shot = 0; shot < SECONDS * RATE_OF_PICTURES; shot++)
            assert_int_equal(ocv_writer_write(writer, picture, shot / (double)RATE_OF_PICTURES,
                                              1.0 / RATE_OF_PICTURES, NULL),
                             OCV_OK);
        assert_int_equal(ocv_video_open(&video, copy_path, patient, NULL), OCV_OK);
        while (ocv_video_read(video, NULL) == OCV_OK)
            seen++;
        assert_in_range(seen, (SECONDS - lacking) * RATE_OF_PICTURES, SECONDS * RATE_OF_PICTURES);
        ocv_video_close(&video);
        assert_int_equal(ocv_writer_close(&writer, 1, NULL), OCV_OK);
        unlink(copy_path);
    }
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(film_path, sizeof film_path, "%s/film.mkv", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(film_path);
    snprintf(copy_path, sizeof copy_path, "%s/null", folder);
    unlink(copy_path);
    return rmdir(folder);
}

int main(void)
{
    ocv_setup(1);
    umask(027);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_long_steps),
        cmocka_unit_test(test_pixels_are_square),
        cmocka_unit_test(test_grey_films),
        cmocka_unit_test(test_pictures_change_within_a_film),
        cmocka_unit_test(test_forms_that_are_kept),
        cmocka_unit_test(test_rows_that_run_upwards),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_losses),
        cmocka_unit_test(test_what_ffmpeg_answers_seldom),
        cmocka_unit_test(test_what_ffmpeg_logs),
        cmocka_unit_test(test_what_cannot_be_read),
        cmocka_unit_test(test_when_cameras_see),
        cmocka_unit_test(test_how_long_cameras_may_take),
        cmocka_unit_test(test_colours_that_are_not_stated),
        cmocka_unit_test(test_calls_that_fail),
        cmocka_unit_test(test_what_cameras_are_asked_for),
        cmocka_unit_test(test_sound_goes_with_the_pictures),
        cmocka_unit_test(test_sound_has_holes),
        cmocka_unit_test(test_channels_and_rates),
        cmocka_unit_test(test_one_without_the_other),
        cmocka_unit_test(test_first_picture),
        cmocka_unit_test(test_compressed_sound),
        cmocka_unit_test(test_pictures_that_stand_alone),
        cmocka_unit_test(test_rates_are_stated),
        cmocka_unit_test(test_index_is_first),
        cmocka_unit_test(test_copies_into_nothing),
        cmocka_unit_test(test_copies_that_are_not_ended),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
