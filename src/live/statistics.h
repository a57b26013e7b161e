/* How long the stages of a frame take and how often they run, over the last frames. One thread at a
 * time. */
#ifndef STATISTICS_H
#define STATISTICS_H

enum stage {
    STAGE_DETECTION,
    STAGE_RECOGNITION,
    STAGE_DRAWING,
    STAGE_LATENCY, /* from the grab of a frame until it is shown, or its results are out */
    STAGE_COUNT
};

/* "detection", "recognition", "drawing", "latency" */
extern const char *const stage_names[STAGE_COUNT];

enum { STATISTICS_WINDOW = 120 };

/* All zeros at first. */
struct statistics {
    long count[STAGE_COUNT];                      /* of all samples so far */
    double times[STAGE_COUNT][STATISTICS_WINDOW]; /* of their ends; monotonic seconds */
    double seconds[STAGE_COUNT][STATISTICS_WINDOW];
};

/* A stage that ended at `now` and took `seconds`. */
void statistics_add(struct statistics *statistics, enum stage stage, double now, double seconds);

/* The value that `share` of the last samples do not exceed, in milliseconds: share 0.5 is the
 * median. 0 where there are no samples. */
double statistics_quantile(const struct statistics *statistics, enum stage stage, double share);

/* How often a second the stage ran; 0 before its second sample. Detection that falls behind the
 * frames runs less often than recognition: the first sign of a busy machine. */
double statistics_rate(const struct statistics *statistics, enum stage stage);

#endif
