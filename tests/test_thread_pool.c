/* Threads that share one piece of work. */
#include "testing.h"
#include "thread_pool.h"

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
                    thread_pool_share(count, grains[g], part, parts, &begin, &end);
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

/* The caller reads what the others wrote: each round is over when thread_pool_run returns. */
static void each_part_runs_once_a_round(void **state)
{
    (void)state;
    const struct timespec pause = {.tv_nsec = 2000000};
    for (int threads = 1; threads <= PARTS; threads += threads < 3 ? 1 : 5) {
        struct thread_pool *pool;
        struct error error;
        struct work work = {0};
        assert_int_equal(thread_pool_create(&pool, threads, &error), 0);
        for (long round = 1; round <= ROUNDS; round++) {
            if (round % (ROUNDS / 10) == 0)
                nanosleep(&pause, NULL); /* the others fall asleep */
            thread_pool_run(pool, count_part, &work);
            assert_int_equal(work.parts, threads);
            for (int part = 0; part < PARTS; part++)
                assert_int_equal(work.done[part], part < threads ? round : 0);
        }
        thread_pool_free(&pool);
        assert_null(pool);
        thread_pool_free(&pool);
    }
}

static void no_pool_is_one_thread(void **state)
{
    (void)state;
    struct work work = {0};
    assert_int_equal(thread_pool_size(NULL), 1);
    thread_pool_run(NULL, count_part, &work);
    assert_int_equal(work.parts, 1);
    assert_int_equal(work.done[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_cover_everything_once),
        cmocka_unit_test(each_part_runs_once_a_round),
        cmocka_unit_test(no_pool_is_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
