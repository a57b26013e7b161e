/* Each form of results as the program opens it: lines for people, on a terminal and in a file;
 * tables; Open Sound Control and the Lab Streaming Layer, with functions in the place of their
 * libraries'. */
#define _XOPEN_SOURCE 700 /* posix_openpt */ /* NOLINT: names of this kind are POSIX's to give */
#include "testing.h"

#include "csv.h"
#include "labels.h"
#include "loaded_library.h"
#include "monotonic.h"
#include "process.h"
#include "progress_bar.h"
#include "results.h"
#include "text_report.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* ---- Terminals ------------------------------------------------------------------------------- */

/* A terminal in the place of a standard descriptor; -1 where there are none. */
struct terminal {
    int place, saved, keyboard;
};

static bool put_terminal(struct terminal *terminal, int place)
{
    *terminal = (struct terminal){place, -1, posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)};
    if (terminal->keyboard < 0 || grantpt(terminal->keyboard) || unlockpt(terminal->keyboard))
        return false;
    int screen = open(ptsname(terminal->keyboard), O_RDWR | O_NOCTTY);
    assert_true(screen >= 0);
    fflush(stdout);
    terminal->saved = dup(place);
    assert_int_equal(dup2(screen, place), place);
    close(screen);
    return true;
}

/* What was written to it until now, without carriage returns before line ends. */
static const char *read_terminal(const struct terminal *terminal)
{
    static char text[8000];
    size_t used = 0;
    fflush(stdout);
    for (ssize_t got; (got = read(terminal->keyboard, text + used, sizeof text - 1 - used)) > 0;)
        used += (size_t)got;
    text[used] = '\0';
    for (char *end; (end = strstr(text, "\r\n"));)
        memmove(end, end + 1, strlen(end));
    return text;
}

static void remove_terminal(const struct terminal *terminal)
{
    fflush(stdout);
    dup2(terminal->saved, terminal->place);
    close(terminal->saved);
    close(terminal->keyboard);
}

/* Drawn now and then, taken away before other lines, drawn anew at once behind them. */
static void test_drawn_progress_bar(void **state)
{
    (void)state;
    struct terminal terminal;
    struct progress_bar bar = {.total = 100, .drawn = 1}, unknown = {.terminal = STDERR_FILENO};
    progress_bar_update(&bar, 10, NULL); /* no terminal, or long ago */
    if (!put_terminal(&terminal, STDERR_FILENO))
        skip();
    char first[200], second[200], hidden[200], again[200];
    bar = (struct progress_bar){.terminal = STDERR_FILENO, .total = 100};
    progress_bar_update(&bar, 0, NULL);
    progress_bar_update(&unknown, 10, NULL);
    progress_bar_hide(&unknown);
    snprintf(first, sizeof first, "%s", read_terminal(&terminal));
    progress_bar_update(&bar, 10, NULL);
    snprintf(second, sizeof second, "%s", read_terminal(&terminal));
    bar.drawn = monotonic_now() + 100; /* so that it is too soon, however long this takes */
    progress_bar_update(&bar, 20, NULL);
    progress_bar_hide(&bar);
    progress_bar_hide(&bar);
    snprintf(hidden, sizeof hidden, "%s", read_terminal(&terminal));
    progress_bar_update(&bar, 50, NULL);
    snprintf(again, sizeof again, "%s", read_terminal(&terminal));
    remove_terminal(&terminal);
    assert_string_equal(first, "");
    assert_memory_equal(second, "\r[===>  ", 8);
    assert_non_null(strstr(second, " left\033[K"));
    assert_string_equal(hidden, "\r\033[K");
    assert_non_null(strstr(again, " 50 % "));
}

