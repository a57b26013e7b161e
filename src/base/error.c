#include "error.h"

#include <stdarg.h>
#include <stdio.h>

void error_format(struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    /* Names of files and of what stands in them may hold anything; the text stays one line. */
    for (char *c = error->text; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = '?';
}
