/* The readers of src/train: every good form is read, every bad one refused with its place. */
#include "csv_reader.h"
#include "made_up.h"
#include "readers.h"
#include "train_options.h"

#include <sys/stat.h>
#include <zlib.h>

static size_t largest; /* block that was asked for again */

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_realloc(void *block, size_t size)
{
    largest = size > largest ? size : largest;
    return __real_realloc(block, size);
}

static const char *write_text(const char *name, const char *text)
{
    write_bytes(in_folder(name), text, strlen(text));
    return in_folder(name);
}

/* "v v v ... v" with `count` numbers; the text is static. */
static const char *pixel_list(int count, const char *value)
{
    static char text[PIXELS * 6 + 64];
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", value);
    return text;
}

/* ---- Readers --------------------------------------------------------------------------------- */

static void reads_columns_by_name(void **state)
{
    (void)state;
    static char text[4 * PIXELS * 4];
    struct dataset d;
    struct error error;
    size_t used = (size_t)snprintf(text, sizeof text, "\xef\xbb\xbf Usage, emotion , pixels\r\n");
    used += (size_t)snprintf(text + used, sizeof text - used, "Training,3,%s\r\n",
                             pixel_list(PIXELS, "255"));
    used += (size_t)snprintf(text + used, sizeof text - used, "\r\nPublicTest,6,\" \t%s \"\r\n",
                             pixel_list(PIXELS, "7"));
    snprintf(text + used, sizeof text - used, "PrivateTest,0,%s", pixel_list(PIXELS, "0"));
    assert_int_equal(dataset_load(&d, write_text("good.csv", text), false, "test", &error), 0);
    assert_int_equal(d.count, 3);
    assert_int_equal(d.labels[0], 3);
    assert_int_equal(d.labels[1], 6);
    assert_int_equal(d.splits[1], SPLIT_VALIDATION);
    assert_int_equal(d.splits[2], SPLIT_TEST);
    assert_int_equal(dataset_picture(&d, 0)[PIXELS - 1], 255);
    assert_int_equal(dataset_picture(&d, 1)[0], 7);
    assert_int_equal(dataset_picture(&d, 2)[17], 0);
    assert_string_equal(d.class_names[3], "happy");
    dataset_free(&d);
}

static void refuse_csv(const char *text, const char *expected)
{
    struct dataset d;
    struct error error = {.text = ""};
    const char *path = in_folder("bad.csv");
    write_text("bad.csv", text);
    if (dataset_load(&d, path, false, "test", &error) != -1)
        fail_msg("not refused, though %s", expected);
    if (!strstr(error.text, expected) || !strstr(error.text, "bad.csv") || strchr(error.text, '\n'))
        fail_msg("expected \"%s\" in: %s", expected, error.text);
}

