#include "evaluation_report.h"

#include "file.h"
#include "report.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* ---- Numbers --------------------------------------------------------------------------------- */

static int write_summary(const char *folder, const struct evaluation *evaluation,
                         const struct dataset *dataset, const char *model_path, const char *options,
                         struct error *error)
{
    char *json = evaluation_json(evaluation, dataset, model_path, options);
    struct report_text text;
    if (!json || report_text_open(&text, error) < 0) {
        free(json);
        return error_no_memory(error, "the summary");
    }
    text_print_json(text.stream, json);
    free(json);
    return report_text_close(&text, folder, "summary.json", error);
}

static int write_confusion(const char *folder, const char *name, const struct metrics *m,
                           const struct dataset *dataset, struct error *error)
{
    struct report_text text;
    if (report_text_open(&text, error) < 0)
        return -1;
    fprintf(text.stream, "true,predicted,count,share\n");
    for (int i = 0; i < m->class_count; i++)
        for (int j = 0; j < m->class_count; j++) {
            int cell = m->confusion[i][j], support = m->per_class[i].support;
            fprintf(text.stream, "%s,%s,%d,%.4f\n", dataset->class_names[i],
                    dataset->class_names[j], cell, support ? (double)cell / support : 0.0);
        }
    return report_text_close(&text, folder, name, error);
}

static int write_calibration(const char *folder, const char *name, const struct metrics *m,
                             struct error *error)
{
    struct report_text text;
    if (report_text_open(&text, error) < 0)
        return -1;
    fprintf(text.stream, "low,high,count,share,confidence,accuracy\n");
    for (int b = 0; b < CALIBRATION_BINS; b++) {
        const struct calibration_bin *bin = &m->bins[b];
        fprintf(text.stream, "%.4f,%.4f,%d,%.4f,", (double)b / CALIBRATION_BINS,
                (b + 1.0) / CALIBRATION_BINS, bin->count, (double)bin->count / m->count);
        if (bin->count)
            fprintf(text.stream, "%.4f,%.4f\n", bin->confidence, bin->accuracy);
        else
            fprintf(text.stream, ",\n");
    }
    return report_text_close(&text, folder, name, error);
}

/* How many truths there are: the label alone, or all. */
static int truth_count(const struct evaluation *e)
{
    return e->unique[TRUTH_FERPLUS].count ? TRUTH_COUNT : 1;
}

static int write_classes(const char *folder, const struct evaluation *e,
                         const struct dataset *dataset, struct error *error)
{
    struct report_text text;
    if (report_text_open(&text, error) < 0)
        return -1;
    fprintf(text.stream, "truth,class,precision,recall,f1,support\n");
    for (int t = 0; t < truth_count(e); t++)
        for (int k = 0; k < e->unique[t].class_count; k++) {
            const struct class_metrics *c = &e->unique[t].per_class[k];
            fprintf(text.stream, "%s,%s,", truth_keys[t], dataset->class_names[k]);
            if (e->unique[t].count)
                fprintf(text.stream, "%.4f,%.4f,%.4f,%d\n", c->precision, c->recall, c->f1,
                        c->support);
            else
                fprintf(text.stream, ",,,0\n");
        }
    return report_text_close(&text, folder, "classes.csv", error);
}

static int write_robustness(const char *folder, const struct robustness *rows, bool ferplus,
                            struct error *error)
{
    struct report_text text;
    if (report_text_open(&text, error) < 0)
        return -1;
    fprintf(text.stream, "change,accuracy,ferplus_accuracy,differing\n");
    for (int i = 0; i < ROBUSTNESS_CHANGES; i++) {
        fprintf(text.stream, "%s,%.4f,", robustness_name(i), rows[i].accuracy);
        if (ferplus)
            fprintf(text.stream, "%.4f", rows[i].ferplus_accuracy);
        fprintf(text.stream, ",%.4f\n", rows[i].differing);
    }
    return report_text_close(&text, folder, "robustness.csv", error);
}

static int write_truth(const char *folder, const char *confusion, const char *bins,
                       const struct metrics *m, const struct dataset *dataset, struct error *error)
{
    int result = write_confusion(folder, confusion, m, dataset, error);
    return result < 0 ? result : write_calibration(folder, bins, m, error);
}

/* ---- Pictures -------------------------------------------------------------------------------- */

