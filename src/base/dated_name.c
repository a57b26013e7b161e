#include "dated_name.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

void dated_name(char name[DATED_NAME_SIZE], const char *ending)
{
    time_t now = time(NULL);
    struct tm local = {0};
    localtime_r(&now, &local);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
    snprintf(name, DATED_NAME_SIZE, "expressions-%s%.8s", stamp, ending);
    struct stat status; /* a link that leads nowhere is taken too: nobody writes through it */
    for (int i = 2; lstat(name, &status) == 0; i++)
        snprintf(name, DATED_NAME_SIZE, "expressions-%s-%d%.8s", stamp, i, ending);
}
