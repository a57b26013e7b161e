#include "readers.h"

#include "dataset.h"
#include "file.h"

#include <stdio.h>

int dataset_load(struct dataset *dataset, const char *path, bool skip_bad, const char *program,
                 struct error *error)
{
    struct dataset made = {.width = FACE_SIDE, .height = FACE_SIDE, .class_count = LABEL_COUNT};
    int result;
    for (int k = 0; k < LABEL_COUNT; k++)
        snprintf(made.class_names[k], sizeof made.class_names[k], "%s", label_names[k]);
    if (!file_is_folder(path))
        result = fer2013_load(&made, path, error);
    else if (idx_is_folder(path))
        result = idx_load(&made, path, error);
    else
        result = folders_load(&made, path, skip_bad, program, error);
    if (result < 0)
        dataset_free(&made);
    else
        *dataset = made;
    return result;
}
