#include "model_file.h"

#include "file.h"
#include "safetensors.h"
#include "shares.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MODEL_BYTES = 256 << 20 };

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

/* "1984,49x64,512,7": the values of each layer, 49x64 where 49 tokens share it. */
static int parse_layers(const char *text, struct mlp_config *config)
{
    for (int i = 0; text && i <= MLP_MAX_LAYERS; i++) {
        int tokens = 1, units = take_number(&text);
        if (units > 0 && *text == 'x' && i > 0) {
            text++;
            tokens = units;
            units = take_number(&text);
        }
        if (units < 1 || units > MLP_MAX_UNITS / tokens)
            return -1;
        config->units[i] = tokens * units;
        if (i > 0)
            config->tokens[i - 1] = tokens;
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

/* No crop may lead to infinite values, whose differences are no numbers: from inputs that lie
 * within +-`bound`, neither their squares nor any layer reach beyond the largest value. */
static int check_reach(const struct reader *r, const struct mlp *mlp, double bound)
{
    double reach = bound * bound;
    for (int i = 0; i < mlp->config.layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        for (int n = 0; n < layer->outputs; n++) {
            const float *row = layer->weights + (size_t)n * (size_t)layer->inputs;
            double sum = 0.0;
            for (int m = 0; m < layer->inputs; m++)
                sum += fabs((double)row[m]);
            reach = fmax(reach, sum * bound + fabs((double)layer->biases[n]));
        }
        if (reach > largest_value)
            return error_set(r->error,
                             "%s: weights so large that the answers would be no numbers; get or "
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
        size_t rows = (size_t)layer->outputs, columns = (size_t)layer->inputs;
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
    if ((kind == FEATURES_HOG || kind == FEATURES_WINDOWS) &&
        parse_number(r, prefix, "cell", &features->cell) < 0)
        return -1;
    if (kind == FEATURES_PATCHES && (parse_number(r, prefix, "grid", &features->grid) < 0 ||
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
                         "%s: its layers lead from %d to %d values, but its features have %d and "
                         "its classes are %d; train it again with ./train_fer",
                         r->path, config.units[0], outputs, dim, model->class_count);
    if (network->features.kind == FEATURES_PATCHES &&
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

/* Leaves a model, incomplete where it fails, that model_free can end. */
static int read_model(struct reader *r, struct model *model)
{
    const char *format = text_of(r, "", "format"), *version = text_of(r, "", "format_version");
    const char *mirror = text_of(r, "", "mirror");
    char prefix[MODEL_FILE_PREFIX_SIZE];
    int networks;
    if (!format || strcmp(format, MODEL_FILE_FORMAT) != 0)
        return error_set(r->error, "%s: no model of this program; name one made by ./train_fer",
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
    if (prior && shares_parse(prior, MODEL_MAX_CLASSES, model->prior) != model->class_count)
        return missing(r, "", "prior");
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

int model_load(struct model *model, const char *path, struct error *error)
{
    uint8_t *bytes;
    size_t size;
    if (file_read(path, MAX_MODEL_BYTES, &bytes, &size, error) < 0)
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
