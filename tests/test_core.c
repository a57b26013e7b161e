#define _XOPEN_SOURCE 700 /* mknod */ /* NOLINT: names of this kind are POSIX's to give */
/* Random numbers, labels, messages and files: the ground that the rest of src/core stands on. */
#include "arguments.h"
#include "error.h"
#include "file.h"
#include "labels.h"
#include "log.h"
#include "null_device.h"
#include "rng.h"
#include "testing.h"
#include "text.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Random numbers -------------------------------------------------------------------------- */

/* The first numbers of the authors' xoshiro256starstar.c from this state. */
static void rng_is_xoshiro256starstar(void **state)
{
    (void)state;
    struct rng rng = {{1, 2, 3, 4}};
    assert_true(rng_next(&rng) == 11520);
    assert_true(rng_next(&rng) == 0);
    assert_true(rng_next(&rng) == 1509978240);
    assert_true(rng_next(&rng) == UINT64_C(1215971899390074240));
}

static void rng_follows_seed_and_stream(void **state)
{
    (void)state;
    struct rng a = rng_make(7, 1), same = rng_make(7, 1);
    struct rng others[] = {rng_make(7, 2), rng_make(8, 1), rng_make(7, 0), rng_make(1, 7)};
    for (int i = 0; i < 100; i++) {
        uint64_t value = rng_next(&a);
        assert_true(rng_next(&same) == value);
        for (size_t o = 0; o < sizeof others / sizeof *others; o++)
            assert_true(rng_next(&others[o]) != value);
    }
}

static void rng_uniform_fills_the_unit_interval(void **state)
{
    (void)state;
    enum { DRAWS = 100000, BINS = 10 };
    struct rng rng = rng_make(1, 0);
    int bins[BINS] = {0};
    for (int i = 0; i < DRAWS; i++) {
        double value = rng_uniform(&rng);
        assert_true(value >= 0.0 && value < 1.0);
        bins[(int)(value * BINS)]++;
    }
    for (int b = 0; b < BINS; b++)
        expect_close(bins[b], DRAWS / BINS, 500, "numbers in a tenth of the interval");
    /* Its largest number is below 1 and not rounded up to it. */
    const struct rng last = {{0, UINT64_C(0x4fc71c71c71c71c7), 0, 0}};
    struct rng copy = last;
    assert_true(rng_next(&copy) == UINT64_MAX);
    copy = last;
    assert_true(rng_uniform(&copy) < 1.0);
}

static void rng_normal_has_the_normal_moments(void **state)
{
    (void)state;
    enum { DRAWS = 200000 };
    struct rng rng = rng_make(2, 0);
    double moments[5] = {0};
    int within_one = 0;
    for (int i = 0; i < DRAWS; i++) {
        double value = rng_normal(&rng), power = 1.0;
        for (int m = 0; m < 5; m++, power *= value)
            moments[m] += power / DRAWS;
        within_one += fabs(value) < 1.0;
    }
    expect_close(moments[1], 0.0, 0.015, "mean");
    expect_close(moments[2], 1.0, 0.02, "variance");
    expect_close(moments[3], 0.0, 0.05, "third moment");
    expect_close(moments[4], 3.0, 0.12, "fourth moment");
    expect_close((double)within_one / DRAWS, 0.6827, 0.006, "share within one deviation");
    struct rng zero = {{1, 0, 0, 0}}, copy = zero; /* where the logarithm could be infinite */
    assert_true(rng_uniform(&copy) == 0.0);
    assert_true(isfinite(rng_normal(&zero)));
}

static void rng_below_is_unbiased(void **state)
{
    (void)state;
    enum { DRAWS = 90000 };
    struct rng rng = rng_make(3, 0);
    int counts[9] = {0}, low = 0;
    for (int i = 0; i < DRAWS; i++) {
        uint64_t value = rng_below(&rng, 9);
        assert_true(value < 9);
        counts[value]++;
    }
    for (int v = 0; v < 9; v++)
        expect_close(counts[v], DRAWS / 9, 500, "draws of one value");
    /* With a bare remainder the lowest third of this range would come half of the time. */
    uint64_t quarter = UINT64_C(1) << 62;
    for (int i = 0; i < DRAWS; i++)
        low += rng_below(&rng, 3 * quarter) < quarter;
    expect_close((double)low / DRAWS, 1.0 / 3, 0.01, "share of the lowest third");
    assert_true(rng_below(&rng, 1) == 0);
}

static void rng_shuffle_is_a_fair_permutation(void **state)
{
    (void)state;
    enum { COUNT = 5, ROUNDS = 20000 };
    struct rng rng = rng_make(4, 0);
    int places[COUNT][COUNT] = {{0}};
    for (int round = 0; round < ROUNDS; round++) {
        int values[COUNT] = {0, 1, 2, 3, 4}, seen = 0;
        rng_shuffle(&rng, values, COUNT);
        for (int i = 0; i < COUNT; i++) {
            assert_in_range(values[i], 0, COUNT - 1);
            seen |= 1 << values[i];
            places[i][values[i]]++;
        }
        assert_int_equal(seen, (1 << COUNT) - 1);
    }
    for (int i = 0; i < COUNT; i++)
        for (int v = 0; v < COUNT; v++)
            expect_close(places[i][v], ROUNDS / COUNT, 300, "times of one value in one place");
    rng_shuffle(&rng, NULL, 0);
}