static void refuses_bad_rows_by_number(void **state)
{
    (void)state;
    static char text[2 * PIXELS * 6];
    static const struct {
        const char *emotion, *usage, *value;
        int count;
        const char *expected;
    } rows[] = {
        {"9", "Training", "1", PIXELS, "line 3: label \"9\""},
        {"-1", "Training", "1", PIXELS, "line 3: label"},
        {"x", "Training", "1", PIXELS, "line 3: label"},
        {"7", "Training", "1", PIXELS, "line 3: label \"7\" is not 0 to 6"},
        {"1 1", "Training", "1", PIXELS, "line 3: label"},
        {"1", "Testing", "1", PIXELS, "line 3: Usage \"Testing\""},
        {"1", "Training", "256", PIXELS, "line 3: pixel 1"},
        {"1", "Training", "-4", PIXELS, "line 3: pixel 1"},
        {"1", "Training", "00001", PIXELS, "line 3: pixel 1"},
        {"1", "Training", "1;", PIXELS, "line 3: pixel 1"},
        {"1", "Training", "1.5", PIXELS, "line 3: pixel 1"},
        {"1", "Training", "1", PIXELS - 1, "line 3: 2303 pixels"},
        {"1", "Training", "1", PIXELS + 1, "line 3: 2305 pixels"},
        {"1", "Training", "1", 0, "line 3: 0 pixels"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t used = (size_t)snprintf(text, sizeof text, "emotion,pixels,Usage\n0,%s,Training\n",
                                       pixel_list(PIXELS, "1"));
        snprintf(text + used, sizeof text - used, "%s,%s,%s\n", rows[i].emotion,
                 pixel_list(rows[i].count, rows[i].value), rows[i].usage);
        refuse_csv(text, rows[i].expected);
    }
    refuse_csv("", "is empty");
    refuse_csv("emotion,pixels,Usage\n", "no row");
    refuse_csv("emotion,picture,Usage\n0,1,Training\n", "no column \"pixels\"");
    refuse_csv("emotion,pixels,Usage\n0,1 2 3\n", "line 2: is cut short");
    refuse_csv("emotion,pixels\n0\n", "line 2: is cut short");
    refuse_csv("emotion,pixels\n0,1 2 x 4\n", "line 2: pixel 3 is not a grey value");
    refuse_csv("a,b,c,d,e,f,g,h,i,j,k,l,m,n,emotion,pixels\n0\n", "line 2: is cut short");
    refuse_csv("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,emotion,pixels\n", "no column \"pixels\"");
    refuse_csv("emotion,pixels,Usage\n\"0\"1,1,Training\n", "line 2: is cut short");
    refuse_csv("emotion,pixels,Usage\n0,\"1 2,Training\n", "line 2: is cut short");
}

/* RFC 4180: as R, pandas and LibreOffice write tables; the last line is of spaces. */
static void reads_quoted_tables(void **state)
{
    (void)state;
    static char text[4 * PIXELS * 4];
    struct dataset d, plain;
    struct error error;
    size_t used = (size_t)snprintf(
        text, sizeof text, "\xef\xbb\xbf\"emotion\", \"pixels\" ,\"a, \"\"b\"\"\",\"Usage\"\n");
    used += (size_t)snprintf(text + used, sizeof text - used,
                             "\"3\",\"%s\",\"x,\"\",y\",\"Training\"\n", pixel_list(PIXELS, "9"));
    used += (size_t)snprintf(text + used, sizeof text - used,
                             " \"6\" ,\"1\n2\r\n%s\n\",,PublicTest\n", pixel_list(PIXELS - 2, "7"));
    snprintf(text + used, sizeof text - used, "0,%s,,Training\n   ", pixel_list(PIXELS, "8"));
    if (dataset_load(&d, write_text("quoted.csv", text), false, "test", &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(d.count, 3);
    assert_int_equal(d.source, DATA_FER2013);
    assert_int_equal(d.labels[0], 3);
    assert_int_equal(d.labels[1], 6);
    assert_int_equal(d.splits[1], SPLIT_VALIDATION);
    assert_int_equal(dataset_picture(&d, 0)[PIXELS - 1], 9);
    assert_int_equal(dataset_picture(&d, 1)[0], 1);
    assert_int_equal(dataset_picture(&d, 1)[1], 2);
    assert_int_equal(dataset_picture(&d, 1)[PIXELS - 1], 7);
    dataset_free(&d);

    snprintf(text + used, sizeof text - used, "9,1,,Training\n");
    refuse_csv(text, "line 7: label \"9\""); /* three of the line ends are within quotes */

    plain = make_dataset(1, 1);
    const char *path = write_text(
        "votes.csv",
        "\"Usage\",\"Image name\",\"neutral\",\"happiness\",\"surprise\",\"sadness\",\"anger\","
        "\"disgust\",\"fear\",\"contempt\",\"unknown\",\"NF\"\n"
        "\"Training\",\"a\",\"1\",\"2\",\"3\",\"4\",\"0\",\"0\",\"0\",\"0\",\"0\",\"0\"\n"
        "\"PublicTest\",\"b\",\"0\",\"0\",\"0\",\"0\",\"5\",\"2\",\"1\",\"1\",\"1\",\"0\"\n");
    assert_int_equal(dataset_load_votes(&plain, path, &error), 0);
    assert_int_equal(plain.votes[0].classes[4], 4);
    assert_int_equal(plain.votes[1].total, 10);
    dataset_free(&plain);
}

/* Rows of two lines, some of which lie in two buffers. */
static void counts_lines_within_quotes(void **state)
{
    (void)state;
    enum { ROWS = 40 };
    static char text[ROWS * (PIXELS * 2 + 32) + 64];
    size_t used = (size_t)snprintf(text, sizeof text, "emotion,pixels\n");
    for (int i = 0; i < ROWS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "0,\"7\n%s\"\n",
                                 pixel_list(PIXELS - 1, "5"));
    assert_true(used > 2 * CSV_READER_MAX_ROW);
    snprintf(text + used, sizeof text - used, "9,1\n");
    refuse_csv(text, "line 82: label \"9\"");
}

/* The competition's train.csv: every tenth row is for validation. */
static void reads_tables_without_usage(void **state)
{
    (void)state;
    static char text[32 + 20 * (PIXELS * 2 + 8)];
    struct dataset d;
    struct error error;
    size_t used = (size_t)snprintf(text, sizeof text, "emotion,pixels\n");
    for (int i = 0; i < 20; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,%s\n", i % 7,
                                 pixel_list(PIXELS, "5"));
    if (dataset_load(&d, write_text("train.csv", text), false, "test", &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(d.count, 20);
    for (int i = 0; i < 20; i++)
        assert_int_equal(d.splits[i], i % 10 == 9 ? SPLIT_VALIDATION : SPLIT_TRAINING);
    assert_string_equal(split_names[d.source][SPLIT_VALIDATION], "validation");
    dataset_free(&d);
}

static void names_what_unpacks(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes, *expected;
        size_t length;
    } packed[] = {
        {"a.csv.gz", "\x1f\x8b\x08", "unpack it first, with gunzip", 3},
        {"a.tar.gz", "\x1f\x8b\x08", "unpack it first, with tar xf", 3},
        {"a.csv.xz",
         "\xfd"
         "7zXZ\0",
         "unpack it first, with unxz", 6},
        {"a.csv.bz2", "BZh91AY", "unpack it first, with bunzip2", 7},
        {"archive.zip", "PK\3\4\x14", "unpack it first, with unzip", 5},
        {"a.csv.zst", "\x28\xb5\x2f\xfd", "unpack it first, with unzstd", 4},
        {"a.tgz", "\x28\xb5\x2f\xfd", "unpack it first, with tar xf", 4},
        {"a.7z", "7z\xbc\xaf\x27\x1c", "unpack it first, with 7z x", 6},
        {"a.rar", "Rar!", "unpack it first, with unrar x", 4},
        {"short", "Rar", "names no column \"emotion\"", 3},
    };
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
        struct dataset d;
        struct error error;
        write_bytes(in_folder(packed[i].name), packed[i].bytes, packed[i].length);
        assert_int_equal(dataset_load(&d, in_folder(packed[i].name), false, "test", &error), -1);
        expect_text(error.text, packed[i].name, packed[i].expected);
    }
    char archive[262] = "fer2013.csv";
    memcpy(archive + 257, "ustar", 5);
    for (size_t size = 261; size <= 262; size++) {
        struct dataset d;
        struct error error;
        write_bytes(in_folder("a.tar"), archive, size);
        assert_int_equal(dataset_load(&d, in_folder("a.tar"), false, "test", &error), -1);
        expect_text(error.text, "a.tar", size == 262 ? "with tar xf" : "names no column");
    }
}

static void refuses_missing_file(void **state)
{
    (void)state;
    struct dataset d;
    struct error error;
    assert_int_equal(dataset_load(&d, in_folder("none.csv"), false, "test", &error), -1);
    assert_non_null(strstr(error.text, "none.csv: No such file"));
}

static void refuses_endless_line(void **state)
{
    (void)state;
    struct dataset d;
    struct error error;
    for (int more = 0; more <= 1; more++) {
        FILE *file = fopen(in_folder("long.csv"), "wb");
        assert_non_null(file);
        for (int i = 0; i < CSV_READER_MAX_ROW + more; i++)
            fputc('1', file);
        fputs("\n1", file);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(dataset_load(&d, in_folder("long.csv"), false, "test", &error), -1);
        expect_text(error.text, "long.csv: line 1",
                    more ? " is longer than 65536 bytes, or a quote is not closed"
                         : "names no column \"emotion\"");
    }
}

/* Ten million pictures are the most; room for them is taken by halves more. */
static void refuses_endless_data(void **state)
{
    (void)state;
    enum { MOST = 10000000 };
    struct dataset d = {.width = 1, .height = 1, .count = MOST - 1};
    struct error error;
    int capacity = MOST;
    assert_int_equal(dataset_grow(&d, &capacity, &error), 0);
    assert_null(d.pixels); /* there is room */
    capacity = MOST - 1;
    assert_int_equal(dataset_grow(&d, &capacity, &error), 0);
    assert_int_equal(capacity, MOST + MOST / 2 - 1);
    d.count = capacity = MOST;
    assert_int_equal(dataset_grow(&d, &capacity, &error), -1);
    expect_text(error.text, "more than 10000000 pictures", "the right data set");
    dataset_free(&d);
}

#define VOTE_HEADER                                                                                \
    "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"

static void reads_votes_row_for_row(void **state)
{
    (void)state;
    struct dataset d = make_dataset(1, 1);
    struct error error;
    const char *path = write_text("votes.csv", VOTE_HEADER "Training,a,1,2,3,4,0,0,0,0,0,0\n"
                                                           "PublicTest,b,0,0,0,0,5,2,1,1,1,0\n"
                                                           "PublicTest,c,0,0,0,0,5,2,1,1,1,0\n");
    assert_int_equal(dataset_load_votes(&d, path, &error), 0);
    const uint8_t first[] = {0, 0, 0, 2, 4, 3, 1};
    const uint8_t second[] = {5, 2, 1, 0, 0, 0, 0};
    assert_memory_equal(d.votes[0].classes, first, sizeof first);
    assert_memory_equal(d.votes[1].classes, second, sizeof second);
    assert_int_equal(d.votes[1].total, 10);
    static const struct {
        const char *text, *expected;
    } bad[] = {
        {VOTE_HEADER "PublicTest,a,1,2,3,4,0,0,0,0,0,0\n", "line 2: is for PublicTest"},
        {VOTE_HEADER "Training,a,1,2,3,4,0,0,0,0,0,0\n", "has 1 rows, the data set 2"},
        {VOTE_HEADER "Training,a,1,2,3,4,0,0,0\n", "line 2: is cut short"},
        {VOTE_HEADER "Training,a,1,2,3,-4,0,0,0,0,0,0\n", "line 2: \"-4\" is not a number"},
        {VOTE_HEADER "Training,a,1,2,3,4,0,0,0,0,0,26\n", "line 2: \"26\" is not a number"},
        {VOTE_HEADER "Training,a,1,2,3,4,0,0,0,0,0\n", "line 2: is cut short"},
        {VOTE_HEADER "\n \t\nTraining,a,1,2,3,4,0,0,0,0,0,x\n", "line 4: \"x\" is not a number"},
        {"Usage,neutral\n", "no column \"anger\""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        path = write_text("bad_votes.csv", bad[i].text);
        assert_int_equal(dataset_load_votes(&d, path, &error), -1);
        if (!strstr(error.text, bad[i].expected))
            fail_msg("expected \"%s\" in: %s", bad[i].expected, error.text);
    }
    assert_int_equal(dataset_load_votes(&d, test_folder(), &error), -1);
    expect_text(error.text, test_folder(), ": is a folder; name a file");
    assert_int_equal(dataset_load_votes(&d, in_folder("none.csv"), &error), -1);
    expect_text(error.text, "none.csv", "No such file");
    assert_memory_equal(d.votes[0].classes, first, sizeof first); /* failure touches nothing */
    path = write_text("votes.csv", VOTE_HEADER "\nTraining,a,25,0,0,0,0,0,0,0,0,0\n \n"
                                               "PublicTest,b,0,0,0,0,0,0,0,7,8,\" 9 \"\n");
    assert_int_equal(dataset_load_votes(&d, path, &error), 0);
    assert_int_equal(d.votes[0].classes[6], 25);
    assert_int_equal(d.votes[1].total, 24);
    d.source = DATA_IDX;
    assert_int_equal(dataset_load_votes(&d, path, &error), -1);
    expect_text(error.text, "votes.csv", "for fer2013.csv alone; leave out --ferplus");
    dataset_free(&d);
}

/* ---- IDX ------------------------------------------------------------------------------------- */

static void put_number(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Pictures of 8x8 whose pixels are their number, labels number % 3; compressed where asked. */
static void write_idx(const char *prefix, uint32_t count, bool compressed)
{
    static uint8_t images[16 + 64 * 64], labels[8 + 64];
    char name[64];
    assert_in_range(count, 1, 64);
    put_number(images, 0x803);
    put_number(images + 4, count);
    put_number(images + 8, 8);
    put_number(images + 12, 8);
    put_number(labels, 0x801);
    put_number(labels + 4, count);
    for (uint32_t i = 0; i < count; i++) {
        memset(images + 16 + 64 * i, (int)i, 64);
        labels[8 + i] = (uint8_t)(i % 3);
    }
    const void *parts[] = {images, labels};
    size_t sizes[] = {16 + 64 * (size_t)count, 8 + (size_t)count};
    const char *endings[] = {"images-idx3-ubyte", "labels-idx1-ubyte"};
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s-%s%s", prefix, endings[i], compressed ? ".gz" : "");
        if (!compressed) {
            write_bytes(in_folder(name), parts[i], sizes[i]);
            continue;
        }
        gzFile file = gzopen(in_folder(name), "wb");
        assert_non_null(file);
        assert_int_equal(gzwrite(file, parts[i], (unsigned)sizes[i]), (int)sizes[i]);
        assert_int_equal(gzclose(file), Z_OK);
    }
}

static void reads_idx_plain_and_compressed(void **state)
{
    (void)state;
    struct error error;
    for (int compressed = 0; compressed < 2; compressed++) {
        struct dataset d;
        empty_folder(NULL);
        write_idx("train", 40, compressed);
        write_idx("t10k", 6, compressed);
        assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), 0);
        assert_int_equal(d.count, 46);
        assert_int_equal(d.width, 8);
        assert_int_equal(d.class_count, 3);
        assert_string_equal(d.class_names[2], "2");
        int in_split[SPLIT_COUNT] = {0};
        for (int i = 0; i < d.count; i++) {
            int number = i < 40 ? i : i - 40;
            assert_int_equal(dataset_picture(&d, i)[63], number);
            assert_int_equal(d.labels[i], number % 3);
            in_split[d.splits[i]]++;
        }
        assert_int_equal(in_split[SPLIT_TRAINING], 36); /* every tenth is held out */
        assert_int_equal(in_split[SPLIT_VALIDATION], 4);
        assert_int_equal(in_split[SPLIT_TEST], 6);
        dataset_free(&d);
    }
}

/* A compressed file that is just large enough for what its header tells of, but damaged. */
static void packed_idx_may_hold_a_thousand_times_as_much(void **state)
{
    (void)state;
    enum { SIZE = 128, COUNT = SIZE * 1032 / 64, WRITTEN = 600 };
    static uint8_t images[16 + 64 * WRITTEN];
    static const char name[] = "train-images-idx3-ubyte.gz";
    uint8_t file[SIZE];
    struct dataset d;
    struct error error = {.text = ""};
    size_t size;
    empty_folder(NULL);
    write_idx("t10k", 6, true);
    write_idx("train", 20, true);
    put_number(images, 0x803);
    put_number(images + 4, COUNT);
    put_number(images + 8, 8);
    put_number(images + 12, 8);
    gzFile packed = gzopen(in_folder(name), "wb");
    assert_non_null(packed);
    assert_int_equal(gzwrite(packed, images, sizeof images), sizeof images);
    assert_int_equal(gzclose(packed), Z_OK);
    uint8_t *bytes = read_bytes(in_folder(name), &size);
    assert_in_range(size, 8, SIZE);
    memset(file, 0xFF, SIZE);
    memcpy(file, bytes, size - 8); /* without its checksum */
    free(bytes);
    write_bytes(in_folder(name), file, SIZE);
    assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
    expect_text(error.text, name, "damaged compressed data");
    empty_folder(NULL);
}

/* Damages one of four good files and expects the folder to be refused. */
static void refuse_idx(const char *name, size_t offset, uint8_t value, size_t cut,
                       const char *expected)
{
    struct dataset d;
    struct error error = {.text = ""};
    size_t size;
    empty_folder(NULL);
    write_idx("train", 20, false);
    write_idx("t10k", 6, false);
    uint8_t *bytes = read_bytes(in_folder(name), &size);
    if (offset < size)
        bytes[offset] = value;
    write_bytes(in_folder(name), bytes, cut < size ? cut : size);
    free(bytes);
    largest = 0;
    if (dataset_load(&d, test_folder(), false, "test", &error) != -1)
        fail_msg("not refused, though %s", expected);
    expect_text(error.text, name, expected);
    assert_true(largest < 1 << 20); /* memory for what is there */
}

/* Headers without pictures. */
static void idx_sizes_have_bounds(void **state)
{
    (void)state;
    static const struct {
        uint32_t count, height, width;
        const char *expected;
    } headers[] = {{0, 8, 8, "0 pictures of 8x8; sides of 8 to 128 are possible"},
                   {10000001, 8, 8, "10000001 pictures of 8x8; sides"},
                   {1, 7, 8, "1 pictures of 8x7; sides"},
                   {1, 8, 7, "1 pictures of 7x8; sides"},
                   {1, 129, 8, "1 pictures of 8x129; sides"},
                   {1, 8, 129, "1 pictures of 129x8; sides"},
                   {1, 8, 8, "is cut short"},
                   {10000000, 8, 8, "is cut short"},
                   {1, 128, 128, "is cut short"}};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        uint8_t header[16];
        struct dataset d;
        struct error error = {.text = ""};
        put_number(header, 0x803);
        put_number(header + 4, headers[i].count);
        put_number(header + 8, headers[i].height);
        put_number(header + 12, headers[i].width);
        write_bytes(in_folder("train-images-idx3-ubyte"), header, sizeof header);
        assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
        expect_text(error.text, "train-images-idx3-ubyte: ", headers[i].expected);
    }
}

static void refuses_damaged_idx(void **state)
{
    (void)state;
    struct error error;
    struct dataset d;
    const size_t whole = SIZE_MAX;
    refuse_idx("train-images-idx3-ubyte", 3, 1, whole, "begins with 00000801");
    refuse_idx("train-labels-idx1-ubyte", 3, 3, whole, "begins with 00000803");
    refuse_idx("train-images-idx3-ubyte", 7, 21, whole, "is cut short");
    refuse_idx("train-images-idx3-ubyte", 7, 19, whole, "longer than its header says");
    refuse_idx("train-images-idx3-ubyte", 4, 0xff, whole, "pictures of 8x8; sides of 8 to 128");
    /* 8 million pictures more than there are, half a gigabyte; and a thousand times as many. */
    refuse_idx("train-images-idx3-ubyte", 5, 0x7f, whole, "is cut short");
    refuse_idx("train-images-idx3-ubyte", 6, 0x52, whole, "is cut short");
    refuse_idx("train-images-idx3-ubyte", 11, 1, whole, "sides of 8 to 128");
    refuse_idx("train-images-idx3-ubyte", whole, 0, 10, "is cut short");
    refuse_idx("train-images-idx3-ubyte", whole, 0, 0, "is cut short");
    refuse_idx("t10k-images-idx3-ubyte", 15, 9, whole, "but those of train are 8x8");
    refuse_idx("t10k-images-idx3-ubyte", 11, 9, whole, "of 8x9, but those of train are 8x8");
    refuse_idx("train-labels-idx1-ubyte", 7, 19, whole, "19 labels for 20 pictures");
    refuse_idx("t10k-labels-idx1-ubyte", 9, 64, whole, "label 64 of picture 2 is over 63");
    empty_folder(NULL);
    write_idx("train", 20, true);
    assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
    assert_non_null(strstr(error.text, "has no t10k-images-idx3-ubyte or"));
    empty_folder(NULL);
    write_idx("t10k", 6, true);
    assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
    assert_non_null(strstr(error.text, "has no train-images-idx3-ubyte or"));
    write_idx("train", 20, true);
    write_idx("t10k", 6, true);
    size_t size;
    uint8_t *bytes = read_bytes(in_folder("train-images-idx3-ubyte.gz"), &size);
    for (size_t cut = 0; cut < size; cut++) { /* a compressed file cut anywhere */
        write_bytes(in_folder("train-images-idx3-ubyte.gz"), bytes, cut);
        assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
        expect_text(error.text, "train-images-idx3-ubyte.gz", "");
    }
    memset(bytes + 12, 0xFF, 8); /* no such block */
    write_bytes(in_folder("train-images-idx3-ubyte.gz"), bytes, size);
    assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
    expect_text(error.text, "train-images-idx3-ubyte.gz", "damaged compressed data");
    free(bytes);
    empty_folder(NULL);
}

/* ---- Folders
 * ------------------------------------------------------------------------------------- */

static void make_folders(const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(mkdir(in_folder(names[i]), 0777), 0);
}

static void remove_folders(const char *const *names, int count)
{
    for (int i = count - 1; i >= 0; i--)
        remove(in_folder(names[i]));
}

/* A PGM of one grey value. */
static void write_pgm(const char *name, int value, int side)
{
    static uint8_t bytes[64 + 200 * 200];
    int header = snprintf((char *)bytes, 64, "P5\n%d %d\n255\n", side, side);
    memset(bytes + header, value, (size_t)(side * side));
    write_bytes(in_folder(name), bytes, (size_t)(header + side * side));
}

static void maps_class_folders_by_name(void **state)
{
    (void)state;
    /* In an order that is not the labels' order, with other data sets' words. */
    static const char *const names[] = {
        "train", "train/Surprised", "train/anger",   "train/neutral",
        "test",  "test/happiness",  "train/.ignored"};
    static const char *const files[] = {"train/Surprised/a.pgm", "train/anger/b.pgm",
                                        "train/neutral/c.pgm", "test/happiness/d.pgm"};
    static const int labels[] = {5, 0, 6, 3}, sides[] = {48, 96, 20, 48};
    struct dataset d;
    struct error error;
    make_folders(names, 7);
    for (int i = 0; i < 4; i++)
        write_pgm(files[i], 50 + i, sides[i]);
    write_text("train/readme.txt", "not a class");
    if (dataset_load(&d, test_folder(), false, "test", &error) < 0)
        fail_msg("%s", error.text);
    assert_true(d.count == 4 && d.source == DATA_FOLDERS);
    for (int i = 0; i < 4; i++) {
        int found = 0;
        for (int j = 0; j < 4; j++) {
            if (dataset_picture(&d, j)[PIXELS / 2] != 50 + i)
                continue;
            found++;
            assert_int_equal(d.labels[j], labels[i]);
            assert_int_equal(d.splits[j], i == 3 ? SPLIT_TEST : SPLIT_TRAINING);
        }
        assert_int_equal(found, 1);
    }
    dataset_free(&d);

    write_text("train/anger/broken.png", "no picture at all");
    assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
    expect_text(error.text, "broken.png", "add --skip-bad");
    assert_int_equal(dataset_load(&d, test_folder(), true, "test", &error), 0);
    assert_int_equal(d.count, 4);
    dataset_free(&d);
    remove(in_folder("train/anger/broken.png"));

    assert_int_equal(mkdir(in_folder("train/bored"), 0777), 0);
    assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
    expect_text(error.text, "train/bored", "no class of that name");
    remove(in_folder("train/bored"));

    for (int i = 0; i < 4; i++)
        remove(in_folder(files[i]));
    assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
    expect_text(error.text, test_folder(), "holds no picture");
    remove(in_folder("train/readme.txt"));
    remove_folders(names, 7);
    assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
    expect_text(error.text, test_folder(), "holds neither train/ and test/ nor IDX files");
    make_folders(names, 1);
    assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
    expect_text(error.text, test_folder(), "holds no picture");
    remove_folders(names, 1);
    write_text("train", "no folder");
    assert_int_equal(dataset_load(&d, test_folder(), false, "test", &error), -1);
    expect_text(error.text, in_folder("train"), "/train: Not a directory; check the folder");
    remove(in_folder("train"));
}

/* The words of all data sets, and of their parts. */
static void knows_the_names_of_classes(void **state)
{
    (void)state;
    static const char *const names[] = {"angry",     "disgust", "fear",      "happy",     "sad",
                                        "surprise",  "neutral", "anger",     "Disgusted", "FEARFUL",
                                        "happiness", "sadness", "surprised", "suprise"};
    static const int labels[] = {0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 5};
    static const char *const parts[] = {"train", "test", "validation", "valid", "val"};
    static const enum split splits[] = {SPLIT_TRAINING, SPLIT_TEST, SPLIT_VALIDATION,
                                        SPLIT_VALIDATION, SPLIT_VALIDATION};
    for (int i = 0; i < 14; i++) {
        char folder[32], file[48];
        struct dataset d;
        struct error error;
        const char *const part = parts[i % 5];
        snprintf(folder, sizeof folder, "%s/%s", part, names[i]);
        snprintf(file, sizeof file, "%s/a.pgm", folder);
        const char *const made[] = {part, folder};
        make_folders(made, 2);
        write_pgm(file, i, 48);
        if (dataset_load(&d, test_folder(), false, "test", &error) < 0)
            fail_msg("%s: %s", file, error.text);
        assert_int_equal(d.count, 1);
        assert_int_equal(d.labels[0], labels[i]);
        assert_int_equal(d.splits[0], splits[i % 5]);
        dataset_free(&d);
        remove(in_folder(file));
        remove_folders(made, 2);
    }
}

/* Another's validation pictures are used as such, and litter is passed over. */
static void reads_folders_as_others_leave_them(void **state)
{
    (void)state;
    static const char *const names[] = {"train",    "train/happy", "train/__MACOSX",
                                        "__MACOSX", "validation",  "validation/happy"};
    static const char *const files[] = {"train/Thumbs.db", "train/happy/desktop.ini",
                                        "train/happy/.DS_Store", "train/happy/Thumbs.db",
                                        "train/__MACOSX/._a.pgm"};
    char name[32];
    struct dataset d;
    struct error error;
    make_folders(names, 6);
    for (int i = 0; i < 5; i++)
        write_text(files[i], "litter");
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "train/happy/%d.pgm", i);
        write_pgm(name, i, 48);
    }
    write_pgm("validation/happy/v.pgm", 99, 48);
    if (dataset_load(&d, test_folder(), false, "test", &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(d.count, 13);
    for (int i = 0; i < 13; i++)
        assert_int_equal(d.splits[i],
                         dataset_picture(&d, i)[0] == 99 ? SPLIT_VALIDATION : SPLIT_TRAINING);
    dataset_free(&d);
    remove(in_folder("validation/happy/v.pgm"));
    remove_folders(names + 4, 2);
    if (dataset_load(&d, test_folder(), false, "test", &error) < 0)
        fail_msg("%s", error.text);
    int held_out = 0; /* one in ten, as there is no other */
    for (int i = 0; i < d.count; i++)
        held_out += d.splits[i] == SPLIT_VALIDATION;
    assert_int_equal(held_out, 1);
    dataset_free(&d);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "train/happy/%d.pgm", i);
        remove(in_folder(name));
    }
    for (int i = 0; i < 5; i++)
        remove(in_folder(files[i]));
    remove_folders(names, 4);
}

