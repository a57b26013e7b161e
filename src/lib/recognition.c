#include "face.h"
#include "internal.h"
#include "labels.h"
#include "smoother.h"

#include <stdlib.h>
#include <string.h>

/* Where the caller names no model. */
static const char installed_model[] = INSTALLED_DATA "/models/expressions.safetensors";

/* Sets the model's prior to these shares, checked and normalized. */
static enum expressions_status take_prior(struct expressions_model *model, const float *prior,
                                          struct expressions_error *error)
{
    float shares[LABEL_COUNT];
    double sum = 0.0;
    for (int k = 0; k < LABEL_COUNT; k++) {
        if (!(prior[k] >= 1e-6f && prior[k] <= 1e6f))
            return fail_argument(error, "`settings->prior[%d]` is %g; a share must be 1e-6 .. 1e6",
                                 k, (double)prior[k]);
        sum += (double)prior[k];
    }
    for (int k = 0; k < LABEL_COUNT; k++)
        shares[k] = (float)(prior[k] / sum);
    struct error why;
    if (model_check_faces(&model->model, model->path, &why) ||
        model_set_prior(&model->model, shares, model->path, &why))
        return fail_with(error, &why);
    return EXPRESSIONS_OK;
}

static enum expressions_status read_model(struct expressions_model *model, const char *path,
                                          const float *prior, struct expressions_error *error)
{
    struct error why;
    model->path = strdup(path);
    if (!model->path)
        return fail_no_memory(error, "the model");
    if (model_load(&model->model, path, &why))
        return fail_with(error, &why);
    return prior ? take_prior(model, prior, error) : EXPRESSIONS_OK;
}

enum expressions_status expressions_model_open(struct expressions_model **model, const char *path,
                                               const struct expressions_model_settings *settings,
                                               struct expressions_error *error)
{
    static const struct expressions_model_settings defaults = EXPRESSIONS_MODEL_DEFAULTS;
    if (!model)
        return fail_null(error, "model");
    if (!settings)
        settings = &defaults;
    enum expressions_status status = CHECK_SETTINGS(settings, error);
    if (status != EXPRESSIONS_OK)
        return status;
    struct expressions_model *made = calloc(1, sizeof *made);
    if (!made)
        return fail_no_memory(error, "the model");
    status = read_model(made, path ? path : installed_model, settings->prior, error);
    if (status != EXPRESSIONS_OK)
        expressions_model_close(&made);
    else
        *model = made;
    return status;
}

void expressions_model_close(struct expressions_model **model)
{
    if (!model || !*model)
        return;
    model_free(&(*model)->model);
    free((*model)->path);
    free(*model);
    *model = NULL;
}

enum expressions_status expressions_recognizer_open(struct expressions_recognizer **recognizer,
                                                    const struct expressions_model *model,
                                                    struct expressions_error *error)
{
    if (!recognizer || !model)
        return fail_null(error, recognizer ? "model" : "recognizer");
    struct error why;
    if (model_check_faces(&model->model, model->path, &why))
        return fail_with(error, &why);
    struct expressions_recognizer *made = calloc(1, sizeof *made);
    if (!made)
        return fail_no_memory(error, "the recognizer");
    if (model_workspace_create(&made->workspace, &model->model, EXPRESSIONS_MAX_FACES, &why)) {
        free(made);
        return fail_with(error, &why);
    }
    made->model = &model->model;
    *recognizer = made;
    return EXPRESSIONS_OK;
}

void expressions_recognizer_close(struct expressions_recognizer **recognizer)
{
    if (!recognizer || !*recognizer)
        return;
    explainer_free(&(*recognizer)->explainer);
    model_workspace_free(&(*recognizer)->workspace);
    free((*recognizer)->grey.pixels);
    free(*recognizer);
    *recognizer = NULL;
}

static enum expressions_status check_found(const struct expressions_face *faces, int count,
                                           struct expressions_error *error)
{
    enum expressions_status status = check_faces(faces, count, error);
    for (int i = 0; i < count && status == EXPRESSIONS_OK; i++) {
        if (!faces[i].held)
            status = check_box(faces[i].box, "faces", i, error);
    }
    return status;
}

static void complete(struct expressions_face *face, const float *answer)
{
    memcpy(face->raw, answer, sizeof face->raw);
    memcpy(face->probabilities, answer, sizeof face->probabilities);
    int best[2];
    smoother_best_two(answer, best);
    face->label = best[0];
    face->second = best[1];
    face->uncertain = (double)answer[face->label] < BELIEF_UNCERTAIN;
    face->smoothed = 0;
}

/* At most EXPRESSIONS_MAX_FACES. */
static void recognize_batch(struct expressions_recognizer *recognizer,
                            const struct grey_image *grey, struct expressions_face *faces,
                            int count)
{
    int asked = 0;
    for (int i = 0; i < count; i++) {
        recognizer->crop_of[i] = faces[i].held ? -1 : asked;
        if (!faces[i].held)
            face_crop(grey, to_box(faces[i].box),
                      recognizer->crops + (size_t)asked++ * EXPRESSIONS_CROP_PIXELS);
    }
    if (asked > 0)
        model_predict(recognizer->model, recognizer->workspace, recognizer->crops, asked,
                      recognizer->answers[0]);
    for (int i = 0, answer = 0; i < count; i++) {
        if (faces[i].held)
            continue;
        const uint8_t *crop = recognizer->crops + (size_t)answer * EXPRESSIONS_CROP_PIXELS;
        if (faces[i].score <= 0)
            faces[i].score = model_verify(recognizer->model, recognizer->workspace, crop);
        complete(&faces[i], recognizer->answers[answer++]);
    }
}

enum expressions_status expressions_recognize(struct expressions_recognizer *recognizer,
                                              const struct expressions_picture *picture,
                                              struct expressions_face *faces, int count,
                                              struct expressions_error *error)
{
    if (!recognizer)
        return fail_null(error, "recognizer");
    struct grey_image grey;
    enum expressions_status status = check_picture(picture, error);
    if (status == EXPRESSIONS_OK)
        status = check_found(faces, count, error);
    if (status == EXPRESSIONS_OK)
        status = to_grey(picture, &recognizer->grey, &grey, error);
    if (status != EXPRESSIONS_OK)
        return status;
    for (int done = 0; done < count; done += EXPRESSIONS_MAX_FACES) {
        int rest = count - done;
        recognize_batch(recognizer, &grey, faces + done,
                        rest < EXPRESSIONS_MAX_FACES ? rest : EXPRESSIONS_MAX_FACES);
    }
    recognizer->seen = count <= EXPRESSIONS_MAX_FACES ? count : 0;
    return EXPRESSIONS_OK;
}

const uint8_t *expressions_latest_crop(const struct expressions_recognizer *recognizer, int face)
{
    if (!recognizer || face < 0 || face >= recognizer->seen || recognizer->crop_of[face] < 0)
        return NULL;
    return recognizer->crops + (size_t)recognizer->crop_of[face] * EXPRESSIONS_CROP_PIXELS;
}
