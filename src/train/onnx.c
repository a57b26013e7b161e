#include "onnx.h"

#include "file.h"
#include "model_file.h"

#include <assert.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Field numbers of the messages of onnx.proto3, as far as they are written here. */
enum {
    MODEL_IR_VERSION = 1,
    MODEL_PRODUCER_NAME = 2,
    MODEL_GRAPH = 7,
    MODEL_OPSET_IMPORT = 8,
    MODEL_METADATA_PROPS = 14,
    OPSET_VERSION = 2, /* OperatorSetIdProto; its domain is "", the standard operators */
    ENTRY_KEY = 1,     /* StringStringEntryProto */
    ENTRY_VALUE = 2,
    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_NAME = 3,
    NODE_OP_TYPE = 4,
    NODE_ATTRIBUTE = 5,
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_I = 3,
    ATTRIBUTE_TYPE = 20,
    TENSOR_DIMS = 1,
    TENSOR_DATA_TYPE = 2,
    TENSOR_INT64_DATA = 7,
    TENSOR_NAME = 8,
    TENSOR_RAW_DATA = 9,
    VALUE_NAME = 1, /* ValueInfoProto */
    VALUE_TYPE = 2,
    TYPE_TENSOR = 1, /* TypeProto */
    TYPE_ELEM_TYPE = 1,
    TYPE_SHAPE = 2,
    SHAPE_DIM = 1,
    DIM_VALUE = 1,
    DIM_PARAM = 2
};

enum { IR_VERSION = 6, OPERATOR_SET = 11 };
enum { DATA_FLOAT = 1, DATA_INT64 = 7 }; /* TensorProto.DataType */
enum { ATTRIBUTE_INT = 2 };              /* AttributeProto.AttributeType */

/* ---- Protocol buffers ------------------------------------------------------------------------ */

enum { WIRE_VARINT = 0, WIRE_LENGTH = 2 };

/* A message that fits here: all but the graph and its weights. */
struct message {
    size_t used;
    uint8_t bytes[1 << 16];
};

/* The longest names all positions of the largest grid, two bytes before each. */
_Static_assert(MLP_MAX_GRID *MLP_MAX_GRID *(MODEL_FILE_NAME_SIZE + 2) + 1024 <=
                   sizeof((struct message *)NULL)->bytes,
               "a message does not fit");

static void add_raw(struct message *m, const void *bytes, size_t size)
{
    assert(size <= sizeof m->bytes - m->used);
    memcpy(m->bytes + m->used, bytes, size);
    m->used += size;
}

static void add_varint(struct message *m, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        add_raw(m, &byte, 1);
        value >>= 7;
    } while (value);
}

static void add_number(struct message *m, int field, int64_t value)
{
    add_varint(m, (uint64_t)(field << 3 | WIRE_VARINT));
    add_varint(m, (uint64_t)value);
}

/* What stands before the bytes of a text, a message or an array. */
static void add_length(struct message *m, int field, size_t size)
{
    add_varint(m, (uint64_t)(field << 3 | WIRE_LENGTH));
    add_varint(m, size);
}

static void add_text(struct message *m, int field, const char *text)
{
    add_length(m, field, strlen(text));
    add_raw(m, text, strlen(text));
}

static void add_message(struct message *m, int field, const struct message *inner)
{
    add_length(m, field, inner->used);
    add_raw(m, inner->bytes, inner->used);
}

/* Where the rest goes: into the file, or, to learn the graph's length first, nowhere. */
struct sink {
    struct file_writer *writer; /* NULL: only counts */
    size_t size;
    struct message messages[6]; /* being made, the outermost first */
};

/* Message number `i`, empty. */
static struct message *begin_message(struct sink *sink, int i)
{
    sink->messages[i].used = 0;
    return &sink->messages[i];
}

static void put(struct sink *sink, const void *bytes, size_t size)
{
    if (sink->writer)
        file_writer_append(sink->writer, bytes, size);
    sink->size += size;
}