/* ---- Labels ---------------------------------------------------------------------------------- */

/* A shuffle takes one number for each value but the last. */
static void rng_shuffle_takes_no_number_too_many(void **state)
{
    (void)state;
    int values[5] = {0, 1, 2, 3, 4};
    struct rng shuffled = rng_make(6, 0), drawn = shuffled;
    rng_shuffle(&shuffled, values, 5);
    for (uint64_t bound = 5; bound > 1; bound--)
        rng_below(&drawn, bound);
    assert_true(rng_next(&shuffled) == rng_next(&drawn));
}

static void labels_stand_in_the_order_of_fer2013(void **state)
{
    (void)state;
    char names[100] = "";
    for (int i = 0; i < LABEL_COUNT; i++)
        snprintf(names + strlen(names), 20, "%s%s", i ? ", " : "", label_names[i]);
    assert_string_equal(names, "angry, disgust, fear, happy, sad, surprise, neutral");
    assert_string_equal(names, LABEL_LIST);
}

/* Of equally probable ones the first; what stands behind the last class is none. */
static void the_most_probable_class_is_predicted(void **state)
{
    (void)state;
    static const float p[] = {0.3f, 0.2f, 0.4f, 0.4f, 0.1f, 0.9f};
    static const int expected[] = {0, 0, 2, 2, 2, 5};
    for (int count = 1; count <= 6; count++)
        assert_int_equal(predicted_class(p, count), expected[count - 1]);
    assert_int_equal(predicted_class(p + 1, 2), 1);
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* What log_line writes to stderr for a text; the caller frees it. */
static char *logged(const char *text)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    log_line("program", "%s", text);
    fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    char *written = calloc(8192, 1);
    assert_non_null(written);
    rewind(file);
    assert_true(fread(written, 1, 8191, file) > 0);
    fclose(file);
    return written;
}

static void log_line_cannot_drive_the_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"a.jpg: no picture; try another", "program: a.jpg: no picture; try another\n"},
        {"", "program: \n"},
        {"\x1b[2Jred\x1b]0;x\x07", "program: ?[2Jred?]0;x?\n"},
        {"a\nb\rc\td\x7f\x01", "program: a?b?c?d??\n"},
        {"C1 \xc2\x80 \xc2\x9b"
         "31m \xc2\x9f",
         "program: C1 ? ?31m ?\n"},
        {"bare \x9b\x31m \xe4 \x9f\xa0", "program: bare ?1m \xe4 ?\xa0\n"},
        {"\xc2\xa0\xc3\xa4\xe4\xbd\xa0\xf0\x9f\x98\x80 \xc3\x9b",
         "program: \xc2\xa0\xc3\xa4\xe4\xbd\xa0\xf0\x9f\x98\x80 \xc3\x9b\n"},
        {"100% %s %n", "program: 100% %s %n\n"},
        {"cut \xc2", "program: cut \xc2\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *written = logged(cases[i].text);
        assert_string_equal(written, cases[i].expected);
        free(written);
    }
}

static void passwords_are_hidden(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"rtsp://name:word@host:554/a?b=c", "rtsp://name:*@host:554/a?b=c"},
        {"camera rtsp://n:w@h/: lost; try again", "camera rtsp://n:*@h/: lost; try again"},
        {"http://:word@h", "http://:*@h"},
        {"http://n:a@b@h/x", "http://n:*@h/x"},
        {"http://n:a/b?c#d@h/x", "http://n:*@h/x"},
        {"http://n:12@h", "http://n:*@h"},
        {"http://n:@h", "http://n:@h"},
        {"http://n:/a@h", "http://n:*@h"},
        {"http://n:a@@h", "http://n:*@h"},
        {"http://h:8/x@y:z@w", "http://h:8/x@y:z@w"},
        {"http://name@h/x", "http://name@h/x"},
        {"http://h:80/x@y:z@w", "http://h:80/x@y:z@w"},
        {"http://h:80", "http://h:80"},
        {"http://h/?user=a&Password=b&channel=1", "http://h/?user=a&Password=*&channel=1"},
        {"http://h/?pwd=b;loginpas=c#d", "http://h/?pwd=*;loginpas=*#d"},
        {"http://h/user=a_password=b_channel=1", "http://h/user=a_password=*"},
        {"http://h/?apiKey=b token=c", "http://h/?apiKey=* token=*"},
        {"http://h/?client_secret=a&b=c", "http://h/?client_secret=*&b=c"},
        {"http://h/?u=a&pw=b&psw=c", "http://h/?u=a&pw=*&psw=*"},
        {"http://h/?auth=a&Signature=b&credential=c", "http://h/?auth=*&Signature=*&credential=*"},
        {"http://h/token/?a=b&c=", "http://h/token/?a=b&c="},
        {"http://h/?a=pw=b", "http://h/?a=pw=*"},
        {"a://pw=b", "a://pw=*"},
        {"a://n:w@h and b://m:v@g", "a://n:*@h and b://m:*@g"},
        {"a:///b://n:w@h", "a:///b://n:*@h"},
        {"no address: password=x n:w@h", "no address: password=x n:w@h"},
        {"://:@", "://:@"},
        {"://", "://"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = strdup(cases[i].text); /* sanitizers see what is read behind it */
        assert_non_null(text);
        text_hide_passwords(text);
        assert_string_equal(text, cases[i].expected);
        free(text);
    }
}

