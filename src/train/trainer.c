#include "trainer.h"

#include "file.h"
#include "gemm.h"
#include "log.h"
#include "metrics.h"
#include "monotonic.h"
#include "report.h"
#include "text.h"
#include "training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- One epoch ------------------------------------------------------------------------------- */

static float learning_rate(const struct training *t)
{
    const struct recipe *r = t->recipe;
    if (r->optimizer != OPTIMIZER_ADAMW)
        return r->learning_rate;
    double at = ((double)t->state.updates + 0.5) / (double)t->planned_updates;
    return r->learning_rate * (float)one_cycle(at);
}

static void update(struct training *t)
{
    struct training_state *s = &t->state;
    for (int n = 0; n < t->recipe->network_count; n++)
        optimizer_update(&s->optimizers[n], &s->mlps[n], t->gradients[n], learning_rate(t));
    s->updates++;
}

void training_agree(const float *answers, const float *targets, int count, int classes,
                    float agreement, float *agreed)
{
    for (int first = 0; first < count; first += 2) {
        size_t at = (size_t)first * (size_t)classes;
        const float *a = answers + at, *b = a + classes, *target = targets + at;
        float weight = 0.0f; /* of the sample: its target is multiplied by it */
        for (int k = 0; k < classes; k++)
            weight += target[k];
        for (int k = 0; k < classes; k++) {
            float mean = weight * 0.5f * (a[k] + b[k]);
            agreed[at + (size_t)k] = agreed[at + (size_t)(classes + k)] =
                (target[k] + agreement * mean) / (1.0f + agreement);
        }
    }
}

/* Forward and backward of every network over `count` rows from row `first` of the batch; the
 * gradients are for a mean over `samples`. Adds to the epoch's cost, the networks' mean, and to its
 * hits, those of the networks' mean answer. */
static void pass(struct training *t, const struct batch *batch, int first, int count, int samples,
                 struct rng *rng, struct epoch_result *sums)
{
    const struct recipe *r = t->recipe;
    int classes = t->dataset->class_count;
    size_t values = (size_t)count * (size_t)classes;
    const float *targets = batch->targets + (size_t)first * (size_t)classes;
    memset(t->answers, 0, values * sizeof *t->answers);
    for (int n = 0; n < r->network_count; n++) {
        struct mlp *mlp = &t->state.mlps[n];
        const float *inputs = batch->inputs[n] + (size_t)first * (size_t)mlp->config.units[0];
        const float *outputs =
            mlp_forward_training(mlp, t->activations[n], &t->step, inputs, count, rng);
        for (size_t i = 0; i < values; i++)
            t->answers[i] += outputs[i];
        sums->loss +=
            mlp_cost(r->output, r->step.loss, outputs, targets, count, classes) / r->network_count;
        const float *aims = targets;
        if (r->agreement > 0.0f) {
            training_agree(outputs, targets, count, classes, r->agreement, t->agreed);
            aims = t->agreed;
        }
        mlp_backward(mlp, t->activations[n], &t->step, inputs, aims, count, samples,
                     t->gradients[n], NULL);
    }
    for (int i = 0; i < count; i++)
        sums->accuracy += predicted_class(t->answers + (size_t)i * (size_t)classes, classes) ==
                          predicted_class(targets + (size_t)i * (size_t)classes, classes);
}

static void train_batch(struct training *t, const struct batch *batch, struct rng *rng,
                        struct epoch_result *sums)
{
    switch (t->recipe->batching) {
    case BATCHING_STOCHASTIC:
        for (int i = 0; i < batch->count; i++) {
            pass(t, batch, i, 1, 1, rng, sums);
            update(t);
        }
        break;
    case BATCHING_FULL:
        pass(t, batch, 0, batch->count, t->count, rng, sums);
        break;
    default:
        pass(t, batch, 0, batch->count, batch->count, rng, sums);
        update(t);
        break;
    }
}

