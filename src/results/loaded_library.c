#include "loaded_library.h"

#include <dlfcn.h>
#include <string.h>

int loaded_library_open(const char *const *names, const struct loaded_function *functions,
                        size_t count, const char *hint, struct error *error)
{
    void *library = NULL;
    const char *name = *names;
    for (int i = 0; !library && names[i]; i++) {
        name = names[i];
        library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    }
    if (!library)
        return error_set(error, "%s is not there; %s", *names, hint);
    for (size_t i = 0; i < count; i++) {
        void *address = dlsym(library, functions[i].name);
        if (!address) {
            dlclose(library);
            return error_set(error, "%s has no function %s; %s", name, functions[i].name, hint);
        }
        memcpy(functions[i].place, &address, sizeof address); /* POSIX: functions fit into void * */
    }
    return 0;
}
