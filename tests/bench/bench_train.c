/* How fast training is, as ratios that were measured side by side.
 *
 * On 1984-1024-512-7 with batches of 256 and AdamW: the matrix products of one step alone, in
 * float; our step, in float; our step with batch normalization and dropout, in bfloat16 where the
 * processor has it; and our epoch, with augmentation and features made beside it; the same step in
 * PyTorch where python3-torch is installed. On 784-100-10 with sigmoid and squared error: ours
 * against FANN (Nissen 2003) where libfann was found. All take turns, round after round.
 * Usage: bench_train [THREADS] */
#include "blas.h"
#include "gemm.h"
#include "loader.h"
#include "monotonic.h"
#include "optimizer.h"
#include "recipe.h"

#ifdef HAVE_FANN
#include <floatfann.h>
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256, STEPS = 30, ROUNDS = 5, SAMPLES = 8192, LAYERS = 3 };

static const int units[LAYERS + 1] = {1984, 1024, 512, 7};

static void *take(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory) {
        fprintf(stderr, "bench_train: no memory\n");
        exit(1);
    }
    return memory;
}

/* Y = X W^T, dW = dY^T X, dX = dY W of each layer; the first layer needs no dX. */
static double products_per_second(struct thread_pool *pool)
{
    float *x[LAYERS + 1], *w[LAYERS];
    for (int i = 0; i <= LAYERS; i++)
        x[i] = take((size_t)BATCH * (size_t)units[i] * sizeof(float));
    for (int i = 0; i < LAYERS; i++)
        w[i] = take((size_t)units[i] * (size_t)units[i + 1] * sizeof(float));
    double started = monotonic_now();
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < LAYERS; i++)
            gemm(pool, GEMM_ABT, BATCH, units[i + 1], units[i], x[i], w[i], 0, x[i + 1]);
        for (int i = LAYERS - 1; i >= 0; i--) {
            gemm(pool, GEMM_ATB, units[i + 1], units[i], BATCH, x[i + 1], x[i], 1, w[i]);
            if (i > 0)
                gemm(pool, GEMM_AB, BATCH, units[i], units[i + 1], x[i + 1], w[i], 0, x[i]);
        }
    }
    double seconds = monotonic_now() - started;
    for (int i = 0; i <= LAYERS; i++)
        free(x[i]);
    for (int i = 0; i < LAYERS; i++)
        free(w[i]);
    return STEPS * BATCH / seconds;
}

struct trained {
    struct mlp mlp;
    struct mlp_activations *activations;
    struct optimizer optimizer;
    struct mlp_training training;
    float *gradients;
    struct rng rng;
};

static struct trained make_network(bool plain, struct thread_pool *pool)
{
    struct trained n = {.rng = rng_make(1, 0)};
    struct mlp_config config = {.layer_count = LAYERS,
                                .units = {1984, 1024, 512, 7},
                                .activation = ACTIVATION_RELU,
                                .batch_norm = !plain};
    struct error error;
    if (!plain)
        n.training =
            (struct mlp_training){.dropout = 0.3f, .batch_norm_momentum = 0.1f, .bfloat16 = true};
    if (mlp_create(&n.mlp, &config, &error) < 0 ||
        mlp_activations_create(&n.activations, &config, BATCH, &error) < 0 ||
        optimizer_create(&n.optimizer, OPTIMIZER_ADAMW, 0.05f, n.mlp.parameter_count, &error) < 0) {
        fprintf(stderr, "bench_train: %s\n", error.text);
        exit(1);
    }
    n.training.pool = n.optimizer.pool = pool;
    n.gradients = take(n.mlp.parameter_count * sizeof(float));
    mlp_init(&n.mlp, &n.rng);
    return n;
}

static void free_network(struct trained *n)
{
    mlp_free(&n->mlp);
    mlp_activations_free(&n->activations);
    optimizer_free(&n->optimizer);
    free(n->gradients);
}

