#include "model.h"

#include "face.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void model_free(struct model *model)
{
    mlp_free(&model->aligner);
    mlp_free(&model->verifier);
    for (int i = 0; i < model->network_count; i++) {
        mlp_free(&model->networks[i].mlp);
        features_free(&model->networks[i].features);
        mirror_layer_free(&model->networks[i].mirror_layer);
    }
    *model = (struct model){0};
}

int model_prepare(struct model *model, struct error *error)
{
    for (int i = 0; i < model->network_count; i++) {
        struct network *n = &model->networks[i];
        if (features_pair(&n->features, error) < 0 ||
            (model->mirror &&
             mirror_layer_create(&n->mirror_layer, &n->features, &n->mlp, error) < 0) ||
            mlp_quantize(&n->mlp, n->mirror_layer ? 1 : 0, error) < 0)
            return -1;
    }
    /* The aligner's answers move pixels, which move the networks' by more than its rounding: it and
     * the verifier stay in float. */
    return 0;
}

int model_check_faces(const struct model *model, const char *path, struct error *error)
{
    bool same = model->class_count == LABEL_COUNT && model->width == FACE_SIDE &&
                model->height == FACE_SIDE;
    for (int i = 0; same && i < LABEL_COUNT; i++)
        same = strcmp(model->class_names[i], label_names[i]) == 0;
    if (!same)
        return error_set_code(
            error, ERROR_BAD_MODEL,
            "%s: is not for the seven expressions in %dx%d crops; name a model trained "
            "on FER2013",
            path, FACE_SIDE, FACE_SIDE);
    return 0;
}

int model_set_prior(struct model *model, const float *prior, const char *path, struct error *error)
{
    bool possible = model->prior[0] > 0.0f;
    for (int i = 0; i < model->network_count; i++)
        possible = possible && model->networks[i].mlp.config.output == OUTPUT_SOFTMAX;
    if (!possible)
        return error_set_code(
            error, ERROR_BAD_MODEL,
            "%s: does not state the prior of its answers, so it cannot be replaced; "
            "use a model trained with softmax outputs by this version",
            path);
    for (int i = 0; i < model->network_count; i++) {
        const struct mlp *mlp = &model->networks[i].mlp;
        real *biases = mlp->layers[mlp->config.layer_count - 1].biases;
        for (int k = 0; k < model->class_count; k++)
            biases[k] += logf(prior[k] / model->prior[k]);
    }
    memcpy(model->prior, prior, (size_t)model->class_count * sizeof *prior);
    return 0;
}

struct model_workspace {
    int capacity; /* crops; R is twice that where the model mirrors, else the same */
    bool mirror;
    struct align_workspace *align;
    struct verifier_workspace *verifier;
    struct mlp_workspace *mlps[MODEL_MAX_NETWORKS];
    uint8_t *faces; /* R x height x width: the aligned crops, then their mirror images */
    float *vectors; /* R x the longest D */
    float *sums;    /* R x the widest first layer */
    float *outputs; /* R x K */
    void *scratch;  /* of features_extract and mirror_layer_forward */
};

int model_workspace_create(struct model_workspace **workspace, const struct model *model,
                           int capacity, struct error *error)
{
    size_t rows = (size_t)(model->mirror ? 2 * capacity : capacity), longest = 0, widest = 0;
    size_t pixels = (size_t)model->width * (size_t)model->height, scratch = 0;
    struct model_workspace *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the recognizer");
    for (int i = 0; i < model->network_count; i++) {
        const struct network *n = &model->networks[i];
        size_t dim = (size_t)features_dim(&n->features), width = (size_t)n->mlp.config.units[1];
        longest = dim > longest ? dim : longest;
        widest = width > widest ? width : widest;
        size_t needed = features_scratch(&n->features);
        scratch = needed > scratch ? needed : scratch;
        needed = n->mirror_layer ? mirror_layer_scratch(n->mirror_layer) : 0;
        scratch = needed > scratch ? needed : scratch;
    }
    made->capacity = capacity;
    made->mirror = model->mirror;
    made->faces = malloc(rows * pixels);
    made->vectors = calloc(rows * longest, sizeof(float));
    made->sums = malloc(rows * widest * sizeof(float));
    made->outputs = calloc(rows * (size_t)model->class_count, sizeof(float));
    made->scratch = malloc(scratch);
    int result = 0;
    if (!made->faces || !made->vectors || !made->sums || !made->outputs || !made->scratch)
        result = error_no_memory(error, "the recognizer");
    if (result == 0 && model->aligner.parameters)
        result = align_workspace_create(&made->align, &model->aligner, model->width, model->height,
                                        error);
    if (result == 0 && model->verifier.parameters)
        result = verifier_workspace_create(&made->verifier, &model->verifier, model->width,
                                           model->height, error);
    for (int i = 0; result == 0 && i < model->network_count; i++) {
        const struct network *n = &model->networks[i];
        result = mlp_workspace_create(&made->mlps[i], &n->mlp.config, (int)rows, error);
    }
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
    align_workspace_free(&w->align);
    verifier_workspace_free(&w->verifier);
    for (int i = 0; i < MODEL_MAX_NETWORKS; i++)
        mlp_workspace_free(&w->mlps[i]);
    free(w->faces);
    free(w->vectors);
    free(w->sums);
    free(w->outputs);
    free(w->scratch);
    free(w);
    *workspace = NULL;
}

