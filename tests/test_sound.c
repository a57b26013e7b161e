/* The sound of a copy, sample by sample: films made here, with pictures and uncompressed sound in
 * Matroska, are copied into .avi files, which hold it uncompressed too. */
#include "ocv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIDE = 16, RATE = 48000, MS = RATE / 1000, PICTURE = 40 /* ms */ };

static char folder[] = "/tmp/test_sound.XXXXXX", film_path[64], copy_path[64];

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
    int rate, channels;
    struct bytes clusters;
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

static void put_text(struct bytes *to, uint32_t id, const char *text)
{
    struct bytes content = {NULL, 0};
    append(&content, text, strlen(text));
    put(to, id, content);
}

/* What is shown (track 1) or heard (track 2) from this millisecond on. */
static void put_block(struct film *film, uint8_t track, int ms, struct bytes content)
{
    struct bytes cluster = {NULL, 0}, block = {NULL, 0};
    append(&block, (const uint8_t[]){0x80 | track, 0, 0, 0x80}, 4);
    append(&block, content.data, content.size);
    free(content.data);
    put_number(&cluster, 0xE7, (uint32_t)ms);
    put(&cluster, 0xA3, block);
    put(&film->clusters, 0x1F43B675, cluster);
}

static void put_picture(struct film *film, int ms)
{
    static const uint8_t pixels[SIDE * SIDE * 3];
    struct bytes jpeg = {NULL, 0};
    assert_int_equal(ocv_encode_bgr((struct bgr_image){pixels, SIDE, SIDE, SIDE * 3}, ".jpg",
                                    append, &jpeg, NULL),
                     OCV_OK);
    put_block(film, 1, ms, jpeg);
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

static void write_film(struct film *film)
{
    struct bytes all = {NULL, 0}, head = {NULL, 0}, segment = {NULL, 0}, info = {NULL, 0};
    struct bytes tracks = {NULL, 0}, track[2] = {{NULL, 0}}, facts[2] = {{NULL, 0}};
    put_text(&head, 0x4282, "matroska");
    put(&all, 0x1A45DFA3, head);
    put_number(&info, 0x2AD7B1, 1000000); /* nanoseconds in a tick */
    put(&segment, 0x1549A966, info);
    put_number(&facts[0], 0xB0, SIDE);
    put_number(&facts[0], 0xBA, SIDE);
    const float rate = (float)film->rate;
    uint32_t bits;
    memcpy(&bits, &rate, sizeof bits);
    if (film->channels > 0) {
        put_number(&facts[1], 0xB5, bits);
        put_number(&facts[1], 0x9F, (uint32_t)film->channels);
        put_number(&facts[1], 0x6264, 16);
    }
    for (uint32_t i = 0; i < 2 && facts[i].data; i++) {
        put_number(&track[i], 0xD7, i + 1);
        put_number(&track[i], 0x73C5, i + 1);
        put_number(&track[i], 0x83, i + 1);
        put_text(&track[i], 0x86, i == 0 ? "V_MJPEG" : "A_PCM/INT/LIT");
        put(&track[i], i == 0 ? 0xE0 : 0xE1, facts[i]);
        put(&tracks, 0xAE, track[i]);
    }
    put(&segment, 0x1654AE6B, tracks);
    append(&segment, film->clusters.data, film->clusters.size);
    free(film->clusters.data);
    film->clusters = (struct bytes){NULL, 0};
    put(&all, 0x18538067, segment);
    FILE *file = fopen(film_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(all.data, 1, all.size, file), all.size);
    assert_int_equal(fclose(file), 0);
    free(all.data);
}

/* ---- Copying them -------------------------------------------------------------------------- */

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
    if (ocv_writer_open(&writer, copy_path, SIDE, SIDE, 1 / step, sound, &error) != OCV_OK)
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

/* ---- Tests --------------------------------------------------------------------------------- */

static void test_sound_goes_with_the_pictures(void **state)
{
    (void)state;
    struct film film = {RATE, 1, {NULL, 0}};
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
    struct film film = {RATE, 1, {NULL, 0}};
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
    struct film film = {RATE, 2, {NULL, 0}};
    put_picture(&film, 0);
    put_long_sound(&film, 0, 500);
    write_film(&film);
    EXPECT(heard(0, 1, 1, 2), 2, {0, 500});
    film = (struct film){RATE, 6, {NULL, 0}};
    put_picture(&film, 0);
    put_long_sound(&film, 0, 500);
    write_film(&film);
    struct bytes sound = heard(0, 1, 1, 2);
    assert_int_equal(sound.size, 500 * MS * 2 * 2);
    free(sound.data);
    film = (struct film){RATE / 2, 1, {NULL, 0}};
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
    struct film film = {RATE, 0, {NULL, 0}};
    put_picture(&film, 0);
    write_film(&film);
    struct bytes file = copy("avi", 0, 1, 1);
    assert_null(find(file, "auds"));
    free(file.data);
    film = (struct film){RATE, 1, {NULL, 0}};
    put_long_sound(&film, 0, 500);
    write_film(&film);
    EXPECT(heard(0, 1, 1, 1), 1, {0, 500});
}

/* A picture that is read late may be the first that is shown. */
static void test_first_picture(void **state)
{
    (void)state;
    struct film film = {RATE, 1, {NULL, 0}};
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
        struct film film = {RATE, channels, {NULL, 0}};
        put_picture(&film, 0);
        put_long_sound(&film, 0, 500);
        write_film(&film);
        struct bytes file = copy("mp4", 0, 1, 1);
        const uint8_t *const mean = find(file, "esds") + 30;
        uint32_t bits = 0; /* a second */
        for (int i = 0; i < 4; i++)
            bits = bits << 8 | mean[i];
        assert_in_range(bits, 58000 * channels, 70000 * channels);
        free(file.data);
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
    return rmdir(folder);
}

int main(void)
{
    ocv_setup(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound_goes_with_the_pictures),
        cmocka_unit_test(test_sound_has_holes),
        cmocka_unit_test(test_channels_and_rates),
        cmocka_unit_test(test_one_without_the_other),
        cmocka_unit_test(test_first_picture),
        cmocka_unit_test(test_compressed_sound),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