/* What stands before `size` bytes. */
static void put_length(struct sink *sink, int field, size_t size)
{
    struct message *lead = begin_message(sink, 5);
    add_length(lead, field, size);
    put(sink, lead->bytes, lead->used);
}

static void put_message(struct sink *sink, int field, const struct message *m)
{
    put_length(sink, field, m->used);
    put(sink, m->bytes, m->used);
}

/* ---- Tensors and operators ------------------------------------------------------------------- */

enum { NAME_SIZE = MODEL_FILE_NAME_SIZE };

/* The name of one of a network's tensors or values. */
static const char *join(char name[NAME_SIZE], const char *prefix, const char *part)
{
    snprintf(name, NAME_SIZE, "%s%s", prefix, part);
    return name;
}

/* Little-endian, as the format asks; NULL: ones. */
static void put_floats(struct sink *sink, const float *values, size_t count)
{
    enum { CHUNK = 1024 };
    uint8_t bytes[4 * CHUNK];
    for (size_t done = 0; done < count; done += CHUNK) {
        size_t n = count - done < CHUNK ? count - done : CHUNK;
        for (size_t i = 0; i < n; i++) {
            uint32_t bits;
            float value = values ? values[done + i] : 1.0f;
            memcpy(&bits, &value, sizeof bits);
            for (size_t b = 0; b < 4; b++)
                bytes[4 * i + b] = (uint8_t)(bits >> 8 * b);
        }
        put(sink, bytes, 4 * n);
    }
}

/* values (rows x columns), NULL: ones; rows 0: one dimension. */
static void put_tensor(struct sink *sink, const char *name, int rows, int columns,
                       const float *values)
{
    struct message *head = begin_message(sink, 0);
    size_t count = (size_t)(rows ? rows : 1) * (size_t)columns;
    if (rows)
        add_number(head, TENSOR_DIMS, rows);
    add_number(head, TENSOR_DIMS, columns);
    add_number(head, TENSOR_DATA_TYPE, DATA_FLOAT);
    add_text(head, TENSOR_NAME, name);
    add_length(head, TENSOR_RAW_DATA, 4 * count);
    put_length(sink, GRAPH_INITIALIZER, head->used + 4 * count);
    put(sink, head->bytes, head->used);
    put_floats(sink, values, count);
}

/* The shape of rows, however many, of `columns` values. */
static void put_shape(struct sink *sink, const char *name, int columns)
{
    struct message *tensor = begin_message(sink, 0), *packed = begin_message(sink, 1);
    add_number(tensor, TENSOR_DIMS, 2);
    add_number(tensor, TENSOR_DATA_TYPE, DATA_INT64);
    add_varint(packed, UINT64_MAX); /* -1 */
    add_varint(packed, (uint64_t)columns);
    add_message(tensor, TENSOR_INT64_DATA, packed);
    add_text(tensor, TENSOR_NAME, name);
    put_message(sink, GRAPH_INITIALIZER, tensor);
}

/* The attribute `name` becomes 1. */
static void add_flag(struct sink *sink, struct message *node, const char *name)
{
    struct message *attribute = begin_message(sink, 1);
    add_text(attribute, ATTRIBUTE_NAME, name);
    add_number(attribute, ATTRIBUTE_I, 1);
    add_number(attribute, ATTRIBUTE_TYPE, ATTRIBUTE_INT);
    add_message(node, NODE_ATTRIBUTE, attribute);
}

/* output = type(inputs), the inputs ended by NULL; `flag`: an attribute to be 1, or NULL. */
static void put_node(struct sink *sink, const char *type, const char *const *inputs,
                     const char *output, const char *flag)
{
    struct message *node = begin_message(sink, 0);
    for (; *inputs; inputs++)
        add_text(node, NODE_INPUT, *inputs);
    add_text(node, NODE_OUTPUT, output);
    add_text(node, NODE_NAME, output);
    add_text(node, NODE_OP_TYPE, type);
    if (flag)
        add_flag(sink, node, flag);
    put_message(sink, GRAPH_NODE, node);
}

