/* A terminal in place of the standard output, and what stands on it in the end. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include "testing.h"

#include <pty.h>

struct terminal {
    int main_end, kept;
    char sent[1 << 14];   /* all that came, */
    char screen[1 << 14]; /* and what of it still stands there */
};

/* Before anything is printed: lines go out one by one, as they do to a terminal. */
static inline void terminal_prepare(void)
{
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

static inline void terminal_open(struct terminal *t)
{
    int end;
    *t = (struct terminal){.kept = dup(STDOUT_FILENO)};
    assert_int_equal(openpty(&t->main_end, &end, NULL, NULL, NULL), 0);
    fflush(stdout);
    assert_true(t->kept >= 0 && dup2(end, STDOUT_FILENO) >= 0);
    close(end);
}

/* To the start of the line, to the next line, and what clears the rest of a line. */
static inline void terminal_show(struct terminal *t)
{
    size_t line = 0, at = 0, end = 0;
    for (const char *c = t->sent; *c; c++)
        if (strncmp(c, "\033[K", 3) == 0) {
            end = at;
            c += 2;
        } else if (*c == '\r') {
            at = line;
        } else if (*c == '\n') {
            t->screen[end] = '\n';
            line = at = ++end;
        } else {
            t->screen[at++] = *c;
            end = at > end ? at : end;
        }
    t->screen[end] = '\0';
}

/* The standard output is what it was before. */
static inline void terminal_close(struct terminal *t)
{
    size_t size = 0;
    fflush(stdout);
    dup2(t->kept, STDOUT_FILENO);
    close(t->kept);
    ssize_t more;
    while ((more = read(t->main_end, t->sent + size, sizeof t->sent - 1 - size)) > 0)
        size += (size_t)more;
    close(t->main_end);
    terminal_show(t);
}

#endif
