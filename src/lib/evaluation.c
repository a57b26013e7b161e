#include "internal.h"
#include "metrics.h"

#include <stdlib.h>
#include <string.h>

static enum expressions_status check(const struct expressions_recognizer *recognizer,
                                     const uint8_t *crops, const uint8_t *labels, int count,
                                     const struct expressions_evaluation *evaluation,
                                     struct expressions_error *error)
{
    const void *const pointers[] = {recognizer, crops, labels, evaluation};
    static const char *const names[] = {"recognizer", "crops", "labels", "evaluation"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!pointers[i])
            return fail_null(error, names[i]);
    }
    if (count < 1)
        return fail_argument(error, "`count` is %d; at least one crop is measured", count);
    for (int i = 0; i < count; i++) {
        if (labels[i] >= EXPRESSIONS_LABEL_COUNT)
            return fail_argument(error, "`labels[%d]` is %d; it must be 0 .. 6", i, labels[i]);
    }
    return EXPRESSIONS_OK;
}

static void report(const struct metrics *m, struct expressions_evaluation *evaluation)
{
    *evaluation = (struct expressions_evaluation){.count = m->count,
                                                  .accuracy = m->accuracy,
                                                  .macro_f1 = m->macro_f1,
                                                  .calibration_error = m->ece};
    for (int k = 0; k < EXPRESSIONS_LABEL_COUNT; k++) {
        evaluation->precision[k] = m->per_class[k].precision;
        evaluation->recall[k] = m->per_class[k].recall;
        evaluation->f1[k] = m->per_class[k].f1;
        memcpy(evaluation->confusion[k], m->confusion[k], sizeof evaluation->confusion[k]);
    }
}

enum expressions_status expressions_evaluate(struct expressions_recognizer *recognizer,
                                             const uint8_t *crops, const uint8_t *labels, int count,
                                             struct expressions_evaluation *evaluation,
                                             struct expressions_error *error)
{
    enum expressions_status status = check(recognizer, crops, labels, count, evaluation, error);
    if (status != EXPRESSIONS_OK)
        return status;
    size_t n = (size_t)count;
    float *answers = malloc(n * EXPRESSIONS_LABEL_COUNT * sizeof *answers);
    int *truths = malloc(n * sizeof *truths);
    struct metrics *metrics = malloc(sizeof *metrics);
    if (answers && truths && metrics) {
        for (int i = 0; i < count; i++)
            truths[i] = labels[i];
        model_predict(recognizer->model, recognizer->workspace, crops, count, answers);
        metrics_compute(metrics, EXPRESSIONS_LABEL_COUNT, truths, count, answers);
        report(metrics, evaluation);
    } else {
        status = fail_no_memory(error, "the evaluation");
    }
    free(answers);
    free(truths);
    free(metrics);
    return status;
}