/* An input or output of the graph: any number of rows. */
static void put_value(struct sink *sink, int field, const char *name, int columns)
{
    struct message *value = begin_message(sink, 0), *type = begin_message(sink, 1),
                   *tensor = begin_message(sink, 2);
    struct message *shape = begin_message(sink, 3), *dimension = begin_message(sink, 4);
    add_text(dimension, DIM_PARAM, "batch");
    add_message(shape, SHAPE_DIM, dimension);
    dimension = begin_message(sink, 4);
    add_number(dimension, DIM_VALUE, columns);
    add_message(shape, SHAPE_DIM, dimension);
    add_number(tensor, TYPE_ELEM_TYPE, DATA_FLOAT);
    add_message(tensor, TYPE_SHAPE, shape);
    add_message(type, TYPE_TENSOR, tensor);
    add_text(value, VALUE_NAME, name);
    add_message(value, VALUE_TYPE, type);
    put_message(sink, field, value);
}

/* ---- The graph ------------------------------------------------------------------------------- */

/* A chain of operators; each reads what the one before it wrote. */
struct chain {
    struct sink *sink;
    char value[NAME_SIZE];
};

/* Adds type(value, operands...), named `name`. */
static void then(struct chain *c, const char *type, const char *name, const char *second,
                 const char *third, const char *flag)
{
    put_node(c->sink, type, (const char *const[]){c->value, second, third, NULL}, name, flag);
    assert(strlen(name) < sizeof c->value);
    memcpy(c->value, name, strlen(name) + 1);
}

/* Rows of `columns` values. */
static void then_reshape(struct chain *c, const char *prefix, int i, const char *part,
                         const char *shape_name, int columns)
{
    char name[NAME_SIZE], shape[NAME_SIZE];
    model_file_tensor(name, prefix, i, part);
    model_file_tensor(shape, prefix, i, shape_name);
    put_shape(c->sink, shape, columns);
    then(c, "Reshape", name, shape, NULL, NULL);
}

static const char *numbered(char name[NAME_SIZE], const char *prefix, int i, const char *part,
                            int number)
{
    char text[24];
    snprintf(text, sizeof text, "%.10s%d", part, number);
    model_file_tensor(name, prefix, i, text);
    return name;
}

/* The positions of the layer's grid, one value each. */
static void split_positions(struct chain *c, const struct mlp_layer *layer, const char *prefix,
                            int i)
{
    struct message *node = begin_message(c->sink, 0);
    char name[NAME_SIZE];
    add_text(node, NODE_INPUT, c->value);
    for (int t = 0; t < layer->windows.grid * layer->windows.grid; t++)
        add_text(node, NODE_OUTPUT, numbered(name, prefix, i, "token", t));
    add_text(node, NODE_NAME, numbered(name, prefix, i, "tokens", 0));
    add_text(node, NODE_OP_TYPE, "Split");
    add_flag(c->sink, node, "axis");
    put_message(c->sink, GRAPH_NODE, node);
}

/* output = the values called `part` side by side: number `numbers[k]` of them, or number k. */
static void put_concat(struct sink *sink, const char *prefix, int i, const char *part,
                       const int *numbers, int count, const char *output)
{
    struct message *node = begin_message(sink, 0);
    char name[NAME_SIZE];
    for (int k = 0; k < count; k++)
        add_text(node, NODE_INPUT, numbered(name, prefix, i, part, numbers ? numbers[k] : k));
    add_text(node, NODE_OUTPUT, output);
    add_text(node, NODE_NAME, output);
    add_text(node, NODE_OP_TYPE, "Concat");
    add_flag(sink, node, "axis");
    put_message(sink, GRAPH_NODE, node);
}

