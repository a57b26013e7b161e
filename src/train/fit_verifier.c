#include "fit_verifier.h"

#include "face.h"
#include "mlp_training.h"
#include "monotonic.h"
#include "optimizer.h"
#include "progress_bar.h"
#include "warp.h"
#include "webcam.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HIDDEN = 128,
    BATCH = 256,
    ROUNDS = 4,
    ROUND_EPOCHS = 6,
    DRAWN_OF_FACE = 2,  /* random windows that are judged after a round, for each face */
    KEPT_OF_DRAWN = 10, /* one in so many is kept: those most like faces */
    FACES_OF_FRESH = 4, /* random windows of an epoch: one for so many faces */
    FACES_OF_MISPLACED = 3,
    CROP = FACE_SIDE * FACE_SIDE
};

/* Random streams, numbered above those of rounds, epochs and samples. */
static const uint64_t sample_streams = (uint64_t)56 << 56, window_streams = (uint64_t)57 << 56,
                      order_stream = (uint64_t)55 << 56;

static const float peak_rate = 1e-3f, decay = 0.05f;

struct mlp_config fit_verifier_network(const struct dataset *dataset)
{
    int dim = verifier_dim(dataset->width, dataset->height);
    return (struct mlp_config){.layer_count = 2,
                               .units = {dim, HIDDEN, 1},
                               .activation = ACTIVATION_RELU,
                               .output = OUTPUT_SIGMOID,
                               .batch_norm = true};
}

/* ---- Samples --------------------------------------------------------------------------------- */

/* Where a sample comes from. A misplaced face shares its picture with a face. */
enum kind { FACE, MISPLACED, HARD, MINED, WINDOW };

struct sample {
    enum kind kind;
    int index;
};

/* Makes samples in a thread of its own. */
struct maker {
    void *vector; /* scratch of verifier_vector */
    struct webcam_scratch webcam;
};

struct fitting {
    const struct dataset *dataset;
    const struct backgrounds *backgrounds;
    struct thread_pool *pool;
    uint64_t seed;
    int dim;
    int *faces, face_count; /* samples of the data set */
    uint8_t *mined;         /* mined_count x CROP: windows most like faces */
    int mined_count;
    struct sample *samples; /* of an epoch */
    int sample_count, epoch;
    const int *order; /* of the batch */
    int batch;
    float *inputs, *targets; /* BATCH x D, BATCH x 1 */
    struct maker *makers;    /* one for each thread of the pool */
    struct mlp mlp;
    struct mlp_activations *activations;
    struct optimizer optimizer;
    float *gradients;
    struct progress_bar progress;
};

static float between(struct rng *rng, double low, double high)
{
    return (float)rng_between(rng, low, high);
}

/* Turned by `angle`, enlarged by `scale`, moved by shares of the side; the edge is repeated. */
static void move(const uint8_t *in, float angle, float scale, float dx, float dy, uint8_t *out)
{
    struct affine map = affine_similarity(angle, 1.0f / scale, dx * FACE_SIDE, dy * FACE_SIDE,
                                          FACE_SIDE, FACE_SIDE);
    warp_picture(&map, in, FACE_SIDE, FACE_SIDE, out);
}

/* As boxes of cascades lie: heads are tilted by up to 25 degrees. */
static void place(const uint8_t *face, struct rng *rng, uint8_t *crop)
{
    float most = between(rng, -0.44, 0.44), angle = most * between(rng, 0, 1);
    float scale = expf(between(rng, -0.16, 0.16));
    float dx = between(rng, -0.08, 0.08), dy = between(rng, -0.08, 0.08);
    move(face, angle, scale, dx, dy, crop);
}

/* As no face should lie in its box: on its side, upside down, cut off, much too small or too large.
 */
static void misplace(const uint8_t *face, struct rng *rng, uint8_t *crop)
{
    const float pi = 3.14159265f;
    float angle = between(rng, -0.35, 0.35), scale = between(rng, 0.85, 1.2), far = 0.0f;
    float way = between(rng, 0, 2.0 * (double)pi);
    switch (rng_below(rng, 4)) {
    case 0:
        angle += 0.5f * pi * (float)(1 + rng_below(rng, 3));
        break;
    case 1:
        far = between(rng, 0.35, 0.65);
        break;
    case 2:
        scale = between(rng, 1.7, 3.2);
        far = between(rng, 0, 0.3);
        break;
    default:
        scale = between(rng, 0.3, 0.58);
        far = between(rng, 0, 0.15);
        break;
    }
    move(face, angle, scale, far * cosf(way), far * sinf(way), crop);
}

