#include "cross_validation.h"

#include "duplicates.h"
#include "evaluate.h"
#include "file.h"
#include "photographs.h"
#include "report.h"
#include "training.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FIGURES = 7 + MODEL_MAX_CLASSES, NAME_SIZE = MODEL_CLASS_NAME_SIZE + 24 };

/* What is measured in each fold. */
struct figure {
    char name[NAME_SIZE];
    double values[MAX_FOLDS];
    double mean, standard_error;
};

struct figures {
    int count;
    struct figure list[MAX_FIGURES];
};

struct crossing {
    const struct recipe *recipe;
    const struct dataset *dataset; /* whole */
    const char *program;
    const volatile sig_atomic_t *stop;
    int folds;
    int *samples, count; /* Training's */
    int *photographs, *folds_of;
    bool *duplicates;
    uint8_t *splits; /* of the running fold */
    char folder[PATH_MAX / 2], model[PATH_MAX], checkpoint[PATH_MAX];
};

/* ---- Figures --------------------------------------------------------------------------------- */

static void add(struct figures *f, int fold, const char *name, const char *of, double value)
{
    struct figure *figure = &f->list[f->count++];
    snprintf(figure->name, sizeof figure->name, "%s%s", name, of);
    figure->values[fold] = value;
}

static void collect(struct figures *f, int fold, const struct evaluation *e,
                    const struct dataset *dataset)
{
    const struct metrics *label = &e->unique[TRUTH_LABEL], *ferplus = &e->unique[TRUTH_FERPLUS];
    const struct metrics *agreed = &e->unique[TRUTH_AGREED];
    f->count = 0;
    add(f, fold, "accuracy", "", label->accuracy);
    add(f, fold, "macro recall", "", label->macro_recall);
    add(f, fold, "log loss", "", label->log_loss);
    if (dataset->votes) {
        add(f, fold, "accuracy by FER+ majority", "", ferplus->accuracy);
        add(f, fold, "macro recall by FER+ majority", "", ferplus->macro_recall);
        add(f, fold, "accuracy where both agree", "", agreed->accuracy);
        add(f, fold, "macro recall where both agree", "", agreed->macro_recall);
    }
    for (int k = 0; k < dataset->class_count; k++)
        add(f, fold, "recall of ", dataset->class_names[k], label->per_class[k].recall);
}

static void summarize(struct figures *f, int folds)
{
    for (int i = 0; i < f->count; i++) {
        struct figure *figure = &f->list[i];
        double squares = 0.0;
        figure->mean = 0.0;
        for (int k = 0; k < folds; k++)
            figure->mean += figure->values[k] / folds;
        for (int k = 0; k < folds; k++)
            squares += pow(figure->values[k] - figure->mean, 2);
        figure->standard_error = sqrt(squares / (folds - 1) / folds);
    }
}

static void print(const struct figures *f, int folds, FILE *out)
{
    fprintf(out, "\n%-31s %8s %8s   folds\n", "", "mean", "error");
    for (int i = 0; i < f->count; i++) {
        const struct figure *figure = &f->list[i];
        fprintf(out, "%-31.31s %8.4f %8.4f  ", figure->name, figure->mean, figure->standard_error);
        for (int k = 0; k < folds; k++)
            fprintf(out, " %.4f", figure->values[k]);
        fprintf(out, "\n");
    }
    fprintf(out, "error: standard error of the mean; smaller differences mean nothing\n");
}

static int write_report(const struct figures *f, int folds, const char *folder, struct error *error)
{
    struct report_text text;
    if (report_text_open(&text, error) < 0)
        return -1;
    fprintf(text.stream, "figure,mean,standard_error");
    for (int k = 0; k < folds; k++)
        fprintf(text.stream, ",fold_%d", k + 1);
    for (int i = 0; i < f->count; i++) {
        fprintf(text.stream, "\n%s,%.4f,%.4f", f->list[i].name, f->list[i].mean,
                f->list[i].standard_error);
        for (int k = 0; k < folds; k++)
            fprintf(text.stream, ",%.4f", f->list[i].values[k]);
    }
    fprintf(text.stream, "\n");
    return report_text_close(&text, folder, "folds.csv", error);
}

/* ---- Folds ----------------------------------------------------------------------------------- */