/* A product for each window, of the positions that it sees. */
static void then_windows(struct chain *c, const struct mlp_layer *layer, const char *prefix, int i)
{
    const struct mlp_windows *windows = &layer->windows;
    int across = windows->grid - windows->side + 1, outputs = layer->outputs / layer->window_count;
    int positions[MLP_MAX_GRID * MLP_MAX_GRID], count = windows->side * windows->side;
    char seen[NAME_SIZE], weight[NAME_SIZE], units[NAME_SIZE], bias[NAME_SIZE], sums[NAME_SIZE];
    split_positions(c, layer, prefix, i);
    for (int w = 0; w < layer->window_count; w++) {
        int first = w / across * windows->grid + w % across;
        for (int t = 0; t < count; t++)
            positions[t] = first + t / windows->side * windows->grid + t % windows->side;
        put_concat(c->sink, prefix, i, "token", positions, count,
                   numbered(seen, prefix, i, "window", w));
        put_tensor(c->sink, numbered(weight, prefix, i, "weight", w), outputs, layer->fan_in,
                   layer->weights + (size_t)w * (size_t)outputs * (size_t)layer->fan_in);
        put_node(c->sink, "Gemm", (const char *const[]){seen, weight, NULL},
                 numbered(units, prefix, i, "product", w), "transB");
    }
    model_file_tensor(c->value, prefix, i, "products");
    put_concat(c->sink, prefix, i, "product", NULL, layer->window_count, c->value);
    model_file_tensor(bias, prefix, i, "bias");
    model_file_tensor(sums, prefix, i, "sums");
    put_tensor(c->sink, bias, 0, layer->outputs, layer->biases);
    then(c, "Add", sums, bias, NULL, NULL);
}

/* A layer's products and biases; those of its positions are rows of their own, as in mlp.h. */
static void then_layer(struct chain *c, const struct mlp_layer *layer, const char *prefix, int i)
{
    if (layer->windows.side > 0) {
        then_windows(c, layer, prefix, i);
        return;
    }
    char weight[NAME_SIZE], bias[NAME_SIZE], sums[NAME_SIZE];
    model_file_tensor(weight, prefix, i, "weight");
    model_file_tensor(bias, prefix, i, "bias");
    put_tensor(c->sink, weight, layer->outputs, layer->inputs, layer->weights);
    put_tensor(c->sink, bias, 0, layer->outputs, layer->biases);
    if (layer->positions > 1)
        then_reshape(c, prefix, i, "tokens", "tokens_shape", layer->inputs);
    model_file_tensor(sums, prefix, i, "sums");
    then(c, "Gemm", sums, weight, bias, "transB");
}

/* Sigmoids divided by their sum; where all are zero, the little added makes them alike. The sum is
 * a product with ones: not every reader can divide a row by one value. */
static void then_normalize(struct chain *c, const char *prefix, int classes, const char *output)
{
    char sigmoid[NAME_SIZE], raised[NAME_SIZE], sum[NAME_SIZE], little[NAME_SIZE], ones[NAME_SIZE];
    const float smallest = FLT_MIN;
    put_tensor(c->sink, join(little, prefix, "little"), 0, 1, &smallest);
    put_tensor(c->sink, join(ones, prefix, "ones"), classes, classes, NULL);
    then(c, "Sigmoid", join(sigmoid, prefix, "sigmoid"), NULL, NULL, NULL);
    then(c, "Add", join(raised, prefix, "raised"), little, NULL, NULL);
    put_node(c->sink, "MatMul", (const char *const[]){raised, ones, NULL}, join(sum, prefix, "sum"),
             NULL);
    then(c, "Div", output, sum, NULL, NULL);
}