/* ---- The command line ------------------------------------------------------------------------ */

static int parse(struct train_options *options, const char *line, struct error *error)
{
    static char text[700];
    enum { MOST = 60 };
    char *words[MOST + 1];
    int count = 0;
    snprintf(text, sizeof text, "train_fer%s%s", *line ? " " : "", line);
    for (char *at = text; at && count < MOST; at = at ? at + 1 : NULL) {
        words[count++] = at;
        at = strchr(at, ' ');
        if (at)
            *at = '\0';
    }
    words[count] = NULL;
    return train_options_parse(options, count, words, error);
}

int __wrap_blas_usual_threads(void);

/* A machine of five processors. */
int __wrap_blas_usual_threads(void)
{
    return 5;
}

/* A layer that all places share, one that looks through windows of them, then dense ones. */
static void networks_follow_the_recipe(void **state)
{
    (void)state;
    struct train_options options;
    struct error error;
    const struct dataset d = {.width = 48, .height = 48, .class_count = 7};
    static const char line[] = "--features hog,windows --hidden @8,3@4,2@5,16 --align off";
    if (parse(&options, line, &error))
        fail_msg("%s", error.text);
    for (int n = 0; n < 2; n++) {
        struct features f = recipe_features(&options.recipe, &d, n);
        struct mlp_config config = recipe_network(&options.recipe, &d, n);
        int positions = features_positions(&f), grid = (int)lround(sqrt(positions));
        const int units[] = {features_dim(&f),
                             8 * positions,
                             4 * (grid - 2) * (grid - 2),
                             5 * (grid - 3) * (grid - 3),
                             16,
                             7};
        assert_true(f.kind == (n ? FEATURES_WINDOWS : FEATURES_HOG));
        assert_int_equal(grid * grid, positions);
        assert_int_equal(config.layer_count, 5);
        for (int i = 0; i <= config.layer_count; i++)
            assert_int_equal(config.units[i], units[i]);
        assert_true(config.positions[0] == positions && config.positions[1] == 1 &&
                    config.positions[3] == 1);
        assert_true(config.windows[0].side == 0 && config.windows[3].side == 0 &&
                    config.windows[3].grid == 0);
        assert_true(config.windows[1].grid == grid && config.windows[1].side == 3);
        assert_true(config.windows[2].grid == grid - 2 && config.windows[2].side == 2);
        assert_int_equal(mlp_config_check(&config, &error), 0);
    }
    /* Positions that make no square have no windows. */
    const struct dataset wide = {.width = 12, .height = 8, .class_count = 7};
    assert_int_equal(parse(&options, "--features pixels --hidden @4,1@2 --align off", &error), 0);
    struct features pixels = recipe_features(&options.recipe, &wide, 0);
    assert_true(pixels.width == 12 && pixels.height == 8);
    struct mlp_config config = recipe_network(&options.recipe, &wide, 0);
    assert_int_equal(config.windows[1].grid, 0);
    assert_int_equal(mlp_config_check(&config, &error), -1);
    /* One position has a window. */
    const struct dataset small = {.width = 8, .height = 8, .class_count = 7};
    assert_int_equal(parse(&options, "--features patches --hidden @4,1@4 --align off", &error), 0);
    struct features one = recipe_features(&options.recipe, &small, 0);
    assert_int_equal(features_positions(&one), 1);
    config = recipe_network(&options.recipe, &small, 0);
    assert_true(config.windows[1].grid == 1 && config.windows[1].side == 1);
    /* Nothing is left of the layers that there would be otherwise. */
    assert_int_equal(parse(&options, "--features pixels --hidden 16", &error), 0);
    config = recipe_network(&options.recipe, &d, 0);
    assert_true(config.layer_count == 2 && config.windows[1].side == 0);
    assert_int_equal(mlp_config_check(&config, &error), 0);
}

