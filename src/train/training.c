#include "training.h"

#include "calibration.h"
#include "file.h"
#include "fit_aligner.h"
#include "fit_dictionary.h"
#include "fit_verifier.h"
#include "inspect.h"
#include "loader.h"
#include "log.h"
#include "metrics.h"
#include "monotonic.h"
#include "progress_bar.h"
#include "report.h"
#include "text.h"
#include "validation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Random streams of one seed; the loader's own streams lie below 2^63. */
enum random_stream { STREAM_WEIGHTS, STREAM_ORDER, STREAM_DROPOUT };

/* A running training. */
struct training {
    const struct recipe *recipe;
    const struct dataset *dataset;
    const struct training_files *files;
    const volatile sig_atomic_t *stop;
    struct training_state state;
    struct mlp_activations *activations[MODEL_MAX_NETWORKS];
    struct thread_pool *pool;
    struct mlp_training step; /* the recipe's, with the pool */
    struct loader *loader;
    struct validation validation;
    float *gradients[MODEL_MAX_NETWORKS];
    float *answers;              /* a batch's, the sum of the networks' outputs */
    float *agreed;               /* a batch's targets of a network, where two views are to agree */
    struct affine *faces;        /* where each picture's face lies */
    int *samples, *order, count; /* the training samples, in file order and in the epoch's */
    float *weights;              /* N: how much each training sample counts, 1 on average */
    float prior[MODEL_MAX_CLASSES]; /* the classes' shares that the best networks' answers assume */
    long planned_updates;
    struct progress_bar progress;
    bool unsaved; /* whether the best network is not on the disk yet */
};

/* The generator number `number` of a stream. */
static struct rng random_stream(const struct recipe *recipe, enum random_stream stream, int number)
{
    return rng_make(recipe->seed, 1ull << 63 | (uint64_t)stream << 32 | (uint32_t)number);
}

