#include "progress_bar.h"

#include "monotonic.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double interval = 0.2; /* seconds */

void progress_bar_format(char text[PROGRESS_BAR_SIZE], long done, long frames, double seconds)
{
    enum { WIDTH = 30 };
    char line[WIDTH + 1];
    double share = fmin((double)done / (double)frames, 1);
    int filled = (int)(share * WIDTH);
    for (int i = 0; i < WIDTH; i++)
        line[i] = i < filled ? '=' : i == filled ? '>' : ' ';
    line[WIDTH] = '\0';
    double rate = seconds > 0 ? (double)done / seconds : 0;
    long left = rate > 0 ? lround(fmin(fmax((double)(frames - done), 0) / rate, 359999)) : 0;
    snprintf(text, PROGRESS_BAR_SIZE, "[%s] %3.0f %%  %.0f fps  %ld:%02ld left", line, 100 * share,
             rate, left / 60, left % 60);
}

/* Not worth a failure: a terminal that takes no bytes shows nothing anyway. */
static void put(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

void progress_bar_update(struct progress_bar *bar, long done)
{
    double now = monotonic_now();
    if (bar->begin <= 0)
        bar->begin = now;
    if (bar->frames <= 0 || done <= 0 || now - bar->drawn < interval || !isatty(STDERR_FILENO))
        return;
    char text[PROGRESS_BAR_SIZE], line[PROGRESS_BAR_SIZE + 8];
    progress_bar_format(text, done, bar->frames, now - bar->begin);
    snprintf(line, sizeof line, "\r%s\033[K", text);
    put(line);
    bar->drawn = now;
    bar->visible = true;
}

void progress_bar_hide(struct progress_bar *bar)
{
    if (bar->visible)
        put("\r\033[K");
    bar->visible = false;
    bar->drawn = 0;
}
