#include "internal.h"
#include "labels.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

_Static_assert((int)EXPRESSIONS_LABEL_COUNT == (int)LABEL_COUNT, "the seven expressions");
_Static_assert(EXPRESSIONS_VERSION == VERSION_NUMBER, "the version of CMakeLists.txt");
_Static_assert((int)EXPRESSIONS_CROP_SIDE == (int)FACE_SIDE, "the crop of FER2013");

int expressions_version_number(void)
{
    return EXPRESSIONS_VERSION;
}

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

enum expressions_status fail_argument(struct expressions_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (error) {
        error->status = EXPRESSIONS_BAD_ARGUMENT;
        vsnprintf(error->text, sizeof error->text, format, arguments);
    }
    va_end(arguments);
    return EXPRESSIONS_BAD_ARGUMENT;
}

enum expressions_status fail_null(struct expressions_error *error, const char *name)
{
    return fail_argument(error, "`%s` is NULL", name);
}

enum expressions_status fail_with(struct expressions_error *error, const struct error *why)
{
    enum expressions_status status = why->code == ERROR_NO_MEMORY     ? EXPRESSIONS_NO_MEMORY
                                     : why->code == ERROR_BAD_MODEL   ? EXPRESSIONS_BAD_MODEL
                                     : why->code == ERROR_BAD_CASCADE ? EXPRESSIONS_BAD_CASCADE
                                                                      : EXPRESSIONS_FAILED;
    if (error) {
        error->status = status;
        snprintf(error->text, sizeof error->text, "%s", why->text);
    }
    return status;
}

enum expressions_status fail_no_memory(struct expressions_error *error, const char *what)
{
    struct error why;
    error_no_memory(&why, what);
    return fail_with(error, &why);
}

static bool is_zero(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    while (size > 0 && *at == 0) {
        at++;
        size--;
    }
    return size == 0;
}

enum expressions_status check_settings(size_t stated, size_t size, const void *reserved,
                                       size_t reserved_size, struct expressions_error *error)
{
    if (stated != size)
        return fail_argument(error,
                             "`settings->size` is %zu, not %zu; begin with the macro of its "
                             "defaults",
                             stated, size);
    if (!is_zero(reserved, reserved_size))
        return fail_argument(error, "`settings->reserved` is not all zeros");
    return EXPRESSIONS_OK;
}

enum expressions_status check_faces(const struct expressions_face *faces, int count,
                                    struct expressions_error *error)
{
    if (count < 0)
        return fail_argument(error, "`count` is %d", count);
    if (count > 0 && !faces)
        return fail_null(error, "faces");
    for (int i = 0; i < count; i++) {
        if (!is_zero(faces[i].reserved, sizeof faces[i].reserved))
            return fail_argument(error, "`faces[%d].reserved` is not all zeros", i);
    }
    return EXPRESSIONS_OK;
}

enum expressions_status check_place(const struct expressions_face *faces, int capacity,
                                    const int *count, struct expressions_error *error)
{
    if (!count)
        return fail_null(error, "count");
    if (capacity < 0)
        return fail_argument(error, "`capacity` is %d", capacity);
    return capacity > 0 && !faces ? fail_null(error, "faces") : EXPRESSIONS_OK;
}

enum expressions_status check_time(double time, struct expressions_error *error)
{
    return isfinite(time) ? EXPRESSIONS_OK : fail_argument(error, "`time` is not finite");
}
