#include "fit_aligner.h"

#include "face.h"
#include "mlp_training.h"
#include "monotonic.h"
#include "optimizer.h"
#include "progress_bar.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 3, BATCH = 256 };

/* Each goes on from the network of the one before, which need only be good enough to learn from. */
static const int epochs_of_round[ROUNDS] = {6, 6, 24};

/* Random streams, numbered above those of epochs and samples. */
static const uint64_t pose_streams = (uint64_t)62 << 56, round_streams = (uint64_t)63 << 56;

static const float peak_rate = 1e-3f, decay = 0.02f;

struct mlp_config fit_aligner_network(const struct dataset *dataset)
{
    struct features features = align_features(dataset->width, dataset->height);
    return (struct mlp_config){.layer_count = 3,
                               .units = {features_dim(&features), 128, 64, ALIGN_OUTPUTS},
                               .activation = ACTIVATION_RELU,
                               .output = OUTPUT_SIGMOID,
                               .batch_norm = true};
}

/* ---- Aligning all ---------------------------------------------------------------------------- */

struct application {
    const struct mlp *aligner;
    const struct dataset *dataset;
    struct affine *faces;
    atomic_bool failed;
};

static void apply_part(void *context, int part, int parts)
{
    struct application *a = context;
    const struct dataset *d = a->dataset;
    struct align_workspace *workspace;
    struct error why;
    size_t begin, end;
    thread_pool_share((size_t)d->count, 1, part, parts, &begin, &end);
    if (align_workspace_create(&workspace, a->aligner, d->width, d->height, &why) < 0) {
        atomic_store(&a->failed, true);
        return;
    }
    for (size_t i = begin; i < end; i++)
        align_find(a->aligner, workspace, dataset_picture(d, (int)i), &a->faces[i]);
    align_workspace_free(&workspace);
}

int fit_aligner_apply(const struct mlp *aligner, const struct dataset *dataset,
                      struct thread_pool *pool, struct affine *faces, struct error *error)
{
    struct application a = {.aligner = aligner, .dataset = dataset, .faces = faces};
    thread_pool_run(pool, apply_part, &a);
    return atomic_load(&a.failed) ? error_no_memory(error, "the aligner") : 0;
}

/* ---- One round ------------------------------------------------------------------------------- */

/* Makes views in a thread of its own. */
struct maker {
    void *vector; /* scratch of features_extract */
    uint8_t view[FEATURES_MAX_SIDE * FEATURES_MAX_SIDE];
    uint8_t mirrored[FEATURES_MAX_SIDE * FEATURES_MAX_SIDE];
};

struct fitting {
    const struct dataset *dataset;
    struct thread_pool *pool;
    const struct affine *faces;
    uint64_t seed;
    struct features features;
    int dim;
    int epoch;        /* counted over all rounds */
    int round, first; /* and its first epoch */
    const int *order; /* of the batch */
    int batch;
    float *inputs, *targets; /* BATCH x D, BATCH x ALIGN_OUTPUTS */
    struct maker *makers;    /* one for each thread of the pool */
    struct mlp mlp;
    struct mlp_activations *activations;
    struct optimizer optimizer;
    float *gradients;
    struct progress_bar progress;
};

/* Half of the views are mirrored, poses alike, so that neither side is preferred. */
static void make_views(void *context, int part, int parts)
{
    struct fitting *f = context;
    const struct dataset *d = f->dataset;
    struct maker *m = &f->makers[part];
    size_t begin, end;
    thread_pool_share((size_t)f->batch, 1, part, parts, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        int sample = f->order[i];
        struct rng rng =
            rng_make(f->seed, pose_streams | (uint64_t)f->epoch << 32 | (uint32_t)sample);
        bool mirror = rng_uniform(&rng) < 0.5;
        struct pose pose = align_random_pose(&rng);
        align_view(&f->faces[sample], &pose, dataset_picture(d, sample), d->width, d->height,
                   m->view);
        if (mirror) {
            face_mirror(m->view, d->width, d->height, m->mirrored);
            pose = align_mirror(&pose);
        }
        features_extract(&f->features, m->vector, mirror ? m->mirrored : m->view,
                         f->inputs + i * (size_t)f->dim);
        align_encode(&pose, f->targets + i * ALIGN_OUTPUTS);
    }
}

