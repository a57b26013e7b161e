#include "log.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>

void log_line(const char *program, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_tame(text);
    fprintf(stderr, "%s: %s\n", program, text);
}
