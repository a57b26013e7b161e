#include "trainer.h"

#include "evaluate.h"
#include "file.h"
#include "gemm.h"
#include "loader.h"
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Random streams of one seed; the loader's own streams lie below 2^62. */
enum stream { STREAM_WEIGHTS, STREAM_ORDER, STREAM_DROPOUT };

enum { CHUNK = 256 }; /* samples a pass of stochastic and full descent */

/* The validation split as vectors, made once. */
struct validation {
    int *indices, count;
    float *vectors;       /* count x D */
    float *targets;       /* count x K, the bare labels */
    float *probabilities; /* count x K */
    struct mlp_workspace *workspace;
};

struct training {
    const struct recipe *recipe;
    const struct dataset *dataset;
    const volatile sig_atomic_t *stop;
    struct mlp mlp;
    struct mlp_tape *tape;
    struct optimizer optimizer;
    struct loader *loader;
    struct validation validation;
    float *gradients;
    int *order, count; /* the training samples */
    long updates, planned_updates;
    struct progress progress;
};

/* What an epoch came to. */
struct epoch_result {
    double loss, accuracy; /* on the augmented training samples, while the weights moved */
    double validation_loss, validation_accuracy;
    double seconds;
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
    double at = ((double)t->updates + 0.5) / (double)t->planned_updates;
    double share = at < warm_up ? lowest + (1.0 - lowest) * 0.5 * (1.0 - cos(pi * at / warm_up))
                                : 0.5 * (1.0 + cos(pi * (at - warm_up) / (1.0 - warm_up)));
    return (float)(r->learning_rate * share);
}

static void update(struct training *t)
{
    optimizer_update(&t->optimizer, &t->mlp, t->gradients, learning_rate(t));
    memset(t->gradients, 0, t->mlp.parameter_count * sizeof *t->gradients);
    t->updates++;
}

/* Forward and backward over `count` rows; the gradients are for a mean over `samples`. Adds to the
 * epoch's cost and hits. */
static void pass(struct training *t, const float *inputs, const float *targets, int count,
                 int samples, struct rng *rng, struct epoch_result *sums)
{
    const struct recipe *r = t->recipe;
    int classes = t->dataset->class_count;
    const float *outputs = mlp_forward_training(&t->mlp, t->tape, &r->step, inputs, count, rng);
    sums->loss += mlp_cost(r->output, r->step.loss, outputs, targets, count, classes);
    for (int i = 0; i < count; i++)
        sums->accuracy += predicted_class(outputs + (size_t)i * (size_t)classes, classes) ==
                          predicted_class(targets + (size_t)i * (size_t)classes, classes);
    mlp_backward(&t->mlp, t->tape, &r->step, inputs, targets, count, samples, t->gradients, NULL);
}

