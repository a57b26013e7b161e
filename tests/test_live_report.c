#define _GNU_SOURCE /* fopencookie */ /* NOLINT: names of this kind are the C library's to give */
/* What is made of faces over time: the strip, the timeline and its report, numbers. */
#include "testing.h"

#include "gnuplot.h"
#include "jsonl.h"
#include "progress_bar.h"
#include "smoothing_step.h"
#include "statistics.h"
#include "strip.h"
#include "text_report.h"
#include "timeline_report.h"

static void test_smoothing_steps(void **state)
{
    (void)state;
    static const double steps[] = {0, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3};
    enum { LAST = sizeof steps / sizeof *steps - 1 };
    for (int i = 0; i <= LAST; i++) {
        expect_close(smoothing_step(steps[i], 1), steps[i < LAST ? i + 1 : i], 0, "up");
        expect_close(smoothing_step(steps[i], -1), steps[i > 0 ? i - 1 : 0], 0, "down");
    }
    expect_close(smoothing_step(60, 1), 60, 0, "highest");
    expect_close(smoothing_step(60, -1), 3, 0, "from the highest");
    expect_close(smoothing_step(0.25, 1), 0.3, 0, "between");
    expect_close(smoothing_step(0.25, -1), 0.2, 0, "between");
}

/* ---- The strip of the last seconds ----------------------------------------------------------- */

static void test_strip(void **state)
{
    (void)state;
    static struct strip strip;
    struct expressions_face faces[2] = {{.id = 1, .box = {0, 0, 50, 50}},
                                        {.id = 2, .box = {0, 0, 80, 80}}};
    assert_null(strip_at(&strip, 0));
    for (int n = 0; n < 3 * STRIP_SAMPLES; n++) {
        faces[1].probabilities[0] = (float)n;
        strip_add(&strip, faces, 2, n / 30.0);
    }
    assert_int_equal(strip.face, 2);
    int last = 3 * STRIP_SAMPLES - 1;
    expect_close((double)strip_at(&strip, 0)[0], last, 0, "now");
    expect_close((double)strip_at(&strip, 10)[0], last - 300, 1, "ten seconds ago");
    expect_close((double)strip_at(&strip, 10.001 / 30)[0], last - 11, 0, "between two samples");
    assert_null(strip_at(&strip, STRIP_SAMPLES / 30.0 + 1));
    strip_choose(&strip, 1);
    strip_add(&strip, faces, 2, 200);
    assert_int_equal(strip.face, 1);
    assert_int_equal(strip.count, 1);
    strip_add(&strip, faces + 1, 1, 201);
    assert_int_equal(strip.face, 2);
    strip_add(&strip, NULL, 0, 202);
    assert_int_equal(strip.count, 1);
    strip_add(&strip, faces + 1, 1, 202);
    strip_add(&strip, faces + 1, 1, 0);
    assert_int_equal(strip.count, 1);
}

/* ---- After a video --------------------------------------------------------------------------- */

/* Two faces at 10 frames a second: one is happy for two seconds and uncertain for one, the other
 * comes late, leaves, and comes back as another. */
static void make_timeline(struct timeline *timeline)
{
    struct error error;
    for (int n = 0; n < 30; n++) {
        struct frame frame = {.time = n / 10.0, .face_count = n >= 10 && n != 15 ? 2 : 1};
        frame.faces[0] = (struct expressions_face){.id = 1, .label = 3, .uncertain = n >= 20};
        frame.faces[1] = (struct expressions_face){.id = n < 20 ? 2 : 3, .label = 6};
        assert_int_equal(timeline_add(timeline, &frame, &error), 0);
    }
}

/* As many as there can be; behind them stands one who is not there. */
static void test_crowd(void **state)
{
    (void)state;
    struct {
        struct frame frame;
        struct expressions_face nobody;
    } full = {.frame = {.duration = 1, .face_count = EXPRESSIONS_MAX_FACES}, .nobody = {.id = 7}};
    struct timeline timeline = {0};
    struct error error;
    for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++)
        full.frame.faces[i] = (struct expressions_face){.id = i + 1};
    for (; full.frame.time < 3; full.frame.time++)
        assert_int_equal(timeline_add(&timeline, &full.frame, &error), 0);
    assert_int_equal(timeline.count, EXPRESSIONS_MAX_FACES);
    for (int i = 0; i < EXPRESSIONS_MAX_FACES; i++)
        expect_close(timeline.stretches[i].end, 3, 1e-9, "end");
    timeline_free(&timeline);
}

