/* What a crop costs in CPU time: the whole answer, mirror image included, and each of its stages,
 * as ratios to the matrix products of the model's own layers, a row of each network and its mirror
 * image at a time, by OpenBLAS alone; and ten crops in one batch. All take turns, round after
 * round. Then in turns, since their gradients would drive the weights out of the cache: an
 * explanation, and the forward and backward pass of a training on one crop. Usage: bench_predict
 * MODEL... */
#include "blas.h"
#include "explain.h"
#include "face.h"
#include "gemm.h"
#include "mirror_layer.h"
#include "mlp_training.h"
#include "model.h"
#include "rng.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 200, CROPS = 32, TEN = 10, ANSWER_STAGES = 6, STAGES = ANSWER_STAGES + 2 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct bench {
    struct model model;
    struct model_workspace *workspace, *of_ten;
    struct mlp_workspace *mlps[MODEL_MAX_NETWORKS];
    struct mlp_activations *activations[MODEL_MAX_NETWORKS];
    float *gradients[MODEL_MAX_NETWORKS]; /* of the parameters */
    struct explainer *explainer;
    float *vectors[MODEL_MAX_NETWORKS]; /* 2 x D of each network */
    void *scratch[MODEL_MAX_NETWORKS];  /* of features_extract */
    void *mirror_scratch[MODEL_MAX_NETWORKS];
    float *products; /* 2 x the widest layer */
    float *sums;     /* the same, of the first layer */
    uint8_t crops[CROPS][FACE_SIDE * FACE_SIDE];
    double seconds[STAGES][ROUNDS];
};

