#include "model.h"

#include "face.h"

#include <stdlib.h>
#include <string.h>

void model_free(struct model *model)
{
    mlp_free(&model->mlp);
    *model = (struct model){0};
}

int model_check_faces(const struct model *model, const char *path, struct error *error)
{
    bool same = model->class_count == LABEL_COUNT && model->features.width == FACE_SIDE &&
                model->features.height == FACE_SIDE;
    for (int i = 0; same && i < LABEL_COUNT; i++)
        same = strcmp(model->class_names[i], label_names[i]) == 0;
    if (!same)
        return error_set(
            error,
            "%s: is not for the seven expressions in %dx%d crops; name a model trained "
            "on FER2013",
            path, FACE_SIDE, FACE_SIDE);
    return 0;
}

struct model_workspace {
    int capacity; /* crops */
    struct mlp_workspace *mlp;
    float *vectors;  /* 2 capacity x D: the crops', then their mirror images' */
    float *outputs;  /* 2 capacity x K */
    uint8_t *mirror; /* one crop */
};

int model_workspace_create(struct model_workspace **workspace, const struct model *model,
                           int capacity, struct error *error)
{
    int rows = model->mirror ? 2 * capacity : capacity;
    struct model_workspace *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the recognizer");
    made->capacity = capacity;
    made->vectors = calloc((size_t)rows * (size_t)features_dim(&model->features), sizeof(float));
    made->outputs = calloc((size_t)rows * (size_t)model->class_count, sizeof(float));
    made->mirror = malloc((size_t)model->features.width * (size_t)model->features.height);
    int result = 0;
    if (!made->vectors || !made->outputs || !made->mirror)
        result = error_no_memory(error, "the recognizer");
    else
        result = mlp_workspace_create(&made->mlp, &model->mlp.config, rows, error);
    if (result < 0)
        model_workspace_free(&made);
    else
        *workspace = made;
    return result;
}

void model_workspace_free(struct model_workspace **workspace)
{
    struct model_workspace *w = *workspace;
    if (!w)
        return;
    mlp_workspace_free(&w->mlp);
    free(w->vectors);
    free(w->outputs);
    free(w->mirror);
    free(w);
    *workspace = NULL;
}

/* Sigmoid outputs are no distribution until they are divided by their sum. */
static void normalize(float *row, int classes)
{
    float sum = 0.0f;
    for (int k = 0; k < classes; k++)
        sum += row[k];
    for (int k = 0; k < classes; k++)
        row[k] = sum > 0.0f ? row[k] / sum : 1.0f / (float)classes;
}

/* At most capacity crops. */
static void predict_batch(const struct model *model, struct model_workspace *w,
                          const uint8_t *crops, int count, float *probabilities)
{
    const struct features *features = &model->features;
    size_t pixels = (size_t)features->width * (size_t)features->height;
    size_t dim = (size_t)features_dim(features), classes = (size_t)model->class_count;
    int rows = model->mirror ? 2 * count : count;
    for (int i = 0; i < count; i++) {
        const uint8_t *crop = crops + (size_t)i * pixels;
        features_extract(features, crop, w->vectors + (size_t)i * dim);
        if (model->mirror) {
            face_mirror(crop, features->width, features->height, w->mirror);
            features_extract(features, w->mirror, w->vectors + (size_t)(count + i) * dim);
        }
    }
    mlp_forward(&model->mlp, w->mlp, w->vectors, rows, w->outputs);
    for (int i = 0; i < rows && model->mlp.config.output == OUTPUT_SIGMOID; i++)
        normalize(w->outputs + (size_t)i * classes, model->class_count);
    for (size_t i = 0; i < (size_t)count * classes; i++) {
        float p = w->outputs[i];
        probabilities[i] = model->mirror ? 0.5f * (p + w->outputs[i + (size_t)count * classes]) : p;
    }
}

void model_predict(const struct model *model, struct model_workspace *workspace,
                   const uint8_t *crops, int count, float *probabilities)
{
    size_t pixels = (size_t)model->features.width * (size_t)model->features.height;
    for (int done = 0; done < count; done += workspace->capacity) {
        int batch = count - done < workspace->capacity ? count - done : workspace->capacity;
        predict_batch(model, workspace, crops + (size_t)done * pixels, batch,
                      probabilities + (size_t)done * (size_t)model->class_count);
    }
}