/* A face that changes with each frame, for longer than the first table has room. */
static void test_many_stretches(void **state)
{
    (void)state;
    enum { FRAMES = 300 };
    struct timeline timeline = {0};
    struct error error;
    for (int n = 0; n < FRAMES; n++) {
        struct frame frame = {.time = n, .duration = 1, .face_count = 1};
        frame.faces[0] = (struct expressions_face){.id = 1, .label = n % 2};
        assert_int_equal(timeline_add(&timeline, &frame, &error), 0);
    }
    assert_int_equal(timeline.count, FRAMES);
    assert_true(timeline.capacity >= timeline.count);
    for (int n = 0; n < FRAMES; n++) {
        const struct stretch *stretch = &timeline.stretches[n];
        assert_true(stretch->face == 1 && stretch->label == n % 2);
        expect_close(stretch->start, n, 0, "start");
        expect_close(stretch->end, n + 1, 0, "end");
    }
    timeline_free(&timeline);
}

/* Half a million faces, as a day before a busy street brings them: not one after another is looked
 * for among all, which would take hours. */
static void test_many_faces(void **state)
{
    (void)state;
    enum { FACES = 500000 };
    struct timeline timeline = {.count = FACES};
    size_t count;
    timeline.stretches = calloc(FACES, sizeof *timeline.stretches);
    assert_non_null(timeline.stretches);
    for (int i = 0; i < FACES; i++)
        timeline.stretches[i] = (struct stretch){FACES - i, i % EXPRESSIONS_LABEL_COUNT, i, i + 1};
    struct timeline_total *totals = timeline_totals(&timeline, &count);
    assert_non_null(totals);
    assert_int_equal(count, FACES);
    assert_int_equal(totals[0].face, FACES);
    expect_close(totals[FACES - 1].all, 1, 1e-9, "last face");
    free(totals);
    timeline_free(&timeline);
}

static void test_timeline(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    make_timeline(&timeline);
    size_t count;
    struct timeline_total *totals = timeline_totals(&timeline, &count);
    assert_non_null(totals);
    assert_int_equal(count, 3);
    expect_close(totals[0].all, 3, 1e-6, "first face");
    expect_close(totals[0].seconds[3], 2, 1e-6, "happy");
    expect_close(totals[0].seconds[TIMELINE_UNCERTAIN], 1, 1e-6, "uncertain");
    expect_close(totals[1].all, 0.9, 1e-6, "second face");
    expect_close(totals[2].all, 1, 1e-6, "third face");
    assert_int_equal(timeline.count, 5);
    free(totals);
    FILE *file = tmpfile();
    assert_non_null(file);
    char text[400];
    assert_int_equal(timeline_print(file, &timeline), 0);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, "face 1, 3.0 s: happy 67 %, uncertain 33 %\n"
                              "face 3, 1.0 s: neutral 100 %\n"
                              "1 more for less than 1 s each\n");
    timeline_free(&timeline);
    assert_int_equal(timeline_print(stderr, &timeline), 0);
}

/* Stands before gnuplot_draw, and keeps what gnuplot is told to draw. */
static char drawn_script[5000];

int __real_gnuplot_draw(const char *folder, const char *script, const char *name,
                        struct error *error);
int __wrap_gnuplot_draw(const char *folder, const char *script, const char *name,
                        struct error *error);

int __wrap_gnuplot_draw(const char *folder, const char *script, const char *name,
                        struct error *error)
{
    snprintf(drawn_script, sizeof drawn_script, "%s", script);
    return __real_gnuplot_draw(folder, script, name, error);
}

/* The whole script for these rows and this picture, 1200 pixels wide. */
static void expect_drawn(int height, const char *ranges, const char *rows, const char *tics)
{
    static const char *const colours[TIMELINE_SHOWN][2] = {
        {"angry", "f06a35"}, {"disgust", "1fb588"},  {"fear", "d88cba"},    {"happy", "f0e442"},
        {"sad", "56b4e9"},   {"surprise", "e69f00"}, {"neutral", "787a80"}, {"uncertain", "cdcdcd"},
    };
    char expected[sizeof drawn_script] = "";
    append_text(expected, sizeof expected,
                "set datafile separator ','\n"
                "set terminal pngcairo size 1200,%d font 'DejaVu Sans,11' noenhanced\n"
                "set border 3 lc rgb '#888888'\nset style fill solid 1 noborder\n"
                "set key outside top center horizontal reverse Left samplen 1.5\n"
                "set xlabel 'seconds'\nset tics nomirror\n"
                "%srow(f) = %sNaN\nset ytics (%s)\nplot ",
                height, ranges, rows, tics);
    for (int k = 0; k < TIMELINE_SHOWN; k++)
        append_text(expected, sizeof expected,
                    "%s'timeline.csv' every ::1 using 2:(strcol(4) eq '%s' ? row($1) : NaN):2:3:"
                    "(row($1)-0.38):(row($1)+0.38) with boxxyerror lc rgb '#%s' title '%s'",
                    k ? ", " : "", colours[k][0], colours[k][1], colours[k][0]);
    append_text(expected, sizeof expected, "\n");
    assert_string_equal(drawn_script, expected);
}

