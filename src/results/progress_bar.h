/* How much of a video has been processed, on a terminal's last line. One thread at a time. */
#ifndef PROGRESS_BAR_H
#define PROGRESS_BAR_H

#include <stdbool.h>

/* All zeros at first, except `frames`. */
struct progress_bar {
    long frames;  /* in all; 0: unknown, and nothing is shown */
    double begin; /* monotonic seconds */
    double drawn; /* when it was drawn last */
    bool visible;
};

enum { PROGRESS_BAR_SIZE = 96 };

/* "[=====>    ]  50 %  150 fps  0:12 left" after `seconds` of work. */
void progress_bar_format(char text[PROGRESS_BAR_SIZE], long done, long frames, double seconds);

/* Draws it on stderr if that is a terminal, a few times a second at most. */
void progress_bar_update(struct progress_bar *bar, long done);
/* Erases it: before another line is printed, and at the end. */
void progress_bar_hide(struct progress_bar *bar);

#endif