/* Mean 0 and deviation 1. */
static void standardize(double *values, int count)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    for (int i = 0; i < count; i++)
        squares += pow(values[i] - sum / count, 2);
    for (int i = 0; i < count; i++)
        values[i] = (values[i] - sum / count) / sqrt(squares / count);
}

enum { MEAN_SIDE = 8, MEAN_AREA = MEAN_SIDE * MEAN_SIDE };

static struct dataset dataset_of_two(int count, uint8_t *pixels, uint8_t *labels, uint8_t *splits)
{
    return (struct dataset){.width = MEAN_SIDE,
                            .height = MEAN_SIDE,
                            .count = count,
                            .class_count = 2,
                            .pixels = pixels,
                            .labels = labels,
                            .splits = splits};
}

/* The pictures of two classes are made symmetric and weighed by the votes that agree, and what
 * tells their means from the mean of both is exaggerated. */
static void mean_faces_are_those_of_classes(void **state)
{
    (void)state;
    enum { COUNT = 5 };
    static const double exaggeration[] = {1, 2}, weights[COUNT] = {0.75, 1, 0, 0, 0.25};
    uint8_t pixels[COUNT * MEAN_AREA], faces[2 * MEAN_AREA], labels[COUNT] = {0, 1, 0, 0, 1};
    uint8_t splits[COUNT] = {SPLIT_TRAINING, SPLIT_TRAINING, SPLIT_VALIDATION};
    struct votes votes[COUNT] = {{{3, 1}, 4}, {{0, 5}, 5}, {{4}, 4}, {{0}, 0}, {{3, 1}, 4}};
    double means[2][MEAN_AREA] = {{0}};
    struct rng rng = rng_make(8, 0);
    struct error error;
    fill_noise(&rng, pixels, sizeof pixels);
    struct dataset d = dataset_of_two(COUNT, pixels, labels, splits);
    d.votes = votes;
    assert_int_equal(dataset_mean_faces(&d, exaggeration, faces, &error), 0);
    for (int i = 0; i < COUNT; i++) {
        const uint8_t *picture = pixels + i * MEAN_AREA;
        double sums[MEAN_AREA], all = labels[i] ? 1.25 : 0.75;
        for (int p = 0; p < MEAN_AREA; p++)
            sums[p] =
                picture[p] + picture[p / MEAN_SIDE * MEAN_SIDE + MEAN_SIDE - 1 - p % MEAN_SIDE];
        standardize(sums, MEAN_AREA);
        for (int p = 0; p < MEAN_AREA; p++)
            means[labels[i]][p] += weights[i] * sums[p] / all;
    }
    for (int k = 0; k < 2; k++) {
        double shown[MEAN_AREA];
        for (int p = 0; p < MEAN_AREA; p++) {
            double all = (means[0][p] + means[1][p]) / 2;
            shown[p] = all + exaggeration[k] * (means[k][p] - all);
        }
        standardize(shown, MEAN_AREA);
        for (int p = 0; p < MEAN_AREA; p++)
            expect_close(faces[k * MEAN_AREA + p], fmin(fmax(128 + 48 * shown[p], 0), 255), 0.51,
                         "a grey");
    }
    labels[1] = labels[4] = 0;
    assert_int_equal(dataset_mean_faces(&d, exaggeration, faces, &error), -1);
}