/* ---- The descent: one epoch ------------------------------------------------------------------ */

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
    struct rng order = random_stream(t->recipe, STREAM_ORDER, s->epochs);
    memcpy(t->order, t->samples, (size_t)t->count * sizeof *t->order);
    rng_shuffle(&order, t->order, (size_t)t->count);
    if (s->batches == 0) {
        s->dropout = random_stream(t->recipe, STREAM_DROPOUT, s->epochs);
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

static void describe(const struct training *t, struct model *model)
{
    const struct recipe *r = t->recipe;
    const char *const *names = split_names[t->dataset->source];
    struct model_notes *n = &model->notes;
    snprintf(n->training_data, sizeof n->training_data,
             "%s: %s %d pictures, %s %d for validation%s", data_source_names[t->dataset->source],
             names[SPLIT_TRAINING], t->count, names[SPLIT_VALIDATION], t->validation.count,
             t->dataset->votes ? "; FER+ votes" : "");
    recipe_print(r, n->recipe, sizeof n->recipe);
    snprintf(n->seed, sizeof n->seed, "%llu", (unsigned long long)r->seed);
    snprintf(n->accuracy, sizeof n->accuracy, "not measured: the training has not ended");
    snprintf(n->licence, sizeof n->licence, "MIT");
    time_t now = time(NULL);
    struct tm date;
    if (gmtime_r(&now, &date))
        strftime(n->date, sizeof n->date, "%Y-%m-%d", &date);
}

/* Writes the best networks as a model, with its notes. */
static int save_model(const struct training *t, struct error *error)
{
    const struct training_state *s = &t->state;
    struct model *model = calloc(1, sizeof *model);
    if (!model)
        return error_no_memory(error, "the model");
    model->width = t->dataset->width;
    model->height = t->dataset->height;
    model->aligner = s->aligner;
    model->enlarge = s->aligner.parameters ? RECIPE_ENLARGE : 0.0f;
    model->verifier = s->verifier;
    model->network_count = t->recipe->network_count;
    model->class_count = t->dataset->class_count;
    model->mirror = t->recipe->augment.flip;
    for (int n = 0; n < model->network_count; n++)
        model->networks[n] = (struct network){.features = s->features[n], .mlp = s->best[n]};
    memcpy(model->prior, t->prior, sizeof model->prior);
    memcpy(model->class_names, t->dataset->class_names, sizeof model->class_names);
    describe(t, model);
    int result = model_save(model, t->files->output, error);
    free(model); /* all that it points to is the training's */
    return result;
}

/* Writes what an epoch left; a failure may pass until the next one. */
static void save_progress(struct training *t)
{
    struct training_state *s = &t->state;
    const struct training_files *files = t->files;
    struct error why;
    if (t->unsaved && save_model(t, &why) == 0)
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
    if (t->unsaved && save_model(t, error) < 0)
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

/* ---- All epochs ------------------------------------------------------------------------------ */

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
    if (calibrate(&t->state, &t->validation, t->prior, error) < 0 || save_model(t, error) < 0)
        return -1;
    if (s->epochs < r->epochs)
        printf("no better validation accuracy for %d epochs: done\n", r->patience);
    file_remove(t->files->checkpoint);
    return 0;
}

/* ---- Before the first epoch ------------------------------------------------------------------ */

enum { CHUNK = 256 }; /* samples per pass of stochastic and full descent */

static int make_networks(struct training *t, int batch, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    for (int n = 0; n < r->network_count; n++) {
        struct mlp_config config = recipe_network(r, t->dataset, n);
        struct rng rng = random_stream(r, STREAM_WEIGHTS, n);
        s->features[n] = recipe_features(r, t->dataset, n);
        if (mlp_create(&s->mlps[n], &config, error) < 0 ||
            mlp_activations_create(&t->activations[n], &config, batch, error) < 0 ||
            optimizer_create(&s->optimizers[n], r->optimizer, r->weight_decay,
                             s->mlps[n].parameter_count, error) < 0)
            return -1;
        s->optimizers[n].pool = t->pool;
        t->gradients[n] = calloc(s->mlps[n].parameter_count, sizeof *t->gradients[n]);
        if (!t->gradients[n])
            return error_no_memory(error, "the training");
        mlp_init(&s->mlps[n], &rng);
    }
    return 0;
}

/* 1 where it is to stop. */
static int learn_verifier(struct training *t, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct backgrounds backgrounds;
    const char *folder = t->files->backgrounds;
    if (t->dataset->width != FACE_SIDE || t->dataset->height != FACE_SIDE)
        return error_set(error,
                         "pictures of %dx%d pixels: the verifier learns from faces of %dx%d; "
                         "use --verifier off",
                         t->dataset->width, t->dataset->height, FACE_SIDE, FACE_SIDE);
    if (!folder)
        log_line(t->files->program,
                 "no pictures without faces (see --backgrounds): the "
                 "verifier learns from made-up scenes alone, and will take more places for faces");
    int result = backgrounds_load(&backgrounds, folder, t->count, r->seed, t->pool, t->stop, error);
    if (result != 0)
        return result;
    if (backgrounds.skipped > 0)
        log_line(t->files->program,
                 "%s: %d of %d files cannot be read as pictures, or are too small; left out",
                 folder, backgrounds.skipped, backgrounds.skipped + backgrounds.found);
    printf("backgrounds: %d pictures%s", backgrounds.found, folder ? " of " : "");
    text_print(stdout, folder ? folder : "");
    printf(", %d made-up scenes; cascades take %d places for faces\n",
           backgrounds.count - backgrounds.found, backgrounds.hard_count);
    fflush(stdout);
    result = fit_verifier(&t->state.verifier, t->dataset, t->samples, t->count, &backgrounds,
                          r->seed, t->pool, t->stop, error);
    backgrounds_free(&backgrounds);
    return result;
}

/* The aligner, the verifier and the dictionaries, learned from the training pictures alone; 1 where
 * it is to stop. */
static int learn_vectors(struct training *t, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    int result = r->align && r->epochs > 0 ? fit_aligner(&s->aligner, t->dataset, t->samples,
                                                         t->count, r->seed, t->pool, t->stop, error)
                                           : 0;
    if (result == 0 && r->verifier && r->epochs > 0)
        result = learn_verifier(t, error);
    if (result != 0)
        return result;
    for (int n = 0; n < r->network_count; n++)
        if (features_have_dictionary(&s->features[n]) &&
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
    struct mlp_config verifier = fit_verifier_network(t->dataset);
    aligner.batch_norm = verifier.batch_norm = false;
    if ((r->align && mlp_create(&s->aligner, &aligner, error) < 0) ||
        (r->verifier && mlp_create(&s->verifier, &verifier, error) < 0))
        return -1;
    for (int n = 0; n < r->network_count; n++) {
        size_t size = (size_t)features_dictionary_size(&s->features[n]);
        s->features[n].dictionary = size ? malloc(size * sizeof(float)) : NULL;
        if (size && !s->features[n].dictionary)
            return error_no_memory(error, "the training");
    }
    if (checkpoint_load(s, r, path, error) < 0)
        return -1;
    for (int n = 0; n < r->network_count; n++)
        if (features_pair(&s->features[n], error) < 0)
            return -1;
    printf("resuming in epoch %d after %d batches\n", s->epochs + 1, s->batches);
    t->unsaved = s->best[0].parameters != NULL;
    return 0;
}

static int make_faces(struct training *t, struct error *error)
{
    t->faces = malloc((size_t)t->dataset->count * sizeof *t->faces);
    if (!t->faces)
        return error_no_memory(error, "the training");
    const struct dataset *d = t->dataset;
    for (int i = 0; i < d->count; i++)
        t->faces[i] = affine_identity;
    if (!t->state.aligner.parameters)
        return 0;
    if (fit_aligner_apply(&t->state.aligner, d, t->pool, t->faces, error) < 0)
        return -1;
    for (int i = 0; i < d->count; i++)
        t->faces[i] = align_enlarge(&t->faces[i], RECIPE_ENLARGE, d->width, d->height);
    return 0;
}

/* Makes the networks and all they need, from a checkpoint where `resume` is not NULL; otherwise the
 * aligner, the verifier and the dictionaries are learned first. 1 where it is to stop. Call release
 * afterwards, whatever it returns. */
static int prepare(struct training *t, const char *resume, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct training_state *s = &t->state;
    int batch = r->batching == BATCHING_MINI_BATCH ? r->batch_size : CHUNK;
    if (dataset_split(t->dataset, SPLIT_TRAINING, &t->samples, &t->count, error) < 0 ||
        thread_pool_create(&t->pool, r->threads, error) < 0 || make_networks(t, batch, error) < 0)
        return -1;
    if (r->batch_norm && t->count < 2)
        return error_set(error, "batch normalization needs 2 training pictures or more; add some "
                                "or --batch-norm off");
    t->step = r->step;
    t->step.pool = t->pool;
    t->step.position_dropout = t->step.input_dropout;
    t->step.input_dropout = 0.0f; /* it is the loader's work */
    t->order = malloc((size_t)t->count * sizeof *t->order);
    t->answers = malloc((size_t)batch * (size_t)t->dataset->class_count * sizeof *t->answers);
    t->agreed = malloc((size_t)batch * (size_t)t->dataset->class_count * sizeof *t->agreed);
    t->weights = malloc((size_t)t->dataset->count * sizeof *t->weights);
    s->history = calloc((size_t)r->epochs + 1, sizeof *s->history);
    if (!t->order || !t->answers || !t->agreed || !t->weights || !s->history)
        return error_no_memory(error, "the training");
    calibration_weigh(r, t->dataset, t->samples, t->count, t->weights, t->prior);
    s->fingerprint = inspect_fingerprint(t->dataset);
    int result = resume ? resume_training(t, resume, error) : learn_vectors(t, error);
    if (result == 0)
        result = make_faces(t, error);
    if (result != 0)
        return result;
    struct loader_config loading = {.dataset = t->dataset,
                                    .faces = t->faces,
                                    .feature_count = r->network_count,
                                    .augment = r->augment,
                                    .targets = r->targets,
                                    .weights = t->weights,
                                    .input_dropout = r->step.input_dropout,
                                    .mixup = r->mixup,
                                    .views = recipe_views(r),
                                    .batch_size = batch,
                                    .seed = r->seed,
                                    .workers = r->threads};
    memcpy(loading.features, s->features, sizeof loading.features);
    if (validation_create(&t->validation, r, t->dataset, s->features, t->faces, error) < 0 ||
        loader_create(&t->loader, &loading, error) < 0)
        return -1;
    for (int n = 0; n < r->network_count; n++)
        mlp_workspace_share(t->validation.workspaces[n], t->pool);
    int per_epoch = r->batching == BATCHING_FULL         ? 1
                    : r->batching == BATCHING_STOCHASTIC ? t->count
                                                         : loader_batch_count(t->loader, t->count);
    t->planned_updates = (long)r->epochs * per_epoch;
    return 0;
}

static void release(struct training *t)
{
    struct training_state *s = &t->state;
    loader_free(&t->loader);
    mlp_free(&s->aligner);
    mlp_free(&s->verifier);
    for (int n = 0; n < MODEL_MAX_NETWORKS; n++) {
        mlp_free(&s->mlps[n]);
        mlp_free(&s->best[n]);
        optimizer_free(&s->optimizers[n]);
        mlp_activations_free(&t->activations[n]);
        features_free(&s->features[n]);
        free(t->gradients[n]);
    }
    free(s->history);
    thread_pool_free(&t->pool);
    validation_free(&t->validation);
    free(t->answers);
    free(t->agreed);
    free(t->weights);
    free(t->faces);
    free(t->samples);
    free(t->order);
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
    int result = prepare(t, resume, error);
    t->progress = (struct progress_bar){.terminal = STDOUT_FILENO,
                                        .total = recipe->epochs,
                                        .before = t->state.epochs,
                                        .begin = monotonic_now()};
    if (result > 0)
        result = stop_here(t, error);
    else if (result == 0 && recipe->epochs == 0)
        result = validate(t, &t->state.history[0], error) < 0 ? -1 : save_model(t, error);
    else if (result == 0)
        result = train_epochs(t, error);
    progress_bar_hide(&t->progress);
    release(t);
    free(t);
    return result;
}
