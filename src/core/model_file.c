#include "model.h"

#include "file.h"
#include "safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MODEL_BYTES = 256 << 20, LIST_SIZE = 4096 };

static const char format_name[] = "expressions-mlp";
static const char format_version[] = "1";

/* The texts of `struct model_notes` and their keys in the file. */
static const struct {
    const char *key;
    size_t offset;
} note_keys[] = {
    {"training_data", offsetof(struct model_notes, training_data)},
    {"recipe", offsetof(struct model_notes, recipe)},
    {"seed", offsetof(struct model_notes, seed)},
    {"accuracy", offsetof(struct model_notes, accuracy)},
    {"date", offsetof(struct model_notes, date)},
    {"licence", offsetof(struct model_notes, licence)},
};
enum { NOTE_COUNT = sizeof note_keys / sizeof *note_keys };

static void tensor_name(char name[48], int layer, const char *part)
{
    snprintf(name, 48, "layers.%d.%s", layer, part);
}

/* ---- Loading --------------------------------------------------------------------------------- */

static int missing(const char *path, const char *key, struct error *error)
{
    return error_set(
        error, "%s: its metadata has no usable \"%s\"; train it again with ./train_fer", path, key);
}

static int find_name(const char *text, const char *const *names, int count)
{
    for (int i = 0; text && i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return -1;
}

/* Reads whole numbers parted by `separator`; returns how many, or -1. */
static int parse_list(const char *text, char separator, int *values, int capacity)
{
    int count = 0;
    while (text) {
        char *end;
        long value = strtol(text, &end, 10);
        if (end == text || value < 0 || value > MLP_MAX_UNITS || count == capacity)
            return -1;
        values[count++] = (int)value;
        if (*end == '\0')
            return count;
        if (*end != separator)
            return -1;
        text = end + 1;
    }
    return -1;
}

static int parse_features(const struct safetensors *file, const char *path,
                          struct features *features, struct error *error)
{
    int size[2];
    int kind =
        find_name(safetensors_metadata(file, "features"), feature_kind_names, FEATURE_KIND_COUNT);
    if (kind < 0)
        return missing(path, "features", error);
    if (parse_list(safetensors_metadata(file, "input_size"), 'x', size, 2) != 2)
        return missing(path, "input_size", error);
    *features =
        (struct features){.kind = (enum feature_kind)kind, .width = size[0], .height = size[1]};
    if (kind == FEATURES_HOG &&
        parse_list(safetensors_metadata(file, "hog_cell"), 'x', &features->cell, 1) != 1)
        return missing(path, "hog_cell", error);
    struct error why;
    if (features_check(features, &why) < 0)
        return error_set(error, "%s: %.200s; train it again with ./train_fer", path, why.text);
    return 0;
}

static int parse_classes(const char *text, struct model *model)
{
    while (text) {
        size_t length = strcspn(text, ",");
        if (length == 0 || length >= MODEL_CLASS_NAME_SIZE ||
            model->class_count == MODEL_MAX_CLASSES)
            return -1;
        memcpy(model->class_names[model->class_count++], text, length);
        text = text[length] ? text + length + 1 : NULL;
    }
    return model->class_count > 1 ? 0 : -1;
}

static int parse_config(const struct safetensors *file, const char *path, const struct model *model,
                        struct mlp_config *config, struct error *error)
{
    *config = (struct mlp_config){0};
    int count =
        parse_list(safetensors_metadata(file, "layers"), ',', config->units, MLP_MAX_LAYERS + 1);
    if (count < 2)
        return missing(path, "layers", error);
    config->layer_count = count - 1;
    int hidden =
        find_name(safetensors_metadata(file, "activation"), activation_names, ACTIVATION_COUNT);
    if (hidden < 0)
        return missing(path, "activation", error);
    int output = find_name(safetensors_metadata(file, "output_activation"), output_activation_names,
                           OUTPUT_ACTIVATION_COUNT);
    if (output < 0)
        return missing(path, "output_activation", error);
    config->activation = (enum activation)hidden;
    config->output = (enum output_activation)output;
    if (config->units[0] != features_dim(&model->features) ||
        config->units[config->layer_count] != model->class_count)
        return error_set(error,
                         "%s: its layers lead from %d to %d values, but its features have %d and "
                         "its classes are %d; train it again with ./train_fer",
                         path, config->units[0], config->units[config->layer_count],
                         features_dim(&model->features), model->class_count);
    return 0;
}

/* The sizes in the metadata must fit the file before memory of that size is taken. */
static int check_volume(const struct mlp_config *config, size_t file_size, const char *path,
                        struct error *error)
{
    size_t values = 0;
    for (int i = 0; i < config->layer_count; i++)
        values += ((size_t)config->units[i] + 1) * (size_t)config->units[i + 1];
    if (values > file_size / 2)
        return error_set(error,
                         "%s: its metadata lists more weights than the file can hold; get or train "
                         "it again",
                         path);
    return 0;
}

static int read_layers(const struct safetensors *file, struct mlp *mlp, struct error *error)
{
    for (int i = 0; i < mlp->config.layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        char name[48];
        tensor_name(name, i, "weight");
        if (safetensors_read(file, name, (size_t)layer->outputs, (size_t)layer->inputs,
                             layer->weights, error) < 0)
            return -1;
        tensor_name(name, i, "bias");
        if (safetensors_read(file, name, 1, (size_t)layer->outputs, layer->biases, error) < 0)
            return -1;
    }
    return 0;
}

static int parse_model(const struct safetensors *file, size_t size, const char *path,
                       struct model *model, struct error *error)
{
    const char *format = safetensors_metadata(file, "format");
    const char *version = safetensors_metadata(file, "format_version");
    const char *mirror = safetensors_metadata(file, "mirror");
    if (!format || strcmp(format, format_name) != 0)
        return error_set(error, "%s: no model of this program; name one made by ./train_fer", path);
    if (!version || strcmp(version, format_version) != 0)
        return error_set(error, "%s: format version %.20s, this program reads %s; update it", path,
                         version ? version : "unknown", format_version);
    if (!mirror || (strcmp(mirror, "true") != 0 && strcmp(mirror, "false") != 0))
        return missing(path, "mirror", error);
    model->mirror = strcmp(mirror, "true") == 0;
    if (parse_features(file, path, &model->features, error) < 0)
        return -1;
    if (parse_classes(safetensors_metadata(file, "classes"), model) < 0)
        return missing(path, "classes", error);
    for (int i = 0; i < NOTE_COUNT; i++) {
        const char *text = safetensors_metadata(file, note_keys[i].key);
        snprintf((char *)&model->notes + note_keys[i].offset, MODEL_NOTE_SIZE, "%s",
                 text ? text : "");
    }
    struct mlp_config config;
    if (parse_config(file, path, model, &config, error) < 0 ||
        check_volume(&config, size, path, error) < 0)
        return -1;
    struct error why;
    if (mlp_create(&model->mlp, &config, &why) < 0)
        return error_set(error, "%s: %.200s", path, why.text);
    if (read_layers(file, &model->mlp, error) < 0) {
        mlp_free(&model->mlp);
        return -1;
    }
    return 0;
}

int model_load(struct model *model, const char *path, struct error *error)
{
    uint8_t *bytes;
    size_t size;
    if (file_read(path, MAX_MODEL_BYTES, &bytes, &size, error) < 0)
        return -1;
    struct safetensors *file;
    int result = safetensors_parse(&file, bytes, size, path, error);
    if (result == 0) {
        struct model loaded = {0};
        result = parse_model(file, size, path, &loaded, error);
        if (result == 0)
            *model = loaded;
        safetensors_free(&file);
    }
    free(bytes);
    return result;
}

/* ---- Saving ---------------------------------------------------------------------------------- */

/* 16 bits, unless a value lies beyond their range. */
static enum tensor_type weight_type(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fabsf(values[i]) >= 65504.0f)
            return TENSOR_F32;
    return TENSOR_F16;
}