/* Two bright pixels on black, which are as bright as can be; against nothing they are what the
 * other class lacks. */
static void mean_faces_of_flat_pictures_are_grey(void **state)
{
    (void)state;
    static const double exaggeration[] = {1, 2};
    uint8_t pixels[2 * MEAN_AREA] = {0}, labels[] = {0, 1}, faces[2 * MEAN_AREA];
    uint8_t splits[] = {SPLIT_TRAINING, SPLIT_TRAINING};
    struct error error;
    pixels[0] = pixels[MEAN_SIDE - 1] = 255;
    memset(pixels + MEAN_AREA, 77, MEAN_AREA);
    const struct dataset d = dataset_of_two(2, pixels, labels, splits);
    assert_int_equal(dataset_mean_faces(&d, exaggeration, faces, &error), 0);
    for (int p = 0; p < MEAN_AREA; p++) {
        bool bright = p == 0 || p == MEAN_SIDE - 1;
        assert_int_equal(faces[p], bright ? 255 : 119); /* 128 - 48 / sqrt(31) */
        assert_int_equal(faces[MEAN_AREA + p], bright ? 0 : 137);
    }
}

/* Of a picture and its negative, which counts a little less, little is left; it is shown as well as
 * any. */
static void faint_mean_faces_are_brought_out(void **state)
{
    (void)state;
    static const double exaggeration[] = {1, 1};
    uint8_t pixels[4 * MEAN_AREA], faces[2 * MEAN_AREA], labels[] = {0, 0, 1, 1};
    uint8_t splits[4] = {SPLIT_TRAINING, SPLIT_TRAINING, SPLIT_TRAINING, SPLIT_TRAINING};
    struct votes votes[] = {{{5}, 10}, {{4}, 10}, {{0, 5}, 10}, {{0, 4}, 10}};
    double shown[MEAN_AREA];
    struct rng rng = rng_make(9, 0);
    struct error error;
    fill_noise(&rng, pixels, MEAN_AREA);
    for (int p = 0; p < MEAN_AREA; p++) {
        pixels[MEAN_AREA + p] = (uint8_t)(255 - pixels[p]);
        shown[p] = pixels[p] + pixels[p / MEAN_SIDE * MEAN_SIDE + MEAN_SIDE - 1 - p % MEAN_SIDE];
    }
    memcpy(pixels + 2 * MEAN_AREA, pixels, 2 * MEAN_AREA);
    standardize(shown, MEAN_AREA);
    struct dataset d = dataset_of_two(4, pixels, labels, splits);
    d.votes = votes;
    assert_int_equal(dataset_mean_faces(&d, exaggeration, faces, &error), 0);
    for (int i = 0; i < 2 * MEAN_AREA; i++)
        expect_close(faces[i], fmin(fmax(128 + 48 * shown[i % MEAN_AREA], 0), 255), 0.51, "a grey");
}

