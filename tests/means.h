/* Pictures that are made up by chance, told from others whatever compiler made them: of each its
 * mean, and the mean step from pixel to pixel. */
#ifndef MEANS_H
#define MEANS_H

#include "testing.h"

struct means {
    double grey, step;
};

static inline struct means means_of(const uint8_t *pixels, int count)
{
    struct means sums = {pixels[0], 0};
    for (int i = 1; i < count; i++) {
        sums.grey += pixels[i];
        sums.step += abs(pixels[i] - pixels[i - 1]);
    }
    return (struct means){sums.grey / count, sums.step / count};
}

/* `file`, of tests/golden, is what `test` prints. */
static inline void expect_means(struct means means, struct means expected, int number,
                                const char *test, const char *file)
{
    if (fabs(means.grey - expected.grey) > 0.02 || fabs(means.step - expected.step) > 0.02)
        fail_msg("picture %d is another than it was: %.3f and %.3f for %.3f and %.3f; where that "
                 "is meant: %s print >tests/golden/%s",
                 number, means.grey, means.step, expected.grey, expected.step, test, file);
}

static inline void print_means(struct means means, int number)
{
    printf("{%.3f, %.3f},%s", means.grey, means.step, number % 5 == 4 ? "\n" : " ");
}

#endif
