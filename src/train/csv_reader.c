#include "csv_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = CSV_READER_MAX_ROW + 2 };

struct csv_reader {
    int fd;
    const char *path;
    long number;
    bool ended;        /* no byte follows those in the buffer */
    size_t begin, end; /* bytes of the buffer not yet handed out */
    char buffer[BUFFER_SIZE];
};

/* Moves what is left to the front and reads more behind it. */
static int refill(struct csv_reader *r, struct error *error)
{
    memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
    r->end -= r->begin;
    r->begin = 0;
    while (!r->ended && r->end < BUFFER_SIZE - 1) {
        ssize_t got = read(r->fd, r->buffer + r->end, BUFFER_SIZE - 1 - r->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, "%s: %s after line %ld; check the disk", r->path,
                             strerror(errno), r->number);
        r->ended = got == 0;
        r->end += (size_t)got;
    }
    return 0;
}

/* How a compressed file begins, and what unpacks it. */
static const struct {
    size_t offset, length;
    const char *bytes, *unpacker;
} packings[] = {
    {0, 2, "\x1f\x8b", "gunzip"},
    {0, 6,
     "\xfd"
     "7zXZ\0",
     "unxz"},
    {0, 3, "BZh", "bunzip2"},
    {0, 4, "\x28\xb5\x2f\xfd", "unzstd"},
    {0, 4, "PK\3\4", "unzip"},
    {0, 6, "7z\xbc\xaf\x27\x1c", "7z x"},
    {0, 4, "Rar!", "unrar x"},
    {257, 5, "ustar", "tar xf"},
};

static int refuse_packed(const struct csv_reader *r, struct error *error)
{
    bool tar = strstr(r->path, ".tar.") || strstr(r->path, ".tgz");
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        if (r->end >= packings[i].offset + packings[i].length &&
            memcmp(r->buffer + packings[i].offset, packings[i].bytes, packings[i].length) == 0)
            return error_set(error, "%s: is compressed; unpack it first, with %s", r->path,
                             tar ? "tar xf" : packings[i].unpacker);
    }
    return 0;
}

void csv_reader_close(struct csv_reader **reader)
{
    if (*reader) {
        close((*reader)->fd);
        free(*reader);
        *reader = NULL;
    }
}

int csv_reader_open(struct csv_reader **reader, const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0)
        return error_set(error, "%s: %s; check the path", path, strerror(errno));
    struct csv_reader *made = NULL;
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        error_set(error, "%s: is a folder; name a file", path);
    else if (!(made = malloc(sizeof *made)))
        error_no_memory(error, path);
    if (!made) {
        close(fd);
        return -1;
    }
    made->fd = fd;
    made->path = path;
    made->number = 0;
    made->ended = false;
    made->begin = made->end = 0;
    if (refill(made, error) < 0 || refuse_packed(made, error) < 0) {
        csv_reader_close(&made);
        return -1;
    }
    *reader = made;
    return 0;
}

long csv_reader_line(const struct csv_reader *reader)
{
    return reader->number;
}

/* The newline at which the row ends, NULL where it goes on; how many lines end before it. */
static char *find_end(char *from, char *end, long *line_ends)
{
    bool quoted = false;
    *line_ends = 0;
    for (char *newline; (newline = memchr(from, '\n', (size_t)(end - from))); from = newline + 1) {
        for (char *quote = from; (quote = memchr(quote, '"', (size_t)(newline - quote))); quote++)
            quoted = !quoted;
        if (!quoted)
            return newline;
        ++*line_ends;
    }
    return NULL;
}

int csv_reader_next(struct csv_reader *r, char **line, size_t *length, struct error *error)
{
    long line_ends = 0;
    char *newline = find_end(r->buffer + r->begin, r->buffer + r->end, &line_ends);
    if (!newline) {
        if (refill(r, error) < 0)
            return -1;
        newline = find_end(r->buffer, r->buffer + r->end, &line_ends);
    }
    if (!newline && !r->ended)
        return error_set(error,
                         "%s: line %ld is longer than %d bytes, or a quote is not closed; check "
                         "that this is the right file",
                         r->path, r->number + 1, CSV_READER_MAX_ROW);
    if (!newline && r->begin == r->end)
        return 0;
    char *start = r->buffer + r->begin;
    char *stop = newline ? newline : r->buffer + r->end;
    r->begin = (size_t)(stop - r->buffer) + (newline ? 1 : 0);
    if (stop > start && stop[-1] == '\r')
        stop--;
    *stop = '\0';
    *line = start;
    *length = (size_t)(stop - start);
    r->number += newline ? 1 + line_ends : 1; /* an unclosed quote is reported by its first line */
    return 1;
}
