#include "statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const stage_names[STAGE_COUNT] = {"detection", "recognition", "drawing", "latency"};

void statistics_add(struct statistics *statistics, enum stage stage, double now, double seconds)
{
    long i = statistics->count[stage]++ % STATISTICS_WINDOW;
    statistics->times[stage][i] = now;
    statistics->seconds[stage][i] = seconds;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double statistics_quantile(const struct statistics *statistics, enum stage stage, double share)
{
    long count = statistics->count[stage];
    count = count < STATISTICS_WINDOW ? count : STATISTICS_WINDOW;
    if (count == 0)
        return 0;
    double sorted[STATISTICS_WINDOW];
    memcpy(sorted, statistics->seconds[stage], (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    return 1000 * sorted[(int)fmax(ceil(share * (double)count) - 1, 0)];
}

double statistics_rate(const struct statistics *statistics, enum stage stage)
{
    long count = statistics->count[stage];
    long first = count < STATISTICS_WINDOW ? 0 : count - STATISTICS_WINDOW;
    const double *times = statistics->times[stage];
    if (count < 2)
        return 0;
    double span = times[(count - 1) % STATISTICS_WINDOW] - times[first % STATISTICS_WINDOW];
    return span > 0 ? (double)(count - 1 - first) / span : 0;
}