static void begin_epoch(struct training *t)
{
    struct training_state *s = &t->state;
    struct rng order = training_stream(t->recipe, STREAM_ORDER, s->epochs);
    memcpy(t->order, t->samples, (size_t)t->count * sizeof *t->order);
    rng_shuffle(&order, t->order, (size_t)t->count);
    if (s->batches == 0) {
        s->dropout = training_stream(t->recipe, STREAM_DROPOUT, s->epochs);
        s->running = (struct epoch_result){0};
    }
    loader_start(t->loader, t->order, t->count, s->epochs, s->batches);
}

static void draw_progress(struct training *t, int seen, double seconds)
{
    const struct epoch_result *sums = &t->state.running;
    int rows = recipe_views(t->recipe) * seen;
    char text[96];
    snprintf(text, sizeof text, "epoch %d/%d  loss %.4f  accuracy %.1f %%  %.0f samples/s",
             t->state.epochs + 1, t->recipe->epochs, sums->loss / rows,
             100.0 * sums->accuracy / rows, seen / seconds);
    progress_bar_update(&t->progress, t->state.epochs + (double)seen / t->count, text);
}

/* Goes through the epoch, or what is left of it. Where the training is to stop, it returns after
 * the running batch; full descent, whose batch is the epoch, goes on to its end. */
static int train_epoch(struct training *t, struct error *error)
{
    struct training_state *s = &t->state;
    bool full = t->recipe->batching == BATCHING_FULL;
    struct batch batch;
    begin_epoch(t);
    double started = monotonic_now(), seconds = s->running.seconds;
    while ((full || !*t->stop) && loader_next(t->loader, &batch)) {
        train_batch(t, &batch, &s->dropout, &s->running);
        s->batches++;
        s->running.seconds = seconds + monotonic_now() - started;
        if (!isfinite(s->running.loss))
            return error_set(error,
                             "the loss is not a finite number in epoch %d; use a smaller "
                             "--learning-rate than %g",
                             s->epochs + 1, (double)t->recipe->learning_rate);
        draw_progress(t, loader_seen(t->loader), s->running.seconds);
    }
    if (full)
        update(t);
    return 0;
}

/* ---- After an epoch -------------------------------------------------------------------------- */

static void free_mlps(struct mlp *mlps)
{
    for (int n = 0; n < MODEL_MAX_NETWORKS; n++)
        mlp_free(&mlps[n]);
}

/* Validates; keeps the networks where they are the best so far. */
static int validate(struct training *t, struct epoch_result *result, struct error *error)
{
    struct training_state *s = &t->state;
    struct mlp folded[MODEL_MAX_NETWORKS] = {0};
    for (int n = 0; n < t->recipe->network_count; n++)
        if (mlp_fold(&s->mlps[n], &folded[n], error) < 0) {
            free_mlps(folded);
            return -1;
        }
    validation_run(&t->validation, folded, &result->validation_loss, &result->validation_accuracy);
    s->waited++;
    if (s->best[0].parameters && result->validation_accuracy <= s->best_accuracy) {
        free_mlps(folded);
        return 0;
    }
    free_mlps(s->best);
    memcpy(s->best, folded, sizeof folded);
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
    if (t->unsaved && training_save_model(t, &why) == 0)
        t->unsaved = false;
    else if (t->unsaved)
        log_line(files->program, "%s; training goes on and tries again after the next epoch",
                 why.text);
    if (checkpoint_save(s, t->recipe, files->checkpoint, &why) < 0 ||
        (files->report && report_log(files->report, s->history, s->epochs, &why) < 0))
        log_line(files->program, "%s; training goes on and tries again after the next epoch",
                 why.text);
}

static void print_epoch(struct training *t, const struct epoch_result *e)
{
    progress_bar_hide(&t->progress);
    printf("epoch %3d/%d  loss %.4f  accuracy %5.2f %%   %s loss %.4f  accuracy %5.2f %%  %s  "
           "%.1f s\n",
           t->state.epochs, t->recipe->epochs, e->loss, 100.0 * e->accuracy,
           split_names[t->dataset->source][SPLIT_VALIDATION], e->validation_loss,
           100.0 * e->validation_accuracy, t->state.waited == 0 ? "best" : "    ", e->seconds);
    fflush(stdout);
}