static void put_network(struct sink *sink, const struct network *network, const char *prefix,
                        const char *output)
{
    static const char *const types[ACTIVATION_COUNT] = {"Sigmoid", "Tanh", "Relu"};
    const struct mlp *mlp = &network->mlp;
    struct chain chain = {.sink = sink};
    char units[NAME_SIZE];
    int last = mlp->config.layer_count - 1;
    join(chain.value, prefix, feature_kind_names[network->features.kind]);
    put_value(sink, GRAPH_INPUT, chain.value, mlp->config.units[0]);
    for (int i = 0; i < last; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        then_layer(&chain, layer, prefix, i);
        model_file_tensor(units, prefix, i, "units");
        then(&chain, types[mlp->config.activation], units, NULL, NULL, NULL);
        if (layer->positions > 1)
            then_reshape(&chain, prefix, i, "rows", "rows_shape", mlp->config.units[i + 1]);
    }
    then_layer(&chain, &mlp->layers[last], prefix, last);
    if (mlp->config.output == OUTPUT_SIGMOID)
        then_normalize(&chain, prefix, mlp->config.units[last + 1], output);
    else
        then(&chain, "Softmax", output, NULL, NULL, "axis");
}

static void put_graph(struct sink *sink, const struct model *model)
{
    static const char result[] = "probabilities";
    char prefix[MODEL_FILE_PREFIX_SIZE], names[MODEL_MAX_NETWORKS][NAME_SIZE];
    const char *answers[MODEL_MAX_NETWORKS + 1] = {NULL};
    struct message *name = begin_message(sink, 0);
    float share = 1.0f / (float)model->network_count;
    add_text(name, GRAPH_NAME, MODEL_FILE_FORMAT);
    put(sink, name->bytes, name->used);
    for (int i = 0; i < model->network_count; i++) {
        model_file_prefix(prefix, i);
        answers[i] = model->network_count > 1 ? join(names[i], prefix, result) : result;
        put_network(sink, &model->networks[i], prefix, answers[i]);
    }
    if (model->network_count > 1) {
        put_tensor(sink, "share", 0, 1, &share);
        put_node(sink, "Sum", answers, "sum", NULL);
        put_node(sink, "Mul", (const char *const[]){"sum", "share", NULL}, result, NULL);
    }
    put_value(sink, GRAPH_OUTPUT, result, model->class_count);
}

/* ---- The file -------------------------------------------------------------------------------- */

static void put_entry(struct sink *sink, const char *key, const char *value)
{
    struct message *entry = begin_message(sink, 0);
    add_text(entry, ENTRY_KEY, key);
    add_text(entry, ENTRY_VALUE, value);
    put_message(sink, MODEL_METADATA_PROPS, entry);
}

static void put_model(struct sink *sink, const struct model *model)
{
    char classes[MODEL_FILE_CLASSES_SIZE] = "", enlarge[16];
    struct file_writer *writer = sink->writer;
    sink->writer = NULL;
    put_graph(sink, model);
    size_t graph_size = sink->size;
    sink->writer = writer;
    struct message *head = begin_message(sink, 0), *operators = begin_message(sink, 1);
    add_number(head, MODEL_IR_VERSION, IR_VERSION);
    add_text(head, MODEL_PRODUCER_NAME, "train_fer");
    add_number(operators, OPSET_VERSION, OPERATOR_SET);
    add_message(head, MODEL_OPSET_IMPORT, operators);
    add_length(head, MODEL_GRAPH, graph_size);
    put(sink, head->bytes, head->used);
    put_graph(sink, model);
    put_entry(sink, "classes", model_file_classes(classes, model));
    put_entry(sink, "mirror", model->mirror ? "true" : "false");
    snprintf(enlarge, sizeof enlarge, "%g", (double)model->enlarge);
    if (model->enlarge > 0.0f)
        put_entry(sink, "enlarge", enlarge);
    for (int i = 0; i < MODEL_FILE_NOTES; i++)
        put_entry(sink, model_file_notes[i].key,
                  (const char *)&model->notes + model_file_notes[i].offset);
}

int onnx_export(const struct model *model, const char *path, struct error *error)
{
    struct sink *sink = calloc(1, sizeof *sink);
    if (!sink)
        return error_no_memory(error, "the ONNX file");
    int result = file_writer_open(&sink->writer, path, error);
    if (result == 0) {
        put_model(sink, model);
        result = file_writer_commit(&sink->writer, error);
    }
    free(sink);
    return result;
}