static void what_is_printed_is_tame(void **state)
{
    (void)state;
    char *printed = NULL;
    size_t size;
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    assert_int_equal(text_print(out, "http://me:word@host/a\nb\033[2J"), 0);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(printed, "http://me:*@host/a?b?[2J");
    free(printed);
}

static void log_line_keeps_long_texts_to_one_line(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    char *written = logged(text);
    assert_true(strlen(written) > 1000);
    assert_ptr_equal(strchr(written, '\n'), written + strlen(written) - 1);
    free(written);
}

static void error_set_makes_one_bounded_line(void **state)
{
    (void)state;
    struct error error;
    char name[3000];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(error_set(&error, "%s: line %d", "x.csv", 7), -1);
    assert_string_equal(error.text, "x.csv: line 7");
    assert_int_equal(error_set(&error, "%s", name), -1);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_int_equal(error_set(&error, "%s: missing", "a\nb\r.csv"), -1);
    expect_text(error.text, ".csv: missing", "a");
    assert_int_equal(error_no_memory(&error, "the batch"), -1);
    expect_text(error.text, "the batch", "no memory");
}

/* ---- Files ----------------------------------------------------------------------------------- */

enum { LIMIT = 1 << 20 };

static void expect_content(const char *name, const void *bytes, size_t size)
{
    size_t found;
    uint8_t *content = read_bytes(in_folder(name), &found);
    assert_int_equal(found, size);
    assert_memory_equal(content, bytes, size);
    free(content);
}

static void files_come_back_as_written(void **state)
{
    (void)state;
    static uint8_t bytes[100000];
    static const size_t sizes[] = {0, 1, 4096, sizeof bytes};
    struct rng rng = rng_make(5, 0);
    struct error error;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)rng_next(&rng);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *content;
        size_t size;
        assert_int_equal(file_write(in_folder("file"), bytes, sizes[i], &error), 0);
        expect_content("file", bytes, sizes[i]);
        assert_int_equal(file_read(in_folder("file"), sizes[i], &content, &size, &error), 0);
        assert_int_equal(size, sizes[i]);
        assert_non_null(content);
        assert_memory_equal(content, bytes, size);
        free(content);
    }
}

static void refuse_reading(const char *name, size_t limit, const char *reason)
{
    struct error error = {.text = ""};
    uint8_t *bytes = (uint8_t *)&error;
    size_t size = 17;
    assert_int_equal(file_read(in_folder(name), limit, &bytes, &size, &error), -1);
    expect_text(error.text, in_folder(name), reason);
    assert_ptr_equal(bytes, &error);
    assert_int_equal(size, 17);
}

static void file_read_refuses_what_is_no_such_file(void **state)
{
    (void)state;
    refuse_reading("missing", LIMIT, "No such file");
    refuse_reading(".", LIMIT, "folder");
    refuse_reading("missing/file", LIMIT, "No such file");
    write_bytes(in_folder("file"), "1234567", 7);
    refuse_reading("file", 6, "larger");
    refuse_reading("file/below", LIMIT, "Not a directory");
    /* Too large is seen before memory of that size is asked for. */
    const off_t huge = sizeof(off_t) > 4 ? (off_t)(UINT64_C(1) << 40) : INT32_MAX;
    assert_int_equal(truncate(in_folder("file"), huge), 0);
    refuse_reading("file", LIMIT, "larger");
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    refuse_reading("pipe", LIMIT, "regular");
}

/* Files of the kernel are read like any other, though their size is given as 0. */
static void file_read_follows_a_growing_file(void **state)
{
    (void)state;
    static const char path[] = "/proc/self/status";
    struct error error = {.text = ""};
    uint8_t *bytes;
    size_t size;
    if (access(path, R_OK) != 0)
        skip(); /* not on Linux */
    assert_int_equal(file_read(path, LIMIT, &bytes, &size, &error), 0);
    assert_true(size > 100 && memcmp(bytes, "Name:", 5) == 0);
    free(bytes);
    assert_int_equal(file_read(path, 100, &bytes, &size, &error), -1);
    expect_text(error.text, path, "larger");
}

static void file_read_refuses_without_permission(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); /* who may read everything */
    write_bytes(in_folder("file"), "x", 1);
    assert_int_equal(chmod(in_folder("file"), 0), 0);
    refuse_reading("file", LIMIT, "ermission");
}

static void refuse_writing(const char *name, const char *reason)
{
    struct error error = {.text = ""};
    struct file_writer *writer = NULL;
    assert_int_equal(file_writer_open(&writer, in_folder(name), &error), -1);
    assert_null(writer);
    expect_text(error.text, in_folder(name), reason);
    assert_int_equal(file_write(in_folder(name), "x", 1, &error), -1);
    expect_text(error.text, in_folder(name), reason);
}

