#include "progress_bar.h"

#include "monotonic.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double interval = 0.2; /* seconds */

static void format_time(char text[16], int seconds)
{
    int minutes = seconds / 60;
    if (minutes < 60)
        snprintf(text, 16, "%d:%02d", minutes, seconds % 60);
    else
        snprintf(text, 16, "%d:%02d:%02d", minutes / 60, minutes % 60, seconds % 60);
}

void progress_bar_format(char text[PROGRESS_BAR_SIZE], const struct progress_bar *bar, double done,
                         double seconds, const char *words)
{
    enum { WIDTH = 30 };
    char line[WIDTH + 1], fps[32], left[16];
    double share = fmin(done / bar->total, 1);
    int filled = (int)(share * WIDTH);
    for (int i = 0; i < WIDTH; i++)
        line[i] = i < filled ? '=' : i == filled ? '>' : ' ';
    line[WIDTH] = '\0';
    double rate = seconds > 0 ? (done - bar->before) / seconds : 0;
    double more = rate > 0 ? fmax(bar->total - done, 0) / rate : 0;
    format_time(left, (int)lround(fmin(more, 359999)));
    snprintf(fps, sizeof fps, "%.0f fps", rate);
    snprintf(text, PROGRESS_BAR_SIZE, "[%s] %3.0f %%  %s  %s left", line, 100 * share,
             words ? words : fps, left);
}

/* Not worth a failure: a terminal that takes no bytes shows nothing anyway. */
static void put(const struct progress_bar *bar, const char *text)
{
    ssize_t written = write(bar->terminal, text, strlen(text));
    (void)written;
}

void progress_bar_update(struct progress_bar *bar, double done, const char *words)
{
    double now = monotonic_now();
    if (bar->total <= 0 || done <= 0 || now - bar->drawn < interval || !isatty(bar->terminal))
        return;
    char text[PROGRESS_BAR_SIZE], line[PROGRESS_BAR_SIZE + 8];
    progress_bar_format(text, bar, done, now - bar->begin, words);
    snprintf(line, sizeof line, "\r%s\033[K", text);
    put(bar, line);
    bar->drawn = now;
    bar->visible = true;
}

void progress_bar_hide(struct progress_bar *bar)
{
    if (bar->visible)
        put(bar, "\r\033[K");
    bar->visible = false;
    bar->drawn = 0;
}