static void test_timeline_report(void **state)
{
    (void)state;
    struct timeline timeline = {0};
    struct error error;
    make_timeline(&timeline);
    int drawn = timeline_report_write(&timeline, test_folder(), &error) == 0;
    if (!drawn)
        expect_text(error.text, test_folder(), "gnuplot");
    assert_int_equal(count_files(0), drawn ? 3 : 2);
    expect_file("timeline.csv", "id,start,end,label\n1,0.000,2.000,happy\n2,1.000,1.500,neutral\n"
                                "2,1.600,2.000,neutral\n1,2.000,3.000,uncertain\n"
                                "3,2.000,3.000,neutral\n");
    expect_file("summary.csv",
                "id,seconds,angry,disgust,fear,happy,sad,surprise,neutral,uncertain\n"
                "1,3.000,0.0000,0.0000,0.0000,0.6667,0.0000,0.0000,0.0000,0.3333\n"
                "2,0.900,0.0000,0.0000,0.0000,0.0000,0.0000,0.0000,1.0000,0.0000\n"
                "3,1.000,0.0000,0.0000,0.0000,0.0000,0.0000,0.0000,1.0000,0.0000\n");
    /* Those that were seen for longest stand first. */
    expect_drawn(290, "set xrange [0:3.000]\nset yrange [3.5:0.5]\n",
                 "f == 1 ? 1 : f == 3 ? 2 : f == 2 ? 3 : ", "'face 1' 1, 'face 3' 2, 'face 2' 3");
    timeline_free(&timeline);
}

/* No more rows than a page holds; of faces seen for equally long, the first, in whatever order they
 * came. */
static void test_crowded_report(void **state)
{
    (void)state;
    enum { FACES = 14, ROWS = 12 };
    static struct stretch stretches[FACES];
    const struct timeline timeline = {.stretches = stretches, .count = FACES, .time = 9, .step = 1};
    struct error error;
    char rows[400] = "", tics[400] = "";
    for (int i = 0; i < FACES; i++) {
        int face = 5 * i % FACES + 1;
        stretches[i] = (struct stretch){face, 0, 0, face == FACES ? 10 : 5};
    }
    for (int row = 1; row <= ROWS; row++) {
        int face = row == 1 ? FACES : row - 1;
        append_text(rows, sizeof rows, "f == %d ? %d : ", face, row);
        append_text(tics, sizeof tics, "%s'face %d' %d", row > 1 ? ", " : "", face, row);
    }
    if (timeline_report_write(&timeline, test_folder(), &error))
        expect_text(error.text, test_folder(), "gnuplot");
    expect_drawn(650, "set xrange [0:10.000]\nset yrange [12.5:0.5]\n", rows, tics);
}

/* Nobody was seen: two tables with their heads, and nothing to draw. */
static void test_empty_report(void **state)
{
    (void)state;
    const struct timeline timeline = {.time = 9, .step = 1};
    struct error error;
    *drawn_script = '\0';
    assert_int_equal(timeline_report_write(&timeline, test_folder(), &error), 0);
    assert_string_equal(drawn_script, "");
    assert_int_equal(count_files(0), 2);
    expect_file("timeline.csv", "id,start,end,label\n");
    expect_file("summary.csv",
                "id,seconds,angry,disgust,fear,happy,sad,surprise,neutral,uncertain\n");
}

/* A frame is shown for as long as it says, or until the next one, or as long as the one before. */
static void test_frame_lengths(void **state)
{
    (void)state;
    static const double times[] = {0, 0.5, 0.5, 1}, durations[] = {0, 0, 0, 0.25};
    static const double ends[] = {0.04, 1, 1, 1.25};
    struct timeline timeline = {0};
    struct error error;
    for (int i = 0; i < 4; i++) {
        struct frame frame = {.time = times[i], .duration = durations[i], .face_count = 1};
        frame.faces[0] = (struct expressions_face){.id = 1, .label = 3};
        assert_int_equal(timeline_add(&timeline, &frame, &error), 0);
        expect_close(timeline.stretches[0].end, ends[i], 1e-9, "end");
    }
    assert_int_equal(timeline.count, 1);
    timeline_free(&timeline);
}

