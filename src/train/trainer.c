#include "trainer.h"

#include "checkpoint.h"
#include "file.h"
#include "fit_aligner.h"
#include "fit_dictionary.h"
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
    struct mlp_tape *tapes[MODEL_MAX_NETWORKS];
    struct team *team;
    struct mlp_training step; /* the recipe's, shared out to the team */
    struct loader *loader;
    struct validation validation;
    float *gradients[MODEL_MAX_NETWORKS];
    float *answers;              /* a batch's, the sum of the networks' outputs */
    struct affine *faces;        /* where each picture's face lies */
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
        const float *outputs = mlp_forward_training(mlp, t->tapes[n], &t->step, inputs, count, rng);
        for (size_t i = 0; i < values; i++)
            t->answers[i] += outputs[i];
        sums->loss +=
            mlp_cost(r->output, r->step.loss, outputs, targets, count, classes) / r->network_count;
        mlp_backward(mlp, t->tapes[n], &t->step, inputs, targets, count, samples, t->gradients[n],
                     NULL);
    }
    for (int i = 0; i < count; i++)
        sums->accuracy += predicted_class(t->answers + (size_t)i * (size_t)classes, classes) ==
                          predicted_class(targets + (size_t)i * (size_t)classes, classes);
}

static void train_batch(struct training *t, const struct batch *batch, struct rng *rng,
                        struct epoch_result *sums)
{
    switch (t->recipe->descent) {
    case DESCENT_STOCHASTIC:
        for (int i = 0; i < batch->count; i++) {
            pass(t, batch, i, 1, 1, rng, sums);
            update(t);
        }
        break;
    case DESCENT_FULL:
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
    const struct training_state *s = &t->state;
    struct model model = {.width = t->dataset->width,
                          .height = t->dataset->height,
                          .aligner = s->aligner,
                          .network_count = t->recipe->network_count,
                          .class_count = t->dataset->class_count,
                          .mirror = t->recipe->augment.flip};
    for (int n = 0; n < model.network_count; n++)
        model.networks[n] = (struct network){s->features[n], s->best[n]};
    memcpy(model.class_names, t->dataset->class_names, sizeof model.class_names);
    describe(t, &model);
    return model_save(&model, t->files->output, error);
}

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
    struct training_state *s = &t->state;
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
    if (s->best[0].parameters)
        printf("; the best model so far is %s", t->files->output);
    printf("\n");
    return 0;
}

/* The logarithm of each class's share in the training targets, less their mean: log_shares[K]. */
static void count_shares(const struct training *t, double *log_shares)
{
    int classes = t->dataset->class_count;
    double sums[MODEL_MAX_CLASSES] = {0}, mean = 0.0;
    float target[MODEL_MAX_CLASSES];
    for (int i = 0; i < t->count; i++) {
        dataset_target(t->dataset, &t->recipe->targets, t->samples[i], target);
        for (int k = 0; k < classes; k++)
            sums[k] += target[k];
    }
    for (int k = 0; k < classes; k++) {
        log_shares[k] = log(sums[k] / t->count + 1e-9);
        mean += log_shares[k] / classes;
    }
    for (int k = 0; k < classes; k++)
        log_shares[k] -= mean;
}

/* Rescales the last layers of the best networks: their logits are divided by the temperature that
 * suits the validation split, so that confidence is the chance of being right; then `balance` of
 * the logarithm of each class's share is taken off (logit adjustment, Menon et al. 2021). */
static void calibrate(struct training *t)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    double loss, accuracy, log_shares[MODEL_MAX_CLASSES];
    if (r->output != OUTPUT_SOFTMAX || !s->best[0].parameters)
        return;
    validation_run(&t->validation, s->best, &loss, &accuracy);
    double temperature = validation_temperature(&t->validation);
    count_shares(t, log_shares);
    for (int n = 0; n < r->network_count; n++) {
        struct mlp_layer *last = &s->best[n].layers[s->best[n].config.layer_count - 1];
        for (int i = 0; i < last->inputs * last->outputs; i++)
            last->weights[i] /= (float)temperature;
        for (int k = 0; k < last->outputs; k++)
            last->biases[k] = (real)(last->biases[k] / temperature - r->balance * log_shares[k]);
    }
    printf("temperature %.2f: confidence as on %s\n", temperature,
           split_names[t->dataset->source][SPLIT_VALIDATION]);
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
    calibrate(t);
    if (save_best(t, error) < 0)
        return -1;
    if (s->epochs < r->epochs)
        printf("no better validation for %d epochs: done\n", r->patience);
    unlink(t->files->checkpoint);
    return 0;
}

/* ---- Setting up ------------------------------------------------------------------------------ */

static int make_networks(struct training *t, int batch, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    for (int n = 0; n < r->network_count; n++) {
        struct mlp_config config = recipe_network(r, t->dataset, n);
        struct rng rng = stream_of(r, STREAM_WEIGHTS, n);
        s->features[n] = recipe_features(r, t->dataset, n);
        if (mlp_create(&s->mlps[n], &config, error) < 0 ||
            mlp_tape_create(&t->tapes[n], &config, batch, error) < 0 ||
            optimizer_create(&s->optimizers[n], r->optimizer, r->weight_decay,
                             s->mlps[n].parameter_count, error) < 0)
            return -1;
        s->optimizers[n].team = t->team;
        t->gradients[n] = calloc(s->mlps[n].parameter_count, sizeof *t->gradients[n]);
        if (!t->gradients[n])
            return error_no_memory(error, "the training");
        mlp_init(&s->mlps[n], &rng);
    }
    return 0;
}