/* Grey blobs on a slope: something to align and to describe. */
static void make_crops(struct bench *b)
{
    struct rng rng = rng_make(1, 0);
    for (int c = 0; c < CROPS; c++) {
        double x0 = 12 + 24 * rng_uniform(&rng), y0 = 12 + 24 * rng_uniform(&rng);
        for (int i = 0; i < FACE_SIDE * FACE_SIDE; i++) {
            double x = i % FACE_SIDE - x0, y = i / FACE_SIDE - y0;
            double value = 80 + 2 * y + 9000 / (60 + x * x + y * y) + 12 * rng_uniform(&rng);
            b->crops[c][i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
}

static void products_alone(struct bench *b)
{
    for (int i = 0; i < b->model.network_count; i++)
        for (int l = 0; l < b->model.networks[i].mlp.config.layer_count; l++) {
            const struct mlp_layer *layer = &b->model.networks[i].mlp.layers[l];
            int rows = 2 * layer->positions, outputs = layer->outputs / layer->window_count;
            for (int w = 0; w < layer->window_count; w++)
                cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, outputs, layer->fan_in,
                            1, l == 0 ? b->vectors[i] : b->products, layer->fan_in,
                            layer->weights + (ptrdiff_t)w * outputs * layer->fan_in, layer->fan_in,
                            0, b->products + (l == 0 ? 0 : 2 * 65536), outputs);
        }
}

/* As training has it: of one row, down to the gradients of all weights. */
static void forward_and_backward(struct bench *b)
{
    static const struct mlp_training training = {.loss = LOSS_CROSS_ENTROPY};
    static const float target[MODEL_MAX_CLASSES] = {1};
    for (int i = 0; i < b->model.network_count; i++) {
        struct mlp *mlp = &b->model.networks[i].mlp;
        mlp_forward_training(mlp, b->activations[i], &training, b->vectors[i], 1, NULL);
        mlp_backward(mlp, b->activations[i], &training, b->vectors[i], target, 1, 1,
                     b->gradients[i], NULL);
    }
}

static void measure_answer(struct bench *b, int round)
{
    const uint8_t *crop = b->crops[round % CROPS];
    struct affine face;
    float answer[TEN * MODEL_MAX_CLASSES];
    double at[ANSWER_STAGES + 1];
    at[0] = now();
    products_alone(b);
    at[1] = now();
    model_align(&b->model, b->workspace, crop, &face);
    at[2] = now();
    for (int i = 0; i < b->model.network_count; i++) {
        const struct features *features = &b->model.networks[i].features;
        float *mirrored = b->vectors[i] + features_dim(features);
        features_extract(features, b->scratch[i], crop, b->vectors[i]);
        if (!b->model.networks[i].mirror_layer &&
            !features_mirror(features, b->vectors[i], mirrored))
            features_extract(features, b->scratch[i], crop, mirrored);
    }
    at[3] = now();
    for (int i = 0; i < b->model.network_count; i++) {
        const struct network *network = &b->model.networks[i];
        const struct mlp *mlp = &network->mlp;
        if (network->mirror_layer) {
            mirror_layer_forward(network->mirror_layer, b->mirror_scratch[i], b->vectors[i],
                                 b->sums, b->sums + mlp->config.units[1]);
            mlp_forward_sums(mlp, b->mlps[i], b->sums, 2, answer);
        } else {
            mlp_forward(mlp, b->mlps[i], b->vectors[i], 2, answer);
        }
    }
    at[4] = now();
    model_predict(&b->model, b->workspace, crop, 1, answer);
    at[5] = now();
    model_predict(&b->model, b->of_ten, b->crops[round % (CROPS - TEN)], TEN, answer);
    at[6] = now();
    for (int s = 0; s < ANSWER_STAGES; s++)
        b->seconds[s][round] = at[s + 1] - at[s];
}

static void measure_explanation(struct bench *b, int round)
{
    float map[FACE_SIDE * FACE_SIDE];
    double start = now();
    forward_and_backward(b);
    double middle = now();
    explainer_run(b->explainer, b->crops[round % CROPS], 0, map);
    b->seconds[ANSWER_STAGES][round] = middle - start;
    b->seconds[ANSWER_STAGES + 1][round] = now() - middle;
}

static void print_stages(struct bench *b, const char *path)
{
    static const char *const names[STAGES] = {"matrix products alone",
                                              "align",
                                              "vectors",
                                              "networks",
                                              "crop to probabilities",
                                              "ten crops in one batch",
                                              "forward and backward",
                                              "explanation"};
    printf("%s\n%-24s %9s %9s %9s %8s\n", path, "milliseconds a crop", "least", "median", "95th",
           "ratio");
    for (int s = 0; s < STAGES; s++)
        qsort(b->seconds[s], ROUNDS, sizeof *b->seconds[s], by_size);
    for (int s = 0; s < STAGES; s++)
        printf("%-24s %9.3f %9.3f %9.3f %8.2f\n", names[s], 1e3 * b->seconds[s][0],
               1e3 * b->seconds[s][ROUNDS / 2], 1e3 * b->seconds[s][ROUNDS * 95 / 100],
               b->seconds[s][ROUNDS / 2] / b->seconds[0][ROUNDS / 2]);
    printf("ten crops cost at least as much as %.2f\n", b->seconds[5][0] / b->seconds[4][0]);
}

static int bench(const char *path)
{
    static struct bench b;
    struct error error;
    if (model_load(&b.model, path, &error) < 0 ||
        model_workspace_create(&b.workspace, &b.model, 1, &error) < 0 ||
        model_workspace_create(&b.of_ten, &b.model, TEN, &error) < 0 ||
        explainer_create(&b.explainer, &b.model, &error) < 0) {
        fprintf(stderr, "bench_predict: %s\n", error.text);
        return -1;
    }
    make_crops(&b);
    b.products = calloc(4 * 65536, sizeof *b.products);
    b.sums = calloc(2 * 65536, sizeof *b.sums);
    for (int i = 0; i < b.model.network_count; i++) {
        const struct network *network = &b.model.networks[i];
        size_t dim = (size_t)features_dim(&network->features);
        b.vectors[i] = calloc(2 * dim, sizeof *b.vectors[i]);
        b.gradients[i] = calloc(network->mlp.parameter_count, sizeof *b.gradients[i]);
        b.scratch[i] = malloc(features_scratch(&network->features));
        if (network->mirror_layer)
            b.mirror_scratch[i] = malloc(mirror_layer_scratch(network->mirror_layer));
        if (!b.products || !b.sums || !b.vectors[i] || !b.gradients[i] || !b.scratch[i] ||
            mlp_workspace_create(&b.mlps[i], &network->mlp.config, 2, &error) < 0 ||
            mlp_activations_create(&b.activations[i], &network->mlp.config, 1, &error) < 0) {
            fprintf(stderr, "bench_predict: no memory\n");
            return -1;
        }
    }
    for (int round = 0; round < ROUNDS; round++)
        measure_answer(&b, round);
    for (int round = 0; round < ROUNDS; round++)
        measure_explanation(&b, round);
    print_stages(&b, path);
    for (int i = 0; i < b.model.network_count; i++) {
        mlp_workspace_free(&b.mlps[i]);
        free(b.scratch[i]);
        free(b.mirror_scratch[i]);
        mlp_activations_free(&b.activations[i]);
        free(b.gradients[i]);
        free(b.vectors[i]);
    }
    free(b.products);
    free(b.sums);
    explainer_free(&b.explainer);
    model_workspace_free(&b.workspace);
    model_workspace_free(&b.of_ten);
    model_free(&b.model);
    return 0;
}

int main(int argc, char **argv)
{
    blas_use_one_thread();
    int result = 0;
    for (int i = 1; i < argc && result == 0; i++)
        result = bench(argv[i]);
    return result < 0 ? 1 : 0;
}
