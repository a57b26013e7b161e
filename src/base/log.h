/* The one way to stderr: `program: text`, a line at a time, tamed (text.h): file names cannot drive
 * the terminal, and passwords stay unseen. Safe from any thread. */
#ifndef LOG_H
#define LOG_H

void log_line(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
