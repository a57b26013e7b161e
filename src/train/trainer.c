#include "trainer.h"

#include "checkpoint.h"
#include "file.h"
#include "gemm.h"
#include "inspect.h"
#include "loader.h"
#include "log.h"
#include "metrics.h"
#include "progress.h"
#include "report.h"
#include "validation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Random streams of one seed; the loader's own streams lie below 2^63. */
enum stream { STREAM_WEIGHTS, STREAM_ORDER, STREAM_DROPOUT };

enum { CHUNK = 256 }; /* samples a pass of stochastic and full descent */

struct training {
    const struct recipe *recipe;
    const struct dataset *dataset;
    const struct training_files *files;
    const volatile sig_atomic_t *stop;
    struct training_state state;
    struct mlp_tape *tape;
    struct team *team;
    struct mlp_training step; /* the recipe's, shared out to the team */
    struct loader *loader;
    struct validation validation;
    float *gradients;
    int *samples, *order, count; /* the training samples, in file order and in the epoch's */
    long planned_updates;
    struct progress progress;
    bool unsaved; /* whether the best network is not on the disk yet */
};

static struct rng stream_of(const struct recipe *recipe, enum stream stream, int epoch)
{
    return rng_make(recipe->seed, 1ull << 63 | (uint64_t)stream << 32 | (uint32_t)epoch);
}

/* ---- One epoch ------------------------------------------------------------------------------- */

static float learning_rate(const struct training *t)
{
    const struct recipe *r = t->recipe;
    if (r->optimizer != OPTIMIZER_ADAMW)
        return r->learning_rate;
    const double pi = 3.141592653589793, warm_up = 0.2, lowest = 0.04;
    double at = ((double)t->state.updates + 0.5) / (double)t->planned_updates;
    double share = at < warm_up ? lowest + (1.0 - lowest) * 0.5 * (1.0 - cos(pi * at / warm_up))
                                : 0.5 * (1.0 + cos(pi * (at - warm_up) / (1.0 - warm_up)));
    return (float)(r->learning_rate * share);
}

static void update(struct training *t)
{
    struct mlp *mlp = &t->state.mlp;
    optimizer_update(&t->state.optimizer, mlp, t->gradients, learning_rate(t));
    t->state.updates++;
}

/* Forward and backward over `count` rows; the gradients are for a mean over `samples`. Adds to the
 * epoch's cost and hits. */
static void pass(struct training *t, const float *inputs, const float *targets, int count,
                 int samples, struct rng *rng, struct epoch_result *sums)
{
    const struct recipe *r = t->recipe;
    struct mlp *mlp = &t->state.mlp;
    int classes = t->dataset->class_count;
    const float *outputs = mlp_forward_training(mlp, t->tape, &t->step, inputs, count, rng);
    sums->loss += mlp_cost(r->output, r->step.loss, outputs, targets, count, classes);
    for (int i = 0; i < count; i++)
        sums->accuracy += predicted_class(outputs + (size_t)i * (size_t)classes, classes) ==
                          predicted_class(targets + (size_t)i * (size_t)classes, classes);
    mlp_backward(mlp, t->tape, &t->step, inputs, targets, count, samples, t->gradients, NULL);
}

static void train_batch(struct training *t, const struct batch *batch, struct rng *rng,
                        struct epoch_result *sums)
{
    size_t dim = (size_t)t->state.mlp.config.units[0], classes = (size_t)t->dataset->class_count;
    switch (t->recipe->descent) {
    case DESCENT_STOCHASTIC:
        for (int i = 0; i < batch->count; i++) {
            pass(t, batch->inputs + (size_t)i * dim, batch->targets + (size_t)i * classes, 1, 1,
                 rng, sums);
            update(t);
        }
        break;
    case DESCENT_FULL:
        pass(t, batch->inputs, batch->targets, batch->count, t->count, rng, sums);
        break;
    default:
        pass(t, batch->inputs, batch->targets, batch->count, batch->count, rng, sums);
        update(t);
        break;
    }
}

