/* How much of a long task is done, on a terminal's last line. One thread at a time. */
#ifndef PROGRESS_BAR_H
#define PROGRESS_BAR_H

#include <stdbool.h>

struct progress_bar {
    int terminal;  /* a descriptor; nothing is shown where it is something else */
    double total;  /* 0: unknown, and nothing is shown */
    double before; /* part of it that was done before `begin` */
    double begin;  /* monotonic seconds */
    double drawn;  /* when it was drawn last; 0: not yet, or not since it was hidden */
    bool visible;
};

enum { PROGRESS_BAR_SIZE = 192 };

/* "[=====>    ]  50 %  150 fps  0:12 left" after `seconds` of work, or with `words` in place of the
 * frames per second, unless they are NULL. */
void progress_bar_format(char text[PROGRESS_BAR_SIZE], const struct progress_bar *bar, double done,
                         double seconds, const char *words);

/* Draws it, a few times a second at most. */
void progress_bar_update(struct progress_bar *bar, double done, const char *words);
/* Erases it: before another line is printed, and at the end. */
void progress_bar_hide(struct progress_bar *bar);

#endif
