/* What the steps of a training are like, and what its bar is told. Once in a program, which is
 * linked with --wrap of each function here. */
#ifndef TRAINING_STEPS_H
#define TRAINING_STEPS_H

#include "mlp_training.h"
#include "optimizer.h"
#include "testing.h"

#include <sys/stat.h>

enum { MOST_STEPS = 1000 };

struct step {
    int batch, missed, passed; /* of them: faces that are none, and others that are */
    float rate;
    double error;       /* mean square of what outputs are off by */
    double done, total; /* that the bar is told */
    long said;          /* bytes that stand in `told` before it */
};

static struct step steps[MOST_STEPS + 1]; /* those beyond are written to the last */
static int step_count;
static FILE *told; /* what stands for the standard output; or NULL */
static const float *outputs;

const float *__real_mlp_forward_training(struct mlp *mlp, struct mlp_activations *activations,
                                         const struct mlp_training *training, const float *inputs,
                                         int batch, struct rng *rng);
const float *__wrap_mlp_forward_training(struct mlp *mlp, struct mlp_activations *activations,
                                         const struct mlp_training *training, const float *inputs,
                                         int batch, struct rng *rng);
void __real_mlp_backward(const struct mlp *mlp, struct mlp_activations *activations,
                         const struct mlp_training *training, const float *inputs,
                         const float *targets, int batch, int samples, float *gradients,
                         float *d_inputs);
void __wrap_mlp_backward(const struct mlp *mlp, struct mlp_activations *activations,
                         const struct mlp_training *training, const float *inputs,
                         const float *targets, int batch, int samples, float *gradients,
                         float *d_inputs);
void __real_optimizer_update(struct optimizer *optimizer, struct mlp *mlp, float *gradients,
                             float rate);
void __wrap_optimizer_update(struct optimizer *optimizer, struct mlp *mlp, float *gradients,
                             float rate);

void __wrap_optimizer_update(struct optimizer *optimizer, struct mlp *mlp, float *gradients,
                             float rate)
{
    struct stat status = {0};
    if (told)
        assert_int_equal(fstat(fileno(told), &status), 0);
    steps[step_count].said = (long)status.st_size;
    steps[step_count].rate = rate;
    __real_optimizer_update(optimizer, mlp, gradients, rate);
}

#endif
