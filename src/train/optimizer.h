/* How gradients move the parameters. g gradient, w parameter, r learning rate, d weight decay,
 * which pulls at weight matrices alone, never at biases or batch normalization.
 *
 *   sgd       w -= r (g + d w)
 *   momentum  v = 0.9 v + g + d w;  w -= r v                              (Polyak 1964)
 *   adamw     m = 0.9 m + 0.1 g;  s = 0.999 s + 0.001 g^2;
 *             w -= r (d w + (m / (1 - 0.9^t)) / (sqrt(s / (1 - 0.999^t)) + 1e-8))
 *                                                    (Loshchilov & Hutter 2019) */
#ifndef OPTIMIZER_H
#define OPTIMIZER_H

#include "mlp.h"
#include "thread_pool.h"

enum optimizer_kind { OPTIMIZER_SGD, OPTIMIZER_MOMENTUM, OPTIMIZER_ADAMW, OPTIMIZER_COUNT };

/* "sgd", "momentum", "adamw" */
extern const char *const optimizer_names[OPTIMIZER_COUNT];

/* The moments have the layout of the parameters; NULL where the kind has none. */
struct optimizer {
    enum optimizer_kind kind;
    float weight_decay;
    size_t parameter_count;
    float *first;             /* v or m */
    float *second;            /* s */
    long step;                /* t, updates so far */
    struct thread_pool *pool; /* shares the work; NULL: the calling thread alone */
};

/* The caller frees it with optimizer_free. */
int optimizer_create(struct optimizer *optimizer, enum optimizer_kind kind, float weight_decay,
                     size_t parameter_count, struct error *error);
void optimizer_free(struct optimizer *optimizer);

/* One cycle of the learning rate (Smith & Topin 2018), as a share of its peak. `at` runs from 0 to
 * 1 over the training: the rate rises to its peak over the first fifth, then falls to 0 along a
 * cosine. */
double one_cycle(double at);

/* One update of all of mlp's parameters from gradients[parameter_count], which become zero, ready
 * for the next batch. */
void optimizer_update(struct optimizer *optimizer, struct mlp *mlp, float *gradients,
                      float learning_rate);

#endif