/* What is not said follows from what is. */
static void completes_the_recipe(void **state)
{
    (void)state;
    static const char all[] =
        "--align off --verifier off --features hog,patches --hidden @7,8 --activation sigmoid "
        "--output-activation softmax --batch-norm on --loss mse --descent mini-batch --batch-size "
        "3 --optimizer momentum --learning-rate 0.5 --epochs 9 --patience 3 --dropout 0.25 "
        "--input-dropout 0.125 --weight-decay 0.5 --label-smoothing 0.2 --ferplus-share 0.4 "
        "--class-weights 0 --prior 1,2.5 --augment 1.5 --webcam 0.7 --agreement 0 --mixup 0.6 "
        "--seed 77 --threads 5";
    static const struct {
        const char *line, *parts[4];
    } lines[] = {
        {"--threads 3",
         {"--align on --verifier on --features patches --hidden @64,3@64,512 --activation relu "
          "--output-activation softmax --batch-norm on --loss cross-entropy --descent mini-batch "
          "--batch-size 256 --optimizer adamw --learning-rate 0.006 --epochs 45 --patience 0 "
          "--dropout 0.4 --input-dropout 0.1 --weight-decay 0.05 --label-smoothing 0.1 "
          "--ferplus-share 0.75 --class-weights 0.5 --prior uniform --augment 0.4 --webcam 0.3 "
          "--agreement 0 --mixup 0 --seed 2 --threads 3"}},
        {"--optimizer sgd", {"--learning-rate 0.1 ", "--weight-decay 0 "}},
        {"--optimizer momentum", {"--learning-rate 0.01 ", "--weight-decay 0 "}},
        {"--optimizer sgd --weight-decay 0.5", {"--weight-decay 0.5 "}},
        {"--learning-rate 1 --optimizer sgd", {"--learning-rate 1 "}},
        {"--activation tanh", {"--batch-norm off ", "--dropout 0 --input-dropout 0 "}},
        {"--activation tanh --dropout 0.5", {"--dropout 0.5 --input-dropout 0.1 "}},
        {"--activation tanh --batch-norm on", {"--batch-norm on ", "--dropout 0.4 "}},
        {"--descent full", {"--descent full ", "--batch-norm off "}},
        {"--descent stochastic", {"--descent stochastic ", "--batch-norm off "}},
        {"--loss mse", {"--label-smoothing 0 ", "--class-weights 0 ", "--prior uniform "}},
        {"--loss mse --label-smoothing 0.3", {"--label-smoothing 0.3 "}},
        {"--output-activation sigmoid",
         {"--prior training ", "--label-smoothing 0 ", "--class-weights 0 "}},
        {"--features pixels", {"--hidden 512,256 "}},
        {"--features hog,pixels", {"--features hog,pixels --hidden 512,256 "}},
        {"--features pixels --hidden none", {"--hidden none "}},
        {"--prior training", {"--prior training "}},
        {"--epochs 1000000 --learning-rate 100 --seed 2000000000",
         {"--epochs 1000000 ", "--learning-rate 100 ", "--seed 2000000000 "}},
        {"--agreement 2 --batch-size 2 --batch-norm off", {"--agreement 2 "}},
        {"--augment 0", {"--augment 0 "}},
        {"--hidden @8,1@4,3", {"--hidden @8,1@4,3 "}},
        {all, {all}},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct train_options options;
        struct recipe again;
        struct error error;
        char text[RECIPE_TEXT_SIZE], parsed[RECIPE_TEXT_SIZE];
        if (parse(&options, lines[i].line, &error))
            fail_msg("%s: %s", lines[i].line, error.text);
        recipe_print(&options.recipe, text, sizeof text);
        snprintf(parsed, sizeof parsed, "%s", text); /* as a checkpoint's */
        if (recipe_parse(&again, parsed, &error) < 0)
            fail_msg("%s: %s", lines[i].line, error.text);
        recipe_print(&again, parsed, sizeof parsed);
        assert_string_equal(parsed, text);
        for (int k = 0; k < 4 && lines[i].parts[k]; k++) {
            if (!strstr(text, lines[i].parts[k]))
                fail_msg("%s: no %s in %s", lines[i].line, lines[i].parts[k], text);
        }
        assert_int_equal(options.recipe.augment.flip, options.recipe.augment.strength > 0);
        assert_int_equal(again.augment.flip, again.augment.strength > 0);
        assert_true(again.step.batch_norm_momentum == 0.1f && again.step.bfloat16); /* no options */
    }
}

