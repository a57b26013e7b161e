/* What a picture's header says: whole, and with any of its bytes changed, twice there or missing.
 */
#include "picture_header.h"
#include "shim_testing.h"

#include <stdbool.h>
#include <sys/mman.h>

#define TEXT(text) text, sizeof text - 1
#define HEADER(text, width, height, orientation)                                                   \
    {                                                                                              \
        TEXT(text), width, height, orientation, false, NULL                                        \
    }
#define CUT(text, width, height, orientation)                                                      \
    {                                                                                              \
        TEXT(text), width, height, orientation, true, NULL                                         \
    }
#define FOREIGN(text, what)                                                                        \
    {                                                                                              \
        TEXT(text), 0, 0, 1, false, what                                                           \
    }

/* EXIF data that hold nothing but the orientation. */
#define BIG(turn)    "MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0" turn "\0\0"
#define LITTLE(turn) "II*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0" turn "\0\0\0"
#define JPEG         "\xFF\xC0\0\21\10\0\x20\0\x40\3abcdefghi"
#define PNG          "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x20\10\2\0\0\0crc."
#define PNG_END      "\0\0\0\3IDATabccrc.\0\0\0\0IENDcrc."
#define WEBP         "RIFF\x64\0\0\0WEBPVP8X\n\0\0\0\10\0\0\0\x3F\0\0\x1F\0\0"
#define JP2          "\0\0\0\14jP  \r\n\x87\n"
#define CODE         "\xFF\x4F\xFF\x51\0\x2F\0\0\0\0\x27\x20\0\0\xC3\x60\0\0\0\20\0\0\0\20"
#define BOX          "\0\0\0\x18"