/* The aligner and the dictionaries, learned from the training pictures alone. */
static int learn_vectors(struct training *t, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    if (r->align && r->epochs > 0 &&
        fit_aligner(&s->aligner, t->dataset, t->samples, t->count, r->seed, t->team, t->stop,
                    error) < 0)
        return -1;
    for (int n = 0; n < r->network_count; n++)
        if (s->features[n].kind == FEATURES_PATCHES &&
            fit_dictionary(&s->features[n], t->dataset, t->samples, t->count, r->seed + (uint64_t)n,
                           error) < 0)
            return -1;
    return 0;
}

/* Memory for what learn_vectors would make, and the checkpoint's values in it. */
static int resume_training(struct training *t, const char *path, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    struct mlp_config aligner = fit_aligner_network(t->dataset);
    aligner.batch_norm = false;
    if (r->align && mlp_create(&s->aligner, &aligner, error) < 0)
        return -1;
    for (int n = 0; n < r->network_count; n++) {
        size_t size = (size_t)features_dictionary_size(&s->features[n]);
        s->features[n].dictionary = size ? malloc(size * sizeof(float)) : NULL;
        if (size && !s->features[n].dictionary)
            return error_no_memory(error, "the training");
    }
    if (checkpoint_load(s, r, path, error) < 0)
        return -1;
    printf("going on in epoch %d after %d batches\n", s->epochs + 1, s->batches);
    t->unsaved = s->best[0].parameters != NULL;
    return 0;
}

static int make_faces(struct training *t, struct error *error)
{
    t->faces = malloc((size_t)t->dataset->count * sizeof *t->faces);
    if (!t->faces)
        return error_no_memory(error, "the training");
    for (int i = 0; i < t->dataset->count; i++)
        t->faces[i] = affine_identity;
    return t->recipe->align
               ? fit_aligner_apply(&t->state.aligner, t->dataset, t->team, t->faces, error)
               : 0;
}

static int prepare(struct training *t, const char *resume, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    int batch = r->descent == DESCENT_MINI_BATCH ? r->batch_size : CHUNK;
    if (dataset_split(t->dataset, SPLIT_TRAINING, &t->samples, &t->count, error) < 0 ||
        team_create(&t->team, r->threads, error) < 0 || make_networks(t, batch, error) < 0)
        return -1;
    t->step = r->step;
    t->step.team = t->team;
    t->order = malloc((size_t)t->count * sizeof *t->order);
    t->answers = malloc((size_t)batch * (size_t)t->dataset->class_count * sizeof *t->answers);
    s->history = calloc((size_t)r->epochs + 1, sizeof *s->history);
    if (!t->order || !t->answers || !s->history)
        return error_no_memory(error, "the training");
    s->fingerprint = inspect_fingerprint(t->dataset);
    if ((resume ? resume_training(t, resume, error) : learn_vectors(t, error)) < 0 ||
        make_faces(t, error) < 0)
        return -1;
    struct loader_config loading = {.dataset = t->dataset,
                                    .faces = t->faces,
                                    .feature_count = r->network_count,
                                    .augment = r->augment,
                                    .targets = r->targets,
                                    .mixup = r->mixup,
                                    .batch_size = batch,
                                    .seed = r->seed,
                                    .workers = r->threads};
    memcpy(loading.features, s->features, sizeof loading.features);
    if (validation_create(&t->validation, r, t->dataset, s->features, t->faces, error) < 0 ||
        loader_create(&t->loader, &loading, error) < 0)
        return -1;
    int per_epoch = r->descent == DESCENT_FULL         ? 1
                    : r->descent == DESCENT_STOCHASTIC ? t->count
                                                       : loader_batch_count(t->loader, t->count);
    t->planned_updates = (long)r->epochs * per_epoch;
    return 0;
}

static void release(struct training *t)
{
    struct training_state *s = &t->state;
    loader_free(&t->loader);
    mlp_free(&s->aligner);
    free_mlps(s->mlps);
    free_mlps(s->best);
    for (int n = 0; n < MODEL_MAX_NETWORKS; n++) {
        optimizer_free(&s->optimizers[n]);
        mlp_tape_free(&t->tapes[n]);
        free(s->features[n].dictionary);
        free(t->gradients[n]);
    }
    free(s->history);
    team_free(&t->team);
    validation_free(&t->validation);
    free(t->answers);
    free(t->faces);
    free(t->samples);
    free(t->order);
}

/* A place that cannot be written to, or has no room, is told before the work. */
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
    int result = prepare(&t, resume, error);
    progress_start(&t.progress, stdout, t.state.epochs);
    if (result == 0 && recipe->epochs == 0)
        result = validate(&t, &t.state.history[0], error) < 0 ? -1 : save_best(&t, error);
    else if (result == 0)
        result = train_epochs(&t, error);
    progress_clear(&t.progress);
    release(&t);
    return result;
}