static void takes_bounds_and_refuses_beyond(void **state)
{
    (void)state;
    static const struct {
        const char *name, *least, *most, *below, *beyond;
    } numbers[] = {
        {"batch-size", "3", "8192", "0", "8193"},
        {"learning-rate", "1e-9", "1000", "9e-10", "1000.1"},
        {"epochs", "1", "1000000", "0", "1000001"},
        {"dropout", "0", "0.95", "-0.01", "0.96"},
        {"input-dropout", "0", "0.95", "-0.01", "0.96"},
        {"weight-decay", "0", "10", "-0.1", "10.1"},
        {"label-smoothing", "0", "0.9", "-0.1", "0.91"},
        {"ferplus-share", "0", "1", "-0.1", "1.1"},
        {"augment", "0", "3", "-0.1", "3.1"},
        {"webcam", "0", "1", "-0.1", "1.1"},
        {"class-weights", "0", "1", "-0.1", "1.1"},
        {"agreement", "0", "100", "-0.1", "100.1"},
        {"mixup", "0", "1", "-0.1", "nan"},
        {"seed", "0", "2147483647", "-1", "2147483648"},
        {"threads", "1", "64", "0", "65"},
        {"folds", "2", "10", "1", "11"},
        {"hidden", "1", "1,1,1", "0", "1,"},
        {"hidden", "131072", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "131073",
         "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"},
        {"hidden", "@8,1@4", "@8,32@4", "@8,0@4", "@8,33@4"},
        {"features", "pixels", "hog,hog,hog,pixels", ",", "hog,hog,hog,hog,hog"},
        {"prior", "7", "0.000001,1000000", "0,1", "1,x"},
        {"patience", "0", "1000000 --optimizer sgd", "-1", "1000001 --optimizer sgd"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *const values[] = {
            numbers[i].least, numbers[i].most, numbers[i].below, numbers[i].beyond, "", "x", "1 1"};
        for (int k = 0; k < 7; k++) {
            struct train_options options;
            struct error error = {.text = ""};
            char line[100];
            snprintf(line, sizeof line, "--%s %s", numbers[i].name, values[k]);
            int result = parse(&options, line, &error);
            if (result != (k < 2 ? 0 : -1))
                fail_msg("%s is %s: %s", line, k < 2 ? "refused" : "taken", error.text);
            if (k >= 2 && k < 6)
                expect_text(error.text, numbers[i].name, "--");
        }
    }
}

static void refuses_what_does_not_go_together(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"--features", "--features needs a value"},
        {"--features ,", "name at least one kind"},
        {"--features hog,nose", ", not \"nose\""},
        {"--optimizer adam", "takes sgd, momentum or adamw"},
        {"--align yes", "takes off or on"},
        {"--export-onnx model.bin", "ends in .onnx"},
        {"--export-onnx .onnx", "ends in .onnx"},
        {"--export-onnx a.onnx b c", "unexpected argument c"},
        {"here", "unexpected argument here"},
        {"--evaluate a b", "unexpected argument b"},
        {"--evaluate a --mean-faces b", "only one of --evaluate, --export-onnx and --mean-faces"},
        {"--class-weights 0.5 --loss mse", "only softmax with cross-entropy can weigh"},
        {"--prior uniform --output-activation sigmoid", "no other prior than training"},
        {"--resume a --dropout 0.1", "leave out those of network and training"},
        {"--folds 3 --resume a", "keeps no model"},
        {"--folds 3 --output a", "keeps no model"},
        {"--folds 3 --init-only", "keeps no model"},
        {"--folds 3 --evaluate a", "keeps no model"},
        {"--descent full --batch-norm on", "batch normalization needs batches"},
        {"--batch-size 2", "3 or more samples per batch"},
        {"--patience 1", "adamw's learning rate is planned"},
        {"--hidden 1@4", "its windows lie on the positions"},
        {"--hidden 8,1@4", "its windows lie on the positions"},
        {"--hidden @8,4,1@4", "its windows lie on the positions"},
        {"--agreement 1 --mixup 0.2", "no --mixup"},
        {"--agreement 1 --loss mse", "softmax with cross-entropy"},
        {"--agreement 1 --descent full", "mini-batches of 2 or more"},
        {"--agreement 1 --batch-size 1 --batch-norm off", "mini-batches of 2 or more"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct train_options options;
        struct error error = {.text = ""};
        if (parse(&options, lines[i][0], &error) != -1)
            fail_msg("%s is taken", lines[i][0]);
        expect_text(error.text, "", lines[i][1]);
    }
}

