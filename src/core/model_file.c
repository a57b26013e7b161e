#include "model_file.h"

#include "file.h"
#include "safetensors.h"
#include "shares.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct model_file_note model_file_notes[MODEL_FILE_NOTES] = {
    {"training_data", offsetof(struct model_notes, training_data)},
    {"recipe", offsetof(struct model_notes, recipe)},
    {"seed", offsetof(struct model_notes, seed)},
    {"accuracy", offsetof(struct model_notes, accuracy)},
    {"date", offsetof(struct model_notes, date)},
    {"licence", offsetof(struct model_notes, licence)},
};

const char *model_file_prefix(char prefix[MODEL_FILE_PREFIX_SIZE], int network)
{
    snprintf(prefix, MODEL_FILE_PREFIX_SIZE, "networks.%d.", network);
    return prefix;
}

void model_file_tensor(char name[MODEL_FILE_NAME_SIZE], const char *prefix, int layer,
                       const char *part)
{
    snprintf(name, MODEL_FILE_NAME_SIZE, "%slayers.%d.%s", prefix, layer, part);
}

const char *model_file_classes(char classes[MODEL_FILE_CLASSES_SIZE], const struct model *model)
{
    size_t used = 0;
    for (int i = 0; i < model->class_count; i++)
        used += (size_t)snprintf(classes + used, MODEL_FILE_CLASSES_SIZE - used, "%s%s",
                                 i ? "," : "", model->class_names[i]);
    return classes;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Beyond this a sum of products may leave the range of a float. */
static const double largest_value = 1e30;

struct reader {
    struct safetensors *file;
    size_t room; /* values that the rest of the file can hold at most */
    const char *path;
    struct error *error;
};

static int missing(const struct reader *r, const char *prefix, const char *key)
{
    return error_set(r->error,
                     "%s: its metadata has no usable \"%s%s\"; train it again with ./train_fer",
                     r->path, prefix, key);
}

static const char *text_of(const struct reader *r, const char *prefix, const char *key)
{
    char name[2 * MODEL_FILE_NAME_SIZE];
    snprintf(name, sizeof name, "%s%s", prefix, key);
    return safetensors_metadata(r->file, name);
}

static int find_name(const char *text, const char *const *names, int count)
{
    for (int i = 0; text && i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return -1;
}

/* Reads a whole number from 0 to MLP_MAX_UNITS, moves *text behind it; -1 where there is none. */
static int take_number(const char **text)
{
    char *end;
    if (**text < '0' || **text > '9')
        return -1;
    long value = strtol(*text, &end, 10);
    if (value > MLP_MAX_UNITS)
        return -1;
    *text = end;
    return (int)value;
}

static int parse_number(const struct reader *r, const char *prefix, const char *key, int *value)
{
    const char *text = text_of(r, prefix, key);
    *value = text ? take_number(&text) : -1;
    return *value < 0 || *text ? missing(r, prefix, key) : 0;
}

/* "48x48" */
static int parse_size(const struct reader *r, struct model *model)
{
    const char *text = text_of(r, "", "input_size");
    model->width = text ? take_number(&text) : -1;
    if (model->width < 0 || *text++ != 'x')
        return missing(r, "", "input_size");
    model->height = take_number(&text);
    return model->height < 0 || *text ? missing(r, "", "input_size") : 0;
}

/* Older files have none. */
static int parse_enlarge(const struct reader *r, float *enlarge)
{
    const char *text = text_of(r, "", "enlarge");
    char *end = NULL;
    if (!text)
        return 0;
    *enlarge = strtof(text, &end);
    bool possible = *enlarge >= 1.0f && *enlarge <= MODEL_MAX_ENLARGE;
    return possible && *end == '\0' ? 0 : missing(r, "", "enlarge");
}

/* Reads what layer `i` says of its values, moves *text behind it. */
static int take_layer(const char **text, struct mlp_config *config, int i)
{
    int units = take_number(text), times = 1; /* so many times in all */
    bool repeats = i > 0 && units > 0;
    if (repeats && **text == '@') {
        ++*text;
        struct mlp_windows windows = {.grid = take_number(text), .side = units};
        if (windows.grid < units || windows.grid > MLP_MAX_GRID || **text != 'x')
            return -1;
        config->windows[i - 1] = windows;
        times = mlp_window_count(&windows);
    } else if (repeats && **text == 'x') {
        config->positions[i - 1] = times = units;
    }
    if (repeats && **text == 'x') {
        ++*text;
        units = take_number(text);
    }
    if (units < 1 || units > MLP_MAX_UNITS / times)
        return -1;
    config->units[i] = times * units;
    return 0;
}

/* "103680,81x64,3@9x64,512,7": the values of each layer; 81x64 where 81 positions share it, 3@9x64
 * where it looks through windows of 3x3 on a grid of 9x9. */
static int parse_layers(const char *text, struct mlp_config *config)
{
    for (int i = 0; text && i <= MLP_MAX_LAYERS; i++) {
        if (take_layer(&text, config, i) < 0)
            return -1;
        config->layer_count = i;
        if (*text == '\0')
            return i > 0 ? 0 : -1;
        if (*text++ != ',')
            return -1;
    }
    return -1;
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

/* What the metadata announces must fit the file before memory of that size is taken. */
static int reserve(struct reader *r, size_t values)
{
    if (values > r->room)
        return error_set(r->error,
                         "%s: its metadata lists more weights than the file can hold; get or train "
                         "it again",
                         r->path);
    r->room -= values;
    return 0;
}

static int parse_config(const struct reader *r, const char *prefix, struct mlp_config *config)
{
    struct error why;
    *config = (struct mlp_config){0};
    if (parse_layers(text_of(r, prefix, "layers"), config) < 0)
        return missing(r, prefix, "layers");
    int hidden = find_name(text_of(r, prefix, "activation"), activation_names, ACTIVATION_COUNT);
    if (hidden < 0)
        return missing(r, prefix, "activation");
    int output = find_name(text_of(r, prefix, "output_activation"), output_activation_names,
                           OUTPUT_ACTIVATION_COUNT);
    if (output < 0)
        return missing(r, prefix, "output_activation");
    config->activation = (enum activation)hidden;
    config->output = (enum output_activation)output;
    if (mlp_config_check(config, &why) < 0)
        return error_set_code(r->error, why.code, "%s: %.200s", r->path, why.text);
    return 0;
}

/* No crop may lead to infinite values, whose differences are not numbers: from inputs that lie
 * within +-`bound`, neither their squares nor any layer reach beyond the largest value. */
static int check_reach(const struct reader *r, const struct mlp *mlp, double bound)
{
    double reach = bound * bound;
    for (int i = 0; i < mlp->config.layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        for (int n = 0; n < layer->outputs; n++) {
            const float *row = layer->weights + (size_t)n * (size_t)layer->fan_in;
            double sum = 0.0;
            for (int m = 0; m < layer->fan_in; m++)
                sum += fabs((double)row[m]);
            reach = fmax(reach, sum * bound + fabs((double)layer->biases[n]));
        }
        if (reach > largest_value)
            return error_set(r->error,
                             "%s: weights so large that the answers would not be numbers; get or "
                             "train it again",
                             r->path);
        bound = mlp->config.activation == ACTIVATION_RELU ? reach : 1.0;
        reach = 0.0;
    }
    return 0;
}

/* `bound`: of the absolute values of its inputs. */
static int read_mlp(struct reader *r, const char *prefix, const struct mlp_config *config,
                    double bound, struct mlp *mlp)
{
    struct error why;
    if (reserve(r, mlp_parameter_count(config)) < 0)
        return -1;
    if (mlp_create(mlp, config, &why) < 0)
        return error_set_code(r->error, why.code, "%s: %.200s", r->path, why.text);
    for (int i = 0; i < config->layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        size_t rows = (size_t)layer->outputs, columns = (size_t)layer->fan_in;
        char name[MODEL_FILE_NAME_SIZE] = "";
        model_file_tensor(name, prefix, i, "weight");
        if (safetensors_read(r->file, name, rows, columns, layer->weights, r->error) < 0)
            return -1;
        model_file_tensor(name, prefix, i, "bias");
        if (safetensors_read(r->file, name, 1, rows, layer->biases, r->error) < 0)
            return -1;
    }
    return check_reach(r, mlp, bound);
}

static int read_dictionary(struct reader *r, const char *prefix, struct features *features)
{
    size_t atoms = (size_t)features->atoms / 2; /* the first half */
    char name[MODEL_FILE_NAME_SIZE] = "";
    if (reserve(r, (size_t)features_dictionary_size(features)) < 0)
        return -1;
    features->dictionary =
        malloc((size_t)features_dictionary_size(features) * sizeof *features->dictionary);
    if (!features->dictionary)
        return error_no_memory(r->error, "the dictionary of patches");
    float *offsets = features->dictionary + atoms * PATCH_VALUES;
    snprintf(name, sizeof name, "%sdictionary.atoms", prefix);
    if (safetensors_read(r->file, name, atoms, PATCH_VALUES, features->dictionary, r->error) < 0)
        return -1;
    snprintf(name, sizeof name, "%sdictionary.offsets", prefix);
    return safetensors_read(r->file, name, 1, atoms, offsets, r->error);
}

static int parse_features(const struct reader *r, const char *prefix, struct features *features)
{
    struct error why;
    int kind = find_name(text_of(r, prefix, "features"), feature_kind_names, FEATURE_KIND_COUNT);
    if (kind < 0)
        return missing(r, prefix, "features");
    features->kind = (enum feature_kind)kind;
    if (features_have_cells(features) && parse_number(r, prefix, "cell", &features->cell) < 0)
        return -1;
    if (features_have_dictionary(features) &&
        (parse_number(r, prefix, "grid", &features->grid) < 0 ||
         parse_number(r, prefix, "atoms", &features->atoms) < 0))
        return -1;
    if (features_check(features, &why) < 0)
        return error_set(r->error, "%s: %.200s; train it again with ./train_fer", r->path,
                         why.text);
    return 0;
}

static int read_network(struct reader *r, const char *prefix, struct model *model,
                        struct network *network)
{
    struct mlp_config config;
    network->features.width = model->width;
    network->features.height = model->height;
    if (parse_features(r, prefix, &network->features) < 0 || parse_config(r, prefix, &config) < 0)
        return -1;
    int dim = features_dim(&network->features), outputs = config.units[config.layer_count];
    if (config.units[0] != dim || outputs != model->class_count)
        return error_set(r->error,
                         "%s: its network has %d inputs and %d outputs, but its features have %d "
                         "values and there are %d classes; train it again with ./train_fer",
                         r->path, config.units[0], outputs, dim, model->class_count);
    if (features_have_dictionary(&network->features) &&
        read_dictionary(r, prefix, &network->features) < 0)
        return -1;
    return read_mlp(r, prefix, &config, features_bound(&network->features), &network->mlp);
}

/* The aligner or the verifier, where the file has one: a perceptron that `check` accepts, on values
 * within +-`bound`. */
static int read_part(struct reader *r, const struct model *model, const char *prefix,
                     int (*check)(const struct mlp_config *config, int width, int height,
                                  struct error *error),
                     double bound, struct mlp *mlp)
{
    struct mlp_config config;
    struct error why;
    if (!text_of(r, prefix, "layers"))
        return 0;
    if (parse_config(r, prefix, &config) < 0)
        return -1;
    if (check(&config, model->width, model->height, &why) < 0)
        return error_set(r->error, "%s: %.200s; train it again with ./train_fer", r->path,
                         why.text);
    return read_mlp(r, prefix, &config, bound, mlp);
}

/* Even if it fails, model_free can free the model. */
static int read_model(struct reader *r, struct model *model)
{
    const char *format = text_of(r, "", "format"), *version = text_of(r, "", "format_version");
    const char *mirror = text_of(r, "", "mirror");
    char prefix[MODEL_FILE_PREFIX_SIZE];
    int networks;
    if (!format || strcmp(format, MODEL_FILE_FORMAT) != 0)
        return error_set(r->error, "%s: not a model of this program; name one made by ./train_fer",
                         r->path);
    if (!version || strcmp(version, MODEL_FILE_VERSION) != 0)
        return error_set(r->error,
                         "%s: format version %.20s, this program reads %s; take the model that "
                         "came with it or train it again with ./train_fer",
                         r->path, version ? version : "unknown", MODEL_FILE_VERSION);
    if (!mirror || (strcmp(mirror, "true") != 0 && strcmp(mirror, "false") != 0))
        return missing(r, "", "mirror");
    model->mirror = strcmp(mirror, "true") == 0;
    if (parse_size(r, model) < 0)
        return -1;
    if (parse_classes(text_of(r, "", "classes"), model) < 0)
        return missing(r, "", "classes");
    for (int i = 0; i < MODEL_FILE_NOTES; i++) {
        const char *text = text_of(r, "", model_file_notes[i].key);
        snprintf((char *)&model->notes + model_file_notes[i].offset, MODEL_NOTE_SIZE, "%s",
                 text ? text : "");
    }
    if (parse_number(r, "", "networks", &networks) < 0)
        return -1;
    if (networks < 1 || networks > MODEL_MAX_NETWORKS)
        return missing(r, "", "networks");
    for (int i = 0; i < networks; i++) {
        model->network_count++;
        if (read_network(r, model_file_prefix(prefix, i), model, &model->networks[i]) < 0)
            return -1;
    }
    const char *prior = text_of(r, "", "prior");
    if (prior &&
        shares_parse(prior, MODEL_MAX_CLASSES, FLT_MIN, model->prior) != model->class_count)
        return missing(r, "", "prior");
    if (parse_enlarge(r, &model->enlarge) < 0)
        return -1;
    int width = model->width, height = model->height;
    struct features hog = align_features(width, height);
    if (read_part(r, model, MODEL_FILE_ALIGNER, align_check, features_bound(&hog),
                  &model->aligner) < 0 ||
        read_part(r, model, MODEL_FILE_VERIFIER, verifier_check, verifier_bound(width, height),
                  &model->verifier) < 0)
        return -1;
    if (safetensors_check_whole(r->file, r->error) < 0)
        return -1;
    return model_prepare(model, r->error);
}

static int load(struct model *model, const char *path, struct error *error)
{
    uint8_t *bytes;
    size_t size;
    if (file_read(path, MODEL_FILE_MAX_BYTES, &bytes, &size, error) < 0)
        return -1;
    struct safetensors *file;
    int result = safetensors_parse(&file, bytes, size, path, error);
    if (result == 0) {
        struct model *loaded = calloc(1, sizeof *loaded);
        struct reader reader = {.file = file, .room = size / 2, .path = path, .error = error};
        result = loaded ? read_model(&reader, loaded) : error_no_memory(error, "the model");
        if (result == 0)
            *model = *loaded;
        else if (loaded)
            model_free(loaded);
        free(loaded);
        safetensors_free(&file);
    }
    free(bytes);
    return result;
}

int model_load(struct model *model, const char *path, struct error *error)
{
    int result = load(model, path, error);
    if (result < 0 && error->code == ERROR_OTHER)
        error->code = ERROR_BAD_MODEL;
    return result;
}

/* ---- Writing --------------------------------------------------------------------------------- */

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
    MAX_ENTRIES = 10 + MODEL_FILE_NOTES + 5 * (MODEL_MAX_NETWORKS + 2),
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

/* Each layer has two tensors, each dictionary two more; beside the networks there are an aligner
 * and a verifier. */
_Static_assert(2 * (MODEL_MAX_NETWORKS * (MLP_MAX_LAYERS + 1) + 2 * MLP_MAX_LAYERS) <=
                   SAFETENSORS_MAX_TENSORS,
               "the largest model does not fit into a file");

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

/* As take_layer reads it. */
static int print_layer(const struct mlp_layer *l, char *text, size_t size)
{
    if (l->windows.side > 0)
        return snprintf(text, size, ",%d@%dx%d", l->windows.side, l->windows.grid,
                        l->outputs / l->window_count);
    if (l->positions > 1)
        return snprintf(text, size, ",%dx%d", l->positions, l->outputs);
    return snprintf(text, size, ",%d", l->outputs);
}

static void add_mlp(struct writer *w, const char *prefix, const struct mlp *mlp)
{
    const struct mlp_config *config = &mlp->config;
    char layers[LIST_SIZE], name[MODEL_FILE_NAME_SIZE] = "";
    size_t used = (size_t)snprintf(layers, sizeof layers, "%d", config->units[0]);
    for (int i = 0; i < config->layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        used += (size_t)print_layer(layer, layers + used, sizeof layers - used);
        model_file_tensor(name, prefix, i, "weight");
        add_tensor(w, name, (size_t)layer->outputs, (size_t)layer->fan_in, layer->weights);
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
    if (features_have_cells(f))
        add_entry(w, prefix, "cell", keep(w, "%d", f->cell));
    if (!features_have_dictionary(f))
        return;
    add_entry(w, prefix, "grid", keep(w, "%d", f->grid));
    add_entry(w, prefix, "atoms", keep(w, "%d", f->atoms));
    snprintf(name, sizeof name, "%sdictionary.atoms", prefix);
    add_tensor(w, name, (size_t)f->atoms / 2, PATCH_VALUES, f->dictionary);
    snprintf(name, sizeof name, "%sdictionary.offsets", prefix);
    add_tensor(w, name, 0, (size_t)f->atoms / 2, f->dictionary + f->atoms / 2 * PATCH_VALUES);
}

/* What model_load would refuse does not take the place of an earlier model. */
static int check(const struct writer *w, const struct model *model, const char *path,
                 struct error *error)
{
    size_t bytes = sizeof *w; /* the header is shorter */
    for (size_t i = 0; i < w->tensor_count; i++) {
        const struct tensor *t = &w->tensors[i];
        size_t count = (t->rows ? t->rows : 1) * t->columns;
        bytes += count * (t->type == TENSOR_F16 ? 2 : 4);
        for (size_t k = 0; k < count; k++)
            if (!isfinite(t->values[k]))
                return error_set(error,
                                 "%s: not written, as %s holds a value that is not a finite "
                                 "number; train with other options",
                                 path, t->name);
    }
    if (bytes > MODEL_FILE_MAX_BYTES)
        return error_set(error,
                         "%s: not written, as it would be larger than %d MB; train a "
                         "smaller network",
                         path, MODEL_FILE_MAX_BYTES >> 20);
    for (int k = 0; k < model->class_count && model->prior[0] > 0.0f; k++)
        if (!(model->prior[k] > FLT_MIN && model->prior[k] <= 1.0f))
            return error_set(error,
                             "%s: not written, as %g is no prior of %s; train with another "
                             "--prior",
                             path, (double)model->prior[k], model->class_names[k]);
    return 0;
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
    if (model->enlarge > 0.0f)
        add_entry(w, "", "enlarge", keep(w, "%g", (double)model->enlarge));
    if (model->verifier.parameters)
        add_mlp(w, MODEL_FILE_VERIFIER, &model->verifier);
    for (int i = 0; i < MODEL_FILE_NOTES; i++)
        add_entry(w, "", model_file_notes[i].key,
                  (const char *)&model->notes + model_file_notes[i].offset);
    int result = check(w, model, path, error);
    if (result == 0)
        result =
            safetensors_write(path, w->tensors, w->tensor_count, w->entries, w->entry_count, error);
    free(w);
    return result;
}
