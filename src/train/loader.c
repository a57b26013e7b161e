#define _XOPEN_SOURCE 700 /* setpriority */ /* NOLINT: names of this kind are POSIX's to give */
#include "loader.h"

#include "mlp_training.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { SLOTS = 4 };

struct slot {
    int number; /* of the batch it holds or is being filled with */
    bool ready;
    float *inputs[MODEL_MAX_NETWORKS], *targets;
};

struct worker {
    struct loader *loader;
    pthread_t thread;
    void *vector; /* scratch of features_extract */
    struct augment_scratch augment;
    uint8_t picture[FEATURES_MAX_SIDE * FEATURES_MAX_SIDE];
};

struct loader {
    struct loader_config config;
    int dims[MODEL_MAX_NETWORKS], classes;
    pthread_mutex_t mutex;
    pthread_cond_t work;  /* a slot became free, an epoch began, or the end */
    pthread_cond_t ready; /* a batch was filled */
    bool stopping;
    const int *order;
    int count, epoch, batches;
    int claimed;  /* batches handed to workers */
    int released; /* batches the consumer is done with */
    bool lent;    /* whether the consumer holds batch `released` */
    struct slot slots[SLOTS];
    int worker_count; /* started */
    struct worker *workers;
};

int loader_batch_count(const struct loader *loader, int count)
{
    int samples = loader->config.batch_size / loader->config.views;
    return (count + samples - 1) / samples;
}

/* The first sample of batch `number`: the samples are shared out evenly. */
static int batch_begin(const struct loader *l, int number)
{
    return (int)((long long)l->count * number / l->batches);
}

int loader_seen(const struct loader *l)
{
    return batch_begin(l, l->released + (l->lent ? 1 : 0));
}

/* From Beta(alpha, alpha), by the method of Joehnk (1964), which suits small alpha. */
static double draw_beta(struct rng *rng, double alpha)
{
    double x, y;
    do {
        x = pow(rng_uniform(rng), 1.0 / alpha);
        y = pow(rng_uniform(rng), 1.0 / alpha);
    } while (x + y > 1.0 || x + y == 0.0);
    return x / (x + y);
}

/* a and b become share a + (1 - share) b and share b + (1 - share) a. */
static void blend(float *a, float *b, size_t count, float share)
{
    for (size_t i = 0; i < count; i++) {
        float mean = share * a[i] + (1.0f - share) * b[i];
        b[i] = a[i] + b[i] - mean;
        a[i] = mean;
    }
}

/* Mixup: the samples of a batch, which are in random order, become blends of two, vectors and
 * targets alike. */
static void mix_pairs(const struct loader *l, struct slot *slot, int count, struct rng *rng)
{
    size_t classes = (size_t)l->classes;
    for (int i = 0; i < count / 2; i++) {
        size_t a = (size_t)i, b = (size_t)(count - 1 - i);
        float share = (float)draw_beta(rng, (double)l->config.mixup);
        for (int f = 0; f < l->config.feature_count; f++) {
            size_t dim = (size_t)l->dims[f];
            blend(slot->inputs[f] + a * dim, slot->inputs[f] + b * dim, dim, share);
        }
        blend(slot->targets + a * classes, slot->targets + b * classes, classes, share);
    }
}

static void drop_inputs(const struct loader *l, struct slot *slot, size_t row, struct rng *rng)
{
    for (int f = 0; f < l->config.feature_count && l->config.input_dropout > 0.0f; f++) {
        size_t dim = (size_t)l->dims[f];
        mlp_dropout(l->config.input_dropout, rng, slot->inputs[f] + row * dim, dim);
    }
}

static struct augment augment_of(const struct loader_config *c, int view)
{
    struct augment augment = c->augment;
    if (c->views == 2)
        augment.webcam = view == 0 ? fmaxf(0.0f, 2.0f * augment.webcam - 1.0f)
                                   : fminf(1.0f, 2.0f * augment.webcam);
    return augment;
}

static void fill_row(const struct loader *l, struct slot *slot, size_t row, int sample, int view,
                     struct rng *rng, struct worker *w)
{
    const struct loader_config *c = &l->config;
    const struct dataset *d = c->dataset;
    struct augment augment = augment_of(c, view);
    augment_picture(&augment, rng, &c->faces[sample], dataset_picture(d, sample), d->width,
                    d->height, &w->augment, w->picture);
    for (int f = 0; f < c->feature_count; f++)
        features_extract(&c->features[f], w->vector, w->picture,
                         slot->inputs[f] + row * (size_t)l->dims[f]);
    if (c->mixup == 0.0f) /* at once: the values are in the cache */
        drop_inputs(l, slot, row, rng);
    float *target = slot->targets + row * (size_t)l->classes;
    dataset_target(d, &c->targets, sample, target);
    for (int k = 0; k < l->classes && c->weights; k++)
        target[k] *= c->weights[sample];
}

static void fill(const struct loader *l, int number, struct slot *slot, struct worker *w)
{
    const struct loader_config *c = &l->config;
    int begin = batch_begin(l, number), end = batch_begin(l, number + 1);
    for (int i = begin; i < end; i++) {
        int sample = l->order[i];
        struct rng rng = rng_make(c->seed, (uint64_t)l->epoch << 32 | (uint32_t)sample);
        for (int view = 0; view < c->views; view++)
            fill_row(l, slot, (size_t)((i - begin) * c->views + view), sample, view, &rng, w);
    }
    if (c->mixup > 0.0f) {
        struct rng rng =
            rng_make(c->seed, 1ull << 62 | (uint64_t)l->epoch << 32 | (uint32_t)number);
        mix_pairs(l, slot, end - begin, &rng);
        for (int row = 0; row < end - begin; row++)
            drop_inputs(l, slot, (size_t)row, &rng);
    }
}