/* What is printed of these stretches. */
static void expect_totals(struct stretch *stretches, size_t count, const char *expected)
{
    const struct timeline timeline = {.stretches = stretches, .count = count};
    char text[400];
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(timeline_print(file, &timeline), 0);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

/* What would be rounded to 0 % is left out, and faces that were there for less than a second are,
 * unless all are. What was shown for longest comes first. */
static void test_brief_faces(void **state)
{
    (void)state;
    struct stretch stretches[] = {
        {1, 3, 0, 396}, {1, 4, 396, 400}, {2, 6, 0, 0.9}, {3, 0, 0, 398.1}, {3, 1, 398.1, 400}};
    struct stretch half[] = {{1, 3, 0, 398}, {1, 4, 398, 400}}; /* of a percent */
    struct stretch second[] = {{1, 3, 0, 1}, {2, 6, 0, 0.5}};
    struct stretch all[] = {
        {1, 0, 0, 1}, {1, 1, 1, 2}, {1, 2, 2, 3}, {1, 3, 3, 4},
        {1, 4, 4, 5}, {1, 5, 5, 6}, {1, 6, 6, 7}, {1, TIMELINE_UNCERTAIN, 7, 8}};
    expect_totals(stretches, 5,
                  "face 1, 400.0 s: happy 99 %, sad 1 %\n"
                  "face 3, 400.0 s: angry 100 %\n"
                  "1 more for less than 1 s each\n");
    expect_totals(stretches + 2, 1, "face 2, 0.9 s: neutral 100 %\n");
    expect_totals(half, 2, "face 1, 400.0 s: happy 100 %\n");
    expect_totals(second, 2, "face 1, 1.0 s: happy 100 %\n1 more for less than 1 s each\n");
    expect_totals(all, 8,
                  "face 1, 8.0 s: angry 12 %, disgust 12 %, fear 12 %, happy 12 %, sad 12 %, "
                  "surprise 12 %, neutral 12 %, uncertain 12 %\n");
    const struct timeline timeline = {.stretches = stretches, .count = 5};
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        assert_int_equal(timeline_print(full, &timeline), -1);
        fclose(full);
    }
}

static ssize_t write_later(void *context, const char *bytes, size_t size)
{
    int *writes = context;
    (void)bytes;
    return (*writes)++ == 0 ? 0 : (ssize_t)size;
}

/* What could not be written once is missing, though there is room again for all that follows. */
static void test_moment_without_room(void **state)
{
    (void)state;
    struct frame frame = {.width = 640, .height = 480, .face_count = 1};
    struct stretch stretches[] = {{1, 3, 0, 1}};
    const struct timeline timeline = {.stretches = stretches, .count = 1};
    const struct tally seen = {.frames = 1};
    struct error error;
    frame.faces[0] = (struct expressions_face){.id = 1, .label = 3};
    for (int form = 0; form < 5; form++) {
        char buffer[16];
        int writes = 0;
        struct tally tally = {0};
        struct progress_bar bar = {0};
        FILE *file = fopencookie(&writes, "w", (cookie_io_functions_t){.write = write_later});
        assert_non_null(file);
        assert_int_equal(setvbuf(file, buffer, _IOFBF, sizeof buffer), 0);
        int result = form == 0   ? jsonl_write(file, "camera", &frame, &error)
                     : form == 1 ? text_report_still(file, "picture", &frame, false)
                     : form == 2 ? text_report_frame(file, &tally, &frame, &bar)
                     : form == 3 ? text_report_summary(file, &seen, 0, 0)
                                 : timeline_print(file, &timeline);
        fclose(file);
        assert_int_equal(result, -1);
    }
}

static void expect_bar(double done, struct progress_bar bar, double seconds, const char *words,
                       const char *expected)
{
    char text[PROGRESS_BAR_SIZE];
    dirty_stack();
    progress_bar_format(text, &bar, done, seconds, words);
    assert_string_equal(text, expected);
}

