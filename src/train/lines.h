/* A table as text (RFC 4180), row by row, without holding it in memory: a row is a line, or more
 * of them where a line ends within quotes. */
#ifndef LINES_H
#define LINES_H

#include "error.h"

#include <stddef.h>

enum { LINES_MAX_LENGTH = 1 << 16 };

struct lines;

/* Refuses what is compressed, and says how to unpack it. */
int lines_open(struct lines **lines, const char *path, struct error *error);

/* 1: *line is the next row, ended by '\0' instead of its newline (LF or CRLF), *length bytes long
 * and valid until the next call; the caller may change it. 0: the end. -1: `error` says why. */
int lines_next(struct lines *lines, char **line, size_t *length, struct error *error);

/* The number of the latest row's last line, from 1. */
long lines_number(const struct lines *lines);

void lines_close(struct lines **lines);

#endif
