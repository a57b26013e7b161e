/* The one way to stderr: `program: text`, a line at a time. Control characters, which a file name
 * may carry, are shown as `?` so that they cannot drive the terminal. Safe from any thread. */
#ifndef LOG_H
#define LOG_H

void log_line(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
