/* Shared libraries that only one option needs: build and program do without them otherwise. */
#ifndef LOADED_LIBRARY_H
#define LOADED_LIBRARY_H

#include "error.h"

#include <stddef.h>

/* A function of the library, and where its address goes: the address of a pointer to a function of
 * the right type. */
struct loaded_function {
    const char *name;
    void *place;
};

/* Loads the first of names[], ended by NULL, that is there, and looks up functions[count]. The
 * library stays loaded. `hint` says where to get it. */
int loaded_library_open(const char *const *names, const struct loaded_function *functions,
                        size_t count, const char *hint, struct error *error);

#endif
