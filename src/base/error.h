/* What went wrong, for a person to read.
 *
 * A function that can fail for a reason outside the program returns 0 on success and -1 on
 * failure, and then `error->text` holds one line, without a newline: the thing's name, why it
 * failed, and what to do. Outputs are touched only on success. Mistakes of the caller are
 * asserts. Only the two `main` functions print these lines and choose an exit status. */
#ifndef ERROR_H
#define ERROR_H

struct error {
    char text[1024];
};

/* Formats the line and returns -1, so that a function can end with `return error_set(...)`. A macro
 * and inline functions, so that who reads the code of a caller, a compiler or an analyzer too, sees
 * that it is -1. */
#define error_set(...) (error_format(__VA_ARGS__), error_failed())

void error_format(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline int error_failed(void)
{
    return -1;
}

/* The line for memory that could not be had; returns -1. `what` names its purpose. */
static inline int error_no_memory(struct error *error, const char *what)
{
    return error_set(error, "no memory for %s; close other programs or use a smaller size", what);
}

#endif
