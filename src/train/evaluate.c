#include "evaluate.h"

#include "duplicates.h"
#include "text.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

enum { BATCH = 128 };

static int check_fit(const struct model *model, const struct dataset *dataset, struct error *error)
{
    if (model->class_count != dataset->class_count || model->width != dataset->width ||
        model->height != dataset->height)
        return error_set(error,
                         "the model answers with %d classes for %dx%d pictures, the data have %d "
                         "classes in %dx%d; name the data it was made for",
                         model->class_count, model->width, model->height, dataset->class_count,
                         dataset->width, dataset->height);
    for (int k = 0; k < model->class_count; k++)
        if (strcmp(model->class_names[k], dataset->class_names[k]) != 0)
            return error_set(error,
                             "the model's class number %d is %s, that of the data %s; name the "
                             "data it was made for",
                             k + 1, model->class_names[k], dataset->class_names[k]);
    return 0;
}

int evaluation_data_load(struct evaluation_data *data, const struct dataset *dataset,
                         enum split split, struct error *error)
{
    struct evaluation_data d;
    int *indices;
    if (dataset_split(dataset, split, &indices, &d.count, error) < 0)
        return -1;
    size_t area = (size_t)dataset->width * (size_t)dataset->height, count = (size_t)d.count;
    d.crops = malloc(count * area);
    d.labels = malloc(count * sizeof *d.labels);
    d.majority = malloc(count * sizeof *d.majority);
    d.duplicate = malloc(count * sizeof *d.duplicate);
    bool *duplicates = NULL;
    int result = d.crops && d.labels && d.majority && d.duplicate
                     ? duplicates_find(&duplicates, dataset, error)
                     : error_no_memory(error, "the evaluation");
    if (result < 0) {
        evaluation_data_free(&d);
        free(indices);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        int sample = indices[i];
        memcpy(d.crops + i * area, dataset_picture(dataset, sample), area);
        d.labels[i] = dataset->labels[sample];
        d.majority[i] = dataset->votes ? votes_majority(&dataset->votes[sample]) : -1;
        d.duplicate[i] = duplicates[sample];
    }
    free(duplicates);
    free(indices);
    *data = d;
    return 0;
}

void evaluation_data_free(struct evaluation_data *data)
{
    free(data->crops);
    free(data->labels);
    free(data->majority);
    free(data->duplicate);
    *data = (struct evaluation_data){0};
}

static int truth_of(const struct evaluation_data *data, enum truth truth, int i)
{
    switch (truth) {
    case TRUTH_LABEL:
        return data->labels[i];
    case TRUTH_FERPLUS:
        return data->majority[i];
    default:
        return data->labels[i] == data->majority[i] ? data->labels[i] : -1;
    }
}

/* By each truth, without the pictures that are also in Training. */
static int measure_unique(struct evaluation *made, const struct evaluation_data *data, int classes,
                          const float *probabilities, struct error *error)
{
    int *truths = malloc((size_t)data->count * sizeof *truths);
    if (!truths)
        return error_no_memory(error, "the evaluation");
    for (int t = 0; t < TRUTH_COUNT; t++) {
        for (int i = 0; i < data->count; i++)
            truths[i] = data->duplicate[i] ? -1 : truth_of(data, (enum truth)t, i);
        metrics_compute(&made->unique[t], classes, truths, data->count, probabilities);
    }
    for (int i = 0; i < data->count; i++)
        made->duplicates += data->duplicate[i];
    free(truths);
    return 0;
}

/* From the crop alone first, then as in use. */
static int measure(struct evaluation *made, const struct model *model,
                   const struct evaluation_data *data, float *probabilities, struct error *error)
{
    int classes = model->class_count;
    struct model_workspace *workspace;
    if (model_workspace_create(&workspace, model, BATCH, error) < 0)
        return -1;
    model_workspace_set_mirror(workspace, false);
    model_predict(model, workspace, data->crops, data->count, probabilities);
    metrics_compute(&made->metrics, classes, data->labels, data->count, probabilities);
    made->plain_accuracy = made->metrics.accuracy;
    if (model->mirror) {
        model_workspace_set_mirror(workspace, true);
        model_predict(model, workspace, data->crops, data->count, probabilities);
        metrics_compute(&made->metrics, classes, data->labels, data->count, probabilities);
    }
    model_workspace_free(&workspace);
    metrics_compute(&made->ferplus, classes, data->majority, data->count, probabilities);
    return measure_unique(made, data, classes, probabilities, error);
}

int evaluate(struct evaluation *evaluation, const struct model *model,
             const struct dataset *dataset, enum split split, struct error *error)
{
    struct evaluation_data data;
    if (check_fit(model, dataset, error) < 0 ||
        evaluation_data_load(&data, dataset, split, error) < 0)
        return -1;
    float *probabilities =
        malloc((size_t)data.count * (size_t)model->class_count * sizeof *probabilities);
    struct evaluation *made = calloc(1, sizeof *made);
    int result = probabilities && made ? measure(made, model, &data, probabilities, error)
                                       : error_no_memory(error, "the evaluation");
    if (result == 0) {
        made->split = split;
        *evaluation = *made;
    }
    free(made);
    free(probabilities);
    evaluation_data_free(&data);
    return result;
}

