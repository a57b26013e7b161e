#include "report.h"

#include "file.h"
#include "gnuplot.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    if (place(path, folder, "log.csv", error) < 0 ||
        file_writer_open_in_folder(&probe, path, error) < 0)
        return -1;
    file_writer_discard(&probe);
    return 0;
}

int report_text_open(struct report_text *text, struct error *error)
{
    *text = (struct report_text){0};
    text->stream = open_memstream(&text->bytes, &text->size);
    return text->stream ? 0 : error_no_memory(error, "the report");
}

int report_text_close(struct report_text *text, const char *folder, const char *name,
                      struct error *error)
{
    char path[PATH_MAX];
    int result = fclose(text->stream) ? error_no_memory(error, "the report")
                                      : place(path, folder, name, error);
    if (result == 0)
        result = file_write(path, text->bytes, text->size, error);
    free(text->bytes);
    return result;
}

int report_text_draw(struct report_text *text, const char *folder, const char *name,
                     struct error *error)
{
    int result = fclose(text->stream) ? error_no_memory(error, "the report")
                                      : gnuplot_draw(folder, text->bytes, name, error);
    free(text->bytes);
    return result;
}

int report_log(const char *folder, const struct epoch_result *history, int epochs,
               struct error *error)
{
    struct report_text text;
    double seconds = 0.0;
    if (report_text_open(&text, error) < 0)
        return -1;
    fprintf(text.stream, "epoch,seconds,loss,accuracy,validation_loss,validation_accuracy\n");
    for (int i = 0; i < epochs; i++) {
        const struct epoch_result *e = &history[i];
        seconds += e->seconds;
        fprintf(text.stream, "%d,%.3f,%.6f,%.6f,%.6f,%.6f\n", i + 1, seconds, e->loss, e->accuracy,
                e->validation_loss, e->validation_accuracy);
    }
    return report_text_close(&text, folder, "log.csv", error);
}

int report_curves(const char *folder, struct error *error)
{
    static const char script[] =
        "set datafile separator ','\n"
        "set terminal pngcairo size 1200,500 font 'DejaVu Sans,11' noenhanced\n"
        "set grid lc rgb '#dddddd'\n"
        "set border lc rgb '#888888'\n"
        "set multiplot layout 1,2\n"
        "set xlabel 'epoch'\n"
        "set title 'Cost'\n"
        "set key top right\n"
        "plot 'log.csv' every ::1 using 1:3 with lines lw 2 lc rgb '#0072b2' title 'training', "
        "'' every ::1 using 1:5 with lines lw 2 lc rgb '#d55e00' title 'validation'\n"
        "set title 'Accuracy, %'\n"
        "set key bottom right\n"
        "plot 'log.csv' every ::1 using 1:(100*$4) with lines lw 2 lc rgb '#0072b2' "
        "title 'training', "
        "'' every ::1 using 1:(100*$6) with lines lw 2 lc rgb '#d55e00' title 'validation'\n";
    struct report_text text;
    if (report_text_open(&text, error) < 0)
        return -1;
    fputs(script, text.stream);
    return report_text_draw(&text, folder, "curves.png", error);
}
