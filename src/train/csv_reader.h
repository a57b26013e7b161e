/* A table as text (RFC 4180), row by row, without holding it in memory: a row is a line, or more
 * of them where a line ends within quotes. */
#ifndef CSV_READER_H
#define CSV_READER_H

#include "error.h"

#include <stddef.h>

enum { CSV_READER_MAX_ROW = 1 << 16 };

struct csv_reader;

/* Refuses what is compressed, and says how to unpack it. */
int csv_reader_open(struct csv_reader **reader, const char *path, struct error *error);

/* 1: *line is the next row, ended by '\0' instead of its newline (LF or CRLF), *length bytes long
 * and valid until the next call; the caller may change it. 0: the end. -1: `error` says why. */
int csv_reader_next(struct csv_reader *reader, char **line, size_t *length, struct error *error);

/* The number of the latest row's last line, from 1. */
long csv_reader_line(const struct csv_reader *reader);

void csv_reader_close(struct csv_reader **reader);

#endif
