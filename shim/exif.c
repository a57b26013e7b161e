#include "exif.h"

#include <stdbool.h>
#include <string.h>

static uint32_t number(const uint8_t *at, int bytes, bool little)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[little ? bytes - 1 - i : i];
    return value;
}

int exif_orientation(const uint8_t *data, size_t size)
{
    enum { ORIENTATION = 0x112, HEADER = 8, ENTRY = 12, UPRIGHT = 1, LAST = 8 };
    static const char name[] = {'E', 'x', 'i', 'f', 0, 0};
    if (size >= sizeof name && memcmp(data, name, sizeof name) == 0) {
        data += sizeof name;
        size -= sizeof name;
    }
    if (size < HEADER + 2 + ENTRY)
        return UPRIGHT;
    bool little = data[0] == 'I';
    size_t at = number(data + 4, 4, little);
    if (memcmp(data, little ? "II*\0" : "MM\0*", 4) != 0 || at < HEADER || at > size - 2 - ENTRY)
        return UPRIGHT;
    size_t count = number(data + at, 2, little);
    at += 2;
    for (size_t i = 0; i < count && ENTRY <= size - at; i++, at += ENTRY) {
        uint32_t value = number(data + at + 8, 2, little);
        if (number(data + at, 2, little) == ORIENTATION)
            return value >= 1 && value <= LAST ? (int)value : UPRIGHT;
    }
    return UPRIGHT;
}
