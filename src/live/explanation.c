#include "explanation.h"

#include "library_error.h"

int explanation_show(const struct vision *vision, struct view *view, const struct frame *frame,
                     struct error *error)
{
    static float map[EXPRESSIONS_CROP_PIXELS]; /* main thread only; too large for a stack frame */
    struct expressions_error why;
    if (!frame || !view_wants_explanation(view))
        return 0;
    const struct expressions_face *face =
        faces_find(frame->faces, frame->face_count, view_chosen(view));
    if (!face || face->held)
        return 0;
    const uint8_t *crop = expressions_latest_crop(vision->recognizer, (int)(face - frame->faces));
    if (expressions_explain(vision->recognizer, crop, face->label, map, &why))
        return library_failed(error, &why);
    return view_set_explanation(view, face->id, map, error);
}
