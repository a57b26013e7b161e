#include "shares.h"

#include <stdlib.h>

int shares_parse(const char *text, int limit, double least, float *shares)
{
    int count = 0;
    do {
        char *end;
        double value = strtod(text, &end);
        if (count == limit || end == text || !(value >= least && value <= 1e6))
            return 0;
        shares[count++] = (float)value;
        text = end;
    } while (*text++ == ',');
    return text[-1] == '\0' ? count : 0;
}