static bool can_claim(const struct loader *l)
{
    return l->claimed < l->batches && l->claimed < l->released + SLOTS;
}

/* Batches are made in what time the network leaves: a product whose parts run side by side is as
 * late as the part that had to give way. Linux alone keeps a priority for each thread; elsewhere
 * the workers give way to nobody. */
static void give_way(void)
{
#ifdef __linux__
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + 2);
#endif
}

static void *make_batches(void *argument)
{
    struct worker *worker = argument;
    struct loader *l = worker->loader;
    give_way();
    pthread_mutex_lock(&l->mutex);
    for (;;) {
        while (!l->stopping && !can_claim(l))
            pthread_cond_wait(&l->work, &l->mutex);
        if (l->stopping)
            break;
        int number = l->claimed++;
        struct slot *slot = &l->slots[number % SLOTS];
        slot->number = number;
        slot->ready = false;
        pthread_mutex_unlock(&l->mutex);
        fill(l, number, slot, worker);
        pthread_mutex_lock(&l->mutex);
        slot->ready = true;
        pthread_cond_signal(&l->ready);
    }
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

void loader_start(struct loader *l, const int *order, int count, int epoch, int first)
{
    assert(count > 0);
    pthread_mutex_lock(&l->mutex);
    assert(l->released == l->batches && !l->lent);
    l->order = order;
    l->count = count;
    l->epoch = epoch;
    l->batches = loader_batch_count(l, count);
    l->claimed = l->released = first;
    for (int i = 0; i < SLOTS; i++)
        l->slots[i].ready = false;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->mutex);
}

bool loader_next(struct loader *l, struct batch *batch)
{
    pthread_mutex_lock(&l->mutex);
    if (l->lent) {
        l->released++;
        l->lent = false;
        pthread_cond_signal(&l->work);
    }
    bool more = l->released < l->batches;
    if (more) {
        struct slot *slot = &l->slots[l->released % SLOTS];
        while (!slot->ready || slot->number != l->released)
            pthread_cond_wait(&l->ready, &l->mutex);
        l->lent = true;
        *batch = (struct batch){
            .count =
                l->config.views * (batch_begin(l, l->released + 1) - batch_begin(l, l->released)),
            .targets = slot->targets,
        };
        memcpy(batch->inputs, slot->inputs, sizeof batch->inputs);
    }
    pthread_mutex_unlock(&l->mutex);
    return more;
}

static bool allocate(struct loader *l)
{
    size_t rows = (size_t)l->config.batch_size;
    bool complete = true;
    for (int i = 0; i < SLOTS; i++) {
        for (int f = 0; f < l->config.feature_count; f++) {
            l->slots[i].inputs[f] = malloc(rows * (size_t)l->dims[f] * sizeof(float));
            complete = complete && l->slots[i].inputs[f];
        }
        l->slots[i].targets = malloc(rows * (size_t)l->classes * sizeof(float));
        complete = complete && l->slots[i].targets;
    }
    size_t scratch = 1;
    for (int f = 0; f < l->config.feature_count; f++) {
        size_t needed = features_scratch(&l->config.features[f]);
        scratch = needed > scratch ? needed : scratch;
    }
    l->workers = calloc((size_t)l->config.workers, sizeof *l->workers);
    for (int i = 0; l->workers && i < l->config.workers; i++) {
        l->workers[i].loader = l;
        l->workers[i].vector = malloc(scratch);
        complete = complete && l->workers[i].vector;
    }
    return complete && l->workers;
}

int loader_create(struct loader **loader, const struct loader_config *config, struct error *error)
{
    assert(config->views > 0 && config->batch_size >= config->views && config->workers > 0);
    struct loader *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the batch loader");
    made->config = *config;
    for (int f = 0; f < config->feature_count; f++)
        made->dims[f] = features_dim(&config->features[f]);
    made->classes = config->dataset->class_count;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->work, NULL);
    pthread_cond_init(&made->ready, NULL);
    int result = 0;
    if (!allocate(made))
        result = error_no_memory(error, "the training batches");
    while (result == 0 && made->worker_count < config->workers) {
        struct worker *worker = &made->workers[made->worker_count];
        if (pthread_create(&worker->thread, NULL, make_batches, worker) != 0)
            result = error_set(error, "cannot start a worker thread; use fewer --threads");
        else
            made->worker_count++;
    }
    if (result < 0)
        loader_free(&made);
    else
        *loader = made;
    return result;
}

void loader_free(struct loader **loader)
{
    struct loader *l = *loader;
    if (!l)
        return;
    pthread_mutex_lock(&l->mutex);
    l->stopping = true;
    pthread_cond_broadcast(&l->work);
    pthread_mutex_unlock(&l->mutex);
    for (int i = 0; i < l->worker_count; i++)
        pthread_join(l->workers[i].thread, NULL);
    for (int i = 0; l->workers && i < l->config.workers; i++)
        free(l->workers[i].vector);
    for (int i = 0; i < SLOTS; i++) {
        for (int f = 0; f < MODEL_MAX_NETWORKS; f++)
            free(l->slots[i].inputs[f]);
        free(l->slots[i].targets);
    }
    free(l->workers);
    pthread_cond_destroy(&l->ready);
    pthread_cond_destroy(&l->work);
    pthread_mutex_destroy(&l->mutex);
    free(l);
    *loader = NULL;
}
