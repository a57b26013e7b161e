/* When a training ends, where it stops, and that it goes on from there to the same model: the
 * moments are chosen between one batch and the next. The programs' own signals are in signals.sh
 * and train_fer.sh. */
#include "joined.h"
#include "loader.h"
#include "made_up.h"
#include "optimizer.h"
#include "report.h"
#include "training.h"

#include <sys/stat.h>

static char model_path[2 * TEST_PATH_SIZE], checkpoint_path[3 * TEST_PATH_SIZE];
static volatile sig_atomic_t stop;
static int batches, stop_at_batch; /* taken so far; the one after which Ctrl-C comes, 0: none */
static int epochs, stop_at_epoch;  /* the same for epochs */
static const char *vanishing;      /* an empty folder that goes away with the first batch */

bool __real_loader_next(struct loader *loader, struct batch *batch);
bool __wrap_loader_next(struct loader *loader, struct batch *batch);
int __wrap_report_log(const char *folder, const struct epoch_result *history, int count,
                      struct error *error);

bool __wrap_loader_next(struct loader *loader, struct batch *batch)
{
    bool more = __real_loader_next(loader, batch);
    if (vanishing)
        rmdir(vanishing);
    stop = stop || (more && ++batches == stop_at_batch);
    return more;
}

/* In place of the report: an epoch has ended. */
int __wrap_report_log(const char *folder, const struct epoch_result *history, int count,
                      struct error *error)
{
    (void)folder;
    (void)history;
    (void)error;
    epochs = count;
    stop = stop || epochs == stop_at_epoch;
    return 0;
}

static struct recipe recipe_of(enum batching batching)
{
    struct recipe r = recipe_default();
    r.align = r.verifier = r.batch_norm = false;
    r.network_count = 1;
    r.features[0] = FEATURES_HOG;
    r.hidden_count = 1;
    r.hidden[0] = (struct hidden_layer){.units = 4};
    r.batch_size = 8;
    r.epochs = 3;
    r.learning_rate = 1e-2f;
    r.augment = (struct augment){0};
    r.mixup = 0;
    r.step.dropout = batching == BATCHING_MINI_BATCH ? 0.1f : 0;
    r.step.input_dropout = 0;
    r.batching = batching;
    r.optimizer = batching == BATCHING_STOCHASTIC ? OPTIMIZER_SGD : OPTIMIZER_ADAMW;
    r.threads = 2;
    return r;
}

/* Whether there is more to do. */
static bool run(const struct recipe *recipe, const struct dataset *d, bool resume, int at_batch,
                int at_epoch)
{
    struct error error = {.text = ""};
    const struct training_files files = {"test", model_path, checkpoint_path, "report", NULL};
    stop = 0;
    batches = epochs = 0;
    stop_at_batch = at_batch;
    stop_at_epoch = at_epoch;
    if (train(recipe, d, &files, resume ? checkpoint_path : NULL, &stop, &error) < 0)
        fail_msg("%s", error.text);
    return access(checkpoint_path, F_OK) == 0;
}

/* Whatever the batch after which Ctrl-C comes; an epoch of full descent is gone to its end, update
 * included. */
static void a_stop_after_any_batch_changes_nothing(void **state)
{
    (void)state;
    struct dataset d = make_dataset(21, 7);
    for (int batching = 0; batching < BATCHING_COUNT; batching++) {
        struct recipe r = recipe_of((enum batching)batching);
        size_t size, size_again;
        assert_false(run(&r, &d, false, 0, 0));
        assert_int_equal(epochs, r.epochs);
        int count = batches;
        uint8_t *whole = read_bytes(model_path, &size);
        assert_true(count >= r.epochs);
        for (int at = 1; at <= count; at++) {
            remove(model_path);
            if (run(&r, &d, false, at, 0))
                assert_false(run(&r, &d, true, 0, 0));
            assert_int_equal(epochs, r.epochs);
            uint8_t *again = read_bytes(model_path, &size_again);
            if (size != size_again || memcmp(whole, again, size) != 0)
                fail_msg("%s descent, stopped after batch %d: another model",
                         batching_names[batching], at);
            free(again);
        }
        free(whole);
    }
    dataset_free(&d);
}

/* A model that could not be written after an epoch cannot be either when Ctrl-C comes: that is no
 * end in order. Nor is one whose checkpoint cannot be written. */
static void a_stop_that_cannot_be_kept_is_a_failure(void **state)
{
    (void)state;
    char folder[2 * TEST_PATH_SIZE], gone[3 * TEST_PATH_SIZE];
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    snprintf(folder, sizeof folder, "%s/gone", test_folder());
    snprintf(gone, sizeof gone, "%s/file", folder);
    vanishing = folder;
    const struct training_files files[] = {{"test", gone, checkpoint_path, NULL, NULL},
                                           {"test", model_path, gone, NULL, NULL}};
    for (int i = 0; i < 2; i++) {
        struct error error = {.text = ""};
        stop = 0;
        batches = 0;
        stop_at_batch = 4; /* in the second epoch */
        assert_int_equal(mkdir(folder, 0700), 0);
        assert_int_equal(train(&r, &d, &files[i], NULL, &stop, &error), -1);
        expect_text(error.text, gone, "No such file");
    }
    vanishing = NULL;
    dataset_free(&d);
}

/* At a rate at which nothing moves, no epoch is better than the first. */
static void patience_is_counted_from_the_best_epoch(void **state)
{
    (void)state;
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    r.optimizer = OPTIMIZER_SGD;
    r.learning_rate = 1e-30f;
    r.step.dropout = 0;
    r.epochs = 12;
    for (r.patience = 1; r.patience <= 4; r.patience++) {
        assert_false(run(&r, &d, false, 0, 0));
        assert_int_equal(epochs, 1 + r.patience);
        for (int at = 1; at <= r.patience; at++) { /* --resume knows how long it has waited */
            assert_true(run(&r, &d, false, 0, at));
            assert_false(run(&r, &d, true, 0, 0));
            assert_int_equal(epochs, 1 + r.patience);
        }
    }
    r.patience = 0;
    assert_false(run(&r, &d, false, 0, 0));
    assert_int_equal(epochs, r.epochs);
    dataset_free(&d);
}

static void the_learning_rate_rises_for_a_fifth(void **state)
{
    (void)state;
    static const double expected[][2] = {
        {0, 0.04},  {0.05, 0.1805887450304573}, {0.1, 0.52}, {0.2, 1}, {0.4, 0.8535533905932737},
        {0.6, 0.5}, {0.8, 0.1464466094067263},  {1, 0}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        expect_close(one_cycle(expected[i][0]), expected[i][1], 1e-12, "the share of the peak");
}

static int name_files(void **state)
{
    if (make_folder(state) < 0)
        return -1;
    snprintf(model_path, sizeof model_path, "%s", in_folder("small.safetensors"));
    snprintf(checkpoint_path, sizeof checkpoint_path, "%s.checkpoint", model_path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_stop_after_any_batch_changes_nothing, empty_folder),
        cmocka_unit_test_teardown(a_stop_that_cannot_be_kept_is_a_failure, empty_folder),
        cmocka_unit_test_teardown(patience_is_counted_from_the_best_epoch, empty_folder),
        cmocka_unit_test(the_learning_rate_rises_for_a_fifth),
        cmocka_unit_test(every_thread_is_joined),
    };
    return cmocka_run_group_tests(tests, name_files, remove_folder);
}