static void file_writer_fails_at_once_in_a_bad_folder(void **state)
{
    (void)state;
    refuse_writing("missing/file", "No such file");
    refuse_writing(".", "folder");
    assert_int_equal(count_files(0), 0);
    if (geteuid() != 0) {
        assert_int_equal(chmod(test_folder(), 0500), 0);
        refuse_writing("file", "ermission");
        assert_int_equal(chmod(test_folder(), 0700), 0);
        assert_int_equal(count_files(0), 0);
    }
}

static void old_file_stands_until_commit(void **state)
{
    (void)state;
    struct error error;
    struct file_writer *writer;
    write_bytes(in_folder("file"), "old", 3);
    assert_int_equal(file_writer_open(&writer, in_folder("file"), &error), 0);
    file_writer_append(writer, "new ", 4);
    file_writer_append(writer, "", 0);
    file_writer_append(writer, "text", 4);
    expect_content("file", "old", 3);
    assert_int_equal(count_files(0), 2);
    assert_int_equal(file_writer_commit(&writer, &error), 0);
    assert_null(writer);
    expect_content("file", "new text", 8);
    assert_int_equal(count_files(0), 1);
}

static void discard_leaves_no_trace(void **state)
{
    (void)state;
    struct error error;
    struct file_writer *writer = NULL;
    file_writer_discard(&writer);
    write_bytes(in_folder("file"), "old", 3);
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "other" : "file";
        assert_int_equal(file_writer_open(&writer, in_folder(name), &error), 0);
        file_writer_append(writer, "new", 3);
        file_writer_discard(&writer);
        assert_null(writer);
        assert_int_equal(count_files(0), 1);
        expect_content("file", "old", 3);
    }
}

/* A disk that fills up, played by a limit on the size of files. */
static void failed_write_leaves_the_old_file(void **state)
{
    (void)state;
    static const char big[5000];
    struct error error;
    struct file_writer *writer;
    struct rlimit kept, small;
    write_bytes(in_folder("file"), "old", 3);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    small = kept;
    small.rlim_cur = 1000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int opened = file_writer_open(&writer, in_folder("file"), &error);
    if (opened == 0) {
        file_writer_append(writer, big, sizeof big);
        file_writer_append(writer, big, 1);
    }
    int committed = opened == 0 ? file_writer_commit(&writer, &error) : 0;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(opened, 0);
    assert_int_equal(committed, -1);
    assert_null(writer);
    expect_text(error.text, in_folder("file"), "too large");
    expect_content("file", "old", 3);
    assert_int_equal(count_files(0), 1);
}

static void mode_follows_the_umask(void **state)
{
    (void)state;
    static const mode_t masks[] = {0, 022, 027, 077};
    struct error error;
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        mode_t kept = umask(masks[i]);
        int result = file_write(in_folder("file"), "x", 1, &error);
        mode_t after = umask(kept);
        struct stat status;
        assert_int_equal(result, 0);
        assert_int_equal(after, masks[i]);
        assert_int_equal(stat(in_folder("file"), &status), 0);
        assert_int_equal(status.st_mode & 0777, 0666 & ~masks[i]);
    }
}

static int write_named(const char *name, struct error *error)
{
    struct file_writer *writer;
    if (file_writer_open(&writer, in_folder(name), error) < 0)
        return -1;
    file_writer_append(writer, "new", 3);
    return file_writer_commit(&writer, error);
}

/* 'f', 'l' for a link, 'p' for a pipe. */
static char kind_of(const char *name)
{
    struct stat status;
    assert_int_equal(lstat(in_folder(name), &status), 0);
    return S_ISLNK(status.st_mode) ? 'l' : S_ISFIFO(status.st_mode) ? 'p' : 'f';
}

/* Only a regular file is ever replaced. */
static void files_of_other_kinds_stay_what_they_are(void **state)
{
    (void)state;
    struct error error;
    struct stat status;
    write_bytes(in_folder("target"), "old", 3);
    assert_int_equal(symlink("target", in_folder("link")), 0);
    assert_int_equal(symlink(null_device(test_folder()), in_folder("to_null")), 0);
    assert_int_equal(symlink("nowhere", in_folder("lost")), 0);
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);

    assert_int_equal(write_named("link", &error), 0);
    assert_true(kind_of("link") == 'l');
    assert_true(kind_of("target") == 'f');
    expect_content("target", "new", 3);
    assert_int_equal(write_named("to_null", &error), 0);
    assert_true(kind_of("to_null") == 'l');
    assert_true(stat(in_folder("to_null"), &status) == 0 && S_ISCHR(status.st_mode));
    assert_int_equal(write_named("lost", &error), -1);
    expect_text(error.text, in_folder("lost"), "No such file");
    assert_int_equal(write_named("pipe", &error), -1);
    expect_text(error.text, in_folder("pipe"), "is not a regular file");
    assert_true(kind_of("pipe") == 'p');

    /* In a folder for our own files, a link may have been planted. */
    assert_int_equal(file_write(in_folder("link"), "mine", 4, &error), 0);
    assert_true(kind_of("link") == 'f');
    expect_content("target", "new", 3);
    assert_int_equal(file_write(in_folder("pipe"), "mine", 4, &error), -1);
    assert_true(kind_of("pipe") == 'p');
}