static const struct {
    const char *bytes;
    size_t size;
    unsigned width, height; /* 0: not said */
    int orientation;
    bool is_cut;         /* a chunk of a PNG ends behind the file */
    const char *foreign; /* how the text of what is not supported begins; NULL: there is none */
} files[] = {
    /* JPEG */
    HEADER("\xFF\xD8\xFF\xE0\0\4ab\xFF\xC2\0\21\10\xC3\x50\x27\x10\3abcdefghi\xFF\xD9", 10000,
           50000, 1),
    /* Stray bytes, markers without a segment, and segments that are no frame */
    HEADER("\xFF\xD8\xFF\xFF\xFF\xFE\0\4xy\xFF\1\xFF\xD0\xFF\xD7\xFF\xC4\0\5\xFF\xC0q"
           "\xFF\xC8\0\2\xFF\xCC\0\3Q\xFF\xCF\0\13\10\xFF\xFE\xFF\xFD\3abc\xFF\xD9",
           65533, 65534, 1),
    HEADER("\xFF\xD8\xFF\xC0\0\6\10\x7D\0\x7D\xFF\xD9", 32255, 32000, 1),
    HEADER("\xFF\xD8\xFF\xC0\0\5\10\x7D\0\xFF\xD9", 0, 0, 1), /* its end is too near */
    HEADER("\xFF\xD8\xFF\xDA\0\2\xFF\xBF\0\2\xFF\xD9\0\2\0\21\10\x7D\0\xFF\xFF\3a\xFF\xD9", 0, 0,
           1),
    HEADER("\xFF\xD8\xFF\xE1\0\x1E"
           "Exif\0\0" BIG("\6") JPEG "\xFF\xD9",
           64, 32, 6),
    /* Other segments of the same number, and a stray byte, before the one that counts */
    HEADER("\xFF\xD8\xFF\xE1\0\7http:\xFF\xE1\0\2\0\xFF\xFF\xE1\0\x1E"
           "Exif\0\0" LITTLE("\3") JPEG "\xFF\xD9",
           64, 32, 3),
    /* Behind the pixels, or the end, it does not count */
    HEADER("\xFF\xD8" JPEG "\xFF\xDA\0\2\xFF\xE1\0\x1E"
           "Exif\0\0" BIG("\6"),
           64, 32, 1),
    HEADER("\xFF\xD8" JPEG "\xFF\xD9\0\2\xFF\xE1\0\x1E"
           "Exif\0\0" BIG("\6"),
           64, 32, 1),
    /* EXIF data that lack a byte, and whose last entry is not counted */
    HEADER("\xFF\xD8" JPEG "\xFF\xE1\0\x1D"
           "Exif\0\0" BIG("\6"),
           64, 32, 1),
    HEADER("\xFF\xD8" JPEG "\xFF\xE1\0\x2A"
           "Exif\0\0II*\0\10\0\0\0\1\0\x13\1\3\0\1\0\0\0\4\0\0\0\x12\1\3\0\1\0\0\0\4\0\0\0",
           64, 32, 1),
    HEADER("\xFF\xD8" JPEG "\xFF\xE1\0\x2A"
           "Exif\0\0II*\0\10\0\0\0\2\0\x13\1\3\0\1\0\0\0\5\0\0\0\x12\1\3\0\1\0\0\0\4\0\0\0",
           64, 32, 4),
    /* PNG */
    CUT("\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x27\x10\0\0\xC3\x50\10", 10000, 50000, 1),
    HEADER(PNG "\0\0\0\x16"
               "eXIf" BIG("\10") "crc." PNG_END,
           64, 32, 8),
    HEADER(PNG "\0\0\0\3IDATabccrc.\0\0\0\x16"
               "eXIf" LITTLE("\2") "crc.\0\0\0\0IENDcrc.",
           64, 32, 2),
    HEADER(PNG "\0\0\0\5tEXtabcdecrc.\0\0\0\x16"
               "eXIf" BIG("\11") "crc." PNG_END,
           64, 32, 1),
    HEADER(PNG "\0\0\0\5tEXtabcde", 64, 32, 1),
    CUT(PNG "\0\0\0\6tEXtabcde", 64, 32, 1),
    HEADER(PNG "\0\0\0\6IDATabcde", 64, 32, 1),
    HEADER(PNG "\0\0\0\0IEND\0\0\0\0\0\0\0\6tEXt", 64, 32, 1),
    HEADER(PNG "\0\0\0\6tEX", 64, 32, 1),
    /* BMP */
    HEADER("BM....\0\0\0\0....\x0C\0\0\0\xFE\xFF\xFD\xFF\1\0\x18\0", 65534, 65533, 1),
    HEADER("BM....\0\0\0\0....\x28\0\0\0\xFE\xFF\1\0\xF0\xD8\xFF\xFF\1\0\x18\0", 131070, 10000, 1),
    /* WebP */
    HEADER("RIFF\30\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\xFF\xFF\0\xFE\xFF\0", 65536, 65535, 1),
    HEADER("RIFF\30\0\0\0WEBPVP8 \n\0\0\0abc\x9D\1\x2A\xFE\x7F\xFF\xFF", 16382, 16383, 1),
    HEADER("RIFF\30\0\0\0WEBPVP8L\n\0\0\0\x2F\xFE\xBF\xFF\xFF", 16383, 16383, 1),
    HEADER("RIFF\30\0\0\0WEBPVP8Y\n\0\0\0\0\0\0\0\xFF\xFF\0\xFE\xFF\0", 0, 0, 1),
    HEADER(WEBP "ALPH\3\0\0\0abc\0VP8 \4\0\0\0abcdEXIF\x16\0\0\0" BIG("\5"), 64, 32, 5),
    HEADER(WEBP "EXIF\x1C\0\0\0Exif\0\0" LITTLE("\7"), 64, 32, 7),
    HEADER(WEBP "EXIF\x15\0\0\0" LITTLE("\7"), 64, 32, 1),
    {TEXT("RIFF\x20\0\0\0WEBPVP8X\n\0\0\0\2\0\0\0\x3F\0\0\x1F\0\0ANIM"), 64, 32, 1, false,
     "an animated WebP"},
    /* TIFF */
    HEADER("MM\0*\0\0\0\10\0\2\1\0\0\4\0\0\0\1\0\0\xC3\x50\1\1\0\3\0\0\0\1\x27\x10\0\0", 50000,
           10000, 1),
    /* Of two widths, the larger one; and no entry that is not counted */
    HEADER("II*\0\x0C\0\0\0pad!\3\0\0\1\4\0\1\0\0\0\x50\xC3\0\0\0\1\3\0\1\0\0\0\x51\xC3\xFF\xFF"
           "\1\1\4\0\1\0\0\0\x10\x27\0\0\1\1\4\0\1\0\0\0\x10\x28\0\0",
           50001, 10000, 1),
    HEADER("II*\0\x0C\0\0\0pad!\3\0\0\1\4\0\1\0\0\0\x50\xC3\0\0", 50000, 0, 1),
    /* JPEG 2000 */
    HEADER("\xFF\x4F\xFF\x51\0\x2F\0\0\0\0\x27\x20\0\0\xC3\x61\0\0\0\20\0\0\0\21", 10000, 50000, 1),
    HEADER("\xFF\x4F\xFF\x51\0\x2F\0\0\0\0\x27\x20\0\0\xC3\x61\0\0\x27\x20\0\0\0\0", 0, 0, 1),
    HEADER("\xFF\x4F\xFF\x51\0\x2F\0\0\0\0\x27\x20\0\0\xC3\x61\0\0\0\0\0\0\xC3\x61", 0, 0, 1),
    HEADER(JP2 "\0\0\0\0jp2c" CODE, 10000, 50000, 1),
    HEADER(JP2 "\0\0\0\1free\0\0\0\0\0\0\0\22ab\0\0\0\10free\0\0\0\1jp2c\0\0\0\0\0\0\0\x28" CODE,
           10000, 50000, 1),
    HEADER(JP2 "\0\0\0\7free\0\0\0\0jp2c" CODE, 0, 0, 1), /* shorter than its own header */
    HEADER(JP2 "\0\0\0\1free\0\0\0\0\0\0\0\17\0\0\0\0jp2c" CODE, 0, 0, 1),
    HEADER(JP2 "\0\0\1\0free\0\0\0\0jp2c" CODE, 0, 0, 1), /* longer than the file */
    HEADER(JP2 "\0\0\0\0jp2c\0" CODE, 0, 0, 1),
    /* PNM; no side is said to have more than 32 bits */
    HEADER("P6 #\n# 1 1\n 10000\t50000 255\n", 10000, 50000, 1),
    HEADER("P1#\n#12 13\n50000#4\n10000", 50000, 10000, 1),
    HEADER("P5 99999999999999999999999 4294967294 255\n", 0xFFFFFFFF, 0xFFFFFFFE, 1),
    HEADER("P6 50000", 50000, 0, 1),
    HEADER("P6 # 50000 10000", 0, 0, 1),
    HEADER("P6 x50000 10000", 0, 0, 1),
    HEADER("P6 50000x10000", 50000, 0, 1),
    HEADER("P0 50000 10000 255\n", 0, 0, 1),
    HEADER("P8 50000 10000 255\n", 0, 0, 1),
    /* What is not supported, each way by which it is known */
    FOREIGN("GIF89a\1\0\1\0", "a GIF, which is read as a film; name it with"),
    FOREIGN(BOX "ftypheic\0\0\0\0mif1", "a HEIC picture"),
    FOREIGN(BOX "ftyphevx\0\0\0\0mif1", "a HEIC picture"),
    FOREIGN(BOX "ftypmif1\0\0\0\0heic", "a HEIC picture"),
    FOREIGN(BOX "ftypmsf1\0\0\0\0hevc", "a HEIC picture"),
    FOREIGN(BOX "ftypavif\0\0\0\0mif1", "an AVIF picture"),
    FOREIGN(BOX "ftypcrx \0\0\0\1crx ", "a camera's raw picture"),
    FOREIGN("FUJIFILMCCD-RAW 0201", "a camera's raw picture"),
    FOREIGN("II*\0\x10\0\0\0CR\2\0", "a camera's raw picture"),
    FOREIGN("IIRO\b\0\0\0", "a camera's raw picture"),
    FOREIGN("IIU\0\x18\0\0\0", "a camera's raw picture"),
    FOREIGN("<svg xmlns='http://www.w3.org/2000/svg'/>", "a drawing in SVG"),
    FOREIGN("<?xml version='1.0'?><svg/>", "a drawing in SVG"),
    FOREIGN("\x76\x2F\x31\x01\2\0\0\0", "an OpenEXR picture"),
    FOREIGN("\0\0\1\0\1\0\x10\x10", "an icon"),
    FOREIGN("\xFF\x0A\0\0\0\0\0\0\0\0\0\0", "a JPEG XL picture"),
    FOREIGN("\0\0\0\x0CJXL \r\n\x87\n", "a JPEG XL picture"),
    FOREIGN("\x59\xA6\x6A\x95\0\0\0\1", "a Sun raster"),
    FOREIGN("#?RADIANCE\n\n-Y 1 +X 1\n", "a Radiance picture"),
    FOREIGN("P7\nHEIGHT 1\nWIDTH 1\nENDHDR\n", "a PAM picture"),
    FOREIGN("8BPS\0\1\0\0", "a Photoshop file"),
    FOREIGN("%PDF-1.4\n", "a PDF document"),
    FOREIGN(BOX "ftypisom\0\0\0\0mp42", "a film"),
    FOREIGN("\x1A\x45\xDF\xA3\x9F\x42\x86\x81", "a film"),
    FOREIGN("RIFF\0\0\0\0AVI LIST", "a film; read it with --video"),
    /* What OpenCV hands to libraries that open further files is not a picture here */
    HEADER("NITF02.10", 0, 0, 1),
    HEADER("\0\0\0\0DICM", 0, 0, 1),
    HEADER("Dear reader, this is a letter.", 0, 0, 1),
};

