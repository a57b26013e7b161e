#include "internal.h"
#include "labels.h"

#include <stdio.h>

_Static_assert((int)EXPRESSIONS_LABEL_COUNT == (int)LABEL_COUNT, "the seven expressions");
_Static_assert((int)EXPRESSIONS_CROP_SIDE == (int)FACE_SIDE, "the crop of FER2013");

const char *expressions_version(void)
{
    return VERSION;
}

const char *expressions_label_name(int label)
{
    return label >= 0 && label < LABEL_COUNT ? label_names[label] : NULL;
}

const char *expressions_status_text(enum expressions_status status)
{
    switch (status) {
    case EXPRESSIONS_OK:
        return "done";
    case EXPRESSIONS_BAD_ARGUMENT:
        return "bad argument";
    case EXPRESSIONS_NO_MEMORY:
        return "no memory";
    case EXPRESSIONS_BAD_MODEL:
        return "the model is missing, damaged or for something else";
    case EXPRESSIONS_BAD_CASCADE:
        return "the Haar cascade is missing or damaged";
    case EXPRESSIONS_FAILED:
        return "OpenCV failed";
    }
    return "no such status";
}

enum expressions_status fail(struct expressions_error *error, enum expressions_status status,
                             const char *text)
{
    if (error) {
        error->status = status;
        snprintf(error->text, sizeof error->text, "%s", text);
    }
    return status;
}

enum expressions_status fail_argument(struct expressions_error *error, const char *text)
{
    return fail(error, EXPRESSIONS_BAD_ARGUMENT, text);
}

enum expressions_status fail_with(struct expressions_error *error, enum expressions_status status,
                                  const struct error *why)
{
    bool no_memory = why->code == ERROR_NO_MEMORY;
    return fail(error, no_memory ? EXPRESSIONS_NO_MEMORY : status, why->text);
}