/* A task of one part, one that was begun a while ago, and words of any length. */
static void test_progress_bar_of_any_task(void **state)
{
    (void)state;
    struct terminal terminal;
    if (!put_terminal(&terminal, STDERR_FILENO))
        skip();
    char half[200], rate[200], cut[400], words[300];
    memset(words, 'w', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    struct progress_bar bar = {.terminal = STDERR_FILENO, .total = 1};
    progress_bar_update(&bar, 0.5, "one");
    snprintf(half, sizeof half, "%s", read_terminal(&terminal));
    double drawn = bar.drawn;
    bar = (struct progress_bar){
        .terminal = STDERR_FILENO, .total = 100, .begin = monotonic_now() - 10};
    progress_bar_update(&bar, 20, NULL);
    snprintf(rate, sizeof rate, "%s", read_terminal(&terminal));
    bar.drawn = monotonic_now() - 0.3;
    progress_bar_update(&bar, 30, words);
    snprintf(cut, sizeof cut, "%s", read_terminal(&terminal));
    remove_terminal(&terminal);
    assert_non_null(strstr(half, " 50 %  one  "));
    assert_true(drawn > 0);
    assert_non_null(strstr(rate, " 20 %  2 fps  "));
    assert_int_equal(strlen(cut), strlen("\r") + PROGRESS_BAR_SIZE - 1 + strlen("\033[K"));
    assert_string_equal(strrchr(cut, 'w'), "w\033[K");
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    bar.terminal = ends[1];
    bar.drawn = 0;
    progress_bar_update(&bar, 40, NULL);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* it is no terminal */
    close(ends[0]);
}

/* ---- Forms of results ------------------------------------------------------------------------ */

static struct expressions_face happy_face(int id, struct expressions_box box)
{
    return (struct expressions_face){
        .id = id,
        .box = box,
        .label = 3,
        .score = 1,
        .probabilities = {0.01f, 0.0f, 0.01f, 0.93f, 0.01f, 0.02f, 0.02f}};
}

static struct frame one_face(double time)
{
    struct frame frame = {.width = 640, .height = 480, .time = time, .face_count = 1};
    frame.faces[0] = happy_face(1, (struct expressions_box){10, 20, 30, 30});
    return frame;
}

/* Standard output goes into a file of the folder. */
static int begin_stdout(void)
{
    int file = open(in_folder("stdout"), O_CREAT | O_TRUNC | O_RDWR, 0600);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    assert_true(file >= 0 && saved >= 0);
    dup2(file, STDOUT_FILENO);
    close(file);
    return saved;
}

static void end_stdout(int saved)
{
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
}

/* All of a run whose frames have a happy face at 0 and 0.5 s; -1 where it cannot begin or end. */
static int run_results(struct results_of of, const struct results_end *end)
{
    static const struct input_list list = {.count = 1};
    struct file_set files = {0};
    struct results *results = NULL;
    struct error error = {.text = ""};
    struct progress_bar bar = {0};
    of.program = "test";
    of.files = &files;
    of.progress = of.source ? &bar : NULL;
    of.pictures = of.source ? NULL : &list;
    int result = results_open(&results, &of, &error);
    for (int i = 0; result == 0 && i < 2; i++) {
        struct frame frame = one_face(0.5 * i);
        result = results_add(results, i ? "b.jpg" : "a.jpg", &frame, &error);
    }
    if (results && results_close(&results, end, &error))
        result = -1;
    file_set_free(&files);
    return result;
}

static const struct results_options words_alone = {.words = true};

static void test_words_of_sources(void **state)
{
    (void)state;
    static const struct source source = {.live = true};
    static const struct results_end told = {true, true, 0.1, 1}, failed = {false, false, 0.1, 1};
    static const struct results_end at_once = {true, true, 0, 0};
    static const char change[] = "    0.00 s  happy 93 %\n";
    static const char summary[] = "2 frames, 20.0 frames a second, 1 dropped, seen: happy\n";
    static const char totals[] = "face 1, 1.0 s: happy 100 %\n";
    const struct results_of of = {.options = &words_alone, .source = &source};
    struct {
        bool window, film, quiet, failed;
        const char *const parts[3];
    } runs[] = {
        {false, false, false, false, {change, summary, totals}},
        {false, false, false, true, {change, "", ""}},
        {false, false, true, false, {change, "", ""}},
        {true, false, false, false, {"", "", ""}},
        {true, true, false, false, {"", "", totals}},
        {true, true, true, false, {"", "", ""}},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct results_of now = of;
        char expected[400];
        now.window = runs[i].window;
        now.film = runs[i].film;
        now.quiet = runs[i].quiet;
        int saved = begin_stdout();
        int result = run_results(now, runs[i].failed ? &failed : &told);
        end_stdout(saved);
        assert_int_equal(result, 0);
        snprintf(expected, sizeof expected, "%s%s%s", runs[i].parts[0], runs[i].parts[1],
                 runs[i].parts[2]);
        expect_file("stdout", expected);
    }
    int saved = begin_stdout();
    int result = run_results(of, &at_once);
    end_stdout(saved);
    assert_int_equal(result, 0);
    expect_file("stdout", "    0.00 s  happy 93 %\n2 frames, seen: happy\n"
                          "face 1, 1.0 s: happy 100 %\n");
}

/* On a terminal the bars stand below each line; a file gets the lines alone. */
static void test_words_of_pictures(void **state)
{
    (void)state;
    static const struct results_end end = {true, true, 1, 0};
    struct terminal terminal;
    char text[3000];
    int saved = begin_stdout();
    int result = run_results((struct results_of){.options = &words_alone}, &end);
    end_stdout(saved);
    assert_int_equal(result, 0);
    expect_file("stdout", "a.jpg: happy 93 %  (box 10,20 30x30)\n"
                          "b.jpg: happy 93 %  (box 10,20 30x30)\n");
    if (!put_terminal(&terminal, STDOUT_FILENO))
        skip();
    result = run_results((struct results_of){.options = &words_alone}, &end);
    snprintf(text, sizeof text, "%s", read_terminal(&terminal));
    remove_terminal(&terminal);
    assert_int_equal(result, 0);
    static const char begin[] = "a.jpg: happy 93 %  (box 10,20 30x30)\n"
                                "  angry    ..............................   1 %\n"
                                "  disgust  ..............................   0 %\n"
                                "  fear     ..............................   1 %\n"
                                "  happy    ############################..  93 %\n"
                                "  sad      ..............................   1 %\n"
                                "  surprise #.............................   2 %\n"
                                "  neutral  #.............................   2 %\n"
                                "b.jpg: happy";
    assert_memory_equal(text, begin, sizeof begin - 1);
}

/* A line takes the place of the bar; where nothing has changed, the bar stays. */
static void test_line_in_place_of_the_bar(void **state)
{
    (void)state;
    struct terminal terminal;
    struct tally tally = {0};
    struct progress_bar bar = {.terminal = STDERR_FILENO, .visible = true};
    struct frame frame = one_face(0);
    char text[200];
    if (!put_terminal(&terminal, STDERR_FILENO))
        skip();
    FILE *out = fdopen(dup(STDERR_FILENO), "w");
    int failed = out ? text_report_frame(out, &tally, &frame, &bar) : -1;
    bar.visible = true;
    failed = failed || text_report_frame(out, &tally, &frame, &bar);
    snprintf(text, sizeof text, "%s", read_terminal(&terminal));
    if (out)
        fclose(out);
    remove_terminal(&terminal);
    assert_int_equal(failed, 0);
    assert_string_equal(text, "\r\033[K    0.00 s  happy 93 %\n");
}

/* What fails at the end is told, also where nobody asks why, and nothing is summed up behind it. */
static void test_end_that_fails(void **state)
{
    (void)state;
    static const struct source source = {.live = true};
    static const struct results_end end = {true, true, 1, 0};
    char folder[2 * TEST_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s", in_folder("report"));
    const struct results_options options = {.words = true, .report = folder};
    for (int asked = 0; asked < 2; asked++) {
        struct file_set files = {0};
        struct progress_bar bar = {0};
        const struct results_of of = {
            .options = &options, .source = &source, .progress = &bar, .files = &files};
        struct results *results = NULL;
        struct frame frame = one_face(0);
        struct error error = {.text = ""};
        int saved = begin_stdout();
        int begun = results_open(&results, &of, &error);
        int added = begun || results_add(results, "camera", &frame, &error);
        int removed = rmdir(folder);
        int closed = begun ? 0 : results_close(&results, &end, asked ? &error : NULL);
        end_stdout(saved);
        file_set_free(&files);
        assert_true(begun == 0 && added == 0 && removed == 0);
        assert_int_equal(closed, -1);
        assert_null(results);
        if (asked)
            expect_text(error.text, folder, "No such file");
        expect_file("stdout", "    0.00 s  happy 93 %\n");
    }
}

/* What cannot be meant is refused before anything is begun; two forms share one run. */
static void test_refused_outputs(void **state)
{
    (void)state;
    static const struct source source = {.live = true};
    static const struct results_end end = {true, true, 1, 0};
    char table[2200], film[2200];
    snprintf(table, sizeof table, "%s", in_folder("table.csv"));
    snprintf(film, sizeof film, "%s", in_folder("film.mpx"));
    const struct results_options unknown = {.csv = table, .output = film};
    const struct results_options twice = {.csv = table, .report = test_folder()};
    const struct results_options both = {.csv = table, .json = true};
    assert_int_equal(run_results((struct results_of){.options = &unknown, .source = &source}, &end),
                     -1);
    remove(table);
    int saved = begin_stdout();
    int result = run_results((struct results_of){.options = &both, .source = &source}, &end);
    end_stdout(saved);
    assert_int_equal(result, 0);
    size_t size;
    char *text = (char *)read_bytes(in_folder("stdout"), &size);
    assert_memory_equal(text, "{\"source\":\"a.jpg\"", 17);
    free(text);
    text = (char *)read_bytes(table, &size);
    const char *row = strchr(text, '\n');
    assert_memory_equal(row, "\n\"a.jpg\",0,0.000,", 17);
    assert_non_null(strstr(row, "\n\"b.jpg\",0,0.500,"));
    free(text);
    snprintf(table, sizeof table, "%s", in_folder("timeline.csv"));
    assert_int_equal(run_results((struct results_of){.options = &twice, .source = &source}, &end),
                     -1);
    /* A run that failed leaves its report as it is, which is no failure of the report. */
    const struct results_options report = {.report = test_folder()};
    struct results_end cut = end;
    cut.summarize = false;
    assert_int_equal(run_results((struct results_of){.options = &report, .source = &source}, &cut),
                     0);
    assert_int_equal(access(in_folder("summary.csv"), F_OK), -1);
}

/* ---- Libraries that are loaded --------------------------------------------------------------- */

int __real_loaded_library_open(const char *const *names, const struct loaded_function *functions,
                               size_t count, const char *hint, struct error *error);
int __wrap_loaded_library_open(const char *const *names, const struct loaded_function *functions,
                               size_t count, const char *hint, struct error *error);

/* Every option of results is a reason not to wait for a choice; only a video holds one source. */
static void test_options_of_forms(void **state)
{
    (void)state;
    static const struct results_options none[] = {{.json = false}, {.words = true}};
    static const struct results_options options[] = {
        {.json = true},   {.csv = "a.csv"},  {.output = "a.mp4"},       {.report = "a"},
        {.lsl = "faces"}, {.serve = "8080"}, {.osc = "127.0.0.1:9000"},
    };
    const struct source source = {.name = "film"};
    const struct input_list list = {.count = 1}, no_pictures = {.count = 0};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct results_of of = {.options = &options[i], .source = &source, .window = true};
        assert_true(results_wanted(&of));
        if (options[i].output)
            assert_string_equal(results_one_source(&of), "--output");
        else
            assert_null(results_one_source(&of));
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(results_wanted(&(struct results_of){.options = &none[i], .source = &source}));
    struct results_of pictures = {.options = &options[2], .pictures = &list};
    assert_true(results_wanted(&pictures));
    assert_null(results_one_source(&pictures));
    pictures.pictures = &no_pictures;
    assert_false(results_wanted(&pictures));
}

static int closed_libraries;
int __real_dlclose(void *library);
int __wrap_dlclose(void *library);

int __wrap_dlclose(void *library)
{
    closed_libraries++;
    return __real_dlclose(library);
}

static void test_loaded_library(void **state)
{
    (void)state;
    static const char *const names[] = {"libnothing.so", "libm.so.6", "libnone.so", NULL};
    static const char *const none[] = {"libnothing.so", NULL};
    double (*cosine)(double) = NULL;
    const struct loaded_function functions[] = {{"cos", &cosine},
                                                {"nothing_of_this_name", &cosine}};
    struct error error;
    if (!dlopen(names[1], RTLD_NOW))
        skip(); /* another system's C library */
    assert_int_equal(__real_loaded_library_open(names, functions, 1, "install it", &error), 0);
    expect_close(cosine(0), 1, 0, "a cosine");
    assert_int_equal(__real_loaded_library_open(names + 1, functions, 1, "install it", &error), 0);
    assert_int_equal(__real_loaded_library_open(names, functions, 2, "install it", &error), -1);
    assert_string_equal(error.text, "libm.so.6 has no function nothing_of_this_name; install it");
    assert_int_equal(closed_libraries, 1);
    assert_int_equal(__real_loaded_library_open(none, functions, 1, "install it", &error), -1);
    assert_string_equal(error.text, "libnothing.so is not there; install it");
}

/* Which of the next blocks there is no memory for; 0: none. */
static int missing_block;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_gethostname(char *name, size_t size);

static bool is_missing(void)
{
    return missing_block > 0 && --missing_block == 0;
}

void *__wrap_malloc(size_t size)
{
    return is_missing() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_missing() ? NULL : __real_calloc(count, size);
}

/* A frame without faces is no row of a table, and asks for nothing. */
static void test_table_without_faces(void **state)
{
    (void)state;
    struct csv *csv;
    struct error error;
    assert_int_equal(csv_open(&csv, in_folder("table.csv"), &error), 0);
    missing_block = 1;
    int result = csv_write(csv, "camera", &(struct frame){0}, &error);
    missing_block = 0;
    assert_int_equal(result, 0);
    csv_close(&csv);
}

/* Ctrl-C ends the wait for whoever reads the table. */
static void test_table_that_nobody_reads(void **state)
{
    (void)state;
    struct csv *csv = NULL;
    struct error error;
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    process_set_stopping(true);
    alarm(5); /* ends what would wait for ever */
    int result = csv_open(&csv, in_folder("fifo"), &error);
    alarm(0);
    process_set_stopping(false);
    assert_int_equal(result, -1);
    assert_null(csv);
    expect_text(error.text, "fifo: cannot be written", "Interrupted system call");
}

/* As long as Linux knows them. */
static const char host[] = "sixty-four.letters.are.the.most.that.the.name.of.a.host.may.have";

int __wrap_gethostname(char *name, size_t size)
{
    assert_int_equal(sizeof host, 65);
    assert_in_range(size, 1, sizeof host);
    memcpy(name, host, size);
    return size < sizeof host ? -1 : 0;
}

/* What liblo and liblsl are asked for, as a text. */
static char asked[20000];
static bool library_missing;

/* A message is its text; its path comes first, and lasts. */
enum { MESSAGES = EXPRESSIONS_MAX_FACES * (LABEL_COUNT + 2) + 2 };
static struct osc_message {
    const char *path;
    char values[100];
} osc_messages[MESSAGES];
static int osc_count, osc_bundles;

static void *lo_message_new(void)
{
    assert_true(osc_count < MESSAGES);
    osc_messages[osc_count] = (struct osc_message){NULL, ""};
    return &osc_messages[osc_count++];
}

static int lo_add(void *message, const char *value)
{
    char *values = ((struct osc_message *)message)->values;
    size_t used = strlen(values);
    snprintf(values + used, sizeof((struct osc_message *)message)->values - used, " %s", value);
    return 0;
}

static int lo_message_add_int32(void *message, int32_t value)
{
    char text[20];
    snprintf(text, sizeof text, "i%d", value);
    return lo_add(message, text);
}

static int lo_message_add_float(void *message, float value)
{
    char text[20];
    snprintf(text, sizeof text, "%.2f", (double)value);
    return lo_add(message, text);
}

static int lo_message_add_string(void *message, const char *value)
{
    return lo_add(message, value);
}

struct osc_time {
    uint32_t seconds, fraction;
};

static void *lo_bundle_new(struct osc_time time)
{
    assert_int_equal(time.seconds, 0);
    assert_int_equal(time.fraction, 1); /* at once */
    osc_count = 0;
    osc_bundles++;
    return &osc_count;
}

static int lo_bundle_add_message(void *bundle, const char *path, void *message)
{
    assert_ptr_equal(bundle, &osc_count);
    ((struct osc_message *)message)->path = path;
    return 0;
}

static void *lo_bundle_serialise(void *bundle, void *to, size_t *size)
{
    assert_ptr_equal(bundle, &osc_count);
    assert_null(to);
    *asked = '\0';
    for (int i = 0; i < osc_count; i++)
        append_text(asked, sizeof asked, "%s%s\n", osc_messages[i].path, osc_messages[i].values);
    *size = strlen(asked);
    return strdup(asked);
}

static void lo_bundle_free_recursive(void *bundle)
{
    assert_ptr_equal(bundle, &osc_count);
    osc_bundles--;
    for (int i = 0; i < osc_count; i++)
        osc_messages[i].path = NULL; /* or what it points into would not seem lost */
}

static int lsl_streams, lsl_missing; /* which of the next ones cannot be made; 0: none */

static void *lsl_create_streaminfo(const char *name, const char *type, int32_t channels,
                                   double rate, int format, const char *source_id)
{
    char begin[100];
    snprintf(begin, sizeof begin, "expressions-%s-mood-", host);
    size_t length = strlen(begin);
    assert_memory_equal(source_id, begin, length);
    append_text(asked, sizeof asked, "info %s %s %d %g %d %s\n", name, type, channels, rate, format,
                source_id + length - 1);
    if (lsl_missing > 0 && --lsl_missing == 0)
        return NULL;
    lsl_streams++;
    return strdup(name);
}

static void *lsl_get_desc(void *info)
{
    return info;
}

static void *lsl_append_child(void *element, const char *name)
{
    append_text(asked, sizeof asked, "%s ", name);
    return element;
}

static void *lsl_append_child_value(void *element, const char *name, const char *value)
{
    append_text(asked, sizeof asked, "%s=%s ", name, value);
    return element;
}

static void *lsl_create_outlet(void *info, int32_t chunk_size, int32_t max_buffered)
{
    append_text(asked, sizeof asked, "outlet %s %d %d\n", (char *)info, chunk_size, max_buffered);
    if (lsl_missing > 0 && --lsl_missing == 0)
        return NULL;
    lsl_streams++;
    return strdup(info);
}

static int32_t lsl_push_sample_ftp(void *outlet, const float *data, double time, int32_t through)
{
    append_text(asked, sizeof asked, "%s %.2f %.1f %d\n", (char *)outlet, (double)data[3], time,
                through);
    return 0;
}

static int32_t lsl_push_sample_strtp(void *outlet, const char **data, double time, int32_t through)
{
    append_text(asked, sizeof asked, "%s %s %.1f %d\n", (char *)outlet, *data, time, through);
    return 0;
}

static double lsl_local_clock(void)
{
    return 1000;
}

static void lsl_destroy(void *what)
{
    lsl_streams--;
    free(what);
}

int __wrap_loaded_library_open(const char *const *names, const struct loaded_function *functions,
                               size_t count, const char *hint, struct error *error)
{
#define FUNCTION(name)                                                                             \
    {                                                                                              \
#name, (void (*)(void))name                                                                \
    }
    static const struct {
        const char *name;
        void (*function)(void);
    } known[] = {FUNCTION(lo_message_new),
                 FUNCTION(lo_message_add_int32),
                 FUNCTION(lo_message_add_float),
                 FUNCTION(lo_message_add_string),
                 FUNCTION(lo_bundle_new),
                 FUNCTION(lo_bundle_add_message),
                 FUNCTION(lo_bundle_serialise),
                 FUNCTION(lo_bundle_free_recursive),
                 FUNCTION(lsl_create_streaminfo),
                 FUNCTION(lsl_get_desc),
                 FUNCTION(lsl_append_child),
                 FUNCTION(lsl_append_child_value),
                 FUNCTION(lsl_create_outlet),
                 FUNCTION(lsl_push_sample_ftp),
                 FUNCTION(lsl_push_sample_strtp),
                 FUNCTION(lsl_local_clock),
                 {"lsl_destroy_outlet", (void (*)(void))lsl_destroy},
                 {"lsl_destroy_streaminfo", (void (*)(void))lsl_destroy}};
    if (library_missing)
        return error_set(error, "%s is not there; %s", *names, hint);
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (strcmp(known[k].name, functions[i].name) != 0)
            assert_true(++k < sizeof known / sizeof *known);
        memcpy(functions[i].place, &known[k].function, sizeof known[k].function);
    }
    return 0;
}

/* A run of one form, opened for a live source. */
static struct results *open_results(const struct results_options *options, struct error *error)
{
    static const struct source source = {.live = true};
    static struct results_of of;
    static struct file_set files;
    struct results *results = NULL;
    of = (struct results_of){
        .options = options, .source = &source, .program = "test", .files = &files};
    return results_open(&results, &of, error) ? NULL : results;
}

static void add_frame(struct results *results, const struct frame *frame)
{
    struct error error;
    assert_int_equal(results_add(results, "camera", frame, &error), 0);
}

static void close_results(struct results *results)
{
    const struct results_end end = {true, true, 1, 0};
    struct error error;
    assert_int_equal(results_close(&results, &end, &error), 0);
}

/* What came over the wire. */
static const char *receive_text(int socket)
{
    static char text[20000];
    struct pollfd polled = {.fd = socket, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, 5000), 1);
    ssize_t size = recv(socket, text, sizeof text - 1, 0);
    assert_true(size >= 0);
    text[size] = '\0';
    return text;
}