static void knows_its_tasks(void **state)
{
    (void)state;
    struct train_options o;
    struct error error;
    assert_int_equal(parse(&o, "", &error), 0);
    assert_int_equal(o.action, ACTION_TRAIN);
    assert_string_equal(o.data, "datasets/fer2013.csv");
    assert_string_equal(o.output, "models/expressions.safetensors");
    assert_false(o.data_given || o.output_given || o.augment_given || o.webcam_given ||
                 o.align_given || o.verifier_given || o.prior_given || o.recipe_given || o.json ||
                 o.skip_bad);
    assert_int_equal(o.recipe.threads, 5);
    assert_int_equal(parse(&o,
                           "--data a --output b --ferplus c --backgrounds d --report e --skip-bad "
                           "--threads 2",
                           &error),
                     0);
    assert_string_equal(o.data, "a");
    assert_string_equal(o.output, "b");
    assert_string_equal(o.ferplus, "c");
    assert_string_equal(o.backgrounds, "d");
    assert_string_equal(o.report, "e");
    assert_true(o.data_given && o.output_given && o.skip_bad && !o.recipe_given);
    assert_int_equal(parse(&o,
                           "--augment 0 --webcam 0 --align on --verifier "
                           "on --prior uniform",
                           &error),
                     0);
    assert_true(o.augment_given && o.webcam_given && o.align_given && o.verifier_given &&
                o.prior_given && o.recipe_given && !o.recipe.augment.flip);
    assert_int_equal(parse(&o, "--align on --seed 3", &error), 0);
    assert_true(o.align_given && !o.augment_given && !o.prior_given);
    assert_int_equal(parse(&o, "--evaluate a --split b --json", &error), 0);
    assert_int_equal(o.action, ACTION_EVALUATE);
    assert_string_equal(o.model, "a");
    assert_string_equal(o.split, "b");
    assert_true(o.json);
    assert_int_equal(parse(&o, "--export-onnx a.onnx", &error), 0);
    assert_int_equal(o.action, ACTION_EXPORT_ONNX);
    assert_string_equal(o.onnx, "a.onnx");
    assert_string_equal(o.model, "models/expressions.safetensors");
    assert_int_equal(parse(&o, "--export-onnx a.onnx mine", &error), 0);
    assert_string_equal(o.model, "mine");
    assert_int_equal(parse(&o, "--mean-faces a.png", &error), 0);
    assert_int_equal(o.action, ACTION_MEAN_FACES);
    assert_string_equal(o.mean_faces, "a.png");
    assert_int_equal(parse(&o, "--resume a --threads 2", &error), 0);
    assert_string_equal(o.resume, "a");
    assert_int_equal(parse(&o, "--folds 5", &error), 0);
    assert_int_equal(o.folds, 5);
    assert_int_equal(parse(&o, "--init-only", &error), 0);
    assert_int_equal(o.recipe.epochs, 0);
    assert_int_equal(parse(&o, "--help --nonsense", &error), 0);
    assert_int_equal(o.action, ACTION_HELP);
    assert_int_equal(parse(&o, "--version here", &error), 0);
    assert_int_equal(o.action, ACTION_VERSION);
}

/* Only a training's options make a recipe. */
static void reads_recipes(void **state)
{
    (void)state;
    static const char *const wrong[] = {"--evaluate a", "--init-only", "--help", "--seed x",
                                        "--patience 1"};
    char text[] = "--hidden 9 --threads 2 --seed 4";
    struct recipe recipe;
    struct error error;
    assert_int_equal(recipe_parse(&recipe, text, &error), 0);
    assert_int_equal(recipe.hidden[0].units, 9);
    assert_int_equal(recipe.seed, 4);
    for (int i = 0; i < 5; i++) {
        char line[40];
        snprintf(line, sizeof line, "%s", wrong[i]);
        assert_int_equal(recipe_parse(&recipe, line, &error), -1);
    }
    char many[500] = "";
    for (int i = 0; i < 32; i++)
        strcat(many, "--align on ");
    assert_int_equal(recipe_parse(&recipe, many, &error), -1);
    assert_int_equal(recipe.seed, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_follow_the_recipe),
        cmocka_unit_test(mean_faces_are_those_of_classes),
        cmocka_unit_test(mean_faces_of_flat_pictures_are_grey),
        cmocka_unit_test(faint_mean_faces_are_brought_out),
        cmocka_unit_test(completes_the_recipe),
        cmocka_unit_test(takes_bounds_and_refuses_beyond),
        cmocka_unit_test(refuses_what_does_not_go_together),
        cmocka_unit_test(knows_its_tasks),
        cmocka_unit_test(reads_recipes),
        cmocka_unit_test(reads_columns_by_name),
        cmocka_unit_test(refuses_bad_rows_by_number),
        cmocka_unit_test(reads_quoted_tables),
        cmocka_unit_test(counts_lines_within_quotes),
        cmocka_unit_test(reads_tables_without_usage),
        cmocka_unit_test(names_what_unpacks),
        cmocka_unit_test_teardown(reads_folders_as_others_leave_them, empty_folder),
        cmocka_unit_test(refuses_missing_file),
        cmocka_unit_test(refuses_endless_line),
        cmocka_unit_test(refuses_endless_data),
        cmocka_unit_test(reads_votes_row_for_row),
        cmocka_unit_test(reads_idx_plain_and_compressed),
        cmocka_unit_test(refuses_damaged_idx),
        cmocka_unit_test(packed_idx_may_hold_a_thousand_times_as_much),
        cmocka_unit_test_teardown(idx_sizes_have_bounds, empty_folder),
        cmocka_unit_test(maps_class_folders_by_name),
        cmocka_unit_test(knows_the_names_of_classes),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