static void begin_epoch(struct training *t)
{
    struct training_state *s = &t->state;
    struct rng order = stream_of(t->recipe, STREAM_ORDER, s->epochs);
    memcpy(t->order, t->samples, (size_t)t->count * sizeof *t->order);
    rng_shuffle(&order, t->order, (size_t)t->count);
    if (s->batches == 0) {
        s->dropout = stream_of(t->recipe, STREAM_DROPOUT, s->epochs);
        s->running = (struct epoch_result){0};
    }
    loader_start(t->loader, t->order, t->count, s->epochs, s->batches);
}

static void draw_progress(struct training *t, int seen, double seconds)
{
    const struct epoch_result *sums = &t->state.running;
    char text[96];
    snprintf(text, sizeof text, "epoch %d/%d  loss %.4f  accuracy %.1f %%  %.0f samples/s",
             t->state.epochs + 1, t->recipe->epochs, sums->loss / seen,
             100.0 * sums->accuracy / seen, seen / seconds);
    progress_draw(&t->progress, t->state.epochs + (double)seen / t->count, t->recipe->epochs, text);
}

/* Goes through the epoch, or what is left of it. Where the training is to stop, it returns after
 * the running batch; full descent, whose batch is the epoch, goes on to its end. */
static int train_epoch(struct training *t, struct error *error)
{
    struct training_state *s = &t->state;
    bool full = t->recipe->descent == DESCENT_FULL;
    struct batch batch;
    begin_epoch(t);
    double started = progress_clock(), seconds = s->running.seconds;
    while ((full || !*t->stop) && loader_next(t->loader, &batch)) {
        train_batch(t, &batch, &s->dropout, &s->running);
        s->batches++;
        s->running.seconds = seconds + progress_clock() - started;
        if (!isfinite(s->running.loss))
            return error_set(error,
                             "the loss is no finite number in epoch %d; use a smaller "
                             "--learning-rate than %g",
                             s->epochs + 1, (double)t->recipe->learning_rate);
        draw_progress(t, loader_seen(t->loader), s->running.seconds);
    }
    if (full)
        update(t);
    return 0;
}

/* ---- After an epoch -------------------------------------------------------------------------- */

static void describe(const struct training *t, struct model *model)
{
    const struct recipe *r = t->recipe;
    const char *const *names = split_names[t->dataset->source];
    struct model_notes *n = &model->notes;
    snprintf(n->training_data, sizeof n->training_data,
             "%s: %s %d pictures, %s %d for validation%s", source_names[t->dataset->source],
             names[SPLIT_TRAINING], t->count, names[SPLIT_VALIDATION], t->validation.count,
             t->dataset->votes ? "; FER+ votes" : "");
    recipe_print(r, n->recipe, sizeof n->recipe);
    snprintf(n->seed, sizeof n->seed, "%llu", (unsigned long long)r->seed);
    snprintf(n->accuracy, sizeof n->accuracy, "%.4f on %s, plain crop", t->state.best_accuracy,
             names[SPLIT_VALIDATION]);
    snprintf(n->licence, sizeof n->licence, "MIT");
    time_t now = time(NULL);
    struct tm date;
    if (gmtime_r(&now, &date))
        strftime(n->date, sizeof n->date, "%Y-%m-%d", &date);
}

static int save_best(const struct training *t, struct error *error)
{
    struct model model = {.features = t->recipe->features,
                          .mlp = t->state.best,
                          .class_count = t->dataset->class_count,
                          .mirror = t->recipe->augment.flip};
    memcpy(model.class_names, t->dataset->class_names, sizeof model.class_names);
    describe(t, &model);
    return model_save(&model, t->files->output, error);
}