static void test_osc(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int receiver = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(receiver, (struct sockaddr *)&address, sizeof address), 0);
    int before = dup(receiver); /* the lowest descriptor that is free */
    close(before);
    assert_int_equal(
        getsockname(receiver, (struct sockaddr *)&address, &(socklen_t){sizeof address}), 0);
    char target[40];
    struct error error = {.text = ""};
    snprintf(target, sizeof target, "127.0.0.1:%d", ntohs(address.sin_port));
    const struct results_options options = {.osc = target}, wrong = {.osc = "127.0.0.1:0"};
    struct results *results = open_results(&options, &error);
    assert_non_null(results);
    struct frame frame = one_face(0);
    add_frame(results, &frame);
    assert_string_equal(receive_text(receiver), "/found i1\n"
                                                "/pose/position 25.00 35.00\n"
                                                "/expressions/1/box i10 i20 i30 i30\n"
                                                "/expressions/1/angry 0.01\n"
                                                "/expressions/1/disgust 0.00\n"
                                                "/expressions/1/fear 0.01\n"
                                                "/expressions/1/happy 0.93\n"
                                                "/expressions/1/sad 0.01\n"
                                                "/expressions/1/surprise 0.02\n"
                                                "/expressions/1/neutral 0.02\n"
                                                "/expressions/1/emotion happy\n");
    frame.face_count = 0;
    add_frame(results, &frame);
    assert_string_equal(receive_text(receiver), "/found i0\n");
    /* As many as there may be; the pose is the first of the two that are largest. */
    frame.face_count = EXPRESSIONS_MAX_FACES;
    for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++)
        frame.faces[i] =
            happy_face(i + 1, (struct expressions_box){i, 0, i / 2 == 5 ? 40 : 20, 20});
    add_frame(results, &frame);
    const char *text = receive_text(receiver);
    assert_memory_equal(text, "/found i1\n/pose/position 30.00 10.00\n", 37);
    assert_non_null(strstr(text, "/expressions/1/emotion "));
    assert_non_null(strstr(text, "/expressions/64/emotion "));
    close_results(results);
    assert_int_equal(osc_bundles, 0);
    assert_null(open_results(&wrong, &error));
    expect_text(error.text, "--osc takes HOST:PORT", "not \"127.0.0.1:0\"");
    assert_int_equal(error.code, ERROR_USAGE);
    library_missing = true;
    assert_null(open_results(&options, &error));
    library_missing = false;
    expect_text(error.text, "--osc: liblo", "install liblo");
    const struct results_options everyone = {.osc = "255.255.255.255:9"}; /* a privilege */
    assert_null(open_results(&everyone, &error));
    assert_string_equal(error.text, "--osc 255.255.255.255:9: unreachable; check the address");
    for (missing_block = 2; missing_block;)
        assert_null(open_results(&options, &error));
    assert_string_equal(error.text, "no memory for the messages; close other programs");
    int after = dup(receiver);
    assert_int_equal(after, before);
    close(after);
    close(receiver);
}

