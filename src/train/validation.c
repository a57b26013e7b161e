#include "validation.h"

#include "metrics.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

static int make_vectors(struct validation *v, int network, const struct features *features,
                        const struct affine *faces, struct error *error)
{
    struct mlp_config config = recipe_network(v->recipe, v->dataset, network);
    const struct dataset *d = v->dataset;
    size_t dim = (size_t)config.units[0];
    uint8_t face[FEATURES_MAX_SIDE * FEATURES_MAX_SIDE];
    v->vectors[network] = malloc((size_t)v->count * dim * sizeof(float));
    if (!v->vectors[network])
        return error_no_memory(error, "the validation pictures");
    for (size_t i = 0; i < (size_t)v->count; i++) {
        warp_picture(&faces[v->indices[i]], dataset_picture(d, v->indices[i]), d->width, d->height,
                     face);
        features_extract(features, face, v->vectors[network] + i * dim);
    }
    return mlp_workspace_create(&v->workspaces[network], &config, BATCH, error);
}

int validation_create(struct validation *validation, const struct recipe *recipe,
                      const struct dataset *dataset, const struct features *features,
                      const struct affine *faces, struct error *error)
{
    struct validation v = {.dataset = dataset, .recipe = recipe};
    const struct target_mix labels = {0};
    if (dataset_split(dataset, SPLIT_VALIDATION, &v.indices, &v.count, error) < 0)
        return -1;
    size_t classes = (size_t)dataset->class_count, values = (size_t)v.count * classes;
    v.targets = malloc(values * sizeof(float));
    v.probabilities = malloc(values * sizeof(float));
    v.outputs = malloc(values * sizeof(float));
    int result = 0;
    if (!v.targets || !v.probabilities || !v.outputs)
        result = error_no_memory(error, "the validation pictures");
    for (int n = 0; result == 0 && n < recipe->network_count; n++)
        result = make_vectors(&v, n, &features[n], faces, error);
    if (result < 0) {
        validation_free(&v);
        return -1;
    }
    for (size_t i = 0; i < (size_t)v.count; i++)
        dataset_target(dataset, &labels, v.indices[i], v.targets + i * classes);
    *validation = v;
    return 0;
}

void validation_free(struct validation *validation)
{
    for (int n = 0; n < MODEL_MAX_NETWORKS; n++) {
        mlp_workspace_free(&validation->workspaces[n]);
        free(validation->vectors[n]);
    }
    free(validation->indices);
    free(validation->targets);
    free(validation->probabilities);
    free(validation->outputs);
    *validation = (struct validation){0};
}

void validation_run(struct validation *v, const struct mlp *mlps, double *loss, double *accuracy)
{
    size_t classes = (size_t)v->dataset->class_count, values = (size_t)v->count * classes;
    int hits = 0, networks = v->recipe->network_count;
    memset(v->probabilities, 0, values * sizeof *v->probabilities);
    for (int n = 0; n < networks; n++) {
        size_t dim = (size_t)mlps[n].config.units[0];
        for (int done = 0; done < v->count; done += BATCH) {
            int batch = v->count - done < BATCH ? v->count - done : BATCH;
            mlp_forward(&mlps[n], v->workspaces[n], v->vectors[n] + (size_t)done * dim, batch,
                        v->outputs + (size_t)done * classes);
        }
        for (size_t i = 0; i < values; i++)
            v->probabilities[i] += v->outputs[i] / (float)networks;
    }
    for (int i = 0; i < v->count; i++)
        hits += predicted_class(v->probabilities + (size_t)i * classes, (int)classes) ==
                v->dataset->labels[v->indices[i]];
    *accuracy = (double)hits / v->count;
    *loss = mlp_cost(mlps[0].config.output, v->recipe->step.loss, v->probabilities, v->targets,
                     v->count, (int)classes) /
            v->count;
}
