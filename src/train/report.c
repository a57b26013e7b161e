#include "report.h"

int report_open(const char *folder, struct error *error)
{
    return report_folder_open(folder, "log.csv", error);
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
    static const char script[] = REPORT_SCRIPT(
        "1200",
        "500") "set grid lc rgb '#dddddd'\n"
               "set border lc rgb '#888888'\n"
               "set multiplot layout 1,2\n"
               "set xlabel 'epoch'\n"
               "set title 'Cost'\n"
               "set key top right\n"
               "plot 'log.csv' every ::1 using 1:3 with lines lw 2 lc rgb '#0072b2' title "
               "'training', "
               "'' every ::1 using 1:5 with lines lw 2 lc rgb '#d55e00' title 'validation'\n"
               "set title 'Accuracy, %'\n"
               "set key bottom right\n"
               "plot 'log.csv' every ::1 using 1:(100*$4) with lines lw 2 lc rgb '#0072b2' "
               "title 'training', "
               "'' every ::1 using 1:(100*$6) with lines lw 2 lc rgb '#d55e00' title "
               "'validation'\n";
    struct report_text text;
    if (report_text_open(&text, error) < 0)
        return -1;
    fputs(script, text.stream);
    return report_text_draw(&text, folder, "curves.png", error);
}
