/* When a training ends, where it stops, and that it goes on from there to the same model: the
 * moments are chosen between one batch and the next. The programs' own signals are in signals.sh
 * and train_fer.sh. */
#include "joined.h"
#include "loader.h"
#include "locked.h"
#include "made_up.h"
#include "optimizer.h"
#include "report.h"
#include "terminal.h"
#include "training.h"

#include <sys/stat.h>

static char model_path[2 * TEST_PATH_SIZE], checkpoint_path[3 * TEST_PATH_SIZE];
static volatile sig_atomic_t stop;
static int batches, stop_at_batch; /* taken so far; the one after which Ctrl-C comes, 0: none */
static int epochs, stop_at_epoch;  /* the same for epochs */
static const char *vanishing;      /* an empty folder that goes away with the first batch */
static struct epoch_result history[12];

bool __real_loader_next(struct loader *loader, struct batch *batch);
bool __wrap_loader_next(struct loader *loader, struct batch *batch);
int __wrap_report_log(const char *folder, const struct epoch_result *results, int count,
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
int __wrap_report_log(const char *folder, const struct epoch_result *results, int count,
                      struct error *error)
{
    (void)folder;
    (void)error;
    assert_in_range(count, 1, sizeof history / sizeof *history);
    memcpy(history, results, (size_t)count * sizeof *history);
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

/* ---- What is said ---------------------------------------------------------------------------- */

static struct terminal terminal;
static char expected[4096];

/* As run, on a terminal, whose bars go away. */
static bool run_aloud(const struct recipe *recipe, const struct dataset *d, bool resume,
                      int at_batch, int at_epoch)
{
    terminal_open(&terminal);
    bool more = run(recipe, d, resume, at_batch, at_epoch);
    terminal_close(&terminal);
    assert_non_null(strstr(terminal.sent, "\r["));
    return more;
}

/* Of epochs that are in the history. */
static void expect_epochs(int first, int last, int all, const char *best)
{
    for (int i = first; i <= last; i++) {
        const struct epoch_result *e = &history[i - 1];
        append_text(
            expected, sizeof expected,
            "epoch %3d/%d  loss %.4f  accuracy %5.2f %%   PublicTest loss %.4f  accuracy %5.2f "
            "%%  %s  %.1f s\n",
            i, all, e->loss, 100 * e->accuracy, e->validation_loss, 100 * e->validation_accuracy,
            best[i - 1] == 'b' ? "best" : "    ", e->seconds);
    }
}

static void expect_said(const char *when)
{
    if (strcmp(terminal.screen, expected) != 0)
        fail_msg("%s: said\n%s, not\n%s", when, terminal.screen, expected);
    expected[0] = '\0';
}

/* Nothing moves, so that the first epoch stays the best; the figures of pictures that are all
 * learned and validated are the same. */
static void each_epoch_is_told(void **state)
{
    (void)state;
    struct dataset d = make_dataset(21, 21);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    memcpy(d.pixels + 21 * PIXELS, d.pixels, 21 * PIXELS);
    r.optimizer = OPTIMIZER_SGD;
    r.learning_rate = 1e-30f;
    r.step.dropout = 0;
    r.step.bfloat16 = false;
    r.class_weights = r.targets.smoothing = 0;
    r.network_count = 2;
    r.features[1] = FEATURES_PIXELS;
    r.prior.kind = PRIOR_TRAINING;
    r.patience = 2;
    r.epochs = 9;
    assert_false(run_aloud(&r, &d, false, 0, 0));
    char *temperature = strstr(terminal.screen, "temperature ");
    assert_non_null(temperature);
    double value = strtod(temperature + strlen("temperature "), NULL);
    assert_int_equal(epochs, 3);
    for (int i = 0; i < 3; i++) {
        /* Of each network the cost, of both together the mean: that is dearer. */
        assert_true(history[i].loss >= history[i].validation_loss &&
                    history[i].loss < 1.2 * history[i].validation_loss);
        expect_close(history[i].accuracy, history[i].validation_accuracy, 1e-9, "accuracy");
        assert_true(history[i].seconds > 0);
    }
    expect_epochs(1, 3, 9, "b  ");
    append_text(expected, sizeof expected, "temperature %.2f: confidence as on PublicTest\n",
                value);
    append_text(expected, sizeof expected, "no better validation accuracy for 2 epochs: done\n");
    expect_said("the end");
    r.network_count = 1;
    assert_false(run_aloud(&r, &d, false, 0, 0));
    expect_close(history[0].loss, history[0].validation_loss, 1e-6, "loss of one network");
    dataset_free(&d);
}

static void each_stop_is_told(void **state)
{
    (void)state;
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    assert_true(run_aloud(&r, &d, false, 2, 0));
    append_text(expected, sizeof expected, "stopped in epoch 1 after 2 of 3 batches\n");
    expect_said("in the first epoch");
    assert_true(run_aloud(&r, &d, true, 2, 0)); /* one batch of the first epoch, one of the next */
    append_text(expected, sizeof expected, "resuming in epoch 1 after 2 batches\n");
    expect_epochs(1, 1, 3, "b");
    append_text(expected, sizeof expected,
                "stopped in epoch 2 after 1 of 3 batches; the best model so far is %s\n",
                model_path);
    expect_said("in the second epoch");
    remove(model_path); /* --resume writes it anew */
    assert_true(run_aloud(&r, &d, true, 2, 0));
    assert_int_equal(access(model_path, F_OK), 0);
    remove(model_path);
    remove(checkpoint_path);
    struct error error = {.text = ""};
    const struct training_files files = {"test", model_path, checkpoint_path, NULL, NULL};
    stop = 1;
    assert_int_equal(train(&r, &d, &files, NULL, &stop, &error), 1);
    assert_true(access(model_path, F_OK) < 0 && access(checkpoint_path, F_OK) < 0);
    dataset_free(&d);
}

static void a_failure_leaves_no_bar(void **state)
{
    (void)state;
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    struct error error = {.text = ""};
    const struct training_files files = {"test", model_path, checkpoint_path, NULL, NULL};
    r.optimizer = OPTIMIZER_SGD;
    r.learning_rate = 1e30f;
    stop = 0;
    terminal_open(&terminal);
    int result = train(&r, &d, &files, NULL, &stop, &error);
    terminal_close(&terminal);
    assert_int_equal(result, -1);
    expect_text(error.text, "epoch 1", "smaller --learning-rate");
    assert_non_null(strstr(terminal.sent, "\r["));
    assert_string_equal(terminal.screen, "");
    dataset_free(&d);
}

/* ---- Checkpoints ----------------------------------------------------------------------------- */

/* What stands in the checkpoint's header, `from`, becomes `to`, which is as long. */
static void refuse_changed(const struct recipe *recipe, const struct dataset *d, const char *from,
                           const char *to, const char *reason)
{
    const struct training_files files = {"test", model_path, "unused", NULL, NULL};
    struct error error = {.text = ""};
    size_t size, length = strlen(from), at = 0;
    uint8_t *bytes = read_bytes(checkpoint_path, &size);
    assert_int_equal(length, strlen(to));
    while (at + length < size && memcmp(bytes + at, from, length) != 0)
        at++;
    if (at + length >= size)
        fail_msg("the checkpoint has no %s", from);
    memcpy(bytes + at, to, length);
    write_bytes(in_folder("changed.checkpoint"), bytes, size);
    free(bytes);
    char changed[2 * TEST_PATH_SIZE], text[RECIPE_TEXT_SIZE];
    snprintf(changed, sizeof changed, "%s", in_folder("changed.checkpoint"));
    stop = 0;
    int result = checkpoint_recipe(changed, text, &error);
    if (result == 0)
        result = train(recipe, d, &files, changed, &stop, &error);
    if (result != -1)
        fail_msg("%s for %s is taken", to, from);
    expect_text(error.text, "changed.checkpoint", reason);
}

static void checkpoints_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char counts[] = "its counts make no sense; name the checkpoint of this training";
    static const struct {
        const char *from, *to, *reason;
    } changes[] = {
        {"expressions-checkpoint-6", "expressions-checkpoint-5", "not a checkpoint; name"},
        {"\"format\"", "\"farmat\"", "not a checkpoint; name"},
        {"\"options\"", "\"aptions\"", "names no options; name"},
        {"\"data\":\"", "\"date\":\"", "was made with other data; name the same --data"},
        {"\"epochs\":\"2\"", "\"epochs\":\"4\"", counts},
        {"\"epochs\":\"2\"", "\"epochs\":\"3\"", "its history is cut short; name"},
        {"\"epochs\":\"2\"", "\"epocks\":\"2\"", counts},
        {"\"epochs\":\"2\"", "\"epochs\":\"0\"", counts},
        {"\"epochs\":\"2\"", "\"epochs\":\"1\"",
         "has changed since it was written"}, /* but can be */
        {"\"updates\":\"6\"", "\"updates\":\"0\"", counts},
        {"\"updates\":\"6\"", "\"updates\":\"n\"", counts},
        {"\"best_epoch\":\"1\"", "\"best_epoch\":\"3\"", counts},
        {"\"best_epoch\":\"1\"", "\"best_epoch\":\"0\"", counts},
        {"\"waited\":\"1\"", "\"waited\":\"3\"", counts},
        {"\"waited\":\"1\"", "\"wasted\":\"1\"", counts},
        {"\"batches\":\"0\"", "\"botches\":\"0\"", counts},
        {"\"running\"", "\"cunning\"", counts},
        {"\"history\"", "\"mystery\"", "its history is cut short; name"},
        {"\"0.first_moment\"", "\"0.furst_moment\"", "0.first_moment"},
    };
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    r.learning_rate = 1e-30f; /* the first epoch is the best */
    assert_true(run(&r, &d, false, 0, 2));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        refuse_changed(&r, &d, changes[i].from, changes[i].to, changes[i].reason);
    dataset_free(&d);
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
        cmocka_unit_test_teardown(each_epoch_is_told, empty_folder),
        cmocka_unit_test_teardown(each_stop_is_told, empty_folder),
        cmocka_unit_test_teardown(a_failure_leaves_no_bar, empty_folder),
        cmocka_unit_test_teardown(checkpoints_that_make_no_sense_are_refused, empty_folder),
        cmocka_unit_test(every_thread_is_joined),
        cmocka_unit_test(every_lock_is_destroyed),
    };
    terminal_prepare();
    return cmocka_run_group_tests(tests, name_files, remove_folder);
}
