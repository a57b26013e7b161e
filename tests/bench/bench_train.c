/* How fast training is, against the ceiling that the machine's matrix product sets.
 *
 * Prints, for 1984-1024-512-7 with batches of 256 and AdamW: the matrix products of one step alone
 * (the ceiling), our whole step, and our epoch with augmentation and features made beside it.
 * bench_train.py calls this and puts PyTorch's step beside it. Usage: bench_train [THREADS] */
#include "gemm.h"
#include "loader.h"
#include "optimizer.h"
#include "progress.h"
#include "recipe.h"

#include <stdio.h>
#include <stdlib.h>

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
static double products_per_second(struct team *team)
{
    float *x[LAYERS + 1], *w[LAYERS];
    for (int i = 0; i <= LAYERS; i++)
        x[i] = take((size_t)BATCH * (size_t)units[i] * sizeof(float));
    for (int i = 0; i < LAYERS; i++)
        w[i] = take((size_t)units[i] * (size_t)units[i + 1] * sizeof(float));
    double started = progress_clock();
    for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < LAYERS; i++)
            gemm(team, GEMM_ABT, BATCH, units[i + 1], units[i], x[i], w[i], 0, x[i + 1]);
        for (int i = LAYERS - 1; i >= 0; i--) {
            gemm(team, GEMM_ATB, units[i + 1], units[i], BATCH, x[i + 1], x[i], 1, w[i]);
            if (i > 0)
                gemm(team, GEMM_AB, BATCH, units[i], units[i + 1], x[i + 1], w[i], 0, x[i]);
        }
    }
    double seconds = progress_clock() - started;
    for (int i = 0; i <= LAYERS; i++)
        free(x[i]);
    for (int i = 0; i < LAYERS; i++)
        free(w[i]);
    return STEPS * BATCH / seconds;
}

struct network {
    struct mlp mlp;
    struct mlp_tape *tape;
    struct optimizer optimizer;
    struct mlp_training training;
    float *gradients;
    struct rng rng;
};

static struct network make_network(bool plain, struct team *team)
{
    struct network n = {.rng = rng_make(1, 0)};
    struct mlp_config config = {.layer_count = LAYERS,
                                .units = {1984, 1024, 512, 7},
                                .activation = ACTIVATION_RELU,
                                .batch_norm = !plain};
    struct error error;
    if (!plain)
        n.training = (struct mlp_training){.dropout = 0.3f, .batch_norm_momentum = 0.1f};
    if (mlp_create(&n.mlp, &config, &error) < 0 ||
        mlp_tape_create(&n.tape, &config, BATCH, &error) < 0 ||
        optimizer_create(&n.optimizer, OPTIMIZER_ADAMW, 0.05f, n.mlp.parameter_count, &error) < 0) {
        fprintf(stderr, "bench_train: %s\n", error.text);
        exit(1);
    }
    n.training.team = n.optimizer.team = team;
    n.gradients = take(n.mlp.parameter_count * sizeof(float));
    mlp_init(&n.mlp, &n.rng);
    return n;
}

static void free_network(struct network *n)
{
    mlp_free(&n->mlp);
    mlp_tape_free(&n->tape);
    optimizer_free(&n->optimizer);
    free(n->gradients);
}

static void step(struct network *n, const float *inputs, const float *targets, int batch)
{
    mlp_forward_training(&n->mlp, n->tape, &n->training, inputs, batch, &n->rng);
    mlp_backward(&n->mlp, n->tape, &n->training, inputs, targets, batch, batch, n->gradients, NULL);
    optimizer_update(&n->optimizer, &n->mlp, n->gradients, 1e-3f);
}

static double steps_per_second(bool plain, struct team *team)
{
    struct network n = make_network(plain, team);
    float *inputs = take((size_t)BATCH * 1984 * sizeof(float));
    float *targets = take((size_t)BATCH * 7 * sizeof(float));
    for (size_t i = 0; i < (size_t)BATCH * 1984; i++)
        inputs[i] = (float)rng_uniform(&n.rng);
    for (size_t i = 0; i < BATCH; i++)
        targets[i * 7 + i % 7] = 1.0f;
    double started = progress_clock();
    for (int i = 0; i < STEPS; i++)
        step(&n, inputs, targets, BATCH);
    double seconds = progress_clock() - started;
    free(inputs);
    free(targets);
    free_network(&n);
    return STEPS * BATCH / seconds;
}

static double epoch_per_second(const struct dataset *dataset, int threads, struct team *team)
{
    struct network n = make_network(false, team);
    struct recipe recipe = recipe_default();
    struct loader_config config = {.dataset = dataset,
                                   .features = recipe.features,
                                   .augment = recipe.augment,
                                   .batch_size = BATCH,
                                   .workers = threads};
    struct loader *loader;
    struct batch batch;
    struct error error;
    int *order = take(SAMPLES * sizeof *order);
    for (int i = 0; i < SAMPLES; i++)
        order[i] = i;
    if (loader_create(&loader, &config, &error) < 0) {
        fprintf(stderr, "bench_train: %s\n", error.text);
        exit(1);
    }
    double started = progress_clock();
    loader_start(loader, order, SAMPLES, 0);
    while (loader_next(loader, &batch))
        step(&n, batch.inputs, batch.targets, batch.count);
    double seconds = progress_clock() - started;
    loader_free(&loader);
    free(order);
    free_network(&n);
    return SAMPLES / seconds;
}

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

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    struct dataset dataset = make_dataset();
    double figures[4][ROUNDS];
    static const char *const names[] = {"matrix products alone", "step, plain",
                                        "step, batch norm and dropout",
                                        "epoch, with augmentation and features"};
    struct team *team;
    struct error error;
    if (team_create(&team, threads, &error) < 0) {
        fprintf(stderr, "bench_train: %s\n", error.text);
        return 1;
    }
    gemm_setup();
    products_per_second(team); /* warm-up */
    for (int r = 0; r < ROUNDS; r++) {
        figures[0][r] = products_per_second(team);
        figures[1][r] = steps_per_second(true, team);
        figures[2][r] = steps_per_second(false, team);
        figures[3][r] = epoch_per_second(&dataset, threads, team);
    }
    printf("# threads %d, samples a second: median (least - most), share of the first\n", threads);
    for (int i = 0; i < 4; i++)
        qsort(figures[i], ROUNDS, sizeof **figures, ascending);
    for (int i = 0; i < 4; i++)
        printf("%-40s %9.0f (%.0f - %.0f) %5.2f\n", names[i], figures[i][ROUNDS / 2], figures[i][0],
               figures[i][ROUNDS - 1], figures[i][ROUNDS / 2] / figures[0][ROUNDS / 2]);
    dataset_free(&dataset);
    team_free(&team);
    return 0;
}
