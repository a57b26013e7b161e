/* What went wrong, for a person to read.
 *
 * A function that can fail for a reason outside the program returns 0 on success and -1 on
 * failure, and then `error->text` holds one line, without a newline: the thing's name, why it
 * failed, and what to do; error->code says what a caller or a script may want to tell apart. The
 * shim fills the same type. Outputs are touched only on success. Mistakes of the caller are
 * asserts.
 */
#ifndef ERROR_H
#define ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* Each stands for an exit status of the programs: error_exit_status. */
enum error_code {
    ERROR_OTHER = 0,
    ERROR_NO_MEMORY,
    ERROR_BAD_MODEL,   /* missing, damaged or for something else */
    ERROR_BAD_CASCADE, /* missing or damaged */
    ERROR_USAGE,       /* options that make no sense */
    ERROR_NO_FACE,     /* in any picture */
    ERROR_NO_CAMERA,   /* it cannot be opened */
    ERROR_CAMERA_LOST, /* it went away */
    ERROR_CLOSED_PIPE  /* the reader of the results, such as head, has seen enough */
};

struct error {
    char text[1024];
    enum error_code code;
};

/* Formats the line and returns -1, so that a function can end with `return error_set(...)`. A macro
 * and inline functions, so that compilers and analyzers see that it is -1. */
#define error_set(...) (error_format(__VA_ARGS__), error_failed())

void error_format(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline int error_failed(void)
{
    return -1;
}

/* The same with a code: one of its own, or that of the error that is passed on. */
#define error_set_code(error, code, ...)                                                           \
    (error_format(error, __VA_ARGS__), error_failed_with(error, code))

static inline int error_failed_with(struct error *error, enum error_code code)
{
    error->code = code;
    return -1;
}

/* The exit status for a code; scripts may rely on it. */
int error_exit_status(enum error_code code);

/* Puts "name: " before the text and keeps the code; returns -1. */
int error_of(struct error *error, const char *name);

/* The line for a failed allocation; returns -1. `what` names its purpose. */
static inline int error_no_memory(struct error *error, const char *what)
{
    return error_set_code(error, ERROR_NO_MEMORY, "no memory for %s; close other programs", what);
}

/* The line for a failed write of results, from `errno`; returns -1. */
int error_unwritten(struct error *error);

#ifdef __cplusplus
}
#endif

#endif