static void draw_progress(struct fitting *f, double epochs)
{
    char text[48];
    snprintf(text, sizeof text, "aligner, round %d of %d", f->round + 1, ROUNDS);
    progress_bar_update(&f->progress, epochs, text);
}

/* The mean squared error of the outputs over one epoch. */
static double fit_epoch(struct fitting *f, int *order, int count, struct rng *rng)
{
    const struct mlp_training training = {.loss = LOSS_MSE,
                                          .input_dropout = 0.05f,
                                          .batch_norm_momentum = 0.1f,
                                          .pool = f->pool,
                                          .bfloat16 = true};
    int batches = count / BATCH > 0 ? count / BATCH : 1;
    double cost = 0.0;
    rng_shuffle(rng, order, (size_t)count);
    for (int b = 0; b < batches; b++) {
        f->batch = count < BATCH ? count : BATCH;
        f->order = order + (long long)count * b / batches;
        thread_pool_run(f->pool, make_views, f);
        const float *outputs =
            mlp_forward_training(&f->mlp, f->activations, &training, f->inputs, f->batch, rng);
        cost += mlp_cost(OUTPUT_SIGMOID, LOSS_MSE, outputs, f->targets, f->batch, ALIGN_OUTPUTS) /
                f->batch;
        mlp_backward(&f->mlp, f->activations, &training, f->inputs, f->targets, f->batch, f->batch,
                     f->gradients, NULL);
        double at = (f->epoch - f->first + (b + 0.5) / batches) / epochs_of_round[f->round];
        optimizer_update(&f->optimizer, &f->mlp, f->gradients, peak_rate * (float)one_cycle(at));
        draw_progress(f, f->epoch + (b + 1.0) / batches);
    }
    return 2.0 * cost / batches / ALIGN_OUTPUTS;
}

/* ---- All rounds ------------------------------------------------------------------------------ */

static int prepare(struct fitting *f, const struct mlp_config *config, struct error *error)
{
    struct rng rng = rng_make(f->seed, round_streams | UINT32_MAX);
    f->features = align_features(f->dataset->width, f->dataset->height);
    f->dim = config->units[0];
    f->inputs = malloc((size_t)BATCH * (size_t)f->dim * sizeof *f->inputs);
    f->targets = malloc((size_t)BATCH * ALIGN_OUTPUTS * sizeof *f->targets);
    f->makers = calloc((size_t)thread_pool_size(f->pool), sizeof *f->makers);
    bool complete = f->makers;
    for (int i = 0; f->makers && i < thread_pool_size(f->pool); i++) {
        f->makers[i].vector = malloc(features_scratch(&f->features));
        complete = complete && f->makers[i].vector;
    }
    if (mlp_create(&f->mlp, config, error) < 0 ||
        optimizer_create(&f->optimizer, OPTIMIZER_ADAMW, decay, f->mlp.parameter_count, error) < 0)
        return -1;
    f->optimizer.pool = f->pool;
    mlp_init(&f->mlp, &rng);
    f->gradients = calloc(f->mlp.parameter_count, sizeof *f->gradients);
    if (!complete || !f->inputs || !f->targets || !f->gradients)
        return error_no_memory(error, "the aligner");
    return mlp_activations_create(&f->activations, config, BATCH, error);
}

static void release(struct fitting *f)
{
    mlp_free(&f->mlp);
    optimizer_free(&f->optimizer);
    mlp_activations_free(&f->activations);
    for (int i = 0; f->makers && i < thread_pool_size(f->pool); i++)
        free(f->makers[i].vector);
    free(f->makers);
    free(f->inputs);
    free(f->targets);
    free(f->gradients);
}