static void make_crop(const struct fitting *f, const struct sample *sample, struct rng *rng,
                      struct webcam_scratch *scratch, uint8_t *crop)
{
    uint8_t picture[CROP];
    switch (sample->kind) {
    case FACE:
    case MISPLACED:
        memcpy(picture, dataset_picture(f->dataset, f->faces[sample->index]), CROP);
        break;
    case HARD:
        memcpy(picture, f->backgrounds->hard + (size_t)sample->index * CROP, CROP);
        break;
    case MINED:
        memcpy(picture, f->mined + (size_t)sample->index * CROP, CROP);
        break;
    default:
        backgrounds_window(f->backgrounds, rng, picture);
        break;
    }
    if (rng_below(rng, 4) == 0) {
        struct grey_crop whole = {picture, FACE_SIDE, FACE_SIDE};
        webcam_picture(whole, rng, scratch, picture);
    }
    if (sample->kind == MISPLACED)
        misplace(picture, rng, crop);
    else
        place(picture, rng, crop);
    if (rng_below(rng, 2)) {
        memcpy(picture, crop, CROP);
        face_mirror(picture, FACE_SIDE, FACE_SIDE, crop);
    }
}

static void make_inputs(void *context, int part, int parts)
{
    struct fitting *f = context;
    struct maker *m = &f->makers[part];
    size_t begin, end;
    uint8_t crop[CROP];
    thread_pool_share((size_t)f->batch, 1, part, parts, &begin, &end);
    for (size_t i = begin; i < end; i++) {
        int number = f->order[i];
        struct rng rng =
            rng_make(f->seed, sample_streams | (uint64_t)f->epoch << 32 | (uint32_t)number);
        make_crop(f, &f->samples[number], &rng, &m->webcam, crop);
        verifier_vector(m->vector, crop, FACE_SIDE, FACE_SIDE, f->inputs + i * (size_t)f->dim);
        f->targets[i] = f->samples[number].kind == FACE ? 1.0f : 0.0f;
    }
}

static void add_samples(struct fitting *f, enum kind kind, int count)
{
    for (int i = 0; i < count; i++)
        f->samples[f->sample_count++] = (struct sample){kind, i};
}

/* Each face once as it should lie in its box, some as they should not; and all that is no face. */
static int list_samples(struct fitting *f, struct error *error)
{
    int hard = f->backgrounds->hard_count, misplaced = f->face_count / FACES_OF_MISPLACED;
    int fresh = 1 + f->face_count / FACES_OF_FRESH;
    size_t most = (size_t)f->face_count + (size_t)misplaced + (size_t)hard +
                  (size_t)f->mined_count + (size_t)fresh;
    free(f->samples);
    f->samples = malloc(most * sizeof *f->samples);
    if (!f->samples)
        return error_no_memory(error, "the verifier");
    f->sample_count = 0;
    add_samples(f, FACE, f->face_count);
    add_samples(f, MISPLACED, misplaced);
    add_samples(f, HARD, hard);
    add_samples(f, MINED, f->mined_count);
    add_samples(f, WINDOW, fresh);
    return 0;
}

/* ---- One round ------------------------------------------------------------------------------- */

/* Sums over an epoch: how many faces were missed and others let pass, of how many. */
struct tally {
    double missed, passed, faces, others;
};

static void fit_batch(struct fitting *f, const int *order, int batch, double at, struct rng *rng,
                      struct tally *tally)
{
    const struct mlp_training training = {.loss = LOSS_CROSS_ENTROPY,
                                          .dropout = 0.2f,
                                          .input_dropout = 0.1f,
                                          .batch_norm_momentum = 0.1f,
                                          .pool = f->pool,
                                          .bfloat16 = true};
    f->order = order;
    f->batch = batch;
    thread_pool_run(f->pool, make_inputs, f);
    const float *outputs =
        mlp_forward_training(&f->mlp, f->activations, &training, f->inputs, batch, rng);
    for (int i = 0; i < batch; i++) {
        bool face = f->targets[i] > 0.5f, taken = outputs[i] > 0.5f;
        tally->faces += face;
        tally->others += !face;
        tally->missed += face && !taken;
        tally->passed += !face && taken;
    }
    mlp_backward(&f->mlp, f->activations, &training, f->inputs, f->targets, batch, batch,
                 f->gradients, NULL);
    optimizer_update(&f->optimizer, &f->mlp, f->gradients, peak_rate * (float)one_cycle(at));
}

