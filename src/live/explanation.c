#include "explanation.h"

#include "library_error.h"

int explanation_show(const struct vision *vision, struct view *view, const struct frame *frame,
                     struct error *error)
{
    static float map[EXPRESSIONS_CROP_PIXELS]; /* the main thread's, too large for its stack */
    struct expressions_error why;
    if (!frame || !view_wants_explanation(view))
        return 0;
    for (int i = 0; i < frame->face_count; i++) {
        const struct expressions_face *face = &frame->faces[i];
        if (face->id != view_chosen(view) || face->held)
            continue;
        const uint8_t *crop = expressions_latest_crop(vision->recognizer, i);
        if (expressions_explain(vision->recognizer, crop, face->label, map, &why))
            return library_failed(error, &why);
        return view_set_explanation(view, face->id, map, error);
    }
    return 0;
}
