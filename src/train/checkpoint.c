#include "checkpoint.h"

#include "file.h"
#include "model_file.h"
#include "safetensors.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NUMBER_SIZE = 48, HISTORY_COLUMNS = 5 };

static const char format_name[] = "expressions-checkpoint-6";
static const char advice[] = "name the checkpoint of this training, or start anew";

/* Four floats for each weight, of which the model has two bytes; the rest is small. */
static const size_t max_bytes = (size_t)9 * MODEL_FILE_MAX_BYTES;

/* One row of values that a checkpoint holds. */
struct block {
    char name[48];
    float *values;
    size_t length;
};

enum { MAX_BLOCKS = 2 + 6 * MODEL_MAX_NETWORKS };

static void add_block(struct block *blocks, size_t *count, int network, const char *name,
                      float *values, size_t length)
{
    if (!values || length == 0)
        return;
    struct block *b = &blocks[(*count)++];
    *b = (struct block){.values = values, .length = length};
    snprintf(b->name, sizeof b->name, "%d.%s", network, name);
}

/* All blocks of the state. */
static size_t list_blocks(struct training_state *s, int networks, struct block blocks[MAX_BLOCKS])
{
    size_t count = 0;
    add_block(blocks, &count, 0, "aligner", s->aligner.parameters, s->aligner.parameter_count);
    add_block(blocks, &count, 0, "verifier", s->verifier.parameters, s->verifier.parameter_count);
    for (int n = 0; n < networks; n++) {
        size_t parameters = s->mlps[n].parameter_count;
        add_block(blocks, &count, n, "parameters", s->mlps[n].parameters, parameters);
        add_block(blocks, &count, n, "statistics", s->mlps[n].statistics,
                  s->mlps[n].statistic_count);
        add_block(blocks, &count, n, "first_moment", s->optimizers[n].first, parameters);
        add_block(blocks, &count, n, "second_moment", s->optimizers[n].second, parameters);
        add_block(blocks, &count, n, "dictionary", s->features[n].dictionary,
                  (size_t)features_dictionary_size(&s->features[n]));
        add_block(blocks, &count, n, "best", s->best[n].parameters, s->best[n].parameter_count);
    }
    return count;
}

/* The history as text: doubles in full, in one metadata entry. */
static char *print_history(const struct training_state *s)
{
    size_t size = (size_t)s->epochs * HISTORY_COLUMNS * 28 + 1, used = 0;
    char *text = calloc(size, 1);
    for (int i = 0; text && i < s->epochs; i++) {
        const struct epoch_result *e = &s->history[i];
        used +=
            (size_t)snprintf(text + used, size - used, "%.17g %.17g %.17g %.17g %.17g\n", e->loss,
                             e->accuracy, e->validation_loss, e->validation_accuracy, e->seconds);
    }
    return text;
}