static void step(struct trained *n, const float *inputs, const float *targets, int batch)
{
    mlp_forward_training(&n->mlp, n->activations, &n->training, inputs, batch, &n->rng);
    mlp_backward(&n->mlp, n->activations, &n->training, inputs, targets, batch, batch, n->gradients,
                 NULL);
    optimizer_update(&n->optimizer, &n->mlp, n->gradients, 1e-3f);
}

static double steps_per_second(bool plain, struct thread_pool *pool)
{
    struct trained n = make_network(plain, pool);
    float *inputs = take((size_t)BATCH * 1984 * sizeof(float));
    float *targets = take((size_t)BATCH * 7 * sizeof(float));
    for (size_t i = 0; i < (size_t)BATCH * 1984; i++)
        inputs[i] = (float)rng_uniform(&n.rng);
    for (size_t i = 0; i < BATCH; i++)
        targets[i * 7 + i % 7] = 1.0f;
    double started = monotonic_now();
    for (int i = 0; i < STEPS; i++)
        step(&n, inputs, targets, BATCH);
    double seconds = monotonic_now() - started;
    free(inputs);
    free(targets);
    free_network(&n);
    return STEPS * BATCH / seconds;
}

static double epoch_per_second(const struct dataset *dataset, int threads, struct thread_pool *pool)
{
    struct trained n = make_network(false, pool);
    struct recipe recipe = recipe_default();
    struct affine *faces = take(SAMPLES * sizeof *faces);
    struct loader_config config = {
        .dataset = dataset,
        .faces = faces,
        .feature_count = 1,
        .features = {features_default(FEATURES_HOG, FACE_SIDE, FACE_SIDE)},
        .augment = recipe.augment,
        .views = 1,
        .batch_size = BATCH,
        .workers = threads};
    struct loader *loader;
    struct batch batch;
    struct error error;
    int *order = take(SAMPLES * sizeof *order);
    for (int i = 0; i < SAMPLES; i++) {
        order[i] = i;
        faces[i] = affine_identity;
    }
    if (loader_create(&loader, &config, &error) < 0) {
        fprintf(stderr, "bench_train: %s\n", error.text);
        exit(1);
    }
    double started = monotonic_now();
    loader_start(loader, order, SAMPLES, 0, 0);
    while (loader_next(loader, &batch))
        step(&n, batch.inputs[0], batch.targets, batch.count);
    double seconds = monotonic_now() - started;
    loader_free(&loader);
    free(faces);
    free(order);
    free_network(&n);
    return SAMPLES / seconds;
}

/* Samples a second of PyTorch's step, or 0 where there is none. */
static double pytorch_per_second(int threads)
{
    char command[1024], answer[64] = "";
    snprintf(command, sizeof command,
             "OPENBLAS_NUM_THREADS=%d /usr/bin/python3 '%s/step_pytorch.py' %d 2>/dev/null",
             threads, BENCH_DIR, threads);
    FILE *python = popen(command, "r");
    if (!python)
        return 0;
    bool read = fgets(answer, sizeof answer, python) != NULL;
    return pclose(python) == 0 && read ? strtod(answer, NULL) : 0;
}

/* ---- One hidden layer, on FANN's own terms: 784-100-10, sigmoid, squared error --------------- */

enum {
    SMALL_INPUTS = 784,
    SMALL_HIDDEN = 100,
    SMALL_OUTPUTS = 10,
    SMALL_SAMPLES = 4096,
    SMALL_CHUNK = 1024,
    SMALL_EPOCHS = 10
};

struct small_data {
    float *inputs, *targets;
};

