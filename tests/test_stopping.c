/* When a training ends, where it stops, and that it goes on from there to the same model: the
 * moments are chosen between one batch and the next. The programs' own signals are in signals.sh
 * and train_fer.sh. */
#include "file.h"
#include "fit_aligner.h"
#include "fit_verifier.h"
#include "joined.h"
#include "loader.h"
#include "locked.h"
#include "log.h"
#include "made_up.h"
#include "monotonic.h"
#include "optimizer.h"
#include "progress_bar.h"
#include "report.h"
#include "safetensors.h"
#include "terminal.h"
#include "training.h"

#include <sys/stat.h>
#include <time.h>

static char model_path[2 * TEST_PATH_SIZE], checkpoint_path[3 * TEST_PATH_SIZE];
static volatile sig_atomic_t stop;
static const char *kept;           /* gets the checkpoint of the last epoch; NULL: nothing does */
static int batches, stop_at_batch; /* taken so far; the one after which Ctrl-C comes, 0: none */
static int epochs, stop_at_epoch;  /* the same for epochs */
static const char *vanishing;      /* an empty folder that goes away with the first batch */
static struct epoch_result history[12];
static char logged[8000];            /* to stderr */
static const char *report_failure;   /* why there can be none, or NULL */
static double skew, seconds_a_batch; /* by how much the clock is fast; what a batch adds to it */

enum { MOST_UPDATES = 64 };
static double rates[MOST_UPDATES]; /* at which the weights were updated */
static int updates;
static struct drawn {
    double done, before, total;
    char words[120];
} drawn[MOST_UPDATES]; /* bars */
static int bars;

bool __real_loader_next(struct loader *loader, struct batch *batch);
bool __wrap_loader_next(struct loader *loader, struct batch *batch);
int __wrap_report_log(const char *folder, const struct epoch_result *results, int count,
                      struct error *error);

bool __wrap_loader_next(struct loader *loader, struct batch *batch)
{
    bool more = __real_loader_next(loader, batch);
    if (vanishing)
        rmdir(vanishing);
    skew += more ? seconds_a_batch : 0;
    stop = stop || (more && ++batches == stop_at_batch);
    return more;
}

double __real_monotonic_now(void);
double __wrap_monotonic_now(void);

double __wrap_monotonic_now(void)
{
    return __real_monotonic_now() + skew;
}

void __real_optimizer_update(struct optimizer *optimizer, struct mlp *mlp, float *gradients,
                             float learning_rate);
void __wrap_optimizer_update(struct optimizer *optimizer, struct mlp *mlp, float *gradients,
                             float learning_rate);

void __wrap_optimizer_update(struct optimizer *optimizer, struct mlp *mlp, float *gradients,
                             float learning_rate)
{
    rates[updates++ % MOST_UPDATES] = (double)learning_rate;
    __real_optimizer_update(optimizer, mlp, gradients, learning_rate);
}

void __real_progress_bar_update(struct progress_bar *bar, double done, const char *words);
void __wrap_progress_bar_update(struct progress_bar *bar, double done, const char *words);

void __wrap_progress_bar_update(struct progress_bar *bar, double done, const char *words)
{
    struct drawn *to = &drawn[bars++ % MOST_UPDATES];
    *to = (struct drawn){.done = done, .before = bar->before, .total = bar->total};
    snprintf(to->words, sizeof to->words, "%s", words);
    __real_progress_bar_update(bar, done, words);
}

/* In place of the report: an epoch has ended. */
int __wrap_report_log(const char *folder, const struct epoch_result *results, int count,
                      struct error *error)
{
    (void)folder;
    assert_in_range(count, 1, sizeof history / sizeof *history);
    memcpy(history, results, (size_t)count * sizeof *history);
    epochs = count;
    if (kept) {
        size_t size;
        uint8_t *bytes = read_bytes(checkpoint_path, &size);
        write_bytes(kept, bytes, size);
        free(bytes);
    }
    stop = stop || epochs == stop_at_epoch;
    return report_failure ? error_set(error, "%s", report_failure) : 0;
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
    logged[0] = '\0';
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
        logged[0] = '\0';
        stop_at_batch = 4; /* in the second epoch */
        assert_int_equal(mkdir(folder, 0700), 0);
        assert_int_equal(train(&r, &d, &files[i], NULL, &stop, &error), -1);
        expect_text(error.text, gone, "No such file");
        const char *told = strstr(logged, "; training goes on and tries again after the next "
                                          "epoch\n");
        assert_true(told && strlen(strchr(told, '\n')) == 1); /* once */
        assert_memory_equal(logged, "test: ", 6);
        assert_memory_equal(logged + 6, gone, strlen(gone));
    }
    vanishing = NULL;
    dataset_free(&d);
}

