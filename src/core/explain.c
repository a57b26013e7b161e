#include "explain.h"

#include "mlp_training.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct explainer {
    struct model *model;
    struct mlp_tape *tape;
    real *vector, *d_vector; /* D */
    real *target;            /* K */
    real *gradients;         /* of the parameters; a by-product */
};

int explainer_create(struct explainer **explainer, struct model *model, struct error *error)
{
    struct explainer *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the explanation");
    size_t dim = (size_t)features_dim(&model->features);
    made->model = model;
    made->vector = malloc(dim * sizeof *made->vector);
    made->d_vector = malloc(dim * sizeof *made->d_vector);
    made->target = calloc((size_t)model->class_count, sizeof *made->target);
    made->gradients = malloc(model->mlp.parameter_count * sizeof *made->gradients);
    int result = 0;
    if (!made->vector || !made->d_vector || !made->target || !made->gradients)
        result = error_no_memory(error, "the explanation");
    if (result == 0)
        result = mlp_tape_create(&made->tape, &model->mlp.config, 1, error);
    if (result)
        explainer_free(&made);
    else
        *explainer = made;
    return result;
}

void explainer_free(struct explainer **explainer)
{
    struct explainer *freed = *explainer;
    if (!freed)
        return;
    mlp_tape_free(&freed->tape);
    free(freed->vector);
    free(freed->d_vector);
    free(freed->target);
    free(freed->gradients);
    free(freed);
    *explainer = NULL;
}

void explainer_run(struct explainer *explainer, const uint8_t *crop, int label, float *map)
{
    struct model *model = explainer->model;
    const struct mlp_training training = {.loss = LOSS_CROSS_ENTROPY};
    size_t dim = (size_t)features_dim(&model->features);
    assert(label >= 0 && label < model->class_count);
    features_extract(&model->features, crop, explainer->vector);
    memset(explainer->target, 0, (size_t)model->class_count * sizeof *explainer->target);
    explainer->target[label] = 1;
    memset(explainer->gradients, 0, model->mlp.parameter_count * sizeof *explainer->gradients);
    mlp_forward_training(&model->mlp, explainer->tape, &training, explainer->vector, 1, NULL);
    mlp_backward(&model->mlp, explainer->tape, &training, explainer->vector, explainer->target, 1,
                 1, explainer->gradients, explainer->d_vector);
    /* The cost is -ln p. */
    for (size_t i = 0; i < dim; i++)
        explainer->d_vector[i] = -explainer->d_vector[i];
    features_relevance(&model->features, explainer->vector, explainer->d_vector, map);
}
