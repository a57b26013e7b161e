/* Messages on stderr: `program: text`, a line at a time, made safe by text_tame (text.h): file
 * names cannot control the terminal, and passwords are hidden. Safe from any thread. */
#ifndef LOG_H
#define LOG_H

void log_line(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