/* In the middle of an epoch: what is done is written, to go on from. 1, for stopped. */
static int stop_here(struct training *t, struct error *error)
{
    struct training_state *s = &t->state;
    progress_bar_hide(&t->progress);
    if (s->updates == 0) {
        printf("stopped before the first update; nothing was written\n");
        return 1;
    }
    if (t->unsaved && training_save_model(t, error) < 0)
        return -1;
    if (checkpoint_save(s, t->recipe, t->files->checkpoint, error) < 0)
        return -1;
    printf("stopped in epoch %d after %d of %d batches", s->epochs + 1, s->batches,
           loader_batch_count(t->loader, t->count));
    if (s->best[0].parameters) {
        printf("; the best model so far is ");
        text_print(stdout, t->files->output);
    }
    printf("\n");
    return 1;
}

static int train_epochs(struct training *t, struct error *error)
{
    struct training_state *s = &t->state;
    const struct recipe *r = t->recipe;
    int batches = loader_batch_count(t->loader, t->count), rows = recipe_views(r) * t->count;
    while (s->epochs < r->epochs && (r->patience == 0 || s->waited < r->patience)) {
        struct epoch_result *result = &s->history[s->epochs];
        if (*t->stop)
            return stop_here(t, error);
        if (train_epoch(t, error) < 0)
            return -1;
        if (s->batches < batches)
            return stop_here(t, error);
        result->loss = s->running.loss / rows;
        result->accuracy = s->running.accuracy / rows;
        result->seconds = s->running.seconds;
        s->batches = 0;
        if (validate(t, result, error) < 0)
            return -1;
        s->epochs++;
        print_epoch(t, result);
        save_progress(t);
    }
    if (training_calibrate(t, error) < 0 || training_save_model(t, error) < 0)
        return -1;
    if (s->epochs < r->epochs)
        printf("no better validation accuracy for %d epochs: done\n", r->patience);
    file_remove(t->files->checkpoint);
    return 0;
}

/* Reports a place that cannot be written to, or has no room, before the work. */
static int check_place(const struct recipe *recipe, const struct dataset *dataset,
                       const char *output, struct error *error)
{
    struct file_writer *probe;
    if (file_writer_open(&probe, output, error) < 0)
        return -1;
    file_writer_discard(&probe);
    uint64_t weights = 0, room = file_space(output);
    for (int n = 0; n < recipe->network_count; n++) {
        struct mlp_config config = recipe_network(recipe, dataset, n);
        weights += mlp_parameter_count(&config);
    }
    /* The model in 2 bytes per weight; the checkpoint holds it in 4, four times over, and stands
     * there twice while it is replaced. */
    uint64_t checkpoint = weights * 4 * 4, needed = weights * 2 + 2 * checkpoint;
    if (file_limit() < checkpoint)
        return error_set(error,
                         "%s: `ulimit -f` allows files of %llu MB, a checkpoint needs %llu; "
                         "raise it",
                         output, (unsigned long long)(file_limit() >> 20),
                         (unsigned long long)(checkpoint >> 20) + 1);
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
    if (recipe_check(recipe, error) < 0 ||
        dataset_split_size(dataset, SPLIT_VALIDATION, error) < 0 ||
        check_place(recipe, dataset, files->output, error) < 0)
        return -1;
    struct training *t = calloc(1, sizeof *t);
    if (!t)
        return error_no_memory(error, "the training");
    t->recipe = recipe;
    t->dataset = dataset;
    t->files = files;
    t->stop = stop;
    gemm_setup();
    int result = training_prepare(t, resume, error);
    t->progress = (struct progress_bar){.terminal = STDOUT_FILENO,
                                        .total = recipe->epochs,
                                        .before = t->state.epochs,
                                        .begin = monotonic_now()};
    if (result > 0)
        result = stop_here(t, error);
    else if (result == 0 && recipe->epochs == 0)
        result = validate(t, &t->state.history[0], error) < 0 ? -1 : training_save_model(t, error);
    else if (result == 0)
        result = train_epochs(t, error);
    progress_bar_hide(&t->progress);
    training_release(t);
    free(t);
    return result;
}
