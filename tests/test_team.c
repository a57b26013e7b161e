/* Threads that share one piece of work. */
#include "team.h"
#include "testing.h"

#include <time.h>

enum { PARTS = 8, ROUNDS = 1000 };

static void shares_cover_everything_once(void **state)
{
    (void)state;
    static const size_t grains[] = {1, 7, 16, 32};
    for (size_t count = 0; count < 200; count++)
        for (size_t g = 0; g < sizeof grains / sizeof *grains; g++)
            for (int parts = 1; parts <= PARTS; parts++) {
                size_t expected = 0, begin, end;
                for (int part = 0; part < parts; part++) {
                    team_share(count, grains[g], part, parts, &begin, &end);
                    assert_int_equal(begin, expected);
                    assert_true(begin <= end && (begin == count || begin % grains[g] == 0));
                    assert_true(end - begin <= (count / grains[g] / (size_t)parts + 2) * grains[g]);
                    expected = end;
                }
                assert_int_equal(expected, count);
            }
}

struct work {
    int parts;
    long done[PARTS]; /* each part writes its own */
};

static void count_part(void *context, int part, int parts)
{
    struct work *work = context;
    if (part == 0)
        work->parts = parts;
    work->done[part]++;
}

/* The caller reads what the others wrote: each round is over when team_run returns. */
static void each_part_runs_once_a_round(void **state)
{
    (void)state;
    const struct timespec pause = {.tv_nsec = 2000000};
    for (int threads = 1; threads <= PARTS; threads += threads < 3 ? 1 : 5) {
        struct team *team;
        struct error error;
        struct work work = {0};
        assert_int_equal(team_create(&team, threads, &error), 0);
        for (long round = 1; round <= ROUNDS; round++) {
            if (round % (ROUNDS / 10) == 0)
                nanosleep(&pause, NULL); /* the others fall asleep */
            team_run(team, count_part, &work);
            assert_int_equal(work.parts, threads);
            for (int part = 0; part < PARTS; part++)
                assert_int_equal(work.done[part], part < threads ? round : 0);
        }
        team_free(&team);
        assert_null(team);
        team_free(&team);
    }
}

static void no_team_is_a_team_of_one(void **state)
{
    (void)state;
    struct work work = {0};
    team_run(NULL, count_part, &work);
    assert_int_equal(work.parts, 1);
    assert_int_equal(work.done[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_cover_everything_once),
        cmocka_unit_test(each_part_runs_once_a_round),
        cmocka_unit_test(no_team_is_a_team_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