static struct small_data make_small_data(void)
{
    struct small_data data = {take((size_t)SMALL_SAMPLES * SMALL_INPUTS * sizeof(float)),
                              take((size_t)SMALL_SAMPLES * SMALL_OUTPUTS * sizeof(float))};
    struct rng rng = rng_make(4, 0);
    for (size_t i = 0; i < (size_t)SMALL_SAMPLES * SMALL_INPUTS; i++)
        data.inputs[i] = (float)rng_uniform(&rng);
    for (size_t i = 0; i < SMALL_SAMPLES; i++)
        data.targets[i * SMALL_OUTPUTS + i % SMALL_OUTPUTS] = 1.0f;
    return data;
}

/* Some epochs of full descent. */
static double small_per_second(const struct small_data *data, struct thread_pool *pool)
{
    struct trained n = {.rng = rng_make(1, 0), .training = {.loss = LOSS_MSE, .pool = pool}};
    struct mlp_config config = {.layer_count = 2,
                                .units = {SMALL_INPUTS, SMALL_HIDDEN, SMALL_OUTPUTS},
                                .activation = ACTIVATION_SIGMOID,
                                .output = OUTPUT_SIGMOID};
    struct error error;
    if (mlp_create(&n.mlp, &config, &error) < 0 ||
        mlp_activations_create(&n.activations, &config, SMALL_CHUNK, &error) < 0 ||
        optimizer_create(&n.optimizer, OPTIMIZER_SGD, 0.0f, n.mlp.parameter_count, &error) < 0) {
        fprintf(stderr, "bench_train: %s\n", error.text);
        exit(1);
    }
    n.gradients = take(n.mlp.parameter_count * sizeof(float));
    mlp_init(&n.mlp, &n.rng);
    double started = monotonic_now();
    for (int epoch = 0; epoch < SMALL_EPOCHS; epoch++) {
        for (size_t i = 0; i < SMALL_SAMPLES; i += SMALL_CHUNK) {
            const float *inputs = data->inputs + i * SMALL_INPUTS;
            mlp_forward_training(&n.mlp, n.activations, &n.training, inputs, SMALL_CHUNK, &n.rng);
            mlp_backward(&n.mlp, n.activations, &n.training, inputs,
                         data->targets + i * SMALL_OUTPUTS, SMALL_CHUNK, SMALL_SAMPLES, n.gradients,
                         NULL);
        }
        optimizer_update(&n.optimizer, &n.mlp, n.gradients, 0.1f);
    }
    double seconds = monotonic_now() - started;
    free_network(&n);
    return SMALL_EPOCHS * SMALL_SAMPLES / seconds;
}

#ifdef HAVE_FANN
/* One epoch of its batch training. */
static double fann_per_second(const struct small_data *data)
{
    struct fann *ann = fann_create_standard(3, SMALL_INPUTS, SMALL_HIDDEN, SMALL_OUTPUTS);
    struct fann_train_data *set = fann_create_train(SMALL_SAMPLES, SMALL_INPUTS, SMALL_OUTPUTS);
    if (!ann || !set) {
        fprintf(stderr, "bench_train: no memory\n");
        exit(1);
    }
    for (size_t i = 0; i < SMALL_SAMPLES; i++) {
        memcpy(set->input[i], data->inputs + i * SMALL_INPUTS, SMALL_INPUTS * sizeof(float));
        memcpy(set->output[i], data->targets + i * SMALL_OUTPUTS, SMALL_OUTPUTS * sizeof(float));
    }
    fann_set_training_algorithm(ann, FANN_TRAIN_BATCH);
    fann_set_activation_function_hidden(ann, FANN_SIGMOID);
    fann_set_activation_function_output(ann, FANN_SIGMOID);
    double started = monotonic_now();
    fann_train_epoch(ann, set);
    double seconds = monotonic_now() - started;
    fann_destroy_train(set);
    fann_destroy(ann);
    return SMALL_SAMPLES / seconds;
}
#else
static double fann_per_second(const struct small_data *data)
{
    (void)data;
    return 0;
}
#endif

