#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = LINES_MAX_LENGTH + 2 };

struct lines {
    int fd;
    const char *path;
    long number;
    bool ended;        /* no byte follows those in the buffer */
    size_t begin, end; /* bytes of the buffer not yet handed out */
    char buffer[BUFFER_SIZE];
};

int lines_open(struct lines **lines, const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0)
        return error_set(error, "%s: %s; check the path", path, strerror(errno));
    struct lines *made = NULL;
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
    *lines = made;
    return 0;
}

void lines_close(struct lines **lines)
{
    if (*lines) {
        close((*lines)->fd);
        free(*lines);
        *lines = NULL;
    }
}

long lines_number(const struct lines *lines)
{
    return lines->number;
}

/* Moves what is left to the front and reads more behind it. */
static int refill(struct lines *l, struct error *error)
{
    memmove(l->buffer, l->buffer + l->begin, l->end - l->begin);
    l->end -= l->begin;
    l->begin = 0;
    while (!l->ended && l->end < BUFFER_SIZE - 1) {
        ssize_t got = read(l->fd, l->buffer + l->end, BUFFER_SIZE - 1 - l->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, "%s: %s after line %ld; check the disk", l->path,
                             strerror(errno), l->number);
        l->ended = got == 0;
        l->end += (size_t)got;
    }
    return 0;
}

int lines_next(struct lines *l, char **line, size_t *length, struct error *error)
{
    char *newline = memchr(l->buffer + l->begin, '\n', l->end - l->begin);
    if (!newline) {
        if (refill(l, error) < 0)
            return -1;
        newline = memchr(l->buffer, '\n', l->end);
    }
    if (!newline && !l->ended)
        return error_set(error, "%s: line %ld is longer than %d bytes; this is not the file meant",
                         l->path, l->number + 1, LINES_MAX_LENGTH);
    if (!newline && l->begin == l->end)
        return 0;
    char *start = l->buffer + l->begin;
    char *stop = newline ? newline : l->buffer + l->end;
    l->begin = (size_t)(stop - l->buffer) + (newline ? 1 : 0);
    if (stop > start && stop[-1] == '\r')
        stop--;
    *stop = '\0';
    *line = start;
    *length = (size_t)(stop - start);
    l->number++;
    return 1;
}