/* That it cannot be written is told, and ends nothing. */
static void a_report_may_fail(void **state)
{
    (void)state;
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    assert_false(run(&r, &d, false, 0, 0));
    assert_string_equal(logged, "");
    r.epochs = 1;
    report_failure = "a full disk";
    assert_false(run(&r, &d, false, 0, 0));
    report_failure = NULL;
    assert_string_equal(logged, "test: a full disk; training goes on and tries again after the "
                                "next epoch\n");
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

/* Of AdamW; that of the others stays. */
static void the_learning_rate_follows_its_cycle(void **state)
{
    (void)state;
    static const int counts[BATCHING_COUNT] = {
        [BATCHING_MINI_BATCH] = 9, [BATCHING_STOCHASTIC] = 63, [BATCHING_FULL] = 3};
    struct dataset d = make_dataset(21, 7);
    for (int i = 0; i < BATCHING_COUNT * OPTIMIZER_COUNT; i++) {
        struct recipe r = recipe_of((enum batching)(i / OPTIMIZER_COUNT));
        r.optimizer = (enum optimizer_kind)(i % OPTIMIZER_COUNT);
        r.learning_rate = 1e-3f;
        updates = 0;
        assert_false(run(&r, &d, false, 0, 0));
        assert_int_equal(updates, counts[r.batching]);
        for (int u = 0; u < updates; u++)
            expect_close(rates[u],
                         r.optimizer == OPTIMIZER_ADAMW ? 1e-3 * one_cycle((u + 0.5) / updates)
                                                        : 1e-3,
                         1e-9, optimizer_names[r.optimizer]);
    }
    dataset_free(&d);
}

/* What the epochs before a stop and the batches before it came to, and how long they took, is part
 * of the figures in the end. */
static void a_stop_keeps_the_figures(void **state)
{
    (void)state;
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    struct epoch_result whole[3];
    seconds_a_batch = 100;
    assert_false(run(&r, &d, false, 0, 0));
    memcpy(whole, history, sizeof whole);
    for (int at = 1; at < 9; at++) {
        assert_true(run(&r, &d, false, at, 0));
        bars = 0;
        assert_false(run(&r, &d, true, 0, 0));
        for (int i = 0; i < 3; i++) {
            expect_close(history[i].seconds, 300, 20, "seconds");
            history[i].seconds = whole[i].seconds;
        }
        assert_memory_equal(history, whole, sizeof whole);
        /* The bar goes on where it stood, too. */
        assert_int_equal(bars, 9 - at);
        int epoch = at / 3;
        expect_close(drawn[0].before, epoch, 0, "epochs done before");
        expect_close(drawn[0].done, (at + 1) / 3.0, 1e-9, "epochs done");
    }
    seconds_a_batch = 0;
    dataset_free(&d);
}

static void expect_bar(const struct drawn *bar, int batch)
{
    int epoch, all;
    double loss, accuracy, rate;
    assert_int_equal(sscanf(bar->words, "epoch %d/%d  loss %lf  accuracy %lf %%  %lf samples/s",
                            &epoch, &all, &loss, &accuracy, &rate),
                     5);
    expect_close(bar->total, 3, 0, "epochs in all");
    expect_close(bar->before, 0, 0, "epochs done before");
    expect_close(bar->done, (batch + 1) / 3.0, 1e-9, "epochs done");
    assert_int_equal(epoch, batch / 3 + 1);
    assert_int_equal(all, 3);
    if (batch % 3 < 2)
        return;
    const struct epoch_result *e = &history[batch / 3];
    expect_close(loss, e->loss, 1e-4, "loss");
    expect_close(accuracy, 100 * e->accuracy, 0.1, "accuracy");
    expect_close(rate, 21 / e->seconds, 1, "samples a second");
}

/* Each batch; after an epoch's last the figures are those of the epoch. */
static void each_batch_moves_the_bar(void **state)
{
    (void)state;
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    seconds_a_batch = 0.5;
    for (int views = 1; views <= 2; views++) {
        r.agreement = (float)(views - 1);
        r.batch_size = 8 * views;
        bars = 0;
        assert_false(run(&r, &d, false, 0, 0));
        assert_int_equal(bars, 9);
        for (int i = 0; i < bars; i++)
            expect_bar(&drawn[i], i);
        assert_true(history[2].accuracy > 0 && history[2].accuracy <= 1);
    }
    seconds_a_batch = 0;
    dataset_free(&d);
}

/* ---- Chance ---------------------------------------------------------------------------------- */

static struct rng begun[8]; /* generators of new networks, and of an epoch's masks */
static int begun_count, orders[2][21];
static bool epoch_begins;
static uint64_t dictionary_seeds[2];
static int dictionaries;

static void remember(const struct rng *rng)
{
    if (begun_count < (int)(sizeof begun / sizeof *begun))
        begun[begun_count++] = *rng;
}

void __real_mlp_init(struct mlp *mlp, struct rng *rng);
void __wrap_mlp_init(struct mlp *mlp, struct rng *rng);

void __wrap_mlp_init(struct mlp *mlp, struct rng *rng)
{
    remember(rng);
    __real_mlp_init(mlp, rng);
}

const real *__real_mlp_forward_training(struct mlp *mlp, struct mlp_activations *activations,
                                        const struct mlp_training *training, const real *inputs,
                                        int batch, struct rng *rng);
const real *__wrap_mlp_forward_training(struct mlp *mlp, struct mlp_activations *activations,
                                        const struct mlp_training *training, const real *inputs,
                                        int batch, struct rng *rng);

const real *__wrap_mlp_forward_training(struct mlp *mlp, struct mlp_activations *activations,
                                        const struct mlp_training *training, const real *inputs,
                                        int batch, struct rng *rng)
{
    if (epoch_begins)
        remember(rng);
    epoch_begins = false;
    return __real_mlp_forward_training(mlp, activations, training, inputs, batch, rng);
}

void __real_loader_start(struct loader *loader, const int *order, int count, int epoch, int first);
void __wrap_loader_start(struct loader *loader, const int *order, int count, int epoch, int first);

void __wrap_loader_start(struct loader *loader, const int *order, int count, int epoch, int first)
{
    epoch_begins = true;
    if (epoch < 2 && count <= 21)
        memcpy(orders[epoch], order, (size_t)count * sizeof *order);
    __real_loader_start(loader, order, count, epoch, first);
}

int __wrap_fit_dictionary(struct features *features, const struct dataset *dataset,
                          const int *samples, int count, uint64_t seed, struct error *error);

int __wrap_fit_dictionary(struct features *features, const struct dataset *dataset,
                          const int *samples, int count, uint64_t seed, struct error *error)
{
    assert_true(features->kind == FEATURES_PATCHES && dataset->count == 28);
    assert_true(samples[20] == 20 && count == 21);
    dictionary_seeds[dictionaries] = seed;
    return ++dictionaries < 2 ? 0 : error_set(error, "no second one");
}

/* A seed makes the same model tomorrow, too: which generators there are, and what for. */
static void seeds_mean_what_they_meant(void **state)
{
    (void)state;
    static const uint64_t streams[] = {0, 1, UINT64_C(2) << 32, UINT64_C(2) << 32 | 1};
    const uint64_t top = UINT64_C(1) << 63;
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    r.network_count = 2;
    r.features[1] = FEATURES_PIXELS;
    r.epochs = 2;
    r.seed = 3;
    begun_count = 0;
    assert_false(run(&r, &d, false, 0, 0));
    assert_int_equal(begun_count, 4);
    for (int i = 0; i < 4; i++) {
        struct rng rng = rng_make(3, top | streams[i]);
        assert_memory_equal(&begun[i], &rng, sizeof rng);
    }
    for (int epoch = 0; epoch < 2; epoch++) {
        struct rng rng = rng_make(3, top | UINT64_C(1) << 32 | (uint64_t)epoch);
        int order[21];
        for (int i = 0; i < 21; i++)
            order[i] = i;
        rng_shuffle(&rng, order, 21);
        assert_memory_equal(orders[epoch], order, sizeof order);
    }
    r.features[0] = r.features[1] = FEATURES_PATCHES;
    struct error error;
    const struct training_files files = {"test", model_path, checkpoint_path, NULL, NULL};
    stop = 0;
    assert_int_equal(train(&r, &d, &files, NULL, &stop, &error), -1);
    assert_string_equal(error.text, "no second one");
    assert_true(dictionary_seeds[0] == 3 && dictionary_seeds[1] == 4);
    dataset_free(&d);
}

/* ---- What a model says of its training ------------------------------------------------------- */

static void today(char text[16])
{
    time_t now = time(NULL);
    struct tm date;
    assert_non_null(gmtime_r(&now, &date));
    assert_true(strftime(text, 16, "%Y-%m-%d", &date) > 0);
}

static void a_model_says_where_it_comes_from(void **state)
{
    (void)state;
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    char recipe[RECIPE_TEXT_SIZE], before[16], after[16];
    struct model model;
    struct error error;
    r.seed = 1234567890;
    r.augment.flip = true;
    recipe_print(&r, recipe, sizeof recipe);
    for (int votes = 0; votes < 2; votes++) {
        if (votes)
            add_votes(&d, 0, (uint8_t[LABEL_COUNT]){1}, 0);
        today(before);
        assert_false(run(&r, &d, false, 0, 0));
        today(after);
        assert_int_equal(model_load(&model, model_path, &error), 0);
        assert_string_equal(model.notes.training_data,
                            votes ? "FER2013: Training 21 pictures, PublicTest 7 for validation; "
                                    "FER+ votes"
                                  : "FER2013: Training 21 pictures, PublicTest 7 for validation");
        assert_string_equal(model.notes.recipe, recipe);
        assert_string_equal(model.notes.seed, "1234567890");
        assert_string_equal(model.notes.accuracy, "not measured: the training has not ended");
        assert_string_equal(model.notes.licence, "MIT");
        assert_true(strcmp(model.notes.date, before) == 0 || strcmp(model.notes.date, after) == 0);
        assert_true(model.width == FACE_SIDE && model.height == FACE_SIDE && model.mirror);
        assert_true(model.enlarge == 0.0f && model.network_count == 1);
        assert_int_equal(model.class_count, LABEL_COUNT);
        assert_memory_equal(model.class_names, d.class_names, sizeof d.class_names);
        model_free(&model);
    }
    dataset_free(&d);
}

/* ---- Room ------------------------------------------------------------------------------------ */

static uint64_t room = UINT64_MAX, allowed = UINT64_MAX; /* bytes, on the disk and in a file */

uint64_t __wrap_file_space(const char *path);
uint64_t __wrap_file_limit(void);

uint64_t __wrap_file_space(const char *path)
{
    (void)path;
    return room;
}

uint64_t __wrap_file_limit(void)
{
    return allowed;
}

static void try_room(const char *reason)
{
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    struct error error = {.text = ""};
    const struct training_files files = {"test", model_path, checkpoint_path, NULL, NULL};
    r.network_count = 2;
    r.features[1] = FEATURES_PIXELS;
    r.hidden[0].units = 256;
    stop = 1;
    assert_int_equal(train(&r, &d, &files, NULL, &stop, &error), reason ? -1 : 1);
    if (reason)
        expect_text(error.text, model_path, reason);
    dataset_free(&d);
    room = allowed = UINT64_MAX;
}

/* Of a model in 2 bytes a weight, and of two checkpoints in 16. */
static void room_is_asked_for_before_the_work(void **state)
{
    (void)state;
    const uint64_t weights = 256 * (1984 + 2304) + 2 * 256 + 2 * (256 + 1) * 7;
    const uint64_t checkpoint = 16 * weights, all = 2 * weights + 2 * checkpoint;
    room = all;
    allowed = checkpoint;
    try_room(NULL);
    room = all - 1;
    try_room("35 MB are free, model and checkpoints need 36; free some space");
    allowed = checkpoint - 1;
    try_room("`ulimit -f` allows files of 16 MB, a checkpoint needs 17; raise it");
}

/* ---- Before the first epoch ------------------------------------------------------------------ */

static struct backgrounds shown; /* to the verifier */
static int shown_result;
static const char *shown_folder;

int __wrap_backgrounds_load(struct backgrounds *backgrounds, const char *folder, int faces,
                            uint64_t seed, struct thread_pool *pool,
                            const volatile sig_atomic_t *stops, struct error *error);
int __wrap_fit_verifier(struct mlp *verifier, const struct dataset *dataset, const int *samples,
                        int count, const struct backgrounds *backgrounds, uint64_t seed,
                        struct thread_pool *pool, const volatile sig_atomic_t *stops,
                        struct error *error);
int __wrap_fit_aligner(struct mlp *aligner, const struct dataset *dataset, const int *samples,
                       int count, uint64_t seed, struct thread_pool *pool,
                       const volatile sig_atomic_t *stops, struct error *error);
void __wrap_log_line(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

int __wrap_backgrounds_load(struct backgrounds *backgrounds, const char *folder, int faces,
                            uint64_t seed, struct thread_pool *pool,
                            const volatile sig_atomic_t *stops, struct error *error)
{
    (void)error;
    assert_ptr_equal(folder, shown_folder);
    assert_true(faces == 21 && seed == 2 && pool && stops == &stop);
    *backgrounds = shown;
    if (shown_result == 0)
        backgrounds->pictures = calloc((size_t)shown.count, sizeof *backgrounds->pictures);
    return shown_result;
}

static bool verifies; /* whether there is a verifier in the end */

/* Stopped at once, or one that knows nothing. */
int __wrap_fit_verifier(struct mlp *verifier, const struct dataset *dataset, const int *samples,
                        int count, const struct backgrounds *backgrounds, uint64_t seed,
                        struct thread_pool *pool, const volatile sig_atomic_t *stops,
                        struct error *error)
{
    struct mlp_config config = fit_verifier_network(dataset);
    struct rng rng = rng_make(7, 8);
    assert_true(dataset->width == FACE_SIDE && samples[count - 1] == 20 && count == 21);
    assert_true(backgrounds->count == shown.count && seed == 2 && pool && stops == &stop);
    config.batch_norm = false;
    if (!verifies)
        return 1;
    assert_int_equal(mlp_create(verifier, &config, error), 0);
    mlp_init(verifier, &rng);
    return 0;
}

/* One that knows nothing. */
int __wrap_fit_aligner(struct mlp *aligner, const struct dataset *dataset, const int *samples,
                       int count, uint64_t seed, struct thread_pool *pool,
                       const volatile sig_atomic_t *stops, struct error *error)
{
    struct mlp_config config = fit_aligner_network(dataset);
    struct rng rng = rng_make(7, 7);
    assert_true(samples[count - 1] == 20 && count == 21);
    assert_true(seed == 2 && pool && stops == &stop);
    config.batch_norm = false;
    assert_int_equal(mlp_create(aligner, &config, error), 0);
    mlp_init(aligner, &rng);
    return 0;
}

void __wrap_log_line(const char *program, const char *format, ...)
{
    char text[500];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    append_text(logged, sizeof logged, "%s: %s\n", program, text);
}

static struct affine faces_seen[28]; /* by the networks that learn */

int __real_loader_create(struct loader **loader, const struct loader_config *config,
                         struct error *error);
int __wrap_loader_create(struct loader **loader, const struct loader_config *config,
                         struct error *error);

int __wrap_loader_create(struct loader **loader, const struct loader_config *config,
                         struct error *error)
{
    if (config->dataset->count <= 28)
        memcpy(faces_seen, config->faces, (size_t)config->dataset->count * sizeof *faces_seen);
    return __real_loader_create(loader, config, error);
}

/* With all that a checkpoint holds, under its name; also where the last epoch had ended. */
static void a_stop_keeps_all_that_was_learned(void **state)
{
    (void)state;
    static const char *const names[] = {
        "0.aligner",      "0.verifier",      "0.parameters",    "0.statistics",
        "0.first_moment", "0.second_moment", "0.best",          "1.parameters",
        "1.statistics",   "1.first_moment",  "1.second_moment", "1.best",
        "3.parameters",   "3.statistics",    "3.first_moment",  "3.best"};
    char last[2 * TEST_PATH_SIZE];
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    struct error error = {.text = ""};
    size_t size, size_again;
    r.align = r.verifier = r.batch_norm = verifies = true;
    r.network_count = MODEL_MAX_NETWORKS;
    r.features[1] = r.features[2] = r.features[3] = FEATURES_PIXELS;
    shown = (struct backgrounds){.count = 1};
    shown_folder = NULL;
    shown_result = 0;
    snprintf(last, sizeof last, "%s", in_folder("last.checkpoint"));
    kept = last;
    assert_false(run(&r, &d, false, 0, 0));
    kept = NULL;
    uint8_t *whole = read_bytes(model_path, &size);
    for (int again = 0; again < 2; again++) {
        const struct training_files files = {"test", model_path, checkpoint_path, NULL, NULL};
        remove(model_path);
        if (again == 0) {
            stop = 0;
            assert_int_equal(train(&r, &d, &files, last, &stop, &error), 0);
        } else {
            assert_true(run(&r, &d, false, 5, 0));
            uint8_t *bytes = read_bytes(checkpoint_path, &size_again);
            for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                char name[32];
                snprintf(name, sizeof name, "\"%s\":", names[i]);
                if (!strstr((const char *)bytes + sizeof(uint64_t), name))
                    fail_msg("the checkpoint has no %s", names[i]);
            }
            free(bytes);
            assert_false(run(&r, &d, true, 0, 0));
        }
        uint8_t *model = read_bytes(model_path, &size_again);
        assert_int_equal(size_again, size);
        assert_memory_equal(model, whole, size);
        free(model);
    }
    free(whole);
    verifies = false;
    dataset_free(&d);
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
    r.augment.webcam = 0.25f;
    r.epochs = 1;
    assert_false(run_aloud(&r, &d, false, 0, 0));
    assert_null(strstr(terminal.screen, "no better"));
    assert_non_null(strstr(terminal.screen, ": confidence as on PublicTest, half of it seen by "
                                            "webcams\n"));
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
    assert_int_equal(access(model_path, F_OK), 0);
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

/* Networks learn of the faces that they will be shown. */
static void networks_learn_of_aligned_faces(void **state)
{
    (void)state;
    struct dataset d = make_dataset(21, 7);
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    struct model model;
    struct model_workspace *workspace;
    struct error error;
    r.align = true;
    r.epochs = 1;
    assert_false(run(&r, &d, false, 0, 0));
    assert_int_equal(model_load(&model, model_path, &error), 0);
    assert_int_equal(model_workspace_create(&workspace, &model, 1, &error), 0);
    for (int i = 0; i < d.count; i++) {
        struct affine face;
        model_align(&model, workspace, dataset_picture(&d, i), &face);
        for (int k = 0; k < 6; k++) /* the model's weights are rounded */
            expect_close((double)faces_seen[i].m[k], (double)face.m[k], k % 3 == 2 ? 1 : 0.04,
                         "the place of a face");
    }
    model_workspace_free(&workspace);
    model_free(&model);
    dataset_free(&d);
}

/* What the verifier is shown; it is stopped there, so that nothing is to go on with. */
static void try_verifier(struct dataset *d, const char *folder, int result, const char *says,
                         const char *logs)
{
    struct recipe r = recipe_of(BATCHING_MINI_BATCH);
    const struct training_files files = {"test", model_path, checkpoint_path, NULL, folder};
    struct error error = {.text = ""};
    r.verifier = true;
    shown_folder = folder;
    shown_result = result;
    logged[0] = '\0';
    stop = 0;
    terminal_open(&terminal);
    int ended = train(&r, d, &files, NULL, &stop, &error);
    terminal_close(&terminal);
    assert_int_equal(ended, result < 0 ? -1 : 1);
    append_text(expected, sizeof expected, "%s%s", says,
                result < 0 ? "" : "stopped before the first update; nothing was written\n");
    expect_said("the verifier");
    assert_string_equal(logged, logs);
}

static void backgrounds_are_told(void **state)
{
    (void)state;
    static const char alone[] =
        "test: no pictures without faces (see --backgrounds): the verifier learns from made-up "
        "scenes alone, and will take more places for faces\n";
    struct dataset d = make_dataset(21, 7);
    shown = (struct backgrounds){.count = 9, .hard_count = 5};
    try_verifier(&d, NULL, 0,
                 "backgrounds: 0 pictures, 9 made-up scenes; cascades take 5 places for faces\n",
                 alone);
    shown = (struct backgrounds){.count = 9, .found = 7, .hard_count = 5};
    try_verifier(&d, "a folder", 0,
                 "backgrounds: 7 pictures of a folder, 2 made-up scenes; cascades take 5 places "
                 "for faces\n",
                 "");
    shown.skipped = 1;
    try_verifier(&d, "a folder", 0,
                 "backgrounds: 7 pictures of a folder, 2 made-up scenes; cascades take 5 places "
                 "for faces\n",
                 "test: a folder: 1 of 8 files cannot be read as pictures, or are too small; left "
                 "out\n");
    try_verifier(&d, NULL, 1, "", alone);
    try_verifier(&d, NULL, -1, "", alone);
    dataset_free(&d);
}

/* It learns from faces of one size. */
static void no_verifier_of_other_sizes(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct dataset d = make_dataset(21, 7);
        struct recipe r = recipe_of(BATCHING_MINI_BATCH);
        const struct training_files files = {"test", model_path, checkpoint_path, NULL, NULL};
        struct error error = {.text = ""};
        r.verifier = true;
        *(i ? &d.width : &d.height) = FACE_SIDE / 2;
        stop = 0;
        assert_int_equal(train(&r, &d, &files, NULL, &stop, &error), -1);
        expect_text(error.text,
                    i ? "pictures of 24x48 pixels: the" : "pictures of 48x24 pixels: the",
                    "verifier learns from faces of 48x48; use --verifier off");
        dataset_free(&d);
    }
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
    assert_true(run(&r, &d, false, 0, 1));
    refuse_changed(&r, &d, "\"best_epoch\":\"1\"", "\"best_epoch\":\"0\"", counts);
    dataset_free(&d);
}

/* What is to be read has its bounds before memory is taken for it. */
static void sizes_of_checkpoints_are_bounded(void **state)
{
    (void)state;
    char options[RECIPE_TEXT_SIZE + 1], text[RECIPE_TEXT_SIZE];
    float value = 0;
    struct tensor tensor = {.type = TENSOR_F32, .name = "0.best", .columns = 1, .values = &value};
    struct error error = {.text = ""};
    for (int length = RECIPE_TEXT_SIZE - 1; length <= RECIPE_TEXT_SIZE; length++) {
        const struct metadata_entry metadata[] = {{"format", "expressions-checkpoint-6"},
                                                  {"options", options}};
        memset(options, 'x', (size_t)length);
        options[length] = '\0';
        assert_int_equal(safetensors_write(checkpoint_path, &tensor, 1, metadata, 2, &error), 0);
        assert_int_equal(checkpoint_recipe(checkpoint_path, text, &error),
                         length < RECIPE_TEXT_SIZE ? 0 : -1);
        if (length < RECIPE_TEXT_SIZE)
            assert_string_equal(text, options);
    }
    expect_text(error.text, checkpoint_path, "names no options");
    write_bytes(checkpoint_path, options, 400);
    assert_int_equal(checkpoint_check_size(checkpoint_path, 100, &error), 0);
    assert_int_equal(checkpoint_check_size(checkpoint_path, 101, &error), -1);
    expect_text(error.text, checkpoint_path, "a larger network than it can hold");
    remove(checkpoint_path);
    assert_int_equal(checkpoint_check_size(checkpoint_path, 0, &error), -1);
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
        cmocka_unit_test_teardown(the_learning_rate_follows_its_cycle, empty_folder),
        cmocka_unit_test_teardown(a_report_may_fail, empty_folder),
        cmocka_unit_test_teardown(a_stop_keeps_the_figures, empty_folder),
        cmocka_unit_test_teardown(seeds_mean_what_they_meant, empty_folder),
        cmocka_unit_test_teardown(a_stop_keeps_all_that_was_learned, empty_folder),
        cmocka_unit_test_teardown(sizes_of_checkpoints_are_bounded, empty_folder),
        cmocka_unit_test_teardown(each_batch_moves_the_bar, empty_folder),
        cmocka_unit_test_teardown(a_model_says_where_it_comes_from, empty_folder),
        cmocka_unit_test_teardown(room_is_asked_for_before_the_work, empty_folder),
        cmocka_unit_test_teardown(networks_learn_of_aligned_faces, empty_folder),
        cmocka_unit_test_teardown(backgrounds_are_told, empty_folder),
        cmocka_unit_test_teardown(no_verifier_of_other_sizes, empty_folder),
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