/* ---- The command line ------------------------------------------------------------------------ */

static void arguments_name_the_option_meant(void **state)
{
    (void)state;
    struct settings {
        const char *text;
        bool set;
    } settings = {0};
    static const struct argument rows[] = {
        {"camera", "ID", "", ARGUMENT_TEXT, ARGUMENT_AT(struct settings, text)},
        {"video", "FILE", "", ARGUMENT_TEXT, ARGUMENT_AT(struct settings, text)},
        {"version", NULL, "", ARGUMENT_SET, ARGUMENT_AT(struct settings, set)},
        {"verbose", NULL, "", ARGUMENT_SET, ARGUMENT_AT(struct settings, set)},
        {"json", NULL, "", ARGUMENT_SET, ARGUMENT_AT(struct settings, set)},
        {"settle", NULL, "", ARGUMENT_SET, ARGUMENT_AT(struct settings, set)},
        {"set", NULL, "", ARGUMENT_SET, ARGUMENT_AT(struct settings, set)},
        {"the-longest-name-that-is-cut-for-comparison", NULL, "", ARGUMENT_SET,
         ARGUMENT_AT(struct settings, set)}};
    static const struct {
        const char *word, *expected;
    } refused[] = {
        {"-camera", "unknown option -camera (did you mean --camera?)"},
        {"-camera=0", "unknown option -camera=0 (did you mean --camera?)"},
        {"-v", "unknown option -v (did you mean --video, --version, --verbose?)"},
        {"--verson", "unknown option --verson (did you mean --version?)"},
        {"--camrea", "unknown option --camrea (did you mean --camera?)"},
        {"--ver", "--ver is ambiguous: --version, --verbose"},
        {"--json=3", "--json=3: --json takes no value"},
        {"--js=3", "--js=3: --json takes no value"},
        {"--set=3", "--set=3: --set takes no value"},
        {"--sett=3", "--sett=3: --settle takes no value"},
        {"--se=3", "--se=3 is ambiguous: --settle, --set"},
        {"--xyzzy", "unknown option --xyzzy"},
        {"--cameraman", "unknown option --cameraman"}, /* three letters */
        {"--newcamera", "unknown option --newcamera"},
        {"--the-longest-name-that-was-cut-for",
         "unknown option --the-longest-name-that-was-cut-for (did you mean "
         "--the-longest-name-that-is-cut-for-comparison?)"},
        {"--jn", "unknown option --jn"}, /* too short for a mistake to be clear */
        {"-lead.jpg", "unknown option -lead.jpg; a file of that name is ./-lead.jpg"},
        {"--an-option-with-a-name-that-is-longer-than-any",
         "unknown option --an-option-with-a-name-that-is-longer-than-any"},
        {"--camera", "--camera needs a value"},
        {"--camera=", "--camera needs a value: ID"},
        {"stray", "unexpected argument stray"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct error error;
        struct argument_table table = {rows, sizeof rows / sizeof *rows, &settings, 0};
        char program[] = "program", word[64];
        snprintf(word, sizeof word, "%s", refused[i].word);
        char *words[] = {program, word, NULL};
        assert_int_equal(arguments_parse(&table, 1, 2, words, NULL, &error), -1);
        if (strcmp(error.text, refused[i].expected) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", refused[i].word, error.text, refused[i].expected);
    }
}

/* What was read is printed so that it can be read again, whatever the type of the field. */
static void arguments_come_back_as_printed(void **state)
{
    (void)state;
    struct settings {
        float single;
        double number;
        int whole, choice;
        uint64_t seed;
        bool on, set;
    };
    static const char *const names[] = {"one", "two", "three"};
    static const struct argument rows[] = {
        {.help = "Numbers"},
        {"single", "X", "", ARGUMENT_NUMBER, ARGUMENT_AT(struct settings, single), 0, 1},
        {"number", "X", "", ARGUMENT_NUMBER, ARGUMENT_AT(struct settings, number), -1, 1},
        {"whole", "N", "", ARGUMENT_WHOLE, ARGUMENT_AT(struct settings, whole), -5, 5},
        {"seed", "N", "", ARGUMENT_WHOLE, ARGUMENT_AT(struct settings, seed), 0, INT_MAX},
        {"choice", NULL, "", ARGUMENT_CHOICE, ARGUMENT_AT(struct settings, choice), .names = names,
         .high = 3},
        {"on", NULL, "", ARGUMENT_CHOICE, ARGUMENT_AT(struct settings, on),
         .names = argument_switch, .high = 2},
        {"set", NULL, "", ARGUMENT_SET, ARGUMENT_AT(struct settings, set), .low = true}};
    char line[] = "program --single 0.1 --number -0.1234567890123456 --whole -5 --seed 2147483647 "
                  "--choice three --on on";
    char *words[16], *rest = line, text[256];
    int count = 0;
    struct settings settings = {0};
    struct error error;
    struct argument_table table = {rows, sizeof rows / sizeof *rows, &settings, 0};
    for (char *word; (word = strtok_r(rest, " ", &rest));)
        words[count++] = word;
    words[count] = NULL;
    assert_int_equal(arguments_parse(&table, 1, count, words, NULL, &error), 0);
    assert_true(settings.single == 0.1f && settings.number == -0.1234567890123456);
    assert_int_equal(settings.whole, -5);
    assert_int_equal(settings.seed, INT_MAX);
    assert_int_equal(settings.choice, 2);
    assert_true(settings.on && !settings.set);
    assert_true(arguments_given(&table, offsetof(struct settings, whole)));
    assert_false(arguments_given(&table, offsetof(struct settings, set)));
    arguments_print(&table, text, sizeof text);
    assert_string_equal(text, "--single 0.1 --number -0.1234567890123456 --whole -5 "
                              "--seed 2147483647 --choice three --on on");
}

/* The fewest digits that say the same number, without an exponent where it can be. */
static void numbers_are_printed_short(void **state)
{
    (void)state;
    static const struct {
        double number;
        bool single;
        const char *expected;
    } printed[] = {{30, false, "30"},
                   {-4000000, true, "-4000000"},
                   {999999999999999, false, "999999999999999"},
                   {1e15, false, "1e+15"},
                   {(double)0.3f, true, "0.3"},
                   {(double)0.3f, false, "0.30000001192092896"}};
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
        char text[ARGUMENT_NUMBER_SIZE];
        arguments_print_number(printed[i].number, printed[i].single, text);
        assert_string_equal(text, printed[i].expected);
    }
}

static int parse_all(struct argument_table *tables, int count_of_tables, const char *line,
                     int (*other)(void *target, char *word, struct error *error),
                     struct error *error)
{
    static char copy[8192]; /* texts point into it */
    char *words[16], *rest = copy;
    int count = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word; (word = strtok_r(rest, " ", &rest));)
        words[count++] = word;
    words[count] = NULL;
    return arguments_parse(tables, count_of_tables, count, words, other, error);
}

