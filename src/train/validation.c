#include "validation.h"

#include "metrics.h"

#include <stdlib.h>

enum { BATCH = 256 };

int validation_create(struct validation *validation, const struct recipe *recipe,
                      const struct dataset *dataset, struct error *error)
{
    struct validation v = {.dataset = dataset, .recipe = recipe};
    const struct target_mix labels = {0};
    struct mlp_config config = recipe_network(recipe, dataset);
    size_t dim = (size_t)config.units[0], classes = (size_t)dataset->class_count;
    if (dataset_split(dataset, SPLIT_VALIDATION, &v.indices, &v.count, error) < 0)
        return -1;
    size_t count = (size_t)v.count;
    v.vectors = malloc(count * dim * sizeof(float));
    v.targets = malloc(count * classes * sizeof(float));
    v.probabilities = malloc(count * classes * sizeof(float));
    int result = 0;
    if (!v.vectors || !v.targets || !v.probabilities)
        result = error_no_memory(error, "the validation pictures");
    else
        result = mlp_workspace_create(&v.workspace, &config, BATCH, error);
    if (result < 0) {
        validation_free(&v);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        features_extract(&recipe->features, dataset_picture(dataset, v.indices[i]),
                         v.vectors + i * dim);
        dataset_target(dataset, &labels, v.indices[i], v.targets + i * classes);
    }
    *validation = v;
    return 0;
}

void validation_free(struct validation *validation)
{
    mlp_workspace_free(&validation->workspace);
    free(validation->indices);
    free(validation->vectors);
    free(validation->targets);
    free(validation->probabilities);
    *validation = (struct validation){0};
}

void validation_run(struct validation *v, const struct mlp *mlp, double *loss, double *accuracy)
{
    size_t dim = (size_t)mlp->config.units[0], classes = (size_t)v->dataset->class_count;
    int hits = 0;
    for (int done = 0; done < v->count; done += BATCH) {
        int batch = v->count - done < BATCH ? v->count - done : BATCH;
        mlp_forward(mlp, v->workspace, v->vectors + (size_t)done * dim, batch,
                    v->probabilities + (size_t)done * classes);
    }
    for (int i = 0; i < v->count; i++)
        hits += predicted_class(v->probabilities + (size_t)i * classes, (int)classes) ==
                v->dataset->labels[v->indices[i]];
    *accuracy = (double)hits / v->count;
    *loss = mlp_cost(mlp->config.output, v->recipe->step.loss, v->probabilities, v->targets,
                     v->count, (int)classes) /
            v->count;
}
