/* Reads the files of tests/golden. Whatever is not as golden/make_golden.py writes it fails. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "mlp_training.h"
#include "testing.h"

#include <cjson/cJSON.h>

/* Room for all values of one kind. */
enum { GOLDEN_VALUES = 128 };

/* What the cases of a file have in common. */
struct golden {
    cJSON *file;
    const cJSON *cases;
    int batch, classes;
    real inputs[GOLDEN_VALUES], targets[GOLDEN_VALUES];
};

static inline const cJSON *golden_item(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!item)
        fail_msg("no \"%s\"", name);
    return item;
}

static inline double golden_number(const cJSON *object, const char *name)
{
    const cJSON *item = golden_item(object, name);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

static inline bool golden_flag(const cJSON *object, const char *name)
{
    const cJSON *item = golden_item(object, name);
    assert_true(cJSON_IsBool(item));
    return cJSON_IsTrue(item);
}

/* The number of the object's text among `names`. */
static inline int golden_choice(const cJSON *object, const char *name, const char *const *names,
                                int count)
{
    const char *text = cJSON_GetStringValue(golden_item(object, name));
    assert_non_null(text);
    for (int i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    fail_msg("%s: no %s", name, text);
    return -1;
}

/* Fills values[GOLDEN_VALUES] and returns how many there are. */
static inline size_t golden_values(const cJSON *object, const char *name, real *values)
{
    size_t count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, golden_item(object, name))
    {
        assert_true(cJSON_IsNumber(item) && count < GOLDEN_VALUES);
        values[count++] = (real)item->valuedouble;
    }
    return count;
}

/* Compares all values of an array, to `tolerance` times the value, or times `floor` where that is
 * more. */
static inline void golden_compare(const cJSON *object, const char *name, const real *values,
                                  size_t count, double tolerance, double floor, const char *where)
{
    real expected[GOLDEN_VALUES];
    char what[256];
    assert_int_equal(golden_values(object, name, expected), count);
    for (size_t i = 0; i < count; i++) {
        snprintf(what, sizeof what, "%s: %s[%zu]", where, name, i);
        expect_close(values[i], expected[i], tolerance * fmax(fabs((double)expected[i]), floor),
                     what);
    }
}

static inline struct golden golden_open(const char *path)
{
    size_t size;
    char *text = (char *)read_bytes(path, &size);
    struct golden golden = {.file = cJSON_ParseWithLength(text, size)};
    free(text);
    if (!golden.file)
        fail_msg("%s: no JSON", path);
    golden.cases = golden_item(golden.file, "cases");
    golden.batch = (int)golden_number(golden.file, "batch");
    size_t inputs = golden_values(golden.file, "inputs", golden.inputs);
    size_t targets = golden_values(golden.file, "targets", golden.targets);
    golden.classes = (int)targets / golden.batch;
    assert_true(inputs > 0 && targets > 0);
    return golden;
}

/* The network of a case with its first parameters, how it trains, and the masks it draws. */
static inline struct mlp golden_network(const struct golden *golden, const cJSON *one,
                                        struct mlp_training *training, struct rng *masks)
{
    const cJSON *file = golden->file, *units = golden_item(file, "units");
    struct mlp_config config = {.layer_count = cJSON_GetArraySize(units) - 1};
    struct error error;
    struct mlp mlp;
    real values[GOLDEN_VALUES];
    assert_in_range(config.layer_count, 1, MLP_MAX_LAYERS);
    for (int i = 0; i <= config.layer_count; i++)
        config.units[i] = cJSON_GetArrayItem(units, i)->valueint;
    config.activation =
        (enum activation)golden_choice(one, "activation", activation_names, ACTIVATION_COUNT);
    config.output = (enum output_activation)golden_choice(one, "output", output_activation_names,
                                                          OUTPUT_ACTIVATION_COUNT);
    config.batch_norm = golden_flag(one, "batch_norm");
    assert_int_equal(mlp_create(&mlp, &config, &error), 0);
    const char *parameters = config.batch_norm ? "norm_parameters" : "parameters";
    assert_int_equal(golden_values(file, parameters, values), mlp.parameter_count);
    memcpy(mlp.parameters, values, mlp.parameter_count * sizeof *values);
    if (config.batch_norm) {
        assert_int_equal(golden_values(file, "norm_statistics", values), mlp.statistic_count);
        memcpy(mlp.statistics, values, mlp.statistic_count * sizeof *values);
    }
    *training = (struct mlp_training){
        .loss = (enum loss)golden_choice(one, "loss", loss_names, LOSS_COUNT),
        .batch_norm_momentum = (real)golden_number(file, "batch_norm_momentum")};
    if (golden_flag(one, "dropout")) {
        training->dropout = (real)golden_number(file, "dropout");
        training->input_dropout = (real)golden_number(file, "input_dropout");
    }
    *masks = rng_make((uint64_t)golden_number(file, "mask_seed"),
                      (uint64_t)golden_number(file, "mask_stream"));
    return mlp;
}

#endif