static struct dataset make_dataset(void)
{
    struct dataset d = {
        .width = FACE_SIDE, .height = FACE_SIDE, .class_count = 7, .count = SAMPLES};
    struct rng rng = rng_make(3, 0);
    d.pixels = take((size_t)SAMPLES * FACE_SIDE * FACE_SIDE);
    d.labels = take(SAMPLES);
    d.splits = take(SAMPLES);
    for (size_t i = 0; i < (size_t)SAMPLES * FACE_SIDE * FACE_SIDE; i++)
        d.pixels[i] = (uint8_t)rng_next(&rng);
    return d;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

struct figure {
    const char *name;
    double rounds[ROUNDS]; /* samples a second */
};

static double median(const struct figure *f)
{
    return f->rounds[ROUNDS / 2];
}

static void print_figure(const struct figure *f, const struct figure *reference)
{
    if (median(f) <= 0) {
        printf("  %-42s not installed\n", f->name);
        return;
    }
    printf("  %-42s %9.0f  (%.0f - %.0f)", f->name, median(f), f->rounds[0], f->rounds[ROUNDS - 1]);
    if (median(reference) > 0)
        printf("  %6.2f", median(f) / median(reference));
    printf("\n");
}

int main(int argc, char **argv)
{
    enum { CEILING, PLAIN, FULL, EPOCH, TORCH_1, TORCH_N, SMALL, FANN, FIGURES };
    struct figure figures[FIGURES] = {
        {.name = "matrix products alone"},
        {.name = "our step"},
        {.name = "our step as trainings have it"},
        {.name = "our epoch, with augmentation and features"},
        {.name = "PyTorch's step, 1 thread"},
        {.name = "PyTorch's step, as many threads"},
        {.name = "ours, full descent"},
        {.name = "FANN, batch training, which is the same"},
    };
    int threads = argc > 1 ? atoi(argv[1]) : 2;
    struct thread_pool *pool;
    struct error error;
    if (threads < 1 || thread_pool_create(&pool, threads, &error) < 0) {
        fprintf(stderr, "usage: bench_train [THREADS]\n");
        return 1;
    }
    struct dataset dataset = make_dataset();
    struct small_data small = make_small_data();
    blas_use_one_thread();
    products_per_second(pool); /* warm-up */
    for (int r = 0; r < ROUNDS; r++) {
        figures[CEILING].rounds[r] = products_per_second(pool);
        figures[PLAIN].rounds[r] = steps_per_second(true, pool);
        figures[TORCH_1].rounds[r] = pytorch_per_second(1);
        figures[FULL].rounds[r] = steps_per_second(false, pool);
        figures[EPOCH].rounds[r] = epoch_per_second(&dataset, threads, pool);
        figures[TORCH_N].rounds[r] = pytorch_per_second(threads);
        figures[SMALL].rounds[r] = small_per_second(&small, pool);
        figures[FANN].rounds[r] = fann_per_second(&small);
    }
    for (int i = 0; i < FIGURES; i++)
        qsort(figures[i].rounds, ROUNDS, sizeof(double), ascending);
    const struct figure *torch = median(&figures[TORCH_N]) > median(&figures[TORCH_1])
                                     ? &figures[TORCH_N]
                                     : &figures[TORCH_1];
    printf("%d threads; samples a second: median of %d (least - most), and a ratio\n\n", threads,
           ROUNDS);
    printf("1984-1024-512-7, batch 256, AdamW; ratio to the matrix products\n");
    for (int i = CEILING; i <= TORCH_N; i++)
        print_figure(&figures[i], &figures[CEILING]);
    printf("\nthe same; ratio to PyTorch at its better thread count\n");
    for (int i = PLAIN; i <= EPOCH; i++)
        print_figure(&figures[i], torch);
    printf("\n784-100-10, sigmoid, squared error; ratio to FANN\n");
    print_figure(&figures[SMALL], &figures[FANN]);
    print_figure(&figures[FANN], &figures[FANN]);
    dataset_free(&dataset);
    thread_pool_free(&pool);
    free(small.inputs);
    free(small.targets);
    return 0;
}