static int parse(struct argument_table *table, const char *line,
                 int (*other)(void *target, char *word, struct error *error), struct error *error)
{
    return parse_all(table, 1, line, other, error);
}

struct values {
    double number;
    int whole, choice;
    uint64_t seed;
    const char *text;
    bool set;
    char others[64];
};

static int keep_word(void *target, char *word, struct error *error)
{
    struct values *values = target;
    if (strcmp(word, "bad") == 0)
        return error_set(error, "%s: not here", word);
    strcat(strcat(values->others, word), ";");
    return 0;
}

static int read_own(const struct argument *row, char *text, void *target, struct error *error)
{
    (void)row;
    return keep_word(target, text, error);
}

static void print_own(const void *target, char *text, size_t size)
{
    snprintf(text, size, "own%d", ((const struct values *)target)->whole);
}

static const char *const sizes[] = {"small", "medium", "large", "huge"}; /* the last is no choice */
static const struct argument value_rows[] = {
    {"number", "X", "A number (%).", ARGUMENT_NUMBER, ARGUMENT_AT(struct values, number), -1, 2.5},
    {.help = "Of several words"},
    {"whole", "N",
     "It is % unless another is given, and so on till the end of a line, which "
     "is at eighty columns.",
     ARGUMENT_WHOLE, ARGUMENT_AT(struct values, whole), -5, 7},
    {"seed", "N", "", ARGUMENT_WHOLE, ARGUMENT_AT(struct values, seed), 0, 9},
    {"choice-of-sizes", NULL, "Size (%), as shoes have.", ARGUMENT_CHOICE,
     ARGUMENT_AT(struct values, choice), .names = sizes, .high = 3},
    {"text", "FILE", "To here (%).", ARGUMENT_TEXT, ARGUMENT_AT(struct values, text)},
    {"own", "WORD", "Its own: %.", .read = read_own, .print = print_own},
    {"twenty-two", "LETTERS", "Fits.", ARGUMENT_TEXT, ARGUMENT_AT(struct values, text)},
    {"twenty-three", "LETTER", "Does not.", ARGUMENT_TEXT, ARGUMENT_AT(struct values, text)},
    {"set", NULL, "Sets; 123456789 123456789 123456789 123456789 12345678 and goes on.",
     ARGUMENT_SET, ARGUMENT_AT(struct values, set), .low = true},
    {"last", NULL, "Ends.", ARGUMENT_SET, ARGUMENT_AT(struct values, set), .low = true,
     .ends = true},
    {"beyond", "N", "Not in the table.", ARGUMENT_WHOLE, ARGUMENT_AT(struct values, whole), 0, 9}};
enum { VALUE_ROWS = sizeof value_rows / sizeof *value_rows - 1 };