/* The network of the round, folded, in *aligner; 1 where it is to stop. */
static int fit_round(struct fitting *f, int round, int *order, int count,
                     const volatile sig_atomic_t *stop, struct mlp *aligner, struct error *error)
{
    struct rng rng = rng_make(f->seed, round_streams | (uint64_t)round);
    double cost = 0.0;
    f->round = round;
    f->first = f->epoch;
    for (; f->epoch < f->first + epochs_of_round[round]; f->epoch++) {
        if (*stop)
            return 1;
        cost = fit_epoch(f, order, count, &rng);
    }
    struct mlp folded;
    if (mlp_fold(&f->mlp, &folded, error) < 0)
        return -1;
    mlp_free(aligner);
    *aligner = folded;
    progress_bar_hide(&f->progress);
    printf("aligner, round %d of %d: error of turn, size and place %.1f %% of their range\n",
           round + 1, ROUNDS, 100.0 * sqrt(cost));
    fflush(stdout);
    return 0;
}

int fit_aligner(struct mlp *aligner, const struct dataset *dataset, const int *samples, int count,
                uint64_t seed, struct thread_pool *pool, const volatile sig_atomic_t *stop,
                struct error *error)
{
    if (count < 2) /* it has batch normalization */
        return error_set(error, "the aligner needs 2 training pictures or more; add some or use "
                                "--align off");
    struct mlp_config config = fit_aligner_network(dataset);
    struct affine *faces = malloc((size_t)dataset->count * sizeof *faces);
    int *order = malloc((size_t)count * sizeof *order);
    struct fitting f = {.dataset = dataset, .pool = pool, .faces = faces, .seed = seed};
    struct mlp learned = {0};
    int result = 0;
    f.progress = (struct progress_bar){.terminal = STDOUT_FILENO, .begin = monotonic_now()};
    for (int i = 0; i < ROUNDS; i++)
        f.progress.total += epochs_of_round[i];
    if (!faces || !order)
        result = error_no_memory(error, "the aligner");
    else
        result = prepare(&f, &config, error);
    for (int i = 0; result == 0 && i < dataset->count; i++)
        faces[i] = affine_identity;
    if (result == 0)
        memcpy(order, samples, (size_t)count * sizeof *order);
    for (int round = 0; result == 0 && round < ROUNDS; round++) {
        result = fit_round(&f, round, order, count, stop, &learned, error);
        if (result == 0 && round < ROUNDS - 1)
            result = fit_aligner_apply(&learned, dataset, pool, faces, error);
    }
    progress_bar_hide(&f.progress);
    release(&f);
    free(faces);
    free(order);
    if (result != 0)
        mlp_free(&learned);
    else
        *aligner = learned;
    return result;
}

static int replace_pictures(struct dataset *d, const struct affine *faces, struct error *error)
{
    size_t size = (size_t)d->width * (size_t)d->height;
    uint8_t *face = malloc(size);
    if (!face)
        return error_no_memory(error, "the aligner");
    for (int i = 0; i < d->count; i++) {
        uint8_t *picture = d->pixels + (size_t)i * size;
        warp_picture(&faces[i], picture, d->width, d->height, face);
        memcpy(picture, face, size);
    }
    free(face);
    return 0;
}

int fit_aligner_replace(struct dataset *dataset, uint64_t seed, int threads,
                        const volatile sig_atomic_t *stop, struct error *error)
{
    struct thread_pool *pool = NULL;
    struct mlp aligner = {0};
    int *samples = NULL, count;
    struct affine *faces = malloc((size_t)dataset->count * sizeof *faces);
    int result = faces ? 0 : error_no_memory(error, "the aligner");
    if (result == 0)
        result = thread_pool_create(&pool, threads, error);
    if (result == 0)
        result = dataset_split(dataset, SPLIT_TRAINING, &samples, &count, error);
    if (result == 0)
        result = fit_aligner(&aligner, dataset, samples, count, seed, pool, stop, error);
    if (result > 0)
        result = error_set(error, "stopped while the aligner was learned; nothing was written");
    if (result == 0)
        result = fit_aligner_apply(&aligner, dataset, pool, faces, error);
    if (result == 0)
        result = replace_pictures(dataset, faces, error);
    mlp_free(&aligner);
    thread_pool_free(&pool);
    free(samples);
    free(faces);
    return result;
}