static void train_batch(struct training *t, const struct batch *batch, struct rng *rng,
                        struct epoch_result *sums)
{
    size_t dim = (size_t)t->mlp.config.units[0], classes = (size_t)t->dataset->class_count;
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

static int train_epoch(struct training *t, int epoch, struct epoch_result *result,
                       struct error *error)
{
    struct rng order_rng = stream_of(t->recipe, STREAM_ORDER, epoch);
    struct rng dropout_rng = stream_of(t->recipe, STREAM_DROPOUT, epoch);
    struct batch batch;
    int seen = 0;
    double started = progress_clock();
    rng_shuffle(&order_rng, t->order, (size_t)t->count);
    loader_start(t->loader, t->order, t->count, epoch);
    *result = (struct epoch_result){0};
    while (!*t->stop && loader_next(t->loader, &batch)) {
        char text[96];
        train_batch(t, &batch, &dropout_rng, result);
        seen += batch.count;
        if (!isfinite(result->loss))
            return error_set(error,
                             "the loss is no finite number in epoch %d; use a smaller "
                             "--learning-rate than %g",
                             epoch + 1, (double)t->recipe->learning_rate);
        snprintf(text, sizeof text, "epoch %d/%d  loss %.4f  accuracy %.1f %%  %.0f samples/s",
                 epoch + 1, t->recipe->epochs, result->loss / seen, 100.0 * result->accuracy / seen,
                 seen / (progress_clock() - started));
        progress_draw(&t->progress, epoch + (double)seen / t->count, t->recipe->epochs, text);
    }
    if (t->recipe->descent == DESCENT_FULL && !*t->stop)
        update(t);
    result->loss /= t->count;
    result->accuracy /= t->count;
    result->seconds = progress_clock() - started;
    return 0;
}

/* ---- Validation and the best model ----------------------------------------------------------- */

static void validate(struct training *t, const struct mlp *folded, struct epoch_result *result)
{
    struct validation *v = &t->validation;
    size_t dim = (size_t)folded->config.units[0];
    size_t classes = (size_t)t->dataset->class_count;
    int hits = 0;
    for (int done = 0; done < v->count; done += CHUNK) {
        int batch = v->count - done < CHUNK ? v->count - done : CHUNK;
        mlp_forward(folded, v->workspace, v->vectors + (size_t)done * dim, batch,
                    v->probabilities + (size_t)done * classes);
    }
    for (int i = 0; i < v->count; i++)
        hits += predicted_class(v->probabilities + (size_t)i * classes, (int)classes) ==
                t->dataset->labels[v->indices[i]];
    result->validation_accuracy = (double)hits / v->count;
    result->validation_loss = mlp_cost(t->recipe->output, t->recipe->step.loss, v->probabilities,
                                       v->targets, v->count, (int)classes) /
                              v->count;
}

static void describe(const struct training *t, struct model *model)
{
    const struct recipe *r = t->recipe;
    struct model_notes *n = &model->notes;
    size_t used = 0;
    snprintf(n->training_data, sizeof n->training_data,
             "FER2013: Training %d pictures, validation on PublicTest %d%s", t->count,
             t->validation.count, t->dataset->votes ? "; FER+ votes" : "");
    used = (size_t)snprintf(n->recipe, sizeof n->recipe, "%s, hidden", descent_names[r->descent]);
    for (int i = 0; i < r->hidden_count && used < sizeof n->recipe; i++)
        used += (size_t)snprintf(n->recipe + used, sizeof n->recipe - used, "%s%d", i ? "," : " ",
                                 r->hidden[i]);
    if (used < sizeof n->recipe)
        snprintf(n->recipe + used, sizeof n->recipe - used,
                 ", %s, %s, learning rate %g, %d epochs, batch %d, dropout %g/%g, weight decay %g, "
                 "label smoothing %g, FER+ share %g, augment %g",
                 loss_names[r->step.loss], optimizer_names[r->optimizer], (double)r->learning_rate,
                 r->epochs, r->batch_size, (double)r->step.dropout, (double)r->step.input_dropout,
                 (double)r->weight_decay, (double)r->targets.smoothing,
                 t->dataset->votes ? (double)r->targets.votes_share : 0.0,
                 (double)r->augment.strength);
    snprintf(n->seed, sizeof n->seed, "%llu", (unsigned long long)r->seed);
    snprintf(n->licence, sizeof n->licence, "MIT");
    time_t now = time(NULL);
    struct tm date;
    if (gmtime_r(&now, &date))
        strftime(n->date, sizeof n->date, "%Y-%m-%d", &date);
}

static int save(const struct training *t, const struct mlp *folded, double accuracy,
                const char *output, struct error *error)
{
    struct model model = {.features = t->recipe->features,
                          .mlp = *folded,
                          .class_count = t->dataset->class_count,
                          .mirror = t->recipe->augment.flip};
    memcpy(model.class_names, t->dataset->class_names, sizeof model.class_names);
    describe(t, &model);
    snprintf(model.notes.accuracy, sizeof model.notes.accuracy, "%.4f on PublicTest, plain crop",
             accuracy);
    return model_save(&model, output, error);
}

/* Validates; where it is the best so far, saves. */
static int validate_and_keep(struct training *t, double *best, const char *output,
                             struct epoch_result *result, struct error *error)
{
    struct mlp folded;
    if (mlp_fold(&t->mlp, &folded, error) < 0)
        return -1;
    validate(t, &folded, result);
    int status = 0;
    if (result->validation_accuracy > *best) {
        *best = result->validation_accuracy;
        status = save(t, &folded, *best, output, error);
    }
    mlp_free(&folded);
    return status;
}

static int train_epochs(struct training *t, const char *output, struct error *error)
{
    double best = -1.0;
    int waited = 0;
    struct epoch_result result = {0};
    if (t->recipe->epochs == 0)
        return validate_and_keep(t, &best, output, &result, error);
    for (int epoch = 0; epoch < t->recipe->epochs; epoch++) {
        double before = best;
        if (train_epoch(t, epoch, &result, error) < 0)
            return -1;
        if (*t->stop) {
            progress_clear(&t->progress);
            printf("stopped in epoch %d; %s\n", epoch + 1,
                   best < 0.0 ? "no model was written" : "the best model so far is kept");
            return 0;
        }
        if (validate_and_keep(t, &best, output, &result, error) < 0)
            return -1;
        progress_clear(&t->progress);
        printf("epoch %3d/%d  loss %.4f  accuracy %5.2f %%   PublicTest loss %.4f  accuracy "
               "%5.2f %%  %s  %.1f s\n",
               epoch + 1, t->recipe->epochs, result.loss, 100.0 * result.accuracy,
               result.validation_loss, 100.0 * result.validation_accuracy,
               best > before ? "best" : "    ", result.seconds);
        fflush(stdout);
        waited = best > before ? 0 : waited + 1;
        if (t->recipe->patience > 0 && waited == t->recipe->patience) {
            printf("no better validation for %d epochs: done\n", waited);
            break;
        }
    }
    return 0;
}

/* ---- Setting up ------------------------------------------------------------------------------ */

static int prepare_validation(struct training *t, const struct mlp_config *config,
                              struct error *error)
{
    struct validation *v = &t->validation;
    const struct target_mix labels = {0};
    size_t dim = (size_t)config->units[0], classes = (size_t)t->dataset->class_count;
    if (dataset_split(t->dataset, SPLIT_PUBLIC_TEST, &v->indices, &v->count, error) < 0)
        return -1;
    size_t count = (size_t)v->count;
    v->vectors = malloc(count * dim * sizeof(float));
    v->targets = malloc(count * classes * sizeof(float));
    v->probabilities = malloc(count * classes * sizeof(float));
    if (!v->vectors || !v->targets || !v->probabilities)
        return error_no_memory(error, "the validation pictures");
    for (size_t i = 0; i < count; i++) {
        features_extract(&t->recipe->features, dataset_picture(t->dataset, v->indices[i]),
                         v->vectors + i * dim);
        dataset_target(t->dataset, &labels, v->indices[i], v->targets + i * classes);
    }
    return mlp_workspace_create(&v->workspace, config, CHUNK, error);
}

static int prepare(struct training *t, struct error *error)
{
    const struct recipe *r = t->recipe;
    struct mlp_config config = recipe_network(r, t->dataset);
    int batch = r->descent == DESCENT_MINI_BATCH ? r->batch_size : CHUNK;
    struct loader_config loading = {.dataset = t->dataset,
                                    .features = r->features,
                                    .augment = r->augment,
                                    .targets = r->targets,
                                    .batch_size = batch,
                                    .seed = r->seed,
                                    .workers = r->threads};
    if (dataset_split(t->dataset, SPLIT_TRAINING, &t->order, &t->count, error) < 0 ||
        mlp_create(&t->mlp, &config, error) < 0 ||
        mlp_tape_create(&t->tape, &config, batch, error) < 0 ||
        optimizer_create(&t->optimizer, r->optimizer, r->weight_decay, t->mlp.parameter_count,
                         error) < 0 ||
        prepare_validation(t, &config, error) < 0 || loader_create(&t->loader, &loading, error) < 0)
        return -1;
    t->gradients = calloc(t->mlp.parameter_count, sizeof *t->gradients);
    if (!t->gradients)
        return error_no_memory(error, "the gradients");
    int per_epoch = r->descent == DESCENT_FULL         ? 1
                    : r->descent == DESCENT_STOCHASTIC ? t->count
                                                       : loader_batch_count(t->loader, t->count);
    t->planned_updates = (long)r->epochs * per_epoch;
    struct rng rng = stream_of(r, STREAM_WEIGHTS, 0);
    mlp_init(&t->mlp, &rng);
    return 0;
}

static void release(struct training *t)
{
    loader_free(&t->loader);
    mlp_free(&t->mlp);
    mlp_tape_free(&t->tape);
    optimizer_free(&t->optimizer);
    mlp_workspace_free(&t->validation.workspace);
    free(t->validation.indices);
    free(t->validation.vectors);
    free(t->validation.targets);
    free(t->validation.probabilities);
    free(t->gradients);
    free(t->order);
}

int train(const struct recipe *recipe, const struct dataset *dataset, const char *output,
          const volatile sig_atomic_t *stop, struct error *error)
{
    if (recipe_check(recipe, error) < 0)
        return -1;
    struct training t = {.recipe = recipe, .dataset = dataset, .stop = stop};
    struct file_writer *probe; /* a place that cannot be written to is told before the work */
    if (file_writer_open(&probe, output, error) < 0)
        return -1;
    file_writer_discard(&probe);
    gemm_set_threads(recipe->threads);
    progress_start(&t.progress, stdout);
    int result = prepare(&t, error);
    if (result == 0)
        result = train_epochs(&t, output, error);
    progress_clear(&t.progress);
    release(&t);
    return result;
}