/* Validates; keeps the network where it is the best so far. */
static int validate(struct training *t, struct epoch_result *result, struct error *error)
{
    struct training_state *s = &t->state;
    struct mlp folded;
    if (mlp_fold(&s->mlp, &folded, error) < 0)
        return -1;
    validation_run(&t->validation, &folded, &result->validation_loss, &result->validation_accuracy);
    s->waited++;
    if (s->best.parameters && result->validation_accuracy <= s->best_accuracy) {
        mlp_free(&folded);
        return 0;
    }
    mlp_free(&s->best);
    s->best = folded;
    s->best_accuracy = result->validation_accuracy;
    s->best_epoch = s->epochs + 1;
    s->waited = 0;
    t->unsaved = true;
    return 0;
}

/* Writes what an epoch left; a failure may pass until the next one. */
static void save_progress(struct training *t)
{
    struct training_state *s = &t->state;
    const struct training_files *files = t->files;
    struct error why;
    if (t->unsaved && save_best(t, &why) == 0)
        t->unsaved = false;
    else if (t->unsaved)
        log_line(files->program, "%s; going on, to try again after the next epoch", why.text);
    if (checkpoint_save(s, t->recipe, files->checkpoint, &why) < 0 ||
        (files->report && report_log(files->report, s->history, s->epochs, &why) < 0))
        log_line(files->program, "%s; going on, to try again after the next epoch", why.text);
}

static void print_epoch(struct training *t, const struct epoch_result *e)
{
    progress_clear(&t->progress);
    printf("epoch %3d/%d  loss %.4f  accuracy %5.2f %%   %s loss %.4f  accuracy %5.2f %%  %s  "
           "%.1f s\n",
           t->state.epochs, t->recipe->epochs, e->loss, 100.0 * e->accuracy,
           split_names[t->dataset->source][SPLIT_VALIDATION], e->validation_loss,
           100.0 * e->validation_accuracy, t->state.waited == 0 ? "best" : "    ", e->seconds);
    fflush(stdout);
}

/* In the middle of an epoch: what is done is written, to go on from. */
static int stop_here(struct training *t, struct error *error)
{
    const struct training_state *s = &t->state;
    progress_clear(&t->progress);
    if (s->updates == 0) {
        printf("stopped before the first update; nothing was written\n");
        return 0;
    }
    if (t->unsaved && save_best(t, error) < 0)
        return -1;
    if (checkpoint_save(s, t->recipe, t->files->checkpoint, error) < 0)
        return -1;
    printf("stopped in epoch %d after %d of %d batches", s->epochs + 1, s->batches,
           loader_batch_count(t->loader, t->count));
    if (s->best.parameters)
        printf("; the best model so far is %s", t->files->output);
    printf("\n");
    return 0;
}

static int train_epochs(struct training *t, struct error *error)
{
    struct training_state *s = &t->state;
    const struct recipe *r = t->recipe;
    int batches = loader_batch_count(t->loader, t->count);
    while (s->epochs < r->epochs && (r->patience == 0 || s->waited < r->patience)) {
        struct epoch_result *result = &s->history[s->epochs];
        if (train_epoch(t, error) < 0)
            return -1;
        if (s->batches < batches)
            return stop_here(t, error);
        result->loss = s->running.loss / t->count;
        result->accuracy = s->running.accuracy / t->count;
        result->seconds = s->running.seconds;
        s->batches = 0;
        if (validate(t, result, error) < 0)
            return -1;
        s->epochs++;
        print_epoch(t, result);
        save_progress(t);
    }
    if (t->unsaved && save_best(t, error) < 0)
        return -1;
    if (s->epochs < r->epochs)
        printf("no better validation for %d epochs: done\n", r->patience);
    unlink(t->files->checkpoint);
    return 0;
}

/* ---- Setting up ------------------------------------------------------------------------------ */

