#include "recognizer.h"

#include "explain.h"
#include "face.h"
#include "model.h"

#include <assert.h>
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

enum { CROP_SIZE = FACE_SIDE * FACE_SIDE };

struct recognizer {
    struct model model;
    struct model_workspace *workspace;
    struct explainer *explainer; /* made when it is first asked for */
    uint8_t crops[FRAME_MAX_FACES * CROP_SIZE];
    float probabilities[FRAME_MAX_FACES * LABEL_COUNT];
};

int labels_best(const float probabilities[LABEL_COUNT])
{
    int best = 0;
    for (int i = 1; i < LABEL_COUNT; i++) {
        if (probabilities[i] > probabilities[best])
            best = i;
    }
    return best;
}

int face_best(const struct face *face)
{
    return labels_best(face->probabilities);
}

int recognizer_open(struct recognizer **recognizer, const char *model_path, struct error *error)
{
    struct recognizer *made = calloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error, "the recognizer");
    if (model_load(&made->model, model_path, error)) {
        free(made);
        return -1;
    }
    if (model_check_faces(&made->model, model_path, error) ||
        model_workspace_create(&made->workspace, &made->model, FRAME_MAX_FACES, error)) {
        recognizer_close(&made);
        return -1;
    }
    /* A handful of faces is too little work to share among threads. */
    openblas_set_num_threads(1);
    *recognizer = made;
    return 0;
}

void recognizer_close(struct recognizer **recognizer)
{
    if (!*recognizer)
        return;
    explainer_free(&(*recognizer)->explainer);
    model_workspace_free(&(*recognizer)->workspace);
    model_free(&(*recognizer)->model);
    free(*recognizer);
    *recognizer = NULL;
}

static const uint8_t *crop_next(struct recognizer *recognizer, const struct grey_image *grey,
                                struct box box, int *count)
{
    uint8_t *crop = recognizer->crops + (size_t)(*count)++ * CROP_SIZE;
    face_crop(grey, box, crop);
    return crop;
}

void recognizer_run(struct recognizer *recognizer, const struct frame *frame,
                    struct face faces[FRAME_MAX_FACES])
{
    struct grey_image grey = frame_grey(frame);
    int asked = 0;
    for (int i = 0; i < frame->box_count; i++) {
        faces[i] =
            (struct face){.id = frame->ids[i], .box = frame->boxes[i], .held = frame->held[i]};
        if (!frame->held[i])
            faces[i].crop = crop_next(recognizer, &grey, frame->boxes[i], &asked);
    }
    if (asked > 0)
        model_predict(&recognizer->model, recognizer->workspace, recognizer->crops, asked,
                      recognizer->probabilities);
    const float *answer = recognizer->probabilities;
    for (int i = 0; i < frame->box_count; i++) {
        if (frame->held[i])
            continue;
        memcpy(faces[i].raw, answer, sizeof faces[i].raw);
        memcpy(faces[i].probabilities, answer, sizeof faces[i].probabilities);
        faces[i].label = labels_best(answer);
        faces[i].uncertain = (double)answer[faces[i].label] < RECOGNIZER_UNCERTAIN;
        answer += LABEL_COUNT;
    }
}

int recognizer_explain(struct recognizer *recognizer, const struct face *face,
                       float map[FACE_SIDE * FACE_SIDE], struct error *error)
{
    assert(face->crop);
    if (!recognizer->explainer &&
        explainer_create(&recognizer->explainer, &recognizer->model, error))
        return -1;
    explainer_run(recognizer->explainer, face->crop, face->label, map);
    return 0;
}