static size_t list_tensors(const struct mlp *mlp, struct tensor *tensors)
{
    size_t count = 0;
    for (int i = 0; i < mlp->config.layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        size_t n = (size_t)layer->outputs, m = (size_t)layer->inputs;
        struct tensor *weight = &tensors[count++], *bias = &tensors[count++];
        *weight = (struct tensor){.type = weight_type(layer->weights, n * m),
                                  .rows = n,
                                  .columns = m,
                                  .values = layer->weights};
        *bias = (struct tensor){.type = TENSOR_F32, .columns = n, .values = layer->biases};
        tensor_name(weight->name, i, "weight");
        tensor_name(bias->name, i, "bias");
    }
    return count;
}

int model_save(const struct model *model, const char *path, struct error *error)
{
    const struct mlp_config *config = &model->mlp.config;
    const struct features *features = &model->features;
    char classes[LIST_SIZE] = "", layers[LIST_SIZE] = "", input_size[32], hog_cell[16];
    size_t used = 0;
    for (int i = 0; i < model->class_count; i++)
        used += (size_t)snprintf(classes + used, sizeof classes - used, "%s%s", i ? "," : "",
                                 model->class_names[i]);
    used = 0;
    for (int i = 0; i <= config->layer_count; i++)
        used += (size_t)snprintf(layers + used, sizeof layers - used, "%s%d", i ? "," : "",
                                 config->units[i]);
    snprintf(input_size, sizeof input_size, "%dx%d", features->width, features->height);
    snprintf(hog_cell, sizeof hog_cell, "%d", features->cell);
    struct metadata_entry metadata[10 + NOTE_COUNT] = {
        {"format", format_name},
        {"format_version", format_version},
        {"classes", classes},
        {"input_size", input_size},
        {"features", feature_kind_names[features->kind]},
        {"layers", layers},
        {"activation", activation_names[config->activation]},
        {"output_activation", output_activation_names[config->output]},
        {"mirror", model->mirror ? "true" : "false"},
    };
    size_t entries = 9;
    if (features->kind == FEATURES_HOG)
        metadata[entries++] = (struct metadata_entry){"hog_cell", hog_cell};
    for (int i = 0; i < NOTE_COUNT; i++)
        metadata[entries++] = (struct metadata_entry){
            note_keys[i].key, (const char *)&model->notes + note_keys[i].offset};
    struct tensor tensors[2 * MLP_MAX_LAYERS];
    size_t count = list_tensors(&model->mlp, tensors);
    return safetensors_write(path, tensors, count, metadata, entries, error);
}