static void values_have_bounds(void **state)
{
    (void)state;
    static const char *const taken[] = {"--number -1",   "--number 2.5", "--number=0x1p-2",
                                        "--whole -5",    "--whole 7",    "--seed 0",
                                        "--seed 9",      "--text x",     "--choice-of-sizes small",
                                        "--choice large"};
    static const struct {
        const char *words, *text;
    } refused[] = {
        {"--number -1.01", "--number takes a number from -1 to 2.5, not \"-1.01\""},
        {"--number 2.51", "a number from -1 to 2.5"},
        {"--number nan", "not \"nan\""},
        {"--number 1x", "not \"1x\""},
        {"--number x", "not \"x\""},
        {"--number=", "not \"\""},
        {"--number 1e-999", "not \"1e-999\""},
        {"--whole -6", "--whole takes a whole number from -5 to 7, not \"-6\""},
        {"--whole 8", "a whole number from -5 to 7"},
        {"--whole 1.5", "not \"1.5\""},
        {"--whole 99999999999999999999", "not \"99999999999999999999\""},
        {"--seed -1", "from 0 to 9"},
        {"--seed 10", "from 0 to 9"},
        {"--choice-of-sizes huge", "takes small, medium or large, not \"huge\""},
        {"--choice-of-sizes smal", "not \"smal\""},
        {"--text=", "--text needs a value: FILE"},
        {"--own bad", "bad: not here"},
        {"bad", "bad: not here"},
        {"-- bad", "bad: not here"},
        {"--=3", "unknown option --=3"},
        {"--beyond 1", "unknown option --beyond"},
    };
    struct values values = {0};
    struct argument_table table = {value_rows, VALUE_ROWS, &values, 0};
    char line[128];
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        struct error error = {.text = ""};
        snprintf(line, sizeof line, "program %s", taken[i]);
        errno = ERANGE; /* an earlier call's */
        if (parse(&table, line, keep_word, &error))
            fail_msg("%s: %s", taken[i], error.text);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct error error = {.text = ""};
        snprintf(line, sizeof line, "program %s", refused[i].words);
        assert_int_equal(parse(&table, line, keep_word, &error), -1);
        expect_text(error.text, refused[i].text, "");
    }
    assert_string_equal(values.others, "");
}

static void words_come_in_their_order(void **state)
{
    (void)state;
    struct error error;
    struct values values = {0};
    struct argument_table table = {value_rows, VALUE_ROWS, &values, 0};
    assert_int_equal(
        parse(&table, "program a --own b --whole 3 - c -- --whole d", keep_word, &error), 0);
    assert_string_equal(values.others, "a;b;-;c;--whole;d;");
    assert_int_equal(values.whole, 3);
    assert_true(arguments_given(&table, offsetof(struct values, whole)));
    assert_false(arguments_given(&table, offsetof(struct values, seed)));
    assert_int_equal(table.given, 1 << 2 | 1 << 6);
    assert_int_equal(parse(&table, "program --last --nonsense", NULL, &error), 0);
    assert_true(values.set);
    assert_int_equal(parse(&table, "program -- a", NULL, &error), -1);
    assert_string_equal(error.text, "unexpected argument a");
    table.given = 0;
    assert_int_equal(parse(&table, "program --number 1", NULL, &error), 0);
    assert_true(arguments_given(&table, offsetof(struct values, number)));
}

/* Each has its target; what belongs to no option is of the first one's. */
static void several_tables_are_one(void **state)
{
    (void)state;
    static const struct argument more[] = {
        {"more", "N", "", ARGUMENT_WHOLE, ARGUMENT_AT(struct values, whole), 0, 9},
        {"most", "N", "", ARGUMENT_WHOLE, ARGUMENT_AT(struct values, seed), 0, 9}};
    static const struct argument others[] = {
        {"others", NULL, "", ARGUMENT_SET, ARGUMENT_AT(struct values, set)}};
    struct values values[2] = {{0}};
    struct argument_table tables[] = {
        {value_rows, VALUE_ROWS, &values[0], 0}, {more, 2, &values[1], 0}, {others, 1, values, 0}};
    struct error error;
    assert_int_equal(
        parse_all(tables, 2, "program --more 3 a --whole 2 --most 4 b", keep_word, &error), 0);
    assert_int_equal(values[0].whole, 2);
    assert_int_equal(values[1].whole, 3);
    assert_int_equal(values[1].seed, 4);
    assert_string_equal(values[0].others, "a;b;");
    assert_int_equal(tables[0].given, 1 << 2);
    assert_int_equal(tables[1].given, 3);
    assert_int_equal(parse_all(tables, 2, "program --others", keep_word, &error), -1);
    expect_text(error.text, "unknown option --others", "");
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    arguments_help(tables + 1, 1, out);
    fclose(out);
    assert_string_equal(text, "  --more N              \n  --most N              \n");
    free(text);
}

static void help_is_wrapped_and_says_the_defaults(void **state)
{
    (void)state;
    struct values values = {.number = 0.1, .whole = -4, .choice = 1, .text = "there"};
    struct argument_table table = {value_rows, VALUE_ROWS, &values, 0};
    char *text, small[16], whole[128];
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    arguments_help(&table, 1, out);
    fclose(out);
    assert_string_equal(
        text, "  --number X            A number (0.1).\n"
              "\nOf several words:\n"
              "  --whole N             It is -4 unless another is given, and so on till the end\n"
              "                        of a line, which is at eighty columns.\n"
              "  --seed N              \n"
              "  --choice-of-sizes small|medium|large\n"
              "                        Size (medium), as shoes have.\n"
              "  --text FILE           To here (there).\n"
              "  --own WORD            Its own: own-4.\n"
              "  --twenty-two LETTERS  Fits.\n"
              "  --twenty-three LETTER\n"
              "                        Does not.\n"
              "  --set                 Sets; 123456789 123456789 123456789 123456789 12345678\n"
              "                        and goes on.\n"
              "  --last                Ends.\n");
    free(text);
    arguments_print(&table, small, sizeof small); /* cut, and not behind its end */
    assert_string_equal(small, "--number 0.1 --");
    arguments_print(&table, whole, sizeof whole);
    assert_string_equal(whole,
                        "--number 0.1 --whole -4 --seed 0 --choice-of-sizes medium --own own-4");
}