/* Begins a script with a panel for each truth; it then draws file(name, 1) and, with FER+,
 * file(name, 2) beside it. */
static void begin_panels(FILE *out, int width, int height, const struct evaluation *e)
{
    bool both = e->ferplus.count > 0;
    fprintf(out,
            REPORT_SCRIPT("%d", "%d") "set border lc rgb '#888888'\n"
                                      "set tics textcolor rgb '#333333'\n"
                                      "set multiplot layout 1,%d\n"
                                      "n = %d\n"
                                      "truths = '%s'\n"
                                      "file(name, i) = i == 1 ? name.'.csv' : name.'_ferplus.csv'\n"
                                      "truth(i) = i == 1 ? '%s' : 'FER+ majority'\n"
                                      "pictures(i) = i == 1 ? %d : %d\n"
                                      "accuracy(i) = i == 1 ? %.2f : %.2f\n"
                                      "ece(i) = i == 1 ? %.2f : %.2f\n",
            both ? 2 * width : width, height, both ? 2 : 1, e->metrics.class_count,
            both ? "1 2" : "1", both ? "FER2013''s label" : "Labels", e->metrics.count,
            e->ferplus.count, 100.0 * e->metrics.accuracy, 100.0 * e->ferplus.accuracy,
            100.0 * e->metrics.ece, 100.0 * e->ferplus.ece);
}

/* Each cell: how many pictures, and their percentage of the row. */
static const char confusion_panels[] =
    "unset key\n"
    "unset colorbox\n"
    "set palette defined (0 '#ffffff', 1 '#08519c')\n"
    "set cbrange [0:100]\n"
    "set xlabel 'predicted'\n"
    "set ylabel 'true'\n"
    "set xtics rotate by 30 right\n"
    "set tics scale 0\n"
    "set xrange [-0.5:n-0.5]\n"
    "set yrange [n-0.5:-0.5]\n"
    "do for [i in truths] {\n"
    "f = file('confusion', int(i))\n"
    "set title sprintf('%s: %d pictures, %.1f %% right', truth(int(i)), pictures(int(i)), "
    "accuracy(int(i)))\n"
    "plot f every ::1 using (int($0)%n):(int($0)/n):(100*$4):xtic(2):ytic(1) with image, "
    "'' every ::1 using (int($0)%n):(int($0)/n):(sprintf(\"%d\\n%.0f %%\", $3, 100*$4)):"
    "($4 > 0.5 ? 0xffffff : 0x333333) with labels tc rgb variable\n"
    "}\n";

/* Fewer than ten answers say nothing about their share of right ones. */
static const char calibration_panels[] =
    "set key top left reverse Left\n"
    "set grid lc rgb '#dddddd'\n"
    "set size ratio 1\n"
    "set xrange [0:100]\n"
    "set yrange [0:100]\n"
    "set xlabel 'confidence of the answer, %'\n"
    "set ylabel '%'\n"
    "set style fill solid 1 noborder\n"
    "do for [i in truths] {\n"
    "f = file('calibration', int(i))\n"
    "set title sprintf('%s: calibration error %.1f %%', truth(int(i)), ece(int(i)))\n"
    "plot f every ::1 using (50*($1+$2)):(100*$4):(90*($2-$1)) with boxes lc rgb '#cccccc' "
    "title 'share of all answers', "
    "x with lines dt 2 lc rgb '#888888' title 'as it should be', "
    "f every ::1 using (100*$5):($3 < 10 ? NaN : 100*$6) with linespoints pt 7 lw 2 lc rgb "
    "'#0072b2' "
    "title 'share of right answers'\n"
    "}\n";

/* A row for each change, from the top: a point for the accuracy, a bar for the answers that
 * differ. */
static const char robustness_panels[] = REPORT_SCRIPT(
    "1000",
    "660") "set border lc rgb '#888888'\n"
           "set tics textcolor rgb '#333333'\n"
           "set grid x lc rgb '#dddddd'\n"
           "set key outside top center horizontal\n"
           "set style fill solid 1 noborder\n"
           "set xrange [0:100]\n"
           "set xlabel '%'\n"
           "set yrange [n-0.5:-0.5]\n"
           "set tics nomirror\n"
           "set ytics scale 0\n"
           "plot 'robustness.csv' every ::1 using (0):0:(0):(100*$4):($0-0.3):($0+0.3):ytic(1) "
           "with boxxyerror lc rgb '#bbbbbb' title 'answers that differ', "
           "'' every ::1 using (100*$2):0 with points pt 7 ps 1.3 lc rgb '#0072b2' "
           "title 'right by the label', "
           "'' every ::1 using (100*$3):0 with points pt 5 ps 1.3 lc rgb '#d55e00' "
           "title ferplus\n";

