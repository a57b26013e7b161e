/* What is made of faces over time: the strip, the timeline and its report, numbers. */
#include "testing.h"

#include "gnuplot.h"
#include "progress_bar.h"
#include "smoothing_step.h"
#include "statistics.h"
#include "strip.h"
#include "timeline_report.h"

static void test_smoothing_steps(void **state)
{
    (void)state;
    expect_close(smoothing_step(0.3, 1), 0.5, 1e-9, "up");
    expect_close(smoothing_step(0.3, -1), 0.2, 1e-9, "down");
    expect_close(smoothing_step(0, -1), 0, 0, "lowest");
    expect_close(smoothing_step(60, 1), 60, 0, "highest");
    expect_close(smoothing_step(0.25, 1), 0.3, 1e-9, "between");
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

static void expect_drawn(const char *part)
{
    if (!strstr(drawn_script, part))
        fail_msg("gnuplot is not told to draw %s: %s", part, drawn_script);
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
    expect_drawn("size 1200,290 ");
    expect_drawn("set xrange [0:3.000]\nset yrange [3.5:0.5]\n");
    expect_drawn("row(f) = f == 1 ? 1 : f == 3 ? 2 : f == 2 ? 3 : NaN\n");
    expect_drawn("set ytics ('face 1' 1, 'face 3' 2, 'face 2' 3)\n");
    expect_drawn("eq 'happy' ? row($1) : NaN):2:3:(row($1)-0.38):(row($1)+0.38) with boxxyerror "
                 "lc rgb '#f0e442' title 'happy', 'timeline.csv'");
    expect_drawn("lc rgb '#787a80' title 'neutral'");
    expect_drawn("lc rgb '#cdcdcd' title 'uncertain'\n");
    timeline_free(&timeline);
}

/* No more rows than a page holds; of faces seen for equally long, the first. */
static void test_crowded_report(void **state)
{
    (void)state;
    enum { FACES = 14 };
    static struct stretch stretches[FACES];
    const struct timeline timeline = {.stretches = stretches, .count = FACES, .time = 9, .step = 1};
    struct error error;
    for (int i = 0; i < FACES; i++)
        stretches[i] = (struct stretch){i + 1, 0, 0, i == FACES - 1 ? 10 : 5};
    if (timeline_report_write(&timeline, test_folder(), &error))
        expect_text(error.text, test_folder(), "gnuplot");
    expect_drawn("set xrange [0:10.000]\nset yrange [12.5:0.5]\n");
    expect_drawn("set ytics ('face 14' 1, 'face 1' 2, 'face 2' 3,");
    expect_drawn("'face 11' 12)\n");
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

/* What was shown for less than half a percent of the time is left out, and faces that were there
 * for less than a second are, unless all are. */
static void test_brief_faces(void **state)
{
    (void)state;
    struct stretch stretches[] = {
        {1, 3, 0, 396}, {1, 4, 396, 400}, {2, 6, 0, 0.9}, {3, 0, 0, 398.1}, {3, 1, 398.1, 400}};
    const struct timeline timeline = {.stretches = stretches, .count = 5};
    const struct timeline brief = {.stretches = stretches + 2, .count = 1};
    FILE *file = tmpfile();
    assert_non_null(file);
    char text[400];
    assert_int_equal(timeline_print(file, &timeline), 0);
    assert_int_equal(timeline_print(file, &brief), 0);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, "face 1, 400.0 s: happy 99 %, sad 1 %\n"
                              "face 3, 400.0 s: angry 100 %\n"
                              "1 more for less than 1 s each\n"
                              "face 2, 0.9 s: neutral 100 %\n");
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        assert_int_equal(timeline_print(full, &timeline), -1);
        fclose(full);
    }
}

static void expect_bar(double done, struct progress_bar bar, double seconds, const char *words,
                       const char *expected)
{
    char text[PROGRESS_BAR_SIZE];
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
        statistics_add(&statistics, STAGE_DRAWING, n, n);
        int oldest = n < STATISTICS_WINDOW ? 0 : n - STATISTICS_WINDOW + 1;
        expect_close(statistics_quantile(&statistics, STAGE_DRAWING, 0), 1000.0 * oldest, 0,
                     "least");
        expect_close(statistics_quantile(&statistics, STAGE_DRAWING, 1), 1000.0 * n, 0, "most");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latest_count),
        cmocka_unit_test(test_smoothing_steps),
        cmocka_unit_test(test_strip),
        cmocka_unit_test(test_timeline),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_many_faces),
        cmocka_unit_test_setup_teardown(test_timeline_report, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_crowded_report, make_folder, remove_folder),
        cmocka_unit_test(test_frame_lengths),
        cmocka_unit_test(test_brief_faces),
        cmocka_unit_test(test_progress_bar),
        cmocka_unit_test(test_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