static void test_progress_bar(void **state)
{
    (void)state;
    struct progress_bar short_one = {.total = 600}, long_one = {.total = 1000000};
    expect_bar(300, short_one, 2, NULL,
               "[===============>              ]  50 %  150 fps  0:02 left");
    expect_bar(7000, short_one, 25, NULL,
               "[==============================] 100 %  280 fps  0:00 left");
    expect_bar(1, long_one, 1, NULL,
               "[>                             ]   0 %  1 fps  99:59:59 left");
    expect_bar(10, (struct progress_bar){.total = 100}, 10, NULL,
               "[===>                          ]  10 %  1 fps  1:30 left");
    expect_bar(10, (struct progress_bar){.total = 100}, 0, NULL,
               "[===>                          ]  10 %  0 fps  0:00 left");
    expect_bar(4.5, (struct progress_bar){.total = 5}, 45, "epoch 5/5",
               "[===========================>  ]  90 %  epoch 5/5  0:05 left");
    expect_bar(2.5, (struct progress_bar){.total = 5, .before = 2}, 725, "epoch 3/5",
               "[===============>              ]  50 %  epoch 3/5  1:00:25 left");
}

static void test_statistics(void **state)
{
    (void)state;
    struct statistics statistics = {0};
    expect_close(statistics_quantile(&statistics, STAGE_LATENCY, 0.5), 0, 0, "nothing yet");
    expect_close(statistics_rate(&statistics, STAGE_LATENCY), 0, 0, "no rate yet");
    for (int i = 1; i <= 100; i++)
        statistics_add(&statistics, STAGE_LATENCY, i, (i * 37 % 101) / 1000.0);
    expect_close(statistics_quantile(&statistics, STAGE_LATENCY, 0.5), 50, 1e-6, "median");
    expect_close(statistics_quantile(&statistics, STAGE_LATENCY, 0.95), 95, 1e-6, "95th");
    expect_close(statistics_rate(&statistics, STAGE_LATENCY), 1, 1e-9, "once a second");
    for (int i = 0; i < 3 * STATISTICS_WINDOW; i++)
        statistics_add(&statistics, STAGE_LATENCY, 100 + 0.04 * i, 0.002);
    expect_close(statistics_quantile(&statistics, STAGE_LATENCY, 1), 2, 1e-6, "only the last ones");
    expect_close(statistics_rate(&statistics, STAGE_LATENCY), 25, 1e-6, "rate of the last ones");
    expect_close(statistics_quantile(&statistics, STAGE_DRAWING, 1), 0, 0, "another stage");
}

/* Quantiles are of the latest values, as many as the window holds, however many there were. */
static void test_latest_count(void **state)
{
    (void)state;
    static struct statistics statistics;
    for (int n = 0; n < 5 * STATISTICS_WINDOW; n++) {
        statistics_add(&statistics, STAGE_DRAWING, n, n + 1);
        int oldest = n < STATISTICS_WINDOW ? 0 : n - STATISTICS_WINDOW + 1;
        expect_close(statistics_quantile(&statistics, STAGE_DRAWING, 0), 1000.0 * (oldest + 1), 0,
                     "least");
        expect_close(statistics_quantile(&statistics, STAGE_DRAWING, 1), 1000.0 * (n + 1), 0,
                     "most");
    }
}

/* The first samples count as well; at one and the same time there is no rate. */
static void test_first_rates(void **state)
{
    (void)state;
    struct statistics statistics = {0};
    statistics_add(&statistics, STAGE_DRAWING, 1, 0);
    expect_close(statistics_rate(&statistics, STAGE_DRAWING), 0, 0, "one alone");
    statistics_add(&statistics, STAGE_DRAWING, 1.5, 0);
    expect_close(statistics_rate(&statistics, STAGE_DRAWING), 2, 0, "two of them");
    statistics_add(&statistics, STAGE_LATENCY, 7, 0);
    statistics_add(&statistics, STAGE_LATENCY, 7, 0);
    expect_close(statistics_rate(&statistics, STAGE_LATENCY), 0, 0, "at the same time");
    statistics_add(&statistics, STAGE_LATENCY, 7.5, 0);
    expect_close(statistics_rate(&statistics, STAGE_LATENCY), 4, 0, "three of them");
    expect_close(statistics_rate(&statistics, STAGE_DETECTION), 0, 0, "the first stage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latest_count),
        cmocka_unit_test(test_smoothing_steps),
        cmocka_unit_test(test_strip),
        cmocka_unit_test(test_timeline),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_many_stretches),
        cmocka_unit_test(test_many_faces),
        cmocka_unit_test_setup_teardown(test_timeline_report, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_crowded_report, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_empty_report, make_folder, remove_folder),
        cmocka_unit_test(test_frame_lengths),
        cmocka_unit_test(test_brief_faces),
        cmocka_unit_test(test_moment_without_room),
        cmocka_unit_test(test_progress_bar),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_first_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
