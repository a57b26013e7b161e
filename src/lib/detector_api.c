#include "cascade_files.h"
#include "internal.h"

#include <stdlib.h>

enum expressions_status
expressions_detector_open(struct expressions_detector **detector,
                          const struct expressions_detector_settings *settings,
                          struct expressions_error *error)
{
    static const struct expressions_detector_settings defaults = EXPRESSIONS_DETECTOR_DEFAULTS;
    if (!detector)
        return fail_null(error, "detector");
    if (!settings)
        settings = &defaults;
    enum expressions_status status = CHECK_SETTINGS(settings, error);
    if (status != EXPRESSIONS_OK)
        return status;
    struct expressions_detector *made = calloc(1, sizeof *made);
    if (!made)
        return fail_no_memory(error, "the face detector");
    struct error why;
    if (detector_open(&made->detector,
                      settings->cascade ? settings->cascade : cascade_files[CASCADE_FIRST], &why)) {
        free(made);
        return fail_with(error, &why);
    }
    *detector = made;
    return EXPRESSIONS_OK;
}

enum expressions_status expressions_detector_set_verifier(struct expressions_detector *detector,
                                                          const struct expressions_model *model,
                                                          struct expressions_error *error)
{
    struct error why;
    if (!detector)
        return fail_null(error, "detector");
    const struct mlp *verifier = model ? &model->model.verifier : NULL;
    if (detector_set_verifier(detector->detector, verifier, &why))
        return fail_with(error, &why);
    return EXPRESSIONS_OK;
}

void expressions_detector_close(struct expressions_detector **detector)
{
    if (!detector || !*detector)
        return;
    detector_close(&(*detector)->detector);
    free((*detector)->grey.pixels);
    free(*detector);
    *detector = NULL;
}

enum expressions_status expressions_detect(struct expressions_detector *detector,
                                           const struct expressions_picture *picture,
                                           struct expressions_face *faces, int capacity, int *count,
                                           struct expressions_error *error)
{
    if (!detector)
        return fail_null(error, "detector");
    struct grey_frame frame = {0};
    enum expressions_status status = check_place(faces, capacity, count, error);
    if (status == EXPRESSIONS_OK)
        status = check_picture(picture, error);
    if (status == EXPRESSIONS_OK)
        status = to_grey(picture, &detector->grey, &frame.grey, error);
    if (status != EXPRESSIONS_OK)
        return status;
    struct error why;
    if (detector_find(detector->detector, &frame, &why))
        return fail_with(error, &why);
    *count = frame.box_count < capacity ? frame.box_count : capacity;
    for (int i = 0; i < *count; i++)
        faces[i] = (struct expressions_face){
            .box = from_box(frame.boxes[i]), .id = i + 1, .score = frame.scores[i]};
    return EXPRESSIONS_OK;
}