enum { FILES = sizeof files / sizeof *files, ROOM = 256 };

static void test_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        const uint8_t *bytes = (const uint8_t *)files[i].bytes;
        const struct stated_size size = picture_stated_size(bytes, files[i].size);
        const int orientation = picture_orientation(bytes, files[i].size);
        const bool fits = picture_chunks_fit(bytes, files[i].size);
        const char *foreign = picture_foreign(bytes, files[i].size);
        if (size.width != files[i].width || size.height != files[i].height ||
            orientation != files[i].orientation || fits == files[i].is_cut)
            fail_msg("file %zu: %ux%u, orientation %d, fits %d", i, (unsigned)size.width,
                     (unsigned)size.height, orientation, fits);
        if (!foreign != !files[i].foreign ||
            (foreign && strncmp(foreign, files[i].foreign, strlen(files[i].foreign)) != 0))
            fail_msg("file %zu: %s", i, foreign ? foreign : "supported");
    }
}

/* ---- Headers that are a little otherwise ----------------------------------------------------- */

enum { SIZES, ORIENTATIONS, CHUNKS, REFUSALS, QUESTIONS };

static uint64_t answers[QUESTIONS];
static uint8_t *room_end; /* whoever reads the byte there is ended by it */

static void add_answer(int question, uint64_t answer)
{
    answers[question] = (answers[question] ^ answer) * 0x100000001B3;
}

