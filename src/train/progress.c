#include "progress.h"

#include "monotonic.h"

#include <unistd.h>

enum { BAR_WIDTH = 24 };

void progress_start(struct progress *progress, FILE *out, double done_before)
{
    *progress = (struct progress){.out = out,
                                  .terminal = isatty(fileno(out)) == 1,
                                  .started = monotonic_now(),
                                  .done_before = done_before};
}

static void print_duration(FILE *out, double seconds)
{
    long whole = (long)(seconds + 0.5);
    if (whole >= 3600)
        fprintf(out, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        fprintf(out, "%ld:%02ld", whole / 60, whole % 60);
}

void progress_draw(struct progress *progress, double done, double total, const char *text)
{
    double now = monotonic_now();
    if (!progress->terminal || now - progress->last_drawn < 0.1)
        return;
    progress->last_drawn = now;
    progress->drawn = true;
    double share = done / total;
    fprintf(progress->out, "\r\033[K[");
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < (int)(share * BAR_WIDTH + 0.5) ? '=' : ' ', progress->out);
    fprintf(progress->out, "] %3.0f %%  %s  ETA ", 100.0 * share, text);
    print_duration(progress->out,
                   (now - progress->started) * (total - done) / (done - progress->done_before));
    fflush(progress->out);
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fprintf(progress->out, "\r\033[K");
    progress->drawn = false;
}