static int draw_panels(const char *folder, const char *name, int width, int height,
                       const char *panels, const struct evaluation *evaluation, struct error *error)
{
    struct report_text text;
    if (report_text_open(&text, error) < 0)
        return -1;
    begin_panels(text.stream, width, height, evaluation);
    fputs(panels, text.stream);
    return report_text_draw(&text, folder, name, error);
}

/* Recall and precision of each class without duplicates, a panel for each truth. */
static const char classes_panels[] =
    "set border lc rgb '#888888'\n"
    "set tics textcolor rgb '#333333' nomirror\n"
    "set grid ytics lc rgb '#dddddd'\n"
    "set style data histograms\n"
    "set style histogram clustered gap 1\n"
    "set style fill solid 1 noborder\n"
    "set key outside bottom center horizontal\n"
    "set xtics rotate by 30 right scale 0\n"
    "set xrange [-0.6:n-0.4]\n"
    "set yrange [0:100]\n"
    "set ylabel '%'\n"
    "do for [i=1:truths] {\n"
    "set title word(titles, i)\n"
    "plot 'classes.csv' every ::(1+(i-1)*n)::(i*n) using (100*$4):xtic(2) "
    "lc rgb '#0072b2' title 'recall', "
    "'' every ::(1+(i-1)*n)::(i*n) using (100*$3) lc rgb '#bbbbbb' title 'precision'\n"
    "}\n";

static int draw_classes(const char *folder, const struct evaluation *e, struct error *error)
{
    static const char *const truths[TRUTH_COUNT] = {"By label", "By FER+ majority",
                                                    "Where both agree"};
    struct report_text text;
    int count = truth_count(e);
    if (report_text_open(&text, error) < 0)
        return -1;
    fprintf(
        text.stream,
        REPORT_SCRIPT("%d", "460") "set multiplot layout 1,%d\nn = %d\ntruths = %d\ntitles = \"",
        count * 560, count, e->unique[0].class_count, count);
    for (int t = 0; t < count; t++) {
        const struct metrics *m = &e->unique[t];
        if (m->count)
            fprintf(text.stream, "'%s: %d pictures, macro recall %.1f %%' ", truths[t], m->count,
                    100.0 * m->macro_recall);
        else
            fprintf(text.stream, "'%s: no pictures' ", truths[t]);
    }
    fprintf(text.stream, "\"\n%s", classes_panels);
    return report_text_draw(&text, folder, "classes.png", error);
}

static int draw_robustness(const char *folder, bool ferplus, struct error *error)
{
    struct report_text text;
    if (report_text_open(&text, error) < 0)
        return -1;
    fprintf(text.stream, "n = %d\nferplus = '%s'\n%s", ROBUSTNESS_CHANGES,
            ferplus ? "right by FER+" : "", robustness_panels);
    return report_text_draw(&text, folder, "robustness.png", error);
}

int evaluation_report(const char *folder, const struct evaluation *evaluation,
                      const struct dataset *dataset, const char *model_path, const char *options,
                      const struct robustness *rows, struct error *error)
{
    bool ferplus = evaluation->ferplus.count > 0;
    if (write_summary(folder, evaluation, dataset, model_path, options, error) < 0 ||
        write_truth(folder, "confusion.csv", "calibration.csv", &evaluation->metrics, dataset,
                    error) < 0 ||
        (ferplus && write_truth(folder, "confusion_ferplus.csv", "calibration_ferplus.csv",
                                &evaluation->ferplus, dataset, error) < 0) ||
        write_classes(folder, evaluation, dataset, error) < 0 ||
        (rows && write_robustness(folder, rows, ferplus, error) < 0))
        return -1;
    if (draw_panels(folder, "confusion.png", 760, 700, confusion_panels, evaluation, error) < 0 ||
        draw_panels(folder, "calibration.png", 620, 660, calibration_panels, evaluation, error) <
            0 ||
        draw_classes(folder, evaluation, error) < 0 ||
        (rows && draw_robustness(folder, ferplus, error) < 0))
        return -1;
    return 0;
}