/* One face is followed for as long as it is there, then the largest; a marker comes with each
 * change. */
static void test_lsl(void **state)
{
    (void)state;
    const struct results_options options = {.lsl = "mood"};
    struct error error = {.text = ""};
    *asked = '\0';
    struct results *results = open_results(&options, &error);
    assert_non_null(results);
    assert_string_equal(asked, "info mood Expressions 7 0 1 -emotions\n"
                               "channels channel label=angry unit=probability type=Expression "
                               "channel label=disgust unit=probability type=Expression "
                               "channel label=fear unit=probability type=Expression "
                               "channel label=happy unit=probability type=Expression "
                               "channel label=sad unit=probability type=Expression "
                               "channel label=surprise unit=probability type=Expression "
                               "channel label=neutral unit=probability type=Expression "
                               "outlet mood 0 360\n"
                               "info mood-labels Markers 1 0 3 -labels\n"
                               "outlet mood-labels 0 360\n");
    assert_int_equal(lsl_streams, 2); /* and their descriptions are freed */
    *asked = '\0';
    struct frame frame = {.width = 640, .height = 480, .face_count = 3};
    static const int widths[] = {20, 40, 40};
    for (int i = 0; i < 3; i++) {
        frame.faces[i] = happy_face(i + 1, (struct expressions_box){0, 0, widths[i], 20});
        frame.faces[i].probabilities[3] = 0.5f + 0.1f * (float)i;
    }
    frame.grabbed = monotonic_now() - 100;
    add_frame(results, &frame);
    frame.faces[0].box.width = 80;
    frame.faces[1].label = 6;
    add_frame(results, &frame);
    add_frame(results, &frame);
    frame.faces[1] = frame.faces[2];
    frame.face_count = 2;
    add_frame(results, &frame);
    frame.face_count = 0;
    add_frame(results, &frame);
    frame.face_count = 2;
    frame.faces[1].box.width = 160;
    add_frame(results, &frame);
    assert_string_equal(asked, "mood 0.60 900.0 1\n"
                               "mood-labels happy 900.0 1\n"
                               "mood 0.60 900.0 1\n"
                               "mood-labels neutral 900.0 1\n"
                               "mood 0.60 900.0 1\n"
                               "mood 0.50 900.0 1\n"
                               "mood-labels happy 900.0 1\n"
                               "mood-labels no face 900.0 1\n"
                               "mood 0.70 900.0 1\n"
                               "mood-labels happy 900.0 1\n");
    close_results(results);
    assert_int_equal(lsl_streams, 0);
    for (int missing = 1; missing <= 4; missing++) {
        lsl_missing = missing;
        assert_null(open_results(&options, &error));
        assert_string_equal(error.text, "--lsl mood: liblsl cannot create the streams; see its "
                                        "messages above");
        assert_int_equal(lsl_missing, 0);
        assert_int_equal(lsl_streams, 0);
    }
    library_missing = true;
    assert_null(open_results(&options, &error));
    library_missing = false;
    expect_text(error.text, "--lsl: liblsl", "LD_LIBRARY_PATH");
    for (missing_block = 2; missing_block;)
        assert_null(open_results(&options, &error));
    assert_string_equal(error.text, "no memory for the streams; close other programs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drawn_progress_bar),
        cmocka_unit_test(test_progress_bar_of_any_task),
        cmocka_unit_test_setup_teardown(test_words_of_sources, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_words_of_pictures, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_line_in_place_of_the_bar, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_end_that_fails, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_refused_outputs, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_table_without_faces, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_table_that_nobody_reads, make_folder, remove_folder),
        cmocka_unit_test(test_options_of_forms),
        cmocka_unit_test(test_loaded_library),
        cmocka_unit_test(test_osc),
        cmocka_unit_test(test_lsl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
