/* What is inside a recognizer: crops, aligned faces, vectors, explanations. */
#include "face.h"
#include "internal.h"
#include "warp.h"

#include <stdlib.h>

enum { SIDE = EXPRESSIONS_CROP_SIDE };

enum expressions_status expressions_crop(struct expressions_recognizer *recognizer,
                                         const struct expressions_picture *picture,
                                         const struct expressions_box *boxes, int count,
                                         uint8_t *crops, struct expressions_error *error)
{
    if (!recognizer)
        return fail_null(error, "recognizer");
    if (count > 0 && !crops)
        return fail_null(error, "crops");
    struct grey_image grey;
    enum expressions_status status = check_picture(picture, error);
    if (status == EXPRESSIONS_OK)
        status = check_boxes(boxes, count, "count", error);
    if (status == EXPRESSIONS_OK)
        status = to_grey(picture, &recognizer->grey, &grey, error);
    for (int i = 0; i < count && status == EXPRESSIONS_OK; i++)
        face_crop(&grey, to_box(boxes[i]), crops + (size_t)i * EXPRESSIONS_CROP_PIXELS);
    return status;
}

static enum expressions_status check_crops(const struct expressions_recognizer *recognizer,
                                           const void *crops, int count, const void *results,
                                           const char *results_name,
                                           struct expressions_error *error)
{
    if (!recognizer)
        return fail_null(error, "recognizer");
    if (count < 0)
        return fail_argument(error, "`count` is %d", count);
    if (count > 0 && !crops)
        return fail_null(error, "crops");
    return count > 0 && !results ? fail_null(error, results_name) : EXPRESSIONS_OK;
}

enum expressions_status expressions_recognize_crops(struct expressions_recognizer *recognizer,
                                                    const uint8_t *crops, int count, float *answers,
                                                    struct expressions_error *error)
{
    enum expressions_status status =
        check_crops(recognizer, crops, count, answers, "answers", error);
    if (status == EXPRESSIONS_OK)
        model_predict(recognizer->model, recognizer->workspace, crops, count, answers);
    return status;
}

static void align(struct expressions_recognizer *recognizer, const uint8_t *crop, uint8_t *face)
{
    struct affine place;
    model_align(recognizer->model, recognizer->workspace, crop, &place);
    warp_picture(&place, crop, SIDE, SIDE, face);
}

enum expressions_status expressions_align(struct expressions_recognizer *recognizer,
                                          const uint8_t *crops, int count, uint8_t *faces,
                                          struct expressions_error *error)
{
    enum expressions_status status = check_crops(recognizer, crops, count, faces, "faces", error);
    for (int i = 0; i < count && status == EXPRESSIONS_OK; i++)
        align(recognizer, crops + (size_t)i * EXPRESSIONS_CROP_PIXELS,
              faces + (size_t)i * EXPRESSIONS_CROP_PIXELS);
    return status;
}

int expressions_model_networks(const struct expressions_model *model)
{
    return model ? model->model.network_count : 0;
}

int expressions_vector_size(const struct expressions_model *model, int network)
{
    bool exists = network >= 0 && network < expressions_model_networks(model);
    return exists ? features_dim(&model->model.networks[network].features) : 0;
}

int expressions_model_mirrors(const struct expressions_model *model)
{
    return model && model->model.mirror;
}

enum expressions_status expressions_vectors(struct expressions_recognizer *recognizer, int network,
                                            int mirrored, const uint8_t *crops, int count,
                                            float *vectors, struct expressions_error *error)
{
    enum expressions_status status =
        check_crops(recognizer, crops, count, vectors, "vectors", error);
    if (status != EXPRESSIONS_OK)
        return status;
    if (network < 0 || network >= recognizer->model->network_count)
        return fail_argument(error, "`network` is %d; the model has %d", network,
                             recognizer->model->network_count);
    const struct features *features = &recognizer->model->networks[network].features;
    size_t size = (size_t)features_dim(features);
    void *scratch = malloc(features_scratch(features));
    if (!scratch)
        return fail_no_memory(error, "the vectors");
    for (int i = 0; i < count; i++) {
        uint8_t face[EXPRESSIONS_CROP_PIXELS], mirror[EXPRESSIONS_CROP_PIXELS];
        align(recognizer, crops + (size_t)i * EXPRESSIONS_CROP_PIXELS, face);
        if (mirrored)
            face_mirror(face, SIDE, SIDE, mirror);
        features_extract(features, scratch, mirrored ? mirror : face, vectors + (size_t)i * size);
    }
    free(scratch);
    return EXPRESSIONS_OK;
}

enum expressions_status expressions_explain(struct expressions_recognizer *recognizer,
                                            const uint8_t *crop, int label,
                                            float map[EXPRESSIONS_CROP_PIXELS],
                                            struct expressions_error *error)
{
    enum expressions_status status = check_crops(recognizer, crop, 1, map, "map", error);
    if (status != EXPRESSIONS_OK)
        return status;
    if (label < 0 || label >= EXPRESSIONS_LABEL_COUNT)
        return fail_argument(error, "`label` is %d; it must be 0 .. 6", label);
    struct error why;
    if (!recognizer->explainer && explainer_create(&recognizer->explainer, recognizer->model, &why))
        return fail_with(error, &why);
    explainer_run(recognizer->explainer, crop, label, map);
    return EXPRESSIONS_OK;
}
