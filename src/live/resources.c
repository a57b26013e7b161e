#include "resources.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The folder of the running program, without a slash at its end; "." where it is unknown. */
static void program_folder(char folder[RESOURCE_PATH_SIZE])
{
    ssize_t length = readlink("/proc/self/exe", folder, RESOURCE_PATH_SIZE - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    else
        strcpy(folder, ".");
}

static bool is_there(const char *folder, const char *middle, const char *name,
                     char path[RESOURCE_PATH_SIZE])
{
    int length = snprintf(path, RESOURCE_PATH_SIZE, "%s%s/%s", folder, middle, name);
    return length > 0 && length < RESOURCE_PATH_SIZE && access(path, F_OK) == 0;
}

int resource_find(const char *name, char path[RESOURCE_PATH_SIZE], struct error *error)
{
    char folder[RESOURCE_PATH_SIZE];
    program_folder(folder);
    if (is_there(folder, "", name, path) || is_there(INSTALLED_DATA, "", name, path) ||
        is_there(folder, "/../share/expressions", name, path))
        return 0;
    return error_set(error,
                     "%s: found neither beside the program in %s nor in %s; install it again", name,
                     folder, INSTALLED_DATA);
}

const char *resource_font(void)
{
    return FONT_FILE;
}