static int prepare(struct training *t, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    struct mlp_config config = recipe_network(r, t->dataset);
    int batch = r->descent == DESCENT_MINI_BATCH ? r->batch_size : CHUNK;
    struct loader_config loading = {.dataset = t->dataset,
                                    .features = r->features,
                                    .augment = r->augment,
                                    .targets = r->targets,
                                    .mixup = r->mixup,
                                    .batch_size = batch,
                                    .seed = r->seed,
                                    .workers = r->threads};
    if (dataset_split(t->dataset, SPLIT_TRAINING, &t->samples, &t->count, error) < 0 ||
        mlp_create(&s->mlp, &config, error) < 0 ||
        mlp_tape_create(&t->tape, &config, batch, error) < 0 ||
        team_create(&t->team, r->threads, error) < 0 ||
        optimizer_create(&s->optimizer, r->optimizer, r->weight_decay, s->mlp.parameter_count,
                         error) < 0 ||
        validation_create(&t->validation, r, t->dataset, error) < 0 ||
        loader_create(&t->loader, &loading, error) < 0)
        return -1;
    t->step = r->step;
    t->step.team = s->optimizer.team = t->team;
    t->gradients = calloc(s->mlp.parameter_count, sizeof *t->gradients);
    t->order = malloc((size_t)t->count * sizeof *t->order);
    s->history = calloc((size_t)r->epochs + 1, sizeof *s->history);
    if (!t->gradients || !t->order || !s->history)
        return error_no_memory(error, "the training");
    int per_epoch = r->descent == DESCENT_FULL         ? 1
                    : r->descent == DESCENT_STOCHASTIC ? t->count
                                                       : loader_batch_count(t->loader, t->count);
    t->planned_updates = (long)r->epochs * per_epoch;
    s->fingerprint = inspect_fingerprint(t->dataset);
    struct rng rng = stream_of(r, STREAM_WEIGHTS, 0);
    mlp_init(&s->mlp, &rng);
    return 0;
}

static void release(struct training *t)
{
    loader_free(&t->loader);
    mlp_free(&t->state.mlp);
    mlp_free(&t->state.best);
    optimizer_free(&t->state.optimizer);
    free(t->state.history);
    mlp_tape_free(&t->tape);
    team_free(&t->team);
    validation_free(&t->validation);
    free(t->gradients);
    free(t->samples);
    free(t->order);
}

/* A place that cannot be written to, or has no room, is told before the work. */
static int check_place(const struct recipe *recipe, const struct dataset *dataset,
                       const char *output, struct error *error)
{
    struct mlp_config config = recipe_network(recipe, dataset);
    struct file_writer *probe;
    if (file_writer_open(&probe, output, error) < 0)
        return -1;
    file_writer_discard(&probe);
    uint64_t weights = 0, room = file_space(output);
    for (int i = 0; i < config.layer_count; i++)
        weights += ((uint64_t)config.units[i] + 1) * (uint64_t)config.units[i + 1];
    /* The model in 2 bytes a weight; the checkpoint holds it in 4, four times over, and stands
     * there twice while it is replaced. */
    uint64_t needed = weights * (2 + 2 * 4 * 4);
    if (room < needed)
        return error_set(error,
                         "%s: %llu MB are free, model and checkpoints need %llu; free some "
                         "space or choose another folder",
                         output, (unsigned long long)(room >> 20),
                         (unsigned long long)(needed >> 20) + 1);
    return 0;
}

int train(const struct recipe *recipe, const struct dataset *dataset,
          const struct training_files *files, const char *resume, const volatile sig_atomic_t *stop,
          struct error *error)
{
    struct training t = {.recipe = recipe, .dataset = dataset, .files = files, .stop = stop};
    if (recipe_check(recipe, error) < 0 || check_place(recipe, dataset, files->output, error) < 0)
        return -1;
    gemm_setup();
    int result = prepare(&t, error);
    if (result == 0 && resume)
        result = checkpoint_load(&t.state, recipe, resume, error);
    if (result == 0 && resume) {
        printf("going on in epoch %d after %d batches\n", t.state.epochs + 1, t.state.batches);
        t.unsaved = t.state.best.parameters != NULL;
    }
    progress_start(&t.progress, stdout, t.state.epochs);
    if (result == 0 && recipe->epochs == 0)
        result = validate(&t, &t.state.history[0], error) < 0 ? -1 : save_best(&t, error);
    else if (result == 0)
        result = train_epochs(&t, error);
    progress_clear(&t.progress);
    release(&t);
    return result;
}