/* A choice between as many as a text of values has room for. */
static void help_names_long_choices(void **state)
{
    (void)state;
    enum { LETTERS = 92 };
    static char names[4][LETTERS + 1];
    const char *pointers[] = {names[0], names[1], names[2], names[3]};
    int chosen = 0;
    struct argument row = {
        "one", NULL, "", ARGUMENT_CHOICE, .size = sizeof chosen, .high = 4, .names = pointers};
    struct argument_table table = {&row, 1, &chosen, 0};
    char *text, expected[4 * LETTERS + 40] = "  --one ";
    size_t size;
    for (int i = 0; i < 4; i++) {
        memset(names[i], 'a' + i, LETTERS);
        strcat(strcat(expected, i ? "|" : ""), names[i]);
    }
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    arguments_help(&table, 1, out);
    fclose(out);
    assert_memory_equal(text, expected, strlen(expected));
    assert_int_equal(text[strlen(expected)], '\n');
    free(text);
}

/* As many as there can be, and more than one line can name. */
static void of_many_options_the_first_are_named(void **state)
{
    (void)state;
    enum { COUNT = 64 };
    static char names[COUNT][40];
    struct argument rows[COUNT] = {{0}};
    bool set;
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "the-same-beginning-%c%c", 'a' + i / 26, 'a' + i % 26);
        rows[i] = (struct argument){names[i], NULL, "", ARGUMENT_SET, .size = sizeof set};
    }
    struct argument_table table = {rows, COUNT, &set, 0};
    struct error error;
    assert_int_equal(parse(&table, "program --the-same", NULL, &error), -1);
    expect_text(error.text, "--the-same is ambiguous: --the-same-beginning-aa, ",
                "--the-same-beginning-ah");
    assert_null(strstr(error.text, "-bl"));
    assert_int_equal(parse(&table, "program --the-same-beginning-cl", NULL, &error), 0);
    assert_true(table.given == UINT64_C(1) << (COUNT - 1));
    char line[4100] = "program --";
    memset(line + 10, 'x', sizeof line - 11);
    assert_int_equal(parse(&table, line, NULL, &error), -1);
    expect_text(error.text, "unknown option --xxx", "xxx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rng_is_xoshiro256starstar),
        cmocka_unit_test(rng_follows_seed_and_stream),
        cmocka_unit_test(rng_uniform_fills_the_unit_interval),
        cmocka_unit_test(rng_normal_has_the_normal_moments),
        cmocka_unit_test(rng_below_is_unbiased),
        cmocka_unit_test(rng_shuffle_is_a_fair_permutation),
        cmocka_unit_test(rng_shuffle_takes_no_number_too_many),
        cmocka_unit_test(labels_stand_in_the_order_of_fer2013),
        cmocka_unit_test(the_most_probable_class_is_predicted),
        cmocka_unit_test(log_line_cannot_drive_the_terminal),
        cmocka_unit_test(passwords_are_hidden),
        cmocka_unit_test(what_is_printed_is_tame),
        cmocka_unit_test(log_line_keeps_long_texts_to_one_line),
        cmocka_unit_test(error_set_makes_one_bounded_line),
        cmocka_unit_test(numbers_are_printed_short),
        cmocka_unit_test(arguments_name_the_option_meant),
        cmocka_unit_test(arguments_come_back_as_printed),
        cmocka_unit_test(values_have_bounds),
        cmocka_unit_test(words_come_in_their_order),
        cmocka_unit_test(several_tables_are_one),
        cmocka_unit_test(help_is_wrapped_and_says_the_defaults),
        cmocka_unit_test(help_names_long_choices),
        cmocka_unit_test(of_many_options_the_first_are_named),
        cmocka_unit_test_teardown(files_come_back_as_written, empty_folder),
        cmocka_unit_test_teardown(file_read_refuses_what_is_no_such_file, empty_folder),
        cmocka_unit_test(file_read_follows_a_growing_file),
        cmocka_unit_test_teardown(file_read_refuses_without_permission, empty_folder),
        cmocka_unit_test_teardown(file_writer_fails_at_once_in_a_bad_folder, empty_folder),
        cmocka_unit_test_teardown(old_file_stands_until_commit, empty_folder),
        cmocka_unit_test_teardown(discard_leaves_no_trace, empty_folder),
        cmocka_unit_test_teardown(failed_write_leaves_the_old_file, empty_folder),
        cmocka_unit_test_teardown(mode_follows_the_umask, empty_folder),
        cmocka_unit_test_teardown(files_of_other_kinds_stay_what_they_are, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