static void ask(const uint8_t *bytes, size_t size)
{
    uint8_t *file = room_end - size;
    memcpy(file, bytes, size);
    const struct stated_size stated = picture_stated_size(file, size);
    add_answer(SIZES, stated.width);
    add_answer(SIZES, stated.height);
    add_answer(ORIENTATIONS, (uint64_t)picture_orientation(file, size));
    add_answer(ORIENTATIONS, picture_states_orientation(file, size));
    add_answer(CHUNKS, picture_chunks_fit(file, size));
    const char *foreign = picture_foreign(file, size);
    for (const char *c = foreign ? foreign : ""; *c; c++)
        add_answer(REFUSALS, (uint8_t)*c);
    add_answer(REFUSALS, foreign != NULL);
}

/* Cut off anywhere, with a byte left out, twice there, or any other in its place: the answers stay,
 * and nothing behind the end is read. Where an answer is to change, its sum is written here anew.
 */
static void test_changed_headers(void **state)
{
    (void)state;
    static const uint64_t expected[QUESTIONS] = {0xa347c857aeca5f81, 0x8ebe630303dd0c19,
                                                 0xe38e5bff96a21443, 0x9f6c9d9f2bfa790c};
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const int zeros = open("/dev/zero", O_RDWR);
    uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, zeros, 0);
    assert_true(pages != MAP_FAILED);
    close(zeros);
    room_end = pages + page;
    assert_int_equal(mprotect(room_end, page, PROT_NONE), 0);
    for (size_t i = 0; i < FILES; i++) {
        const size_t size = files[i].size;
        uint8_t bytes[ROOM];
        assert_in_range(size, 1, sizeof bytes - 1);
        for (size_t at = 0; at < size; at++) {
            memcpy(bytes, files[i].bytes, size);
            ask(bytes, at);
            for (int value = 0; value < 256; value++) {
                bytes[at] = (uint8_t)value;
                ask(bytes, size);
            }
            memcpy(bytes + at, files[i].bytes + at + 1, size - at - 1);
            ask(bytes, size - 1);
            memcpy(bytes + at, files[i].bytes + at, size - at);
            memcpy(bytes + at + 1, files[i].bytes + at, size - at);
            ask(bytes, size + 1);
        }
    }
    assert_int_equal(munmap(pages, 2 * page), 0);
    for (int i = 0; i < QUESTIONS; i++)
        if (answers[i] != expected[i])
            fail_msg("question %d: 0x%016llx", i, (unsigned long long)answers[i]);
}

static void test_markers(void **state)
{
    (void)state;
    for (unsigned marker = 0; marker <= 0x100; marker++)
        assert_int_equal(jpeg_marker_is_alone(marker),
                         marker == 0 || marker == 1 || (marker >= 0xD0 && marker <= 0xD7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_changed_headers),
        cmocka_unit_test(test_markers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
