#include "timeline_report.h"

#include "label_colours.h"
#include "report_folder.h"
#include "results_form.h"

#include <stdlib.h>
#include <string.h>

enum { DRAWN_FACES = 12 };

static int write_timeline(const struct timeline *timeline, const char *folder, struct error *error)
{
    struct report_text text;
    if (report_text_open(&text, error))
        return -1;
    fprintf(text.stream, "id,start,end,label\n");
    for (size_t i = 0; i < timeline->count; i++) {
        const struct stretch *stretch = &timeline->stretches[i];
        fprintf(text.stream, "%d,%.3f,%.3f,%s\n", stretch->face, stretch->start, stretch->end,
                timeline_name(stretch->label));
    }
    return report_text_close(&text, folder, "timeline.csv", error);
}

static int write_summary(const struct timeline_total *totals, size_t count, const char *folder,
                         struct error *error)
{
    struct report_text text;
    if (report_text_open(&text, error))
        return -1;
    fprintf(text.stream, "id,seconds");
    for (int k = 0; k < TIMELINE_SHOWN; k++)
        fprintf(text.stream, ",%s", timeline_name(k));
    fprintf(text.stream, "\n");
    for (size_t i = 0; i < count; i++) {
        fprintf(text.stream, "%d,%.3f", totals[i].face, totals[i].all);
        for (int k = 0; k < TIMELINE_SHOWN; k++)
            fprintf(text.stream, ",%.4f", totals[i].seconds[k] / totals[i].all);
        fprintf(text.stream, "\n");
    }
    return report_text_close(&text, folder, "summary.csv", error);
}

/* ---- The picture ----------------------------------------------------------------------------- */

/* The faces seen longest come first. */
static int compare_totals(const void *a, const void *b)
{
    const struct timeline_total *x = a;
    const struct timeline_total *y = b;
    return x->all != y->all ? (x->all < y->all ? 1 : -1)
                            : (x->face > y->face) - (x->face < y->face);
}

static unsigned colour_of(int label)
{
    enum { UNCERTAIN = 0xCDCDCD, NEUTRAL = 0x787A80 }; /* its own grey is too light for a page */
    return label == TIMELINE_UNCERTAIN            ? UNCERTAIN
           : label == EXPRESSIONS_LABEL_COUNT - 1 ? NEUTRAL
                                                  : label_colours[label];
}

/* A row of coloured bars for each face: the conditions choose the rows and colours of the table. */
static void write_script(FILE *out, const struct timeline_total *totals, int rows, double end)
{
    fprintf(out,
            REPORT_SCRIPT("1200",
                          "%d") "set border 3 lc rgb '#888888'\n"
                                "set style fill solid 1 noborder\n"
                                "set key outside top center horizontal reverse Left samplen 1.5\n"
                                "set xlabel 'seconds'\nset tics nomirror\n"
                                "set xrange [0:%.3f]\nset yrange [%d.5:0.5]\n",
            170 + 40 * rows, end, rows);
    fprintf(out, "row(f) = ");
    for (int i = 0; i < rows; i++)
        fprintf(out, "f == %d ? %d : ", totals[i].face, i + 1);
    fprintf(out, "NaN\nset ytics (");
    for (int i = 0; i < rows; i++)
        fprintf(out, "%s'face %d' %d", i ? ", " : "", totals[i].face, i + 1);
    fprintf(out, ")\nplot ");
    for (int k = 0; k < TIMELINE_SHOWN; k++)
        fprintf(out,
                "%s'timeline.csv' every ::1 using "
                "2:(strcol(4) eq '%s' ? row($1) : NaN):2:3:(row($1)-0.38):(row($1)+0.38) "
                "with boxxyerror lc rgb '#%06x' title '%s'",
                k ? ", " : "", timeline_name(k), colour_of(k), timeline_name(k));
    fprintf(out, "\n");
}

static int draw(struct timeline_total *totals, size_t count, double end, const char *folder,
                struct error *error)
{
    struct report_text text;
    if (report_text_open(&text, error))
        return -1;
    qsort(totals, count, sizeof *totals, compare_totals);
    write_script(text.stream, totals, (int)(count < DRAWN_FACES ? count : DRAWN_FACES), end);
    return report_text_draw(&text, folder, "timeline.png", error);
}

int timeline_report_write(const struct timeline *timeline, const char *folder, struct error *error)
{
    size_t count;
    struct timeline_total *totals = timeline_totals(timeline, &count);
    if (!totals)
        return error_no_memory(error, "the report");
    int result =
        write_timeline(timeline, folder, error) || write_summary(totals, count, folder, error) ? -1
                                                                                               : 0;
    if (result == 0 && count > 0)
        result = draw(totals, count, timeline->time + timeline->step, folder, error);
    free(totals);
    return result;
}

/* ---- As results ------------------------------------------------------------------------------ */

struct report {
    const char *folder;
    struct timeline timeline;
};

static int open_report(void **state, const struct results_of *of, struct error *error)
{
    static const char *const names[] = {"timeline.csv", "summary.csv", "timeline.png"};
    if (report_folder_claim(of->options->report, names, sizeof names / sizeof *names, of->files,
                            error))
        return -1;
    struct report *report = calloc(1, sizeof *report);
    if (!report)
        return error_no_memory(error, "the report");
    report->folder = of->options->report;
    if (report_folder_open(report->folder, "timeline.csv", error)) {
        free(report);
        return -1;
    }
    *state = report;
    return 0;
}

static int add(void *state, const char *name, const struct frame *frame, struct error *error)
{
    struct report *report = state;
    (void)name;
    return timeline_add(&report->timeline, frame, error);
}

static int close_report(void *state, const struct results_end *end, struct error *error)
{
    struct report *report = state;
    int result =
        end->summarize ? timeline_report_write(&report->timeline, report->folder, error) : 0;
    timeline_free(&report->timeline);
    free(report);
    return result;
}

const struct results_form report_form = {.option = "--report",
                                         .sources = SOURCES_MOVING,
                                         .wanted = RESULTS_FIELD(report),
                                         .open = open_report,
                                         .add = add,
                                         .close = close_report};
