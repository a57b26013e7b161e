#include "cascades.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *name_of(int which)
{
    return strrchr(cascade_files[which], '/') + 1;
}

static int open_one(struct ocv_detector **cascade, const char *path, struct error *error)
{
    if (ocv_detector_open(cascade, path, error) == OCV_OK)
        return 0;
    if (error->code == ERROR_OTHER)
        error->code = ERROR_BAD_CASCADE;
    return error_of(error, path);
}

/* The path of what lies beside the first cascade; NULL in `path` where nothing does. */
static int find_beside(char **path, const char *first, size_t folder, const char *name,
                       struct error *error)
{
    char *made = malloc(folder + strlen(name) + 1);
    if (!made)
        return error_no_memory(error, "the face detector");
    memcpy(made, first, folder);
    strcpy(made + folder, name);
    if (access(made, F_OK) != 0) {
        free(made);
        made = NULL;
    }
    *path = made;
    return 0;
}

int cascades_open(struct cascades *cascades, const char *path, struct error *error)
{
    *cascades = (struct cascades){0};
    if (open_one(&cascades->open[CASCADE_FIRST], path, error))
        return -1;
    size_t length = strlen(path), name = strlen(name_of(CASCADE_FIRST));
    if (length < name || strcmp(path + length - name, name_of(CASCADE_FIRST)) != 0)
        return 0;
    for (int i = CASCADE_FIRST + 1; i < CASCADE_COUNT; i++)
        if (find_beside(&cascades->paths[i], path, length - name, name_of(i), error))
            return -1;
    return 0;
}

int cascades_need(struct cascades *cascades, enum cascade which, struct error *error)
{
    if (!cascades->paths[which])
        return 0;
    if (open_one(&cascades->open[which], cascades->paths[which], error))
        return -1;
    free(cascades->paths[which]);
    cascades->paths[which] = NULL;
    return 0;
}

void cascades_close(struct cascades *cascades)
{
    for (int i = 0; i < CASCADE_COUNT; i++) {
        ocv_detector_close(&cascades->open[i]);
        free(cascades->paths[i]);
    }
}