static int share_out(struct crossing *c, struct error *error)
{
    struct thread_pool *pool;
    int photographs = 0;
    if (dataset_split_size(c->dataset, SPLIT_VALIDATION, error) < 0 ||
        dataset_split(c->dataset, SPLIT_TRAINING, &c->samples, &c->count, error) < 0)
        return -1;
    size_t size = (size_t)c->count * sizeof(int);
    c->photographs = malloc(size);
    c->folds_of = malloc(size);
    c->splits = malloc((size_t)c->dataset->count);
    if (!c->photographs || !c->folds_of || !c->splits)
        return error_no_memory(error, "the folds");
    if (duplicates_find(&c->duplicates, c->dataset, error) < 0 ||
        thread_pool_create(&pool, c->recipe->threads, error) < 0)
        return -1;
    int result = photographs_find(c->photographs, c->dataset, c->samples, c->count, pool, error);
    thread_pool_free(&pool);
    if (result < 0 || folds_assign(c->folds_of, c->folds, c->dataset, c->samples, c->photographs,
                                   c->count, error) < 0)
        return -1;
    for (int i = 0; i < c->count; i++)
        photographs += c->photographs[i] == i;
    printf("%d folds of %d pictures, which are crops of %d photographs\n", c->folds, c->count,
           photographs);
    return 0;
}

/* The data set with one fold as its test split. */
static struct dataset leave_out(struct crossing *c, int fold)
{
    struct dataset d = *c->dataset;
    d.splits = c->splits;
    for (int i = 0; i < d.count; i++)
        d.splits[i] = c->dataset->splits[i] == SPLIT_VALIDATION && !c->duplicates[i]
                          ? SPLIT_VALIDATION
                          : SPLIT_NONE;
    for (int i = 0; i < c->count; i++)
        d.splits[c->samples[i]] = c->folds_of[i] == fold ? SPLIT_TEST : SPLIT_TRAINING;
    return d;
}

static int train_fold(struct crossing *c, int fold, struct figures *figures, struct error *error)
{
    struct dataset d = leave_out(c, fold);
    struct training_files files = {
        .program = c->program, .output = c->model, .checkpoint = c->checkpoint};
    struct recipe recipe = *c->recipe;
    recipe.verifier = false; /* the folds are about expressions */
    printf("\nfold %d of %d\n", fold + 1, c->folds);
    fflush(stdout);
    if (train(&recipe, &d, &files, NULL, c->stop, error) < 0)
        return -1;
    if (*c->stop)
        return 0;
    struct model *model = malloc(sizeof *model);
    struct evaluation *evaluation = malloc(sizeof *evaluation);
    int result = model && evaluation ? model_load(model, c->model, error)
                                     : error_no_memory(error, "the fold's model");
    if (result == 0) {
        result = evaluate(evaluation, model, &d, SPLIT_TEST, error);
        model_free(model);
    }
    if (result == 0)
        collect(figures, fold, evaluation, &d);
    free(model);
    free(evaluation);
    return result;
}

static int make_folder(struct crossing *c, struct error *error)
{
    const char *place = getenv("TMPDIR");
    snprintf(c->folder, sizeof c->folder, "%s/train_fer-XXXXXX", place && *place ? place : "/tmp");
    if (!mkdtemp(c->folder))
        return error_set(error,
                         "%s: cannot be created; set TMPDIR to a folder that can be written to",
                         c->folder);
    snprintf(c->model, sizeof c->model, "%s/fold.safetensors", c->folder);
    snprintf(c->checkpoint, sizeof c->checkpoint, "%s/fold.checkpoint", c->folder);
    return 0;
}

static void release(struct crossing *c)
{
    if (c->model[0]) {
        file_remove(c->model);
        file_remove(c->checkpoint);
        rmdir(c->folder);
    }
    free(c->samples);
    free(c->photographs);
    free(c->folds_of);
    free(c->duplicates);
    free(c->splits);
    free(c);
}

int cross_validate(const struct recipe *recipe, const struct dataset *dataset, int folds,
                   const char *program, const char *report, const volatile sig_atomic_t *stop,
                   struct error *error)
{
    struct crossing *c = calloc(1, sizeof *c);
    struct figures *figures = calloc(1, sizeof *figures);
    int result = c && figures ? 0 : error_no_memory(error, "the folds");
    if (result == 0) {
        c->recipe = recipe;
        c->dataset = dataset;
        c->program = program;
        c->stop = stop;
        c->folds = folds;
        result = share_out(c, error);
    }
    if (result == 0)
        result = make_folder(c, error);
    for (int fold = 0; result == 0 && !*stop && fold < folds; fold++)
        result = train_fold(c, fold, figures, error);
    if (c)
        release(c);
    if (result == 0 && *stop) {
        printf("stopped before all folds were measured\n");
    } else if (result == 0) {
        summarize(figures, folds);
        print(figures, folds, stdout);
        result = report ? write_report(figures, folds, report, error) : 0;
    }
    free(figures);
    return result;
}