static void print_row(const char *name, const struct metrics *m, int k, FILE *out)
{
    const struct class_metrics *c = &m->per_class[k];
    fprintf(out, "  %-10s %7.1f %% %5.1f %% %5.1f %% %8d             ", name, 100.0 * c->precision,
            100.0 * c->recall, 100.0 * c->f1, c->support);
    for (int j = 0; j < m->class_count; j++)
        fprintf(out, " %5d", m->confusion[k][j]);
    fprintf(out, "\n");
}

static void print_classes(const char *truth, const struct metrics *m, const struct dataset *dataset,
                          FILE *out)
{
    fprintf(out, "\n  %-10s %9s %7s %7s %8s   predicted:", truth, "precision", "recall", "F1",
            "support");
    for (int k = 0; k < m->class_count; k++)
        fprintf(out, " %5.5s", dataset->class_names[k]);
    fprintf(out, "\n");
    for (int k = 0; k < m->class_count; k++)
        print_row(dataset->class_names[k], m, k, out);
    fprintf(out, "  %-37s %8d             ", "all", m->count);
    for (int k = 0; k < m->class_count; k++)
        fprintf(out, " %5d", metrics_answers(m, k));
    fprintf(out, "\n");
}

const char *const truth_keys[TRUTH_COUNT] = {"label", "ferplus", "agreed"};
static const char *const truth_names[TRUTH_COUNT] = {"by label", "by FER+ majority",
                                                     "where both agree"};

static void print_percentage(const struct metrics *m, double share, FILE *out)
{
    if (m->count)
        fprintf(out, "%24.2f %%", 100.0 * share);
    else
        fprintf(out, "%26s", "-");
}

/* One column for each truth that any picture has. */
static void print_unique(const struct evaluation *e, const struct dataset *dataset, FILE *out)
{
    const char *const *names = split_names[dataset->source];
    int truths = e->unique[TRUTH_FERPLUS].count ? TRUTH_COUNT : 1;
    if (e->duplicates)
        fprintf(out, "\nWithout the %d pictures that are also in %s\n\n  %-13s", e->duplicates,
                names[SPLIT_TRAINING], "");
    else
        fprintf(out, "\nNone of these pictures is also in %s\n\n  %-13s", names[SPLIT_TRAINING],
                "");
    for (int t = 0; t < truths; t++)
        fprintf(out, "%26s", truth_names[t]);
    const struct metrics *m = e->unique;
    fprintf(out, "\n  %-13s", "accuracy");
    for (int t = 0; t < truths; t++)
        print_percentage(&m[t], m[t].accuracy, out);
    fprintf(out, "\n  %-13s", "macro recall");
    for (int t = 0; t < truths; t++)
        print_percentage(&m[t], m[t].macro_recall, out);
    fprintf(out, "\n  %-13s", "log loss");
    for (int t = 0; t < truths; t++)
        if (m[t].count)
            fprintf(out, "%26.3f", m[t].log_loss);
        else
            fprintf(out, "%26s", "-");
    fprintf(out, "\n\n  %-13s", "");
    for (int t = 0; t < truths; t++)
        fprintf(out, "%10s%8s%8s", "precision", "recall", "support");
    for (int k = 0; k < m->class_count; k++) {
        fprintf(out, "\n  %-13s", dataset->class_names[k]);
        for (int t = 0; t < truths; t++) {
            const struct class_metrics *c = &m[t].per_class[k];
            if (m[t].count)
                fprintf(out, "%8.1f %% %5.1f %%%8d", 100.0 * c->precision, 100.0 * c->recall,
                        c->support);
            else
                fprintf(out, "%10s%8s%8d", "-", "-", 0);
        }
    }
    fprintf(out, "\n  %-13s", "all");
    for (int t = 0; t < truths; t++)
        fprintf(out, "%26d", m[t].count);
    fprintf(out, "\n");
}

void evaluation_print(const struct evaluation *e, const struct dataset *dataset,
                      const char *model_path, FILE *out)
{
    const struct metrics *m = &e->metrics;
    text_print(out, model_path);
    fprintf(out, " on %s, %d pictures\n\n", split_names[dataset->source][e->split], m->count);
    fprintf(out, "  accuracy           %6.2f %%   (%.2f %% without the mirror image)\n",
            100.0 * m->accuracy, 100.0 * e->plain_accuracy);
    fprintf(out, "  macro F1           %6.2f %%\n", 100.0 * m->macro_f1);
    fprintf(out, "  calibration error  %6.2f %%\n", 100.0 * m->ece);
    if (e->ferplus.count) {
        fprintf(out, "  FER+ majority      %6.2f %%   (%d pictures)\n", 100.0 * e->ferplus.accuracy,
                e->ferplus.count);
        fprintf(out, "  calibration error  %6.2f %%   by FER+\n", 100.0 * e->ferplus.ece);
    }
    print_classes(e->ferplus.count ? "FER2013" : "", m, dataset, out);
    if (e->ferplus.count)
        print_classes("FER+", &e->ferplus, dataset, out);
    print_unique(e, dataset, out);
}

