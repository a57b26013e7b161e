#include "log.h"

#include <stdarg.h>
#include <stdio.h>

void log_line(const char *program, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        /* C0 controls and DEL; UTF-8 passes, but for the C1 controls, which begin with 0xC2. */
        if (byte < 0x20 || byte == 0x7f)
            *c = '?';
        else if (byte == 0xc2 && (unsigned char)c[1] >= 0x80 && (unsigned char)c[1] < 0xa0)
            c[0] = c[1] = '?';
    }
    fprintf(stderr, "%s: %s\n", program, text);
}