void model_workspace_set_mirror(struct model_workspace *workspace, bool on)
{
    workspace->mirror = on;
}

void model_align(const struct model *model, struct model_workspace *w, const uint8_t *crop,
                 struct affine *face)
{
    *face = affine_identity;
    if (!w->align)
        return;
    align_find(&model->aligner, w->align, crop, face);
    if (model->enlarge > 0.0f)
        *face = align_enlarge(face, model->enlarge, model->width, model->height);
}

float model_verify(const struct model *model, struct model_workspace *w, const uint8_t *crop)
{
    return w->verifier ? verifier_score(&model->verifier, w->verifier, crop) : 1.0f;
}

/* Sigmoid outputs are not a distribution until they are divided by their sum. */
static void normalize(float *row, int classes)
{
    float sum = 0.0f;
    for (int k = 0; k < classes; k++)
        sum += row[k];
    for (int k = 0; k < classes; k++)
        row[k] = sum > 0.0f ? row[k] / sum : 1.0f / (float)classes;
}

/* One network's answers to the `rows` faces, of which those from number `count` on are mirror
 * images. */
static void answer(const struct network *n, struct model_workspace *w, int network, int count,
                   int rows)
{
    size_t pixels = (size_t)n->features.width * (size_t)n->features.height;
    size_t dim = (size_t)features_dim(&n->features);
    for (int i = 0; i < rows; i++) {
        float *vector = w->vectors + (size_t)i * dim;
        if (i < count || !features_mirror(&n->features, vector - (size_t)count * dim, vector))
            features_extract(&n->features, w->scratch, w->faces + (size_t)i * pixels, vector);
    }
    mlp_forward(&n->mlp, w->mlps[network], w->vectors, rows, w->outputs);
}

/* The same of `count` faces and as many mirror images, by way of the mirror layer. */
static void answer_both(const struct network *n, struct model_workspace *w, int network, int count)
{
    size_t pixels = (size_t)n->features.width * (size_t)n->features.height;
    size_t width = (size_t)n->mlp.config.units[1];
    for (int i = 0; i < count; i++) {
        float *sums = w->sums + (size_t)i * width;
        features_extract(&n->features, w->scratch, w->faces + (size_t)i * pixels, w->vectors);
        mirror_layer_forward(n->mirror_layer, w->scratch, w->vectors, sums,
                             sums + (size_t)count * width);
    }
    mlp_forward_sums(&n->mlp, w->mlps[network], w->sums, 2 * count, w->outputs);
}

/* Adds one network's share of the mean to the probabilities of `count` crops, from the `rows`
 * faces, which are one or two for each crop. */
static void add_answers(const struct model *model, struct model_workspace *w, int network,
                        int count, int rows, float *probabilities)
{
    const struct network *n = &model->networks[network];
    size_t classes = (size_t)model->class_count;
    int views = rows / count; /* of each crop */
    float share = 1.0f / (float)(model->network_count * views);
    if (n->mirror_layer && rows > count)
        answer_both(n, w, network, count);
    else
        answer(n, w, network, count, rows);
    for (int i = 0; i < rows && n->mlp.config.output == OUTPUT_SIGMOID; i++)
        normalize(w->outputs + (size_t)i * classes, model->class_count);
    for (int i = 0; i < rows; i++)
        for (size_t k = 0; k < classes; k++)
            probabilities[(size_t)(i % count) * classes + k] +=
                share * w->outputs[(size_t)i * classes + k];
}

/* At most capacity crops. */
static void predict_batch(const struct model *model, struct model_workspace *w,
                          const uint8_t *crops, int count, float *probabilities)
{
    size_t pixels = (size_t)model->width * (size_t)model->height;
    int rows = w->mirror ? 2 * count : count;
    for (int i = 0; i < count; i++) {
        const uint8_t *crop = crops + (size_t)i * pixels;
        uint8_t *aligned = w->faces + (size_t)i * pixels;
        struct affine face;
        model_align(model, w, crop, &face);
        warp_picture(&face, crop, model->width, model->height, aligned);
        if (w->mirror)
            face_mirror(aligned, model->width, model->height, aligned + (size_t)count * pixels);
    }
    memset(probabilities, 0, (size_t)count * (size_t)model->class_count * sizeof *probabilities);
    for (int i = 0; i < model->network_count; i++)
        add_answers(model, w, i, count, rows, probabilities);
}

void model_predict(const struct model *model, struct model_workspace *workspace,
                   const uint8_t *crops, int count, float *probabilities)
{
    size_t pixels = (size_t)model->width * (size_t)model->height;
    for (int done = 0; done < count; done += workspace->capacity) {
        int batch = count - done < workspace->capacity ? count - done : workspace->capacity;
        predict_batch(model, workspace, crops + (size_t)done * pixels, batch,
                      probabilities + (size_t)done * (size_t)model->class_count);
    }
}