/* Four decimals, without the digits a double would add; null of no pictures. */
static bool add_share(cJSON *object, const char *name, const struct metrics *m, double value)
{
    char text[32] = "null";
    if (m->count)
        snprintf(text, sizeof text, "%.4f", value);
    return cJSON_AddRawToObject(object, name, text) != NULL;
}

static bool add_classes(cJSON *object, const char *per_class, const char *matrix,
                        const struct metrics *m, const struct dataset *dataset)
{
    cJSON *classes = cJSON_AddObjectToObject(object, per_class);
    cJSON *confusion = cJSON_AddArrayToObject(object, matrix);
    bool complete = classes && confusion;
    for (int k = 0; complete && k < m->class_count; k++) {
        const struct class_metrics *c = &m->per_class[k];
        cJSON *row = cJSON_CreateIntArray(m->confusion[k], m->class_count);
        cJSON *entry = cJSON_AddItemToArray(confusion, row)
                           ? cJSON_AddObjectToObject(classes, dataset->class_names[k])
                           : NULL;
        complete = entry && add_share(entry, "precision", m, c->precision) &&
                   add_share(entry, "recall", m, c->recall) && add_share(entry, "f1", m, c->f1) &&
                   cJSON_AddNumberToObject(entry, "support", c->support);
    }
    return complete;
}

static bool add_ferplus(cJSON *object, const struct metrics *m, const struct dataset *dataset)
{
    return cJSON_AddNumberToObject(object, "ferplus_count", m->count) &&
           add_share(object, "ferplus_accuracy", m, m->accuracy) &&
           add_share(object, "ferplus_ece", m, m->ece) &&
           add_classes(object, "ferplus_per_class", "ferplus_confusion", m, dataset);
}

/* Without the pictures that are also in Training, by each truth that there is. */
static bool add_unique(cJSON *object, const struct evaluation *e, const struct dataset *dataset)
{
    cJSON *unique = cJSON_AddNumberToObject(object, "duplicates", e->duplicates)
                        ? cJSON_AddObjectToObject(object, "unique")
                        : NULL;
    bool complete = unique != NULL;
    for (int t = 0; complete && t < TRUTH_COUNT; t++) {
        const struct metrics *m = &e->unique[t];
        if (t > 0 && !e->unique[TRUTH_FERPLUS].count)
            break;
        cJSON *entry = cJSON_AddObjectToObject(unique, truth_keys[t]);
        complete = entry && cJSON_AddNumberToObject(entry, "count", m->count) &&
                   add_share(entry, "accuracy", m, m->accuracy) &&
                   add_share(entry, "macro_recall", m, m->macro_recall) &&
                   add_share(entry, "macro_f1", m, m->macro_f1) &&
                   add_share(entry, "log_loss", m, m->log_loss) &&
                   add_share(entry, "ece", m, m->ece) &&
                   add_classes(entry, "per_class", "confusion", m, dataset);
    }
    return complete;
}

/* How many pictures were given each answer. */
static bool add_answers(cJSON *object, const struct metrics *m, const struct dataset *dataset)
{
    cJSON *answers = cJSON_AddObjectToObject(object, "answers");
    bool complete = answers != NULL;
    for (int k = 0; complete && k < m->class_count; k++)
        complete = cJSON_AddNumberToObject(answers, dataset->class_names[k], metrics_answers(m, k));
    return complete;
}

char *evaluation_json(const struct evaluation *e, const struct dataset *dataset,
                      const char *model_path, const char *options)
{
    const struct metrics *m = &e->metrics;
    cJSON *object = cJSON_CreateObject();
    char *model = text_utf8(model_path);
    bool complete =
        model && cJSON_AddStringToObject(object, "model", model) &&
        cJSON_AddStringToObject(object, "split", split_names[dataset->source][e->split]) &&
        cJSON_AddNumberToObject(object, "count", m->count) &&
        add_share(object, "accuracy", m, m->accuracy) &&
        add_share(object, "macro_f1", m, m->macro_f1) && add_share(object, "ece", m, m->ece) &&
        add_classes(object, "per_class", "confusion", m, dataset) &&
        (!e->ferplus.count || add_ferplus(object, &e->ferplus, dataset)) &&
        add_answers(object, m, dataset) && add_unique(object, e, dataset) &&
        (!options || cJSON_AddStringToObject(object, "options", options));
    char *text = complete ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    free(model);
    return text;
}
