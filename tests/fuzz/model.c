/* Model files: what loads can be asked, and its answers are distributions. */
#include "fuzz.h"

#include "blas.h"
#include "model.h"

#include <math.h>
#include <stdlib.h>

static void ask(const struct model *model)
{
    struct model_workspace *workspace;
    struct error error;
    size_t area = (size_t)model->width * (size_t)model->height;
    float probabilities[MODEL_MAX_CLASSES], sum = 0;
    uint8_t *crop = malloc(area);
    EXPECT(crop && model_workspace_create(&workspace, model, 1, &error) == 0);
    for (size_t i = 0; i < area; i++)
        crop[i] = (uint8_t)(i * 37 % 251);
    model_predict(model, workspace, crop, 1, probabilities);
    for (int k = 0; k < model->class_count; k++) {
        EXPECT(probabilities[k] >= 0 && probabilities[k] <= 1);
        sum += probabilities[k];
    }
    EXPECT(fabsf(sum - 1) < 1e-3f);
    model_workspace_free(&workspace);
    free(crop);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct model model;
    struct error error = {.text = ""};
    if (model_load(&model, fuzz_file(0, bytes, size), &error) < 0) {
        fuzz_expect_text(&error);
        return 0;
    }
    blas_use_one_thread();
    ask(&model);
    model_free(&model);
    return 0;
}
