#include "model_file.h"

#include "safetensors.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_SIZE = 512 };

/* 16 bits, unless a value lies beyond their range. */
static enum tensor_type weight_type(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fabsf(values[i]) >= 65504.0f)
            return TENSOR_F32;
    return TENSOR_F16;
}

enum {
    MAX_ENTRIES = 9 + MODEL_FILE_NOTES + 5 * (MODEL_MAX_NETWORKS + 2),
    TEXT_SIZE = 8192 /* of all metadata but the notes */
};

/* What goes into the file; texts and names live here until it is written. */
struct writer {
    struct tensor tensors[SAFETENSORS_MAX_TENSORS];
    size_t tensor_count;
    struct metadata_entry entries[MAX_ENTRIES];
    size_t entry_count;
    char texts[TEXT_SIZE];
    size_t used;
};

/* Keeps a formatted text. */
__attribute__((format(printf, 2, 3))) static const char *keep(struct writer *w, const char *format,
                                                              ...)
{
    va_list arguments;
    char *text = w->texts + w->used;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof w->texts - w->used, format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < sizeof w->texts - w->used);
    w->used += (size_t)length + 1;
    return text;
}

static const char *keep_prior(struct writer *w, const struct model *model)
{
    char list[MODEL_MAX_CLASSES * 16];
    size_t used = 0;
    for (int k = 0; k < model->class_count; k++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.9g", k ? "," : "",
                                 (double)model->prior[k]);
    return keep(w, "%s", list);
}

static void add_entry(struct writer *w, const char *prefix, const char *key, const char *value)
{
    assert(w->entry_count < MAX_ENTRIES);
    w->entries[w->entry_count++] = (struct metadata_entry){keep(w, "%s%s", prefix, key), value};
}

/* rows 0: one dimension. Weights go in 16 bits, the few offsets and biases in 32. */
static void add_tensor(struct writer *w, const char name[MODEL_FILE_NAME_SIZE], size_t rows,
                       size_t columns, const float *values)
{
    assert(w->tensor_count < SAFETENSORS_MAX_TENSORS);
    struct tensor *t = &w->tensors[w->tensor_count++];
    *t = (struct tensor){.type = rows ? weight_type(values, rows * columns) : TENSOR_F32,
                         .rows = rows,
                         .columns = columns,
                         .values = values};
    memcpy(t->name, name, sizeof t->name);
}

static void add_mlp(struct writer *w, const char *prefix, const struct mlp *mlp)
{
    const struct mlp_config *config = &mlp->config;
    char layers[LIST_SIZE], name[MODEL_FILE_NAME_SIZE] = "";
    size_t used = (size_t)snprintf(layers, sizeof layers, "%d", config->units[0]);
    for (int i = 0; i < config->layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        used += layer->tokens > 1
                    ? (size_t)snprintf(layers + used, sizeof layers - used, ",%dx%d", layer->tokens,
                                       layer->outputs)
                    : (size_t)snprintf(layers + used, sizeof layers - used, ",%d", layer->outputs);
        model_file_tensor(name, prefix, i, "weight");
        add_tensor(w, name, (size_t)layer->outputs, (size_t)layer->inputs, layer->weights);
        model_file_tensor(name, prefix, i, "bias");
        add_tensor(w, name, 0, (size_t)layer->outputs, layer->biases);
    }
    add_entry(w, prefix, "layers", keep(w, "%s", layers));
    add_entry(w, prefix, "activation", activation_names[config->activation]);
    add_entry(w, prefix, "output_activation", output_activation_names[config->output]);
}

static void add_features(struct writer *w, const char *prefix, const struct features *f)
{
    char name[MODEL_FILE_NAME_SIZE] = "";
    add_entry(w, prefix, "features", feature_kind_names[f->kind]);
    if (f->kind == FEATURES_HOG || f->kind == FEATURES_WINDOWS)
        add_entry(w, prefix, "cell", keep(w, "%d", f->cell));
    if (f->kind != FEATURES_PATCHES)
        return;
    add_entry(w, prefix, "grid", keep(w, "%d", f->grid));
    add_entry(w, prefix, "atoms", keep(w, "%d", f->atoms));
    snprintf(name, sizeof name, "%sdictionary.atoms", prefix);
    add_tensor(w, name, (size_t)f->atoms / 2, PATCH_VALUES, f->dictionary);
    snprintf(name, sizeof name, "%sdictionary.offsets", prefix);
    add_tensor(w, name, 0, (size_t)f->atoms / 2, f->dictionary + f->atoms / 2 * PATCH_VALUES);
}

int model_save(const struct model *model, const char *path, struct error *error)
{
    char classes[MODEL_FILE_CLASSES_SIZE] = "", prefix[MODEL_FILE_PREFIX_SIZE];
    struct writer *w = calloc(1, sizeof *w);
    if (!w)
        return error_no_memory(error, path);
    add_entry(w, "", "format", MODEL_FILE_FORMAT);
    add_entry(w, "", "format_version", MODEL_FILE_VERSION);
    add_entry(w, "", "classes", model_file_classes(classes, model));
    add_entry(w, "", "input_size", keep(w, "%dx%d", model->width, model->height));
    if (model->prior[0] > 0.0f)
        add_entry(w, "", "prior", keep_prior(w, model));
    add_entry(w, "", "mirror", model->mirror ? "true" : "false");
    add_entry(w, "", "networks", keep(w, "%d", model->network_count));
    for (int i = 0; i < model->network_count; i++) {
        add_features(w, model_file_prefix(prefix, i), &model->networks[i].features);
        add_mlp(w, prefix, &model->networks[i].mlp);
    }
    if (model->aligner.parameters)
        add_mlp(w, MODEL_FILE_ALIGNER, &model->aligner);
    if (model->verifier.parameters)
        add_mlp(w, MODEL_FILE_VERIFIER, &model->verifier);
    for (int i = 0; i < MODEL_FILE_NOTES; i++)
        add_entry(w, "", model_file_notes[i].key,
                  (const char *)&model->notes + model_file_notes[i].offset);
    int result =
        safetensors_write(path, w->tensors, w->tensor_count, w->entries, w->entry_count, error);
    free(w);
    return result;
}