static int fit_epoch(struct fitting *f, int round, struct tally *tally, struct error *error)
{
    struct rng rng = rng_make(f->seed, order_stream | (uint64_t)f->epoch);
    int *order = malloc((size_t)f->sample_count * sizeof *order);
    if (!order)
        return error_no_memory(error, "the verifier");
    for (int i = 0; i < f->sample_count; i++)
        order[i] = i;
    rng_shuffle(&rng, order, (size_t)f->sample_count);
    int batches = (f->sample_count + BATCH - 1) / BATCH;
    *tally = (struct tally){0};
    for (int b = 0; b < batches; b++) {
        int begin = (int)((long long)f->sample_count * b / batches);
        int end = (int)((long long)f->sample_count * (b + 1) / batches);
        double done = f->epoch + (b + 1.0) / batches;
        char text[48];
        fit_batch(f, order + begin, end - begin, (done - 0.5 / batches) / (ROUNDS * ROUND_EPOCHS),
                  &rng, tally);
        snprintf(text, sizeof text, "verifier, round %d of %d", round + 1, ROUNDS);
        progress_bar_update(&f->progress, done, text);
    }
    free(order);
    f->epoch++;
    return 0;
}

/* ---- Windows that look most like faces ------------------------------------------------------- */

struct judgement {
    const struct fitting *fitting;
    const struct mlp *verifier;
    size_t drawn;
    float *scores;      /* drawn */
    atomic_bool failed; /* memory ran out */
};

static struct rng window_stream(const struct fitting *f, size_t window)
{
    return rng_make(f->seed, window_streams | (uint64_t)f->epoch << 32 | (uint32_t)window);
}

static void judge_part(void *context, int part, int parts)
{
    struct judgement *j = context;
    struct verifier_workspace *workspace = NULL;
    struct error why;
    size_t begin, end;
    uint8_t crop[CROP];
    thread_pool_share(j->drawn, 1, part, parts, &begin, &end);
    if (verifier_workspace_create(&workspace, j->verifier, FACE_SIDE, FACE_SIDE, &why) < 0) {
        atomic_store(&j->failed, true);
        return;
    }
    for (size_t i = begin; i < end; i++) {
        struct rng rng = window_stream(j->fitting, i);
        backgrounds_window(j->fitting->backgrounds, &rng, crop);
        j->scores[i] = verifier_score(j->verifier, workspace, crop);
    }
    verifier_workspace_free(&workspace);
}

static int falling(const void *first, const void *second)
{
    float a = *(const float *)first, b = *(const float *)second;
    return (a < b) - (a > b);
}

/* Draws windows and keeps those that look most like faces. */
static int mine(struct fitting *f, const struct mlp *verifier, struct error *error)
{
    size_t drawn = DRAWN_OF_FACE * (size_t)f->face_count, kept = drawn / KEPT_OF_DRAWN;
    float *scores = malloc((2 * drawn + 1) * sizeof *scores);
    uint8_t *mined = realloc(f->mined, ((size_t)f->mined_count + kept + 1) * CROP);
    f->mined = mined ? mined : f->mined;
    if (!scores || !mined) {
        free(scores);
        return error_no_memory(error, "the verifier");
    }
    struct judgement judgement = {
        .fitting = f, .verifier = verifier, .drawn = drawn, .scores = scores};
    thread_pool_run(f->pool, judge_part, &judgement);
    if (atomic_load(&judgement.failed)) {
        free(scores);
        return error_no_memory(error, "the verifier");
    }
    float *sorted = scores + drawn;
    memcpy(sorted, scores, drawn * sizeof *scores);
    qsort(sorted, drawn, sizeof *sorted, falling);
    float least = sorted[kept];
    for (size_t i = 0; i < drawn; i++)
        if (scores[i] > least) {
            struct rng rng = window_stream(f, i);
            backgrounds_window(f->backgrounds, &rng, f->mined + (size_t)f->mined_count++ * CROP);
        }
    free(scores);
    return 0;
}

