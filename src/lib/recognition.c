#include "face.h"
#include "internal.h"
#include "smoother.h"

#include <stdlib.h>
#include <string.h>

/* Where the caller names no model. */
static const char installed_model[] = INSTALLED_DATA "/models/expressions.safetensors";

enum expressions_status expressions_model_load(struct expressions_model **model, const char *path,
                                               struct expressions_error *error)
{
    if (!model)
        return fail_argument(error,
                             "there is no place for the model; pass the address of a pointer");
    struct expressions_model *made = calloc(1, sizeof *made);
    if (!made)
        return fail(error, EXPRESSIONS_NO_MEMORY, "no memory for the model");
    const char *name = path ? path : installed_model;
    struct error why;
    if (model_load(&made->model, name, &why)) {
        free(made);
        return fail_with(error, EXPRESSIONS_BAD_MODEL, &why);
    }
    if (model_check_faces(&made->model, name, &why)) {
        expressions_model_free(&made);
        return fail_with(error, EXPRESSIONS_BAD_MODEL, &why);
    }
    *model = made;
    return EXPRESSIONS_OK;
}

void expressions_model_free(struct expressions_model **model)
{
    if (!model || !*model)
        return;
    model_free(&(*model)->model);
    free(*model);
    *model = NULL;
}

enum expressions_status expressions_recognizer_open(struct expressions_recognizer **recognizer,
                                                    const struct expressions_model *model,
                                                    struct expressions_error *error)
{
    if (!recognizer || !model)
        return fail_argument(error, "there is no model, or no place for the recognizer");
    struct expressions_recognizer *made = calloc(1, sizeof *made);
    if (!made)
        return fail(error, EXPRESSIONS_NO_MEMORY, "no memory for the recognizer");
    struct error why;
    if (model_workspace_create(&made->workspace, &model->model, EXPRESSIONS_MAX_FACES, &why)) {
        free(made);
        return fail_with(error, EXPRESSIONS_NO_MEMORY, &why);
    }
    made->model = &model->model;
    *recognizer = made;
    return EXPRESSIONS_OK;
}

void expressions_recognizer_close(struct expressions_recognizer **recognizer)
{
    if (!recognizer || !*recognizer)
        return;
    model_workspace_free(&(*recognizer)->workspace);
    free((*recognizer)->grey.pixels);
    free(*recognizer);
    *recognizer = NULL;
}

void recognize_batch(struct expressions_recognizer *recognizer, const struct grey_image *grey,
                     const struct box *boxes, int count)
{
    for (int i = 0; i < count; i++)
        face_crop(grey, boxes[i], recognizer->crops + (size_t)i * CROP_SIZE);
    if (count > 0)
        model_predict(recognizer->model, recognizer->workspace, recognizer->crops, count,
                      recognizer->answers[0]);
}

static bool is_box(struct expressions_box box)
{
    const int far = 2 * EXPRESSIONS_MAX_SIDE;
    return box.width >= 1 && box.width <= EXPRESSIONS_MAX_SIDE && box.height >= 1 &&
           box.height <= EXPRESSIONS_MAX_SIDE && abs(box.x) <= far && abs(box.y) <= far;
}

enum expressions_status check_boxes(const struct expressions_box *boxes, int count,
                                    struct expressions_error *error)
{
    if (count < 0 || (count > 0 && !boxes))
        return fail_argument(error, "the boxes are missing, or their number is negative");
    for (int i = 0; i < count; i++) {
        if (!is_box(boxes[i]))
            return fail_argument(error,
                                 "a box's width or height is not 1 .. 16384 pixels, or it lies "
                                 "farther than 32768 pixels from the picture's corner");
    }
    return EXPRESSIONS_OK;
}

static struct expressions_face name_face(int id, struct expressions_box box, const float *answer)
{
    struct expressions_face face = {.id = id, .box = box};
    memcpy(face.raw, answer, sizeof face.raw);
    memcpy(face.probabilities, answer, sizeof face.probabilities);
    for (int k = 1; k < EXPRESSIONS_LABEL_COUNT; k++) {
        if (answer[k] > answer[face.label])
            face.label = k;
    }
    face.uncertain = (double)answer[face.label] < RECOGNIZER_UNCERTAIN;
    return face;
}

enum expressions_status expressions_recognize(struct expressions_recognizer *recognizer,
                                              const struct expressions_picture *picture,
                                              const struct expressions_box *boxes, int count,
                                              struct expressions_face *faces,
                                              struct expressions_error *error)
{
    if (!recognizer || (count > 0 && !faces))
        return fail_argument(error, "there is no recognizer, or no place for the faces");
    struct grey_image grey;
    enum expressions_status status = check_picture(picture, error);
    if (status == EXPRESSIONS_OK)
        status = check_boxes(boxes, count, error);
    if (status == EXPRESSIONS_OK)
        status = to_grey(picture, false, &recognizer->grey, &grey, error);
    if (status != EXPRESSIONS_OK)
        return status;
    for (int done = 0; done < count; done += EXPRESSIONS_MAX_FACES) {
        int batch = count - done < EXPRESSIONS_MAX_FACES ? count - done : EXPRESSIONS_MAX_FACES;
        struct box part[EXPRESSIONS_MAX_FACES];
        for (int i = 0; i < batch; i++)
            part[i] = (struct box){boxes[done + i].x, boxes[done + i].y, boxes[done + i].width,
                                   boxes[done + i].height};
        recognize_batch(recognizer, &grey, part, batch);
        for (int i = 0; i < batch; i++)
            faces[done + i] = name_face(done + i + 1, boxes[done + i], recognizer->answers[i]);
    }
    return EXPRESSIONS_OK;
}
