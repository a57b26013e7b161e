#include "fit_dictionary.h"

#include "gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DRAWN = 100000, /* patches */
    ROUNDS = 12,    /* of k-means */
    CHUNK = 2000,   /* patches in one product */
    V = PATCH_VALUES
};

/* Random stream. */
static const uint64_t patch_stream = (uint64_t)61 << 56;

/* Added to the covariance, so that directions without contrast are not blown up. */
static const double smoothing = 0.1;

static void draw_patches(const struct dataset *d, const int *samples, int count, struct rng *rng,
                         float *patches)
{
    for (int i = 0; i < DRAWN; i++) {
        int sample = samples[rng_below(rng, (uint64_t)count)];
        int x = (int)rng_below(rng, (uint64_t)d->width - PATCH_SIDE + 1);
        int y = (int)rng_below(rng, (uint64_t)d->height - PATCH_SIDE + 1);
        patch_normalize(dataset_picture(d, sample) + y * d->width + x, d->width, patches + i * V);
    }
}

/* Adds them to mean and covariance, of which only the lower triangle is made. */
static void mean_and_covariance(const float *patches, double mean[V], double covariance[V][V])
{
    for (int i = 0; i < DRAWN; i++)
        for (int a = 0; a < V; a++)
            mean[a] += patches[i * V + a] / (double)DRAWN;
    for (int i = 0; i < DRAWN; i++)
        for (int a = 0; a < V; a++) {
            double da = patches[i * V + a] - mean[a];
            for (int b = 0; b <= a; b++)
                covariance[a][b] += da * (patches[i * V + b] - mean[b]) / DRAWN;
        }
    for (int a = 0; a < V; a++)
        covariance[a][a] += smoothing;
}

/* Cholesky: C = L L^T, from and into the lower triangle; then L becomes L^-1, which whitens: the
 * covariance of L^-1 x is the identity. */
static void whitening_of(double c[V][V])
{
    for (int j = 0; j < V; j++) {
        for (int k = 0; k < j; k++)
            for (int i = j; i < V; i++)
                c[i][j] -= c[i][k] * c[j][k];
        double root = sqrt(c[j][j]);
        for (int i = j; i < V; i++)
            c[i][j] /= root;
    }
    for (int j = 0; j < V; j++) {
        c[j][j] = 1.0 / c[j][j];
        for (int i = j + 1; i < V; i++) {
            double sum = 0.0;
            for (int k = j; k < i; k++)
                sum -= c[i][k] * c[k][j];
            c[i][j] = sum / c[i][i];
        }
    }
}

static void random_direction(struct rng *rng, float *atom)
{
    for (int v = 0; v < V; v++)
        atom[v] = (float)rng_normal(rng);
}

static void normalize_length(float *atom)
{
    double squares = 0.0;
    for (int v = 0; v < V; v++)
        squares += (double)atom[v] * atom[v];
    for (int v = 0; v < V; v++)
        atom[v] /= (float)sqrt(squares);
}

/* Each patch goes to the atom it is most alike or most opposite to; each atom becomes the direction
 * of its patches' sum, signs and sizes of their products taken into account. */
static void k_means_round(const float *patches, int atoms, float *dictionary, float *products,
                          float *sums, struct rng *rng)
{
    memset(sums, 0, (size_t)(atoms * V) * sizeof *sums);
    for (int begin = 0; begin < DRAWN; begin += CHUNK) {
        gemm(NULL, GEMM_ABT, CHUNK, atoms, V, patches + begin * V, dictionary, 0, products);
        for (int i = 0; i < CHUNK; i++) {
            const float *p = products + i * atoms;
            int best = 0;
            for (int k = 1; k < atoms; k++)
                best = fabsf(p[k]) > fabsf(p[best]) ? k : best;
            for (int v = 0; v < V; v++)
                sums[best * V + v] += p[best] * patches[(begin + i) * V + v];
        }
    }
    for (int k = 0; k < atoms; k++) {
        double size = 0.0;
        for (int v = 0; v < V; v++)
            size += fabsf(sums[k * V + v]);
        if (size > 0.0)
            memcpy(dictionary + k * V, sums + k * V, V * sizeof *dictionary);
        else
            random_direction(rng, dictionary + k * V);
        normalize_length(dictionary + k * V);
    }
}

/* q = M (p - mean) in place; M is lower triangular. */
static void whiten(double m[V][V], const double mean[V], float *patches)
{
    for (int i = 0; i < DRAWN; i++) {
        double centred[V];
        for (int a = 0; a < V; a++)
            centred[a] = patches[i * V + a] - mean[a];
        for (int a = 0; a < V; a++) {
            double sum = 0.0;
            for (int b = 0; b <= a; b++)
                sum += m[a][b] * centred[b];
            patches[i * V + a] = (float)sum;
        }
    }
}

/* Atoms for whitened patches become atoms for plain ones: D M, and D M mean as offsets. */
static void absorb_whitening(double m[V][V], const double mean[V], int atoms, float *dictionary,
                             float *offsets)
{
    for (int k = 0; k < atoms; k++) {
        double row[V] = {0}, offset = 0.0;
        for (int a = 0; a < V; a++)
            for (int b = 0; b <= a; b++)
                row[b] += dictionary[k * V + a] * m[a][b];
        for (int b = 0; b < V; b++) {
            dictionary[k * V + b] = (float)row[b];
            offset += row[b] * mean[b];
        }
        offsets[k] = (float)offset;
    }
}

int fit_dictionary(struct features *features, const struct dataset *dataset, const int *samples,
                   int count, uint64_t seed, struct error *error)
{
    int atoms = features->atoms / 2; /* the first half */
    struct rng rng = rng_make(seed, patch_stream);
    double mean[V] = {0}, (*covariance)[V] = calloc(V, sizeof *covariance);
    float *patches = malloc((size_t)DRAWN * V * sizeof *patches);
    float *products = malloc((size_t)CHUNK * (size_t)atoms * sizeof *products);
    float *sums = malloc((size_t)atoms * V * sizeof *sums);
    float *dictionary = malloc((size_t)features_dictionary_size(features) * sizeof *dictionary);
    bool complete = covariance && patches && products && sums && dictionary;
    if (complete) {
        draw_patches(dataset, samples, count, &rng, patches);
        mean_and_covariance(patches, mean, covariance);
        whitening_of(covariance);
        whiten(covariance, mean, patches);
        for (int k = 0; k < atoms; k++) {
            random_direction(&rng, dictionary + k * V);
            normalize_length(dictionary + k * V);
        }
        for (int round = 0; round < ROUNDS; round++)
            k_means_round(patches, atoms, dictionary, products, sums, &rng);
        absorb_whitening(covariance, mean, atoms, dictionary, dictionary + atoms * V);
        features->dictionary = dictionary;
        complete = features_pair(features, error) == 0;
    } else {
        free(dictionary);
    }
    free(covariance);
    free(patches);
    free(products);
    free(sums);
    return complete ? 0 : error_no_memory(error, "the dictionary of patches");
}