int checkpoint_save(struct training_state *s, const struct recipe *recipe, const char *path,
                    struct error *error)
{
    struct block blocks[MAX_BLOCKS];
    struct tensor tensors[MAX_BLOCKS];
    size_t count = list_blocks(s, recipe->network_count, blocks);
    char options[RECIPE_TEXT_SIZE], numbers[7][NUMBER_SIZE], running[4 * NUMBER_SIZE];
    recipe_print(recipe, options, sizeof options);
    snprintf(numbers[0], NUMBER_SIZE, "%d", s->epochs);
    snprintf(numbers[1], NUMBER_SIZE, "%ld", s->updates);
    snprintf(numbers[2], NUMBER_SIZE, "%.17g", s->best_accuracy);
    snprintf(numbers[3], NUMBER_SIZE, "%d", s->best_epoch);
    snprintf(numbers[4], NUMBER_SIZE, "%d", s->waited);
    snprintf(numbers[5], NUMBER_SIZE, "%016" PRIx64, s->fingerprint);
    snprintf(numbers[6], NUMBER_SIZE, "%d", s->batches);
    const uint64_t *rng = s->dropout.state;
    snprintf(running, sizeof running,
             "%.17g %.17g %.17g %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64, s->running.loss,
             s->running.accuracy, s->running.seconds, rng[0], rng[1], rng[2], rng[3]);
    char *history = print_history(s);
    if (!history)
        return error_no_memory(error, path);
    const struct metadata_entry metadata[] = {
        {"format", format_name}, {"options", options},          {"epochs", numbers[0]},
        {"updates", numbers[1]}, {"best_accuracy", numbers[2]}, {"best_epoch", numbers[3]},
        {"waited", numbers[4]},  {"data", numbers[5]},          {"history", history},
        {"batches", numbers[6]}, {"running", running},
    };
    for (size_t i = 0; i < count; i++) {
        tensors[i] = (struct tensor){
            .type = TENSOR_F32, .columns = blocks[i].length, .values = blocks[i].values};
        memcpy(tensors[i].name, blocks[i].name, sizeof tensors[i].name);
    }
    int result = safetensors_write(path, tensors, count, metadata,
                                   sizeof metadata / sizeof *metadata, error);
    free(history);
    return result;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int open_checkpoint(const char *path, uint8_t **bytes, struct safetensors **file,
                           struct error *error)
{
    size_t size;
    if (file_read(path, max_bytes, bytes, &size, error) < 0)
        return -1;
    if (safetensors_parse(file, *bytes, size, path, error) == 0) {
        const char *format = safetensors_metadata(*file, "format");
        if (format && strcmp(format, format_name) == 0)
            return 0;
        error_set(error, "%s: not a checkpoint; %s", path, advice);
        safetensors_free(file);
    }
    free(*bytes);
    return -1;
}

int checkpoint_recipe(const char *path, char *text, struct error *error)
{
    uint8_t *bytes;
    struct safetensors *file;
    if (open_checkpoint(path, &bytes, &file, error) < 0)
        return -1;
    const char *options = safetensors_metadata(file, "options");
    int result = 0;
    if (!options || strlen(options) >= RECIPE_TEXT_SIZE)
        result = error_set(error, "%s: names no options; %s", path, advice);
    else
        memcpy(text, options, strlen(options) + 1);
    safetensors_free(&file);
    free(bytes);
    return result;
}

int checkpoint_check_size(const char *path, size_t parameters, struct error *error)
{
    struct stat status;
    if (stat(path, &status) == 0 && (size_t)status.st_size / sizeof(float) >= parameters)
        return 0;
    return error_set(error, "%s: names a larger network than it can hold; %s", path, advice);
}

static double number_of(const struct safetensors *file, const char *key)
{
    const char *text = safetensors_metadata(file, key);
    return text ? strtod(text, NULL) : -1.0;
}

static int read_history(const struct safetensors *file, struct training_state *s, const char *path,
                        struct error *error)
{
    const char *found = safetensors_metadata(file, "history"), *text = found ? found : "";
    for (int i = 0; i < s->epochs; i++) {
        double values[HISTORY_COLUMNS];
        for (int c = 0; c < HISTORY_COLUMNS; c++) {
            char *end;
            values[c] = strtod(text, &end);
            if (end == text)
                return error_set(error, "%s: its history is cut short; %s", path, advice);
            text = end;
        }
        s->history[i] =
            (struct epoch_result){values[0], values[1], values[2], values[3], values[4]};
    }
    return 0;
}

static int read_blocks(struct safetensors *file, struct training_state *s, int networks,
                       struct error *error)
{
    struct block blocks[MAX_BLOCKS];
    for (int n = 0; n < networks && s->best_epoch > 0; n++)
        if (mlp_fold(&s->mlps[n], &s->best[n], error) < 0)
            return -1;
    size_t count = list_blocks(s, networks, blocks);
    for (size_t i = 0; i < count; i++)
        if (safetensors_read(file, blocks[i].name, 1, blocks[i].length, blocks[i].values, error) <
            0)
            return -1;
    return safetensors_check_whole(file, error);
}

static int read_state(struct safetensors *file, struct training_state *s,
                      const struct recipe *recipe, const char *path, struct error *error)
{
    char data[NUMBER_SIZE];
    const char *saved = safetensors_metadata(file, "data");
    snprintf(data, sizeof data, "%016" PRIx64, s->fingerprint);
    if (!saved || strcmp(saved, data) != 0)
        return error_set(error, "%s: was made with other data; name the same --data and --ferplus",
                         path);
    double epochs = number_of(file, "epochs"), updates = number_of(file, "updates");
    double best_epoch = number_of(file, "best_epoch"), waited = number_of(file, "waited");
    double batches = number_of(file, "batches");
    const char *running = safetensors_metadata(file, "running");
    uint64_t *rng = s->dropout.state;
    if (!(epochs >= 0 && epochs <= recipe->epochs && batches >= 0 && batches <= INT_MAX &&
          epochs + batches >= 1 && updates >= 1 && updates <= 1e15 && best_epoch >= (epochs > 0) &&
          best_epoch <= epochs && waited >= 0 && waited <= epochs) ||
        !running ||
        sscanf(running, "%lf %lf %lf %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
               &s->running.loss, &s->running.accuracy, &s->running.seconds, &rng[0], &rng[1],
               &rng[2], &rng[3]) != 7)
        return error_set(error, "%s: its counts make no sense; %s", path, advice);
    s->epochs = (int)epochs;
    s->batches = (int)batches;
    s->updates = (long)updates;
    for (int n = 0; n < recipe->network_count; n++)
        s->optimizers[n].step = s->updates;
    s->best_epoch = (int)best_epoch;
    s->waited = (int)waited;
    s->best_accuracy = number_of(file, "best_accuracy");
    if (read_history(file, s, path, error) < 0)
        return -1;
    return read_blocks(file, s, recipe->network_count, error);
}

int checkpoint_load(struct training_state *state, const struct recipe *recipe, const char *path,
                    struct error *error)
{
    uint8_t *bytes;
    struct safetensors *file;
    if (open_checkpoint(path, &bytes, &file, error) < 0)
        return -1;
    int result = read_state(file, state, recipe, path, error);
    safetensors_free(&file);
    free(bytes);
    return result;
}
