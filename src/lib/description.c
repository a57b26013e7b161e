#include "internal.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
    char *bytes; /* EXPRESSIONS_DESCRIPTION_SIZE */
    size_t used;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *text, const char *format, ...)
{
    size_t left = EXPRESSIONS_DESCRIPTION_SIZE - text->used;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->bytes + text->used, left, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->used += (size_t)length < left ? (size_t)length : left - 1;
}

/* The file's maker may have written anything. */
static void add_foreign(struct text *text, const char *foreign)
{
    char *from = text->bytes + text->used;
    add(text, "%s", foreign);
    text_tame(from);
    text->used = (size_t)(from - text->bytes) + strlen(from);
}

static size_t add_mlp(struct text *text, const struct mlp *mlp)
{
    const struct mlp_config *config = &mlp->config;
    add(text, "%d", config->units[0]);
    for (int i = 0; i < config->layer_count; i++) {
        const struct mlp_layer *layer = &mlp->layers[i];
        add(text, " - ");
        int times = layer->positions * layer->window_count;
        if (times > 1)
            add(text, "%d x ", times);
        add(text, "%d", layer->outputs / layer->window_count);
    }
    add(text, ", %s hidden, %s output\n", activation_names[config->activation],
        output_activation_names[config->output]);
    return mlp->parameter_count;
}

static void add_networks(struct text *text, const struct model *model)
{
    size_t parameters = 0;
    if (model->aligner.parameters) {
        add(text, "aligner        ");
        parameters += add_mlp(text, &model->aligner);
    }
    for (int i = 0; i < model->network_count; i++) {
        add(text, "network        %s, ", feature_kind_names[model->networks[i].features.kind]);
        parameters += add_mlp(text, &model->networks[i].mlp);
    }
    add(text, "parameters     %zu\n", parameters);
}

static void add_prior(struct text *text, const struct model *model)
{
    add(text, "prior         ");
    for (int k = 0; k < model->class_count && model->prior[0] > 0.0f; k++)
        add(text, " %.3g", (double)model->prior[k]);
    add(text, "%s\n", model->prior[0] > 0.0f ? "" : " not stated");
}

static void add_notes(struct text *text, const struct model_notes *notes)
{
    const char *const facts[][2] = {{"training data", notes->training_data},
                                    {"recipe", notes->recipe},
                                    {"seed", notes->seed},
                                    {"accuracy", notes->accuracy},
                                    {"date", notes->date},
                                    {"licence", notes->licence}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        add(text, "%-15s", facts[i][0]);
        add_foreign(text, *facts[i][1] ? facts[i][1] : "not stated");
        add(text, "\n");
    }
}

enum expressions_status expressions_model_describe(const struct expressions_model *model,
                                                   char bytes[EXPRESSIONS_DESCRIPTION_SIZE],
                                                   struct expressions_error *error)
{
    if (!model || !bytes)
        return fail_null(error, model ? "text" : "model");
    const struct model *m = &model->model;
    struct text text = {.bytes = bytes};
    add(&text, "model          ");
    add_foreign(&text, model->path);
    add(&text, "\nclasses        ");
    for (int i = 0; i < m->class_count; i++) {
        add(&text, "%s", i ? ", " : "");
        add_foreign(&text, m->class_names[i]);
    }
    add(&text, "\ninput          %dx%d grey\n", m->width, m->height);
    add_networks(&text, m);
    add(&text, "answer         %s\n",
        m->mirror ? "mean over the face and its mirror image" : "one pass over the face");
    add_prior(&text, m);
    add_notes(&text, &m->notes);
    return EXPRESSIONS_OK;
}
