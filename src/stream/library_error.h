/* Where the library's errors, whose statuses are its ABI, become those of the program. */
#ifndef LIBRARY_ERROR_H
#define LIBRARY_ERROR_H

#include "error.h"
#include "expressions.h"

/* Passes on code and text; returns -1. */
static inline int library_failed(struct error *error, const struct expressions_error *why)
{
    enum error_code code = why->status == EXPRESSIONS_NO_MEMORY     ? ERROR_NO_MEMORY
                           : why->status == EXPRESSIONS_BAD_MODEL   ? ERROR_BAD_MODEL
                           : why->status == EXPRESSIONS_BAD_CASCADE ? ERROR_BAD_CASCADE
                                                                    : ERROR_OTHER;
    return error_set_code(error, code, "%s", why->text);
}

#endif