/* 1 where it is to stop. */
static int fit_round(struct fitting *f, int round, const volatile sig_atomic_t *stop,
                     struct mlp *verifier, struct error *error)
{
    struct tally tally = {0};
    if (list_samples(f, error) < 0)
        return -1;
    for (int i = 0; i < ROUND_EPOCHS; i++) {
        if (*stop)
            return 1;
        if (fit_epoch(f, round, &tally, error) < 0)
            return -1;
    }
    mlp_free(verifier);
    if (mlp_fold(&f->mlp, verifier, error) < 0)
        return -1;
    progress_bar_hide(&f->progress);
    printf("verifier, round %d of %d: %d faces, %.1f %% missed; %d others, %.1f %% let pass\n",
           round + 1, ROUNDS, (int)tally.faces, 100.0 * tally.missed / tally.faces,
           (int)tally.others, 100.0 * tally.passed / tally.others);
    fflush(stdout);
    return round + 1 < ROUNDS ? mine(f, verifier, error) : 0;
}

/* ---- All rounds ------------------------------------------------------------------------------ */

/* Where most taggers saw none of the seven expressions, there is seldom a face to be seen. */
static bool shows_face(const struct dataset *d, int sample)
{
    int votes = 0;
    for (int k = 0; d->votes && k < LABEL_COUNT; k++)
        votes += d->votes[sample].classes[k];
    return !d->votes || 2 * votes >= d->votes[sample].total;
}

static int prepare(struct fitting *f, const int *samples, int count, struct error *error)
{
    struct mlp_config config = fit_verifier_network(f->dataset);
    struct rng rng = rng_make(f->seed, order_stream | UINT32_MAX);
    f->dim = config.units[0];
    f->faces = malloc((size_t)count * sizeof *f->faces);
    f->inputs = malloc((size_t)BATCH * (size_t)f->dim * sizeof *f->inputs);
    f->targets = malloc((size_t)BATCH * sizeof *f->targets);
    f->makers = calloc((size_t)thread_pool_size(f->pool), sizeof *f->makers);
    bool complete = f->makers;
    for (int i = 0; f->makers && i < thread_pool_size(f->pool); i++) {
        f->makers[i].vector = malloc(verifier_scratch(FACE_SIDE, FACE_SIDE));
        complete = complete && f->makers[i].vector;
    }
    if (mlp_create(&f->mlp, &config, error) < 0 ||
        optimizer_create(&f->optimizer, OPTIMIZER_ADAMW, decay, f->mlp.parameter_count, error) < 0)
        return -1;
    f->gradients = calloc(f->mlp.parameter_count, sizeof *f->gradients);
    if (!complete || !f->faces || !f->inputs || !f->targets || !f->gradients)
        return error_no_memory(error, "the verifier");
    f->optimizer.pool = f->pool;
    mlp_init(&f->mlp, &rng);
    for (int i = 0; i < count; i++)
        if (shows_face(f->dataset, samples[i]))
            f->faces[f->face_count++] = samples[i];
    if (f->face_count == 0)
        return error_set(error, "the training pictures show no faces by FER+'s votes, so there is "
                                "nothing to verify; use --verifier off");
    return mlp_activations_create(&f->activations, &config, BATCH, error);
}

static void release(struct fitting *f)
{
    mlp_free(&f->mlp);
    optimizer_free(&f->optimizer);
    mlp_activations_free(&f->activations);
    free(f->faces);
    free(f->mined);
    free(f->samples);
    for (int i = 0; f->makers && i < thread_pool_size(f->pool); i++)
        free(f->makers[i].vector);
    free(f->makers);
    free(f->inputs);
    free(f->targets);
    free(f->gradients);
}

int fit_verifier(struct mlp *verifier, const struct dataset *dataset, const int *samples, int count,
                 const struct backgrounds *backgrounds, uint64_t seed, struct thread_pool *pool,
                 const volatile sig_atomic_t *stop, struct error *error)
{
    struct fitting f = {.dataset = dataset, .backgrounds = backgrounds, .pool = pool, .seed = seed};
    struct mlp learned = {0};
    int result = prepare(&f, samples, count, error);
    f.progress = (struct progress_bar){
        .terminal = STDOUT_FILENO, .total = ROUNDS * ROUND_EPOCHS, .begin = monotonic_now()};
    for (int round = 0; result == 0 && round < ROUNDS; round++)
        result = fit_round(&f, round, stop, &learned, error);
    progress_bar_hide(&f.progress);
    release(&f);
    if (result != 0)
        mlp_free(&learned);
    else
        *verifier = learned;
    return result;
}
