#include "utf8.h"

#include <stdlib.h>
#include <string.h>

/* The length of the UTF-8 sequence at `text`, 0 where there is none (RFC 3629). */
static size_t sequence_length(const unsigned char *text)
{
    unsigned char first = text[0];
    size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first > 0xF4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    }
    if ((first == 0xE0 && text[1] < 0xA0) || (first == 0xED && text[1] >= 0xA0) ||
        (first == 0xF0 && text[1] < 0x90) || (first == 0xF4 && text[1] >= 0x90))
        return 0;
    return length;
}

char *utf8_copy(const char *text)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    char *out = malloc(3 * strlen(text) + 1);
    if (!out)
        return NULL;
    size_t used = 0;
    while (*text) {
        size_t length = sequence_length((const unsigned char *)text);
        memcpy(out + used, length ? text : replacement, length ? length : 3);
        used += length ? length : 3;
        text += length ? length : 1;
    }
    out[used] = '\0';
    return out;
}
