#include "host_port.h"

#include <stdlib.h>
#include <string.h>

int host_port_split(const char *address, long lowest, char host[HOST_SIZE], const char **port)
{
    const char *colon = strrchr(address, ':');
    const char *begin = address, *end = colon;
    if (colon && *begin == '[' && colon[-1] == ']') {
        begin++;
        end--;
    }
    char *after = NULL;
    long number = colon ? strtol(colon + 1, &after, 10) : 0;
    if (!colon || colon[1] < '0' || colon[1] > '9' || end <= begin || end - begin >= HOST_SIZE ||
        *after || number < lowest || number > 65535 ||
        (begin == address && memchr(begin, ':', (size_t)(end - begin))))
        return -1;
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    *port = colon + 1;
    return 0;
}
