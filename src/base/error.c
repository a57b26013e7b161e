#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_format(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    error->code = ERROR_OTHER;
    /* File names and what files contain may hold anything; the text stays one line. */
    for (char *c = error->text; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = '?';
}

int error_exit_status(enum error_code code)
{
    static const int statuses[] = {
        [ERROR_CLOSED_PIPE] = 0, [ERROR_OTHER] = 1,     [ERROR_NO_MEMORY] = 1,
        [ERROR_USAGE] = 2,       [ERROR_NO_FACE] = 3,   [ERROR_NO_CAMERA] = 4,
        [ERROR_CAMERA_LOST] = 5, [ERROR_BAD_MODEL] = 6, [ERROR_BAD_CASCADE] = 1,
    };
    return statuses[code];
}

int error_of(struct error *error, const char *name)
{
    const struct error why = *error;
    return error_set_code(error, why.code, "%.400s: %s", name, why.text);
}

int error_unwritten(struct error *error)
{
    int code = errno;
    if (code == ENOMEM)
        return error_no_memory(error, "a result");
    return error_set_code(error, code == EPIPE ? ERROR_CLOSED_PIPE : ERROR_OTHER,
                          "the results cannot be written: %s; check where they go",
                          code == EINTR ? "their reader has stopped reading" : strerror(code));
}
