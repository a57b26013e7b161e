#include "report.h"

#include "file.h"
#include "gnuplot.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int place(char path[PATH_MAX], const char *folder, const char *name, struct error *error)
{
    if (snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
        return 0;
    return error_set(error, "%.200s: a path too long; use a shorter folder", folder);
}

int report_open(const char *folder, struct error *error)
{
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return error_set(error, "%s: %s; name a folder that can be made", folder, strerror(errno));
    struct file_writer *probe;
    char path[PATH_MAX];
    if (place(path, folder, "log.csv", error) < 0 || file_writer_open(&probe, path, error) < 0)
        return -1;
    file_writer_discard(&probe);
    return 0;
}

static void append(struct file_writer *writer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(struct file_writer *writer, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0)
        file_writer_append(writer, text,
                           (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

int report_log(const char *folder, const struct epoch_result *history, int epochs,
               struct error *error)
{
    struct file_writer *writer;
    char path[PATH_MAX];
    double seconds = 0.0;
    if (place(path, folder, "log.csv", error) < 0 || file_writer_open(&writer, path, error) < 0)
        return -1;
    append(writer, "epoch,seconds,loss,accuracy,validation_loss,validation_accuracy\n");
    for (int i = 0; i < epochs; i++) {
        const struct epoch_result *e = &history[i];
        seconds += e->seconds;
        append(writer, "%d,%.3f,%.6f,%.6f,%.6f,%.6f\n", i + 1, seconds, e->loss, e->accuracy,
               e->validation_loss, e->validation_accuracy);
    }
    return file_writer_commit(&writer, error);
}

static int write_confusion(const char *folder, const struct metrics *m,
                           const struct dataset *dataset, struct error *error)
{
    struct file_writer *writer;
    char path[PATH_MAX];
    if (place(path, folder, "confusion.csv", error) < 0 ||
        file_writer_open(&writer, path, error) < 0)
        return -1;
    append(writer, "true,predicted,pictures,share\n");
    for (int i = 0; i < m->class_count; i++)
        for (int j = 0; j < m->class_count; j++)
            append(writer, "%s,%s,%d,%.4f\n", dataset->class_names[i], dataset->class_names[j],
                   m->confusion[i][j],
                   m->per_class[i].support ? (double)m->confusion[i][j] / m->per_class[i].support
                                           : 0.0);
    return file_writer_commit(&writer, error);
}

static int write_summary(const char *folder, const struct evaluation *evaluation,
                         const struct dataset *dataset, const char *model_path, const char *options,
                         struct error *error)
{
    char path[PATH_MAX];
    char *text = evaluation_json(evaluation, dataset, model_path, options);
    if (!text)
        return error_no_memory(error, "the summary");
    int result = place(path, folder, "summary.json", error);
    if (result == 0)
        result = file_write(path, text, strlen(text), error);
    free(text);
    return result;
}

/* gnuplot reads the CSV files and leaves the pictures; both have fixed names in its folder. */
static const char script[] =
    "set datafile separator ','\n"
    "set terminal pngcairo size 1200,500 font 'DejaVu Sans,11' noenhanced\n"
    "set grid lc rgb '#dddddd'\n"
    "set border lc rgb '#888888'\n"
    "set key bottom right\n"
    "set output 'curves.part'\n"
    "set multiplot layout 1,2\n"
    "set xlabel 'epoch'\n"
    "set title 'Cost'\n"
    "set key top right\n"
    "plot 'log.csv' every ::1 using 1:3 with lines lw 2 lc rgb '#0072b2' title 'training', "
    "'' every ::1 using 1:5 with lines lw 2 lc rgb '#d55e00' title 'validation'\n"
    "set title 'Accuracy, %'\n"
    "set key bottom right\n"
    "plot 'log.csv' every ::1 using 1:(100*$4) with lines lw 2 lc rgb '#0072b2' title 'training', "
    "'' every ::1 using 1:(100*$6) with lines lw 2 lc rgb '#d55e00' title 'validation'\n"
    "unset multiplot\n"
    "set terminal pngcairo size 760,700 font 'DejaVu Sans,11' noenhanced\n"
    "set output 'confusion.part'\n"
    "unset key\n"
    "unset grid\n"
    "set title 'Of each true class, % predicted as'\n"
    "set xlabel 'predicted'\n"
    "set ylabel 'true'\n"
    "set palette defined (0 '#ffffff', 1 '#08519c')\n"
    "set cbrange [0:100]\n"
    "unset colorbox\n"
    "stats 'confusion.csv' every ::1 using 3 nooutput\n"
    "n = int(sqrt(STATS_records) + 0.5)\n"
    "set xrange [-0.5:n-0.5]\n"
    "set yrange [n-0.5:-0.5]\n"
    "set xtics rotate by 30 right\n"
    "set tics scale 0\n"
    "plot 'confusion.csv' every ::1 using (int($0)%n):(int($0)/n):(100*$4):xtic(2):ytic(1) "
    "with image, "
    "'' every ::1 using (int($0)%n):(int($0)/n):(sprintf('%.0f', 100*$4)):"
    "($4 > 0.5 ? 0xffffff : 0x333333) with labels tc rgb variable\n";

int report_finish(const char *folder, const struct evaluation *evaluation,
                  const struct dataset *dataset, const char *model_path, const char *options,
                  struct error *error)
{
    static const char *const pictures[][2] = {{"curves.part", "curves.png"},
                                              {"confusion.part", "confusion.png"}};
    if (write_confusion(folder, &evaluation->metrics, dataset, error) < 0 ||
        write_summary(folder, evaluation, dataset, model_path, options, error) < 0)
        return -1;
    if (gnuplot_run(folder, script) < 0)
        return error_set(error,
                         "%s: the numbers are there, but gnuplot did not draw them; install "
                         "gnuplot-nox",
                         folder);
    for (int i = 0; i < 2; i++) {
        char part[PATH_MAX], whole[PATH_MAX];
        if (place(part, folder, pictures[i][0], error) < 0 ||
            place(whole, folder, pictures[i][1], error) < 0)
            return -1;
        if (rename(part, whole) < 0)
            return error_set(error, "%s: %s; check the folder", whole, strerror(errno));
    }
    return 0;
}
