#include "evaluate.h"

#include <cjson/cJSON.h>

#include <stdlib.h>

enum { BATCH = 128 };

static int predict_split(const struct model *model, const struct dataset *dataset,
                         const int *indices, int count, float *probabilities, struct error *error)
{
    struct model_workspace *workspace;
    size_t area = (size_t)dataset->width * (size_t)dataset->height;
    uint8_t *crops = malloc(BATCH * area);
    if (!crops)
        return error_no_memory(error, "the evaluation");
    if (model_workspace_create(&workspace, model, BATCH, error) < 0) {
        free(crops);
        return -1;
    }
    for (int done = 0; done < count; done += BATCH) {
        int batch = count - done < BATCH ? count - done : BATCH;
        for (int i = 0; i < batch; i++) {
            const uint8_t *picture = dataset_picture(dataset, indices[done + i]);
            for (size_t p = 0; p < area; p++)
                crops[(size_t)i * area + p] = picture[p];
        }
        model_predict(model, workspace, crops, batch,
                      probabilities + (size_t)done * (size_t)model->class_count);
    }
    model_workspace_free(&workspace);
    free(crops);
    return 0;
}

static int check_fit(const struct model *model, const struct dataset *dataset, struct error *error)
{
    if (model->class_count != dataset->class_count || model->width != dataset->width ||
        model->height != dataset->height)
        return error_set(error,
                         "the model answers with %d classes for %dx%d pictures, the data have %d "
                         "classes in %dx%d; name the data it was made for",
                         model->class_count, model->width, model->height, dataset->class_count,
                         dataset->width, dataset->height);
    return 0;
}

int evaluate(struct evaluation *evaluation, const struct model *model,
             const struct dataset *dataset, enum split split, struct error *error)
{
    int *indices, count;
    if (check_fit(model, dataset, error) < 0 ||
        dataset_split(dataset, split, &indices, &count, error) < 0)
        return -1;
    struct evaluation made = {.split = split};
    struct model plain = *model;
    plain.mirror = false;
    float *probabilities =
        malloc((size_t)count * (size_t)model->class_count * sizeof *probabilities);
    int result;
    if (!probabilities)
        result = error_no_memory(error, "the evaluation");
    else
        result = predict_split(&plain, dataset, indices, count, probabilities, error);
    if (result == 0) {
        metrics_compute(&made.metrics, dataset, indices, count, probabilities);
        made.plain_accuracy = made.metrics.accuracy;
        if (model->mirror)
            result = predict_split(model, dataset, indices, count, probabilities, error);
    }
    if (result == 0) {
        metrics_compute(&made.metrics, dataset, indices, count, probabilities);
        *evaluation = made;
    }
    free(probabilities);
    free(indices);
    return result;
}

void evaluation_print(const struct evaluation *e, const struct dataset *dataset,
                      const char *model_path, FILE *out)
{
    const struct metrics *m = &e->metrics;
    fprintf(out, "%s on %s, %d pictures\n\n", model_path, split_names[dataset->source][e->split],
            m->count);
    fprintf(out, "  accuracy           %6.2f %%   (%.2f %% without the mirror image)\n",
            100.0 * m->accuracy, 100.0 * e->plain_accuracy);
    fprintf(out, "  macro F1           %6.2f %%\n", 100.0 * m->macro_f1);
    fprintf(out, "  calibration error  %6.2f %%\n", 100.0 * m->ece);
    if (m->ferplus_count)
        fprintf(out, "  FER+ majority      %6.2f %%   (%d pictures)\n", 100.0 * m->ferplus_accuracy,
                m->ferplus_count);
    fprintf(out, "\n  %-10s %9s %7s %7s %8s   predicted:", "", "precision", "recall", "F1",
            "pictures");
    for (int k = 0; k < m->class_count; k++)
        fprintf(out, " %5.5s", dataset->class_names[k]);
    fprintf(out, "\n");
    for (int k = 0; k < m->class_count; k++) {
        const struct class_metrics *c = &m->per_class[k];
        fprintf(out, "  %-10s %7.1f %% %5.1f %% %5.1f %% %8d             ", dataset->class_names[k],
                100.0 * c->precision, 100.0 * c->recall, 100.0 * c->f1, c->support);
        for (int j = 0; j < m->class_count; j++)
            fprintf(out, " %5d", m->confusion[k][j]);
        fprintf(out, "\n");
    }
}

/* Four decimals, without the digits a double would add. */
static bool add_share(cJSON *object, const char *name, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.4f", value);
    return cJSON_AddRawToObject(object, name, text) != NULL;
}

static bool add_classes(cJSON *object, const struct metrics *m, const struct dataset *dataset)
{
    cJSON *classes = cJSON_AddObjectToObject(object, "per_class");
    cJSON *confusion = cJSON_AddArrayToObject(object, "confusion");
    bool complete = classes && confusion;
    for (int k = 0; complete && k < m->class_count; k++) {
        const struct class_metrics *c = &m->per_class[k];
        cJSON *entry = cJSON_AddObjectToObject(classes, dataset->class_names[k]);
        cJSON *row = cJSON_CreateIntArray(m->confusion[k], m->class_count);
        complete = entry && add_share(entry, "precision", c->precision) &&
                   add_share(entry, "recall", c->recall) && add_share(entry, "f1", c->f1) &&
                   cJSON_AddNumberToObject(entry, "support", c->support) &&
                   cJSON_AddItemToArray(confusion, row);
    }
    return complete;
}

char *evaluation_json(const struct evaluation *e, const struct dataset *dataset,
                      const char *model_path, const char *options)
{
    const struct metrics *m = &e->metrics;
    cJSON *object = cJSON_CreateObject();
    bool complete =
        cJSON_AddStringToObject(object, "model", model_path) &&
        cJSON_AddStringToObject(object, "split", split_names[dataset->source][e->split]) &&
        cJSON_AddNumberToObject(object, "count", m->count) &&
        add_share(object, "accuracy", m->accuracy) && add_share(object, "macro_f1", m->macro_f1) &&
        add_share(object, "ece", m->ece) && add_classes(object, m, dataset);
    if (complete && m->ferplus_count)
        complete = cJSON_AddNumberToObject(object, "ferplus_count", m->ferplus_count) &&
                   add_share(object, "ferplus_accuracy", m->ferplus_accuracy);
    if (complete && options)
        complete = cJSON_AddStringToObject(object, "options", options) != NULL;
    char *text = complete ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    return text;
}
